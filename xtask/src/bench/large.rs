//! One large file beside the digest of bytes that are in memory already.

use std::{
    fs::{self, File},
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::{
    Bench,
    rounds::{in_turn, time},
    table::{Row, Table},
};

/// Bytes of the file.
const SIZE: usize = 2 << 30;

/// Bytes that are in memory: what a processor's cache holds, so that memory does not slow it down.
const PIECE: usize = 128 * 1024;

/// The file's digest, taken by the program, beside the `sha2` crate alone on one core.
///
/// # Errors
///
/// When the disk has no room or the program fails.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let directory = bench.directory.path().join("large");
    let path = directory.to_string_lossy().into_owned();
    let piece: Vec<u8> = (0..=250).cycle().take(PIECE).collect();
    let fill = || -> std::io::Result<()> {
        fs::create_dir(&directory)?;
        fs::write(directory.join("Dockerfile"), "FROM scratch\nCOPY . /\n")?;
        let mut file = File::create(directory.join("large"))?;
        for _ in 0..SIZE / PIECE {
            file.write_all(&piece)?;
        }
        Ok(())
    };
    fill().context("cannot make a file of 2 GiB")?;
    let mut in_memory = || -> Result<Duration> {
        let begun = Instant::now();
        let mut hasher = Sha256::new();
        for _ in 0..SIZE / PIECE {
            hasher.update(&piece);
        }
        std::hint::black_box(hasher.finalize());
        Ok(begun.elapsed())
    };
    let [read, in_memory] = in_turn(
        bench.rounds,
        [
            &mut || {
                bench.forget_files()?;
                time(&mut bench.program(&["predict", &path]))
            },
            &mut in_memory,
        ],
    )?;
    let row = Row::named("one file of 2 GiB", "cold hash", &read);
    table.add(row.beside("sha2 in memory, one core", &in_memory).at_most(1.0 / 0.9));
    fs::remove_dir_all(&directory).context("cannot remove the file of 2 GiB")
}
