//! What a Dockerfile copies from the context by name, which nobody should be told to leave out.

use crate::context::{ContextPath, glob};

/// One source of COPY, of ADD or of a mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSource {
    /// Relative to the context's root, its variables expanded; may have wildcards.
    pub pattern: String,
    /// The line that its instruction begins at.
    pub line: u32,
}

impl NamedSource {
    /// Whether the source names this very path, or something in it. A source that brings the
    /// path only with the directory above it, or with all that a `*` matches, does not name it.
    pub(super) fn names(&self, path: &ContextPath) -> bool {
        let source = ContextPath::new(&self.pattern);
        let depth = path.components().count();
        if source.components().count() < depth {
            return false;
        }
        let mut pairs = source.components().zip(path.components()).enumerate();
        pairs.all(|(at, (pattern, name))| {
            let is_anything = pattern.iter().all(|&byte| byte == b'*');
            let is_last = at + 1 == depth;
            !(is_last && is_anything) && glob::matches(pattern, name).unwrap_or(pattern == name)
        })
    }
}

/// The line that copies the path by name, if one does.
pub(super) fn naming(named: &[NamedSource], path: &ContextPath) -> Option<u32> {
    named.iter().find(|source| source.names(path)).map(|source| source.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, path: &str) -> bool {
        let source = NamedSource { pattern: pattern.to_owned(), line: 1 };
        source.names(&ContextPath::new(path))
    }

    #[test]
    fn a_path_is_named_by_itself_and_by_what_is_in_it() {
        assert!(names("dist", "dist") && names("./dist/", "dist"));
        assert!(names("target/release/app", "target") && names("web/d[ij]st/*", "web/dist"));
        assert!(names("*.pem", "server.pem"));
    }

    #[test]
    fn a_path_is_not_named_by_what_brings_everything() {
        for broad in [".", "*", "./*", "web", "we*"] {
            assert!(!names(broad, "web/dist"), "{broad}");
        }
        assert!(!names("*", ".git") && !names("*/requirements.txt", ".venv"));
        assert!(!names("distribution", "dist"));
    }
}
