//! What `smartbuild.toml` says in both trees.

use anyhow::anyhow;

use super::super::failure::Failure;
use crate::context::git::Tree;
use crate::context::{ContextPath, Source as _};
use crate::images::{Configuration, ConfigurationError};
use crate::impact::gate::FileLimits;

/// What says how smartbuild looks at a repository's images.
const FILE: &str = "smartbuild.toml";

/// What to say where its name is another thing's.
const NO_FILE: &str = "smartbuild.toml is a directory, or a link that leads to no file of the \
                       repository; put a file there, or remove it";

/// Each tree has its own file for how images are built. What is left out, and what may be lost, is
/// the newer one's to say.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) base: Configuration,
    pub(super) head: Configuration,
    pub(super) limits: FileLimits,
    /// What is wrong with the older tree's file.
    pub(super) notice: Option<String>,
}

impl Configured {
    pub(super) fn read(base: &Tree, head: &Tree) -> Result<Self, Failure> {
        let newer = text(head)?.ok_or_else(|| anyhow!(NO_FILE))?;
        let limits = FileLimits::parse(&newer)?;
        let Some(older) = text(base)? else {
            let head = Configuration::parse(&newer)?;
            let notice = format!("in the older tree: {NO_FILE}; so the newer file counts for both");
            return Ok(Self { base: head.clone(), head, limits, notice: Some(notice) });
        };
        let (base, head, notice) = both(&older, &newer)?;
        Ok(Self { base, head, limits, notice })
    }
}

/// The file's bytes, be it a link to a file of the tree; none where there is none. `None` where
/// something else has its name: limits that nobody can read are not held.
fn text(tree: &Tree) -> Result<Option<Vec<u8>>, Failure> {
    let path = ContextPath::new(FILE);
    let bytes = tree.read(&path)?;
    if bytes.is_none() && tree.find(&path)?.is_none() {
        return Ok(Some(Vec::new()));
    }
    Ok(bytes)
}

/// What both files say. An older one that is wrong is none: the newer one then counts for both.
fn both(
    older: &[u8],
    newer: &[u8],
) -> Result<(Configuration, Configuration, Option<String>), ConfigurationError> {
    let head = Configuration::parse(newer)?;
    Ok(match Configuration::parse(older) {
        Ok(base) => (base.excluding_as(&head), head, None),
        Err(error) => {
            let notice = format!("in the older tree: {error}; so the newer file counts for both");
            (head.clone(), head, Some(notice))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(mode: &str) -> String {
        format!("[[image]]\nname = \"a\"\nargs = {{ MODE = \"{mode}\" }}\n")
    }

    #[test]
    fn each_tree_has_its_own_images_and_the_newer_one_excludes() {
        let older = format!("exclude = [\"old/**\"]\n{}", image("debug"));
        let newer = format!("exclude = [\"new/**\"]\n{}", image("release"));
        let (base, head, notice) = both(older.as_bytes(), newer.as_bytes()).unwrap();
        assert_eq!(base.images[0].args["MODE"], "debug");
        assert_eq!(head.images[0].args["MODE"], "release");
        assert!(base.excludes("new/Dockerfile") && !base.excludes("old/Dockerfile"));
        assert_eq!(notice, None);
        let (base, ..) = both(b"", newer.as_bytes()).unwrap();
        assert!(base.images.is_empty() && base.excludes("new/Dockerfile"));
    }

    #[test]
    fn a_broken_older_file_is_noticed_and_a_broken_newer_one_refused() {
        let newer = image("release");
        let (base, _, notice) = both(b"image = 1\n", newer.as_bytes()).unwrap();
        assert_eq!(base.images[0].args["MODE"], "release");
        let notice = notice.unwrap();
        assert!(notice.contains("line 1") && notice.contains("older tree"), "{notice}");
        assert!(both(newer.as_bytes(), b"image = 1\n").is_err());
    }
}
