//! `--verify`: builds before and after, and compares.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use tokio::sync::mpsc;

use super::super::args::OptimizeArgs;
use super::super::context_files::{WantedFiles, unreadable};
use super::super::environment::Environment;
use super::super::failure::Failure;
use super::super::own_output;
use super::super::project::Project;
use super::super::request::request;
use super::super::source::Source;
use super::super::stop::Stop;
use super::super::ui::{Heedless, Ui};
use super::super::watching;
use crate::BuiltImage;
use crate::context::{IgnoreRules, Snapshot};
use crate::engine::{BuildError, BuildRequest, SourceFile, Trial, TrialImage};
use crate::optimize::verify::{Check, Verification, compare};
use crate::report;
use crate::report::progress::{Display, Mode};

/// The files that a rewrite changes, as texts: nothing is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rewritten<'a> {
    /// The Dockerfile.
    pub(super) dockerfile: &'a str,
    /// The ignore file, where the rewrite has another one.
    pub(super) ignore_file: Option<&'a str>,
}

/// Builds the original twice and the rewrite once, and compares the images. They are removed
/// again, however it ends.
pub(super) async fn verify(
    project: &Project,
    rewritten: Rewritten<'_>,
    args: &OptimizeArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Verification, Failure> {
    let docker = project.docker.as_ref().ok_or_else(|| anyhow!("no engine answers"))?;
    let original = request(project, &args.flags, environment)?;
    let rewritten = rewritten_request(&original, rewritten, &project.source, environment, ui)?;
    let trial = Trial::new(docker);
    let comparison = Comparison { trial: &trial, original: &original, rewritten: &rewritten };
    let stop = Stop::on_ctrl_c();
    let found = Box::pin(comparison.run(args.check_cmd.as_deref(), &stop, ui)).await;
    for name in trial.clean().await {
        ui.warning(&format!(
            "{name} could not be removed from the engine; remove it with `docker rm -fv {name}` \
             or `docker rmi {name}`"
        ))?;
    }
    found
}

/// The request for the rewrite: that for the original, with the rewrite's files.
fn rewritten_request(
    original: &BuildRequest,
    rewritten: Rewritten<'_>,
    source: &Source,
    environment: &Environment,
    ui: &Ui,
) -> Result<BuildRequest, Failure> {
    let mut request = original.clone();
    request.dockerfile.content = rewritten.dockerfile.as_bytes().to_vec();
    let Some(text) = rewritten.ignore_file else { return Ok(request) };
    let snapshot = files_under(text, source, environment, ui)?;
    (request.snapshot, request.held) =
        own_output::hold(snapshot, &source.root, &environment.outputs);
    let name = original.ignore_file.as_ref().map_or(".dockerignore", |file| &file.name).to_owned();
    request.ignore_file = Some(SourceFile { name, content: text.as_bytes().to_vec() });
    Ok(request)
}

/// The context as it is with another ignore file.
fn files_under(
    ignore_file: &str,
    source: &Source,
    environment: &Environment,
    ui: &Ui,
) -> Result<Arc<Snapshot>, Failure> {
    let rules = IgnoreRules::parse(ignore_file.as_bytes())?;
    let wanted = WantedFiles::of(source, environment.cache_directory.as_deref()).ruled_by(rules);
    let (snapshot, _) = wanted.read().map_err(|error| unreadable(error, source, ui))?;
    Ok(snapshot)
}

/// What is built and compared.
struct Comparison<'a> {
    trial: &'a Trial<'a>,
    original: &'a BuildRequest,
    rewritten: &'a BuildRequest,
}

