//! What was measured, as a table that people and later runs can read.

use std::fmt::Write as _;

use super::rounds::Series;
use crate::ui;

/// One thing that was measured beside another.
#[derive(Debug)]
pub(super) struct Row {
    context: String,
    what: &'static str,
    series: Series,
    beside: Option<Beside>,
    at_most_seconds: Option<f64>,
}

#[derive(Debug)]
struct Beside {
    what: &'static str,
    seconds: f64,
    ratio: f64,
    at_most: Option<f64>,
}

/// Peak memory at one size, in bytes.
#[derive(Debug)]
pub(super) struct Memory {
    /// Files in the context.
    pub(super) files: usize,
    /// With every file to read.
    pub(super) cold: u64,
    /// With none.
    pub(super) warm: u64,
    /// With none, a recorded build, and the engine.
    pub(super) with_engine: Option<u64>,
}

/// All that was measured.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    memory: Vec<Memory>,
}

impl Row {
    /// How long something took for a context of this many files.
    pub(super) fn new(files: usize, what: &'static str, series: &Series) -> Self {
        Self::named(&format!("{} files", thousands(files)), what, series)
    }

    /// How long something took for a context that is called so.
    pub(super) fn named(context: &str, what: &'static str, series: &Series) -> Self {
        let (context, series) = (context.to_owned(), series.clone());
        Self { context, what, series, beside: None, at_most_seconds: None }
    }

    /// What ran in turn with it.
    pub(super) fn beside(self, what: &'static str, other: &Series) -> Self {
        let (seconds, ratio) = (other.median(), self.series.ratio_to(other));
        Self { beside: Some(Beside { what, seconds, ratio, at_most: None }), ..self }
    }

    /// The ratio that is wanted where this holds.
    pub(super) fn at_most_if(self, is_wanted: bool, ratio: f64) -> Self {
        if is_wanted { self.at_most(ratio) } else { self }
    }

    /// The seconds that are wanted. With a ratio, too, either is enough.
    pub(super) fn at_most_seconds(self, seconds: f64) -> Self {
        Self { at_most_seconds: Some(seconds), ..self }
    }

    /// The ratio that is wanted: at most so many times the other.
    pub(super) fn at_most(mut self, ratio: f64) -> Self {
        if let Some(beside) = &mut self.beside {
            beside.at_most = Some(ratio);
        }
        self
    }
}

impl Table {
    /// Adds a row and says it.
    pub(super) fn add(&mut self, row: Row) {
        ui::note(row.cells().join("  "));
        self.rows.push(row);
    }

    /// Adds a row about memory and says it.
    pub(super) fn add_memory(&mut self, memory: Memory) {
        ui::note(memory.cells().join("  "));
        self.memory.push(memory);
    }

    /// The whole file about repositories of many images.
    pub(super) fn of_impact(&self, machine: &str) -> String {
        let mut text = head("Measured: impact", machine);
        text.push_str(
            "The repository has as many services as images, a compose file that names them, and a \
             Dockerfile of two stages for each; one image in ten has the whole repository as its \
             context, the others their own service. Before every round one file is edited and \
             staged; `git status` runs on the same state. The program's own index is that of the \
             round before, as in a hook that runs on every commit. Where two figures are wanted, \
             the larger counts.\n\n",
        );
        self.push(&mut text);
        text
    }

    fn push(&self, text: &mut String) {
        let head = ["context", "what", "smartbuild", "beside", "takes", "ratio", "wanted"];
        push_rows(text, &head, self.rows.iter().map(|row| row.cells().to_vec()));
    }

