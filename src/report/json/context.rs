//! `smartbuild/context/v1`.

use serde::Serialize;

use super::ContextSummary;
use crate::Digest;
use crate::context::survey::suspects::{Advice, Suspect, SuspectKind};
use crate::context::survey::{Fate, Survey};
use crate::context::{ContextPath, Entry, EntryKind, IgnoreRules};
use crate::report::{Explained, LARGEST};

/// What the object is made of.
#[derive(Debug, Clone, Copy)]
pub struct ContextReport<'a> {
    /// The sums. `ignored` counts at any depth here, also where a build does not look.
    pub summary: ContextSummary,
    /// The whole walk.
    pub survey: &'a Survey,
    /// The rules it was made with.
    pub rules: &'a IgnoreRules,
    /// What nobody wants to send.
    pub suspects: &'a [Suspect],
    /// `--list`: what `COPY . /` would bring.
    pub entries: Option<&'a [Entry]>,
    /// `--explain`.
    pub explained: Option<&'a Explained<'a>>,
}

/// The object. Text that is not UTF-8 has its broken bytes replaced, and its bytes in
/// hexadecimal in `path_hex` beside it.
pub fn context<'a>(report: &ContextReport<'a>) -> impl Serialize + use<'a> {
    let largest = Largest {
        directories: report
            .survey
            .largest_directories(LARGEST)
            .into_iter()
            .map(|it| Size {
                path: it.path.to_string(),
                files: it.tally.files,
                bytes: it.tally.bytes,
            })
            .collect(),
        files: report
            .survey
            .largest_files(LARGEST)
            .into_iter()
            .map(|it| Size { path: it.path.to_string(), files: 1, bytes: it.size })
            .collect(),
    };
    let rules = report.rules.rules().iter().zip(report.survey.rules()).map(|(rule, used)| Rule {
        line: rule.line,
        pattern: &rule.pattern,
        exception: rule.is_exception(),
        files: used.decides.files,
        bytes: used.decides.bytes,
        matches: used.matches,
    });
    Context {
        schema: "smartbuild/context/v1",
        summary: report.summary,
        ignored_bytes: report.survey.ignored().bytes,
        ignore_file: report.rules.source().map(|path| path.to_string_lossy().into_owned()),
        rules: rules.collect(),
        largest,
        warnings: report.suspects.iter().map(Warning::of).collect(),
        explain: report.explained.map(|it| Explain::of(it, report.rules)),
        entries: report.entries.map(|entries| entries.iter().map(ListEntry::of).collect()),
    }
}

#[derive(Serialize)]
struct Context<'a> {
    schema: &'static str,
    #[serde(flatten)]
    summary: ContextSummary,
    ignored_bytes: u64,
    ignore_file: Option<String>,
    rules: Vec<Rule<'a>>,
    largest: Largest,
    warnings: Vec<Warning<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explain<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<ListEntry>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    line: usize,
    pattern: &'a str,
    exception: bool,
    files: u64,
    bytes: u64,
    matches: bool,
}

#[derive(Serialize)]
struct Largest {
    directories: Vec<Size>,
    files: Vec<Size>,
}

#[derive(Serialize)]
struct Size {
    path: String,
    files: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Warning<'a> {
    kind: SuspectKind,
    what: &'static str,
    files: u64,
    bytes: u64,
    paths: Vec<String>,
    /// To add to the ignore file; none where no line helps.
    lines: &'a [String],
}

impl<'a> Warning<'a> {
    fn of(suspect: &'a Suspect) -> Self {
        Self {
            kind: suspect.kind,
            what: suspect.what,
            files: suspect.tally.files,
            bytes: suspect.tally.bytes,
            paths: suspect.places.iter().map(ToString::to_string).collect(),
            lines: match &suspect.advice {
                Advice::Add(lines) => lines,
                _ => &[],
            },
        }
    }
}

#[derive(Serialize)]
struct Explain<'a> {
    path: String,
    exists: bool,
    sent: bool,
    rule: Option<RuleName<'a>>,
    matches: Vec<RuleName<'a>>,
}

#[derive(Serialize)]
struct RuleName<'a> {
    line: usize,
    pattern: &'a str,
}

impl<'a> Explain<'a> {
    fn of(explained: &Explained<'a>, rules: &'a IgnoreRules) -> Self {
        let name = |place: usize| {
            rules.rules().get(place).map(|it| RuleName { line: it.line, pattern: &it.pattern })
        };
        let found = explained.explanation;
        Self {
            path: explained.path.to_string(),
            exists: explained.kind.is_some(),
            sent: match found.fate {
                Fate::Sent => true,
                Fate::Ignored => false,
                Fate::OnlyForItsContents => explained.holds_sent,
            },
            rule: found.decides.and_then(name),
            matches: found.touches.iter().filter_map(|it| name(it.rule)).collect(),
        }
    }
}

#[derive(Serialize)]
struct ListEntry {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    kind: EntryKind,
    size: u64,
    mode: u32,
    digest: Option<Digest>,
    target: Option<String>,
}

impl ListEntry {
    fn of(entry: &Entry) -> Self {
        let hex =
            |path: &ContextPath| path.as_str().is_none().then(|| hex::encode(path.as_bytes()));
        Self {
            path: entry.path.to_string(),
            path_hex: hex(&entry.path),
            kind: entry.kind,
            size: entry.size,
            mode: entry.mode,
            digest: entry.digest,
            target: entry.target.as_deref().map(|it| String::from_utf8_lossy(it).into_owned()),
        }
    }
}
