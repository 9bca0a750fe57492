//! As people read it at a terminal.

use super::super::escape::{columns, fit_middle, text};
use super::super::forecast::{lost_steps, push_wrapped};
use super::super::rewrites::diff;
use super::super::style::{Capabilities, Role};
use super::super::units;
use super::{not_compared, reason};
use crate::Seconds;
use crate::impact::{
    Advice, ImageChange, ImageImpact, Impact, ImpactSummary, Patch, Place, Problem, TreeSide,
};

/// Of the places of a reason so many are shown.
const PLACES: usize = 3;

/// The whole: the sum in a line, each image with its lost steps, what could not be compared, what
/// would have cost less, and the gate. Ends with a line end.
pub fn impact(impact: &Impact, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    push_wrapped(&mut out, "impact  ", &sum(impact), capabilities);
    for image in &impact.images {
        out.push('\n');
        push_image(&mut out, image, capabilities);
    }
    if !impact.problems.is_empty() {
        out.push('\n');
    }
    for problem in &impact.problems {
        push_wrapped(&mut out, "not compared", &problem_text(problem, impact), capabilities);
    }
    for advice in &impact.advice {
        out.push('\n');
        push_advice(&mut out, advice, capabilities);
    }
    if !impact.gate.reasons.is_empty() {
        out.push('\n');
    }
    let title = if impact.gate.is_passed() { "accepted" } else { "refused" };
    for broken in &impact.gate.reasons {
        push_wrapped(&mut out, title, &reason(broken), capabilities);
    }
    out
}

/// `HEAD to the index: 2 of 14 images lose 5 steps, about 48 s`
pub(in crate::report) fn sum(impact: &Impact) -> String {
    let all = impact.images.len() + impact.unchanged;
    let trees = format!("{} to {}: ", text(&impact.base), text(&impact.head));
    let not_compared = not_compared(impact);
    if all == 0 {
        return trees + not_compared.as_deref().unwrap_or("no image in either");
    }
    let rest = not_compared.map(|it| format!("; {it}")).unwrap_or_default();
    if impact.images.is_empty() {
        let all = units::counted(all as u64, "image is", "images are");
        return trees + &format!("{all} built as before{rest}");
    }
    let of = |change: ImageChange| impact.images.iter().filter(|it| it.change == change).count();
    let losing = impact.images.iter().filter(|image| image.is_losing()).count();
    let mut parts = Vec::new();
    if losing > 0 {
        let steps = units::counted(impact.steps_lost() as u64, "step", "steps");
        let verb = if losing == 1 { "loses" } else { "lose" };
        let lost = about(impact.seconds_lost(), impact.is_measured());
        let images =
            if all == 1 { "the image".to_owned() } else { format!("{losing} of {all} images") };
        let open = match impact.images.iter().map(|image| image.summary.depends).sum::<usize>() {
            0 => String::new(),
            count => format!(" ({count} open)"),
        };
        parts.push(format!("{images} {verb} {steps}{open}, {lost}"));
    } else {
        // Neither a new image nor one that is gone has steps to lose.
        match of(ImageChange::Changed) + impact.unchanged {
            0 => {}
            1 => parts.push("the image loses no step".to_owned()),
            kept => {
                parts.push(format!("none of {} images loses a step", units::count(kept as u64)));
            }
        }
    }
    for (change, word) in [(ImageChange::New, "new"), (ImageChange::Removed, "removed")] {
        match of(change) {
            0 => {}
            count => parts.push(format!("{count} {word}")),
        }
    }
    trees + &parts.join("; ") + &rest
}

fn push_image(out: &mut String, image: &ImageImpact, capabilities: &Capabilities) {
    let says = outcome(image);
    let width = capabilities.width;
    // What tells services of one file from each other stands last.
    let name = text(&image.name);
    let name = fit_middle(&name, width);
    out.push_str(&capabilities.paint(Role::Title, &name));
    let mut used = columns(&name);
    if used + 2 + columns(&says) > width {
        out.push('\n');
        used = 0;
    }
    let gap = width.saturating_sub(used + columns(&says)).max(2);
    out.extend(std::iter::repeat_n(' ', gap));
    push!(out, "{says}\n");
    if let Some(was) = &image.was_named {
        push_wrapped(out, "  was", &format!("named {}", text(was)), capabilities);
    }
    if let Some(other) = &image.built_as {
        push_wrapped(out, "  as", &format!("{} is built just so", text(other)), capabilities);
    }
    if image.change == ImageChange::Changed {
        out.push_str(&lost_steps(&image.forecast(), capabilities));
        let places = places(image);
        if !places.is_empty() {
            push_wrapped(out, "  at", &places, capabilities);
        }
        let more = image.bytes_added;
        if more.unsigned_abs() >= 1_000_000 {
            let word = if more > 0 { "more" } else { "less" };
            push!(out, "     {} {word} in the image\n", units::bytes(more.unsigned_abs()));
        }
    }
}

