//! What is in an archive of the context that ADD unpacks.

/// The first bytes of what is packed in a way that is not read here: bzip2, xz and zstd.
const PACKED: [&[u8]; 3] = [b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];

const GZIP: &[u8] = b"\x1f\x8b\x08";

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
    /// The bytes of the files in it; of a gzip archive with what tar writes around them.
    Bytes(u64),
    /// It is an archive that is not read here.
    Unknown,
}

/// What ADD makes of a file with these bytes.
pub(super) fn unpacked(bytes: &[u8]) -> Unpacked {
    if bytes.starts_with(GZIP) {
        return of_gzip(bytes);
    }
    if PACKED.iter().any(|magic| bytes.starts_with(magic)) {
        return Unpacked::Unknown;
    }
    let mut archive = tar::Archive::new(bytes);
    let Ok(entries) = archive.entries() else { return Unpacked::AsItIs };
    let mut sum = None;
    for entry in entries {
        match (entry, sum) {
            (Ok(entry), _) => sum = Some(sum.unwrap_or(0_u64).saturating_add(entry.size())),
            (Err(_), None) => return Unpacked::AsItIs,
            (Err(_), Some(_)) => return Unpacked::Unknown,
        }
    }
    sum.map_or(Unpacked::AsItIs, Unpacked::Bytes)
}

/// A gzip file ends in the length that it has unpacked, modulo 2³², of its last part alone.
fn of_gzip(bytes: &[u8]) -> Unpacked {
    let Some(length) = bytes.last_chunk().map(|last| u32::from_le_bytes(*last)) else {
        return Unpacked::Unknown;
    };
    if (length as usize) < bytes.len() {
        return Unpacked::Unknown;
    }
    Unpacked::Bytes(u64::from(length))
}

/// Whether a file of this name usually is an archive.
pub(super) fn is_archive_name(path: &[u8]) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}
