//! Whether an engine's data may lie in memory.

use std::fs;

/// The data of all engines that tests build on took 4.1 GB after a run of all of them, and compilers
/// run beside them.
const PLENTY_KIB: u64 = 12 << 20;

/// Whether the system says that so much memory is available.
pub(super) fn is_plenty() -> bool {
    let system = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    available(&system).is_some_and(|available| available >= PLENTY_KIB)
}

/// KiB that programs can have without swapping, of what `/proc/meminfo` says (proc(5)).
fn available(system: &str) -> Option<u64> {
    let line = system.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_available_is_read() {
        let system = "MemTotal:       24684160 kB\nMemAvailable:   12582912 kB\nBuffers: 1 kB\n";
        assert_eq!(available(system), Some(PLENTY_KIB));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }
}
