//! What is measured without an engine.

use std::{fs, process::Command};

use anyhow::{Context as _, Result};

use super::{
    Bench, prepare,
    rounds::{in_turn, time},
    settle,
    table::{Row, Table},
    tree::{IGNORE_RULES, Tree},
};

/// What `find` prints of every file: all that tells whether it has changed.
const STATS: &str = "%s %T@ %C@ %m %i %p\\n";

/// Cold hash, warm scan, one edit and ignore rules.
///
/// # Errors
///
/// When anything measured fails.
pub(super) fn measure(bench: &Bench, tree: &Tree, table: &mut Table) -> Result<()> {
    let path = tree.path().to_string_lossy().into_owned();
    let program = || bench.program(&["predict", "--format", "json", &path]);
    let find = || {
        let mut find = Command::new("find");
        find.args([&path, "-printf", STATS]);
        find
    };
    let files = tree.files();
    tree.commit()?;
    settle();

    // Both read from the system's cache: each has run once before.
    let mut sums = Command::new("sh");
    sums.args(["-c", "find \"$1\" -type f -print0 | xargs -0 -P2 -n200 sha256sum", "sh", &path]);
    let [cold, sums] = in_turn(
        bench.rounds,
        [
            &mut || {
                bench.forget_files()?;
                time(&mut program())
            },
            &mut || time(&mut sums),
        ],
    )?;
    table.add(
        Row::new(files, "cold hash", &cold)
            .beside("sha256sum, two processes", &sums)
            .at_most_if(files >= LARGE, 0.6),
    );

    prepare(&mut program())?;
    let [warm, find_all, status] = in_turn(
        bench.rounds.max(MANY),
        [&mut || time(&mut program()), &mut || time(&mut find()), &mut || {
            time(&mut tree.git(&["status"]))
        }],
    )?;
    table.add(
        Row::new(files, "warm scan", &warm)
            .beside("find -printf", &find_all)
            .at_most_if(files >= LARGE, 1.3),
    );
    table.add(
        Row::new(files, "warm scan", &warm)
            .beside("git status", &status)
            .at_most_if(files == PROJECT, 2.0),
    );

    let mut edits = 0..;
    let [edited, status] = in_turn(
        bench.rounds,
        [
            &mut || {
                tree.edit(edits.next().unwrap_or_default())?;
                time(&mut program())
            },
            &mut || time(&mut tree.git(&["status"])),
        ],
    )?;
    table.add(Row::new(files, "one edit", &edited).beside("git status", &status));

    settle();
    let rules = tree.path().join(".dockerignore");
    fs::write(&rules, IGNORE_RULES).context("cannot write an ignore file")?;
    prepare(&mut program())?;
    let [ignoring, find_all] =
        in_turn(bench.rounds.max(MANY), [&mut || time(&mut program()), &mut || time(&mut find())])?;
    table.add(
        Row::new(files, "warm scan, 23 ignore rules", &ignoring).beside("find -printf", &find_all),
    );
    fs::remove_file(&rules).context("cannot remove an ignore file")
}

/// From here on the floor is what counts; below it the start of a process is.
const LARGE: usize = 100_000;

/// Files of a project as many are.
const PROJECT: usize = 10_000;

/// Rounds of what takes a fraction of a second.
const MANY: usize = 15;
