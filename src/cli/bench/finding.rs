//! What is compared, and in which scenarios.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::super::args::{BenchArgs, BuildFlags};
use super::super::commits;
use super::super::environment::Environment;
use super::super::failure::Failure;
use super::super::optimize;
use super::super::project::{EngineNeed, Project, prepare};
use super::super::ui::Ui;
use crate::bench::{self, Builder, Left, Scenario, Scenarios, Variant};
use crate::context::ContextPath;
use crate::context::git::PastCommits;
use crate::optimize::history::{Frequencies, Observed};
use crate::report::escape;

/// How many commits tell what is edited most: as for `smartbuild optimize`.
const COMMITS: usize = 50;

/// What a project's file of scenarios is mostly called.
const USUAL_FILE: &str = "bench.toml";

/// Bytes of a file of scenarios that is read: one that is longer is none.
const LONGEST: u64 = 1 << 20;

/// What is to be measured.
pub(super) struct Wanted {
    /// One for each Dockerfile.
    pub(super) projects: Vec<Project>,
    pub(super) variants: Vec<WantedVariant>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) left: Vec<Left>,
}

/// A variant and what it is built of.
pub(super) struct WantedVariant {
    pub(super) variant: Variant,
    /// The place of its project.
    pub(super) project: usize,
    /// Its Dockerfile's text.
    pub(super) text: String,
}

/// Reads all that is to be measured.
pub(super) async fn wanted(
    args: &BenchArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Wanted, Failure> {
    let given = given_scenarios(args, ui)?;
    let files: Vec<Option<PathBuf>> = match &*args.files {
        [] => vec![None],
        files => files.iter().cloned().map(Some).collect(),
    };
    let mut projects = Vec::new();
    for file in files {
        if file.as_deref() == Some(Path::new("-")) {
            return Err(anyhow!(
                "a Dockerfile from standard input cannot be measured; give a file with -f"
            )
            .into());
        }
        let flags = flags(args, file);
        let project =
            Box::pin(prepare(&args.path, &flags, EngineNeed::Required, environment, ui)).await?;
        projects.push(project);
    }
    let commits = match projects.first() {
        Some(first) => commits::read(first, COMMITS, environment, ui)?,
        None => None,
    };
    let (variants, unbettered) = variants(&projects, commits.as_ref(), args, ui)?;
    let mut found = scenarios(&projects, commits.as_ref());
    for scenario in given.scenarios {
        found.left.retain(|left| left.name != scenario.name);
        match found.scenarios.iter_mut().find(|it| it.name == scenario.name) {
            Some(same) => *same = scenario,
            None => found.scenarios.push(scenario),
        }
    }
    let (scenarios, left) = chosen(found, &args.only)?;
    if scenarios.is_empty() {
        return Err(none_applies(&left).into());
    }
    let left = left.into_iter().chain(unbettered).collect();
    Ok(Wanted { projects, variants, scenarios, left })
}

/// What was given for the builds of a Dockerfile.
pub(super) fn flags(args: &BenchArgs, file: Option<PathBuf>) -> BuildFlags {
    BuildFlags {
        file,
        build_args: args.build_args.clone(),
        target: args.target.clone().filter(|target| !target.is_empty()),
        platform: args.platform.clone().filter(|platform| !platform.is_empty()),
        ..BuildFlags::default()
    }
}

/// The scenarios of `--scenarios`. Others may have written the project, so that its own file runs
/// nothing before it is asked for.
fn given_scenarios(args: &BenchArgs, ui: &mut Ui) -> Result<Scenarios, Failure> {
    let Some(path) = &args.scenarios else {
        let usual = args.path.join(USUAL_FILE);
        if usual.is_file() {
            let usual = escape::text(&usual.display().to_string()).into_owned();
            let told = format!("bench     {usual} is not read without --scenarios {usual}\n");
            ui.status(&told)?;
        }
        return Ok(Scenarios::default());
    };
    let name = path.display().to_string();
    let bytes =
        read_scenarios(path).with_context(|| format!("cannot read the scenarios {name}"))?;
    let scenarios = Scenarios::parse(&bytes).map_err(|error| anyhow!("{name}, {error}"))?;
    Ok(scenarios)
}

fn read_scenarios(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(anyhow!("it is longer than {LONGEST} bytes; name another with --scenarios"));
    }
    Ok(bytes)
}

