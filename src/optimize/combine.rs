//! All rewrites together, and what can be done to the same lines one after the other.

use std::ops::Range;

use super::candidate::{Candidate, Found, are_apart};
use super::types::{Refusal, Request, Risk};
use super::{
    Reason, bind_manifests, cache_mount, chown_copy, hoist_manifests, join_update, lower_run,
    sink_copy, sink_setting, split_copy, split_run,
};
use crate::dockerfile::edit::{self, Edit};
use crate::dockerfile::{Dockerfile, Span};
use crate::plan::{Plan, PlanRequest, plan};

/// Everything that can be applied, each by itself, and all that was left alone.
pub(super) fn find(request: &Request<'_>, original: &Plan) -> Found {
    if let Some(refusal) = foreign_syntax(request.plan.dockerfile) {
        return Found { candidates: Vec::new(), refusals: vec![refusal] };
    }
    let mut found = Found::default();
    for kind in KINDS {
        let more = kind(request, original);
        for candidate in more.candidates {
            let whole = with_next(request, candidate.clone());
            if !candidate.only_prepares() {
                add(request, whole, &mut found);
                add(request, candidate, &mut found);
            } else if whole.edits != candidate.edits {
                add(request, whole, &mut found);
            }
        }
        found.refusals.extend(more.refusals);
    }
    let splits = splits(request, original);
    for candidate in splits.candidates {
        add_split(request, with_next(request, candidate), &mut found);
    }
    found.refusals.extend(splits.refusals);
    // By themselves, as they are not about what is rebuilt.
    let joined = join_update::find(request, original);
    for candidate in joined.candidates {
        add(request, candidate, &mut found);
    }
    found.refusals.extend(joined.refusals);
    for kind in [cache_mount::find, bind_manifests::find] {
        let more = kind(request, original);
        for candidate in more.candidates {
            add_beside(request, candidate, &mut found);
        }
        found.refusals.extend(more.refusals);
    }
    found.candidates.retain(|candidate| is_wanted(request, candidate));
    found.candidates.sort_by_key(|candidate| candidate.line);
    found.refusals.sort_by_key(|refusal| refusal.line);
    found
}

/// Whether it is certain enough.
fn is_wanted(request: &Request<'_>, candidate: &Candidate) -> bool {
    !request.only_certain || candidate.risk == Risk::None
}

/// Adds a candidate unless another one gives the same text. Those that touch the same lines exclude
/// each other, and the search chooses.
fn add(request: &Request<'_>, candidate: Candidate, found: &mut Found) {
    let text = |candidate: &Candidate| candidate.text(request.plan.dockerfile);
    let new = text(&candidate);
    if found.candidates.iter().all(|other| text(other) != new) {
        found.candidates.push(candidate);
    }
}

/// Adds a candidate that makes an install cheaper, unless another one makes it rarer.
fn add_beside(request: &Request<'_>, candidate: Candidate, found: &mut Found) {
    let is_apart = |other: &Candidate| are_apart(&candidate.region(), &other.region());
    let mut others = found.candidates.iter().filter(|other| is_wanted(request, other));
    if others.all(is_apart) {
        add(request, candidate, found);
    }
}

