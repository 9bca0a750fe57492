//! What the engine did with each step of the plan, read off its events.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::engine::{Event, StepId, StepUpdate};
use crate::plan::{Plan, Step, StepKind};
use crate::report::Actual;
use crate::store::Outcome;
use crate::{Seconds, Span};

/// What the name of the vertex that loads the Dockerfile begins with.
const DEFINITION: &str = "[internal] load build definition from ";

/// Collects the steps that an engine reports.
#[derive(Debug, Default)]
pub(super) struct Observation {
    steps: HashMap<StepId, Observed>,
}

/// Everything said of one vertex of the engine's graph.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about a vertex")]
#[derive(Debug, Default)]
struct Observed {
    name: String,
    group: Option<String>,
    started: Option<SystemTime>,
    first_started: Option<SystemTime>,
    /// Whether it is made of others. What is fetched from a URL is not.
    has_inputs: bool,
    /// How often it began.
    starts: usize,
    completed: Option<SystemTime>,
    cached: bool,
    failed: bool,
    /// Whether it was stopped, for want of another step or by the user.
    canceled: bool,
}

impl Observation {
    pub(super) fn take(&mut self, event: &Event) {
        let Event::Step(update) = event else { return };
        let observed = self.steps.entry(update.id.clone()).or_default();
        observed.take(update);
    }

    /// Of each step whether it had not ended when the first failing one failed. Where none failed
    /// by itself, as after Ctrl-C, what was open has no end, or an error.
    pub(super) fn open_at_failure(&self, plan: &Plan) -> Vec<bool> {
        let failures = self.steps.values().filter(|seen| seen.failed);
        let first = failures.filter_map(|seen| seen.completed).min();
        let is_open = |step: &Step| {
            let of_step = self.steps.values().filter(|seen| seen.is_called(&step.name));
            let mut ends = of_step.filter_map(|seen| seen.completed);
            first.is_some_and(|first| ends.any(|end| end > first))
        };
        plan.steps.iter().map(is_open).collect()
    }

    /// Which steps of a plan the engine had begun at the end, and did not say to have cancelled.
    pub(super) fn begun(&self, plan: &Plan) -> Vec<bool> {
        let is_begun = |step: &Step| {
            let mut of_step = self.steps.values().filter(|seen| seen.is_called(&step.name));
            of_step.any(|seen| seen.started.is_some() && !seen.canceled)
        };
        plan.steps.iter().map(is_begun).collect()
    }

    /// When the first of the build's steps began, by the engine's clock. What it shares with a build
    /// that runs beside may have begun before it was asked for.
    pub(super) fn began(&self) -> Option<SystemTime> {
        self.steps.values().filter_map(|seen| seen.first_started).min()
    }

    /// When the build was asked for, by the engine's clock: each build loads its Dockerfile itself,
    /// and that first.
    fn asked(&self) -> Option<SystemTime> {
        let loads = self.steps.values().filter(|seen| seen.name.starts_with(DEFINITION));
        loads.filter_map(|seen| seen.first_started).min().or_else(|| self.began())
    }

    /// From when to when the engine took over the context.
    pub(super) fn context_window(&self) -> Option<(SystemTime, SystemTime)> {
        let seen = self.steps.values().find(|seen| seen.name == "[internal] load build context")?;
        seen.first_started.zip(seen.completed)
    }

    /// When each step that ran began and ended, by the engine's clock.
    pub(super) fn windows(&self, plan: &Plan) -> Vec<Option<(SystemTime, SystemTime)>> {
        let window = |step: &Step| {
            let ran =
                || self.steps.values().filter(|seen| seen.is_called(&step.name) && !seen.cached);
            let start = ran().filter_map(|seen| seen.first_started).min()?;
            Some((start, ran().filter_map(|seen| seen.completed).max()?))
        };
        plan.steps.iter().map(window).collect()
    }

    /// What became of each step, in the plan's order. The engine's vertices are found by their
    /// names; several with one name, or in one group (`COPY --link`), are one step.
    pub(super) fn outcomes(&self, plan: &Plan) -> Vec<Actual> {
        let began = self.asked();
        let by_name = |step: &Step| {
            let is_base = step.kind == StepKind::From;
            let found = self.steps.values().filter(|observed| {
                observed.is_called(&step.name) || (is_base && observed.is_base(&step.name))
            });
            outcome(found, stands_on_nothing(step), began)
        };
        // A build that runs beside this one and shares its steps may give them its own names;
        // the text is enough where it is the only one.
        let by_text = |step: &Step| {
            let text = canonical(&step.name).1;
            let is_only =
                plan.steps.iter().filter(|other| canonical(&other.name).1 == text).count() == 1;
            let found =
                self.steps.values().filter(|seen| is_only && canonical(&seen.name).1 == text);
            outcome(found, stands_on_nothing(step), began)
        };
        let outcome_of = |step: &Step| match by_name(step) {
            missing if missing.outcome == Outcome::NotReached => by_text(step),
            found => found,
        };
        plan.steps.iter().map(outcome_of).collect()
    }
}

