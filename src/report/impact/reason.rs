//! Why a cost is not accepted, in a sentence.

use super::super::{cause, escape, units};
use crate::Seconds;
use crate::impact::gate::{Broken, Reason, SetBy};
use crate::impact::{Place, Problem, TreeSide};

/// What says which images there are.
const CONFIGURATION: &str = "smartbuild.toml";

/// The reason in a sentence without its full stop, on one line and safe for a terminal.
pub fn reason(reason: &Reason) -> String {
    let image = escape::text(&reason.image);
    match &reason.broken {
        Broken::Seconds { lost, allowed, is_measured } => {
            let typical = if *is_measured { "" } else { ", by typical times" };
            format!(
                "{image}: the next build takes {} for steps that were cached{typical}; {} allows {}",
                about(*lost, *allowed),
                setting(reason.set_by, "max-seconds"),
                units::exact_seconds(*allowed)
            )
        }
        Broken::Steps { lost, allowed } => format!(
            "{image}: {} again; {} allows {}",
            steps(*lost),
            setting(reason.set_by, "max-steps"),
            units::count(*allowed as u64)
        ),
        Broken::Growth { added, is_least, allowed } => format!(
            "{image}: COPY and ADD bring {}{} more into the image; {} allows {}",
            if *is_least { "at least " } else { "" },
            unlike(*added, *allowed),
            setting(reason.set_by, "max-image-growth"),
            unlike(*allowed, *added)
        ),
        Broken::GrowthUnknown { instruction, place, allowed } => format!(
            "{image}: nobody knows how much `{}` at {} brings, as it is from another image or an \
             address, or in an archive that is not read here; {} allows {}",
            escape::text(instruction),
            shown(place),
            setting(reason.set_by, "max-image-growth"),
            units::bytes(*allowed)
        ),
        Broken::Cause { denied, cause, place, steps: lost, open } => {
            let open = match (lost, open) {
                (_, 0) => format!("{} again", steps(*lost)),
                (0, open) => {
                    format!("{} may run again", units::counted(*open as u64, "step", "steps"))
                }
                (_, open) => format!("{} again and {open} may", steps(*lost)),
            };
            let place = place.as_ref().map(|place| format!(" ({})", shown(place)));
            format!(
                "{image}: {}{}, so that {open}; {} denies {denied}",
                cause::brief_kind(cause),
                place.unwrap_or_default(),
                setting(reason.set_by, "deny"),
            )
        }
        Broken::Excluded => format!(
            "{image}: smartbuild.toml excludes it and sets limits for it as well, which nobody \
             keeps; remove one of the two"
        ),
        Broken::NotCompared { problem } if problem.lacks_value => format!(
            "{image}: it could not be compared, so that nobody knows whether it keeps {}: {} says \
             {}, or exclude the image in smartbuild.toml",
            limits(reason.set_by),
            at(problem),
            escape::text(&problem.message)
        ),
        Broken::NotCompared { problem } if problem.side == TreeSide::Base => format!(
            "{image}: it could not be compared, so that nobody knows whether it keeps {}: {} was \
             wrong in the older tree; accept it once, or exclude the image in smartbuild.toml",
            limits(reason.set_by),
            at(problem)
        ),
        Broken::NotCompared { problem } => {
            // What is wrong in that file can leave out no image.
            let or = match &*problem.file {
                CONFIGURATION => "",
                _ => ", or exclude the image in smartbuild.toml",
            };
            format!(
                "{image}: it could not be compared, so that nobody knows whether it keeps {}; \
                 correct {}{or}",
                limits(reason.set_by),
                at(problem)
            )
        }
        Broken::Install { instruction, place, cause, is_open } => {
            let cause = cause.as_ref().map(|kind| format!(" ({})", cause::brief_kind(kind)));
            let instruction = escape::text(instruction);
            format!(
                "{image}: `{}` at {} installs packages and {} again{}; {} denies dependency_layer",
                escape::fit(&instruction, 72),
                shown(place),
                if *is_open { "may run" } else { "runs" },
                cause.unwrap_or_default(),
                setting(reason.set_by, "deny"),
            )
        }
    }
}

/// What steps take, in words that are not those of the limit, which is less.
fn about(lost: Seconds, allowed: Seconds) -> String {
    let shown = units::precise_seconds(lost);
    if shown == units::exact_seconds(allowed) {
        format!("a little more than {shown}")
    } else {
        format!("about {shown}")
    }
}

/// Bytes, all of them where they would look like the others.
fn unlike(bytes: u64, others: u64) -> String {
    let shown = units::bytes(bytes);
    if bytes != others && shown == units::bytes(others) {
        return units::counted(bytes, "byte", "bytes");
    }
    shown
}

/// `compose.yaml:3`
fn at(problem: &Problem) -> String {
    let lines = problem.line.map(|line| (line, line));
    shown(&Place { file: problem.file.clone(), lines })
}

/// `1 step runs`, `3 steps run`.
pub(super) fn steps(number: usize) -> String {
    let verb = if number == 1 { "runs" } else { "run" };
    format!("{} {verb}", units::counted(number as u64, "step", "steps"))
}

/// `src/app.py:3`
pub(super) fn shown(place: &Place) -> String {
    let file = escape::text(&place.file);
    place.lines.map_or_else(|| file.to_string(), |(first, _)| format!("{file}:{first}"))
}

/// Limits that nobody can judge.
fn limits(set_by: SetBy) -> &'static str {
    match set_by {
        SetBy::CommandLine => "the limits of the command line",
        SetBy::Image => "its limits in smartbuild.toml",
        SetBy::Defaults => "the limits in smartbuild.toml",
    }
}

/// Where the limit can be changed.
fn setting(set_by: SetBy, option: &str) -> String {
    let name = option.replace('-', "_");
    match set_by {
        SetBy::CommandLine => format!("--{option}"),
        SetBy::Image => format!("{name} of this image in smartbuild.toml"),
        SetBy::Defaults => format!("{name} in smartbuild.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_than_allowed_looks_like_more() {
        assert_eq!(
            about(Seconds::new(30.100_001), Seconds::new(30.1)),
            "a little more than 30.1 s"
        );
        assert_eq!(about(Seconds::new(31.0), Seconds::new(30.1)), "about 31 s");
        let (added, allowed) = (1_000_001, 1_000_000);
        assert_eq!(unlike(added, allowed), "1,000,001 bytes");
        assert_eq!(unlike(allowed, added), "1,000,000 bytes");
        assert_eq!(unlike(2_000_000, allowed), "2.0 MB");
    }
}
