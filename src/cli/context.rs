//! `smartbuild context`: what is sent and what is not.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow};

use super::args::{ContextArgs, Format};
use super::context_files::{DAMAGED_INDEX, index_path, read_context};
use super::environment::Environment;
use super::failure::Failure;
use super::source;
use super::ui::Ui;
use crate::context::survey::suspects::{NamedSource, Request, Suspect, suspects};
use crate::context::survey::{self, Explanation, Survey, explain};
use crate::context::{ContextPath, EntryKind, IgnoreRules};
use crate::dockerfile::Dockerfile;
use crate::plan;
use crate::report::json::{self, ContextReport, ContextSummary};
use crate::report::{self, ContextView, Explained, escape};

pub(super) fn run(
    args: &ContextArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let root = source::root(&args.path)?;
    let dockerfile = find_dockerfile(&root, args)?;
    let beside = dockerfile.clone().unwrap_or_else(|| root.join("Dockerfile"));
    let rules = IgnoreRules::load(&root, &beside)?;
    let asked = args.explain.as_deref().map(|file| locate(&root, file)).transpose()?;
    let survey = survey::survey(&root, &rules)?;
    let explained = asked.as_ref().map(|path| {
        let kind = std::fs::symlink_metadata(path.on_disk(&root)).ok().map(|it| kind(&it));
        let is_directory = kind == Some(EntryKind::Directory);
        (path, kind, explain(&rules, path, is_directory))
    });
    let explained = explained.as_ref().map(|it| explained_of(it, &survey, &root, &rules, &beside));
    if args.format == Format::Json {
        let found = find_suspects(&root, &rules, &survey, dockerfile.as_deref(), ui)?;
        return write_json(
            args,
            environment,
            &root,
            &rules,
            &survey,
            &found,
            explained.as_ref(),
            ui,
        );
    }
    if let Some(explained) = &explained {
        ui.result(&report::explain(explained, &rules, ui.results()))?;
        return Ok(());
    }
    if args.list || args.null {
        write_list(&survey, args.null, ui)?;
    } else {
        let found = find_suspects(&root, &rules, &survey, dockerfile.as_deref(), ui)?;
        let view = ContextView {
            survey: &survey,
            rules: &rules,
            suspects: &found,
            seconds: begun.elapsed().into(),
        };
        ui.result(&report::context(&view, ui.results()))?;
    }
    for problem in survey.problems() {
        let path = &problem.path;
        ui.warning(&format!("a build cannot read {path}: {}", problem.reason))?;
    }
    Ok(())
}

/// The Dockerfile, which this command can do without unless it is named.
fn find_dockerfile(root: &Path, args: &ContextArgs) -> Result<Option<PathBuf>, Failure> {
    match args.file.as_deref() {
        Some(file) if file == Path::new("-") => Ok(None),
        Some(file) => source::locate(root, &args.path, Some(file)).map(Some),
        None => Ok(source::locate(root, &args.path, None).ok()),
    }
}

fn find_suspects(
    root: &Path,
    rules: &IgnoreRules,
    survey: &Survey,
    dockerfile: Option<&Path>,
    ui: &mut Ui,
) -> Result<Vec<Suspect>, Failure> {
    let named = match dockerfile.map(copied_by).transpose() {
        Ok(named) => named.unwrap_or_default(),
        Err(reason) => {
            ui.warning(&format!("what the Dockerfile copies is not known: {reason}"))?;
            Vec::new()
        }
    };
    let peek = |path: &ContextPath| survey::peek(root, path);
    Ok(suspects(&Request { survey, rules, named: &named, peek: &peek }))
}

fn copied_by(path: &Path) -> anyhow::Result<Vec<NamedSource>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Ok(plan::named_sources(&Dockerfile::parse(&name, &text)?))
}