/// The Dockerfiles as they are, then as they are rewritten, then built by docker; and what has no
/// rewrite.
fn variants(
    projects: &[Project],
    commits: Option<&PastCommits>,
    args: &BenchArgs,
    ui: &mut Ui,
) -> Result<(Vec<WantedVariant>, Vec<Left>), Failure> {
    let of = |project: usize, text: String, how: &str, builder: Builder| {
        let dockerfile = projects[project].source.file.name.clone();
        let name = if how.is_empty() { dockerfile.clone() } else { format!("{dockerfile}, {how}") };
        let variant = Variant { name, dockerfile, is_optimized: how == "optimized", builder };
        WantedVariant { variant, project, text }
    };
    let text = |project: &Project| project.source.dockerfile.source().to_owned();
    let (mut variants, mut left) = (Vec::new(), Vec::new());
    for (place, project) in projects.iter().enumerate() {
        variants.push(of(place, text(project), "", Builder::Smartbuild));
    }
    for (place, project) in projects.iter().enumerate().filter(|_| args.optimized) {
        let found = optimize::find(project, commits, true)?;
        if found.proven().next().is_none() {
            let file = &project.source.file.name;
            let reason =
                format!("nothing in {file} can be bettered for certain: there is no rewrite");
            ui.warning(&format!("{reason} to measure"))?;
            left.push(Left { name: format!("{file}, optimized"), reason });
            continue;
        }
        let rewritten = found.proven_text(&project.source.dockerfile)?;
        variants.push(of(place, rewritten, "optimized", Builder::Smartbuild));
    }
    for (place, project) in projects.iter().enumerate().filter(|_| args.against_docker) {
        variants.push(of(place, text(project), "docker", Builder::Docker));
    }
    // The same file may be given twice, to see how much chance there is.
    for place in 1..variants.len() {
        let is_there =
            |name: &str| variants[..place].iter().any(|earlier| earlier.variant.name == name);
        let name = variants[place].variant.name.clone();
        let again = (2..=variants.len())
            .map(|number| format!("{name} ({number})"))
            .find(|name| !is_there(name));
        if let Some(again) = again.filter(|_| is_there(&name)) {
            variants[place].variant.name = again;
        }
    }
    Ok((variants, left))
}

/// What is looked for in the first project.
fn scenarios(projects: &[Project], commits: Option<&PastCommits>) -> bench::Found {
    let Some(project) = projects.first() else { return bench::Found::default() };
    let frequencies = match commits {
        Some(commits) => Frequencies::observed(&[&Observed::of_commits(&commits.commits)]),
        None => Frequencies::of_times(&project.snapshot),
    };
    let reads = |path: &ContextPath| project.plan.steps.iter().any(|step| step.reads(path));
    bench::find(&bench::Project {
        snapshot: &project.snapshot,
        dockerfile: &project.source.dockerfile,
        frequencies: &frequencies,
        reads: &reads,
    })
}

/// What is said where nothing can be measured.
fn none_applies(left: &[Left]) -> anyhow::Error {
    let why: Vec<String> =
        left.iter().map(|left| format!("`{}`: {}", left.name, left.reason)).collect();
    anyhow!("none of these scenarios applies, so there is nothing to measure: {}", why.join("; "))
}

/// Those that `--scenario` names, all without one.
fn chosen(found: bench::Found, only: &[String]) -> Result<(Vec<Scenario>, Vec<Left>), Failure> {
    let known: Vec<&str> = found
        .scenarios
        .iter()
        .map(|it| &*it.name)
        .chain(found.left.iter().map(|it| &*it.name))
        .collect();
    if let Some(unknown) = only.iter().find(|name| !known.contains(&&***name)) {
        let known = known.join("`, `");
        return Err(anyhow!("there is no scenario `{unknown}`; there are `{known}`").into());
    }
    let is_wanted = |name: &String| only.is_empty() || only.contains(name);
    let bench::Found { mut scenarios, mut left } = found;
    scenarios.retain(|it| is_wanted(&it.name));
    left.retain(|it| is_wanted(&it.name));
    Ok((scenarios, left))
}