/// A kind of rewrite.
type Kind = fn(&Request<'_>, &Plan) -> Found;

/// Every kind, the most valuable first.
const KINDS: &[Kind] = &[
    hoist_manifests::find,
    chown_copy::find,
    lower_run::find,
    sink_copy::find,
    sink_setting::find,
    split_copy::find,
];

/// RUNs that are taken apart, each together with what that makes possible.
fn splits(request: &Request<'_>, plan: &Plan) -> Found {
    let whole = KINDS.iter().flat_map(|kind| kind(request, plan).candidates);
    let freed: Vec<u32> = whole.flat_map(|candidate| candidate.freed).collect();
    split_run::find(request, plan, &freed, &|split, line| {
        next(request, split, |more| more.freed.contains(&line))
    })
}

/// Adds a RUN that is taken apart. It frees all that others of the same lines free and more, so it
/// comes in their place; unless they are certain and it is not.
fn add_split(request: &Request<'_>, split: Candidate, found: &mut Found) {
    if !is_wanted(request, &split) {
        return;
    }
    let there = split.region();
    // A setting that moves past the same lines has nothing to do with it.
    let is_in_the_way =
        |other: &Candidate| other.id != sink_setting::ID && !are_apart(&other.region(), &there);
    let mut others = found.candidates.iter().filter(|other| is_in_the_way(other));
    let is_worse = |other: &Candidate| split.risk == Risk::Verify && other.risk == Risk::None;
    if others.any(|other| is_worse(other) || other.id == split.id) {
        return;
    }
    found.candidates.retain(|other| !is_in_the_way(other));
    let source = request.plan.dockerfile.source();
    let line_of = |position: usize| source.get(..position).map_or(0, |it| it.matches('\n').count());
    // What was said of these lines is done now.
    let lines = line_of(there.start) + 1..=line_of(there.end) + 1;
    found.refusals.retain(|refusal| !lines.contains(&(refusal.line as usize)));
    found.candidates.push(split);
}

/// How many rewrites are made of the same lines, one after the other.
const DEPTH: usize = 4;

/// The candidate with what can be done to the same lines after it: a COPY that has sunk may stand
/// right above an install now, which can be hoisted then.
fn with_next(request: &Request<'_>, candidate: Candidate) -> Candidate {
    let mut all = candidate;
    for _ in 1..DEPTH {
        let more = next(request, &all, |_| true).or_else(|| split_next(request, &all));
        match more {
            Some(more) => all = more,
            None => break,
        }
    }
    all
}

/// The candidate and one more, as one.
fn next(
    request: &Request<'_>,
    first: &Candidate,
    is_wanted: impl Fn(&Candidate) -> bool,
) -> Option<Candidate> {
    then(request, first, |request, planned, is_there| {
        let mut found = KINDS.iter().flat_map(|kind| kind(request, planned).candidates);
        found.find(|more| is_there(more) && is_wanted(more))
    })
}

/// The candidate and a RUN that is taken apart after it, as one.
fn split_next(request: &Request<'_>, first: &Candidate) -> Option<Candidate> {
    then(request, first, |request, planned, is_there| {
        splits(request, planned).candidates.into_iter().find(is_there)
    })
}

/// The candidate and what is found after it on the same lines, as one.
fn then(
    request: &Request<'_>,
    first: &Candidate,
    find: impl Fn(&Request<'_>, &Plan, &dyn Fn(&Candidate) -> bool) -> Option<Candidate>,
) -> Option<Candidate> {
    let old = request.plan.dockerfile;
    let text = edit::apply(old, &first.edits).ok()?;
    let new = Dockerfile::parse(old.name(), &text).ok()?;
    let on_new = PlanRequest { dockerfile: &new, ..request.plan };
    let planned = plan(on_new).ok()?;
    let on_new = Request { plan: on_new, ..*request };
    let touched = changed(old.source(), &text);
    let is_there = |candidate: &Candidate| {
        is_wanted(request, candidate) && !are_apart(&candidate.region(), &touched)
    };
    let more = find(&on_new, &planned, &is_there)?;
    let text = edit::apply(&new, &more.edits).ok()?;
    let replaced = changed(&text, old.source());
    let end = text.len() - (old.source().len() - replaced.end);
    let put = text.get(replaced.start..end)?;
    let mut both = first.clone();
    both.title = format!("{}; {}", both.title, lower_first(&more.title));
    if more.risk == Risk::Verify {
        both.risk = Risk::Verify;
    }
    // What comes after it may be about files that nobody would edit for the first one's sake.
    if both.example.is_empty() {
        both.example = more.example;
    }
    both.edits = vec![Edit::replace(Span { start: replaced.start, end: replaced.end }, put)];
    Some(both)
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

/// The bytes of `after` that differ from `before`: all but the lines at the beginning and at the end
/// that both have.
fn changed(before: &str, after: &str) -> Range<usize> {
    let pairs = before.split_inclusive('\n').zip(after.split_inclusive('\n'));
    let start: usize = pairs.take_while(|(a, b)| a == b).map(|(line, _)| line.len()).sum();
    let rest = |text: &str| text.get(start..).unwrap_or_default().to_owned();
    let (old, new) = (rest(before), rest(after));
    let pairs = old.split_inclusive('\n').rev().zip(new.split_inclusive('\n').rev());
    let end: usize = pairs.take_while(|(a, b)| a == b).map(|(line, _)| line.len()).sum();
    start..after.len() - end
}

/// The refusal of a file that another frontend than Docker's reads.
fn foreign_syntax(dockerfile: &Dockerfile) -> Option<Refusal> {
    let frontend = dockerfile.foreign_frontend()?;
    let line = dockerfile
        .directives()
        .iter()
        .find(|directive| directive.name == "syntax")
        .and_then(|directive| dockerfile.source().get(..directive.span.start))
        .map_or(1, |before| before.lines().count() + 1);
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    Some(Refusal { line, reason: Reason::ForeignSyntax(frontend.to_owned()) })
}
