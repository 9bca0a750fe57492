//! What is in an image that was built: its files, its configuration, and what a command did in it.

use std::collections::BTreeMap;
use std::fmt;

use crate::Digest;

/// An image's path, without the slash at its beginning; the root is empty. Its bytes need not be
/// UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ImagePath(Box<[u8]>);

impl ImagePath {
    /// The path with these bytes, however it is written: `./a/`, `/a` and `a` are one.
    pub fn new(written: &[u8]) -> Self {
        let mut path = written;
        loop {
            path = match path {
                [b'/', rest @ ..] | [b'.', b'/', rest @ ..] | [rest @ .., b'/'] => rest,
                b"." => b"",
                _ => return Self(path.into()),
            };
        }
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The directory that it is in; `None` of the root.
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Some(Self(self.0[..end].into()))
    }
}

impl fmt::Display for ImagePath {
    /// With the slash at its beginning; hostile until escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// The files of an image, all layers put together.
pub type ImageTree = BTreeMap<ImagePath, ImageFile>;

/// One file, directory or other thing with a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    /// What it is, with what is in it.
    pub kind: ImageFileKind,
    /// The permissions with setuid, setgid and sticky: 12 bits.
    pub mode: u32,
    /// The owner's number.
    pub user: u64,
    /// The group's number.
    pub group: u64,
    /// When it was modified last, in seconds since 1970.
    pub modified: i64,
    /// Of the extended attributes with their names, where it has any that an export tells of.
    pub attributes: Option<Digest>,
    /// The first path of the file, where it has several.
    pub linked: Option<ImagePath>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageFileKind {
    /// A regular file.
    File {
        /// Its bytes' number.
        size: u64,
        /// Their digest.
        digest: Digest,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it leads, as it is written.
        target: Box<[u8]>,
    },
    /// A character device.
    CharacterDevice {
        /// Which driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Which driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// A named pipe.
    Pipe,
}

impl ImageFileKind {
    /// What it is, in words.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Directory => "directory",
            Self::Symlink { .. } => "symbolic link",
            Self::CharacterDevice { .. } => "character device",
            Self::BlockDevice { .. } => "block device",
            Self::Pipe => "named pipe",
        }
    }
}

/// What an image's configuration says, setting by setting: `user`, `env PATH`, `label team`, …
/// Lists are JSON. What is not set is not there.
pub type ImageConfiguration = BTreeMap<String, String>;

/// An image that was built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuiltImage {
    /// Its files.
    pub tree: ImageTree,
    /// Its configuration, without its history and when it was made.
    pub configuration: ImageConfiguration,
}

/// How a command ended that was run in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRun {
    /// Its exit status.
    pub status: i64,
    /// The last of its output, of both streams as it came: hostile until escaped.
    pub output: Vec<u8>,
    /// Whether it wrote more than that.
    pub is_cut: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_however_it_is_written() {
        for written in ["a/b", "/a/b", "./a/b/", "//a/b//"] {
            assert_eq!(ImagePath::new(written.as_bytes()).to_string(), "/a/b", "{written}");
        }
        for root in ["", "/", ".", "./"] {
            assert_eq!(ImagePath::new(root.as_bytes()), ImagePath::default(), "{root}");
        }
        assert_eq!(ImagePath::new(b".hidden").to_string(), "/.hidden");
        assert_eq!(ImagePath::new(b"caf\xe9").to_string(), "/caf\\xe9");
    }

    #[test]
    fn parents_end_at_the_root() {
        let path = ImagePath::new(b"a/b");
        assert_eq!(path.parent(), Some(ImagePath::new(b"a")));
        assert_eq!(ImagePath::new(b"a").parent(), Some(ImagePath::default()));
        assert_eq!(ImagePath::default().parent(), None);
    }
}
