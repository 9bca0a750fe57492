//! What is in an archive of the context that ADD unpacks.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use tar::EntryType;

/// The first bytes of what is packed in a way that is not read here: bzip2, xz and zstd.
const PACKED: [&[u8]; 3] = [b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];

const GZIP: &[u8] = b"\x1f\x8b\x08";

/// Of what gzip has packed so many bytes are looked at: a few kilobytes can stand for gigabytes.
const MOST: u64 = 1 << 30;

/// Longer than this, no header of a file in an archive is that tar wrote.
const LONGEST_HEADER: u64 = 1 << 16;

/// Endings of archives, by which they are found in what a pattern selects.
const ENDINGS: [&[u8]; 9] = [
    b".tar",
    b".tgz",
    b".tbz2",
    b".txz",
    b".tzst",
    b".tar.gz",
    b".tar.bz2",
    b".tar.xz",
    b".tar.zst",
];

/// What ADD makes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unpacked {
    /// It stays as it is.
    AsItIs,
    /// The bytes of the files in it.
    Bytes(u64),
    /// It is an archive that is not read here to its end. So many bytes were found in it.
    AtLeast(u64),
}

/// What ADD makes of a file with these bytes.
pub(super) fn unpacked(bytes: &[u8]) -> Unpacked {
    unpacked_within(bytes, MOST)
}

fn unpacked_within(bytes: &[u8], most: u64) -> Unpacked {
    if bytes.starts_with(GZIP) {
        return of_tar(BufReader::new(MultiGzDecoder::new(bytes)).take(most));
    }
    if PACKED.iter().any(|magic| bytes.starts_with(magic)) {
        return Unpacked::AtLeast(0);
    }
    of_tar(bytes)
}

/// The files of a tar archive, by their headers; what has none that can be read is no archive. The
/// bytes of a file are passed over, so that it counts only as far as they are there.
fn of_tar(read: impl Read) -> Unpacked {
    let mut archive = tar::Archive::new(Counted { read, bytes: 0 });
    let Ok(entries) = archive.entries() else { return Unpacked::AsItIs };
    // The files before the last one added up, that one, and where it begins.
    let mut found: Option<(u64, u64, u64)> = None;
    let mut is_whole = true;
    // The headers that name others are not taken into memory.
    for entry in entries.raw(true) {
        let Ok(mut entry) = entry else {
            is_whole = false;
            break;
        };
        let (sum, last, _) = found.unwrap_or_default();
        let size = size_of(&mut entry).unwrap_or_default();
        let start = entry.raw_file_position();
        found = Some((sum.saturating_add(last), size.unwrap_or_default(), start));
        if size.is_none() {
            is_whole = false;
            break;
        }
    }
    let Some((sum, last, start)) = found else { return Unpacked::AsItIs };
    if is_whole {
        return Unpacked::Bytes(sum.saturating_add(last));
    }
    let there = archive.into_inner().bytes.saturating_sub(start);
    Unpacked::AtLeast(sum.saturating_add(last.min(there)))
}

/// Counts what is read.
struct Counted<R> {
    read: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let length = self.read.read(piece)?;
        self.bytes += length as u64;
        Ok(length)
    }
}

/// The bytes that come of a file in an archive; `None` where its header does not tell.
fn size_of(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Option<u64>> {
    Ok(match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous => Some(entry.size()),
        EntryType::GNUSparse => entry.header().as_gnu().and_then(|header| header.real_size().ok()),
        // It may say that the file behind it is larger than its own header has it.
        EntryType::XHeader | EntryType::XGlobalHeader => {
            if entry.size() > LONGEST_HEADER {
                return Ok(None);
            }
            let mut text = Vec::new();
            entry.read_to_end(&mut text)?;
            let says = |key: &[u8]| text.windows(key.len()).any(|it| it == key);
            (!says(b" size=") && !says(b" GNU.sparse.")).then_some(0)
        }
        _ => Some(0),
    })
}

/// Whether a file of this name usually is an archive.
pub(super) fn is_archive_name(path: &[u8]) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// A tar archive with one file for which its header states a size.
    fn archive(kind: EntryType, stated: u64, bytes: usize) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_path("in/file").unwrap();
        header.set_entry_type(kind);
        header.set_size(stated);
        header.set_cksum();
        let mut archive = header.as_bytes().to_vec();
        archive.extend(vec![b'x'; bytes.next_multiple_of(512)]);
        archive
    }

    fn file(bytes: usize) -> Vec<u8> {
        archive(EntryType::Regular, bytes as u64, bytes)
    }

    fn packed(parts: &[&[u8]]) -> Vec<u8> {
        let part = |bytes: &&[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        parts.iter().flat_map(part).collect()
    }

    #[test]
    fn the_files_of_an_archive_are_counted_and_not_what_its_end_states() {
        let end = [0; 1024];
        let two = [file(5_000), file(70), end.to_vec()].concat();
        assert_eq!(unpacked(&two), Unpacked::Bytes(5_070));
        let mut lying = packed(&[&two]);
        assert_eq!(unpacked(&lying), Unpacked::Bytes(5_070));
        let length = lying.len();
        lying[length - 4..].copy_from_slice(&9_u32.to_le_bytes());
        assert_eq!(unpacked(&lying), Unpacked::Bytes(5_070));
        assert_eq!(unpacked(&packed(&[&two[..6_000], &two[6_000..]])), Unpacked::Bytes(5_070));
        assert_eq!(unpacked(&packed(&[b"no archive"])), Unpacked::AsItIs);
        assert_eq!(unpacked(b"\x1f\x8b\x08 broken"), Unpacked::AsItIs);
    }

    #[test]
    fn what_is_not_there_is_not_believed() {
        let cut = archive(EntryType::Regular, u64::MAX >> 2, 5_000);
        assert_eq!(unpacked(&cut), Unpacked::AtLeast(5_120));
        assert_eq!(unpacked(&[file(600), cut].concat()), Unpacked::AtLeast(5_720));
        let long = archive(EntryType::XHeader, 1 << 40, 0);
        assert_eq!(unpacked(&long), Unpacked::AtLeast(0));
    }

    #[test]
    fn headers_that_make_a_file_larger_are_not_passed_over() {
        let mut text = b"20 size=99999999999\n".to_vec();
        text.resize(512, 0);
        let mut larger = archive(EntryType::XHeader, 20, 0);
        larger.extend(text);
        assert_eq!(unpacked(&[larger, file(600)].concat()), Unpacked::AtLeast(0));
        let mut other = archive(EntryType::XHeader, 20, 0);
        other.extend([b"20 mtime=1234567890\n".to_vec(), vec![0; 492]].concat());
        assert_eq!(unpacked(&[other, file(600), vec![0; 1024]].concat()), Unpacked::Bytes(600));
    }

    #[test]
    fn a_few_bytes_that_stand_for_many_are_read_up_to_a_limit() {
        let size = 4 << 20;
        let bomb = packed(&[&[file(600), file(size)].concat()]);
        assert!(bomb.len() < 100_000);
        // The headers and what fills a block are no files.
        let most = 1 << 20;
        let expected = 600 + most - 512 - 1024 - 512;
        assert_eq!(unpacked_within(&bomb, most), Unpacked::AtLeast(expected));
        assert_eq!(unpacked(&bomb), Unpacked::Bytes(600 + size as u64));
    }
}
