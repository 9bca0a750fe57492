//! What is said of one step, and that nothing is too wide or acts on a terminal.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::*;
use crate::context::git::Commit;
use crate::predict::{StepHistory, Strikes};

/// The lines that the steps of a forecast come from.
fn source(forecast: &Forecast) -> String {
    let lines: Vec<&str> = forecast.steps.iter().map(|step| &*step.step.instruction).collect();
    lines.join("\n")
}

fn moment(seconds_ago: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_144_000 - seconds_ago)
}

/// What is said of a step of which nothing was kept.
fn bare<'a>(forecast: &'a Forecast, source: &'a str, step: usize) -> WhyView<'a> {
    WhyView {
        forecast,
        step: StepIndex(step),
        dockerfile: "Dockerfile",
        source,
        history: StepHistory::default(),
        strikes: None,
        files: BTreeMap::new(),
        clock: Clock { now: moment(0), zone: jiff::tz::TimeZone::UTC },
    }
}

fn told(forecast: &Forecast, step: usize, capabilities: &Capabilities) -> String {
    why(&bare(forecast, &source(forecast), step), capabilities)
}

/// All that can be known of a step whose root is the edit of `src/app.py`.
fn evidence<'a>(forecast: &'a Forecast, source: &'a str, step: usize) -> WhyView<'a> {
    let commit = Commit {
        id: "0123456789abcdef0123456789abcdef01234567".into(),
        short_id: "0123456".into(),
        subject: "Greet whoever comes".into(),
        time: moment(3 * 86_400),
    };
    let story = FileStory { is_committed: Some(false), last_commit: Some(commit), left_out: None };
    WhyView {
        history: StepHistory {
            last_reused: Some(moment(2 * 86_400)),
            last_ran: Some((moment(5 * 3600), Some(Seconds::new(3.4)))),
        },
        strikes: Some(Strikes {
            kind: "files",
            name: some("src/app.py"),
            builds: 9,
            of: 20,
            seconds: Seconds::new(28.0),
        }),
        files: [("src/app.py".to_owned(), story)].into(),
        ..bare(forecast, source, step)
    }
}

#[test]
fn why_goes_down_to_the_file() {
    insta::assert_snapshot!(told(&shop(), 5, &Capabilities::PLAIN));
}

#[test]
fn why_has_the_commit_the_last_reuse_and_how_often_it_struck() {
    let forecast = shop();
    let text = source(&forecast);
    let view = evidence(&forecast, &text, 5);
    insta::assert_snapshot!(why(&view, &Capabilities::PLAIN) + "\n" + &why(&view, &NARROW));
}

#[test]
fn a_file_is_told_as_git_and_the_ignore_rules_have_it() {
    let forecast = shop();
    let text = source(&forecast);
    let with = |change: fn(&mut FileStory)| {
        let mut view = evidence(&forecast, &text, 4);
        view.files.values_mut().for_each(change);
        let text = why(&view, &Capabilities::PLAIN);
        text.lines().skip_while(|line| !line.contains("modified")).nth(1).unwrap().trim().to_owned()
    };
    assert_eq!(with(|_| {}), "not committed; before that 0123456 Greet whoever comes, 3 days ago");
    assert_eq!(
        with(|story| story.is_committed = Some(true)),
        "0123456 Greet whoever comes, 3 days ago"
    );
    assert_eq!(with(|story| story.last_commit = None), "not committed");
    assert_eq!(
        with(|story| story.left_out = Some(".dockerignore:3 *.log".into())),
        "left out by .dockerignore:3 *.log"
    );
    let none = with(|story| *story = FileStory::default());
    assert!(none.starts_with("src/app.py made 5/6 run in 9 of"), "{none}");
}

