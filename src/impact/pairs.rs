//! Which image of the one tree is which of the other.
//!
//! An image goes on as the one of its name. Where the file that describes it is broken in the other
//! tree, nobody knows what becomes of it, and it is not compared. What is left goes on as the image
//! that is built just so, else as the one with its Dockerfile and stage, else as one with its
//! Dockerfile, else as the one whose Dockerfile has most of its lines, as files that are renamed are
//! found.

use std::collections::BTreeMap;

use super::likeness::{ALIKE, Lines};
use super::side::Side;
use super::types::TreeSide;
use crate::context::{ContextPath, Source as _};
use crate::dockerfile::Dockerfile;
use crate::images::{Image, ImageDockerfile, LeftOut, Missing, Problem};

/// So many images of each tree are compared line by line; more are no renaming.
const MOST: usize = 256;

/// An image as both trees have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) older: Option<&'a Image>,
    pub(super) newer: Option<&'a Image>,
    /// Another image of the newer tree that is built just so.
    pub(super) twin: Option<&'a Image>,
}

/// An image that one of the trees does not tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Untold<'a> {
    pub(super) image: &'a Image,
    /// The tree that does not.
    pub(super) side: TreeSide,
    pub(super) left_out: &'a LeftOut,
}

/// Every image of both trees, in the order of the names.
pub(super) struct Paired<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) untold: Vec<Untold<'a>>,
}

/// Pairs the images of two trees.
pub(super) fn pair<'a>(base: &'a Side, head: &'a Side) -> Paired<'a> {
    let mut named: BTreeMap<&str, (Option<&Image>, Option<&Image>)> = BTreeMap::new();
    for image in &base.images.images {
        named.entry(&image.name).or_default().0 = Some(image);
    }
    for image in &head.images.images {
        named.entry(&image.name).or_default().1 = Some(image);
    }
    let mut untold = Vec::new();
    named.retain(|_, (older, newer)| {
        let of = |image: Option<&'a Image>, other, sides: (&'a Side, &'a Side), side| {
            let image = image?;
            let left_out = left_out(image, other, sides)?;
            Some(Untold { image, side, left_out })
        };
        let found = of(*older, *newer, (base, head), TreeSide::Head)
            .or_else(|| of(*newer, *older, (head, base), TreeSide::Base))
            .filter(|it| it.side == TreeSide::Head || !was_no_dockerfile(it, base));
        untold.extend(found);
        found.is_none()
    });
    // What has the Dockerfile of such an image is an image of its own only as the file is broken.
    let is_instead = |image: &Image| {
        matches!(image.dockerfile, ImageDockerfile::File(_))
            && untold.iter().any(|it| it.image.dockerfile == image.dockerfile)
    };
    named.retain(|_, pair| match pair {
        (Some(alone), None) | (None, Some(alone)) => !is_instead(alone),
        _ => true,
    });
    let mut rest = Rest::default();
    for pair in named.into_values() {
        match pair {
            (Some(older), None) => rest.older.push(older),
            (None, Some(newer)) => rest.newer.push(newer),
            (older, newer) => rest.pairs.push(Pair { older, newer, twin: None }),
        }
    }
    rest.pair(base, head);
    let mut pairs = rest.finish();
    pairs.sort_by_key(|pair| pair.newer.or(pair.older).map(|image| &*image.name));
    Paired { pairs, untold }
}

/// Why the second tree may have an image of the first and not tell so. `other` is what it has of
/// the name: another thing, where it is described elsewhere.
fn left_out<'a>(
    image: &Image,
    other: Option<&Image>,
    (own, there): (&Side, &'a Side),
) -> Option<&'a LeftOut> {
    if other.is_some_and(|other| other.project == image.project) {
        return None;
    }
    let is_it = |found: &&LeftOut| match &found.what {
        Missing::Image(name) | Missing::Elsewhere(name) => *name == image.name,
        // It may go on by another name.
        Missing::Unmatched(_) => false,
        Missing::Project(directory) if image.project.as_ref() == Some(directory) => true,
        // Files that were not there before may be those that described the image.
        Missing::Project(directory) => {
            let own = &own.images;
            let describes = |it: &Image| it.project.as_ref() == Some(directory);
            other.is_none()
                && !own.images.iter().chain(&own.excluded).any(describes)
                && !own.left_out.iter().any(|it| it.what == found.what)
        }
    };
    there.images.left_out.iter().find(is_it)
}

