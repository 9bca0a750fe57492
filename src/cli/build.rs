//! `smartbuild build`: predict, build, compare, record.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc;

use super::args::{BuildArgs, ProgressMode};
use super::builder;
use super::environment::Environment;
use super::failure::Failure;
use super::file_records::{file_records, reads_own};
use super::held::{self, Recorded};
use super::memory::kind_name;
use super::observation::Observation;
use super::optimized;
use super::project::{EngineNeed, NextCopy, Project, prepare};
use super::request::request;
use super::shortcut;
use super::stop;
use super::ui::{Heedless, Ui};
use super::watching;
use crate::context::ContextPath;
use crate::context::git::{GitOptions, Repository};
use crate::engine::{Asked, BuildError, BuildOutcome, BuildRequest, Docker, Sent};
use crate::plan::{Plan, Step, StepIndex, StepKind};
use crate::predict::eviction::{Circumstances, Done};
use crate::predict::{Forecast, Late, PastCause, Verdict, compare, digested_late, used_images};
use crate::report::progress::Display;
use crate::report::{self, Actual, Ended};
use crate::store::{BuildRecord, Outcome, StepRecord};
use crate::{Digest, Seconds};

/// How long a build that was cancelled looks at the cache: longer than an engine at rest needs, and
/// hardly noticed.
const AFTER_CANCEL: Duration = Duration::from_millis(500);

pub(super) async fn run(
    args: &BuildArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    builder::can_build(environment)?;
    make_way(args)?;
    let mode = args.progress();
    let talks = !matches!(mode, ProgressMode::Quiet | ProgressMode::RawJson);
    let (flags, need) = (&args.flags, EngineNeed::Required);
    let mut project = prepare(&args.path, flags, need, environment, ui).await?;
    if args.optimize {
        let rewritten = optimized::rewritten(project, flags, need, talks, environment, ui);
        project = Box::pin(rewritten).await?;
    }
    let Some(docker) = project.docker.take() else {
        return Err(anyhow::anyhow!("no engine answers").into());
    };
    let mut request = request(&project, &args.flags)?;
    if talks {
        let text = report::forecast(Some(&project.context), &project.forecast, ui.messages());
        ui.status(&text)?;
    }
    let begun = (SystemTime::now(), Instant::now());
    let inputs = shortcut::inputs(&project, &request);
    let root = project.source.root.clone();
    // The commit as it is now: another may be checked out while the engine builds.
    let commit = tokio::task::spawn_blocking(move || checked_out(&root));
    // Whoever reads the engine's own messages is given them.
    if !args.no_shortcut && mode != ProgressMode::RawJson {
        let tags = &args.flags.tags;
        if let Some(image) = shortcut::take(&docker, &project, inputs.as_ref(), tags).await {
            let seconds = begun.1.elapsed().into();
            keep(image, &project, args, seconds, ui)?;
            let kept = shortcut::Kept { inputs, started: begun.0, seconds, commit };
            kept.remember(&mut project).await;
            return Ok(());
        }
    }
    if project.next_copy == NextCopy::New {
        project.memory.give_up_context(&project.line, None, ui)?;
    }
    let begun_context = project.memory.begin_context(&project.line, ui)?;
    request.shared_key = format!("smartbuild:{}", begun_context.copy);
    let built = watch(&docker, &request, &project, mode, ui).await?;
    let seconds = Seconds::from(begun.1.elapsed());
    let finished = Finished::new(&project, &built, args, seconds, inputs);
    let is_recorded = if finished.began() {
        let commit = commit.await.ok().flatten();
        finished.remember(&mut project, begun.0, begun_context.copy, commit, ui)?
    } else {
        // Where the engine came to no step of several, only it knows what it began.
        match &built.result {
            Err(BuildError::Failed { asked: Asked { any: false, .. }, .. }) => {
                project.memory.leave_context(&project.line, &begun_context, ui)?;
            }
            Ok(_) | Err(BuildError::Failed { .. }) if runs_nothing(&project.plan) => {
                project.memory.give_up_context(&project.line, Some(&begun_context), ui)?;
            }
            _ => {}
        }
        false
    };
    if is_recorded && built.asked_in_vain(&project) {
        project.memory.give_up_context(&project.line, None, ui)?;
    }
    let outcome = finish(&built, &finished, &project, args, talks, ui);
    if let Some(path) = &args.report {
        let sent = built.result.as_ref().map_or(Sent::default(), |outcome| outcome.sent);
        let subject = project.subject();
        let ended = finished.ended();
        write_report(path, &report::json::build(&subject, &project.forecast, &ended, sent))?;
    }
    let is_cancelled = matches!(built.result, Err(BuildError::Cancelled));
    if is_recorded {
        let patience = if is_cancelled { AFTER_CANCEL } else { Duration::MAX };
        let look = look(&docker, &finished, &built, &mut project, ui);
        tokio::select! {
            // What is not seen in time the next forecast looks for again.
            looked = tokio::time::timeout(patience, look) => if let Ok(looked) = looked { looked? },
            // Whoever is in a hurry goes without.
            () = stop::asked() => {}
        }
    }
    outcome
}

