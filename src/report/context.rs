//! What is sent and what is not, as people read it.

use super::escape::{columns, fit, text};
use super::forecast::push_titled;
use super::style::{Capabilities, Role};
use super::units;
use crate::Seconds;
use crate::context::survey::suspects::{Advice, Suspect, SuspectKind};
use crate::context::survey::{Explanation, Fate, RuleUse, Survey, Tally};
use crate::context::{ContextPath, EntryKind, IgnoreRules, Rule};

/// How many directories and files are shown: what fits on a screen with the rest.
pub const LARGEST: usize = 5;

/// From how many rows on a list of suspects is cut; the first are the largest.
const SUSPECTS: usize = 12;

/// What is shown of a context.
#[derive(Debug, Clone, Copy)]
pub struct ContextView<'a> {
    /// The whole walk.
    pub survey: &'a Survey,
    /// The rules it was made with.
    pub rules: &'a IgnoreRules,
    /// What nobody wants to send.
    pub suspects: &'a [Suspect],
    /// How long it took.
    pub seconds: Seconds,
}

/// What is shown of one path.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// Relative to the context.
    pub path: &'a ContextPath,
    /// What it is; `None` where it is not there.
    pub kind: Option<EntryKind>,
    /// What the rules say.
    pub explanation: &'a Explanation,
    /// Whether something in it is sent.
    pub holds_sent: bool,
    /// Whether it is the Dockerfile or the ignore file of this build.
    pub is_always_read: bool,
}

/// One row: what it is about at the left, numbers at the right.
struct Row {
    role: Option<Role>,
    left: String,
    right: String,
}

/// The whole report. Ends with a line end.
pub fn context(view: &ContextView<'_>, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    push_sums(&mut out, view, capabilities);
    let sent = view.survey.sent();
    let directories = view.survey.largest_directories(LARGEST).into_iter().map(|directory| {
        row(format!("{}/", text(&directory.path.to_string())), sizes(directory.tally))
    });
    push_section(&mut out, "directories", directories.collect(), capabilities);
    let files = view.survey.largest_files(LARGEST).into_iter().map(|file| {
        let share = file.size as f64 / sent.bytes.max(1) as f64 * 100.0;
        row(
            text(&file.path.to_string()).into_owned(),
            format!("{}  {share:>3.0} %", size(file.size)),
        )
    });
    push_section(&mut out, "files", files.collect(), capabilities);
    let rules = view.rules.rules().iter().zip(view.survey.rules());
    let rules = rules.map(|(rule, used)| rule_row(rule, used)).collect();
    push_section(&mut out, &format!("rules of {}", file_name(view.rules)), rules, capabilities);
    let is_secret = |suspect: &&Suspect| suspect.kind == SuspectKind::Secret;
    let secrets = view.suspects.iter().filter(is_secret);
    let title = "secrets that are sent, with the line that leaves them out";
    push_suspects(&mut out, title, secrets, view.rules, capabilities);
    let rest = view.suspects.iter().filter(|it| !is_secret(it));
    let title = "rarely wanted in an image, with the line that leaves it out";
    push_suspects(&mut out, title, rest, view.rules, capabilities);
    out
}

/// One path and why it is sent or not. Ends with a line end.
pub fn explain(
    explained: &Explained<'_>,
    rules: &IgnoreRules,
    capabilities: &Capabilities,
) -> String {
    let found = explained.explanation;
    let name = text(&explained.path.to_string()).into_owned();
    let name = if name.is_empty() { ".".to_owned() } else { name };
    let is_sent = match found.fate {
        Fate::Sent => true,
        Fate::Ignored => false,
        Fate::OnlyForItsContents => explained.holds_sent,
    };
    let (role, verdict) = match (explained.kind.is_some(), is_sent) {
        (true, true) => (Role::Cached, "is sent"),
        (true, false) => (Role::Runs, "is not sent"),
        (false, true) => (Role::Open, "does not exist; it would be sent"),
        (false, false) => (Role::Open, "does not exist; it would not be sent"),
    };
    let mut out = format!("{name} {}\n", capabilities.paint(role, verdict));
    let file = file_name(rules);
    let named = |place: usize| {
        let found = &rules.rules()[place];
        format!("{file}:{}  {}", found.line, text(&found.pattern))
    };
    if let Some(place) = found.decides {
        push!(out, "  decided by  {}\n", named(place));
    } else {
        push!(out, "  no rule leaves it out\n");
    }
    for touch in &found.touches {
        let by = if touch.path == *explained.path {
            String::new()
        } else {
            format!("  (by {})", text(&touch.path.to_string()))
        };
        let title = if Some(touch.rule) == found.decides { "matched by" } else { "also" };
        if title == "also" || !by.is_empty() {
            push!(out, "  {title:<10}  {}{by}\n", named(touch.rule));
        }
    }
    if let Some(directory) = &found.unread {
        let directory = text(&directory.to_string()).into_owned();
        push!(out, "  {directory} is never read, so no rule takes back what is in it\n");
    }
    if found.fate == Fate::OnlyForItsContents && is_sent {
        push!(out, "  only because something in it is taken back\n");
    }
    if explained.is_always_read {
        push!(out, "  the engine always gets this file; COPY finds it only if it is not ignored\n");
    }
    if explained.kind == Some(EntryKind::Symlink) {
        push!(out, "  it is sent as a link; what it points to has a decision of its own\n");
    }
    out
}

