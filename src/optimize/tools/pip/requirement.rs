//! One requirement: a package of the index, something remote, or something local.

/// What a requirement names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::optimize::tools) enum Requirement {
    /// A package, or a remote file or repository: nothing of the context.
    Remote,
    /// A path, a `file:` address or an archive beside it.
    Local,
    /// None of the forms known here.
    Unknown,
}

const REMOTE_SCHEMES: &[&str] = &[
    "http",
    "https",
    "git+http",
    "git+https",
    "git+ssh",
    "git+git",
    "hg+http",
    "hg+https",
    "hg+ssh",
    "svn+http",
    "svn+https",
    "svn+ssh",
];

/// What pip takes as an archive, and so looks for as a file first.
const ARCHIVES: &[&str] = &[
    ".zip",
    ".whl",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
];

/// Reads a requirement with its markers.
pub(in crate::optimize::tools) fn classify(text: &str) -> Requirement {
    let text = text.trim();
    if is_address(text) {
        return address(text);
    }
    let name = text.split(';').next().unwrap_or_default().trim();
    let lower = name.to_ascii_lowercase();
    if let Some((package, target)) = name.split_once('@')
        && is_package(package.trim())
    {
        return address(target.trim());
    }
    if name.starts_with('.') || name.contains('/') || lower.starts_with("file:") {
        return Requirement::Local;
    }
    let before_extras = lower.split('[').next().unwrap_or_default();
    if ARCHIVES.iter().any(|end| before_extras.ends_with(end) || lower.ends_with(end)) {
        return Requirement::Local;
    }
    let name_end = name
        .find(|character: char| !(character.is_ascii_alphanumeric() || "._-".contains(character)))
        .unwrap_or(name.len());
    let (package, rest) = name.split_at(name_end);
    let rest = rest.trim();
    let specifier = match rest.strip_prefix('[') {
        None => Some(rest),
        Some(extras) => extras.split_once(']').and_then(|(extras, specifier)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-, ".contains(c);
            extras.chars().all(plain).then_some(specifier.trim())
        }),
    };
    match specifier {
        Some(specifier) if is_package(package) && is_specifier(specifier) => Requirement::Remote,
        _ => Requirement::Unknown,
    }
}

fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
    })
}

fn address(text: &str) -> Requirement {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme {
        Some(scheme) if REMOTE_SCHEMES.contains(&&*scheme) => Requirement::Remote,
        Some(scheme) if scheme.ends_with("file") => Requirement::Local,
        None if text.starts_with("file:") || text.starts_with(['.', '/']) => Requirement::Local,
        _ => Requirement::Unknown,
    }
}

fn is_package(name: &str) -> bool {
    let name = name.split('[').next().unwrap_or_default().trim();
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Nothing, or versions with their operators.
fn is_specifier(text: &str) -> bool {
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    text.is_empty()
        || text.starts_with(['<', '>', '=', '!', '~'])
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "<>=!~,.*+-_ ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told() {
        for (text, expected) in [
            ("flask", Requirement::Remote),
            ("Flask==3.1.3", Requirement::Remote),
            ("zope.interface >= 5, < 6", Requirement::Remote),
            ("uvicorn[standard]~=0.30 ; python_version >= \"3.8\"", Requirement::Remote),
            ("a (>=1)", Requirement::Remote),
            ("a @ https://example.com/a.zip", Requirement::Remote),
            ("https://example.com/a-1.whl", Requirement::Remote),
            ("git+https://example.com/a.git@main#egg=a", Requirement::Remote),
            (".", Requirement::Local),
            (".[dev]", Requirement::Local),
            ("./libs/a", Requirement::Local),
            ("libs/a", Requirement::Local),
            ("/app", Requirement::Local),
            ("a-1.0-py3-none-any.whl", Requirement::Local),
            ("a.tar.gz", Requirement::Local),
            ("a.zip[extra]", Requirement::Local),
            ("a @ file:///app/a", Requirement::Local),
            ("a@./libs/a", Requirement::Local),
            ("file:./a", Requirement::Local),
            ("git+file:///app", Requirement::Local),
            ("git@example.com:a/b.git", Requirement::Unknown),
            ("a b", Requirement::Unknown),
            ("a==${V}", Requirement::Unknown),
            ("$A", Requirement::Unknown),
        ] {
            assert_eq!(classify(text), expected, "{text}");
        }
    }
}
