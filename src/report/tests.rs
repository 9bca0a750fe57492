//! What people and machines see, as snapshots.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod verification;
mod why;

use serde::Serialize;

use super::json::{self, ContextSummary, RestsOn, Subject};
use super::*;
use crate::engine::{EngineInfo, ImageStore, Sent};
use crate::plan::{ContentKeys, Step, StepIndex, StepKey, StepKind};
use crate::predict::{
    Agreement, Cause, CauseKind, ChangeKind, FileChange, Forecast, Probability, StepForecast,
    Verdict,
};
use crate::store::Outcome;
use crate::{Digest, Seconds, Span};

const COLOR: Capabilities = Capabilities { color: true, width: 80, interactive: true };
const NARROW: Capabilities = Capabilities { color: false, width: 40, interactive: false };

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
            layers_key: StepKey(Digest::of(instruction.as_bytes())),
            content_keys: ContentKeys::default(),
            name: String::new(),
            told: None,
            stage: String::new(),
            line,
            last_line: line,
            instruction: instruction.to_owned(),
            kind,
            key: StepKey(Digest::of(instruction.as_bytes())),
            inputs: Vec::new(),
            uncertain: false,
            written_contexts: Vec::new(),
            no_cache: false,
            is_doubted: false,
        };
        let seconds = Seconds::new(seconds);
        self.0.push(StepForecast { step, verdict, seconds, is_timed: true });
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
    let version = CauseKind::Argument {
        name: "VERSION".into(),
        before: some("1"),
        after: some("2"),
        more: 0,
    };
    let base = |before| CauseKind::BaseImage {
        reference: "alpine:3.20".to_owned(),
        before,
        after: some("sha256:22"),
    };
    let depends = Verdict::Depends {
        cause: Cause { step: StepIndex(3), kind: CauseKind::StageOutput },
        probability: Probability::new(0.25),
    };
    let unknown = Verdict::Unknown(Cause { step: StepIndex(13), kind: CauseKind::Fetched });
    let doubted = Verdict::Unknown(Cause { step: StepIndex(19), kind: CauseKind::Doubted });
    let shared = Verdict::Unknown(Cause { step: StepIndex(16), kind: CauseKind::Shared });
    let unread = Verdict::Unknown(Cause { step: StepIndex(20), kind: CauseKind::Unreadable });
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
            CauseKind::Argument { name: "API_TOKEN".into(), before: None, after: None, more: 0 },
        )
        .rebuild(
            "RUN three",
            1.0,
            CauseKind::Environment {
                name: "LANG".into(),
                before: None,
                after: some("C.UTF-8"),
                more: 0,
            },
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
        .rebuild("RUN ten", 1.0, CauseKind::ContextBase { name: "lib".into() })
        .step("RUN eleven", 1.0, shared)
        .rebuild(
            "RUN twelve",
            1.0,
            CauseKind::StoodOn {
                before: "RUN gone".into(),
                is_gone: true,
                after: "RUN eleven".into(),
            },
        )
        .rebuild(
            "RUN thirteen",
            1.0,
            CauseKind::Option { name: "USER".into(), before: some("1"), after: some("2") },
        )
        .step("COPY doubted /", 0.1, doubted)
        .step("RUN fourteen", 1.0, unread)
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
    Ended { steps, agreement, image, tags, seconds: Seconds::new(4.1), shortcut: false }
}

fn actual(outcomes: &[Outcome]) -> Vec<Actual> {
    let one = |outcome: &Outcome| Actual {
        outcome: *outcome,
        seconds: (*outcome == Outcome::Ran).then(|| Seconds::new(0.5)),
        span: (*outcome == Outcome::Ran).then(|| Span::new(Seconds::new(1.0), Seconds::new(1.5))),
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
fn records_that_cannot_be_read_are_not_said_to_be_none() {
    let unknown = |kind| Verdict::Unknown(Cause { step: StepIndex(0), kind });
    let said = |kind| {
        let of_all = steps().step("FROM alpine:3.20", 0.0, unknown(kind)).done();
        forecast(None, &of_all, &Capabilities::PLAIN)
    };
    assert_eq!(
        said(CauseKind::NoRecord),
        "forecast  none: nothing is recorded of this engine yet\n"
    );
    assert_eq!(said(CauseKind::Unreadable), "forecast  none: the records could not be read\n");
}

#[test]
fn every_cause_at_80_columns() {
    insta::assert_snapshot!(forecast(None, &every_cause(), &Capabilities::PLAIN));
}

#[test]
fn every_cause_at_40_columns() {
    insta::assert_snapshot!(forecast(None, &every_cause(), &NARROW));
}

#[test]
fn after_a_prune() {
    let pruned = steps()
        .cached("FROM busybox:local", 0.0)
        .rebuild("COPY a.txt /a.txt", 0.1, CauseKind::Evicted)
        .rebuild("RUN make", 12.0, CauseKind::Evicted)
        .done();
    insta::assert_snapshot!(forecast(None, &pruned, &Capabilities::PLAIN));
}

#[test]
fn an_image_that_is_kept_is_said_not_to_be_built() {
    let tags = ["shop:latest".to_owned()];
    let agreement = Agreement { steps: 5, right: 5, ..Agreement::default() };
    let kept = Ended { shortcut: true, ..ended(&[], &tags, agreement) };
    assert_eq!(
        outcome(&kept, &shop(), &Capabilities::PLAIN),
        "kept      sha256:6105d6cc76af shop:latest in 4.1 s; nothing to build\n"
    );
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
        basis: Some(crate::optimize::Basis {
            past: crate::optimize::Past::Commits,
            builds: 50,
            skipped: 3,
            timing: crate::optimize::Timing::Typical,
        }),
        patch: String::new(),
        text: String::new(),
    };
    let text = rewrites(&found, &NARROW);
    insta::assert_snapshot!(text);
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
        Some(json::Basis {
            past: json::Past::Commits,
            builds: 50,
            skipped: 2,
            timing: json::Timing::Mixed,
        }),
        "--- a/Dockerfile\n".into(),
    )));
}