#[allow(clippy::too_many_arguments, reason = "the parts of one object")]
fn write_json(
    args: &ContextArgs,
    environment: &Environment,
    root: &Path,
    rules: &IgnoreRules,
    survey: &Survey,
    found: &[Suspect],
    explained: Option<&Explained<'_>>,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let index = environment.cache_directory.as_deref().map(|cache| index_path(cache, root));
    let (snapshot, is_index_damaged) = read_context(root, rules, index.as_deref())?;
    if is_index_damaged {
        ui.warning(DAMAGED_INDEX)?;
    }
    let summary = ContextSummary {
        files: snapshot.files(),
        bytes: snapshot.bytes(),
        ignored: survey.ignored().files,
        digest: snapshot.digest(),
    };
    let entries = args.list.then(|| snapshot.entries());
    let report = ContextReport { summary, survey, rules, suspects: found, entries, explained };
    ui.json(&json::context(&report))?;
    Ok(())
}

/// One path a line. A terminal gets names that do nothing to it; everything else the bytes.
fn write_list(survey: &Survey, null: bool, ui: &mut Ui) -> Result<(), Failure> {
    let escaped = !null && ui.results().interactive;
    let mut list = Vec::new();
    for item in survey.items() {
        if escaped {
            list.extend(escape::text(&item.path.to_string()).as_bytes());
        } else {
            list.extend(item.path.as_bytes());
        }
        list.push(if null { 0 } else { b'\n' });
    }
    ui.bytes(&list)?;
    Ok(())
}

fn explained_of<'a>(
    (path, kind, explanation): &'a (&'a ContextPath, Option<EntryKind>, Explanation),
    survey: &Survey,
    root: &Path,
    rules: &IgnoreRules,
    dockerfile: &Path,
) -> Explained<'a> {
    let on_disk = path.on_disk(root).canonicalize().ok();
    let is_always_read = on_disk.is_some_and(|own| {
        let is = |other: &Path| other.canonicalize().is_ok_and(|other| other == own);
        is(dockerfile) || rules.source().is_some_and(is)
    });
    Explained {
        path,
        kind: *kind,
        explanation,
        holds_sent: !survey.below(path).is_empty(),
        is_always_read,
    }
}

/// The path of a file that was named from the current directory or from the context.
fn locate(root: &Path, file: &Path) -> Result<ContextPath, Failure> {
    let here =
        std::path::absolute(file).with_context(|| format!("cannot find {}", file.display()))?;
    let tries = [inside(root, &here), inside(root, &root.join(file))];
    let is_there = |path: &&ContextPath| path.on_disk(root).symlink_metadata().is_ok();
    let mut found = tries.iter().flatten();
    let there = found.clone().find(is_there);
    // A file that is there, but elsewhere, is the one that was meant.
    let elsewhere = there.is_none() && tries[0].is_none() && here.symlink_metadata().is_ok();
    match there.or_else(|| found.next()) {
        Some(path) if !elsewhere => Ok(path.clone()),
        _ => Err(anyhow!(
            "{} is not in the context {}; name a file in it, from here or from the context",
            file.display(),
            root.display()
        )
        .into()),
    }
}

/// The path in the context, where it lies in it; links on the way are followed, the last is not.
fn inside(root: &Path, full: &Path) -> Option<ContextPath> {
    if full.canonicalize().is_ok_and(|full| full == root) {
        return Some(ContextPath::root());
    }
    let mut rest = Vec::new();
    let mut known = full;
    loop {
        rest.push(known.file_name()?);
        known = known.parent()?;
        if let Ok(directory) = known.canonicalize() {
            let above = directory.strip_prefix(root).ok()?;
            let above = ContextPath::new(above.as_os_str().as_bytes());
            return Some(rest.iter().rev().fold(above, |path, name| path.join(name.as_bytes())));
        }
    }
}

fn kind(metadata: &std::fs::Metadata) -> EntryKind {
    if metadata.is_dir() {
        EntryKind::Directory
    } else if metadata.is_symlink() {
        EntryKind::Symlink
    } else {
        EntryKind::File
    }
}
