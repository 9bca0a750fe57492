//! Images that stand on another image of the tree: what makes them run is what changed there.

use super::Comparison;
use super::compared::{self, Version};
use super::places::in_dockerfile;
use super::side::{first_platform, stand_in};
use super::types::RootCause;
use crate::Seconds;
use crate::dockerfile::Instruction;
use crate::images::{Image, NamedContext};
use crate::plan::StepIndex;
use crate::predict::{CauseKind, Forecast};

/// Images that stand on each other are followed this far.
const DEPTH: usize = 64;

/// The reasons for which another image is not as it was, given its name before and now.
pub(super) type Others<'a> = &'a dyn Fn(&str, &str) -> Vec<RootCause>;

/// The names before and now of the image that such a reason is about; `None` where it is none of the
/// tree.
pub(super) fn other_image<'a>(
    kind: &CauseKind,
    now: Version<'a>,
    before: Option<Version<'a>>,
) -> Option<(&'a str, &'a str)> {
    let CauseKind::BaseImage { reference, .. } = kind else { return None };
    let mut contexts = now.image.contexts.iter();
    let (key, newer) = contexts.find_map(|(key, context)| match context {
        NamedContext::Image(name) if stand_in("image", name) == *reference => Some((key, name)),
        _ => None,
    })?;
    match before?.image.contexts.get(key) {
        Some(NamedContext::Image(older)) => Some((older, newer)),
        _ => None,
    }
}

/// The name of what a stand-in of the image is for; the text itself, where it is none.
pub(super) fn shown_reference(reference: &str, images: &[&Image]) -> String {
    let contexts = images.iter().flat_map(|image| image.contexts.values());
    let named = contexts.filter_map(|context| match context {
        NamedContext::Image(name) => Some((stand_in("image", name), name)),
        NamedContext::Outside(text) => Some((stand_in("outside", text), text)),
        NamedContext::Directory(_) => None,
    });
    let mut text = reference.to_owned();
    for (stand_in, name) in named {
        if text.contains(&stand_in) {
            text = text.replace(&format!("docker-image://{stand_in}"), name);
            text = text.replace(&stand_in, name);
        }
    }
    text
}

/// A reason without stand-ins.
pub(super) fn name(kind: &mut CauseKind, images: &[&Image]) {
    let named = |text: &mut String| *text = shown_reference(text, images);
    match kind {
        CauseKind::BaseImage { reference, before, after } => {
            named(reference);
            before.iter_mut().chain(after).for_each(named);
        }
        CauseKind::Option { before, after, .. } => before.iter_mut().chain(after).for_each(named),
        _ => {}
    }
}

/// The forecast without stand-ins.
pub(super) fn name_all(forecast: &mut Forecast, images: &[&Image]) {
    use crate::predict::Verdict;
    for step in &mut forecast.steps {
        step.step.name = shown_reference(&step.step.name, images);
        match &mut step.verdict {
            Verdict::Cached => {}
            Verdict::Rebuild(cause) | Verdict::Depends { cause, .. } | Verdict::Unknown(cause) => {
                name(&mut cause.kind, images);
            }
        }
    }
}

impl Comparison<'_> {
    /// Why an image of the tree is not as it was, however many images it stands on itself.
    pub(super) fn causes_of(&self, older: &str, newer: &str, depth: usize) -> Vec<RootCause> {
        let (Some(older), Some(newer)) = (self.base.named(older), self.head.named(newer)) else {
            return Vec::new();
        };
        let plans = (
            self.base.plan(older, first_platform(older)),
            self.head.plan(newer, first_platform(newer)),
        );
        let (Ok(before), Ok(now)) = plans else { return Vec::new() };
        let before = Version { image: older, planned: &before };
        let now = Version { image: newer, planned: &now };
        let others = |older: &str, newer: &str| match depth {
            DEPTH.. => Vec::new(),
            _ => self.causes_of(older, newer, depth + 1),
        };
        let found = compared::changed(before, now, &self.places, self.facts, &others);
        let causes = found.map(|found| found.causes).unwrap_or_default();
        if causes.is_empty() { edited(before, now).into_iter().collect() } else { causes }
    }
}

/// The first instruction that is no step and is edited: it changes what stands on the image.
fn edited(before: Version<'_>, now: Version<'_>) -> Option<RootCause> {
    let all = |of: Version<'_>| of.planned.dockerfile.instructions().to_vec();
    let (older, newer) = (all(before), all(now));
    let is_in = |list: &[Instruction], it: &Instruction| list.iter().any(|o| o.text == it.text);
    let after = newer.iter().find(|it| !is_in(&older, it))?;
    let gone = older.iter().find(|it| !is_in(&newer, it)).map(|it| it.text.clone());
    Some(RootCause {
        step: StepIndex(0),
        kind: CauseKind::Instruction { before: gone, after: after.text.clone() },
        is_base: false,
        places: vec![in_dockerfile(now, (after.line, after.last_line))],
        lost: Vec::new(),
        seconds: Seconds::ZERO,
    })
}
