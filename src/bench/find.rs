//! What the scenarios change in a project, found by itself.

use super::edit::{Edit, name};
use super::types::{Change, Left, NAMES, Scenario};
use crate::context::{ContextPath, Entry, EntryKind, Snapshot};
use crate::dockerfile::{Dockerfile, InstructionKind};
use crate::optimize::history::Frequencies;
use crate::optimize::is_manifest;

/// Larger files are not edited: nobody does by hand.
const LARGEST: u64 = 1 << 20;

/// Words in the names of arguments that get another value with each build anyway.
const RESTLESS: &[&str] = &[
    "COMMIT",
    "SHA",
    "REVISION",
    "REF",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "VERSION",
    "RELEASE",
    "NUMBER",
    "CACHEBUST",
    "BUST",
];

/// How the names of arguments begin that are not the project's own.
const FOREIGN: &[&str] = &["BUILDKIT_", "TARGET", "BUILDPLATFORM", "BUILDOS", "BUILDARCH"];

/// A project in which scenarios are looked for.
#[derive(Clone, Copy)]
pub struct Project<'a> {
    /// Its context.
    pub snapshot: &'a Snapshot,
    /// The Dockerfile of the first variant.
    pub dockerfile: &'a Dockerfile,
    /// How often each file changes.
    pub frequencies: &'a Frequencies,
    /// Whether a step reads this file.
    pub reads: &'a dyn Fn(&ContextPath) -> bool,
}

/// The scenarios of a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Those that apply, in the order of [`NAMES`].
    pub scenarios: Vec<Scenario>,
    /// Those that do not.
    pub left: Vec<Left>,
}

/// Looks for what each of the [`NAMES`] changes: of the files that a step reads the one that changes
/// most often, and of build arguments the one whose name says that it often does.
pub fn find(project: &Project<'_>) -> Found {
    let mut found = Found::default();
    for name in NAMES {
        let change = match name {
            "edit source" => project.source(),
            "edit manifest" => project.manifest(),
            "edit documentation" => project.documentation(),
            "change argument" => argument(project.dockerfile),
            "cold" => Ok(Change::Cold),
            _ => Ok(Change::Nothing),
        };
        let name = name.to_owned();
        match change {
            Ok(change) => found.scenarios.push(Scenario { name, change }),
            Err(reason) => found.left.push(Left { name, reason }),
        }
    }
    found
}

impl Project<'_> {
    fn source(&self) -> Result<Change, String> {
        let edit = |path: &ContextPath| Edit::of_source(path).filter(|_| !is_manifest(&name(path)));
        self.most_edited(edit).ok_or_else(|| {
            "no step reads a source file in a language whose comments are known; give the change \
             with --scenarios"
                .to_owned()
        })
    }

    fn manifest(&self) -> Result<Change, String> {
        let edit = |path: &ContextPath| is_manifest(&name(path)).then(|| Edit::of_manifest(path));
        self.most_edited(|path| edit(path).flatten()).ok_or_else(|| {
            "no step reads a dependency manifest that can be edited without another meaning; give \
             the change with --scenarios"
                .to_owned()
        })
    }

    fn documentation(&self) -> Result<Change, String> {
        self.most_edited(Edit::of_documentation)
            .ok_or_else(|| "no step reads a file that is only documentation".to_owned())
    }

    /// The file that changes most often of those that can be edited; of equal ones the nearest to
    /// the root, as that is where people begin.
    fn most_edited(&self, edit: impl Fn(&ContextPath) -> Option<Edit>) -> Option<Change> {
        let is_eligible = |entry: &&Entry| {
            entry.kind == EntryKind::File && entry.size <= LARGEST && !is_hidden(&entry.path)
        };
        let mut best: Option<(f64, usize, &ContextPath, Edit)> = None;
        for entry in self.snapshot.entries().iter().filter(is_eligible) {
            let Some(edit) = edit(&entry.path) else { continue };
            let frequency = self.frequencies.of(&entry.path);
            let depth = entry.path.components().count();
            let is_better = best.as_ref().is_none_or(|(known, known_depth, ..)| {
                frequency > *known || (frequency >= *known && depth < *known_depth)
            });
            if is_better && (self.reads)(&entry.path) {
                best = Some((frequency, depth, &entry.path, edit));
            }
        }
        best.map(|(_, _, path, edit)| Change::Edit { path: path.clone(), edit })
    }
}

/// Whether it or a directory above it has a name with a dot in front, as what tools keep has.
fn is_hidden(path: &ContextPath) -> bool {
    path.as_bytes().split(|&byte| byte == b'/').any(|part| part.starts_with(b"."))
}