/// `lost 3 of 7 steps, about 41 s`
pub(in crate::report) fn outcome(image: &ImageImpact) -> String {
    let ImpactSummary { cached, rebuild, depends, is_measured, .. } = image.summary;
    let full = about(image.summary.seconds_full, is_measured);
    let gained = image.summary.seconds_gained;
    let gains = units::is_worth_saying(gained)
        .then(|| format!("{} less without cache", about(gained, is_measured)));
    match image.change {
        // All of it is there by then.
        ImageChange::New if image.built_as.is_some() => "new, costs nothing".to_owned(),
        ImageChange::New => format!("new, {full} the first time"),
        ImageChange::Removed => format!("removed, {}", about(gained, is_measured)),
        ImageChange::Changed if image.is_losing() => {
            let all = cached + rebuild + depends;
            let mut said =
                format!("loses {rebuild} of {}", units::counted(all as u64, "step", "steps"));
            if depends > 0 {
                push!(said, " ({depends} open)");
            }
            let lost = about(image.summary.seconds_lost, is_measured);
            let gains = gains.map(|gains| format!("; {gains}")).unwrap_or_default();
            format!("{said}, {lost}{gains}")
        }
        ImageChange::Changed => {
            let gains = gains.map(|gains| format!(", {gains}")).unwrap_or_default();
            format!("loses nothing{gains}")
        }
    }
}

/// `about 48 s`; without the word where it was measured.
fn about(seconds: Seconds, is_measured: bool) -> String {
    let seconds = units::seconds(seconds);
    if is_measured { seconds } else { format!("about {seconds}") }
}

/// The places at fault of all reasons, each once.
pub(in crate::report) fn places(image: &ImageImpact) -> String {
    let mut shown: Vec<String> = Vec::new();
    let mut left = 0;
    for cause in &image.causes {
        // The instruction itself stands above.
        let at_fault = cause.places.len().saturating_sub(1).max(1);
        for place in cause.places.iter().take(at_fault) {
            let place = place_text(place);
            if shown.contains(&place) {
                continue;
            }
            if shown.len() < PLACES { shown.push(place) } else { left += 1 }
        }
    }
    let more = if left > 0 { format!(" and {left} more") } else { String::new() };
    shown.join(", ") + &more
}

fn place_text(place: &Place) -> String {
    let file = text(&place.file);
    match place.lines {
        None => file.into_owned(),
        Some((first, last)) if first == last => format!("{file}:{first}"),
        Some((first, last)) => format!("{file}:{first}-{last}"),
    }
}

pub(in crate::report) fn problem_text(problem: &Problem, impact: &Impact) -> String {
    let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
    let tree = match problem.side {
        TreeSide::Base => format!(" ({})", text(&impact.base)),
        TreeSide::Head => String::new(),
    };
    // Its own file names the image already.
    let images = impact.not_compared.iter().filter(|it| it.problem == *problem);
    let images: Vec<_> = images.filter(|it| it.image != problem.file).collect();
    let mut names: Vec<_> = images.iter().take(PLACES).map(|it| text(&it.image)).collect();
    let more = images.len().saturating_sub(PLACES);
    if more > 0 {
        names.push(format!("{more} more").into());
    }
    let images = if names.is_empty() {
        String::new()
    } else {
        format!("; this is about {}", names.join(", "))
    };
    format!("{}{line}{tree}: {}{images}", text(&problem.file), text(&problem.message))
}

fn push_advice(out: &mut String, advice: &Advice, capabilities: &Capabilities) {
    push_wrapped(out, "advice", &advice_text(advice), capabilities);
    if let Advice::Rewrite { patch, .. } = advice {
        out.push('\n');
        out.push_str(&diff(patch.text(), capabilities));
    }
}

fn these(images: &[String]) -> String {
    match images {
        [image] => text(image).into_owned(),
        images => format!("{} images", images.len()),
    }
}

/// What to say of a patch that no program can apply.
pub(super) fn by_hand(patch: &Patch) -> &'static str {
    match patch {
        Patch::OfFile(_) => "",
        Patch::ByHand(_) => "; its lines are to be written there by hand",
    }
}

/// The advice in a sentence; a rewrite has its patch beside it.
pub(in crate::report) fn advice_text(advice: &Advice) -> String {
    match advice {
        Advice::Exclude { file, images, ignore_files, line, seconds } => {
            let images = these(images);
            let files: Vec<_> = ignore_files.iter().map(|file| text(file)).collect();
            format!(
                "{} is in the context of {images}, and no instruction or script names it: `{}` in {} \
                 keeps it out, and steps that take {} would not be lost for it",
                text(file),
                text(line),
                files.join(", "),
                about(*seconds, false)
            )
        }
        Advice::Rewrite { images, dockerfile, line, title, seconds, patch, .. } => format!(
            "{}:{line}: {}; this change would have cost {} {} less{}",
            text(dockerfile),
            text(title),
            these(images),
            about(*seconds, false),
            by_hand(patch)
        ),
    }
}
