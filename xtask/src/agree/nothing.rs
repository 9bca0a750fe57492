//! A program that takes any arguments, does nothing and ends with status 0.
//!
//! It is put in a hollow image in the place of a shell: every command "succeeds", at once, and
//! writes nothing. Written out here, it needs no compiler for another target and no package.

use std::env::consts::ARCH;

use anyhow::{Result, bail};

/// Where the file is in memory.
const ADDRESS: u64 = 0x0040_0000;

/// Bytes of the file's header and of the header of its one segment.
const HEADERS: [u16; 2] = [64, 56];

/// The program for this machine's processor, as the bytes of a static ELF file.
///
/// # Errors
///
/// When nobody has written its three instructions for this processor yet.
pub(super) fn program() -> Result<Vec<u8>> {
    match ARCH {
        // exit(0): xor edi, edi; push 60; pop rax; syscall
        "x86_64" => Ok(elf(62, &[0x31, 0xff, 0x6a, 0x3c, 0x58, 0x0f, 0x05])),
        // exit(0): mov x0, 0; mov x8, 93; svc 0
        "aarch64" => Ok(elf(183, &[0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4])),
        other => {
            bail!("no hollow program for {other}: add its `exit(0)` to xtask/src/agree/nothing.rs")
        }
    }
}

/// A 64-bit little-endian executable of one segment.
fn elf(machine: u16, code: &[u8]) -> Vec<u8> {
    let [file_header, segment_header] = HEADERS;
    let start = u64::from(file_header) + u64::from(segment_header);
    let size = start + code.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    // An executable for this machine, in version 1 of the format.
    file.extend([2_u16, machine].map(u16::to_le_bytes).concat());
    file.extend(1_u32.to_le_bytes());
    // Where it begins, where the segments are described, and that no sections are.
    file.extend([ADDRESS + start, u64::from(file_header), 0].map(u64::to_le_bytes).concat());
    file.extend(0_u32.to_le_bytes());
    file.extend([file_header, segment_header, 1, 0, 0, 0].map(u16::to_le_bytes).concat());
    // The segment: loaded, read and executed; all of the file.
    file.extend([1_u32, 5].map(u32::to_le_bytes).concat());
    file.extend([0, ADDRESS, ADDRESS, size, size, 0x1000].map(u64::to_le_bytes).concat());
    file.extend(code);
    file
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

    use super::*;

    #[test]
    fn it_accepts_every_command() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sh");
        fs::write(&path, program().unwrap()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let output = Command::new(&path).args(["-c", "exit 3; echo said"]).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    }
}
