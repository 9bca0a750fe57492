//! What people and machines see, as snapshots.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::json::{self, ContextSummary, RestsOn, Subject};
use super::*;
use crate::context::git::Commit;
use crate::engine::{EngineInfo, ImageStore, Sent};
use crate::plan::{ContentKeys, Step, StepIndex, StepKey, StepKind};
use crate::predict::{
    Agreement, Cause, CauseKind, ChangeKind, FileChange, Forecast, Probability, StepForecast,
    StepHistory, Strikes, Verdict,
};
use crate::store::Outcome;
use crate::{Digest, Seconds};

const COLOR: Capabilities = Capabilities { color: true, width: 80, interactive: true };
const NARROW: Capabilities = Capabilities { color: false, width: 40, interactive: false };

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

const CONTEXT: ContextLine =
    ContextLine { files: 412, bytes: 1_840_233, ignored: 12_033, seconds: Seconds::ZERO };

/// A forecast, built a step at a time; its numbering is written into the names at the end.
struct Steps(Vec<StepForecast>);

fn steps() -> Steps {
    Steps(Vec::new())
}

impl Steps {
    fn step(mut self, instruction: &str, seconds: f64, verdict: Verdict) -> Self {
        let line = u32::try_from(self.0.len()).unwrap() + 1;
        let kind = match instruction.split(' ').next() {
            Some("FROM") => StepKind::From,
            Some("COPY") => StepKind::Copy,
            _ => StepKind::Run,
        };
        let step = Step {
            bare_key: StepKey(Digest::of(instruction.as_bytes())),
            content_keys: ContentKeys::default(),
            name: String::new(),
            stage: String::new(),
            line,
            last_line: line,
            instruction: instruction.to_owned(),
            kind,
            key: StepKey(Digest::of(instruction.as_bytes())),
            inputs: Vec::new(),
            uncertain: false,
            writes_context: false,
            no_cache: false,
        };
        self.0.push(StepForecast { step, verdict, seconds: Seconds::new(seconds) });
        self
    }

    fn cached(self, instruction: &str, seconds: f64) -> Self {
        self.step(instruction, seconds, Verdict::Cached)
    }

    fn rebuild(self, instruction: &str, seconds: f64, kind: CauseKind) -> Self {
        let cause = Cause { step: StepIndex(self.0.len()), kind };
        self.step(instruction, seconds, Verdict::Rebuild(cause))
    }

    fn after(self, instruction: &str, seconds: f64, step: usize) -> Self {
        let cause = Cause { step: StepIndex(step), kind: CauseKind::Parent };
        self.step(instruction, seconds, Verdict::Rebuild(cause))
    }

    fn done(mut self) -> Forecast {
        let count = self.0.len();
        let mut forecast = Forecast::default();
        for (at, each) in self.0.iter_mut().enumerate() {
            let width = count.to_string().len();
            let instruction = &each.step.instruction;
            each.step.name = format!("[{:>width$}/{count}] {instruction}", at + 1);
            let summary = &mut forecast.summary;
            summary.seconds_full = summary.seconds_full + each.seconds;
            match each.verdict {
                Verdict::Cached => summary.cached += 1,
                Verdict::Rebuild(_) => summary.rebuild += 1,
                Verdict::Depends { .. } => summary.depends += 1,
                Verdict::Unknown(_) => summary.unknown += 1,
            }
            if !matches!(each.verdict, Verdict::Cached) {
                summary.seconds = summary.seconds + each.seconds;
            }
        }
        forecast.steps = self.0;
        forecast
    }
}

fn files(paths: &[(&str, ChangeKind)], more: usize) -> CauseKind {
    let file = |(path, change): &(&str, ChangeKind)| FileChange {
        path: (*path).to_owned(),
        change: *change,
    };
    CauseKind::Files { files: paths.iter().map(file).collect(), more }
}

#[allow(clippy::unnecessary_wraps, reason = "causes want their values wrapped")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The shop of the sketch: one source file was edited.
fn shop() -> Forecast {
    steps()
        .cached("FROM python:3.13", 0.0)
        .cached("COPY requirements.txt .", 0.1)
        .cached("RUN pip install -r requirements.txt", 38.0)
        .cached("WORKDIR /app", 0.0)
        .rebuild("COPY . .", 0.4, files(&[("src/app.py", ChangeKind::Modified)], 0))
        .after("RUN python -m compileall .", 3.2, 4)
        .done()
}

