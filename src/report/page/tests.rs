//! What stands in a page, whatever a browser makes of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::graph::{Node, graph};
use super::*;
use crate::history::{History, history as add_up};
use crate::impact::{Impact, example};
use crate::predict::{CauseKind, ChangeKind};
use crate::report::history::HistoryView;
use crate::report::history::tests::{at, builds};
use crate::report::{Clock, ContextLine};
use crate::{Seconds, impact::Advice};

/// What a hostile file, log or Dockerfile may be called.
const HOSTILE: &str =
    "</title><script>alert(1)</script>\" onfocus=\"alert(2)' \u{202e}gpj\u{1b}[2J";

/// The page behind its title, less the style and the script.
fn body(page: &str) -> &str {
    let body = page.split_once("<body>").unwrap().1;
    body.rsplit_once("<script>").unwrap().0
}

fn marks(page: &str) -> usize {
    body(page).matches(" data-mark").count()
}

fn told(history: &History, project: Option<&str>) -> String {
    let clock = Clock { now: at(0), zone: TimeZone::UTC };
    super::history(&HistoryView { history, project, days: 30, listed: 4, clock })
}

#[test]
fn hostile_text_stays_text_and_is_seen_as_what_it_is() {
    let node = Node {
        name: HOSTILE.to_owned(),
        stage: HOSTILE.to_owned(),
        fate: Fate::Runs,
        brief: HOSTILE.to_owned(),
        below: None,
        takes_from: Vec::new(),
        words: HOSTILE.to_owned(),
    };
    let table = Table { headings: vec!["Step"], rows: vec![vec![HOSTILE.to_owned()]] };
    let caption = chart::Caption { title: HOSTILE, says: HOSTILE };
    let page = document(HOSTILE, &[HOSTILE.to_owned()], &[graph(&caption, &[node], &table)]);
    assert_eq!(page.matches("<script>").count(), 1, "our own: {page}");
    assert_eq!(page.matches("</title>").count(), 1, "{page}");
    assert!(!page.contains("onfocus=\""), "{page}");
    assert!(!page.contains(['\u{202e}', '\u{1b}']));
    let shown = "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onfocus=&quot;alert(2)' \\u{202e}gpj\\u{1b}[2J";
    // Title, heading, lead, caption as heading and as label and its sentence, name, cause, words,
    // cell.
    assert_eq!(page.matches(shown).count(), 10, "{page}");
}

#[test]
fn a_page_allows_itself_its_own_style_and_script_and_nothing_else() {
    let page = document("Nothing", &[], &[]);
    let between = |start: &str, end: &str| {
        let (_, rest) = page.split_once(start).unwrap();
        rest.split_once(end).unwrap().0.to_owned()
    };
    let digest = |text: String| BASE64_STANDARD.encode(Sha256::digest(text));
    let policy = between("Content-Security-Policy\" content=\"", "\"");
    let style = digest(between("<style>", "</style>"));
    let script = digest(between("<script>", "</script>"));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; img-src data:; style-src 'sha256-{style}'; \
             script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
        )
    );
    // A policy by digests would leave them without effect.
    assert!(!page.contains(" style=\""), "{page}");
}

#[test]
fn a_history_draws_builds_weeks_causes_steps_and_files() {
    let history = add_up(&builds());
    let page = told(&history, Some("/home/ann/shop"));
    let weeks = history.weeks.iter().filter(|week| week.builds > 0).count();
    let drawn = [history.builds.len(), weeks, history.causes.len(), history.steps.len()];
    assert_eq!(marks(&page), drawn.iter().sum::<usize>() + history.files.len());
    assert_eq!(body(&page).matches("<table>").count(), 5, "each chart is a table too");
    assert!(page.contains("5 builds in 30 days: 2 min 42 s"), "{page}");
    assert!(page.contains("<g class=\"mark failed\""), "{page}");
    assert!(page.contains("</span>steps ran</li>"), "{page}");
    assert!(page.contains("lost most to src/app.py: 39 s in 2 steps"), "{page}");
    assert!(page.contains("a\\u{1b}[31m.py"), "{page}");
    assert!(!page.contains("/home/ann/shop</td>"), "one project is named once: {page}");
    assert!(told(&history, None).contains("/home/ann/shop</td>"));
}

#[test]
fn a_build_that_was_not_needed_is_drawn_without_a_timeline() {
    let mut kept = builds();
    kept[2].up_to_date = true;
    let page = told(&add_up(&kept), Some("/home/ann/shop"));
    assert!(page.contains("took 0.4 s; 2 of 2 steps reused; nothing to build"), "{page}");
    assert!(page.contains("nothing to build</td>"), "{page}");
    assert!(page.contains("4 builds have no timeline: recorded before"), "{page}");
}

#[test]
fn the_axis_of_builds_ends_with_the_earliest_and_the_latest() {
    let mut kept = builds();
    kept.reverse();
    let page = told(&add_up(&kept), Some("/home/ann/shop"));
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}: {page}"));
    assert!(place(">2025-11-01 08:00<") < place(">2025-11-26 08:00<"), "{page}");
}

#[test]
fn a_history_of_more_builds_than_can_be_read_says_what_is_left_out() {
    let many: Vec<_> = std::iter::repeat_n(builds().remove(1), 502).collect();
    let page = told(&add_up(&many), None);
    assert!(page.contains("each of the latest 500 builds took, the oldest on the left; 2 older"));
    assert_eq!(body(&page).matches("<g class=\"mark ").count(), 500);
}

#[test]
fn a_history_of_nothing_says_so() {
    let page = told(&add_up(&[]), None);
    assert!(page.contains("<p>No build is recorded within 30 days.</p>"), "{page}");
    assert_eq!(marks(&page), 0);
}

