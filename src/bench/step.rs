//! The steps of a build that was timed.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::replay::Timed;
use crate::predict::Verdict;
use crate::{Seconds, Span};

/// A step of a build that was timed.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedStep {
    /// What its builder calls it.
    pub name: String,
    /// Whether it was reused; else it ran.
    pub is_reused: bool,
    /// How long it ran, where its builder says that.
    pub seconds: Option<Seconds>,
    /// When it went on, where its builder says that.
    pub span: Option<Span>,
    /// The places among the build's steps of those that it needs.
    pub needs: Vec<usize>,
    /// What was said of it before the build; docker's own client says nothing.
    pub foretold: Option<Foretold>,
}

/// What was said of a step before its build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foretold {
    /// What becomes of it.
    pub verdict: Expectation,
    /// The root of why it is not reused, in a few words.
    pub reason: Option<String>,
    /// The place of the step that it has that from, where it is another one.
    pub after: Option<usize>,
}

/// A verdict without its grounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// It is reused.
    Cached,
    /// It runs.
    Rebuild,
    /// The output of another step decides.
    Depends,
    /// Nobody can tell.
    Unknown,
}

impl From<&Verdict> for Expectation {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Cached => Self::Cached,
            Verdict::Rebuild(_) => Self::Rebuild,
            Verdict::Depends { .. } => Self::Depends,
            Verdict::Unknown(_) => Self::Unknown,
        }
    }
}

impl TimedStep {
    /// The stage that its name gives, empty where the build has one stage without a name.
    pub fn stage(&self) -> &str {
        let inner = Numbered::of(&self.name).map(|it| &self.name[..it.start]);
        inner.and_then(|it| it.strip_prefix('[')).unwrap_or_default().trim_end()
    }
}

impl Timed {
    /// Leaves steps out, each told with its place. What needed one of them needs what that one did.
    pub fn leave_out(&mut self, is_out: impl Fn(usize, &TimedStep) -> bool) {
        let mut places: Vec<Vec<usize>> = Vec::with_capacity(self.steps.len());
        let mut left: Vec<TimedStep> = Vec::with_capacity(self.steps.len());
        for (at, mut step) in std::mem::take(&mut self.steps).into_iter().enumerate() {
            // A step needs only those before it; what is told of others is passed over.
            let needed = step.needs.iter().filter_map(|needed| places.get(*needed)).flatten();
            step.needs = needed.copied().collect::<BTreeSet<_>>().into_iter().collect();
            if let Some(told) = &mut step.foretold {
                told.after = told.after.and_then(|after| places.get(after)?.iter().max().copied());
            }
            if is_out(at, &step) {
                places.push(step.needs);
            } else {
                places.push(vec![left.len()]);
                left.push(step);
            }
        }
        self.steps = left;
    }

    /// Leaves steps out that the Dockerfile of the people does not have, and numbers the others as
    /// without them.
    pub fn leave_out_added(&mut self, is_added: impl Fn(&TimedStep) -> bool) {
        let numbered = |step: &TimedStep| {
            let it = Numbered::of(&step.name)?;
            Some((step.name[..it.start].to_owned(), it.number))
        };
        let added: Vec<_> =
            self.steps.iter().filter(|step| is_added(step)).filter_map(numbered).collect();
        self.leave_out(|_, step| is_added(step));
        for step in &mut self.steps {
            let Some(Numbered { start, end, number, of }) = Numbered::of(&step.name) else {
                continue;
            };
            let stage = &step.name[..start];
            let beside: Vec<usize> =
                added.iter().filter(|it| it.0 == stage).map(|it| it.1).collect();
            let above = beside.iter().filter(|it| **it < number).count();
            let (number, of) = (number - above, of.saturating_sub(beside.len()));
            step.name.replace_range(start..end, &format!("{number}/{of}"));
        }
    }
}

/// Where a name such as `[build 2/5] COPY . .` or the classic builder's `Step 3/8 : RUN make` has
/// its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) number: usize,
    pub(super) of: usize,
}

impl Numbered {
    pub(super) fn of(name: &str) -> Option<Self> {
        let end = if name.starts_with('[') { name.find(']')? } else { name.find(" : ")? };
        let start = name[..end].rfind([' ', '['])? + 1;
        let (number, of) = name[start..end].split_once('/')?;
        Some(Self { start, end, number: number.parse().ok()?, of: of.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, needs: &[usize], after: Option<usize>) -> TimedStep {
        TimedStep {
            name: name.to_owned(),
            is_reused: false,
            seconds: None,
            span: None,
            needs: needs.to_vec(),
            foretold: Some(Foretold { verdict: Expectation::Rebuild, reason: None, after }),
        }
    }

    fn names(timed: &Timed) -> Vec<&str> {
        timed.steps.iter().map(|it| &*it.name).collect()
    }

    #[test]
    fn what_needs_a_step_that_is_left_out_needs_what_that_one_did() {
        let steps = vec![
            step("FROM a", &[], None),
            step("salt", &[0], Some(0)),
            step("RUN one", &[1], Some(1)),
            step("salt", &[2], Some(2)),
            step("COPY two", &[3, 2, 99], Some(99)),
        ];
        let mut timed = Timed { steps, ..Timed::default() };
        timed.leave_out(|_, step| step.name == "salt");
        let left: Vec<_> = timed.steps.iter().map(|it| (&*it.name, &*it.needs)).collect();
        assert_eq!(left, [("FROM a", &[][..]), ("RUN one", &[0]), ("COPY two", &[1])]);
        let after: Vec<_> =
            timed.steps.iter().map(|it| it.foretold.as_ref().and_then(|it| it.after)).collect();
        assert_eq!(after, [None, Some(0), None]);
    }

    #[test]
    fn steps_are_numbered_as_without_those_that_were_added() {
        let steps = [
            "[base 2/4] COPY salt /",
            "[base 3/4] WORKDIR /a/b",
            "[linux/arm64 base 4/4] RUN [ -d /a/b ]",
            "[base 4/4] RUN : ",
            "[2/2] COPY salt /",
            "no number",
        ];
        let steps = steps.iter().map(|name| step(name, &[], None)).collect();
        let mut timed = Timed { steps, ..Timed::default() };
        timed.leave_out_added(|step| step.name.contains("COPY salt"));
        let wanted = [
            "[base 2/3] WORKDIR /a/b",
            "[linux/arm64 base 4/4] RUN [ -d /a/b ]",
            "[base 3/3] RUN : ",
            "no number",
        ];
        assert_eq!(names(&timed), wanted);
        assert_eq!(timed.steps[0].stage(), "base");
        assert_eq!(timed.steps[3].stage(), "");

        let classic = ["Step 2/5 : COPY salt /", "Step 3/5 : RUN a", "Step 5/5 : CMD [\"a : b\"]"];
        let steps = classic.iter().map(|name| step(name, &[], None)).collect();
        let mut timed = Timed { steps, ..Timed::default() };
        timed.leave_out_added(|step| step.name.contains("COPY salt"));
        assert_eq!(names(&timed), ["Step 2/4 : RUN a", "Step 4/4 : CMD [\"a : b\"]"]);
        assert_eq!(timed.steps[0].stage(), "");
    }
}
