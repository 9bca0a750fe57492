//! The forecast as people read it before a build.

use super::cause;
use super::clock::Clock;
use super::escape::{columns, fit, text, wrapped};
use super::style::{Capabilities, Role};
use super::units;
use crate::Seconds;
use crate::context::git::Commit;
use crate::plan::StepIndex;
use crate::predict::{CauseKind, Forecast, StepForecast, Verdict};

/// From this many steps on, groups of steps that say nothing of their own are folded.
const LONG: usize = 16;

/// The smallest group that is worth folding.
const GROUP: usize = 3;

/// From this width on, a step's cause stands beside it; below, under it.
const WIDE: usize = 64;

/// Lines that a cause may take under its step.
const LONGEST: usize = 3;

/// Columns of a name without which the time beside it says nothing.
const LEAST_NAME: usize = 8;

/// Columns before a step's name: `  >  `.
const MARGIN: usize = 5;

/// What is said of the context.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContextLine {
    /// Files that the build may copy.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that the ignore rules keep out.
    pub ignored: u64,
    /// How long reading it took.
    pub seconds: Seconds,
}

/// The forecast: the context in one line, the sum in one line, a line for each step.
///
/// Ends with a line end. `context` is left out where it has been said already.
pub fn forecast(
    context: Option<&ContextLine>,
    forecast: &Forecast,
    capabilities: &Capabilities,
) -> String {
    let mut out = String::new();
    if let Some(context) = context {
        push_context(&mut out, context, capabilities);
    }
    if let Some(reason) = nothing_known(forecast) {
        let line = format!("forecast  none: {reason}");
        push_titled(&mut out, &fit(&line, capabilities.width), capabilities);
        return out;
    }
    push_titled(&mut out, &sum(forecast, capabilities.width), capabilities);
    let rows: Vec<Row> = rows(forecast);
    let layout = Layout::of(&rows, capabilities.width);
    for row in &rows {
        layout.push(&mut out, row, capabilities);
    }
    out
}

/// A line for each step that is not reused, in the order of the plan. Ends with a line end.
pub(super) fn lost_steps(forecast: &Forecast, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    let steps = forecast.steps.iter().enumerate();
    let lost = steps.filter(|(_, step)| !matches!(step.verdict, Verdict::Cached));
    let rows: Vec<Row> = lost.map(|(at, step)| row(forecast, StepIndex(at), step)).collect();
    let layout = Layout::of(&rows, capabilities.width);
    for row in &rows {
        layout.push(&mut out, row, capabilities);
    }
    out
}

/// What a forecast is compared with where that is a commit, in a line.
///
/// Ends with a line end.
pub fn against(
    revision: &str,
    commit: Option<&Commit>,
    clock: &Clock,
    capabilities: &Capabilities,
) -> String {
    let line = format!("against   {}", base(revision, commit, clock));
    let mut out = String::new();
    push_titled(&mut out, &fit(&line, capabilities.width), capabilities);
    out
}

/// `HEAD~2: 8141702 Say what it does not see, 2 days ago`.
pub fn base(revision: &str, commit: Option<&Commit>, clock: &Clock) -> String {
    let mut base = text(revision).into_owned();
    if let Some(commit) = commit {
        push!(base, ": {} {}", text(&commit.short_id), text(&commit.subject));
        base.extend(clock.ago(commit.time).map(|ago| format!(", {ago}")));
    }
    base
}

/// Why no step has anything to say, where that is so: nothing was ever recorded, or could be read.
pub(super) fn nothing_known(forecast: &Forecast) -> Option<&'static str> {
    let is_all = |wanted: &CauseKind| {
        let is_of = |step: &StepForecast| matches!(&step.verdict, Verdict::Unknown(cause) if cause.kind == *wanted);
        !forecast.steps.is_empty() && forecast.steps.iter().all(is_of)
    };
    if is_all(&CauseKind::NoRecord) {
        return Some("nothing is recorded of this engine yet");
    }
    is_all(&CauseKind::Unreadable).then_some("the records could not be read")
}

