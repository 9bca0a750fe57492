//! Whether the cost of a change is accepted.
//!
//! [`Limits`] say what one image may cost. They come from the command line, from an image's own
//! table in `smartbuild.toml`, and from that file's defaults, and count in this order, each limit
//! by itself. Every image is judged alone; one that is new had nothing to lose and one that is
//! gone costs nothing, so that neither can break a limit. One that could not be compared keeps none.
//! One that has another name now keeps the limits of the old one that the new one does not set. A trailer of a commit can accept all of it.

mod denied;
mod file;
mod limits;
mod reason;
mod size;
#[cfg(test)]
mod tests;

pub use denied::{Denied, UnknownKind};
pub use file::{FileLimits, trailer_name};
pub use limits::{Limits, SetBy};
pub use reason::{Broken, Reason};
pub use size::{ByteSize, NoSize};

use super::{ImageChange, ImageImpact, Impact, NotCompared, RootCause};
use crate::context::git::Trailer;
use crate::optimize::installs_packages;
use crate::plan::StepIndex;
use crate::predict::{CauseKind, Verdict};

/// What the gates say of an impact.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gate {
    /// Which limits are broken, by image; none where all hold.
    pub reasons: Vec<Reason>,
    /// The trailer that accepts the cost all the same.
    pub accepted_by: Option<Trailer>,
}

impl Gate {
    /// Whether the cost is accepted.
    pub fn is_passed(&self) -> bool {
        self.reasons.is_empty() || self.accepted_by.is_some()
    }
}

/// All limits of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gates {
    /// Those of the command line.
    pub command_line: Limits,
    /// Those of `smartbuild.toml`.
    pub file: FileLimits,
}

impl Gates {
    /// Which limits an impact breaks.
    pub fn judge(&self, impact: &Impact) -> Gate {
        let changed = impact.images.iter().filter(|image| image.change == ImageChange::Changed);
        let mut reasons: Vec<Reason> = changed.flat_map(|image| self.reasons(image)).collect();
        reasons.extend(impact.not_compared.iter().filter_map(|image| self.unjudged(image)));
        let has_own = |name: &str| self.file.images.get(name).is_some_and(Limits::is_set);
        let excluded = impact.excluded.iter().filter(|name| has_own(name));
        reasons.extend(excluded.map(|name| Reason {
            image: name.clone(),
            set_by: SetBy::Image,
            broken: Broken::Excluded,
        }));
        let untold = impact.untold.iter().filter(|it| has_own(&it.image));
        reasons.extend(untold.map(|untold| Reason {
            image: untold.image.clone(),
            set_by: SetBy::Image,
            broken: Broken::NotCompared { problem: untold.problem.clone() },
        }));
        Gate { reasons, accepted_by: None }
    }

    /// The limits of an image, the one that counts first first.
    fn levels(&self, name: &str, was_named: Option<&str>) -> [(SetBy, Option<&Limits>); 4] {
        let old = was_named.and_then(|name| self.file.images.get(name));
        [
            (SetBy::CommandLine, Some(&self.command_line)),
            (SetBy::Image, self.file.images.get(name)),
            (SetBy::Image, old),
            (SetBy::Defaults, Some(&self.file.defaults)),
        ]
    }

    /// Why an image is not accepted of which nobody knows what it loses: some limit is set for it.
    fn unjudged(&self, NotCompared { image, problem }: &NotCompared) -> Option<Reason> {
        let levels = self.levels(image, None);
        let set_by = first(&levels, |limits| limits.max_seconds.map(|_| ()))
            .or_else(|| first(&levels, |limits| limits.max_steps.map(|_| ())))
            .or_else(|| first(&levels, |limits| limits.max_image_growth.map(|_| ())))
            .or_else(|| {
                let denied = first(&levels, |limits| limits.deny.as_ref());
                denied.filter(|(_, denied)| !denied.is_empty()).map(|(set_by, _)| (set_by, ()))
            });
        let (set_by, ()) = set_by?;
        let broken = Broken::NotCompared { problem: problem.clone() };
        Some(Reason { image: image.clone(), set_by, broken })
    }

