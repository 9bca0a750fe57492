//! Platforms: which of an image is compared with which, and what another one does to base images.
//!
//! An engine has an operating system, an architecture and a variant in the key of each image, so that
//! all that stands on one or is taken from it runs again for another platform.

use std::collections::{BTreeMap, BTreeSet};

use super::side::Planned;
use crate::images::Image;
use crate::plan::{ImageReference, Platform};
use crate::predict::CauseKind;
use crate::{BaseImage, Digest};

/// The option that asks for another platform.
pub(super) const PLATFORM: &str = "platform";

/// The platforms that images are wanted for, by the images' names.
pub(super) type ImagePlatforms = BTreeMap<String, BTreeSet<Platform>>;

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

/// The platforms that images are wanted for.
pub(super) fn of_images(wanted: &BTreeSet<ImageReference>) -> ImagePlatforms {
    let mut platforms = ImagePlatforms::new();
    for ImageReference { name, platform } in wanted {
        platforms.entry(name.clone()).or_default().insert(platform.clone());
    }
    platforms
}

/// Makes base images that are wanted for others than the builder's own platform other images than
/// those for that, and gives the names of those that are made up for it.
///
/// A plan has one image of a name, so that one that is wanted for several platforms is another one
/// wherever one of these is.
pub(super) fn tell_apart(
    bases: &mut BTreeMap<String, BaseImage>,
    platforms: &ImagePlatforms,
    own: &Platform,
) -> BTreeSet<String> {
    let mut invented = BTreeSet::new();
    for (name, platforms) in platforms {
        if platforms.iter().all(|platform| platform == own) {
            continue;
        }
        let base = bases.entry(name.clone()).or_insert_with(|| {
            invented.insert(name.clone());
            BaseImage { layers: vec![Digest::of(name.as_bytes())], ..BaseImage::default() }
        });
        base.layers.push(Digest::of(shown(platforms).as_bytes()));
    }
    invented
}

/// The reason as people know it, where it is that an image is wanted for another platform.
pub(super) fn named(kind: &CauseKind, before: &Planned, now: &Planned) -> Option<CauseKind> {
    let CauseKind::BaseImage { reference, .. } = kind else { return None };
    let (before, now) = (before.platforms.get(reference)?, now.platforms.get(reference)?);
    let [before, after] = [before, now].map(|platforms| Some(shown(platforms)));
    (before != after).then(|| CauseKind::Option { name: PLATFORM.to_owned(), before, after })
}

fn shown(platforms: &BTreeSet<Platform>) -> String {
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
