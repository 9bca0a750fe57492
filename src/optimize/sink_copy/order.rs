//! Which two instructions may change places.

use super::item::{Bring, Does, Item, Run};
use super::programs::Programs;
use super::{between, worse};
use crate::context::ContextPath;
use crate::context::git::PastCommit;
use crate::dockerfile::{InstructionKind, Stage};
use crate::optimize::Reason;
use crate::optimize::effects::{do_overlap, do_overlap_beside_sources, is_standard};
use crate::optimize::hoist_manifests::brings_only_what_is_named;
use crate::optimize::landing::Landing;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Install, Needs, View};
use crate::optimize::types::{Refusal, Request, Risk};
use crate::plan::Plan;

/// Whether `item` may come before `other`, which stands above it and is the COPY that sinks or
/// stays behind it; with the risk.
pub(super) fn may_swap(
    request: &Request<'_>,
    sinking: &Item<'_>,
    other: &Item<'_>,
    item: &Item<'_>,
) -> Result<Risk, Refusal> {
    let copy = sinking.instruction;
    let refused = |reason| Refusal { line: item.instruction.line, reason };
    let in_the_way = || Err(between(copy, other.instruction, item.instruction));
    match (&other.does, &item.does) {
        (Does::Bring(bring), Does::Run(run)) => {
            notices(request, other, bring, run).map_err(|reason| match reason {
                Reason::Meets { keyword, other, place, .. } => {
                    refused(Reason::Meets { step: item.instruction.line, keyword, other, place })
                }
                reason => refused(reason),
            })
        }
        (Does::Bring(_), Does::Set) if changes_words(other, item) => {
            Err(between(copy, item.instruction, item.instruction))
        }
        (Does::Bring(bring), Does::Go(place)) => {
            let meets = bring.writes.iter().any(|written| do_overlap(written, place))
                || do_overlap(&bring.destination, place);
            if bring.is_relative || meets && !bring.fills(place) {
                return Err(between(copy, item.instruction, item.instruction));
            }
            // Whichever comes first makes the directory.
            Ok(if meets { Risk::Verify } else { Risk::None })
        }
        (Does::Run(above), Does::Run(run)) => {
            if above.effects.is_independent_of(&run.effects) {
                return Ok(Risk::None);
            }
            if above.effects.is_independent_beside_sources(&run.effects) {
                return Ok(Risk::Verify);
            }
            // Manifests alone change too seldom to turn installs round for them, unless the commits
            // say otherwise.
            let is_worth = !brings_only_what_is_named(request, copy, other.instruction)
                || changes_often(request, sinking);
            if is_worth && run.effects.is_apart_from_install(&above.effects) {
                return Ok(Risk::Verify);
            }
            if let Some(reason) = &run.effects.opaque {
                return Err(refused(reason.clone()));
            }
            in_the_way()
        }
        (Does::Bring(_), Does::Set)
        | (Does::Bring(_) | Does::Run(_), Does::Tell)
        | (Does::Tell, Does::Run(_)) => Ok(Risk::None),
        _ => in_the_way(),
    }
}

/// Of so many commits one that changes a file of a COPY makes its files change often.
const ONE_OF: usize = 25;

/// Whether the last commits changed what a COPY brings again and again.
fn changes_often(request: &Request<'_>, copy: &Item<'_>) -> bool {
    let Some(past) = request.history.commits else { return false };
    let brought: Vec<&ContextPath> = copy.brought().collect();
    let is_among =
        |commit: &&PastCommit| commit.changes.paths().iter().any(|it| brought.contains(&it));
    let changing = past.commits.iter().filter(is_among).count();
    changing >= 2 && changing * ONE_OF >= past.commits.len()
}

/// Whether an ENV or ARG may change the words of a COPY.
fn changes_words(copy: &Item<'_>, set: &Item<'_>) -> bool {
    let is_time = |name: &str| name == "SOURCE_DATE_EPOCH";
    match &set.instruction.kind {
        InstructionKind::Env(pairs) => {
            copy.instruction.text.contains('$') || pairs.iter().any(|(name, _)| is_time(name))
        }
        InstructionKind::Arg(names) => {
            copy.instruction.text.contains('$') || names.iter().any(|(name, _)| is_time(name))
        }
        _ => false,
    }
}

/// Whether a RUN would notice what a COPY brings, or the other way round.
fn notices(
    request: &Request<'_>,
    copy: &Item<'_>,
    bring: &Bring<'_>,
    run: &Run<'_>,
) -> Result<Risk, Reason> {
    let effects = &run.effects;
    if let Some(reason) = &effects.opaque {
        return Err(reason.clone());
    }
    let meets = |place: &ContextPath| Reason::Meets {
        step: copy.instruction.line,
        keyword: copy.instruction.kind.keyword(),
        other: copy.instruction.line,
        place: format!("/{place}"),
    };
    let mut is_in_sources = false;
    for written in &bring.writes {
        if effects.touches().any(|touched| do_overlap_beside_sources(written, touched)) {
            return Err(meets(written));
        }
        is_in_sources |= effects.touches().any(|touched| do_overlap(written, touched));
    }
    let passwords = ContextPath::new("etc/passwd");
    if bring.names_owner && effects.writes.iter().any(|place| do_overlap(place, &passwords)) {
        return Err(meets(&passwords));
    }
    let unknown = Landing::default();
    let surroundings = Surroundings {
        copy: copy.instruction.line,
        landing: bring.landing.as_ref().unwrap_or(&unknown),
        destination: bring.destination.clone(),
        directory: run.directory.clone(),
        environment: run.environment.clone(),
        read: request.read,
    };
    let mut needs = Needs::default();
    for install in &effects.installs {
        surroundings.check(install, run.mounts)?;
        let view = View {
            copy: copy.instruction.line,
            landing: surroundings.landing,
            directory: run.directory.clone(),
            environment: &run.environment,
            read: request.read,
        };
        install.tool.follow(install, &view, &mut needs)?;
        surroundings.check_written(install, &mut needs)?;
        if let Some(place) = needs.manifests.keys().next() {
            return Err(meets(place));
        }
    }
    for program in &effects.programs {
        let words =
            Words { assignments: effects.environment.clone(), words: vec![program.clone()] };
        surroundings.check(&Install::new(&Programs, "", program, &words), &[])?;
    }
    let mut exceptions = effects.perhaps.iter();
    let is_doubtful = is_in_sources
        || bring.landing.is_none()
        || !run.is_base_known
        || exceptions.any(|place| bring.writes.iter().any(|written| do_overlap(place, written)));
    Ok(if is_doubtful { Risk::Verify } else { needs.risk })
}

