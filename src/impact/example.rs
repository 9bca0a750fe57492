//! An impact to test with: two images that change, a new one and one that is gone.

use super::{
    Advice, ImageChange, ImageImpact, Impact, ImpactSummary, Patch, Place, Problem, RootCause,
    StepImpact, TreeSide,
};
use crate::plan::{ContentKeys, KeyInput, Step, StepIndex, StepKey, StepKind};
use crate::predict::{Cause, CauseKind, ChangeKind, FileChange, StepForecast, Verdict};
use crate::{Digest, Seconds};

/// Files that changed.
pub(crate) fn files(changed: &[(&str, ChangeKind)]) -> CauseKind {
    let file = |(path, change): &(&str, ChangeKind)| FileChange {
        path: (*path).to_owned(),
        change: *change,
    };
    CauseKind::Files { files: changed.iter().map(file).collect(), more: 0 }
}

/// A place at this line.
pub(crate) fn place(file: &str, line: u32) -> Place {
    Place { file: file.to_owned(), lines: Some((line, line)) }
}

/// A place without a line.
pub(crate) fn whole(file: &str) -> Place {
    Place { file: file.to_owned(), lines: None }
}

/// An image that is changed, without a step.
pub(crate) fn image(name: &str, dockerfile: &str) -> ImageImpact {
    ImageImpact {
        name: name.to_owned(),
        dockerfile: dockerfile.to_owned(),
        context: ".".to_owned(),
        target: None,
        origin: dockerfile.to_owned(),
        change: ImageChange::Changed,
        was_named: None,
        built_as: None,
        steps: Vec::new(),
        causes: Vec::new(),
        masked: Vec::new(),
        bytes_added: 0,
        unknown_growth: None,
        summary: ImpactSummary::default(),
    }
}

impl ImageImpact {
    /// A further step on the last one. `cause` is the step where its reason lies; of a step that
    /// is reused there is none.
    pub(crate) fn step(
        mut self,
        instruction: &str,
        seconds: f64,
        cause: Option<(usize, CauseKind)>,
    ) -> Self {
        let at = self.steps.len();
        let number = at + 1;
        let line = u32::try_from(number).unwrap_or(u32::MAX);
        let kind = match instruction.split_whitespace().next() {
            Some("FROM") => StepKind::From,
            Some("COPY") => StepKind::Copy,
            _ => StepKind::Run,
        };
        let parent = at.checked_sub(1).map(|at| KeyInput::Parent { step: StepIndex(at) });
        let key = StepKey(Digest::of(instruction.as_bytes()));
        let step = Step {
            told: None,
            name: format!("[{number}/9] {instruction}"),
            stage: String::new(),
            line,
            last_line: line,
            instruction: instruction.to_owned(),
            kind,
            key,
            bare_key: key,
            layers_key: key,
            content_keys: ContentKeys::default(),
            inputs: parent.into_iter().collect(),
            uncertain: false,
            written_contexts: Vec::new(),
            no_cache: false,
            is_doubted: false,
        };
        let counts = kind != StepKind::From;
        let verdict = match cause {
            None => {
                self.summary.cached += usize::from(counts);
                Verdict::Cached
            }
            Some((step, kind)) => {
                self.summary.rebuild += usize::from(counts);
                self.lost(at, (step, !counts), &kind, seconds);
                Verdict::Rebuild(Cause { step: StepIndex(step), kind })
            }
        };
        let took = Seconds::new(seconds);
        let forecast = StepForecast { step, verdict, seconds: took, is_timed: true };
        let place = place(&self.dockerfile, line);
        self.steps.push(StepImpact { forecast, place, is_measured: true, bytes_added: 0 });
        self.summary.seconds_full = self.summary.seconds_full + Seconds::new(seconds);
        self.summary.seconds_full_before = self.summary.seconds_full;
        self.summary.is_measured = true;
        self
    }

    fn lost(&mut self, at: usize, (cause, is_base): (usize, bool), kind: &CauseKind, seconds: f64) {
        let seconds = Seconds::new(seconds);
        self.summary.seconds_lost = self.summary.seconds_lost + seconds;
        if let Some(root) = self.causes.iter_mut().find(|root| root.step.0 == cause) {
            root.lost.push(StepIndex(at));
            root.seconds = root.seconds + seconds;
            return;
        }
        let (step, kind) = (StepIndex(cause), kind.clone());
        let lost = vec![StepIndex(at)];
        self.causes.push(RootCause { step, kind, is_base, places: Vec::new(), lost, seconds });
    }