/// Ends without a build: the image is there, and has its names.
fn keep(
    image: Digest,
    project: &Project,
    args: &BuildArgs,
    seconds: Seconds,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let steps: Vec<Actual> =
        project.plan.steps.iter().map(|_| Actual::untimed(Outcome::Cached)).collect();
    let outcomes: Vec<Outcome> = steps.iter().map(|step| step.outcome).collect();
    let ended = Ended {
        steps: &steps,
        agreement: compare(&project.forecast, &outcomes),
        image: Some(image),
        tags: &args.flags.tags,
        seconds,
        shortcut: true,
    };
    if !matches!(args.progress(), ProgressMode::Quiet) {
        ui.status(&report::outcome(&ended, &project.forecast, ui.messages()))?;
    }
    hand_over(Some(image), args, ui)?;
    if let Some(path) = &args.report {
        let report =
            report::json::build(&project.subject(), &project.forecast, &ended, Sent::default());
        write_report(path, &report)?;
    }
    Ok(())
}

/// Gives the image's id to whoever asked for it.
fn hand_over(image: Option<Digest>, args: &BuildArgs, ui: &mut Ui) -> Result<(), Failure> {
    if let Some(path) = &args.flags.iidfile {
        let id = image.map(|id| id.to_string()).unwrap_or_default();
        std::fs::write(path, id).map_err(|error| not_written(path, &error))?;
    }
    if let (ProgressMode::Quiet, Some(id)) = (args.progress(), image) {
        ui.result(&format!("{id}\n"))?;
    }
    Ok(())
}

/// Keeps where the results of the build's steps are, once everything has been said of it.
async fn look(
    docker: &Docker,
    finished: &Finished<'_>,
    built: &Built,
    project: &mut Project,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let Some(engine) = &project.engine else { return Ok(()) };
    let windows = built.observation.windows(&project.plan);
    let done: Vec<Done> = finished
        .steps
        .iter()
        .zip(windows)
        .map(|(actual, window)| Done { outcome: actual.outcome, window })
        .collect();
    let recorded = Recorded {
        engine,
        project: &project.line.project,
        plan: &project.plan,
        routes: &project.routes,
        done: &done,
        circumstances: Circumstances {
            began: built.observation.began(),
            context_window: built.observation.context_window(),
            context_before: project.context_records.clone(),
        },
    };
    Ok(held::look(docker, &recorded, &mut project.memory, ui).await?)
}

/// Sees that what was asked for can be written, before anything is built for it.
///
/// The id of an earlier image goes: whoever reads it after a failure would take it for this one's.
fn make_way(args: &BuildArgs) -> Result<(), Failure> {
    for file in args.flags.iidfile.iter().chain(&args.report) {
        let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
            return Err(anyhow::anyhow!(
                "cannot write {}: there is no directory {}",
                file.display(),
                directory.display()
            )
            .into());
        }
    }
    let Some(file) = &args.flags.iidfile else { return Ok(()) };
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(anyhow::Error::new(error)
                .context(format!("cannot write the image's id to {}", file.display()))
                .into())
        }
        _ => Ok(()),
    }
}

/// What the engine did.
struct Built {
    observation: Observation,
    result: Result<BuildOutcome, BuildError>,
}

