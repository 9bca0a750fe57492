//! A project and the packages that share its lock file.

use toml::Value;

use super::lock::Covered;
use crate::context::{ContextPath, EntryKind, glob};
use crate::optimize::Reason;
use crate::optimize::tools::python::{Document, take, take_upwards};
use crate::optimize::tools::{Needs, View};

/// A project with all that its lock file is about.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The directory of the lock file and of the environment, in the image.
    pub(super) root: ContextPath,
    /// The project's directory.
    pub(super) project: ContextPath,
    document: Document,
    /// The other packages and the root.
    others: Vec<Document>,
}

/// Characters that wildcards of uv and of COPY read differently.
const UNLIKE: &[char] = &['[', ']', '{', '}', '\\', '!'];

impl Workspace {
    /// What the project in the working directory belongs to. Adds the manifests of it all.
    pub(super) fn of(
        view: &View<'_>,
        document: Document,
        needs: &mut Needs,
    ) -> Result<Self, Reason> {
        let project = view.directory.clone();
        let mut found =
            Self { root: project.clone(), project: project.clone(), document, others: Vec::new() };
        let mut patterns = patterns(&found.document)?;
        if patterns.is_none() {
            for (place, manifest) in take_upwards(view, &["pyproject.toml"], needs)? {
                let root = place.parent().unwrap_or_default();
                if root == project {
                    continue;
                }
                let above = Document::parse(&manifest)?;
                let Some(named) = self::patterns(&above)? else { continue };
                if above.at(&["tool", "uv", "workspace", "exclude"]).is_some() {
                    return Err(above.not_understood("exclude"));
                }
                if is_matched(&named, &root, &project) {
                    found.root = root;
                    found.others.push(above);
                    patterns = Some(named);
                }
                break;
            }
        }
        for pattern in patterns.iter().flatten() {
            found.members(view, pattern, needs)?;
        }
        Ok(found)
    }

    /// The manifests of all packages.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        [&self.document].into_iter().chain(&self.others)
    }

    /// Whether a path of the lock file is the project itself.
    pub(super) fn is_project(&self, path: &str) -> bool {
        self.root.join(path) == self.project
    }

    /// Whether the lock file is about more than the project.
    pub(super) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// Refuses a project that is built, or depends on a package of the workspace that is.
    pub(super) fn check_project(&self, covered: Covered) -> Result<(), Reason> {
        let package = self.document.flag(&["tool", "uv", "package"]);
        let is_built = package.unwrap_or(self.document.at(&["build-system"]).is_some());
        if is_built && !covered.project {
            return Err(covered.refusal(self.document.place(), "--no-install-project"));
        }
        match self.documents().find(|document| member_source(document).is_some()) {
            Some(document) if !covered.members => {
                Err(covered.refusal(document.place(), "--no-install-workspace"))
            }
            _ => Ok(()),
        }
    }

    fn members(&mut self, view: &View<'_>, pattern: &str, needs: &mut Needs) -> Result<(), Reason> {
        for (place, entry) in view.landing.iter() {
            let directory = place.parent().unwrap_or_default();
            let is_manifest = place.file_name() == Some(b"pyproject.toml")
                && is_matched(&[pattern.to_owned()], &self.root, &directory);
            // A link on the way to a member, or one that is a member.
            let leads =
                entry.kind == EntryKind::Symlink && is_matched_as_far(pattern, &self.root, place);
            if leads {
                return Err(Reason::IrregularManifest(entry.path.clone()));
            }
            if is_manifest && directory != self.project && directory != self.root {
                self.others.push(Document::parse(&take(view, place, needs)?)?);
            }
        }
        Ok(())
    }
}

/// The first dependency of a document that is another package of the workspace.
pub(super) fn member_source(document: &Document) -> Option<&str> {
    let sources = document.at(&["tool", "uv", "sources"]).and_then(Value::as_table)?;
    let is_member = |source: &Value| source.get("workspace").is_some();
    let named = sources.iter().find(|(_, source)| match source {
        Value::Array(sources) => sources.iter().any(is_member),
        source => is_member(source),
    });
    named.map(|(name, _)| &**name)
}

/// The wildcards for the packages of a workspace; `None` where it is none.
fn patterns(document: &Document) -> Result<Option<Vec<String>>, Reason> {
    let Some(workspace) = document.at(&["tool", "uv", "workspace"]) else { return Ok(None) };
    let members = workspace.get("members").and_then(Value::as_array);
    let members = members.into_iter().flatten().map(|member| match member.as_str() {
        Some(text) if !text.contains(UNLIKE) && !text.starts_with('/') => Ok(text.to_owned()),
        _ => Err(document.not_understood(member.to_string())),
    });
    members.collect::<Result<Vec<_>, _>>().map(Some)
}

fn is_matched(patterns: &[String], root: &ContextPath, directory: &ContextPath) -> bool {
    patterns.iter().any(|pattern| {
        let pattern = root.join(pattern);
        let depth = |path: &ContextPath| path.components().count();
        let is_deep = pattern.components().any(|component| component == b"**");
        (is_deep || depth(&pattern) == depth(directory)) && components_match(&pattern, directory)
    })
}

/// Whether a path is matched as far as it goes.
fn is_matched_as_far(pattern: &str, root: &ContextPath, path: &ContextPath) -> bool {
    path.starts_with(root) && components_match(&root.join(pattern), path)
}

/// Whether each component matches, up to the end of the shorter one or to `**`, behind which
/// everything is taken to match.
fn components_match(pattern: &ContextPath, path: &ContextPath) -> bool {
    for (pattern, component) in pattern.components().zip(path.components()) {
        if pattern == b"**" {
            return true;
        }
        if pattern != component && !glob::matches(pattern, component).unwrap_or(true) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_matched_as_uv_matches_them() {
        let root = ContextPath::new("app");
        for (pattern, directory, expected) in [
            ("packages/*", "app/packages/a", true),
            ("./packages/*", "app/packages/a", true),
            ("packages/*", "app/packages/a/tests", false),
            ("packages/*", "app/packages", false),
            ("packages/a*", "app/packages/b", false),
            ("packages/**", "app/packages/a/b", true),
            ("lib", "app/lib", true),
            ("../lib", "lib", true),
        ] {
            let directory = ContextPath::new(directory);
            assert_eq!(is_matched(&[pattern.to_owned()], &root, &directory), expected, "{pattern}");
        }
        assert!(is_matched_as_far("packages/*", &root, &ContextPath::new("app/packages")));
        assert!(!is_matched_as_far("packages/*", &root, &ContextPath::new("app/src")));
    }
}