impl Comparison<'_> {
    async fn run(
        &self,
        command: Option<&str>,
        stop: &Stop,
        ui: &mut Ui,
    ) -> Result<Verification, Failure> {
        ui.status("verify    building the original\n")?;
        let (before, first) = self.original(stop, ui).await?;
        ui.status("verify    building it once more, to learn what differs by itself\n")?;
        let (_, second) = self.original(stop, ui).await?;
        ui.status("verify    building the rewrite\n")?;
        let image = match self.build(self.rewritten, stop, ui).await? {
            Ok(image) => image,
            Err(error @ BuildError::Failed { .. }) => {
                let message = told(&error, self.rewritten, ui);
                return Ok(Verification::NotBuilt { message });
            }
            Err(error) => return Err(failed(&error, self.rewritten, ui)),
        };
        let after = stop.or(self.trial.read(&image)).await??;
        let differences = compare([&first, &second], &after);
        let check = match command {
            Some(command) => Some(self.check(command, &before, &image, stop).await?),
            None => None,
        };
        Ok(Verification::Compared { differences, check })
    }

    /// An image of the original, and what is in it.
    async fn original(&self, stop: &Stop, ui: &Ui) -> Result<(TrialImage, BuiltImage), Failure> {
        let built = self.build(self.original, stop, ui).await?;
        let image = built.map_err(|error| failed(&error, self.original, ui))?;
        let read = stop.or(self.trial.read(&image)).await??;
        Ok((image, read))
    }

    async fn check(
        &self,
        command: &str,
        original: &TrialImage,
        rewritten: &TrialImage,
        stop: &Stop,
    ) -> Result<Check, Failure> {
        const HELP: &str = "--check-cmd runs its command with the image's /bin/sh";
        let run = async |image| {
            let run = stop.or(self.trial.run(image, command)).await?;
            Ok::<_, Failure>(run.context(HELP)?)
        };
        let (original, rewritten) = (run(original).await?, run(rewritten).await?);
        Ok(Check { command: command.to_owned(), original, rewritten })
    }

    /// Builds and shows it: live on a terminal, else only what fails.
    async fn build(
        &self,
        request: &BuildRequest,
        stop: &Stop,
        ui: &Ui,
    ) -> Result<Result<TrialImage, BuildError>, Failure> {
        let mode = if ui.messages().interactive { Mode::Tty } else { Mode::Quiet };
        let messages = Box::new(Heedless(std::io::stderr()));
        let display = Display::new(mode, ui.messages(), HashMap::new(), messages);
        let (sender, events) = mpsc::unbounded_channel();
        let building = Box::pin(self.trial.build(request, sender, stop.wait()));
        Ok(watching::watch(building, events, display, |_| ()).await?)
    }
}

/// How a command ends whose builds do not give an image.
fn failed(error: &BuildError, request: &BuildRequest, ui: &Ui) -> Failure {
    match error {
        BuildError::Cancelled => Failure::Cancelled,
        BuildError::Engine(_) | BuildError::Request { .. } => anyhow!("{error}").into(),
        error => Failure::Build(Some(told(error, request, ui))),
    }
}

/// Why a build failed, with the lines of the Dockerfile that it was of.
fn told(error: &BuildError, request: &BuildRequest, ui: &Ui) -> String {
    let BuildError::Failed { step, message, location, .. } = error else {
        return error.to_string();
    };
    let mut told = report::failure(step.as_deref(), message);
    if let Some(location) = location {
        let source = String::from_utf8_lossy(&request.dockerfile.content);
        let lines = (location.line, location.last_line);
        for line in report::excerpt(&request.dockerfile.name, &source, lines, ui.messages()) {
            told.push('\n');
            told.push_str(&line);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::super::super::source;
    use super::super::super::ui::Surroundings;
    use super::*;
    use crate::context::ContextPath;

    #[test]
    fn another_ignore_file_rules_without_being_written() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(directory.path().join(name), text).unwrap();
        };
        write("Dockerfile", "FROM scratch\nCOPY . /\n");
        write(".dockerignore", "old\n");
        write("old", "");
        write("new", "");
        let source = source::read(directory.path(), None, &[]).unwrap();
        let sink = || Box::new(std::io::sink());
        let ui = Ui::new(&Surroundings::default(), sink(), sink());
        let snapshot = files_under("new\n", &source, &Environment::default(), &ui).unwrap();
        let has = |name: &str| snapshot.get(&ContextPath::new(name)).is_some();
        assert!(has("old") && !has("new"));
        let kept = std::fs::read_to_string(directory.path().join(".dockerignore")).unwrap();
        assert_eq!(kept, "old\n");
    }
}
