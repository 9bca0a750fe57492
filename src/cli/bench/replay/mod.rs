//! `smartbuild bench --replay` and `--last`: what each commit of a branch costs to build.
//!
//! Each variant has a directory of its own into which one commit after the other is written, as a
//! checkout would have it, read from git's objects: neither the repository nor its working tree is
//! touched. The first step of every stage copies a word that no build has seen, so that nothing is
//! reused but what an earlier commit of the same variant has left. The variants take turns commit
//! by commit.

mod builds;
mod checkout;
mod place;

use anyhow::anyhow;

use super::super::args::{BenchArgs, BenchFormat, Range};
use super::super::engines;
use super::super::environment::Environment;
use super::super::failure::Failure;
use super::super::repository::ContextRepository;
use super::super::source;
use super::super::stop::Stop;
use super::super::ui::Ui;
use super::{close, temporary};
use crate::bench::{Builder, Replay, Variant};
use crate::context::git::{CommitLine, HistoryEnd, Repository};
use crate::report;
use builds::Builds;
use place::Place;

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
    let commits = commits(&found.repository, args, ui)?;
    let variants = variants(args, &found)?;
    let stop = Stop::on_ctrl_c();
    let answered = stop.or(engines::connect(environment, None)).await??;
    let mut replay = Replay {
        variants: variants.iter().map(|(variant, _)| variant.clone()).collect(),
        wanted: commits.commits.len(),
        ..Replay::default()
    };
    let directory = temporary()?;
    let mut builds =
        Builds::new(&found.repository, variants, args, &answered.docker, directory.path(), &stop)?;
    let ended = Box::pin(builds.run(&commits.commits, &mut replay, ui)).await;
    builds.clean(ui).await?;
    found.save();
    close(directory, ui)?;
    replay.is_partial = ended.is_err();
    let is_any_built = (0..replay.variants.len()).any(|variant| replay.cost(variant).built > 0);
    if ended.is_ok() || is_any_built {
        show(&replay, args.format, ui)?;
    }
    match ended {
        Ok(()) if is_any_built => Ok(()),
        Ok(()) => {
            let message = "none of the commits builds: there is nothing to measure; see why above";
            Err(Failure::Build(Some(message.to_owned())))
        }
        Err(end) => Err(end.failure()),
    }
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

/// The Dockerfiles, then the same built by docker.
fn variants(args: &BenchArgs, found: &ContextRepository) -> Result<Vec<(Variant, Place)>, Failure> {
    let places: Vec<Place> = match &*args.files {
        [] => vec![Place::usual(found)],
        files => files
            .iter()
            .map(|file| Place::of(file, found))
            .collect::<Result<Vec<Place>, Failure>>()?,
    };
    let builders = [Builder::Smartbuild, Builder::Docker];
    let mut variants: Vec<(Variant, Place)> = Vec::new();
    for builder in builders.into_iter().take(1 + usize::from(args.against_docker)) {
        for place in &places {
            let dockerfile = place.dockerfile.to_string();
            let how = if builder == Builder::Docker { ", docker" } else { "" };
            let same = variants
                .iter()
                .filter(|(it, _)| it.builder == builder && it.dockerfile == dockerfile)
                .count();
            let again = if same > 0 { format!(" ({})", same + 1) } else { String::new() };
            let name = format!("{dockerfile}{how}{again}");
            variants
                .push((Variant { name, dockerfile, is_optimized: false, builder }, place.clone()));
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