fn push_sums(out: &mut String, view: &ContextView<'_>, capabilities: &Capabilities) {
    let (sent, ignored) = (view.survey.sent(), view.survey.ignored());
    let mut line = format!("context   {}", plain_sizes(sent));
    if ignored.files > 0 {
        let bytes = units::bytes(ignored.bytes);
        push!(line, "; {} ignored, {bytes}", units::count(ignored.files));
    }
    let time = units::seconds(view.seconds);
    let used = columns(&line) + time.len();
    if used < capabilities.width {
        line.extend(std::iter::repeat_n(' ', capabilities.width - used));
        line += &time;
    }
    push_titled(out, &fit(&line, capabilities.width), capabilities);
}

fn rule_row(rule: &Rule, used: &RuleUse) -> Row {
    let left = format!(":{:<3} {}", rule.line, text(&rule.pattern));
    let quiet =
        |right: &str| Row { role: Some(Role::Quiet), left: left.clone(), right: right.to_owned() };
    match (used.decides.entries, used.matches) {
        (0, false) => {
            Row { role: Some(Role::Runs), left, right: "matches nothing; a typo?".to_owned() }
        }
        (0, true) if rule.is_exception() => quiet("takes back nothing"),
        (0, true) => quiet("other lines decide"),
        _ if rule.is_exception() => row(left, format!("takes back {}", sizes(used.decides))),
        _ => row(left, sizes(used.decides)),
    }
}

fn push_suspects<'a>(
    out: &mut String,
    title: &str,
    suspects: impl Iterator<Item = &'a Suspect>,
    rules: &IgnoreRules,
    capabilities: &Capabilities,
) {
    let mut rows = Vec::new();
    let mut left_out = 0;
    for (at, suspect) in suspects.enumerate() {
        if at >= SUSPECTS {
            left_out += 1;
            continue;
        }
        let secret = suspect.kind == SuspectKind::Secret;
        let role = Some(if secret { Role::Wrong } else { Role::Runs });
        let place = suspect.places.first().map(ToString::to_string).unwrap_or_default();
        let numbers = sizes(suspect.tally);
        let right = format!("{}  {numbers}", suspect.what);
        match &suspect.advice {
            Advice::Add(lines) => {
                for (at, line) in lines.iter().enumerate() {
                    let right = if at == 0 { right.clone() } else { String::new() };
                    rows.push(Row { role, left: text(line).into_owned(), right });
                }
            }
            Advice::TakenBack(at) => {
                let line = rules.rules().get(*at).map_or(0, |rule| rule.line);
                let left = format!("{} (line {line} takes it back)", text(&place));
                rows.push(Row { role, left, right });
            }
            Advice::Copied(line) => {
                let left = format!("{} (copied by line {line}: mount it)", text(&place));
                rows.push(Row { role, left, right });
            }
            Advice::ByHand => rows.push(Row { role, left: text(&place).into_owned(), right }),
        }
    }
    if left_out > 0 {
        rows.push(row(format!("and {left_out} more (--format json has them all)"), String::new()));
    }
    push_section(out, title, rows, capabilities);
}

/// A title and its rows, unless there are none. A row that is too long for one line has two.
fn push_section(out: &mut String, title: &str, rows: Vec<Row>, capabilities: &Capabilities) {
    if rows.is_empty() {
        return;
    }
    let title = fit(title, capabilities.width);
    push!(out, "{}\n", capabilities.paint(Role::Title, &title));
    let room = capabilities.width.saturating_sub(2);
    for row in rows {
        let used = columns(&row.left) + columns(&row.right) + 2;
        let paint =
            |part: &str| row.role.map_or(part.to_owned(), |role| capabilities.paint(role, part));
        if row.right.is_empty() {
            push!(out, "  {}\n", paint(&fit(&row.left, room)));
        } else if used <= room {
            let gap = " ".repeat(room - used + 2);
            push!(out, "  {}{gap}{}\n", paint(&row.left), row.right);
        } else {
            let right = fit(&row.right, room);
            let gap = " ".repeat(room - columns(&right));
            push!(out, "  {}\n  {gap}{right}\n", paint(&row.left));
        }
    }
}

fn row(left: String, right: String) -> Row {
    Row { role: None, left, right }
}

/// `  12,033 files     1.8 MB`, so that rows stand below each other.
fn sizes(tally: Tally) -> String {
    let files = units::counted(tally.files, "file ", "files");
    format!("{files:>13}  {}", size(tally.bytes))
}

fn size(bytes: u64) -> String {
    format!("{:>8}", units::bytes(bytes))
}

fn plain_sizes(tally: Tally) -> String {
    format!("{}, {}", units::counted(tally.files, "file", "files"), units::bytes(tally.bytes))
}

fn file_name(rules: &IgnoreRules) -> String {
    let name = rules.source().and_then(|path| path.file_name()).unwrap_or_default();
    text(&name.to_string_lossy()).into_owned()
}