#[test]
fn how_often_a_cause_struck_is_a_sentence() {
    let forecast = shop();
    let text = source(&forecast);
    let told = |kind, name: Option<&str>, builds, of| {
        let name = name.map(str::to_owned);
        let strikes = Strikes { kind, name, builds, of, seconds: Seconds::new(builds as f64) };
        let view = WhyView { strikes: Some(strikes), ..bare(&forecast, &text, 5) };
        let text = why(&view, &Capabilities::PLAIN);
        text.lines().last().unwrap().trim().to_owned()
    };
    let all = [
        told("files", Some("a b"), 3, 20),
        told("files", Some("a"), 0, 20),
        told("argument", Some("VERSION"), 1, 1),
        told("base_image", Some("alpine"), 0, 1),
        told("instruction", None, 2, 3),
        told("no_cache", None, 2, 3),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn why_of_every_cause() {
    let forecast = every_cause();
    let all = (0..forecast.steps.len())
        .map(|step| told(&forecast, step, &Capabilities::PLAIN))
        .collect::<Vec<_>>();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn why_of_a_reused_step_and_of_none() {
    insta::assert_snapshot!(told(&shop(), 2, &Capabilities::PLAIN));
    assert_eq!(told(&shop(), 99, &Capabilities::PLAIN), "");
}

#[test]
fn a_cause_that_names_a_later_step_does_not_loop() {
    let wrong = steps().after("RUN a", 1.0, 1).after("RUN b", 1.0, 0).after("RUN c", 1.0, 7).done();
    assert_eq!(told(&wrong, 1, &Capabilities::PLAIN).matches("] RUN").count(), 2);
    assert!(forecast(None, &wrong, &Capabilities::PLAIN).contains("after an earlier step"));
}

#[test]
fn nothing_that_is_told_acts_on_a_terminal() {
    let evil = "a\u{1b}[2J\u{7}\n\u{202e}b";
    let value = || some(evil);
    let name = || evil.to_owned();
    let hostile = steps()
        .rebuild(
            &format!("FROM {evil}"),
            1.0,
            CauseKind::BaseImage { reference: name(), before: value(), after: value() },
        )
        .rebuild(&format!("RUN {evil}"), 1.0, files(&[(evil, ChangeKind::Added)], 0))
        .rebuild(
            "RUN b",
            1.0,
            CauseKind::Argument { name: name(), before: value(), after: None, more: 0 },
        )
        .rebuild(
            "RUN c",
            1.0,
            CauseKind::Environment { name: name(), before: None, after: value(), more: 0 },
        )
        .rebuild("RUN d", 1.0, CauseKind::Option { name: name(), before: value(), after: None })
        .rebuild("RUN e", 1.0, CauseKind::Instruction { before: value(), after: name() })
        .done();
    let text = source(&hostile);
    let clock = Clock { now: moment(0), zone: jiff::tz::TimeZone::UTC };
    let mut story = evidence(&hostile, &text, 0).files.remove("src/app.py").unwrap();
    let commit = story.last_commit.as_mut().unwrap();
    commit.subject = name();
    let mut told = forecast(None, &hostile, &Capabilities::PLAIN);
    told += &against(evil, Some(commit), &clock, &Capabilities::PLAIN);
    for step in 0..hostile.steps.len() {
        let mut view = evidence(&hostile, &text, step);
        view.strikes.as_mut().unwrap().name = value();
        view.files = [(name(), story.clone()), ("Dockerfile".into(), story.clone())].into();
        told += &why(&view, &Capabilities::PLAIN);
    }
    let acts =
        |character: char| character.is_control() && character != '\n' || character == '\u{202e}';
    assert!(!told.contains(acts), "{told}");
}

#[test]
fn a_forecast_against_a_commit_names_it() {
    let text = source(&shop());
    let forecast = shop();
    let view = evidence(&forecast, &text, 5);
    let commit = view.files["src/app.py"].last_commit.as_ref();
    let told = |commit, capabilities| against("main~3", commit, &view.clock, capabilities);
    assert_eq!(
        told(commit, &Capabilities::PLAIN),
        "against   main~3: 0123456 Greet whoever comes, 3 days ago\n"
    );
    assert_eq!(told(commit, &NARROW), "against   main~3: 0123456 Greet whoever…\n");
    assert_eq!(told(None, &NARROW), "against   main~3\n");
}

/// Long names, wide characters, values that fill many lines, and many steps.
fn unwieldy() -> Forecast {
    let wide = "長い".repeat(40);
    let mut long = steps()
        .cached(&format!("RUN echo {wide}"), 100.0)
        .rebuild(&"COPY x ".repeat(30), 1.0, files(&[(&wide, ChangeKind::Type)], 1000))
        .rebuild(
            "RUN a",
            7200.0,
            CauseKind::Instruction { before: some(&wide), after: "RUN ".repeat(300) },
        )
        .rebuild(
            "RUN b",
            1.0,
            CauseKind::Argument {
                name: "NAME".repeat(30),
                before: some(&"v".repeat(500)),
                after: some(&wide),
                more: 0,
            },
        );
    for step in 0..40 {
        long = long.after(&format!("RUN {step} {wide}"), 60.0, 3 + step);
    }
    long.done()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for forecast_of in [shop(), every_cause(), unwieldy()] {
        let source = source(&forecast_of);
        for width in [20, 24, 40, 63, 64, 80, 120, 200] {
            let capabilities = Capabilities { width, ..Capabilities::PLAIN };
            let mut text = forecast(Some(&CONTEXT), &forecast_of, &capabilities);
            for step in 0..forecast_of.steps.len() {
                text += &why(&evidence(&forecast_of, &source, step), &capabilities);
            }
            for line in text.lines() {
                assert!(escape::columns(line) <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }
}

#[test]
fn the_unwieldy_at_40_80_and_200_columns() {
    let (unwieldy, wide) = (unwieldy(), Capabilities { width: 200, ..Capabilities::PLAIN });
    let all = [&NARROW, &Capabilities::PLAIN, &wide].map(|capabilities| {
        forecast(Some(&CONTEXT), &unwieldy, capabilities) + "\n" + &told(&unwieldy, 3, capabilities)
    });
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_hostile_name_is_shown_and_does_nothing() {
    let hostile = steps()
        .rebuild(
            "RUN echo \u{1b}[2J\u{1b}]0;owned\u{7}",
            1.0,
            files(&[("evil\u{202e}gpj.\nexe", ChangeKind::Added)], 0),
        )
        .done();
    insta::assert_snapshot!(
        forecast(None, &hostile, &Capabilities { width: 120, ..Capabilities::PLAIN })
            + &told(&hostile, 0, &Capabilities::PLAIN)
    );
}

#[test]
fn json_of_why() {
    let (forecast, engine) = (shop(), engine());
    let text = source(&forecast);
    insta::assert_snapshot!(pretty(&json::why(&subject(&engine), &evidence(&forecast, &text, 5))));
}
