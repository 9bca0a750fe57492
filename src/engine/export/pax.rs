//! Pax records: what does not fit a tar header.

use std::collections::BTreeMap;

use super::error::ArchiveError;

/// The records before one entry, as far as they matter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) user: Option<u64>,
    pub(super) group: Option<u64>,
    /// Seconds since 1970.
    pub(super) modified: Option<i64>,
    /// Extended attributes by name.
    pub(super) attributes: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Pax {
    /// Reads records: `LENGTH KEY=VALUE\n`, where the length counts all of it and the value may
    /// have any bytes.
    pub(super) fn add(&mut self, mut records: &[u8]) -> Result<(), ArchiveError> {
        while !records.is_empty() {
            let (record, rest) = split(records).ok_or(ArchiveError::Pax)?;
            records = rest;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(ArchiveError::Pax)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            self.set(key, value)?;
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), ArchiveError> {
        match key {
            b"path" => self.path = Some(value.to_vec()),
            b"linkpath" => self.target = Some(value.to_vec()),
            b"size" => self.size = Some(number(value)?),
            b"uid" => self.user = Some(number(value)?),
            b"gid" => self.group = Some(number(value)?),
            b"mtime" => {
                let whole = value.split(|byte| *byte == b'.').next().unwrap_or_default();
                self.modified = Some(number(whole)?);
            }
            key => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.attributes.insert(name.to_vec(), value.to_vec());
                }
            }
        }
        Ok(())
    }
}

/// The first record without its length and line end, and what follows it.
fn split(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = records.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..blank]).ok()?.parse().ok()?;
    let (record, rest) = records.split_at_checked(length)?;
    let record = record.get(blank + 1..)?.strip_suffix(b"\n")?;
    Some((record, rest))
}

fn number<N: std::str::FromStr>(value: &[u8]) -> Result<N, ArchiveError> {
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.parse().ok()).ok_or(ArchiveError::Pax)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_have_line_ends_and_any_bytes() {
        let mut pax = Pax::default();
        pax.add(b"12 path=a\nb\n27 SCHILY.xattr.user.x=\x00=\n\n16 mtime=-7.900\n").unwrap();
        assert_eq!(pax.path.as_deref(), Some(&b"a\nb"[..]));
        assert_eq!(pax.modified, Some(-7));
        assert_eq!(pax.attributes[&b"user.x"[..]], b"\x00=\n");
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for wrong in ["x", "5 a=b", "999 a=b\n", "3 a=b\n", "6 size\n", "11 size=-1\n", "0 \n"] {
            assert!(Pax::default().add(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
