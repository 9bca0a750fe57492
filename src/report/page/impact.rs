//! What a change costs every image, as a page.

use maud::{Markup, html};

use super::bars::{Bar, bars};
use super::chart::Caption;
use super::document;
use super::sentences::sentences;
use super::steps::steps;
use super::{Fate, Table};
use crate::Seconds;
use crate::impact::{Advice, ImageImpact, Impact};
use crate::report::escape::text;
use crate::report::impact::{advice_text, outcome, places, problem_text, reason, sum};
use crate::report::units;

/// Of so many images the steps are drawn: a page with more cannot be read, and grows slow.
const DRAWN: usize = 50;

/// The page of an impact.
pub fn impact(impact: &Impact) -> String {
    let title =
        format!("What the change from {} to {} costs", text(&impact.base), text(&impact.head));
    let mut losing: Vec<&ImageImpact> =
        impact.images.iter().filter(|image| image.is_losing()).collect();
    let most = |image: &&ImageImpact| image.summary.seconds_lost;
    // What is equal stays in its order.
    losing.sort_by(|one, other| most(other).get().total_cmp(&most(one).get()));
    let mut lead = vec![format!("{}.", sum(impact))];
    let left = losing.len().saturating_sub(DRAWN);
    if left > 0 {
        lead.push(format!(
            "The steps of the {DRAWN} images that lose most are drawn, {left} more are not."
        ));
    }
    let mut parts = Vec::new();
    parts.extend(gate(impact));
    parts.extend(images(impact));
    for image in losing.iter().take(DRAWN) {
        parts.extend(steps(&image.forecast(), Some(&image.name)));
    }
    parts.extend(advice(impact));
    parts.extend(problems(impact));
    document(&title, &lead, &parts)
}

/// All images that the change is about, with what each loses.
fn images(impact: &Impact) -> Option<Markup> {
    if impact.images.is_empty() {
        return None;
    }
    let bar = |image: &ImageImpact| {
        let name = text(&image.name).into_owned();
        let mut words = format!("{name}\n{}: {}", text(&image.dockerfile), outcome(image));
        let places = places(image);
        if !places.is_empty() {
            push!(words, "\nat {places}");
        }
        Bar {
            name,
            fate: image.is_losing().then_some(Fate::Runs),
            start: Seconds::ZERO,
            seconds: image.summary.seconds_lost,
            took: image.summary.seconds_lost,
            is_critical: false,
            words,
        }
    };
    let row = |image: &ImageImpact| {
        vec![
            text(&image.name).into_owned(),
            text(&image.dockerfile).into_owned(),
            outcome(image),
            units::seconds(image.summary.seconds_lost),
            places(image),
        ]
    };
    let table = Table {
        headings: vec!["Image", "Dockerfile", "Outcome", "Seconds lost", "At"],
        rows: impact.images.iter().map(row).collect(),
    };
    let caption = Caption {
        title: "Images",
        says: "What the next build of each takes for the steps that are lost.",
    };
    Some(bars(&caption, &impact.images.iter().map(bar).collect::<Vec<_>>(), &table))
}

fn gate(impact: &Impact) -> Option<Markup> {
    let title = if impact.gate.is_passed() { "Accepted" } else { "Refused" };
    sentences(title, impact.gate.reasons.iter().map(reason).collect())
}

fn problems(impact: &Impact) -> Option<Markup> {
    let problems = impact.problems.iter().map(|problem| problem_text(problem, impact));
    let notices = impact.notices.iter().map(|notice| text(notice).into_owned());
    sentences("Not compared, or on less than was wished for", problems.chain(notices).collect())
}

fn advice(impact: &Impact) -> Option<Markup> {
    (!impact.advice.is_empty()).then(|| {
        html! {
            section {
                h2 { "What would have cost less" }
                @for advice in &impact.advice {
                    p { (advice_text(advice)) }
                    @if let Advice::Rewrite { patch, .. } = advice {
                        // It may be wider than the screen; what scrolls has to be reached by keyboard.
                        pre tabindex="0" { (patch.text()) }
                    }
                }
            }
        }
    })
}