impl Built {
    /// Whether the engine asked for files of a context where there were none, as far as is known. A
    /// copy that begins so is digested by its root's mode, one that begins with files is not, for as
    /// long as the engine has it (`scanPath` and `HandleChange` of `BuildKit`'s `contenthash`).
    fn asked_in_vain(&self, project: &Project) -> bool {
        match &self.result {
            Ok(BuildOutcome { asked, .. }) | Err(BuildError::Failed { asked, .. }) => asked.in_vain,
            Err(_) => {
                !project.options.contexts.is_empty() || !reads_own(&project.plan, &project.seen)
            }
        }
    }
}

/// Whether a build of this plan has nothing to run, as where a directory is all of the last stage.
fn runs_nothing(plan: &Plan) -> bool {
    plan.steps.iter().all(|step| step.kind == StepKind::From)
}

/// Runs the build and shows it.
async fn watch(
    docker: &Docker,
    request: &BuildRequest,
    project: &Project,
    mode: ProgressMode,
    ui: &Ui,
) -> Result<Built, Failure> {
    let expected: HashMap<String, Seconds> = project
        .forecast
        .steps
        .iter()
        .filter(|step| step.seconds > Seconds::ZERO)
        .map(|step| (step.step.name.clone(), step.seconds))
        .collect();
    let messages = Box::new(Heedless(std::io::stderr()));
    let display = Display::new(mode.into(), ui.messages(), expected, messages);
    let mut observation = Observation::default();
    let (sender, events) = mpsc::unbounded_channel();
    let building = Box::pin(docker.build(request, sender, stop::asked()));
    let result =
        watching::watch(building, events, display, |event| observation.take(event)).await?;
    Ok(Built { observation, result })
}

/// A build that ended, compared with its forecast.
struct Finished<'a> {
    steps: Vec<Actual>,
    /// Which of them were begun.
    begun: Vec<bool>,
    ended: EndedParts<'a>,
    /// Whether a file changed while it was sent: then nothing is certain of what was read.
    is_certain: bool,
    /// What decides the image, where that is known.
    inputs: Option<Digest>,
    /// Files that the engine lacked and never asked for: it may have built with older ones.
    unsent: Vec<ContextPath>,
}

/// Takes back what an engine says of steps that were open when the build failed or was cancelled.
///
/// It reports some of them as reused, whose results nobody ever made, and ends others without an
/// error: only a reuse that was forecast, and a run that had ended before, are believed.
fn distrust(steps: &mut [Actual], project: &Project, observation: &Observation) {
    let open = observation.open_at_failure(&project.plan);
    for ((actual, forecast), open) in steps.iter_mut().zip(&project.forecast.steps).zip(open) {
        let is_believed = match actual.outcome {
            Outcome::Cached => matches!(forecast.verdict, Verdict::Cached),
            Outcome::Ran => !open,
            Outcome::Failed | Outcome::NotReached => true,
        };
        if !is_believed {
            *actual = Actual::untimed(Outcome::NotReached);
        }
    }
}

struct EndedParts<'a> {
    agreement: crate::predict::Agreement,
    image: Option<Digest>,
    tags: &'a [String],
    seconds: Seconds,
}

impl<'a> Finished<'a> {
    fn new(
        project: &Project,
        built: &Built,
        args: &'a BuildArgs,
        seconds: Seconds,
        inputs: Option<Digest>,
    ) -> Self {
        let mut steps = built.observation.outcomes(&project.plan);
        if built.result.is_err() {
            distrust(&mut steps, project, &built.observation);
        }
        let outcomes: Vec<Outcome> = steps.iter().map(|step| step.outcome).collect();
        let ended = EndedParts {
            agreement: compare(&project.forecast, &outcomes),
            image: built.result.as_ref().ok().and_then(|outcome| outcome.image),
            tags: &args.flags.tags,
            seconds,
        };
        let is_certain = !matches!(built.result, Err(BuildError::ContextChanged { .. }));
        let unsent = match &built.result {
            Ok(outcome) => {
                let is_unsent = |path: &&ContextPath| !outcome.sent_files.contains(*path);
                project.to_send.iter().filter(is_unsent).cloned().collect()
            }
            Err(_) => Vec::new(),
        };
        let begun = built.observation.begun(&project.plan);
        Self { steps, begun, ended, is_certain, inputs, unsent }
    }

