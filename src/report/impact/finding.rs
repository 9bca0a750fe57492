//! Places at fault, each with what all images lose for it.

use std::collections::HashMap;

use super::super::{cause, escape, units};
use super::reason;
use crate::Seconds;
use crate::impact::gate::{Broken, Reason};
use crate::impact::{ImageImpact, Impact, Place, Problem, RootCause};

/// How many images a sentence names.
const NAMED: usize = 3;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Good to know.
    Note,
    /// It costs, and is allowed.
    Warning,
    /// It is not allowed.
    Error,
}

/// Something to say about a place.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// Which kind: that of the cause in JSON, `gate` or `problem`.
    pub(super) rule: &'static str,
    /// How much it matters.
    pub(super) level: Level,
    /// Where.
    pub(super) place: Place,
    /// What, in one line that is safe for a terminal.
    pub(super) message: String,
    /// What it is about, whatever its lines and seconds are.
    pub(super) identity: String,
}

/// Everything that there is to say, what is not allowed first.
pub(super) fn findings(impact: &Impact) -> Vec<Finding> {
    let level = if impact.gate.accepted_by.is_some() { Level::Note } else { Level::Error };
    let mut all: Vec<Finding> =
        impact.gate.reasons.iter().map(|reason| of_reason(impact, reason, level)).collect();
    all.extend(causes(impact));
    all.extend(impact.problems.iter().map(of_problem));
    all
}

fn of_reason(impact: &Impact, broken: &Reason, level: Level) -> Finding {
    let image = impact.images.iter().find(|image| image.name == broken.image);
    let dockerfile = image.map_or(&*broken.image, |image| &*image.dockerfile);
    let whole = || Place { file: dockerfile.to_owned(), lines: None };
    // What is lost all in all is shown where most of it is lost.
    let most = |of: fn(&RootCause) -> f64| {
        let causes = || image.into_iter().flat_map(|image| &image.causes);
        let worst = causes().reduce(|worst, it| if of(it) > of(worst) { it } else { worst });
        image.zip(worst).map_or_else(whole, |(image, root)| place_of(image, root))
    };
    let grown = || {
        let steps = image.into_iter().flat_map(|image| &image.steps);
        let most = steps.filter(|step| step.bytes_added > 0).max_by_key(|step| step.bytes_added);
        most.map_or_else(whole, |step| step.place.clone())
    };
    let (place, limit) = match &broken.broken {
        Broken::Seconds { .. } => (most(|root| root.seconds.get()), "max_seconds".to_owned()),
        Broken::Steps { .. } => (most(steps_lost), "max_steps".to_owned()),
        Broken::Growth { .. } => (grown(), "max_image_growth".to_owned()),
        Broken::GrowthUnknown { place, .. } => (place.clone(), "max_image_growth".to_owned()),
        Broken::Excluded => {
            (Place { file: "smartbuild.toml".to_owned(), lines: None }, "excluded".to_owned())
        }
        Broken::NotCompared { problem } => {
            let lines = problem.line.map(|line| (line, line));
            (Place { file: problem.file.clone(), lines }, "not_compared".to_owned())
        }
        Broken::Cause { denied, place, .. } => {
            let place = place.clone().unwrap_or_else(whole);
            let limit = format!("{denied} {}", place.file);
            (place, limit)
        }
        Broken::Install { place, instruction, .. } => (place.clone(), instruction.clone()),
    };
    let accepted = impact.gate.accepted_by.as_ref().map(|trailer| {
        format!("; accepted by {} of {}", escape::text(&trailer.name), trailer.commit)
    });
    Finding {
        rule: "gate",
        level,
        place,
        message: reason::reason(broken) + &accepted.unwrap_or_default(),
        identity: format!("{}\0{limit}", broken.image),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no image has so many steps")]
fn steps_lost(root: &RootCause) -> f64 {
    root.lost.len() as f64
}

fn of_problem(problem: &Problem) -> Finding {
    let lines = problem.line.map(|line| (line, line));
    Finding {
        rule: "problem",
        level: Level::Warning,
        place: Place { file: problem.file.clone(), lines },
        message: escape::text(&problem.message).into_owned(),
        identity: problem.message.clone(),
    }
}

/// A place, what is wrong there, and all that is lost for it.
struct Group<'a> {
    place: Place,
    brief: String,
    lost: Vec<(&'a ImageImpact, &'a RootCause)>,
}

/// One for each place: a file that three images copy is one place.
fn causes(impact: &Impact) -> Vec<Finding> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<(Place, String), usize> = HashMap::new();
    for image in &impact.images {
        for root in image.causes.iter().filter(|root| !root.lost.is_empty()) {
            let place = place_of(image, root);
            let brief = cause::brief_kind(&root.kind);
            let index = *known.entry((place.clone(), brief.clone())).or_insert_with(|| {
                groups.push(Group { place, brief, lost: Vec::new() });
                groups.len() - 1
            });
            groups[index].lost.push((image, root));
        }
    }
    groups.into_iter().filter_map(finding).collect()
}

fn finding(group: Group<'_>) -> Option<Finding> {
    let (first, root) = *group.lost.first()?;
    let steps: usize = group.lost.iter().map(|(_, root)| root.lost.len()).sum();
    let seconds: Seconds = group.lost.iter().map(|(_, root)| root.seconds).sum();
    let mut names: Vec<String> = Vec::new();
    for (image, _) in &group.lost {
        let name = escape::text(&image.name).into_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let time = if units::is_worth_saying(seconds) {
        format!(", about {}", units::seconds(seconds))
    } else {
        String::new()
    };
    // Of an instruction the text tells it from others, as its line may move.
    let instruction = first.steps.get(root.step.0).map(|step| &*step.forecast.step.instruction);
    let identity = match root.kind.word() {
        "files" => group.place.file.clone(),
        _ => format!("{}\0{}", group.place.file, instruction.unwrap_or_default()),
    };
    Some(Finding {
        rule: root.kind.word(),
        level: Level::Warning,
        message: format!(
            "{}: {} again in {}{time}",
            group.brief,
            reason::steps(steps),
            names.join(", ")
        ),
        place: group.place,
        identity,
    })
}

/// The place to point at: one with lines, if there is any, as what is gone cannot be shown.
pub(super) fn place_of(image: &ImageImpact, root: &RootCause) -> Place {
    let with_lines = root.places.iter().find(|place| place.lines.is_some());
    let place = with_lines.or(root.places.first()).cloned();
    place.unwrap_or_else(|| Place { file: image.dockerfile.clone(), lines: None })
}
