//! `split-copy`: copy large files that seldom change in a layer of their own, so that an edit of the
//! others copies little.
//!
//! ```text
//! COPY model.bin app.py /app/    ->    COPY model.bin /app/
//!                                      COPY app.py /app/
//! ```
//!
//! Only a COPY that names its sources one by one can be split so that it brings the same files at any
//! time: what is added to a directory later belongs to the same source. No two sources may bring
//! anything to the same place, for then their order counts. Nothing below may compare the times of
//! what they bring (`times`). How often each changes is told by the history ([`Frequencies`]).
//!
//! It stays to be verified: the image may keep older times for the part that seldom changes, and the
//! first part may bring the users by whose names the engine finds the owner of the second.

use std::collections::{BTreeSet, HashMap};

use super::Reason;
use super::candidate::{Candidate, Found};
use super::history::{Frequencies, Observed};
use super::landing::Landing;
use super::planned::{destination, step_at};
use super::proof::{others, own_inputs, replan};
use super::text::{indentation, is_plain, newline, shown};
use super::times;
use super::types::{Proof, Refusal, Request, Risk};
use super::typical::{COPIED_BYTES, COPYING};
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, Stage, Transfer};
use crate::plan::{KeyInput, Plan, Step};

/// Seconds a build that a layer more is worth.
const WORTH: f64 = 0.1;

/// Every COPY of the plan's stages that is worth splitting.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    let mut frequencies = None;
    let stages: Vec<Stage<'_>> = request.plan.dockerfile.stages().collect();
    for stage in stages.iter().copied() {
        for (at, instruction) in stage.instructions.iter().enumerate() {
            let Some(parts) = parts(request, plan, instruction) else { continue };
            let places: Vec<ContextPath> = parts.iter().flat_map(Part::places).cloned().collect();
            let known = frequencies.get_or_insert_with(|| of_history(request));
            let Some(cut) = best_cut(parts, known) else { continue };
            let Some(candidate) = candidate(request, plan, (stage, at), &cut) else { continue };
            match times::reader(plan, &stages, (stage, at), &places) {
                None => found.candidates.push(candidate),
                Some(reader) => {
                    let (text, copy) = (shown(&reader.text), instruction.line);
                    let reason = Reason::ComparesTimes { text, copy };
                    found.refusals.push(Refusal { line: reader.line, reason });
                }
            }
        }
    }
    found
}

/// One source of a COPY with what it brings.
struct Part<'a> {
    source: &'a str,
    landing: Landing<'a>,
    bytes: u64,
}

impl Part<'_> {
    fn places(&self) -> impl Iterator<Item = &ContextPath> {
        self.landing.places().map(|(place, _)| place)
    }
}

/// The sources of a COPY that may be worth splitting; `None` where it cannot be split.
fn parts<'a>(
    request: &Request<'a>,
    plan: &Plan,
    instruction: &'a Instruction,
) -> Option<Vec<Part<'a>>> {
    let InstructionKind::Copy(transfer) = &instruction.kind else { return None };
    if transfer.from.is_some() || !instruction.heredocs.is_empty() || transfer.sources.len() < 2 {
        return None;
    }
    let snapshot = request.plan.snapshot;
    let step = step_at(plan, instruction)?;
    let target = format!("{}/", destination(step)?.trim_end_matches('/'));
    let part = |source: &'a String| -> Option<Part<'a>> {
        let alone = Transfer { sources: vec![source.clone()], ..transfer.clone() };
        let landing = Landing::of(snapshot, &alone, &target, false).ok()?;
        let bytes = landing.iter().map(|(_, entry)| entry.size).fold(0, u64::saturating_add);
        Some(Part { source, landing, bytes })
    };
    let parts: Vec<Part<'a>> = transfer.sources.iter().map(part).collect::<Option<_>>()?;
    let bytes: u64 = parts.iter().map(|part| part.bytes).fold(0, u64::saturating_add);
    (bytes as f64 >= WORTH * COPIED_BYTES && are_apart(&parts, &target)).then_some(parts)
}

/// Whether no two bring anything to the same place.
fn are_apart(parts: &[Part<'_>], target: &str) -> bool {
    let root = ContextPath::new(target);
    let mut taken = BTreeSet::new();
    parts.iter().all(|part| {
        let places: BTreeSet<&ContextPath> = part.places().filter(|it| **it != root).collect();
        places.into_iter().all(|place| taken.insert(place))
    })
}

fn of_history(request: &Request<'_>) -> Frequencies {
    let commits = request.history.commits.map(|past| Observed::of_commits(&past.commits));
    let builds = Observed::of_builds(request.history.builds);
    match commits.unwrap_or_default() {
        commits if commits.is_empty() && builds.is_empty() => {
            Frequencies::of_times(request.plan.snapshot)
        }
        commits => Frequencies::observed(&[&commits, &builds]),
    }
}

/// A COPY in two.
struct Cut<'a> {
    seldom: Vec<&'a str>,
    often: Vec<&'a str>,
    /// How many bytes the first one has.
    bytes: u64,
    /// One of the files that often change.
    example: ContextPath,
}