/// Whether the file that the image has its instructions from was none that an engine builds, so that
/// there was nothing to lose.
fn was_no_dockerfile(untold: &Untold<'_>, base: &Side) -> bool {
    let (Missing::Image(_), ImageDockerfile::File(path)) =
        (&untold.left_out.what, &untold.image.dockerfile)
    else {
        return false;
    };
    let text = base.tree.read(path).ok().flatten();
    // An engine reads what is not UTF-8 as well.
    text.is_some_and(|text| {
        Dockerfile::parse(&path.to_string(), &String::from_utf8_lossy(&text)).is_err()
    })
}

/// What neither tree tells of, each with the reason: only a limit of its own can be about it.
pub(super) fn told_by_neither<'a>(base: &'a Side, head: &'a Side) -> Vec<(&'a str, &'a Problem)> {
    let all = &head.images.left_out;
    let of = |left_out: &'a LeftOut| {
        let name = left_out.image()?;
        let is_told = [base, head].iter().any(|side| side.images.named(name).is_some());
        // A file that describes it says more than that it is not found.
        let describes = |it: &&LeftOut| {
            let Missing::Project(directory) = &it.what else { return false };
            let file = name.rsplit_once(':').map(|(file, _)| ContextPath::new(file));
            file.is_some_and(|file| file == *directory || file.parent().as_ref() == Some(directory))
        };
        let project = all.iter().find(describes);
        let problem = match (&left_out.what, project) {
            (Missing::Unmatched(_), Some(project)) => &project.problem,
            _ => &left_out.problem,
        };
        (!is_told).then_some((name, problem))
    };
    all.iter().filter_map(of).collect()
}

/// What neither tree tells of although nothing is wrong with its files: nobody can read them here, as
/// in a clone without all objects, or a value that they ask for is not at hand. By the image's name,
/// or that of the file.
pub(super) fn not_at_hand<'a>(base: &Side, head: &'a Side) -> Vec<(String, &'a Problem)> {
    let is_unreadable = |left_out: &LeftOut| {
        let file = &left_out.problem.file;
        base.tree.read(file).is_err() && head.tree.read(file).is_err()
    };
    let lacks_value = |left_out: &LeftOut| {
        let before = base.images.left_out.iter().find(|it| it.what == left_out.what);
        left_out.problem.lacks_value && before.is_some_and(|it| it.problem.lacks_value)
    };
    let named = |left_out: &'a LeftOut| {
        let file = || left_out.problem.file.to_string();
        (left_out.image().map_or_else(file, str::to_owned), &left_out.problem)
    };
    let all = head.images.left_out.iter().filter(|it| !it.is_excluded);
    all.filter(|it| is_unreadable(it) || lacks_value(it)).map(named).collect()
}

/// As [`Image::is_built_as`].
pub(super) fn is_same_build(one: &Image, other: &Image) -> bool {
    one.is_built_as(other)
}

/// The images that only one tree has by their names.
#[derive(Default)]
struct Rest<'a> {
    older: Vec<&'a Image>,
    newer: Vec<&'a Image>,
    pairs: Vec<Pair<'a>>,
}

impl<'a> Rest<'a> {
    fn pair(&mut self, base: &'a Side, head: &'a Side) {
        if self.newer.is_empty() {
            return;
        }
        self.take(is_same_build);
        self.find_same_builds(base);
        let has_file = |older: &Image, newer: &Image| {
            older.dockerfile == newer.dockerfile && older.target == newer.target
        };
        self.take(|older, newer| has_file(older, newer) && older.context == newer.context);
        self.take(has_file);
        // A stage may be renamed with its service, or another one asked for: what it has of the old
        // one it does not lose, and no limit lets it pass as new.
        self.take(|older, newer| older.dockerfile == newer.dockerfile);
        self.take_similar(base, head);
    }

