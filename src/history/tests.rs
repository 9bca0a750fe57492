use std::time::{Duration, UNIX_EPOCH};

use super::*;

const DAY: u64 = 24 * 60 * 60;

fn step(instruction: &str, outcome: Outcome, seconds: f64, cause: Option<&str>) -> KeptStep {
    KeptStep {
        name: format!("[1/1] {instruction}"),
        instruction: instruction.to_owned(),
        kind: instruction.split(' ').next().unwrap().to_owned(),
        outcome,
        seconds: (outcome == Outcome::Ran).then(|| Seconds::new(seconds)),
        span: None,
        needs: Vec::new(),
        cause: cause.map(str::to_owned),
    }
}

fn build(day: u64, seconds: f64, steps: Vec<KeptStep>) -> KeptBuild {
    KeptBuild {
        engine: "e".to_owned(),
        project: "/shop".to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        started: UNIX_EPOCH + Duration::from_secs(day * DAY),
        seconds: Seconds::new(seconds),
        succeeded: true,
        up_to_date: false,
        commit: Some("f00".to_owned()),
        steps,
    }
}

fn files(at: usize, names: &[&str]) -> String {
    serde_json::json!({"kind": "files", "step": at, "names": names}).to_string()
}

fn parent(of: usize) -> String {
    serde_json::json!({"kind": "parent", "step": of}).to_string()
}

/// An edit of two files, which an install stands on.
fn edited(day: u64) -> KeptBuild {
    build(
        day,
        10.0,
        vec![
            step("FROM python", Outcome::Ran, 3.0, None),
            step("RUN apt-get update", Outcome::Cached, 0.0, None),
            step("COPY . .", Outcome::Ran, 1.0, Some(&files(2, &["app.py", "README.md"]))),
            step("RUN pip install .", Outcome::Ran, 7.0, Some(&parent(2))),
        ],
    )
}

#[test]
fn what_runs_for_a_file_is_its_cost() {
    let history = history(&[edited(9), edited(8)]);
    let cause =
        CauseCost { kind: "files".to_owned(), builds: 2, steps: 4, seconds: Seconds::new(16.0) };
    assert_eq!(history.causes, [cause]);
    let told: Vec<_> =
        history.files.iter().map(|it| (&*it.path, it.builds, it.seconds.get())).collect();
    assert_eq!(told, [("README.md", 2, 8.0), ("app.py", 2, 8.0)]);
    let steps: Vec<_> = history
        .steps
        .iter()
        .map(|it| (&*it.instruction, it.runs, it.reused, it.seconds.get()))
        .collect();
    assert_eq!(steps, [("RUN pip install .", 2, 0, 14.0), ("COPY . .", 2, 0, 2.0)]);
}

#[test]
fn steps_but_from_are_counted_by_what_became_of_them() {
    let not_reached = step("RUN late", Outcome::NotReached, 0.0, None);
    let failed = step("RUN make", Outcome::Failed, 0.0, None);
    let kept =
        [edited(2), KeptBuild { succeeded: false, ..build(1, 2.0, vec![failed, not_reached]) }];
    let history = history(&kept);
    assert_eq!(history.total.counts, Counts { reused: 1, ran: 3 });
    assert_eq!(history.total.counts.hit_rate(), Some(0.25));
    assert_eq!((history.total.builds, history.total.failed), (2, 1));
    assert_eq!(history.total.seconds, Seconds::new(12.0));
    assert_eq!(Counts::default().hit_rate(), None);
}

#[test]
fn a_build_is_told_with_what_cost_it_most() {
    let mut kept = edited(1);
    let argument = serde_json::json!({"kind": "argument", "step": 4, "names": ["V"]}).to_string();
    kept.steps.push(step("RUN make", Outcome::Ran, 30.0, Some(&argument)));
    let lost = history(&[kept]).builds[0].lost_to.clone().unwrap();
    assert_eq!((&*lost.kind, lost.names, lost.steps), ("argument", vec!["V".to_owned()], 1));
}

