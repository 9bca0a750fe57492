//! Rewrites with which the same change would have lost less.

use std::io;

use super::Losing;
use crate::context::git::TreeChanges;
use crate::context::{ContextPath, Source as _};
use crate::impact::facts::Facts;
use crate::impact::side::Files;
use crate::impact::touched::below;
use crate::impact::types::{Advice, ImageImpact};
use crate::optimize::{History, PastBuild, Request, installs_packages, optimize};
use crate::plan::{PlanRequest, Step};
use crate::predict::Verdict;

/// For so many images, those that lose most, rewrites are looked for.
const IMAGES: usize = 3;

/// Of a context with more files or bytes all contents would have to be read, which takes longer
/// than a commit may.
const FILES: usize = 20_000;
const BYTES: u64 = 500_000_000;

/// What saves less is no advice.
const WORTH: f64 = 1.0;

/// The rewrites that would have saved the most, for images that lose an install of packages.
pub(super) fn advice(
    losing: &[Losing<'_>],
    impacts: &[ImageImpact],
    changes: &TreeChanges,
    head: &Files<'_>,
    facts: &dyn Facts,
) -> Vec<Advice> {
    let impact_of = |losing: &&Losing<'_>| impacts.get(losing.place);
    let mut installs: Vec<&Losing<'_>> =
        losing.iter().filter(|it| impact_of(it).is_some_and(loses_install)).collect();
    let seconds =
        |it: &Losing<'_>| impacts.get(it.place).map_or(0.0, |it| it.summary.seconds_lost.get());
    installs.sort_by(|one, other| seconds(other).total_cmp(&seconds(one)));
    installs.truncate(IMAGES);
    installs.into_iter().flat_map(|it| of_image(it, changes, head, facts)).collect()
}

fn loses_install(image: &ImageImpact) -> bool {
    image.steps.iter().any(|step| {
        !matches!(step.forecast.verdict, Verdict::Cached) && installs_packages(&step.forecast.step)
    })
}

fn of_image(
    losing: &Losing<'_>,
    changes: &TreeChanges,
    head: &Files<'_>,
    facts: &dyn Facts,
) -> Vec<Advice> {
    let Losing { image, planned, .. } = losing;
    let snapshot = &planned.context.snapshot;
    let is_small = snapshot.entries().len() <= FILES && snapshot.bytes() <= BYTES;
    if !is_small || !image.contexts.is_empty() {
        return Vec::new();
    }
    // Rewrites rest on what files say, not only on whether they differ.
    let Ok(tree) = head.tree.with_contents().at(&image.context) else { return Vec::new() };
    let Ok(taken) = tree.snapshot(&planned.rules) else { return Vec::new() };
    let read = |path: &ContextPath| -> io::Result<Vec<u8>> {
        let found = tree.read(path).map_err(io::Error::other)?;
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    };
    let edited = changes.below(&image.context).iter().map(|path| below(path, &image.context));
    let builds = [PastBuild { changed: edited.collect() }];
    let seconds = |step: &Step| facts.seconds(&image.context, step);
    let request = Request {
        plan: PlanRequest {
            dockerfile: &planned.dockerfile,
            snapshot: &taken.snapshot,
            images: &planned.bases,
            options: &planned.options,
            dialect: facts.dialect(&image.context),
        },
        read: &read,
        history: History { commits: None, builds: &builds, seconds: &seconds },
    };
    // What cannot be bettered needs no word here.
    let Ok(found) = optimize(&request) else { return Vec::new() };
    let worth = found.rewrites.into_iter().filter(|it| it.saves.seconds_per_build.get() >= WORTH);
    let inline = image.written.inline.as_ref();
    let line_of = |line: u32| inline.and_then(|it| it.line(line)).unwrap_or(line);
    let told = worth.map(|rewrite| Advice::Rewrite {
        image: image.name.clone(),
        dockerfile: planned.dockerfile.name().to_owned(),
        line: line_of(rewrite.line),
        id: rewrite.id,
        title: rewrite.title,
        patch: rewrite.patch,
        seconds: rewrite.saves.seconds_per_build,
    });
    told.collect()
}
