//! The line that leaves a suspect out, tried with our own matcher before it is given.

use super::named::naming;
use super::{Advice, Group, Request, Suspect, SuspectKind};
use crate::context::survey::{Tally, explain};
use crate::context::{ContextPath, IgnoreRules};

/// More single paths than this are a list, not advice.
const LINES: usize = 3;

/// The pattern that matches this path alone, and what is below it.
///
/// What has a meaning in patterns is escaped. A line end, a byte that is not UTF-8, and a blank at
/// an end of the line, which the engine would cut, cannot be written; `?` stands for each.
pub(super) fn exact(path: &ContextPath) -> String {
    let mut line = String::new();
    for chunk in path.as_bytes().utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '*' | '?' | '[' | ']' | '\\' => {
                    line.push('\\');
                    line.push(character);
                }
                '\n' | '\r' => line.push('?'),
                _ => line.push(character),
            }
        }
        line.extend(chunk.invalid().iter().map(|_| '?'));
    }
    if line.starts_with(char::is_whitespace) {
        let length = line.chars().next().map_or(0, char::len_utf8);
        line.replace_range(..length, "?");
    }
    if let Some(last) = line.chars().next_back().filter(|last| last.is_whitespace()) {
        line.truncate(line.len() - last.len_utf8());
        line.push('?');
    }
    if line.starts_with(['!', '#']) { format!("\\{line}") } else { line }
}

/// The group as a suspect, with advice that holds. `None` where the Dockerfile copies all of it
/// by name and it is no secret: then it is wanted.
pub(super) fn advise(request: &Request<'_>, group: Group) -> Option<Suspect> {
    let naming = |path: &ContextPath| naming(request.named, path);
    let Group { kind, what, line, places } = group;
    let (wanted, unwanted): (Vec<_>, Vec<_>) =
        places.into_iter().partition(|(path, ..)| naming(path).is_some());
    let suspect = |places: Vec<(ContextPath, bool, Tally)>, advice| {
        let mut tally = Tally::default();
        for &(_, _, own) in &places {
            tally.join(own);
        }
        let places = places.into_iter().map(|(path, ..)| path).collect();
        Suspect { kind, what, tally, places, advice }
    };
    if unwanted.is_empty() {
        let by = naming(&wanted.first()?.0)?;
        return (kind == SuspectKind::Secret).then(|| suspect(wanted, Advice::Copied(by)));
    }
    let advice = lines(&line, &unwanted)
        .into_iter()
        .find(|lines| holds(request, lines, &wanted, &unwanted))
        .map_or_else(|| without_line(request.rules, &unwanted), Advice::Add);
    Some(suspect(unwanted, advice))
}

/// The lines to try, the best first.
fn lines(general: &str, places: &[(ContextPath, bool, Tally)]) -> Vec<Vec<String>> {
    let mut tries = Vec::new();
    // The shortest that says it, where all of it is at the root.
    if let Some(name) = general.strip_prefix("**/")
        && places.iter().all(|(path, ..)| path.components().count() == 1)
    {
        tries.push(vec![name.to_owned()]);
    }
    tries.push(vec![general.to_owned()]);
    if places.len() <= LINES {
        tries.push(places.iter().map(|(path, ..)| exact(path)).collect());
        // What is in a directory that is left out already, but taken back in part.
        tries.push(places.iter().map(|(path, ..)| format!("{}/**", exact(path))).collect());
    }
    tries
}

/// Whether the lines leave out all that is unwanted and nothing that is wanted.
fn holds(
    request: &Request<'_>,
    lines: &[String],
    wanted: &[(ContextPath, bool, Tally)],
    unwanted: &[(ContextPath, bool, Tally)],
) -> bool {
    let Ok(rules) = request.rules.with_lines(lines.iter().map(String::as_str)) else {
        return false;
    };
    let filter = rules.filter();
    let is_out = |(path, is_directory, _): &(ContextPath, bool, Tally)| {
        if filter.selects(path, *is_directory) {
            return false;
        }
        let is_pruned = explain(&rules, path, *is_directory).fate == super::super::Fate::Ignored;
        // Where exceptions may reach into it, each file in it has to be asked.
        is_pruned
            || request.survey.below(path).iter().all(|item| {
                let is_directory = item.kind == crate::context::EntryKind::Directory;
                is_directory || !filter.selects(&item.path, false)
            })
    };
    unwanted.iter().all(is_out)
        && wanted.iter().all(|(path, is_directory, _)| filter.selects(path, *is_directory))
}

/// The exception that takes it back, where one does.
fn without_line(rules: &IgnoreRules, places: &[(ContextPath, bool, Tally)]) -> Advice {
    let taking_back = places.iter().find_map(|(path, is_directory, _)| {
        explain(rules, path, *is_directory)
            .decides
            .filter(|&place| rules.rules()[place].is_exception())
    });
    taking_back.map_or(Advice::ByHand, Advice::TakenBack)
}
