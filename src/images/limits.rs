//! What RUN instructions may use, as compose and bake files write it.

use std::collections::BTreeMap;

/// Options of a build that every RUN has, and that an engine looks for in its cache.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunLimits {
    /// Bytes of `/dev/shm`; `None` for the builder's own.
    pub shm_size: Option<u64>,
    /// Limits by their names, each as `SOFT:HARD`.
    pub ulimits: BTreeMap<String, String>,
    /// Hosts by their names, each with its addresses.
    pub extra_hosts: BTreeMap<String, Vec<String>>,
}

impl RunLimits {
    /// Lays others over it, each by its name.
    pub(super) fn merge(&mut self, over: Self) {
        self.shm_size = over.shm_size.or(self.shm_size);
        self.ulimits.extend(over.ulimits);
        self.extra_hosts.extend(over.extra_hosts);
    }

    /// Takes `NAME=SOFT` or `NAME=SOFT:HARD`.
    pub(super) fn add_ulimit(&mut self, text: &str) -> Result<(), String> {
        let wrong =
            || format!("`{text}` is no limit: write NAME=SOFT or NAME=SOFT:HARD in whole numbers");
        let (name, values) = text.split_once('=').ok_or_else(wrong)?;
        let (soft, hard) = values.split_once(':').unwrap_or((values, values));
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| wrong());
        let limit = format!("{}:{}", number(soft)?, number(hard)?);
        self.ulimits.insert(name.to_owned(), limit);
        Ok(())
    }

    /// Takes the addresses of a host, separated by commas.
    pub(super) fn add_host(&mut self, name: &str, addresses: &str) {
        let addresses = addresses.split(',').map(str::to_owned);
        self.extra_hosts.entry(name.to_owned()).or_default().extend(addresses);
    }
}

/// Bytes from docker's notation: units are powers of 1024, with or without `b` or `ib`. Nothing at
/// all is the builder's own size.
pub(super) fn size(text: &str) -> Result<Option<u64>, String> {
    let wrong = || format!("`{text}` is no size: write bytes, or a number with k, m or g");
    let lower = text.trim().to_ascii_lowercase();
    if lower.is_empty() {
        return Ok(None);
    }
    let digits = lower.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let power = match &lower[digits.len()..] {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return Err(wrong()),
    };
    let (whole, part) = digits.trim_end().split_once('.').unwrap_or((digits.trim_end(), "0"));
    let is_number = |text: &str| text.len() <= 18 && text.bytes().all(|it| it.is_ascii_digit());
    if !is_number(whole) || !is_number(part) {
        return Err(wrong());
    }
    let digits_after = u32::try_from(part.len()).map_err(|_| wrong())?;
    let factor = 1024_u128.pow(power);
    let whole: u128 = whole.parse().map_err(|_| wrong())?;
    let part: u128 = part.parse().map_err(|_| wrong())?;
    let bytes = whole * factor + part * factor / 10_u128.pow(digits_after);
    u64::try_from(bytes).map(Some).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_docker_reads_them() {
        for (text, bytes) in [
            ("64m", 64 << 20),
            ("64 MB", 64 << 20),
            ("67108864", 64 << 20),
            ("67108864b", 64 << 20),
            ("0.5GiB", 512 << 20),
            ("2k", 2048),
        ] {
            assert_eq!(size(text), Ok(Some(bytes)), "{text}");
        }
        assert_eq!(size(""), Ok(None));
        for wrong in ["m", "-1m", "1.5.2m", "64 apples", "99999999999999999999", "999999999999t"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_has_both_ends() {
        let mut limits = RunLimits::default();
        for text in ["nofile=1024", "nproc=10:-1"] {
            limits.add_ulimit(text).unwrap();
        }
        assert_eq!(limits.ulimits["nofile"], "1024:1024");
        assert_eq!(limits.ulimits["nproc"], "10:-1");
        for wrong in ["nofile", "nofile=", "nofile=many", "nofile=1:2:3"] {
            assert!(limits.add_ulimit(wrong).is_err(), "{wrong}");
        }
    }
}