fn every_cause() -> Forecast {
    let version =
        CauseKind::Argument { name: "VERSION".into(), before: some("1"), after: some("2") };
    let base = |before| CauseKind::BaseImage {
        reference: "alpine:3.20".to_owned(),
        before,
        after: some("sha256:22"),
    };
    let depends = Verdict::Depends {
        cause: Cause { step: StepIndex(3), kind: CauseKind::StageOutput },
        probability: Probability::new(0.25),
    };
    let unknown = Verdict::Unknown(Cause { step: StepIndex(13), kind: CauseKind::NoRecord });
    steps()
        .rebuild("FROM alpine:3.20", 0.0, base(some("sha256:11")))
        .rebuild("COPY a /", 0.1, files(&[("a", ChangeKind::Mode), ("b", ChangeKind::Added)], 7))
        .rebuild("RUN new", 1.0, CauseKind::Instruction { before: None, after: "RUN new".into() })
        .rebuild(
            "RUN make -j8",
            125.0,
            CauseKind::Instruction { before: some("RUN make"), after: "RUN make -j8".into() },
        )
        .rebuild("RUN one", 1.0, version)
        .rebuild(
            "RUN two",
            1.0,
            CauseKind::Argument { name: "API_TOKEN".into(), before: None, after: None },
        )
        .rebuild(
            "RUN three",
            1.0,
            CauseKind::Environment { name: "LANG".into(), before: None, after: some("C.UTF-8") },
        )
        .rebuild(
            "RUN four",
            1.0,
            CauseKind::Option {
                name: "network".into(),
                before: some("default"),
                after: some("none"),
            },
        )
        .after("RUN five", 1.0, 7)
        .step("COPY --from=build /out /", 0.3, depends)
        .rebuild("RUN six", 1.0, CauseKind::Evicted)
        .rebuild("RUN seven", 0.0, CauseKind::NoRecord)
        .rebuild("RUN eight", 1.0, CauseKind::NoCache)
        .step("ADD https://example.com/a.tgz /", 2.0, unknown)
        .rebuild("RUN nine", 1.0, base(None))
        .done()
}

fn subject(engine: &EngineInfo) -> Subject<'_> {
    let context = ContextSummary {
        files: 412,
        bytes: 1_840_233,
        ignored: 12_033,
        digest: Digest::of(b"context"),
    };
    Subject { dockerfile: "Dockerfile", target: None, engine: Some(engine), context }
}

fn engine() -> EngineInfo {
    EngineInfo {
        name: "docker".into(),
        version: "28.5.2".into(),
        builder: "buildkit".into(),
        id: "not shown".into(),
        store: ImageStore::GraphDriver,
        platform: "linux/amd64".into(),
    }
}

fn ended<'a>(steps: &'a [Actual], tags: &'a [String], agreement: Agreement) -> Ended<'a> {
    let image = Some(Digest::of(b"image"));
    Ended { steps, agreement, image, tags, seconds: Seconds::new(4.1) }
}

