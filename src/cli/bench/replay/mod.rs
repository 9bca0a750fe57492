//! `smartbuild bench --replay` and `--last`: what each commit of a branch costs to build, or with
//! `--model` is expected to cost.
//!
//! Each variant has a directory of its own into which one commit after the other is written, as a
//! checkout would have it, read from git's objects: neither the repository nor its working tree is
//! touched. The first step of every stage copies a word that no build has seen, so that nothing is
//! reused but what an earlier commit of the same variant has left. The variants take turns commit
//! by commit.

mod builds;
mod checkout;
mod commit_files;
mod model;
mod place;
mod planner;
mod recorded;

use std::path::Path;

use anyhow::anyhow;

use super::super::args::{BenchArgs, BenchFormat, Range};
use super::super::engines::{self, Answered};
use super::super::environment::Environment;
use super::super::failure::Failure;
use super::super::memory::Memory;
use super::super::project::remembered_engine;
use super::super::repository::ContextRepository;
use super::super::source;
use super::super::stop::Stop;
use super::super::ui::Ui;
use super::end::End;
use super::{close, temporary};
use crate::bench::{Builder, Outcome, Replay, Replayed, Variant};
use crate::context::git::{Commit, CommitLine, HistoryEnd, Repository};
use crate::report;
use builds::Builds;
use model::Model;
use place::Place;
use planner::Planner;

/// The longest line of commits that is replayed.
const LONGEST: usize = 1000;

pub(super) async fn run(
    args: &BenchArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let root = source::root(&args.path)?;
    let git = |error| anyhow::Error::new(error).context("a replay builds commits");
    let Some(found) = ContextRepository::open(&root, environment).map_err(git)? else {
        let place = root.display();
        return Err(anyhow!(
            "a replay builds commits: {place} is in no working tree of git; give a directory \
             inside one"
        )
        .into());
    };
    let commits = commits(&found.repository, args, ui)?.commits;
    let variants = variants(args, &found)?;
    let mut replay = Replay {
        variants: variants.iter().map(|(variant, _)| variant.clone()).collect(),
        wanted: commits.len(),
        is_expected: args.model,
        ..Replay::default()
    };
    let of = Wanted { args, root: &root, found: &found, commits: &commits, variants };
    let ended = if args.model {
        Box::pin(expect(of, &mut replay, environment, ui)).await?
    } else {
        Box::pin(build(of, &mut replay, environment, ui)).await?
    };
    found.save();
    replay.is_partial = ended.is_err();
    let is_any_built = (0..replay.variants.len()).any(|variant| replay.cost(variant).built > 0);
    if ended.is_ok() || is_any_built {
        show(&replay, args.format, ui)?;
    }
    match ended {
        Ok(()) if is_any_built => {
            if args.model && args.format == BenchFormat::Text {
                ui.hint(
                    "without --model the commits are built, and how far the model is from what \
                     they take is told",
                )?;
            }
            Ok(())
        }
        Ok(()) => {
            let message = "none of the commits can be built: there is nothing to tell; see why \
                           above";
            Err(Failure::Build(Some(message.to_owned())))
        }
        Err(end) => Err(end.failure()),
    }
}

/// What is replayed.
struct Wanted<'a> {
    args: &'a BenchArgs,
    /// The context's directory.
    root: &'a Path,
    found: &'a ContextRepository,
    commits: &'a [Commit],
    variants: Vec<(Variant, Place)>,
}