    /// Whether the engine came to any step.
    fn began(&self) -> bool {
        self.steps.iter().any(|step| step.outcome != Outcome::NotReached)
    }

    fn ended(&self) -> Ended<'_> {
        Ended {
            steps: &self.steps,
            agreement: self.ended.agreement,
            image: self.ended.image,
            tags: self.ended.tags,
            seconds: self.ended.seconds,
            shortcut: false,
        }
    }

    /// Which steps rest on files that changed and were reused although the engine never asked for
    /// the new ones: it may have an older copy of them, so their keys must not speak for it.
    fn doubtful(&self, project: &Project) -> Vec<bool> {
        let mut doubtful: Vec<bool> = Vec::with_capacity(self.steps.len());
        for (forecast, actual) in project.forecast.steps.iter().zip(&self.steps) {
            let has_unsent_files = self.unsent.iter().any(|path| forecast.step.reads(path));
            let inputs = forecast.step.parent().into_iter().chain(forecast.step.stage_outputs());
            let rests_on_doubt = inputs.into_iter().any(|input| doubtful[input.0]);
            let is_reused = actual.outcome == Outcome::Cached;
            doubtful.push(is_reused && (has_unsent_files || rests_on_doubt));
        }
        doubtful
    }

    /// Which steps the engine may have under another key than theirs, as a RUN wrote into the context
    /// that they read.
    fn digested_late(&self, project: &Project) -> Vec<Late> {
        let steps: Vec<&Step> = project.plan.steps.iter().collect();
        let may_have_begun = |StepIndex(place)| match self.steps[place].outcome {
            Outcome::Ran | Outcome::Failed => true,
            Outcome::NotReached => self.begun[place],
            Outcome::Cached => false,
        };
        digested_late(&steps, may_have_begun)
    }

    /// Whether a RUN that may write into the context's files was begun.
    fn loses_context(&self, project: &Project) -> bool {
        let steps = project.plan.steps.iter().zip(&self.steps);
        steps.into_iter().any(|(step, actual)| {
            step.writes_context() && matches!(actual.outcome, Outcome::Ran | Outcome::Failed)
        })
    }

    /// Keeps what the build taught, if it taught anything. Only steps that the engine ran to their
    /// end or reused speak for its cache.
    fn remember(
        &self,
        project: &mut Project,
        started: SystemTime,
        copy: String,
        commit: Option<String>,
        ui: &mut Ui,
    ) -> Result<bool, Failure> {
        if !self.is_certain || !self.began() {
            return Ok(false);
        }
        let late = self.digested_late(project);
        let mut doubtful = self.doubtful(project);
        doubtful.iter_mut().zip(&late).for_each(|(doubtful, late)| *doubtful |= *late != Late::No);
        let is_doubtful = doubtful.contains(&true);
        let reached = |place: usize| {
            self.steps.get(place).is_some_and(|step| step.outcome != Outcome::NotReached)
        };
        let used = used_images(&project.plan, reached);
        // What was open and is reused was found by what another stage left.
        let is_equal = |place: usize| {
            let forecast = project.forecast.steps.get(place).map(|step| &step.verdict);
            matches!(forecast, Some(Verdict::Depends { .. }))
                && self.steps.get(place).is_some_and(|step| step.outcome == Outcome::Cached)
        };
        let steps = project.plan.steps.iter().zip(&self.steps).zip(doubtful).enumerate();
        let steps = steps.map(|(place, ((step, actual), doubtful))| StepRecord {
            key: project.kept_under(place).first().unwrap_or(&step.key).0,
            other_keys: step
                .other_keys()
                .chain(project.kept_under(place).into_iter().skip(1))
                .chain(is_equal(place).then(|| step.equality_key()).flatten())
                .filter(|_| late[place] != Late::Yes)
                .map(|key| key.0)
                .collect(),
            name: step.name.clone(),
            line: step.line,
            instruction: step.instruction.clone(),
            kind: kind_name(step.kind).to_owned(),
            inputs: serde_json::to_string(&step.inputs).unwrap_or_default(),
            outcome: actual.outcome,
            seconds: actual.seconds,
            span: actual.span,
            needs: step.needs().map(|needed| needed.0).collect(),
            reusable: !doubtful
                && (matches!(actual.outcome, Outcome::Cached | Outcome::Ran)
                    || used.contains(&place)),
            left_open: match actual.outcome {
                Outcome::NotReached => self.begun[place],
                Outcome::Ran | Outcome::Cached => late[place] != Late::No,
                Outcome::Failed => false,
            },
            cause: None,
        });
        let record = BuildRecord {
            engine: project.line.engine.clone(),
            project: project.line.project.clone(),
            dockerfile: project.line.dockerfile.clone(),
            target: project.line.target.clone(),
            started,
            seconds: self.ended.seconds,
            succeeded: self.ended.image.is_some(),
            image: self.ended.image,
            image_inputs: self.inputs.filter(|_| !is_doubtful),
            steps: with_causes(steps, &project.forecast),
            files: file_records(
                &project.plan,
                &project.seen,
                &project.announced,
                &project.memory.told_files(&project.line),
            ),
            context_lost: self.loses_context(project)
                || (!reads_own(&project.plan, &project.seen)
                    && project.memory.is_context_lost(&project.line)),
            context_copy: Some(copy),
            commit,
        };
        project.memory.record(&record, ui)?;
        let description = project.engine.as_ref().map(serde_json::to_string).transpose()?;
        if let Some(description) = description {
            project
                .memory
                .write(ui, |store| store.describe_engine(&record.engine, &description))?;
        }
        Ok(true)
    }
}