#[test]
fn causes_that_lead_in_a_circle_or_nowhere_are_passed_over() {
    let circle = vec![
        step("RUN a", Outcome::Ran, 1.0, Some(&parent(1))),
        step("RUN b", Outcome::Ran, 1.0, Some(&parent(0))),
        step("RUN c", Outcome::Ran, 1.0, Some(&parent(99))),
        step("RUN d", Outcome::Ran, 1.0, Some("no JSON")),
    ];
    assert_eq!(history(&[build(1, 4.0, circle)]).causes, []);
}

#[test]
fn weeks_end_with_the_newest_build_and_none_between_is_left_out() {
    let history =
        history(&[build(30, 4.0, vec![]), build(24, 2.0, vec![]), build(10, 1.0, vec![])]);
    let told: Vec<_> = history
        .weeks
        .iter()
        .map(|week| (week.builds, week.seconds_per_build().map(Seconds::get)))
        .collect();
    assert_eq!(told, [(1, Some(1.0)), (0, None), (2, Some(3.0))]);
    let first = history.weeks[0].from.duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(first, 9 * DAY + 1);
    assert_eq!(super::history(&[]), History::default());
    // A clock that was at its beginning makes no thousand weeks.
    assert_eq!(super::history(&[build(20_000, 1.0, vec![]), build(0, 1.0, vec![])]).weeks.len(), 1);
}

#[test]
fn a_cause_that_strikes_each_step_for_itself_is_one_loss() {
    let own = |kind: &str, at: usize| serde_json::json!({"kind": kind, "step": at}).to_string();
    for kind in ["no_cache", "no_record", "evicted"] {
        let steps = vec![
            step("RUN a", Outcome::Ran, 2.0, Some(&own(kind, 0))),
            step("COPY . .", Outcome::Ran, 4.0, Some(&files(1, &["app.py"]))),
            step("RUN b", Outcome::Ran, 2.5, Some(&own(kind, 2))),
            step("RUN c", Outcome::Ran, 1.0, Some(&parent(2))),
            step("RUN d", Outcome::Cached, 0.0, Some(&own(kind, 4))),
        ];
        let lost = history(&[build(1, 9.0, steps)]).builds[0].lost_to.clone().unwrap();
        assert_eq!((&*lost.kind, lost.steps, lost.seconds.get()), (kind, 3, 5.5));
    }
}

#[test]
fn what_has_one_name_is_one_loss_and_two_edits_are_two() {
    let argument =
        |at: usize| serde_json::json!({"kind": "argument", "step": at, "names": ["V"]}).to_string();
    let edit = |at: usize| serde_json::json!({"kind": "instruction", "step": at}).to_string();
    let steps = vec![
        step("RUN a", Outcome::Ran, 2.0, Some(&argument(0))),
        step("RUN b", Outcome::Ran, 3.0, Some(&edit(1))),
        step("RUN c", Outcome::Ran, 2.0, Some(&argument(2))),
        step("RUN d", Outcome::Ran, 3.0, Some(&edit(3))),
    ];
    let lost = history(&[build(1, 9.0, steps)]).builds[0].lost_to.clone().unwrap();
    assert_eq!((&*lost.kind, lost.steps, lost.seconds.get()), ("argument", 2, 4.0));
}

#[test]
fn builds_are_in_the_order_of_when_they_began() {
    // Recorded when they end: the longer one of two last, though it began first.
    let told = history(&[build(3, 1.0, vec![]), build(5, 2.0, vec![]), build(1, 3.0, vec![])]);
    let seconds: Vec<f64> = told.builds.iter().map(|build| build.seconds.get()).collect();
    assert_eq!(seconds, [2.0, 1.0, 3.0]);
}

#[test]
fn a_step_that_failed_cost_what_it_took_until_then() {
    let span = Some(Span::new(Seconds::new(1.0), Seconds::new(7.0)));
    let failed = KeptStep { span, ..step("RUN make", Outcome::Failed, 0.0, None) };
    assert_eq!(history(&[build(1, 8.0, vec![failed])]).steps[0].seconds, Seconds::new(6.0));
}