    /// The whole file about contexts and builds.
    pub(super) fn of_contexts(&self, machine: &str) -> String {
        let mut text = head("Measured", machine);
        text.push_str(
            "A scan is `smartbuild predict --format json` without an engine, which also digests the \
             whole context and what `COPY . /src` takes of it: warm with the index of the last run, \
             cold without. `find` prints size, times, mode and inode of every file. Builds are of \
             `FROM busybox`, `COPY . /src`, `RUN true`; docker's command is timed from within its \
             mount namespace, so that the way into it does not count. A first build has a new \
             context and sends every file.\n\n",
        );
        self.push(&mut text);
        text.push_str("\nPeak memory of `smartbuild predict` (resident, MB of 10^6 bytes):\n\n");
        let head =
            ["context", "every file read", "none read", "none read, recorded build and engine"];
        push_rows(&mut text, &head, self.memory.iter().map(|row| row.cells().to_vec()));
        text
    }
}

impl Row {
    fn cells(&self) -> [String; 7] {
        let seconds = |seconds: f64| format!("{seconds:.3} s");
        let (what, takes, ratio, wanted) = match &self.beside {
            None => <(_, _, _, _)>::default(),
            Some(beside) => (
                beside.what.to_owned(),
                seconds(beside.seconds),
                format!("{:.2}", beside.ratio),
                beside.at_most.map(|ratio| format!("{ratio:.2}")),
            ),
        };
        let wanted = self.at_most_seconds.map(seconds).into_iter().chain(wanted);
        let wanted = wanted.collect::<Vec<_>>().join(" or ");
        let wanted = if wanted.is_empty() { wanted } else { format!("at most {wanted}") };
        let own = seconds(self.series.median());
        [self.context.clone(), self.what.to_owned(), own, what, takes, ratio, wanted]
    }
}

impl Memory {
    fn cells(&self) -> [String; 4] {
        let bytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        let with_engine = self.with_engine.map_or_else(|| "not measured".to_owned(), bytes);
        let context = format!("{} files", thousands(self.files));
        [context, bytes(self.cold), bytes(self.warm), with_engine]
    }
}

/// What all files begin with.
fn head(title: &str, machine: &str) -> String {
    format!(
        "# {title}\n\nWritten by `cargo xtask bench`; run it again to measure your machine. \
         Compare ratios, not seconds, between machines.\n\n{machine}.\n\nWhole processes, what is \
         compared run in turn; seconds are medians, ratios medians of the rounds' ratios. Files are \
         of 4 KiB, 100 in a directory, in the system's cache. "
    )
}

fn push_rows(text: &mut String, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    // Writing to a string never fails.
    let _ = writeln!(text, "| {} |", head.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
}

/// 1000000 as `1,000,000`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let head = (!head.is_empty()).then(|| head.into());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_both_times_and_what_is_wanted() {
        let mut table = Table::default();
        let (own, other) = (Series::of(&[0.5, 0.7, 0.6]), Series::of(&[1.0, 1.0, 1.0]));
        table.add(Row::new(100_000, "cold hash", &own).beside("sha256sum", &other).at_most(0.6));
        table.add(Row::named("one file", "cold hash", &own));
        let impact = Row::named("20 images", "impact", &own).beside("git status", &other);
        table.add(impact.at_most_seconds(0.15).at_most(3.0));
        table.add_memory(Memory {
            files: 1_000,
            cold: 9_000_000,
            warm: 8_040_000,
            with_engine: None,
        });
        let text = table.of_contexts("2 cores");
        for line in [
            "| 100,000 files | cold hash | 0.600 s | sha256sum | 1.000 s | 0.60 | at most 0.60 |",
            "| one file | cold hash | 0.600 s |  |  |  |  |",
            "| 20 images | impact | 0.600 s | git status | 1.000 s | 0.60 | at most 0.150 s or 3.00 |",
            "| 1,000 files | 9.0 | 8.0 | not measured |",
        ] {
            assert!(text.lines().any(|it| it == line), "{text}");
        }
        assert!(text.contains("\n2 cores.\n"));
        let impact = table.of_impact("2 cores");
        assert!(impact.contains("| 20 images |") && !impact.contains("Peak memory"), "{impact}");
    }

    #[test]
    fn large_numbers_have_groups() {
        let shown = [7, 1_000, 12_345, 100_000, 1_000_000].map(thousands);
        assert_eq!(shown, ["7", "1,000", "12,345", "100,000", "1,000,000"]);
    }
}
