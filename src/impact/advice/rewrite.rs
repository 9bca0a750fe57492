//! Rewrites with which the same change would have lost less.

use std::io;

use super::{Losing, inline};
use crate::context::git::TreeChanges;
use crate::context::{ContextPath, Source as _};
use crate::dockerfile::edit;
use crate::images::{Image, ImageDockerfile, InlineText};
use crate::impact::facts::Facts;
use crate::impact::side::{Files, Planned};
use crate::impact::touched::below;
use crate::impact::types::{Advice, ImageImpact, Patch};
use crate::optimize::{History, PastBuild, Request, Rewrite, installs_packages, optimize, unified};
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
    let found = installs.into_iter().flat_map(|it| of_image(it, changes, head, facts));
    found.fold(Vec::new(), added)
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
        history: History { commits: None, builds: &builds, changing: &[], seconds: &seconds },
        only_certain: false,
    };
    // What cannot be bettered needs no word here.
    let Ok(found) = optimize(&request) else { return Vec::new() };
    let worth = found.rewrites.into_iter().filter(|it| it.saves.seconds_per_build.get() >= WORTH);
    let inline = inline_of(image);
    let line_of = |line: u32| inline.and_then(|it| it.line(line)).unwrap_or(line);
    let told = worth.map(|rewrite| Advice::Rewrite {
        images: vec![image.name.clone()],
        dockerfile: planned.dockerfile.name().to_owned(),
        line: line_of(rewrite.line),
        id: rewrite.id,
        patch: match inline {
            Some(inline) => in_its_file(&rewrite, planned, inline, head),
            None => Patch::OfFile(rewrite.patch),
        },
        title: rewrite.title,
        seconds: rewrite.saves.seconds_per_build,
    });
    told.collect()
}

/// Where the image's Dockerfile stands, if not in a file of its own.
fn inline_of(image: &Image) -> Option<&InlineText> {
    let is_inline = matches!(image.dockerfile, ImageDockerfile::Inline(_));
    image.written.inline.as_ref().filter(|_| is_inline)
}

/// The patch of the file that has the Dockerfile inline, or else its hunks.
fn in_its_file(
    rewrite: &Rewrite,
    planned: &Planned,
    inline: &InlineText,
    head: &Files<'_>,
) -> Patch {
    let file = &inline.origin.file;
    let patch = || {
        let text = String::from_utf8(head.tree.read(file).ok()??).ok()?;
        let before = planned.dockerfile.source();
        let after = edit::apply(&planned.dockerfile, &rewrite.edits).ok()?;
        let rewritten = inline::rewritten(&text, inline, before, &after)?;
        Some(Patch::OfFile(unified(&file.to_string(), &text, &rewritten)))
    };
    // Without the names of files nothing takes it for a patch.
    let hunks = || rewrite.patch.split_inclusive('\n').skip(2).collect();
    patch().unwrap_or_else(|| Patch::ByHand(hunks()))
}

/// The advice with one more; the same rewrite of one Dockerfile is told once for all its images.
fn added(mut all: Vec<Advice>, one: Advice) -> Vec<Advice> {
    if let Advice::Rewrite { images, dockerfile, line, patch, seconds, .. } = &one {
        for known in &mut all {
            if let Advice::Rewrite {
                images: others,
                dockerfile: file,
                line: place,
                patch: same,
                seconds: sum,
                ..
            } = known
                && (&*file, &*place, &*same) == (dockerfile, line, patch)
            {
                others.extend(images.iter().cloned());
                *sum = *sum + *seconds;
                return all;
            }
        }
    }
    all.push(one);
    all
}
