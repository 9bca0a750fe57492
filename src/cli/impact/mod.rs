//! `smartbuild impact`: what a change costs the build cache of every image.

mod configured;
mod env_files;
mod gate;
mod remembered;
mod single;
mod trees;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::args::{ImpactArgs, ImpactFormat, Trees};
use super::environment::Environment;
use super::failure::Failure;
use super::memory::Memory;
use super::repository::{digests_path, of_this_directory};
use super::ui::Ui;
use crate::context::ContextPath;
use crate::context::git::{BlobDigests, GitOptions, Repository, Tree};
use crate::images::{self, Configuration, Image, ImageDockerfile, Images};
use crate::impact::{self, Impact, Problem, Side};
use crate::report;
use configured::Configured;
use env_files::WithEnvFiles;
use gate::Judged;
use remembered::Remembered;
use trees::Compared;

pub(super) fn run(
    args: &ImpactArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let (wanted, path) = args.trees()?;
    let wanted = of_framework(wanted, environment);
    let directory = path.as_deref().unwrap_or(Path::new("."));
    if !directory.is_dir() {
        return Err(no_directory(directory).into());
    }
    let options =
        GitOptions { index_file: environment.git_index_file.clone(), ..GitOptions::default() };
    let repository = match &path {
        Some(_) => Repository::open(directory, &options)?,
        None => of_this_directory(environment, &options)?,
    };
    if path.is_none()
        && let Some(named) = &environment.git_directory
    {
        check_is_named(named, repository.git_directory())?;
    }
    let kept = environment.cache_directory.as_deref();
    let kept = kept.map(|cache| digests_path(cache, repository.git_directory()));
    let repository = match &kept {
        // A damaged one is an empty one, and is replaced.
        Some(path) => repository.with_digests(BlobDigests::load(path).0),
        None => repository,
    };
    let Compared { base, head, base_label, head_label } = trees::read(&repository, &wanted)?;
    let [base, head] = repository.comparable([base, head]);
    let place = Place::of(&repository, directory)?;
    let configured = Configured::read(&base, &head)?;
    let (in_base, in_head) = if args.is_single() {
        single::asked(args, &place)?.images(&base, &head)?
    } else {
        let images_of = |tree: &Tree, configuration: &Configuration| -> Result<Images, Failure> {
            let variables = Environment::variables();
            // What lies on disk now says nothing of commits.
            let found = if matches!(wanted, Trees::Between { .. }) {
                images::find(tree, &variables, configuration)?
            } else {
                images::find(&WithEnvFiles::new(tree, &repository), &variables, configuration)?
            };
            Ok(if path.is_some() { below(found, &place.inside) } else { found })
        };
        (images_of(&base, &configured.base)?, images_of(&head, &configured.head)?)
    };
    let memory = Memory::open(environment, ui)?;
    let remembered = Remembered::new(&memory, &place.top);
    let base = Side { label: base_label, tree: base, images: in_base };
    let head = Side { label: head_label, tree: head, images: in_head };
    let mut impact = impact::compare(&base, &head, &remembered)?;
    let is_below = |name: &str| {
        let file = name.rsplit_once(':').map_or(name, |(file, _)| file);
        ContextPath::new(file).starts_with(&place.inside)
    };
    impact.untold.retain(|it| path.is_none() || is_below(&it.image));
    impact.excluded.retain(|name| path.is_none() || is_below(name));
    // What a value decides that is not at hand may be below the file that asks for it.
    let may_be_below = |file: &str| {
        let file = ContextPath::new(file);
        file.starts_with(&place.inside)
            || place.inside.starts_with(&file.parent().unwrap_or_default())
    };
    let is_near = |it: &Problem| path.is_none() || !it.lacks_value || may_be_below(&it.file);
    impact.not_compared.retain(|it| is_near(&it.problem));
    impact.problems.retain(is_near);
    impact.notices.extend(configured.notice.filter(|_| !args.is_single()));
    if let Some(path) = &kept {
        // What is not kept only costs time.
        drop(repository.digests().save(path));
    }
    let judged = Judged::of(&args.gates, configured.limits, &impact, (&repository, &wanted), ui)?;
    impact.gate = judged.gate.clone();
    let said = say(args.format, &impact, &judged, ui);
    ended(said, impact.gate.is_passed())
}

/// What the pre-commit framework asks its hooks about, where it says so: `pre-commit run --from-ref A
/// --to-ref B` and a push are about commits, and nothing is staged then.
fn of_framework(wanted: Trees, environment: &Environment) -> Trees {
    match (&wanted, &environment.pre_commit_range) {
        (Trees::Staged, Some((base, head))) => {
            let (base, head) = (base.clone(), head.clone());
            Trees::Between { base, head, from_merge_base: true }
        }
        _ => wanted,
    }
}