impl Observed {
    fn take(&mut self, update: &StepUpdate) {
        self.name.clone_from(&update.name);
        self.group.clone_from(&update.group);
        self.has_inputs |= !update.inputs.is_empty();
        if update.started.is_some() && update.started != self.started {
            self.starts += 1;
        }
        self.started = update.started.or(self.started);
        self.first_started = self.first_started.or(update.started);
        self.completed = update.completed;
        self.cached = update.cached;
        self.failed |= update.error.is_some() && !update.is_canceled();
        self.canceled |= update.is_canceled();
    }

    fn is_called(&self, name: &str) -> bool {
        canonical(&self.name) == canonical(name)
            || self.group.as_deref().is_some_and(|group| canonical(group) == canonical(name))
    }

    /// The engine adds the digest that a tag stands for.
    fn is_base(&self, name: &str) -> bool {
        self.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('@'))
    }
}

/// A step's name without what versions of the engine show differently: ONBUILD triggers are
/// counted in n or not, and marked or not (`base-onbuild`).
fn canonical(name: &str) -> (String, String) {
    let Some((place, text)) = name.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
        return (String::new(), name.to_owned());
    };
    let place = place.rsplit_once('/').map_or(place, |(place, _)| place);
    let words: Vec<&str> = place.split_whitespace().collect();
    (words.join(" "), text.strip_prefix("ONBUILD ").unwrap_or(text).to_owned())
}

/// WORKDIR on `scratch` has no input. Of such a step the engine reports the asking for its key as
/// a run of no time, and a real run or the use of its cached result only after that.
fn stands_on_nothing(step: &Step) -> bool {
    step.kind == StepKind::Workdir && step.parent().is_none() && step.on_context().is_none()
}

fn outcome<'a>(
    parts: impl Iterator<Item = &'a Observed>,
    asked_for_key: bool,
    began: Option<SystemTime>,
) -> Actual {
    let parts: Vec<_> = parts.filter(|part| part.started.is_some()).collect();
    // What ADD fetches from a URL is a part of its own, which the engine reports as run where it
    // only asked for its key: what was made of it tells.
    let is_made = parts.iter().any(|part| part.has_inputs);
    let is_reused = |part: &&Observed| {
        let is_fetched = is_made && !part.has_inputs;
        part.cached || is_fetched || (asked_for_key && part.starts < 2)
    };
    let ended = |part: &&&Observed| part.completed.is_some();
    let outcome = if parts.is_empty() {
        Outcome::NotReached
    } else if parts.iter().any(|part| part.failed) {
        Outcome::Failed
    } else if !parts.iter().all(|part| ended(&part)) || parts.iter().any(|part| part.canceled) {
        Outcome::NotReached
    } else if parts.iter().all(is_reused) {
        Outcome::Cached
    } else {
        Outcome::Ran
    };
    let lasted = |part: &&Observed| {
        let duration = part.completed?.duration_since(part.started?).ok()?;
        Some(Seconds::from(duration)).filter(|_| !part.cached)
    };
    // Where no clock tells, no time at all would be remembered as very little.
    let lasted: Vec<Seconds> = parts.iter().filter_map(lasted).collect();
    let is_told = outcome == Outcome::Ran && !lasted.is_empty();
    Actual {
        outcome,
        seconds: is_told.then(|| lasted.into_iter().sum()),
        span: began.and_then(|began| span(&parts, outcome, began)),
    }
}

