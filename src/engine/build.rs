//! One build, from the request to its end.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bollard_buildkit_proto::moby::buildkit::v1::{
    SolveRequest, SolveResponse, StatusRequest, StatusResponse,
};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::timeout;
use tonic::Status;

use super::control::{Control, broke, control, facts, is_broken};
use super::docker::Docker;
use super::error::BuildError;
use super::failure::failure;
use super::session::{Session, dockerfile_name, new_id};
use super::solve::solve_request;
use super::status::events;
use super::types::{BuildOutcome, BuildRequest, Event, StepId};
use crate::Digest;
use crate::context::ContextPath;

/// How long the status stream may be silent after the build ended before it counts as ended.
const STATUS_SILENCE: Duration = Duration::from_secs(5);

/// How long the engine has to end a cancelled build.
const CANCEL_TIME: Duration = Duration::from_secs(30);

impl Docker {
    /// Builds `request` and sends what happens to `events`; returns when the engine has ended
    /// the build and everything it said was passed on.
    ///
    /// When `cancel` completes, the engine's build is ended and [`BuildError::Cancelled`]
    /// returned. A receiver of `events` that is gone does not end the build.
    pub async fn build(
        &self,
        request: &BuildRequest,
        events: UnboundedSender<Event>,
        cancel: impl Future<Output = ()> + Send,
    ) -> Result<BuildOutcome, BuildError> {
        let mut cancel = pin!(cancel);
        let (control, session, solve) = tokio::select! {
            prepared = self.prepare(request) => prepared?,
            () = &mut cancel => return Err(BuildError::Cancelled),
        };
        let mut steps = Steps::new(events);
        let ended = run(control, solve, &mut steps, cancel).await;
        if let Some((path, change)) = session.report.first_change() {
            return Err(BuildError::ContextChanged { path, change });
        }
        if let Some(path) = not_utf8(&session, &ended) {
            return Err(BuildError::Name { path });
        }
        match ended {
            Ended::Cancelled => Err(BuildError::Cancelled),
            Ended::Solved(Ok(response)) => Ok(BuildOutcome {
                image: image(&response.exporter_response),
                sent: session.report.counter.sent(),
                sent_files: session.report.sent_files(),
                asked: session.report.asked(),
            }),
            Ended::Solved(Err(status)) if is_broken(&status) => Err(broke(self, &status).into()),
            Ended::Solved(Err(status)) => {
                let failed = steps.failed.as_ref().and_then(|step| steps.name(step));
                let dockerfile = dockerfile_name(request);
                let asked = session.report.asked();
                Err(failure(&status, &dockerfile, |step| steps.name(step), failed, asked))
            }
        }
    }

    async fn prepare(
        &self,
        request: &BuildRequest,
    ) -> Result<(Control, Session, SolveRequest), BuildError> {
        let mut control = control(self).await?;
        let (facts, session) = tokio::try_join!(
            async { facts(self, &mut control).await.map_err(BuildError::from) },
            Session::open(self, request),
        )?;
        let solve = solve_request(request, &facts, &new_id(), &session.id)?;
        Ok((control, session, solve))
    }
}

/// How the engine's build ended.
enum Ended {
    Solved(Result<SolveResponse, Status>),
    Cancelled,
}

/// The name that the engine refused, where that is why the build failed. Engines before 23.0 take
/// any name; later ones end the transfer without saying which name it was, or say only that it was
/// cancelled, as that race goes.
fn not_utf8(session: &Session, ended: &Ended) -> Option<ContextPath> {
    let is_said = |message: &str| {
        ["invalid UTF-8", "context canceled"].iter().any(|reason| message.contains(reason))
    };
    match ended {
        Ended::Solved(Err(status)) if is_said(status.message()) => session.report.first_odd_name(),
        _ => None,
    }
}

/// Solves and watches at the same time, then reads the rest of what the engine says.
async fn run(
    mut control: Control,
    solve: SolveRequest,
    steps: &mut Steps,
    mut cancel: impl Future<Output = ()> + Unpin,
) -> Ended {
    let messages = AtomicU64::new(0);
    let watching = watch(control.clone(), solve.r#ref.clone(), steps, &messages);
    let mut watching = pin!(watching);
    let mut is_watching = true;
    let ended = {
        // Dropping the call is how the engine is told to end the build.
        let mut solving = pin!(control.solve(solve));
        loop {
            tokio::select! {
                solved = &mut solving => {
                    break Ended::Solved(solved.map(tonic::Response::into_inner));
                }
                () = &mut watching, if is_watching => is_watching = false,
                () = &mut cancel => break Ended::Cancelled,
            }
        }
    };
    if !is_watching {
        return ended;
    }
    if matches!(ended, Ended::Cancelled) {
        if timeout(CANCEL_TIME, watching).await.is_err() {
            tracing::warn!("the engine has not said that the cancelled build ended");
        }
        return ended;
    }
    loop {
        let before = messages.load(Ordering::Relaxed);
        let is_over = timeout(STATUS_SILENCE, &mut watching).await.is_ok();
        if is_over || messages.load(Ordering::Relaxed) == before {
            return ended;
        }
    }
}

/// Passes on what the engine says of the build `reference` until it has nothing more to say.
async fn watch(mut control: Control, reference: String, steps: &mut Steps, messages: &AtomicU64) {
    let status = control.status(StatusRequest { r#ref: reference }).await;
    let mut stream = match status {
        Ok(response) => response.into_inner(),
        // The build's own error says more, and there may be none.
        Err(error) => return tracing::debug!(%error, "no status of the build"),
    };
    loop {
        match stream.message().await {
            Ok(Some(message)) => {
                messages.fetch_add(1, Ordering::Relaxed);
                steps.pass_on(message);
            }
            Ok(None) => return,
            Err(error) => return tracing::warn!(%error, "the status of the build broke off"),
        }
    }
}

/// What is kept of the status stream while it is passed on.
struct Steps {
    events: UnboundedSender<Event>,
    names: HashMap<StepId, String>,
    failed: Option<StepId>,
}

impl Steps {
    fn new(events: UnboundedSender<Event>) -> Self {
        Self { events, names: HashMap::new(), failed: None }
    }

    fn name(&self, step: &StepId) -> Option<String> {
        self.names.get(step).cloned()
    }

    fn pass_on(&mut self, message: StatusResponse) {
        for event in events(message) {
            if let Event::Step(step) = &event {
                if !step.name.is_empty() {
                    self.names.insert(step.id.clone(), step.name.clone());
                }
                // Steps that others' failure took down say that they were cancelled.
                let failed = step.error.as_ref().is_some_and(|e| !e.ends_with("context canceled"));
                if failed {
                    self.failed = Some(step.id.clone());
                }
            }
            // Where nobody listens any more the build still goes on.
            let _ = self.events.send(event);
        }
    }
}

/// The image's id as docker prints it: its configuration's digest where the engine tells of
/// one, else its manifest's.
fn image(response: &HashMap<String, String>) -> Option<Digest> {
    let digest = |key: &str| response.get(key).and_then(|text| text.parse().ok());
    digest("containerimage.config.digest").or_else(|| digest("containerimage.digest"))
}