/// A line with its first word as its title.
pub(super) fn push_titled(out: &mut String, line: &str, capabilities: &Capabilities) {
    let (title, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
    out.push_str(&capabilities.paint(Role::Title, title));
    out.push_str(rest);
    out.push('\n');
}

/// A text after its title, its further lines below the first word. The title is padded to where the
/// text begins, but for two columns.
pub(super) fn push_wrapped(out: &mut String, title: &str, said: &str, capabilities: &Capabilities) {
    let indent = columns(title) + 2;
    let lines = wrapped(said, capabilities.width.saturating_sub(indent).max(8));
    for (at, line) in lines.iter().enumerate() {
        if at == 0 {
            out.push_str(&capabilities.paint(Role::Title, title));
            push!(out, "  {line}\n");
        } else {
            out.extend(std::iter::repeat_n(' ', indent));
            push!(out, "{line}\n");
        }
    }
}

fn push_context(out: &mut String, context: &ContextLine, capabilities: &Capabilities) {
    let mut line = format!(
        "context   {}, {}",
        units::counted(context.files, "file", "files"),
        units::bytes(context.bytes)
    );
    if context.ignored > 0 {
        push!(line, "; {} ignored", units::count(context.ignored));
    }
    let time = units::seconds(context.seconds);
    let used = columns(&line) + time.len();
    if used < capabilities.width {
        line.extend(std::iter::repeat_n(' ', capabilities.width - used));
        line += &time;
    }
    push_titled(out, &fit(&line, capabilities.width), capabilities);
}

/// The sum, with the less important end left out where the line would be too long.
pub(super) fn sum(forecast: &Forecast, width: usize) -> String {
    let summary = &forecast.summary;
    let mut parts = Vec::new();
    for (count, what) in [
        (summary.cached, "reused"),
        (summary.rebuild, "run"),
        (summary.depends, "open"),
        (summary.unknown, "unknown"),
    ] {
        // "0 run" is news; "0 open" is not.
        if count > 0 || matches!(what, "reused" | "run") {
            parts.push(format!("{count} {what}"));
        }
    }
    let mut line = format!("forecast  {}", parts.join(", "));
    if units::is_worth_saying(summary.seconds_full) {
        // Where nothing runs, or nobody knows how long it takes, "about 0.00 s" says nothing.
        let about = if units::is_worth_saying(summary.seconds) {
            format!(", about {}", units::seconds(summary.seconds))
        } else {
            String::new()
        };
        for addition in
            [about, format!(" ({} without cache)", units::seconds(summary.seconds_full))]
        {
            if columns(&line) + columns(&addition) > width {
                break;
            }
            line += &addition;
        }
    }
    fit(&line, width).into_owned()
}

/// One line of the list, safe for a terminal.
struct Row {
    mark: char,
    role: Role,
    name: String,
    cause: String,
    time: String,
}

/// What a step has to say, which decides whether it may be folded with its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Reused,
    Inherited,
    Own,
}

fn group(step: &StepForecast) -> Group {
    match &step.verdict {
        Verdict::Cached => Group::Reused,
        Verdict::Rebuild(cause) if cause::is_inherited(cause) => Group::Inherited,
        _ => Group::Own,
    }
}

fn rows(forecast: &Forecast) -> Vec<Row> {
    let steps = &forecast.steps;
    let mut rows = Vec::new();
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        let kind = group(step);
        let length = steps[at..].iter().take_while(|step| group(step) == kind).count();
        if steps.len() >= LONG && length >= GROUP && kind != Group::Own {
            rows.push(folded(&steps[at..at + length], kind));
            at += length;
        } else {
            rows.push(row(forecast, StepIndex(at), step));
            at += 1;
        }
    }
    rows
}

fn folded(steps: &[StepForecast], kind: Group) -> Row {
    let seconds: Seconds = steps.iter().map(|step| step.seconds).sum();
    let (mark, role, what) = if kind == Group::Reused {
        ('=', Role::Cached, "steps reused")
    } else {
        ('>', Role::Runs, "steps run after them")
    };
    let names = format!(
        "{} … {}",
        cause::short_name(&steps[0].step.name),
        cause::short_name(&steps[steps.len() - 1].step.name)
    );
    Row {
        mark,
        role,
        name: format!("{} {what}: {names}", steps.len()),
        cause: String::new(),
        time: time(seconds, kind == Group::Reused),
    }
}

fn row(forecast: &Forecast, index: StepIndex, step: &StepForecast) -> Row {
    let brief = || {
        step.verdict.cause().map(|cause| cause::brief(forecast, index, cause)).unwrap_or_default()
    };
    let (mark, role, cause) = match &step.verdict {
        Verdict::Cached => ('=', Role::Cached, String::new()),
        Verdict::Rebuild(_) => ('>', Role::Runs, brief()),
        Verdict::Depends { probability, .. } => {
            ('~', Role::Open, format!("{}, {:.0} %", brief(), probability.get() * 100.0))
        }
        Verdict::Unknown(_) => ('?', Role::Open, brief()),
    };
    Row {
        mark,
        role,
        name: text(&step.step.name).into_owned(),
        cause,
        time: time(step.seconds, matches!(step.verdict, Verdict::Cached)),
    }
}