    /// Pairs what is the same by this rule, by the end of the names where there is a choice.
    fn take(&mut self, is_same: impl Fn(&Image, &Image) -> bool) {
        let newer = std::mem::take(&mut self.newer);
        for image in newer {
            let fitting = self.older.iter().enumerate().filter(|(_, it)| is_same(it, image));
            // The first of those that are called alike.
            let alike = fitting.rev().max_by_key(|(_, it)| common_end(&it.name, &image.name));
            match alike.map(|(place, _)| place) {
                Some(place) => self.matched(place, image),
                None => self.newer.push(image),
            }
        }
    }

    /// New images that are built as another one, which has or had the cost.
    fn find_same_builds(&mut self, base: &'a Side) {
        let newer = std::mem::take(&mut self.newer);
        let mut counted: Vec<&'a Image> = self.pairs.iter().filter_map(|it| it.newer).collect();
        for image in newer {
            let twin = counted.iter().find(|it| is_same_build(it, image)).copied();
            // Without its cache it is built a second time.
            let twin = twin.filter(|_| !image.no_cache && image.no_cache_filter.is_empty());
            let older = base.images.images.iter().find(|it| is_same_build(it, image));
            counted.push(image);
            if twin.is_some() {
                self.pairs.push(Pair { older: None, newer: Some(image), twin });
            } else if older.is_some() {
                self.pairs.push(Pair { older, newer: Some(image), twin: None });
            } else {
                self.newer.push(image);
            }
        }
    }

    /// Pairs images of Dockerfiles that have at least half of their lines in common, the most
    /// similar first.
    fn take_similar(&mut self, base: &Side, head: &Side) {
        if self.older.len() > MOST || self.newer.len() > MOST {
            return;
        }
        let older: Vec<Lines> = self.older.iter().map(|image| lines(base, image)).collect();
        let newer: Vec<Lines> = self.newer.iter().map(|image| lines(head, image)).collect();
        let mut candidates = Vec::new();
        for (new, lines) in newer.iter().enumerate() {
            for (old, others) in older.iter().enumerate() {
                let (older, newer) = (self.older[old], self.newer[new]);
                let likeness = lines.likeness(others);
                if likeness >= ALIKE && older.target == newer.target {
                    let end = common_end(&older.name, &newer.name);
                    candidates.push((likeness, end, older, newer));
                }
            }
        }
        // Of equal ones the order of the names remains.
        candidates.sort_by_key(|(likeness, end, ..)| std::cmp::Reverse((*likeness, *end)));
        for (_, _, older, newer) in candidates {
            let old = self.older.iter().position(|it| it.name == older.name);
            let new = self.newer.iter().position(|it| it.name == newer.name);
            if let (Some(old), Some(new)) = (old, new) {
                let newer = self.newer.remove(new);
                self.matched(old, newer);
            }
        }
    }

    fn matched(&mut self, place: usize, newer: &'a Image) {
        let older = self.older.remove(place);
        self.pairs.push(Pair { older: Some(older), newer: Some(newer), twin: None });
    }

    fn finish(self) -> Vec<Pair<'a>> {
        let Self { older, newer, mut pairs } = self;
        let gone = older.into_iter();
        pairs.extend(gone.map(|it| Pair { older: Some(it), newer: None, twin: None }));
        let new = newer.into_iter();
        pairs.extend(new.map(|it| Pair { older: None, newer: Some(it), twin: None }));
        pairs
    }
}

/// How many parts at their ends two names have in common: the service or target, and directories.
fn common_end(one: &str, other: &str) -> usize {
    let separators = [':', '/'];
    let parts = one.rsplit(separators).zip(other.rsplit(separators));
    parts.take_while(|(one, other)| one == other).count()
}

/// The lines of an image's Dockerfile.
fn lines(side: &Side, image: &Image) -> Lines {
    match &image.dockerfile {
        ImageDockerfile::Inline(text) => Lines::of(text.as_bytes()),
        // What cannot be read is like nothing; the reason is told where it is planned.
        ImageDockerfile::File(path) => {
            Lines::of(&side.tree.read(path).ok().flatten().unwrap_or_default())
        }
    }
}
