//! What a hook costs: the impact of what is staged, in a repository of many images.

use anyhow::{Context as _, Result};

use super::{
    Bench,
    monorepo::Monorepo,
    rounds::{Series, in_turn, time},
    say, settle,
    table::{Row, Table, thousands},
};

/// One size of a repository, and what is wanted there.
struct Size {
    files: usize,
    images: usize,
    /// At most so many seconds.
    seconds: f64,
    /// Or at most so many times what `git status` takes, where that is more.
    times_status: Option<f64>,
}

/// A repository as large as many, and one as large as few.
const SIZES: [Size; 2] = [
    Size { files: 10_000, images: 20, seconds: 0.15, times_status: Some(3.0) },
    Size { files: 200_000, images: 100, seconds: 2.0, times_status: None },
];

/// `smartbuild impact --staged` beside `git status`, with another file edited and staged each round,
/// and `smartbuild impact` of two commits.
///
/// # Errors
///
/// When anything measured fails.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    for size in SIZES {
        let Size { files, images, .. } = size;
        let name = format!("{} files, {images} images", thousands(files));
        say(&name);
        let repository = Monorepo::make(bench.directory.path(), files, images)?;
        settle();
        let impact = |arguments: &[&str]| {
            let mut impact = bench.program(&["impact", "--format", "json"]);
            impact.args(arguments).current_dir(repository.path());
            impact
        };
        let mut edits = 0..;
        let [staged, status] = in_turn(
            bench.rounds,
            [
                &mut || {
                    repository.stage_edit(edits.next().unwrap_or_default())?;
                    time(&mut impact(&["--staged"]))
                },
                &mut || time(&mut repository.git(&["status"])),
            ],
        )?;
        table.add(size.row(&name, "impact of what is staged", &staged, &status));
        let commit = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit"];
        let commit = [&commit[..], &["--quiet", "-m", "edits"]].concat();
        super::prepare(&mut repository.git(&commit)).context("cannot commit the edits")?;
        let [commits, status] = in_turn(
            bench.rounds,
            [&mut || time(&mut impact(&["HEAD~1..HEAD"])), &mut || {
                time(&mut repository.git(&["status"]))
            }],
        )?;
        table.add(size.row(&name, "impact of a commit", &commits, &status));
        repository.remove()?;
    }
    Ok(())
}

impl Size {
    fn row(&self, name: &str, what: &'static str, series: &Series, status: &Series) -> Row {
        let row = Row::named(name, what, series).beside("git status", status);
        let row = row.at_most_seconds(self.seconds);
        match self.times_status {
            Some(ratio) => row.at_most(ratio),
            None => row,
        }
    }
}