#[test]
fn a_forecast_draws_the_graph_and_the_timeline() {
    let image = &example::impact().images[0];
    let forecast = image.forecast();
    let context =
        ContextLine { files: 412, bytes: 1_840_233, ignored: 12_033, seconds: Seconds::ZERO };
    let view = PredictView {
        dockerfile: "Dockerfile",
        target: Some("api"),
        context: &context,
        is_engine_absent: true,
        against: None,
        forecast: &forecast,
    };
    let page = predict(&view);
    assert_eq!(marks(&page), 2 * forecast.steps.len());
    assert!(page.contains("<h1>Forecast of Dockerfile, stage api</h1>"), "{page}");
    assert!(page.contains("412 files, 1.8 MB; 12,033 ignored"), "{page}");
    assert!(page.contains("this rests on what was recorded"), "{page}");
    let compared = PredictView { against: Some("main: 8141702 Say it".to_owned()), ..view };
    let page = predict(&compared);
    assert!(page.contains("Compared with main: 8141702 Say it."), "{page}");
    assert!(!page.contains("this rests on what was recorded"), "{page}");
}

#[test]
fn a_timeline_says_what_the_rest_of_the_forecast_is() {
    let mut forecast = example::impact().images[0].forecast();
    let drawn = |forecast: &_| {
        let timeline = super::timeline::forecast::timeline(forecast, "Timeline").unwrap();
        timeline.into_string()
    };
    assert!(!drawn(&forecast).contains("around their steps"));
    let end = crate::report::units::seconds(forecast.summary.seconds);
    forecast.summary.seconds = forecast.summary.seconds + Seconds::new(5.0);
    let told = drawn(&forecast);
    let says = format!("The last one ends at {end}; the other 5.0 s of ");
    assert!(told.contains(&says), "{says}: {told}");
}

#[test]
fn a_step_tells_the_way_down_to_the_files_that_are_the_reason() {
    let impact = example::impact();
    let page = super::impact(&impact);
    let told = "RUN pip install -r requirements.txt\nline 3: runs, 38 s\nafter 2/9\n";
    assert!(page.contains(told), "{page}");
    assert!(page.contains("README.md removed +1\na.txt added\""), "{page}");
}

#[test]
fn an_impact_draws_all_images_and_the_steps_of_those_that_lose() {
    let impact = example::impact();
    let page = super::impact(&impact);
    let losing = impact.images.iter().filter(|image| image.is_losing());
    let steps: usize = losing.map(|image| image.steps.len()).sum();
    assert_eq!(marks(&page), impact.images.len() + 2 * steps);
    assert!(page.contains("<p>broken/compose.yaml:3: a tab where blanks belong"), "{page}");
    assert!(page.contains("<p>the clone is shallow</p>"), "{page}");
    assert!(page.contains("\n-a\n+b\n</pre>"), "{page}");
}

#[test]
fn an_impact_whose_every_name_is_hostile_stays_text() {
    let mut impact = example::impact();
    impact.base = HOSTILE.to_owned();
    impact.notices.push(HOSTILE.to_owned());
    impact.problems[0].message = HOSTILE.to_owned();
    for image in &mut impact.images {
        image.name = HOSTILE.to_owned();
        image.dockerfile = HOSTILE.to_owned();
        for step in &mut image.steps {
            step.forecast.step.name = HOSTILE.to_owned();
            step.forecast.step.stage = HOSTILE.to_owned();
        }
    }
    for advice in &mut impact.advice {
        if let Advice::Rewrite { patch, title, .. } = advice {
            *patch = crate::impact::Patch::OfFile(HOSTILE.to_owned());
            *title = HOSTILE.to_owned();
        }
    }
    let page = super::impact(&impact);
    assert_eq!(page.matches("<script>").count(), 1, "our own: {page}");
    assert!(!page.contains("onfocus=\"") && !page.contains(['\u{202e}', '\u{1b}']), "{page}");
}

#[test]
fn of_more_images_than_can_be_read_those_that_lose_most_are_drawn() {
    let mut impact = example::impact();
    let image = impact.images[0].clone();
    impact.images = (0..52_u32)
        .map(|at| {
            let mut image = image.clone();
            image.name = format!("image-{at}-");
            image.summary.seconds_lost = Seconds::new(f64::from(at) + 1.0);
            image
        })
        .collect();
    let page = super::impact(&impact);
    assert!(page.contains("of the 50 images that lose most are drawn, 2 more are not."), "{page}");
    assert!(page.contains("image-51-: Steps") && page.contains("image-2-: Steps"));
    assert!(!page.contains("image-1-: Steps") && !page.contains("image-0-: Steps"));
}

#[test]
fn a_page_grows_with_its_steps_and_not_with_their_reasons() {
    let parent = |at: usize| (at, CauseKind::Parent);
    let page_of = |steps: usize| {
        let first = example::files(&[("a", ChangeKind::Added)]);
        let mut image = example::image("big", "Dockerfile").step("COPY a .", 0.1, Some((0, first)));
        for at in 1..steps {
            image = image.step(&"RUN make ".repeat(1000), 1.0, Some(parent(at - 1)));
        }
        super::impact(&Impact { images: vec![image], ..Impact::default() })
    };
    let (small, large) = (page_of(50), page_of(400));
    assert!(large.len() < small.len() * 9, "{} and {}", small.len(), large.len());
    assert!(large.len() < 400 * 6_000, "{}", large.len());
    assert!(large.contains("\nafter 399/9\nafter 398/9\nafter 397/9\n…\na added"));
}