/// Writes the report, and after it how it ended.
fn say(format: ImpactFormat, impact: &Impact, judged: &Judged, ui: &mut Ui) -> Result<(), Failure> {
    match format {
        ImpactFormat::Json => ui.json(&report::json::impact(impact))?,
        ImpactFormat::Text => {
            ui.result(&report::impact(impact, ui.results()))?;
            for notice in &impact.notices {
                ui.warning(notice)?;
            }
        }
        ImpactFormat::Html => ui.result(&report::page::impact(impact))?,
        ImpactFormat::Markdown => ui.result(&report::impact::markdown(impact))?,
        ImpactFormat::Github => ui.result(&report::impact::github(impact))?,
        ImpactFormat::Sarif => ui.result(&report::impact::sarif(impact))?,
        ImpactFormat::Gitlab => ui.result(&report::impact::gitlab(impact))?,
    }
    judged.say(format == ImpactFormat::Text, ui)
}

/// How the command ends: a limit stays broken where nobody reads the report to its end.
fn ended(said: Result<(), Failure>, is_passed: bool) -> Result<(), Failure> {
    match said {
        Err(failure) if !failure.is_reader_gone() => Err(failure),
        said if is_passed => said,
        _ => Err(Failure::Gate),
    }
}

/// A word that may have been meant as git's commands take it.
fn no_directory(word: &Path) -> anyhow::Error {
    let word = word.display();
    anyhow::anyhow!(
        "`{word}` is no directory; name one inside a repository, or for a commit write `--since \
         {word}` or `{word}..HEAD`"
    )
}

/// Limits that are kept in another repository than the one that git commits to would be none.
fn check_is_named(named: &Path, found: &Path) -> Result<(), Failure> {
    let full = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if full(named) == full(found) {
        return Ok(());
    }
    Err(anyhow::anyhow!(
        "GIT_DIR names {}, and the repository here is {}: unset GIT_DIR, or name the directory of \
         the repository that is meant",
        named.display(),
        found.display()
    )
    .into())
}

/// Where a directory is in a repository.
struct Place {
    /// The root of the working tree; of a bare repository its own directory.
    top: PathBuf,
    /// The directory, from there.
    inside: ContextPath,
}

impl Place {
    fn of(repository: &Repository, directory: &Path) -> Result<Self, Failure> {
        let top = repository.work_tree().unwrap_or_else(|| repository.git_directory());
        let top = top.canonicalize().with_context(|| format!("cannot read {}", top.display()))?;
        let directory = directory
            .canonicalize()
            .with_context(|| format!("cannot read {}", directory.display()))?;
        let inside = directory.strip_prefix(&top).unwrap_or(Path::new(""));
        let inside = super::repository::path_in_git(inside);
        Ok(Self { top, inside })
    }
}

/// The images that have their Dockerfile or their context in the directory.
fn below(images: Images, directory: &ContextPath) -> Images {
    let is_below = |image: &Image| {
        let dockerfile = match &image.dockerfile {
            ImageDockerfile::File(path) => path,
            ImageDockerfile::Inline(_) => &image.origin.file,
        };
        dockerfile.starts_with(directory) || image.context.starts_with(directory)
    };
    let Images { images, mut excluded, mut problems, notices, left_out } = images;
    problems.retain(|problem| problem.file.starts_with(directory));
    let (images, others): (Vec<Image>, Vec<Image>) = images.into_iter().partition(is_below);
    // What is below may stand on them.
    excluded.extend(others);
    Images { images, excluded, problems, notices, left_out }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use super::*;

    #[test]
    fn a_commit_in_the_place_of_a_directory_is_told_how_to_be_asked_for() {
        let said = no_directory(Path::new("HEAD~1")).to_string();
        assert!(said.contains("`--since HEAD~1` or `HEAD~1..HEAD`"), "{said}");
    }

    #[test]
    fn a_reader_that_goes_away_hides_no_broken_limit() {
        let status = |kind: Option<ErrorKind>, is_passed| {
            let said = kind.map_or(Ok(()), |kind| Err(Failure::from(io::Error::from(kind))));
            ended(said, is_passed).map_or_else(|failure| failure.status(), |()| 0)
        };
        assert_eq!(status(Some(ErrorKind::BrokenPipe), false), 3);
        assert_eq!(status(Some(ErrorKind::BrokenPipe), true), 0);
        assert_eq!(status(Some(ErrorKind::StorageFull), false), 125);
        assert_eq!((status(None, false), status(None, true)), (3, 0));
    }
}