    fn reasons(&self, image: &ImageImpact) -> Vec<Reason> {
        let levels = self.levels(&image.name, image.was_named.as_deref());
        let mut broken = Vec::new();
        if let Some((set_by, allowed)) = first(&levels, |limits| limits.max_seconds) {
            let lost = image.summary.seconds_lost;
            if lost > allowed {
                let is_measured = image.summary.is_measured;
                broken.push((set_by, Broken::Seconds { lost, allowed, is_measured }));
            }
        }
        if let Some((set_by, allowed)) = first(&levels, |limits| limits.max_steps) {
            let lost = image.steps_lost();
            if lost > allowed {
                broken.push((set_by, Broken::Steps { lost, allowed }));
            }
        }
        if let Some((set_by, allowed)) = first(&levels, |limits| limits.max_image_growth) {
            let added = u64::try_from(image.bytes_added).unwrap_or(0);
            if added > allowed.get() {
                let (is_least, allowed) = (image.unknown_growth.is_some(), allowed.get());
                broken.push((set_by, Broken::Growth { added, is_least, allowed }));
            } else if let Some(step) = image.unknown_growth.and_then(|at| image.steps.get(at.0)) {
                let instruction = step.forecast.step.instruction.clone();
                let (place, allowed) = (step.place.clone(), allowed.get());
                broken.push((set_by, Broken::GrowthUnknown { instruction, place, allowed }));
            }
        }
        if let Some((set_by, denied)) = first(&levels, |limits| limits.deny.as_ref()) {
            let found = denied.iter().flat_map(|&denied| forbidden(image, denied));
            broken.extend(found.map(|broken| (set_by, broken)));
        }
        let reason = |(set_by, broken)| Reason { image: image.name.clone(), set_by, broken };
        broken.into_iter().map(reason).collect()
    }
}

/// The limit that counts, and who set it.
fn first<'a, T>(
    levels: &[(SetBy, Option<&'a Limits>)],
    limit: impl Fn(&'a Limits) -> Option<T>,
) -> Option<(SetBy, T)> {
    levels.iter().find_map(|(set_by, limits)| Some((*set_by, limit((*limits)?)?)))
}

/// What of an image is of a kind that is denied.
fn forbidden(image: &ImageImpact, denied: Denied) -> Vec<Broken> {
    if denied == Denied::DependencyLayer {
        return installs_lost(image);
    }
    let is_denied = |cause: &&RootCause| {
        // The image for another platform is another image.
        if matches!(&cause.kind, CauseKind::Option { name, .. } if name == "platform") {
            return matches!(denied, Denied::BaseImage | Denied::Option);
        }
        // Another name after FROM is another base image, and no mere edit.
        let is_edit = matches!(cause.kind, CauseKind::StoodOn { .. });
        match (cause.is_base, is_edit) {
            (true, _) => denied == Denied::BaseImage,
            (false, true) => denied == Denied::Instruction,
            (false, false) => denied.word() == cause.kind.word(),
        }
    };
    let is_open = |at: &StepIndex| {
        let step = image.steps.get(at.0);
        step.is_some_and(|step| matches!(step.forecast.verdict, Verdict::Depends { .. }))
    };
    let told = |cause: &RootCause| {
        let open = cause.lost.iter().filter(|at| is_open(at)).count();
        Broken::Cause {
            denied,
            cause: cause.kind.clone(),
            place: cause.places.first().cloned(),
            steps: cause.lost.len() - open,
            open,
        }
    };
    image.causes.iter().chain(&image.masked).filter(is_denied).map(told).collect()
}

/// The steps that install packages and run again.
fn installs_lost(image: &ImageImpact) -> Vec<Broken> {
    let lost = image.steps.iter().enumerate().filter(|(_, step)| {
        !matches!(step.forecast.verdict, Verdict::Cached) && installs_packages(&step.forecast.step)
    });
    let told = |(index, step): (usize, &super::StepImpact)| {
        let root = image.causes.iter().find(|cause| cause.lost.iter().any(|lost| lost.0 == index));
        Broken::Install {
            instruction: step.forecast.step.instruction.clone(),
            place: step.place.clone(),
            cause: root.map(|root| root.kind.clone()),
            is_open: matches!(step.forecast.verdict, Verdict::Depends { .. }),
        }
    };
    lost.map(told).collect()
}