/// What is saved is said where it is worth a second.
fn time(seconds: Seconds, saved: bool) -> String {
    match (saved, seconds.get()) {
        (true, value) if value >= 1.0 => format!("saves {}", units::seconds(seconds)),
        (false, _) if units::is_worth_saying(seconds) => units::seconds(seconds),
        _ => String::new(),
    }
}

/// Where the columns stand: name, cause, and the time at the right edge.
struct Layout {
    width: usize,
    /// Columns of the causes with the two blanks before them; 0 where there is none.
    cause: usize,
    /// Columns of the times of steps that run, with the two blanks before them.
    time: usize,
}

impl Layout {
    fn of(rows: &[Row], width: usize) -> Self {
        let widest = |of: fn(&Row) -> &str| {
            let shown = rows.iter().filter(|row| !row.cause.is_empty());
            shown.map(|row| columns(of(row))).max().map_or(0, |widest| widest + 2)
        };
        let time = widest(|row| &row.time);
        // A name is recognised by its beginning; a cause is short or useless. So the names
        // give way first, but never below a third of the line.
        let most = width.saturating_sub(MARGIN + time + width / 3);
        Self { width, cause: widest(|row| &row.cause).min(most), time }
    }

    fn push(&self, out: &mut String, row: &Row, capabilities: &Capabilities) {
        let mark = capabilities.paint(row.role, &row.mark.to_string());
        push!(out, "  {mark}  ");
        let room = self.width.saturating_sub(MARGIN);
        if row.cause.is_empty() {
            // Nothing stands between the name and its time.
            let time_room = columns(&row.time) + 2;
            let is_shown = !row.time.is_empty() && time_room + LEAST_NAME <= room;
            let (time, time_room) = if is_shown { (&*row.time, time_room) } else { ("", 0) };
            let name = fit(&row.name, room.saturating_sub(time_room));
            push_cells(out, &[(&name, room.saturating_sub(time_room))]);
            push_right(out, time, time_room, capabilities);
        } else if self.width >= WIDE {
            let name_room = room.saturating_sub(self.cause + self.time);
            let name = fit(&row.name, name_room);
            let cause = fit(&row.cause, self.cause.saturating_sub(2));
            let cells =
                [(name.as_ref(), name_room + 2), (cause.as_ref(), self.cause.saturating_sub(2))];
            push_cells(out, &cells);
            push_right(out, &row.time, self.time, capabilities);
        } else {
            out.push_str(&fit(&row.name, room));
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', MARGIN + 2));
            let lines = below(row, room.saturating_sub(2));
            out.push_str(&lines.join(&format!("\n{:1$}", "", MARGIN + 2)));
        }
        let kept = out.trim_end_matches(' ').len();
        out.truncate(kept);
        out.push('\n');
    }
}

/// The cause and the time of a row in lines of so many columns, broken between words; of a longer
/// one only what one line has room for.
fn below(row: &Row, room: usize) -> Vec<String> {
    if row.time.is_empty() {
        let lines = wrapped(&row.cause, room);
        return if fits(&lines, room) { lines } else { vec![fit(&row.cause, room).into_owned()] };
    }
    let mut lines = wrapped(&format!("{},", row.cause), room);
    match lines.last_mut() {
        Some(last) if columns(last) + 1 + columns(&row.time) <= room => {
            push!(last, " {}", row.time);
        }
        _ => lines.push(row.time.clone()),
    }
    if fits(&lines, room) {
        return lines;
    }
    let cause = fit(&row.cause, room.saturating_sub(columns(&row.time) + 2));
    vec![fit(&format!("{cause}, {}", row.time), room).into_owned()]
}

/// Whether these are few lines of at most so many columns.
fn fits(lines: &[String], room: usize) -> bool {
    lines.len() <= LONGEST && lines.iter().all(|line| columns(line) <= room)
}

/// Texts, each padded to its columns. They have no colour: only the mark has, as yellow and cyan
/// words cannot be read on a light background.
fn push_cells(out: &mut String, cells: &[(&str, usize)]) {
    for (cell, width) in cells {
        out.push_str(cell);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(cell))));
    }
}

fn push_right(out: &mut String, time: &str, width: usize, capabilities: &Capabilities) {
    if !time.is_empty() {
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(time))));
        out.push_str(&capabilities.paint(Role::Quiet, time));
    }
}