/// From when to when the parts of a step went on, less those that were reused where others were
/// not. What began again did nothing the first time but tell its key; what went on before the build
/// began, for one beside it, took this one no time.
fn span(parts: &[&Observed], outcome: Outcome, began: SystemTime) -> Option<Span> {
    if outcome == Outcome::NotReached {
        return None;
    }
    let counted = || parts.iter().filter(|part| outcome == Outcome::Cached || !part.cached);
    let start = counted().filter_map(|part| part.started).min()?;
    let end = counted().filter_map(|part| part.completed).max()?;
    let since =
        |time: SystemTime| time.duration_since(began).map(Seconds::from).unwrap_or_default();
    Some(Span::new(since(start), since(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_on_nothing_that_only_gave_its_key_did_not_run() {
        let at = |second| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        let mut seen = Observed::default();
        let update = |second| StepUpdate {
            id: StepId("sha256:1".to_owned()),
            name: "[1/2] WORKDIR /in".to_owned(),
            inputs: Vec::new(),
            started: Some(at(second)),
            completed: Some(at(second)),
            cached: false,
            error: None,
            group: None,
        };
        seen.take(&update(1));
        assert_eq!(outcome([&seen].into_iter(), true, None).outcome, Outcome::Cached);
        assert_eq!(outcome([&seen].into_iter(), false, None).outcome, Outcome::Ran);
        seen.take(&update(2));
        assert_eq!(outcome([&seen].into_iter(), true, None).outcome, Outcome::Ran);
        let error = Some("process \"/bin/sh -c sleep 60\": context canceled".to_owned());
        seen.take(&StepUpdate { error, ..update(3) });
        assert_eq!(outcome([&seen].into_iter(), false, None).outcome, Outcome::NotReached);
        seen.take(&StepUpdate { error: Some("exit code: 1".to_owned()), ..update(3) });
        assert_eq!(outcome([&seen].into_iter(), false, None).outcome, Outcome::Failed);
    }

    #[test]
    fn what_a_url_holds_may_be_fetched_for_a_step_that_is_reused() {
        let at = |second| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        let update = |inputs: &[&str], cached, error: Option<&str>| StepUpdate {
            id: StepId("sha256:1".to_owned()),
            name: "[2/2] ADD http://host/f /f".to_owned(),
            inputs: inputs.iter().map(|id| StepId((*id).to_owned())).collect(),
            started: Some(at(1)),
            completed: Some(at(2)),
            cached,
            error: error.map(str::to_owned),
            group: None,
        };
        let seen = |updates: [StepUpdate; 2]| {
            let seen = updates.map(|update| {
                let mut seen = Observed::default();
                seen.take(&update);
                seen
            });
            outcome(seen.iter(), false, Some(at(1)))
        };
        let whole = Some(Span::new(Seconds::ZERO, Seconds::new(1.0)));
        let fetched = || update(&[], false, None);
        let reused = seen([fetched(), update(&["sha256:1"], true, None)]);
        assert_eq!(reused, Actual { span: whole, ..Actual::untimed(Outcome::Cached) });
        let ran = seen([fetched(), update(&["sha256:1"], false, None)]);
        assert_eq!((ran.outcome, ran.seconds), (Outcome::Ran, Some(Seconds::new(2.0))));
        let failed = seen([update(&[], false, Some("404")), update(&["sha256:1"], false, None)]);
        assert_eq!(failed.outcome, Outcome::Failed);
    }

    #[test]
    fn a_step_went_on_from_its_first_part_to_its_last() {
        let at = |second| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        let seen = |started, completed: Option<u64>, cached, starts| Observed {
            started: Some(at(started)),
            first_started: Some(at(1)),
            completed: completed.map(at),
            cached,
            has_inputs: true,
            starts,
            ..Observed::default()
        };
        let went_on = |parts: &[Observed]| {
            let span = outcome(parts.iter(), false, Some(at(1))).span?;
            Some((span.start().get(), span.end().get()))
        };
        // The first of two starts only told its key.
        let [copied, merged] = [seen(2, Some(4), false, 2), seen(7, Some(8), false, 1)];
        assert_eq!(went_on(&[copied, merged]), Some((1.0, 7.0)));
        let [reused, ran] = [seen(2, Some(3), true, 1), seen(5, Some(9), false, 1)];
        assert_eq!(went_on(&[reused, ran]), Some((4.0, 8.0)));
        assert_eq!(went_on(&[seen(2, Some(3), true, 1)]), Some((1.0, 2.0)));
        assert_eq!(went_on(&[seen(2, None, false, 1)]), None, "it was not reached");
        let shared = outcome([seen(2, Some(9), false, 1)].iter(), false, Some(at(5))).span;
        assert_eq!(shared, Some(Span::new(Seconds::ZERO, Seconds::new(4.0))));
        let before_all = outcome([seen(2, Some(3), false, 1)].iter(), false, Some(at(9)));
        let no_time = Span::new(Seconds::ZERO, Seconds::ZERO);
        assert_eq!((before_all.outcome, before_all.span), (Outcome::Ran, Some(no_time)));
    }

    #[test]
    fn the_clock_of_a_build_does_not_begin_with_what_another_one_had_begun() {
        let at = |second| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        let mut observation = Observation::default();
        assert_eq!(observation.asked(), None);
        let mut take = |id: &str, name: &str, started| {
            observation.take(&Event::Step(StepUpdate {
                id: StepId(id.to_owned()),
                name: name.to_owned(),
                inputs: Vec::new(),
                started: Some(at(started)),
                completed: Some(at(13)),
                cached: false,
                error: None,
                group: None,
            }));
        };
        take("1", "[1/2] FROM docker.io/library/busybox:local", 10);
        take("2", "[internal] load build definition from Dockerfile", 12);
        take("3", "[2/2] COPY a /", 13);
        assert_eq!((observation.began(), observation.asked()), (Some(at(10)), Some(at(12))));
    }

    #[test]
    fn names_are_the_same_however_triggers_are_counted() {
        assert_eq!(canonical("[3/2] COPY a b"), canonical("[3/4] ONBUILD COPY a b"));
        assert_eq!(canonical("[build  2/12] RUN a"), canonical("[build 2/9] RUN a"));
        assert_ne!(canonical("[build 2/9] RUN a"), canonical("[build 3/9] RUN a"));
    }
}