/// Builds every commit.
async fn build(
    wanted: Wanted<'_>,
    replay: &mut Replay,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Result<(), End>, Failure> {
    let Wanted { args, root, found, commits, variants } = wanted;
    let stop = Stop::on_ctrl_c();
    let Answered { docker, info, .. } = stop.or(engines::connect(environment, None)).await??;
    let planner = if args.optimized {
        let memory = Memory::open(environment, ui)?;
        Some(Planner::new(args, root, Some(&docker), Some(&info), memory)?)
    } else {
        None
    };
    let directory = temporary()?;
    let (repository, place) = (&found.repository, directory.path());
    let mut builds = Builds::new(repository, variants, args, &docker, planner, place, &stop)?;
    let ended = Box::pin(builds.run(commits, replay, ui)).await;
    builds.clean(ui).await?;
    close(directory, ui)?;
    Ok(ended)
}

/// Says of every commit what it is expected to cost. An engine is only asked for base images.
async fn expect(
    wanted: Wanted<'_>,
    replay: &mut Replay,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Result<(), End>, Failure> {
    let Wanted { args, root, found, commits, variants } = wanted;
    let stop = Stop::on_ctrl_c();
    let memory = Memory::open(environment, ui)?;
    let remembered = remembered_engine(&memory, &root.to_string_lossy());
    let answered = stop.or(engines::connect(environment, remembered.clone())).await?;
    let (docker, engine) = match answered {
        Ok(Answered { docker, info, .. }) => (Some(docker), Some(info)),
        Err(error) => {
            ui.warning(&format!("going on with what was recorded: {error}"))?;
            (None, remembered)
        }
    };
    let planner = Planner::new(args, root, docker.as_ref(), engine.as_ref(), memory)?;
    let mut model = Model::new(&found.repository, variants, planner, &stop);
    Ok(Box::pin(model.run(commits, replay, ui)).await)
}

/// Says that a commit is begun; gives where its builds go.
fn begun<'a>(
    replay: &'a mut Replay,
    commit: &Commit,
    variants: usize,
) -> &'a mut [Option<Outcome>] {
    replay.commits.push(Replayed {
        id: commit.id.clone(),
        short_id: commit.short_id.clone(),
        subject: commit.subject.clone(),
        builds: vec![None; variants],
    });
    replay.commits.last_mut().map_or(&mut [], |last| &mut last.builds)
}

/// The commits that are asked for; says where there are fewer.
fn commits(repository: &Repository, args: &BenchArgs, ui: &mut Ui) -> Result<CommitLine, Failure> {
    let line = match (&args.replay, args.last) {
        (Some(Range { base, head }), _) => {
            let line = repository.line(Some(base), head, LONGEST)?;
            if line.commits.is_empty() {
                return Err(anyhow!(
                    "there is no commit in {base}..{head}: {base} has all that {head} has; swap \
                     them, or name an older one first"
                )
                .into());
            }
            if line.end == Some(HistoryEnd::Limit) {
                return Err(anyhow!(
                    "there are more than {LONGEST} commits in {base}..{head}; name a newer one \
                     first, or give `--last N`"
                )
                .into());
            }
            line
        }
        (None, last) => repository.line(None, "HEAD", last.unwrap_or(1).into())?,
    };
    let count = line.commits.len();
    match &line.end {
        None | Some(HistoryEnd::Limit | HistoryEnd::Root) => {}
        Some(HistoryEnd::Shallow) => ui.warning(&format!(
            "the clone is shallow and has only {count} of the commits; `git fetch --unshallow` \
             brings the others"
        ))?,
        Some(HistoryEnd::Unreadable(reason)) => {
            ui.warning(&format!("only {count} of the commits are replayed: {reason}"))?;
        }
    }
    Ok(line)
}

/// The Dockerfiles as they are, then as they are rewritten, then built by docker.
fn variants(args: &BenchArgs, found: &ContextRepository) -> Result<Vec<(Variant, Place)>, Failure> {
    let places: Vec<Place> = match &*args.files {
        [] => vec![Place::usual(found)],
        files => files
            .iter()
            .map(|file| Place::of(file, found))
            .collect::<Result<Vec<Place>, Failure>>()?,
    };
    let kinds = [
        (true, "", Builder::Smartbuild),
        (args.optimized, ", optimized", Builder::Smartbuild),
        (args.against_docker, ", docker", Builder::Docker),
    ];
    let mut variants: Vec<(Variant, Place)> = Vec::new();
    for (_, how, builder) in kinds.into_iter().filter(|(is_wanted, ..)| *is_wanted) {
        let is_optimized = how == ", optimized";
        for place in &places {
            let dockerfile = place.dockerfile.to_string();
            let is_same = |it: &Variant| {
                (it.builder, it.is_optimized) == (builder, is_optimized)
                    && it.dockerfile == dockerfile
            };
            let same = variants.iter().filter(|(it, _)| is_same(it)).count();
            let again = if same > 0 { format!(" ({})", same + 1) } else { String::new() };
            let name = format!("{dockerfile}{how}{again}");
            variants.push((Variant { name, dockerfile, is_optimized, builder }, place.clone()));
        }
    }
    Ok(variants)
}

fn show(replay: &Replay, format: BenchFormat, ui: &mut Ui) -> Result<(), Failure> {
    match format {
        BenchFormat::Text => ui.result(&report::replay(replay, ui.results()))?,
        BenchFormat::Json => ui.json(&report::json::replay(replay))?,
        BenchFormat::Csv => ui.result(&report::replay_csv(replay))?,
        BenchFormat::Markdown => ui.result(&report::replay_markdown(replay))?,
        BenchFormat::Html => ui.result(&report::page::replay(replay))?,
    }
    Ok(())
}
