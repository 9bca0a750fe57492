//! What a package.json writes behind the name of a package.

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dependency {
    /// The registry, an address, or a repository.
    Remote,
    /// Another workspace of the project, whose package.json is read anyway.
    Workspace,
    /// A patch of the project for a remote package.
    Patch(String),
    /// Files of the project.
    Local,
    /// None of the forms known here.
    Unknown,
}

const REMOTE: &[&str] = &[
    "npm",
    "jsr",
    "http",
    "https",
    "git",
    "git+ssh",
    "git+https",
    "git+http",
    "ssh",
    "github",
    "gitlab",
    "bitbucket",
    "gist",
];

/// Reads a specifier.
pub(super) fn classify(text: &str) -> Dependency {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let is_archive = [".tgz", ".tar.gz", ".tar"].iter().any(|end| lower.ends_with(end));
    let is_path = text.starts_with(['.', '/', '\\']) || text.starts_with("~/");
    match lower.split_once(':') {
        Some(("workspace", path)) if path.contains(['.', '/']) && is_relative(path) => {
            Dependency::Local
        }
        // A catalog's entries are read where they are written.
        Some(("workspace" | "catalog", _)) => Dependency::Workspace,
        Some(("file" | "link" | "portal" | "exec" | "git+file", _)) => Dependency::Local,
        Some(("patch", _)) => patch(text),
        Some((scheme, _)) if REMOTE.contains(&scheme) => Dependency::Remote,
        // `git@example.com:a/b`
        Some((user, _)) if user.contains('@') && !is_path => Dependency::Remote,
        Some(_) => Dependency::Unknown,
        None if is_path || is_archive => Dependency::Local,
        None => Dependency::Remote,
    }
}

fn is_relative(path: &str) -> bool {
    path.starts_with("./") || path.starts_with("../") || path.starts_with('/')
}

/// `patch:NAME@SOURCE#PATH`, with options behind `::`; what is built in is no file.
fn patch(text: &str) -> Dependency {
    let Some((_, rest)) = text.split_once('#') else { return Dependency::Unknown };
    let path = rest.split("::").next().unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    let path = path.strip_prefix("optional!").unwrap_or(path);
    match path.strip_prefix("~/") {
        _ if path.starts_with("builtin<") => Dependency::Remote,
        _ if path.contains(['&', '%']) => Dependency::Unknown,
        Some(path) => Dependency::Patch(path.to_owned()),
        None if path.starts_with("./") => Dependency::Patch(path.to_owned()),
        None => Dependency::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told() {
        for (text, expected) in [
            ("^1.2.3 || >=2 <3", Dependency::Remote),
            ("~1.2", Dependency::Remote),
            ("", Dependency::Remote),
            ("latest", Dependency::Remote),
            ("npm:other@^1", Dependency::Remote),
            ("https://example.com/a.tgz", Dependency::Remote),
            ("user/repository#main", Dependency::Remote),
            ("git@example.com:a/b.git", Dependency::Remote),
            ("workspace:*", Dependency::Workspace),
            ("workspace:^1.0.0", Dependency::Workspace),
            ("workspace:@a/b@*", Dependency::Workspace),
            ("workspace:../a", Dependency::Local),
            ("catalog:", Dependency::Workspace),
            ("file:../a", Dependency::Local),
            ("FILE:../a", Dependency::Local),
            ("link:./a", Dependency::Local),
            ("portal:../a", Dependency::Local),
            ("./a", Dependency::Local),
            ("../a", Dependency::Local),
            ("~/a", Dependency::Local),
            ("/a", Dependency::Local),
            ("vendor/a.tgz", Dependency::Local),
            ("patch:a@npm%3A1#./p/a.patch", Dependency::Patch("./p/a.patch".into())),
            (
                "patch:a@1#~/.yarn/patches/a.patch::version=1",
                Dependency::Patch(".yarn/patches/a.patch".into()),
            ),
            ("patch:a@1#optional!builtin<compat/a>", Dependency::Remote),
            ("patch:a@1", Dependency::Unknown),
            ("odd:a", Dependency::Unknown),
        ] {
            assert_eq!(classify(text), expected, "{text}");
        }
    }
}
