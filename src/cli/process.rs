//! The name of this process among all that ever ran here, to tell whether the one that began a
//! build is still there.

use std::fs;
use std::path::Path;

/// Where Linux tells of processes.
const PROCESSES: &str = "/proc";

/// A word that nobody had before.
pub(super) fn fresh_word() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// The name of this process: of this start of the machine, its number, and when it began. Where the
/// system does not tell, a word under which no process is found.
pub(super) fn name() -> String {
    named(Path::new(PROCESSES), std::process::id()).unwrap_or_else(fresh_word)
}

/// Whether the process of this name is still there, as far as it can be told.
pub(super) fn is_running(name: &str) -> bool {
    let number = name.split(' ').nth(1).and_then(|number| number.parse().ok());
    number.is_some_and(|number| named(Path::new(PROCESSES), number).as_deref() == Some(name))
}

fn named(processes: &Path, number: u32) -> Option<String> {
    let boot = fs::read_to_string(processes.join("sys/kernel/random/boot_id")).ok()?;
    let status = fs::read_to_string(processes.join(number.to_string()).join("stat")).ok()?;
    // The command's name, in brackets, may hold blanks and brackets itself; the 20th field behind
    // it is when the process began (`proc_pid_stat(5)`).
    let (_, fields) = status.rsplit_once(')')?;
    let began = fields.split_whitespace().nth(19)?;
    Some(format!("{} {number} {began}", boot.trim()))
}

/// Whether this process was told to ignore hang-ups, as `nohup` does.
#[cfg(unix)]
pub(super) fn ignores_hang_ups() -> bool {
    const HANG_UP: u64 = 1;
    let status = fs::read_to_string(Path::new(PROCESSES).join("self/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let signals = ignored.and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok());
    // Where it is not known, nothing that may be wanted is undone.
    signals.is_none_or(|signals| signals & HANG_UP != 0)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_there_until_it_ends() {
        assert!(is_running(&name()));
        let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().expect("a process");
        let its_name = named(Path::new(PROCESSES), other.id()).expect("a name");
        assert!(is_running(&its_name));
        drop(other.stdin.take());
        other.wait().expect("it ends");
        assert!(!is_running(&its_name));
    }

    #[test]
    fn a_process_that_has_the_number_of_another_is_not_that_one() {
        let name = name();
        let (of_start, _) = name.rsplit_once(' ').expect("three words");
        assert!(!is_running(&format!("{of_start} 1")));
        assert!(!is_running("a word"));
        assert!(!is_running(""));
    }

    #[test]
    fn a_command_may_be_called_as_it_likes() {
        let place = tempfile::tempdir().expect("a directory");
        let path = |name: &str| place.path().join(name);
        fs::create_dir_all(path("sys/kernel/random")).expect("a directory");
        fs::create_dir_all(path("7")).expect("a directory");
        fs::write(path("sys/kernel/random/boot_id"), "one\n").expect("a file");
        let fields: Vec<String> = (3..=52).map(|field| field.to_string()).collect();
        fs::write(path("7/stat"), format!("7 (a) b (c) {}", fields.join(" "))).expect("a file");
        assert_eq!(named(place.path(), 7).as_deref(), Some("one 7 22"));
        assert_eq!(named(place.path(), 8), None);
    }
}
