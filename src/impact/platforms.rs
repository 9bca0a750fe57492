//! Platforms: which of an image is compared with which, and what another one does to base images.
//!
//! An engine has an operating system, an architecture and a variant in the key of each image, so that
//! all that stands on one or is taken from it runs again for another platform.

use std::collections::BTreeSet;

use super::side::Planned;
use crate::images::Image;
use crate::plan::{BaseImages, ImageReference, PLATFORM, Platform};
use crate::predict::CauseKind;
use crate::{BaseImage, Digest};

/// A platform as written, before and now; `None` for the builder's own.
pub(super) type PlatformPair<'a> = (Option<&'a str>, Option<&'a str>);

/// Each platform of both images with itself. One that takes the place of another is compared with
/// that; one more has nothing to lose, and one less costs nothing.
pub(super) fn pairs<'a>(older: &'a Image, newer: &'a Image) -> Vec<PlatformPair<'a>> {
    let all = |image: &'a Image| image.platforms.iter().map(String::as_str).collect::<Vec<_>>();
    let (before, now) = (all(older), all(newer));
    // What is built for nothing in particular is built for the builder's own.
    if before.is_empty() || now.is_empty() {
        return vec![(before.first().copied(), now.first().copied())];
    }
    let kept = now.iter().filter(|it| before.contains(it)).map(|it| (Some(*it), Some(*it)));
    let gone = before.iter().filter(|it| !now.contains(it));
    let new = now.iter().filter(|it| !before.contains(it));
    kept.chain(gone.zip(new).map(|(gone, new)| (Some(*gone), Some(*new)))).collect()
}

/// Makes base images that are wanted for others than the builder's own platform other images than
/// those for that, and gives those that are made up for it.
pub(super) fn tell_apart(
    bases: &mut BaseImages,
    wanted: &BTreeSet<ImageReference>,
    own: &Platform,
) -> BTreeSet<ImageReference> {
    let mut invented = BTreeSet::new();
    for reference in wanted.iter().filter(|it| it.platform != *own) {
        let base = bases.entry(reference.clone()).or_insert_with(|| {
            invented.insert(reference.clone());
            let layers = vec![Digest::of(reference.name.as_bytes())];
            BaseImage { layers, ..BaseImage::default() }
        });
        base.layers.push(Digest::of(reference.platform.to_string().as_bytes()));
    }
    invented
}

/// The reason with the builder's own platform named, where it is that an image is wanted for another.
pub(super) fn named(kind: &CauseKind, before: &Planned, now: &Planned) -> Option<CauseKind> {
    let CauseKind::Option { name, before: old, after } = kind else { return None };
    let shown = |platform: &Option<String>, of: &Planned| {
        Some(platform.clone().unwrap_or_else(|| of.options.build_platform.to_string()))
    };
    (name == PLATFORM).then(|| CauseKind::Option {
        name: name.clone(),
        before: shown(old, before),
        after: shown(after, now),
    })
}