/// The argument that is changed: one whose name says that it often does, else one that has no value
/// unless it is given.
fn argument(dockerfile: &Dockerfile) -> Result<Change, String> {
    let mut declared: Vec<(&str, bool)> = Vec::new();
    for instruction in dockerfile.stages().flat_map(|stage| stage.instructions) {
        let InstructionKind::Arg(arguments) = &instruction.kind else { continue };
        declared.extend(arguments.iter().map(|(name, value)| (&**name, value.is_some())));
    }
    declared.retain(|(name, _)| {
        !FOREIGN.iter().any(|begin| name.starts_with(begin))
            && !name.to_lowercase().ends_with("_proxy")
    });
    let is_restless = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.split('_').any(|word| RESTLESS.contains(&word))
    };
    // A version of what is installed has a default, and only some values of it exist.
    let restless = declared.iter().find(|(name, has_default)| {
        is_restless(name) && !(*has_default && name.to_ascii_uppercase().ends_with("_VERSION"))
    });
    let found = restless.or_else(|| declared.iter().find(|(_, has_default)| !has_default));
    match (found, declared.first()) {
        (Some((name, _)), _) => Ok(Change::Argument((*name).to_owned())),
        (None, Some((name, _))) => {
            Err(format!("the build may rely on the defaults of its arguments, such as ARG {name}"))
        }
        (None, None) => Err("no stage declares a build argument".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::Digest;
    use crate::context::ModifiedTime;
    use crate::optimize::history::Observed;

    fn snapshot(paths: &[&str]) -> Snapshot {
        let entry = |path: &&str| Entry {
            path: ContextPath::new(path),
            kind: EntryKind::File,
            mode: 0o644,
            size: 1,
            modified: ModifiedTime::default(),
            digest: Some(Digest::of(path.as_bytes())),
            target: None,
        };
        Snapshot::new(paths.iter().map(entry).collect(), 0)
    }

    /// What is found, a line each.
    fn told(paths: &[&str], often: &[&str], dockerfile: &str) -> String {
        let observed = Observed { changed: often.iter().map(ContextPath::new).collect() };
        let found = find(&Project {
            snapshot: &snapshot(paths),
            dockerfile: &Dockerfile::parse("Dockerfile", dockerfile).unwrap(),
            frequencies: &Frequencies::observed(&[&[observed]]),
            reads: &|path| !path.to_string().starts_with("unread"),
        });
        let scenarios = found.scenarios.iter().map(|it| format!("{}: {:?}\n", it.name, it.change));
        let left = found.left.iter().map(|it| format!("{} left: {}\n", it.name, it.reason));
        scenarios.chain(left).collect()
    }

    #[test]
    fn each_scenario_takes_what_changes_most_often() {
        let paths = [
            ".github/tool.py",
            "README.md",
            "docs/guide.md",
            "lib/deep/often.py",
            "main.py",
            "requirements.txt",
            "setup.py",
            "unread/most.py",
        ];
        let often = [".github/tool.py", "docs/guide.md", "lib/deep/often.py", "unread/most.py"];
        insta::assert_snapshot!(
            told(&paths, &often, "ARG GIT_SHA\nFROM a\nARG NODE_VERSION=20\nARG GIT_SHA\nCOPY . .\n"),
            @r##"
        no change: Nothing
        edit source: Edit { path: "lib/deep/often.py", edit: Comment("# ", "") }
        edit manifest: Edit { path: "requirements.txt", edit: Comment("# ", "") }
        edit documentation: Edit { path: "docs/guide.md", edit: Comment("<!-- ", " -->") }
        change argument: Argument("GIT_SHA")
        cold: Cold
        "##
        );
        let told = told(&paths, &[], "FROM a\nCOPY . .\n");
        assert!(told.contains("edit source: Edit { path: \"main.py\""), "{told}");
    }

    #[test]
    fn what_does_not_apply_is_said_with_why() {
        insta::assert_snapshot!(
            told(&["a.bin", "unread.md"], &[], "FROM a\nARG PYTHON_VERSION=3\nARG TARGETARCH\n"),
            @r"
        no change: Nothing
        cold: Cold
        edit source left: no step reads a source file in a language whose comments are known; give the change with --scenarios
        edit manifest left: no step reads a dependency manifest that can be edited without another meaning; give the change with --scenarios
        edit documentation left: no step reads a file that is only documentation
        change argument left: the build may rely on the defaults of its arguments, such as ARG PYTHON_VERSION
        "
        );
    }
}