fn actual(outcomes: &[Outcome]) -> Vec<Actual> {
    let one = |outcome: &Outcome| Actual {
        outcome: *outcome,
        seconds: (*outcome == Outcome::Ran).then(|| Seconds::new(0.5)),
    };
    outcomes.iter().map(one).collect()
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[test]
fn the_sketch_at_80_columns() {
    insta::assert_snapshot!(forecast(Some(&CONTEXT), &shop(), &Capabilities::PLAIN));
}

#[test]
fn the_sketch_in_colour_has_the_same_text() {
    let colored = forecast(Some(&CONTEXT), &shop(), &COLOR);
    let plain = forecast(Some(&CONTEXT), &shop(), &Capabilities::PLAIN);
    assert_eq!(console::strip_ansi_codes(&colored), plain);
    insta::assert_snapshot!(colored.replace('\u{1b}', "␛"));
}

#[test]
fn the_sketch_at_40_columns() {
    insta::assert_snapshot!(forecast(Some(&CONTEXT), &shop(), &NARROW));
}

#[test]
fn every_cause_at_80_columns() {
    insta::assert_snapshot!(forecast(None, &every_cause(), &Capabilities::PLAIN));
}

#[test]
fn every_cause_at_40_columns() {
    insta::assert_snapshot!(forecast(None, &every_cause(), &NARROW));
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
        for width in [24, 40, 63, 64, 80, 120, 200] {
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
fn a_long_list_keeps_what_matters() {
    let mut long = steps().cached("FROM base", 0.0);
    for step in 0..9 {
        long = long.cached(&format!("RUN early {step}"), 5.0);
    }
    long = long.rebuild("COPY . .", 0.4, files(&[("src/app.py", ChangeKind::Modified)], 0));
    for step in 0..8 {
        long = long.after(&format!("RUN late {step}"), 2.0, 10);
    }
    insta::assert_snapshot!(forecast(None, &long.done(), &Capabilities::PLAIN));
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
        .rebuild("RUN b", 1.0, CauseKind::Argument { name: name(), before: value(), after: None })
        .rebuild(
            "RUN c",
            1.0,
            CauseKind::Environment { name: name(), before: None, after: value() },
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

#[test]
fn why_goes_down_to_the_file() {
    insta::assert_snapshot!(told(&shop(), 5, &Capabilities::PLAIN));
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
fn a_right_forecast_is_one_line() {
    let happened = actual(&[
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Ran,
        Outcome::Ran,
    ]);
    let agreement = Agreement { steps: 5, right: 5, ..Agreement::default() };
    let tags = ["shop:latest".to_owned()];
    insta::assert_snapshot!(outcome(
        &ended(&happened, &tags, agreement),
        &shop(),
        &Capabilities::PLAIN
    ));
}

#[test]
fn a_wrong_forecast_is_said_step_by_step() {
    let happened = actual(&[
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Ran,
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Ran,
    ]);
    let agreement = Agreement { steps: 5, right: 3, false_cached: 1, false_rebuild: 1, depends: 0 };
    let ended = ended(&happened, &[], agreement);
    insta::assert_snapshot!(
        outcome(&ended, &shop(), &Capabilities::PLAIN) + "\n" + &outcome(&ended, &shop(), &NARROW)
    );
}

#[test]
fn a_failed_build_names_the_step() {
    let happened = actual(&[
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Cached,
        Outcome::Ran,
        Outcome::Failed,
    ]);
    let agreement = Agreement { steps: 5, right: 4, depends: 1, ..Agreement::default() };
    let ended = ended(&happened, &[], agreement);
    insta::assert_snapshot!(outcome(&ended, &shop(), &Capabilities::PLAIN));
}

#[test]
fn a_first_build_is_not_said_to_have_been_forecast_wrong() {
    let happened = actual(&[Outcome::Ran; 6]);
    let agreement = Agreement { steps: 5, ..Agreement::default() };
    let said = outcome(&ended(&happened, &[], agreement), &shop(), &Capabilities::PLAIN);
    let first = said.lines().next().unwrap_or_default();
    assert!(first.ends_with("; no step could be forecast"), "{said}");
}

#[test]
fn json_of_the_sketch() {
    let (forecast, engine) = (shop(), engine());
    insta::assert_snapshot!(pretty(&json::predict(&subject(&engine), &forecast, RestsOn::Engine)));
}

#[test]
fn json_of_every_cause() {
    let (forecast, engine) = (every_cause(), engine());
    let report =
        serde_json::to_value(json::predict(&subject(&engine), &forecast, RestsOn::Records))
            .unwrap();
    let causes: Vec<String> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| format!("{} {} {}", step["verdict"], step["probability"], step["cause"]))
        .collect();
    insta::assert_snapshot!(causes.join("\n"));
}

#[test]
fn json_after_a_build() {
    let (forecast, engine) = (shop(), engine());
    let happened =
        actual(&[Outcome::Cached, Outcome::Cached, Outcome::Cached, Outcome::Cached, Outcome::Ran]);
    let agreement = Agreement { steps: 5, right: 5, ..Agreement::default() };
    let ended = ended(&happened, &[], agreement);
    let sent = Sent { files: 3, bytes: 1200 };
    insta::assert_snapshot!(pretty(&json::build(&subject(&engine), &forecast, &ended, sent)));
}

#[test]
fn json_of_why() {
    let (forecast, engine) = (shop(), engine());
    let text = source(&forecast);
    insta::assert_snapshot!(pretty(&json::why(&subject(&engine), &evidence(&forecast, &text, 5))));
}

#[test]
fn what_is_said_of_a_rewrite_fits_a_narrow_terminal() {
    let rewrite = crate::optimize::Rewrite {
        id: "hoist-manifests",
        line: 5,
        title: "Install requirements.txt before copying the rest".into(),
        why: "Line 5 copies more than requirements.txt, so every edit of another file runs it."
            .into(),
        proof: crate::optimize::Proof::Rule,
        risk: crate::optimize::Risk::Verify,
        saves: crate::optimize::Saves {
            seconds_per_build: Seconds::new(30.0),
            builds_helped: 1.0,
            commits: 1,
        },
        edits: Vec::new(),
        patch: String::new(),
    };
    let found = crate::optimize::Optimization {
        rewrites: vec![rewrite],
        refusals: Vec::new(),
        before: Some(Seconds::new(40.0)),
        after: Some(Seconds::new(10.0)),
        patch: String::new(),
        text: String::new(),
    };
    let text = rewrites(&found, &NARROW);
    assert!(text.contains("the last build\n"), "{text}");
    for line in text.lines() {
        assert!(escape::columns(line) <= NARROW.width, "{line}");
    }
}

#[test]
fn json_of_optimize() {
    let rewrite = json::RewriteEntry {
        id: "hoist-manifests".into(),
        line: 5,
        title: "Copy requirements.txt before the rest".into(),
        why: "pip install need not run when only sources change".into(),
        proof: json::Proof::Rule,
        risk: json::Risk::None,
        saves: Some(json::Saves { seconds_per_build: 31.0, builds_helped: 0.92, commits: 50 }),
        patch: "--- a/Dockerfile\n".into(),
    };
    let total = |seconds_per_build| Some(json::Total { seconds_per_build });
    insta::assert_snapshot!(pretty(&json::Optimize::new(
        vec![rewrite],
        total(44.0),
        total(9.5),
        "--- a/Dockerfile\n".into(),
    )));
}
