//! Files that people read and no command does, in a context.

use std::collections::BTreeMap;

use super::Losing;
use crate::Seconds;
use crate::context::{ContextPath, Entry, EntryKind, Source as _, glob};
use crate::impact::side::{Files, ignore_file};
use crate::impact::touched::below;
use crate::impact::types::{Advice, ImageImpact, RootCause};
use crate::plan::StepKind;
use crate::predict::{CauseKind, ChangeKind};

/// What begins the names of files that are about a project and no part of it.
const BEGINNINGS: [&str; 7] = [
    "readme",
    "changelog",
    "changes.",
    "contributing",
    "code_of_conduct",
    "security.",
    "maintainers",
];

/// Files that other tools read than those that a build runs.
const NAMES: [&str; 10] = [
    ".gitlab-ci.yml",
    ".travis.yml",
    ".pre-commit-config.yaml",
    ".editorconfig",
    ".dockerignore",
    "smartbuild.toml",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// Files of package managers, which may name a README as a part of the package.
const MANIFESTS: [&str; 6] =
    ["pyproject.toml", "setup.py", "setup.cfg", "Cargo.toml", "package.json", "composer.json"];

/// Ends of names of such files.
const MANIFEST_ENDS: [&[u8]; 3] = [b".gemspec", b".cabal", b".csproj"];

/// Names of scripts that a build may run, and of what tells a program what to do.
const SCRIPTS: [&str; 7] =
    ["Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Rakefile"];

/// Ends of names of such files.
const SCRIPT_ENDS: [&[u8]; 4] = [b".sh", b".bash", b".mk", b".make"];

/// More of them, or longer ones, are not read at each commit.
const MOST_SCRIPTS: usize = 200;

/// The longest of them in bytes.
const LONGEST_SCRIPT: u64 = 256 * 1024;

/// What one file costs.
#[derive(Default)]
struct Cost {
    images: Vec<String>,
    ignore_files: Vec<String>,
    seconds: Seconds,
}

/// What to leave out of the contexts.
pub(super) fn advice(
    losing: &[Losing<'_>],
    impacts: &[ImageImpact],
    head: &Files<'_>,
) -> Vec<Advice> {
    let mut costs: BTreeMap<(ContextPath, ContextPath), Cost> = BTreeMap::new();
    for losing in losing {
        let Some(impact) = impacts.get(losing.place) else { continue };
        for cause in &impact.causes {
            let Some(files) = unread(cause, impact, losing, head) else { continue };
            // Steps of branches that run side by side cost less than their sum.
            let (all, sum) = (impact.summary.seconds_lost, cause.seconds);
            let seconds = if sum < all { sum } else { all };
            for file in files {
                let line = below(&file, &losing.image.context);
                let cost = costs.entry((file, line)).or_default();
                cost.seconds = cost.seconds + seconds;
                cost.images.push(impact.name.clone());
                let ignore_file = ignore_file(losing.image, &losing.planned.rules).to_string();
                if !cost.ignore_files.contains(&ignore_file) {
                    cost.ignore_files.push(ignore_file);
                }
            }
        }
    }
    let told = |((file, line), cost): ((ContextPath, ContextPath), Cost)| Advice::Exclude {
        file: file.to_string(),
        images: cost.images,
        ignore_files: cost.ignore_files,
        line: line.to_string(),
        seconds: cost.seconds,
    };
    costs.into_iter().map(told).collect()
}

/// The files of a reason, where all of them are ones that nothing in the image reads.
fn unread(
    cause: &RootCause,
    impact: &ImageImpact,
    losing: &Losing<'_>,
    head: &Files<'_>,
) -> Option<Vec<ContextPath>> {
    let CauseKind::Files { files, more: 0 } = &cause.kind else { return None };
    // What is gone, or what the change leaves out itself, costs nothing again.
    if files.iter().any(|file| file.change == ChangeKind::Removed) {
        return None;
    }
    let step = &impact.steps.get(cause.step.0)?.forecast.step;
    if !matches!(step.kind, StepKind::Copy | StepKind::Add) {
        return None;
    }
    let files: Vec<ContextPath> = files.iter().map(|file| ContextPath::new(&file.path)).collect();
    let is_unread = |file: &ContextPath| {
        file.starts_with(&losing.image.context)
            && is_for_people(file)
            && !is_named(file, losing, head)
    };
    (!files.is_empty() && files.iter().all(is_unread)).then_some(files)
}

/// Whether a file is about the project, by its name.
fn is_for_people(file: &ContextPath) -> bool {
    let name = String::from_utf8_lossy(file.file_name().unwrap_or_default()).to_lowercase();
    let is_below = |directory: &[u8]| file.components().any(|part| part == directory);
    let is_dockerfile = name == "dockerfile"
        || name == "containerfile"
        || name.starts_with("dockerfile.")
        || name.ends_with(".dockerfile");
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || NAMES.contains(&&*name)
        || is_dockerfile
        || is_below(b".github")
}

/// Whether an instruction, or a package that the file may be a part of, names the file.
fn is_named(file: &ContextPath, losing: &Losing<'_>, head: &Files<'_>) -> bool {
    let Some(name) = file.file_name() else { return true };
    let instructions = losing.planned.dockerfile.instructions().iter();
    let names = |text: &[u8]| names(text, name);
    if instructions.into_iter().any(|instruction| names(instruction.text.as_bytes())) {
        return true;
    }
    if is_in_a_script(losing, head, &names) {
        return true;
    }
    let own = file.parent().unwrap_or_default();
    [own, losing.image.context.clone()].iter().any(|directory| {
        let Ok(list) = head.tree.list(directory) else { return true };
        let manifests = list.iter().filter(|named| {
            named.kind == EntryKind::File
                && (MANIFESTS.iter().any(|it| it.as_bytes() == &*named.name)
                    || MANIFEST_ENDS.iter().any(|end| named.name.ends_with(end)))
        });
        manifests.into_iter().any(|manifest| {
            let text = head.tree.read(&directory.join(&manifest.name));
            text.map_or(true, |text| text.is_some_and(|text| names(&text)))
        })
    })
}

/// Whether a script of the context names a file, or nobody can tell as there are too many.
fn is_in_a_script(losing: &Losing<'_>, head: &Files<'_>, names: &dyn Fn(&[u8]) -> bool) -> bool {
    let scripts: Vec<&Entry> =
        losing.planned.context.snapshot.entries().iter().filter(|entry| is_script(entry)).collect();
    let is_too_long = |entry: &&Entry| entry.size > LONGEST_SCRIPT;
    scripts.len() > MOST_SCRIPTS
        || scripts.iter().any(is_too_long)
        || scripts.iter().any(|script| {
            let path = losing.image.context.join(script.path.as_bytes());
            head.tree.read(&path).map_or(true, |text| text.is_some_and(|text| names(&text)))
        })
}

fn is_script(entry: &Entry) -> bool {
    let name = entry.path.file_name().unwrap_or_default();
    entry.kind == EntryKind::File
        && (SCRIPTS.iter().any(|script| script.as_bytes() == name)
            || SCRIPT_ENDS.iter().any(|end| name.ends_with(end)))
}

/// Whether a text has a file's name in it, or a pattern that the name fits.
fn names(text: &[u8], name: &[u8]) -> bool {
    if text.windows(name.len()).any(|part| part == name) {
        return true;
    }
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`;&|()<>=,".contains(byte);
    let mut words = text.split(is_between);
    words.any(|word| {
        let last = word.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let is_pattern = glob::has_wildcards(last);
        // All of a directory somewhere else in the image is nothing of the context.
        let is_elsewhere = word.starts_with(b"/") && last.iter().all(|&byte| byte == b'*');
        is_pattern && !is_elsewhere && fits(last, name)
    })
}

/// Whether a name fits a pattern, whatever its capitals; of one that is none nobody can tell.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let [pattern, name] = [pattern, name].map(<[u8]>::to_ascii_lowercase);
    glob::matches(&pattern, &name).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_what_fits_it() {
        let readme = |text: &str| names(text.as_bytes(), b"README.md");
        for text in [
            "RUN cat *.md",
            "COPY --from=b /a/*.md /docs/",
            "RUN test -n \"$(find . -name 'README*')\"",
            "RUN wc -l ./*",
            "RUN cat [A-Z]*.md",
            "RUN cat README.??",
            "RUN FILES=docs/readme.*; cat $FILES",
        ] {
            assert!(readme(text), "{text}");
        }
        for text in ["RUN rm -rf /var/lib/apt/lists/*", "COPY *.py .", "RUN ls [", "RUN cat *.txt"]
        {
            assert!(!readme(text), "{text}");
        }
    }
}