/// Where a COPY is best cut, those that change most seldom first; `None` where that is not worth it.
///
/// With `f` for how often a source changes and `b` for the seconds that its bytes take, a build that
/// changes anything saves the bytes of the first part, and one that changes that part pays for a
/// layer more: `f(all) b(first) - f(first) (b(first) + layer)`.
fn best_cut<'a>(mut parts: Vec<Part<'a>>, known: &Frequencies) -> Option<Cut<'a>> {
    let all: HashMap<&str, f64> =
        parts.iter().map(|part| (part.source, frequency(part, known))).collect();
    let of = |part: &Part<'_>| all.get(part.source).copied().unwrap_or_default();
    // Sources that change as often keep their order.
    parts.sort_by(|a, b| of(a).total_cmp(&of(b)));
    let most = parts.iter().map(of).fold(0.0, f64::max);
    let mut best: Option<(f64, usize)> = None;
    for cut in 1..parts.len() {
        let first = &parts[..cut];
        let seconds = first.iter().map(|part| part.bytes).sum::<u64>() as f64 / COPIED_BYTES;
        let changes = first.iter().map(of).fold(0.0, f64::max);
        let saved = most * seconds - changes * (seconds + COPYING);
        if saved >= WORTH && best.is_none_or(|(least, _)| saved > least) {
            best = Some((saved, cut));
        }
    }
    let (_, cut) = best?;
    let often = parts.split_off(cut);
    let files = often.iter().flat_map(|part| part.landing.iter()).map(|(_, entry)| &entry.path);
    let example = files.max_by(|a, b| known.of(a).total_cmp(&known.of(b)))?.clone();
    let bytes = parts.iter().map(|part| part.bytes).sum();
    let sources = |parts: &[Part<'a>]| parts.iter().map(|part| part.source).collect();
    Some(Cut { seldom: sources(&parts), often: sources(&often), bytes, example })
}

fn frequency(part: &Part<'_>, known: &Frequencies) -> f64 {
    part.landing.iter().map(|(_, entry)| known.of(&entry.path)).fold(0.0, f64::max)
}

fn candidate(
    request: &Request<'_>,
    plan: &Plan,
    (stage, at): (Stage<'_>, usize),
    cut: &Cut<'_>,
) -> Option<Candidate> {
    let instruction = &stage.instructions[at];
    let edits =
        vec![Edit::replace(instruction.span, text(request.plan.dockerfile, instruction, cut)?)];
    if !is_proven(request, plan, (stage, at), &edits) {
        return None;
    }
    let line = instruction.line;
    let names = match &*cut.seldom {
        [only] => (*only).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => return None,
    };
    Some(Candidate {
        id: "split-copy",
        line,
        title: format!("Copy {names} on line {line} before the others"),
        why: format!(
            "{names} ({:.0} MB) change more seldom than what line {line} copies with them, and every \
             edit of that copies all again.",
            cut.bytes as f64 / 1e6
        ),
        proof: Proof::Rule,
        risk: Risk::Verify,
        edits,
        example: vec![cut.example.clone()],
        freed: Vec::new(),
    })
}

/// The two lines in the place of the one, in its style; `None` where they cannot be written plainly.
fn text(dockerfile: &Dockerfile, instruction: &Instruction, cut: &Cut<'_>) -> Option<String> {
    let InstructionKind::Copy(transfer) = &instruction.kind else { return None };
    let source = dockerfile.source();
    let raw = source.get(instruction.span.start..instruction.span.end)?;
    let has_comment = raw.lines().any(|line| line.trim_start().starts_with('#'));
    let written = transfer.destination.trim_end_matches('/');
    let is_variable = |c: char| "${}".contains(c);
    let mut words = cut.seldom.iter().chain(&cut.often);
    let is_written_plainly = !has_comment
        && !instruction.text.contains('[')
        && words.all(|word| is_plain(&word.replace(['*', '?'], "_")))
        && (written.is_empty() || is_plain(&written.replace(is_variable, "_")));
    let mut flags = String::new();
    for flag in &instruction.flags {
        let value = flag.value.as_deref().map(|value| format!("={value}")).unwrap_or_default();
        let is_flag_plain = value.is_empty() || is_plain(&value.replace([':', '$', '{', '}'], "_"));
        is_flag_plain.then_some(())?;
        flags.extend(["--", &*flag.name, &value, " "]);
    }
    let keyword = raw.get(..4).filter(|word| word.eq_ignore_ascii_case("COPY"))?;
    let line = |sources: &[&str]| format!("{keyword} {flags}{} {written}/", sources.join(" "));
    let between = format!("{}{}", newline(source), indentation(source, instruction.span.start));
    is_written_plainly.then(|| format!("{}{between}{}", line(&cut.seldom), line(&cut.often)))
}

/// Whether the plan has two COPYs that take what the one took, and nothing else changed.
fn is_proven(
    request: &Request<'_>,
    before: &Plan,
    (stage, at): (Stage<'_>, usize),
    edits: &[Edit],
) -> bool {
    let check = || {
        let (new, after) = replan(request, edits)?;
        let whole = &stage.instructions[at];
        let is = new.stages().nth(stage.index)?.instructions;
        let (first, second) = (is.get(at)?, is.get(at + 1)?);
        let was = step_at(before, whole)?;
        let (one, other) = (step_at(&after, first)?, step_at(&after, second)?);
        let taken: BTreeSet<&str> = files(one).chain(files(other)).collect();
        let all: BTreeSet<&str> = files(was).collect();
        let is_same = taken == all && rest(one) == rest(was) && rest(other) == rest(was);
        let are_others_same =
            others(before, &[whole.line]) == others(&after, &[first.line, second.line]);
        Some(is_same && are_others_same)
    };
    check().unwrap_or(false)
}

/// The paths of the context that a COPY takes.
fn files(copy: &Step) -> impl Iterator<Item = &str> {
    let inputs = copy.inputs.iter().filter_map(|input| match input {
        KeyInput::Files { roots, .. } => Some(roots),
        _ => None,
    });
    inputs.flatten().map(String::as_str)
}

/// All that a COPY depends on besides its words and its files.
fn rest(copy: &Step) -> Vec<&KeyInput> {
    let inputs = own_inputs(copy).into_iter();
    let is_other =
        |input: &&KeyInput| !matches!(input, KeyInput::Instruction { .. } | KeyInput::Files { .. });
    inputs.filter(is_other).collect()
}