/// Whether a step above a COPY may have led others to what it copies, by a link or by settings.
/// What cannot be read may have done so without a word of it.
pub(super) fn is_led(
    request: &Request<'_>,
    plan: &Plan,
    items: &[Item<'_>],
    copy: usize,
    risk: &mut Risk,
) -> Result<(), Refusal> {
    let Does::Bring(bring) = &items[copy].does else { return Ok(()) };
    let line = items[copy].instruction.line;
    // What speaks of a directory may mean all below it, so the first one counts.
    let first = bring.destination.components().next().unwrap_or_default();
    let destination = format!("/{}", String::from_utf8_lossy(first));
    let dockerfile = request.plan.dockerfile;
    for stage in dockerfile.stages().filter(|stage| stage.from.line < line) {
        let is_below = is_below(stage, items, dockerfile.stages());
        for item in super::item::of_stage(request, plan, stage) {
            let instruction = item.instruction;
            if instruction.line >= line {
                continue;
            }
            let led = |text: &str| {
                let reason = Reason::Configured { tool: "later commands", text: text.to_owned() };
                Refusal { line: instruction.line, reason }
            };
            let run = match &item.does {
                Does::Run(run) => run,
                Does::Bring(Bring { landing: None, destination, .. }) => {
                    // What another stage brings there is not known.
                    if is_below && do_overlap(destination, &ContextPath::new("etc")) {
                        *risk = Risk::Verify;
                    }
                    continue;
                }
                Does::Bring(Bring { landing: Some(landing), .. }) => {
                    match brings_word_of(request, landing, &destination) {
                        Word::None => {}
                        Word::Perhaps => *risk = Risk::Verify,
                        Word::Certain => return Err(led(&instruction.text)),
                    }
                    continue;
                }
                _ => continue,
            };
            let bodies = instruction.heredocs.iter().map(|heredoc| &*heredoc.content);
            let text: String = [&*instruction.text].into_iter().chain(bodies).collect();
            let effects = &run.effects;
            let leads = effects.leads || effects.opaque.is_some();
            let touches = |place: &ContextPath| do_overlap(place, &bring.destination);
            let is_spoken_of = text.contains(&destination)
                || text.contains('$')
                    && run
                        .environment
                        .iter()
                        .any(|(name, value)| value.contains(&destination) && text.contains(name));
            if leads && (is_spoken_of || effects.touches().any(touches)) {
                return Err(led(&instruction.text));
            }
            if leads && HOOKS.iter().any(|hook| text.contains(hook)) {
                *risk = Risk::Verify;
            }
            if effects.opaque.is_some() && is_below {
                *risk = worse(*risk, Risk::Verify);
            }
        }
    }
    Ok(())
}

/// What programs are named by, or lie in, that a package manager runs whatever it installs: they
/// may look at everything.
const HOOKS: &[&str] =
    &["Invoke", "policy-rc.d", "hooks", "update.d", "dpkg.cfg", "/plugins", "-plugins"];

/// Whether files speak of a place.
enum Word {
    None,
    Perhaps,
    Certain,
}

/// Whether an earlier COPY brings a setting of the system, or a link, that leads to a place.
fn brings_word_of(request: &Request<'_>, landing: &Landing<'_>, place: &str) -> Word {
    let has = |content: &[u8]| content.windows(place.len()).any(|part| part == place.as_bytes());
    let mut word = Word::None;
    for (at, entry) in landing.iter() {
        if let Some(target) = &entry.target {
            if has(target) {
                return Word::Certain;
            }
            word = Word::Perhaps;
        } else if is_standard(at) {
            if HOOKS.iter().any(|hook| at.to_string().contains(hook)) {
                word = Word::Perhaps;
            }
            match (request.read)(&entry.path) {
                Ok(content) if has(&content) => return Word::Certain,
                Ok(content) => {
                    let text = String::from_utf8_lossy(&content);
                    if HOOKS.iter().any(|hook| text.contains(hook)) {
                        word = Word::Perhaps;
                    }
                }
                Err(_) => word = Word::Perhaps,
            }
        }
    }
    word
}

/// Whether a stage is the one of the items, or one that it is built on.
fn is_below<'a>(
    stage: Stage<'a>,
    items: &[Item<'_>],
    mut all: impl Iterator<Item = Stage<'a>>,
) -> bool {
    let Some(last) = items.last().map(|item| item.instruction.line) else { return false };
    let is_own = stage.instructions.iter().any(|instruction| instruction.line == last);
    // Any later stage may stand on a named one; which one does is not looked at.
    is_own
        || stage.name().is_some_and(|name| {
            all.any(|other| match &other.from.kind {
                InstructionKind::From { image, .. } => image.eq_ignore_ascii_case(name),
                _ => false,
            })
        })
}
