//! Sizes as people write them.

use std::str::FromStr;

use serde::Deserialize;

/// A number of bytes: `10MB` and `10 MB` are ten million, `10MiB` is 10 · 2²⁰, `10485760` and
/// `10485760B` are bytes. Sizes are shown in the same units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Written")]
pub struct ByteSize(u64);

/// A text that is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no size; write bytes, or a number with kB, MB, GB, KiB, MiB or GiB, such as 10MB"
)]
pub struct NoSize(String);

/// How `smartbuild.toml` may have it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a size: bytes, or a text such as \"10MB\"")]
enum Written {
    Bytes(u64),
    Text(String),
}

impl ByteSize {
    /// This many bytes.
    pub const fn of(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NoSize(text.to_owned());
        let lower = text.trim().to_ascii_lowercase();
        let digits = lower.trim_end_matches(|it: char| it.is_ascii_alphabetic());
        let factor: u64 = match &lower[digits.len()..] {
            "" | "b" => 1,
            "k" | "kb" => 1_000,
            "m" | "mb" => 1_000_000,
            "g" | "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(wrong()),
        };
        let number = digits.trim_end();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        // More digits than these say less than a byte.
        if !is_number(whole) || !is_number(part) || part.len() > 9 {
            return Err(wrong());
        }
        let digits_after = u32::try_from(part.len()).map_err(|_| wrong())?;
        let part: u64 = part.parse().map_err(|_| wrong())?;
        let part = u128::from(part) * u128::from(factor) / 10_u128.pow(digits_after);
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let bytes = u128::from(whole) * u128::from(factor) + part;
        u64::try_from(bytes).map(Self).map_err(|_| wrong())
    }
}

impl TryFrom<Written> for ByteSize {
    type Error = NoSize;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Bytes(bytes) => Ok(Self(bytes)),
            Written::Text(text) => text.parse(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<ByteSize>().map(ByteSize::get);
        assert_eq!(read("10MB"), Ok(10_000_000));
        assert_eq!(read(" 1.5 mb"), Ok(1_500_000));
        assert_eq!(read("10MiB"), Ok(10_485_760));
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("2k"), Ok(2_000));
        for wrong in ["", "MB", "-1", "1.MB", ".5MB", "1e9", "10 apples", "99999999999GB", "1 0"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
