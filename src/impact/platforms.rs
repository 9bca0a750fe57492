//! Which platform of an image is compared with which.

use crate::images::Image;

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
