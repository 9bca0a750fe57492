//! The tar archive of an exported container, read into an [`ImageTree`] as it streams.
//!
//! The archive may be hostile. What is kept is bounded by [`Limits`]; a file's bytes are hashed
//! and never kept. Records are framed here, and only the header's fields are read by the `tar`
//! crate: that keeps a long name whole in memory, however long it says it is, and ends a pax
//! value, which may be binary, at its first line end.

use std::collections::BTreeMap;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

use super::error::ArchiveError;
use super::pax::Pax;
use crate::{Digest, ImageFile, ImageFileKind, ImagePath, ImageTree};

const BLOCK: usize = 512;

/// How much of an archive is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Paths.
    pub(super) paths: usize,
    /// Bytes of all names and targets together.
    pub(super) names: usize,
    /// Bytes of one long name, or of one file's pax records.
    pub(super) extension: u64,
    /// Bytes of the whole archive.
    pub(super) bytes: u64,
}

impl Limits {
    /// Beyond any image that is built, within the memory of a machine that builds it.
    pub(super) const USUAL: Self =
        Self { paths: 10_000_000, names: 1 << 30, extension: 1 << 20, bytes: 1 << 42 };
}

/// Reads an archive to its end.
pub(super) fn read(source: impl Read, limits: Limits) -> Result<ImageTree, ArchiveError> {
    let mut reader = Reader {
        source: source.take(limits.bytes),
        limits,
        names: 0,
        tree: ImageTree::new(),
        links: Vec::new(),
    };
    let ended = reader.all();
    // Whatever is missing then, it is missing because no more was taken.
    if reader.source.limit() == 0 {
        return Err(ArchiveError::Bytes(limits.bytes));
    }
    ended?;
    link(reader.tree, reader.links)
}

/// What was said before an entry about it.
#[derive(Default)]
struct Pending {
    pax: Pax,
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

struct Reader<R> {
    source: io::Take<R>,
    limits: Limits,
    names: usize,
    tree: ImageTree,
    /// Hard links and the path that each was written as.
    links: Vec<(ImagePath, ImagePath)>,
}

impl<R: Read> Reader<R> {
    fn all(&mut self) -> Result<(), ArchiveError> {
        let mut pending = Pending::default();
        while let Some(header) = self.header()? {
            self.record(&header, &mut pending)?;
        }
        // A writer on the other side would take an end before its own for a fault.
        io::copy(&mut self.source, &mut io::sink())?;
        Ok(())
    }

    /// The next header; `None` at the end.
    fn header(&mut self) -> Result<Option<Header>, ArchiveError> {
        let mut block = [0; BLOCK];
        self.source.read_exact(&mut block)?;
        if block == [0; BLOCK] {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block).clone();
        let said = field(header.cksum())?;
        let sum: u32 = block
            .iter()
            .enumerate()
            // The field of the sum itself counts as blanks.
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
            .sum();
        if said == sum { Ok(Some(header)) } else { Err(ArchiveError::Damaged) }
    }

    fn record(&mut self, header: &Header, pending: &mut Pending) -> Result<(), ArchiveError> {
        let size = field(header.entry_size())?;
        match header.entry_type() {
            EntryType::XHeader => pending.pax.add(&self.extension(size)?)?,
            EntryType::XGlobalHeader => self.skip(size)?,
            EntryType::GNULongName => pending.name = Some(text(self.extension(size)?)),
            EntryType::GNULongLink => pending.target = Some(text(self.extension(size)?)),
            kind => {
                let pending = std::mem::take(pending);
                self.entry(kind, header, size, pending)?;
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        kind: EntryType,
        header: &Header,
        size: u64,
        pending: Pending,
    ) -> Result<(), ArchiveError> {
        let Pending { pax, name, target } = pending;
        let name = pax.path.or(name).unwrap_or_else(|| header.path_bytes().into_owned());
        let path = ImagePath::new(&name);
        let target = pax
            .target
            .or(target)
            .or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned))
            .unwrap_or_default();
        self.names += path.as_bytes().len() + target.len();
        if self.names > self.limits.names {
            return Err(ArchiveError::Names(self.limits.names));
        }
        if self.tree.len() + self.links.len() >= self.limits.paths {
            return Err(ArchiveError::Paths(self.limits.paths));
        }
        let size = pax.size.unwrap_or(size);
        let device = || -> Result<(u32, u32), ArchiveError> {
            let (major, minor) = (field(header.device_major())?, field(header.device_minor())?);
            Ok((major.unwrap_or_default(), minor.unwrap_or_default()))
        };
        let kind = match kind {
            EntryType::Regular | EntryType::Continuous => {
                ImageFileKind::File { size, digest: self.content(size)? }
            }
            EntryType::Link => {
                self.skip(size)?;
                self.links.push((path, ImagePath::new(&target)));
                return Ok(());
            }
            EntryType::Directory => ImageFileKind::Directory,
            EntryType::Symlink => ImageFileKind::Symlink { target: target.into() },
            EntryType::Fifo => ImageFileKind::Pipe,
            EntryType::Char => {
                let (major, minor) = device()?;
                ImageFileKind::CharacterDevice { major, minor }
            }
            EntryType::Block => {
                let (major, minor) = device()?;
                ImageFileKind::BlockDevice { major, minor }
            }
            other => return Err(ArchiveError::Kind { path, kind: other.as_byte() }),
        };
        if !matches!(kind, ImageFileKind::File { .. }) {
            self.skip(size)?;
        }
        let modified = match pax.modified {
            Some(modified) => modified,
            None => field(header.mtime())?.try_into().unwrap_or(i64::MAX),
        };
        let file = ImageFile {
            kind,
            mode: field(header.mode())? & 0o7777,
            user: field(pax.user.map_or_else(|| header.uid(), Ok))?,
            group: field(pax.group.map_or_else(|| header.gid(), Ok))?,
            modified,
            attributes: attributes(&pax.attributes),
            linked: None,
        };
        self.tree.insert(path, file);
        Ok(())
    }