/// The commit that the context is at, where it lies in a repository.
fn checked_out(root: &Path) -> Option<String> {
    let repository = Repository::open(root, &GitOptions::default()).ok()?;
    Some(repository.commit("HEAD")?.id)
}

/// The steps with why they were not reused, to be told when it happens again.
fn with_causes(steps: impl Iterator<Item = StepRecord>, forecast: &Forecast) -> Vec<StepRecord> {
    let kept = |verdict: &Verdict| serde_json::to_string(&PastCause::of(verdict)?).ok();
    let causes = forecast.steps.iter().map(|step| kept(&step.verdict));
    steps.zip(causes).map(|(step, cause)| StepRecord { cause, ..step }).collect()
}

/// Says how it ended and writes what was asked for.
fn finish(
    built: &Built,
    finished: &Finished<'_>,
    project: &Project,
    args: &BuildArgs,
    talks: bool,
    ui: &mut Ui,
) -> Result<(), Failure> {
    match &built.result {
        Ok(outcome) => {
            if talks {
                let text = report::outcome(&finished.ended(), &project.forecast, ui.messages());
                ui.status(&text)?;
            }
            hand_over(outcome.image, args, ui)
        }
        Err(BuildError::Cancelled) => Err(Failure::Cancelled),
        Err(error @ (BuildError::Engine(_) | BuildError::Request { .. })) => {
            let message = error.to_string();
            if finished.began() {
                Err(Failure::Build(Some(message)))
            } else {
                Err(Failure::NotBegun(anyhow::anyhow!(message)))
            }
        }
        Err(error) => Err(Failure::Build(Some(describe(error, project, ui)))),
    }
}

/// A failure with the lines of the Dockerfile that it came from.
fn describe(error: &BuildError, project: &Project, ui: &Ui) -> String {
    let message = match error {
        BuildError::Failed { step, message, .. } => report::failure(step.as_deref(), message),
        error => error.to_string(),
    };
    let place = match error {
        BuildError::Failed { location: Some(location), .. } => {
            Some((location.line, location.last_line))
        }
        // An old engine says only which step failed.
        BuildError::Failed { step: Some(step), .. } => {
            let image = step.strip_prefix("[internal] load metadata for ");
            let found = project.plan.steps.iter().find(|planned| {
                let reads = |image| planned.name.ends_with(&format!(" FROM {image}"));
                planned.name == *step || image.is_some_and(reads)
            });
            found.map(|planned| (planned.line, planned.last_line))
        }
        _ => None,
    };
    let Some(lines) = place else { return message };
    let source = project.source.dockerfile.source();
    let shown = report::excerpt(&project.source.file.name, source, lines, ui.messages());
    format!("{message}\n{}", shown.join("\n"))
}

/// What was built is there, and still not everything that was asked for.
fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Build(Some(format!("cannot write {}: {error}", path.display())))
}

fn write_report(path: &Path, report: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(path, text + "\n").map_err(|error| not_written(path, &error))
}