    /// The places of the last cause.
    pub(crate) fn at(mut self, places: &[Place]) -> Self {
        if let Some(cause) = self.causes.last_mut() {
            cause.places = places.to_vec();
        }
        self
    }
}

/// Two images that change, a new one, one that is gone, and a file that cannot be read.
pub(crate) fn impact() -> Impact {
    let after = || CauseKind::Parent;
    let requirements = || files(&[("api/requirements.txt", ChangeKind::Modified)]);
    let mut api = image("api/Dockerfile", "api/Dockerfile")
        .step("FROM python:3.12", 0.0, None)
        .step("COPY requirements.txt .", 0.1, Some((1, requirements())))
        .at(&[
            Place { file: "api/requirements.txt".to_owned(), lines: Some((3, 4)) },
            place("api/Dockerfile", 2),
        ])
        .step("RUN pip install -r requirements.txt", 38.0, Some((1, after())))
        .step("COPY . .", 0.4, Some((1, after())));
    api.context = "api".to_owned();
    api.bytes_added = 24_100_000;
    let base = CauseKind::Instruction {
        before: Some("FROM node:20 AS build".to_owned()),
        after: "FROM node:22 AS build".to_owned(),
    };
    let mut web = image("compose.yaml:web", "web/Dockerfile")
        .step("FROM node:22 AS build", 0.0, Some((0, base)))
        .at(&[place("web/Dockerfile", 1)])
        .step("RUN npm ci", 61.5, Some((0, after())))
        .step("RUN true", 0.0, None)
        .step(
            "COPY README.md .",
            0.2,
            Some((3, files(&[("README.md", ChangeKind::Removed), ("a.txt", ChangeKind::Added)]))),
        )
        .at(&[whole("README.md"), place("web/Dockerfile", 4)]);
    web.origin = "compose.yaml".to_owned();
    web.target = Some("build".to_owned());
    web.summary.is_measured = false;
    let mut worker =
        image("worker/Dockerfile", "worker/Dockerfile").step("FROM alpine", 0.0, None).step(
            "RUN apk add make",
            12.0,
            Some((
                1,
                CauseKind::Instruction { before: None, after: "RUN apk add make".to_owned() },
            )),
        );
    worker.change = ImageChange::New;
    worker.causes.clear();
    worker.summary.seconds_lost = Seconds::ZERO;
    worker.summary.seconds_full_before = Seconds::ZERO;
    worker.bytes_added = 90_000_000;
    let mut old = image("old/Dockerfile", "old/Dockerfile");
    old.change = ImageChange::Removed;
    old.summary.seconds_gained = Seconds::new(12.0);
    old.summary.seconds_full_before = Seconds::new(12.0);
    Impact {
        base: "main".to_owned(),
        head: "HEAD".to_owned(),
        images: vec![api, web, old, worker],
        unchanged: 7,
        problems: vec![Problem {
            side: TreeSide::Head,
            file: "broken/compose.yaml".to_owned(),
            line: Some(3),
            image: None,
            message: "a tab where blanks belong: write blanks".to_owned(),
            lacks_value: false,
        }],
        notices: vec!["the clone is shallow".to_owned()],
        advice: vec![
            Advice::Exclude {
                file: "README.md".to_owned(),
                images: vec!["compose.yaml:web".to_owned()],
                ignore_files: vec![".dockerignore".to_owned()],
                line: "README.md".to_owned(),
                seconds: Seconds::new(0.2),
            },
            Advice::Rewrite {
                images: vec!["api/Dockerfile".to_owned()],
                dockerfile: "api/Dockerfile".to_owned(),
                line: 2,
                id: "hoist-manifests",
                title: "copy what pip reads first".to_owned(),
                patch: Patch::OfFile(
                    "--- a/api/Dockerfile\n+++ b/api/Dockerfile\n@@ -1 +1 @@\n-a\n+b\n".to_owned(),
                ),
                seconds: Seconds::new(36.0),
            },
        ],
        ..Impact::default()
    }
}