    /// The digest of the next file, read past its padding.
    fn content(&mut self, size: u64) -> Result<Digest, ArchiveError> {
        let mut hasher = Sha256::new();
        let mut left = size;
        let mut buffer = vec![0; 64 << 10];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let read = self.source.read(&mut buffer[..most])?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            hasher.update(&buffer[..read]);
            left -= read as u64;
        }
        self.skip_padding(size)?;
        Ok(Digest::from_bytes(hasher.finalize().into()))
    }

    /// What describes the next entry and does not fit its header.
    fn extension(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        if size > self.limits.extension {
            return Err(ArchiveError::Extension(self.limits.extension));
        }
        let mut bytes = Vec::new();
        let read = self.source.by_ref().take(size).read_to_end(&mut bytes)?;
        if read as u64 != size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.skip_padding(size)?;
        Ok(bytes)
    }

    fn skip(&mut self, size: u64) -> Result<(), ArchiveError> {
        let skipped = io::copy(&mut self.source.by_ref().take(size), &mut io::sink())?;
        if skipped != size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.skip_padding(size)
    }

    fn skip_padding(&mut self, size: u64) -> Result<(), ArchiveError> {
        let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        io::copy(&mut self.source.by_ref().take(padding), &mut io::sink())?;
        Ok(())
    }
}

/// A header's field; what is no number in it is not shown, for it may be anything.
fn field<T>(read: io::Result<T>) -> Result<T, ArchiveError> {
    read.map_err(|_| ArchiveError::Damaged)
}

/// A GNU name, which ends with a NUL.
fn text(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

fn attributes(attributes: &BTreeMap<Vec<u8>, Vec<u8>>) -> Option<Digest> {
    let mut hasher = Sha256::new();
    for part in attributes.iter().flat_map(|(name, value)| [name, value]) {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    (!attributes.is_empty()).then(|| Digest::from_bytes(hasher.finalize().into()))
}

/// Gives every name of a file the file, and the first of its names.
///
/// Which name an archive has the bytes under depends on the order in which it was written; the
/// first by its bytes does not.
fn link(
    mut tree: ImageTree,
    links: Vec<(ImagePath, ImagePath)>,
) -> Result<ImageTree, ArchiveError> {
    let mut names: BTreeMap<ImagePath, Vec<ImagePath>> = BTreeMap::new();
    let mut written: BTreeMap<ImagePath, ImagePath> = BTreeMap::new();
    for (path, target) in links {
        // A link to a link is one to what that is.
        let target = written.get(&target).unwrap_or(&target).clone();
        if !tree.contains_key(&target) {
            return Err(ArchiveError::Link { path, target });
        }
        written.insert(path.clone(), target.clone());
        names.entry(target).or_default().push(path);
    }
    for (target, mut paths) in names {
        paths.push(target.clone());
        let first = paths.iter().min().cloned();
        let Some(file) = tree.get(&target).cloned() else { continue };
        for path in paths {
            tree.insert(path, ImageFile { linked: first.clone(), ..file.clone() });
        }
    }
    Ok(tree)
}
