//! What nearly nobody wants to send, each with the line that leaves it out.
//!
//! In: a [`Survey`], its rules, and what a Dockerfile copies by name. Out: [`Suspect`]s: version
//! control, installed dependencies, caches, build output, editors' files, data sets, and secrets,
//! which are told however small they are.
//!
//! What to look for is in `table`. A line is only given when our own matcher says that, at the end
//! of the present rules, it leaves out all of what it is given for and nothing that is copied by
//! name.

mod data;
mod line;
mod named;
mod secrets;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{Item, Survey, Tally};
use crate::context::{ContextPath, EntryKind, IgnoreRules};

pub use named::NamedSource;
use table::{DIRECTORIES, DirectoryRow, FILES, Sign};

/// What kind of thing a suspect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspectKind {
    /// Keys, passwords, tokens.
    Secret,
    /// The history that a version control system keeps.
    VersionControl,
    /// Dependencies as they were installed on this machine.
    Dependencies,
    /// What a tool keeps to be faster the next time.
    Cache,
    /// What a build on this machine made.
    BuildOutput,
    /// Files of editors and of desktops.
    Editor,
    /// Large data, archives, media.
    Data,
}

/// Something that nearly nobody wants to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// What kind of thing it is.
    pub kind: SuspectKind,
    /// What it is, in a few words.
    pub what: &'static str,
    /// How much of it is sent.
    pub tally: Tally,
    /// Where it is, in order; at least one.
    pub places: Vec<ContextPath>,
    /// What to do.
    pub advice: Advice,
}

/// What to do about a suspect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Put these lines at the end of the ignore file.
    Add(Vec<String>),
    /// A rule takes it back, whatever line is added: narrow or remove it. Its place.
    TakenBack(usize),
    /// A line of the Dockerfile copies it by name.
    Copied(u32),
    /// No line can be given: leave it out by hand.
    ByHand,
}

/// What to look at beside the survey.
pub struct Request<'a> {
    /// What is sent.
    pub survey: &'a Survey,
    /// The rules that it was made with.
    pub rules: &'a IgnoreRules,
    /// What the Dockerfile copies from the context.
    pub named: &'a [NamedSource],
    /// The beginning of a file; `None` where it cannot be read. Asked only of files whose names
    /// are those of keys and passwords.
    pub peek: &'a dyn Fn(&ContextPath) -> Option<Vec<u8>>,
}

/// All suspects: secrets first, then the one with the most bytes.
pub fn suspects(request: &Request<'_>) -> Vec<Suspect> {
    let mut groups = Groups::default();
    let items = request.survey.items();
    let mut at = 0;
    while let Some(item) = items.get(at) {
        let below = || request.survey.below(&item.path);
        if let Some(row) = directory_row(request.survey, item) {
            let all = below();
            groups.add(row.kind, row.what, format!("**/{}", row.glob()), item, Tally::of(all));
            at += all.len();
            continue;
        }
        at += 1;
        if item.kind != EntryKind::File {
            continue;
        }
        let name = item.path.file_name().unwrap_or_default();
        if let Some(what) = secrets::recognize(item, request.peek) {
            groups.add(SuspectKind::Secret, what, line::exact(&item.path), item, of_file(item));
        } else if let Some(row) = FILES.iter().find(|row| row.name.matches(name)) {
            groups.add(row.kind, row.what, format!("**/{}", row.name.glob()), item, of_file(item));
        } else {
            groups.consider_data(item);
        }
    }
    groups.settle_data(request.survey.sent().bytes);
    let mut found: Vec<Suspect> =
        groups.groups.into_values().filter_map(|group| line::advise(request, group)).collect();
    found.sort_by(|a, b| {
        let is_secret = |it: &Suspect| it.kind == SuspectKind::Secret;
        is_secret(b)
            .cmp(&is_secret(a))
            .then_with(|| b.tally.bytes.cmp(&a.tally.bytes))
            .then_with(|| a.places.cmp(&b.places))
    });
    found
}

/// What is of one kind and would be left out by one line.
#[derive(Debug)]
struct Group {
    kind: SuspectKind,
    what: &'static str,
    /// The line that would leave out all of it.
    line: String,
    /// Each with how much it is.
    places: Vec<(ContextPath, bool, Tally)>,
}

#[derive(Debug, Default)]
struct Groups {
    /// By the line.
    groups: BTreeMap<String, Group>,
    /// Files that look like data, by directory and ending.
    data: data::Candidates,
}

impl Groups {
    fn add(
        &mut self,
        kind: SuspectKind,
        what: &'static str,
        line: String,
        item: &Item,
        tally: Tally,
    ) {
        if tally.files == 0 {
            return;
        }
        let is_directory = item.kind == EntryKind::Directory;
        let group = Group { kind, what, line: line.clone(), places: Vec::new() };
        let group = self.groups.entry(line).or_insert(group);
        group.places.push((item.path.clone(), is_directory, tally));
    }

    fn consider_data(&mut self, item: &Item) {
        self.data.consider(item);
    }

    /// Keeps the data that is worth a word in a context of so many bytes.
    fn settle_data(&mut self, sent: u64) {
        for (line, items) in std::mem::take(&mut self.data).worth_a_word(sent) {
            for item in items {
                let tally = of_file(&item);
                self.add(SuspectKind::Data, data::WHAT, line.clone(), &item, tally);
            }
        }
    }
}

fn of_file(item: &Item) -> Tally {
    Tally { files: 1, bytes: item.size, entries: 1 }
}

fn directory_row(survey: &Survey, item: &Item) -> Option<&'static DirectoryRow> {
    if item.kind != EntryKind::Directory {
        return None;
    }
    let name = item.path.file_name()?;
    let holds = |directory: &ContextPath, names: &[&str]| {
        names.iter().any(|name| survey.get(&directory.join(name)).is_some())
    };
    DIRECTORIES.iter().find(|row| {
        row.name.matches(name)
            && match row.sign {
                Sign::Name => true,
                Sign::Beside(names) => {
                    item.path.parent().is_some_and(|parent| holds(&parent, names))
                }
                Sign::Inside(names) => holds(&item.path, names),
            }
    })
}
