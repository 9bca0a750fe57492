//! A commit's context and Dockerfile in a directory, as a checkout would have them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use super::super::copies::{self, Copied, set_modified};
use super::super::program::NotTimed;
use super::commit_files::{CommitFiles, wrong};
use crate::Digest;
use crate::context::{ContextPath, Entry, EntryKind, Found, ModifiedTime, Source as _};
use crate::dockerfile::edit::{self, Edit};
use crate::dockerfile::{Dockerfile, InstructionKind};

/// The file in the context that makes a variant's steps its own.
pub(super) const SALT: &str = ".smartbuild-bench";

/// A directory into which one commit after the other is written.
pub(super) struct Checkout {
    /// What is in it belongs to us alone.
    root: PathBuf,
    /// A word that no other variant has.
    salt: String,
    /// Since when each path is what it is: git leaves a file alone that stays the same.
    since: HashMap<ContextPath, (Option<Digest>, ModifiedTime)>,
}

impl Checkout {
    pub(super) fn new(root: PathBuf, salt: String) -> Self {
        Self { root, salt, since: HashMap::new() }
    }

    /// Writes what a commit has, in place of what was there, with this text of its Dockerfile.
    ///
    /// # Errors
    ///
    /// [`NotTimed::Failed`] where it cannot be read.
    pub(super) fn put(&mut self, files: &CommitFiles, text: &str) -> Result<Copied, NotTimed> {
        let directory = self.root.join("context");
        self.clear(&directory)?;
        self.write(files, &directory)?;
        copies::write(&directory.join(SALT), self.salt.as_bytes())?;
        // Outside of the context, where no link of the commit can lead elsewhere.
        let name = files.path.components().last().unwrap_or_default();
        let dockerfile = self.root.join("dockerfile").join(OsStr::from_bytes(name));
        let salted = Salted::of(&files.path, text)?;
        copies::write(&dockerfile, salted.text.as_bytes())?;
        let ignore_file = [name, b".dockerignore"].concat();
        let ignore_file = dockerfile.with_file_name(OsStr::from_bytes(&ignore_file));
        let again = format!("\n!{SALT}\n");
        copies::write(&ignore_file, &[files.rules.bytes(), again.as_bytes()].concat())?;
        let name = files.path.to_string();
        let name = if text == files.text { name } else { format!("{name}, optimized") };
        let mut copied = Copied::new(directory, dockerfile, name);
        (copied.told.added_lines, copied.told.added_in) = (salted.lines, salted.stages);
        Ok(copied)
    }

    fn clear(&self, directory: &Path) -> anyhow::Result<()> {
        copies::make_removable(directory);
        let gone = match fs::remove_dir_all(directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(directory),
        };
        gone.with_context(|| format!("cannot write {}", self.root.display()))
    }

    fn write(&mut self, files: &CommitFiles, to: &Path) -> Result<(), NotTimed> {
        let now = now();
        let entries = files.snapshot.entries();
        let of = |kind| entries.iter().filter(move |entry| entry.kind == kind);
        for entry in of(EntryKind::Directory) {
            fs::create_dir(entry.path.on_disk(to)).with_context(|| no_file(entry))?;
        }
        for entry in of(EntryKind::File) {
            let found = files.context.find(&entry.path).map_err(|error| wrong(&error))?;
            let Some(Found::File(bytes)) = found else {
                return Err(NotTimed::Failed(format!("{} cannot be read of it", entry.path)));
            };
            let path = entry.path.on_disk(to);
            let write = || -> io::Result<()> {
                // A name that is there already is another one's.
                io::Write::write_all(&mut fs::File::create_new(&path)?, &bytes)?;
                fs::set_permissions(&path, Permissions::from_mode(entry.mode))
            };
            write().with_context(|| no_file(entry))?;
        }
        // Links come last, so that none is on the way to a file.
        for entry in of(EntryKind::Symlink) {
            let target = entry.target.as_deref().unwrap_or_default();
            symlink(OsStr::from_bytes(target), entry.path.on_disk(to))
                .with_context(|| no_file(entry))?;
        }
        for entry in entries.iter().rev() {
            let time = self.time(entry, now);
            set_modified(&entry.path.on_disk(to), time).with_context(|| no_file(entry))?;
        }
        Ok(())
    }

    /// Since when the path is what it is.
    fn time(&mut self, entry: &Entry, now: ModifiedTime) -> ModifiedTime {
        let what = match &entry.target {
            Some(target) => Some(Digest::of(target)),
            None => entry.digest,
        };
        let since = self.since.entry(entry.path.clone()).or_insert((what, now));
        if since.0 != what {
            *since = (what, now);
        }
        since.1
    }
}

/// A Dockerfile with a first step in each stage that no build has seen. What stands on another
/// stage has it from there.
struct Salted {
    text: String,
    /// The lines that it has more, counted from 1.
    lines: Vec<usize>,
    /// The stages that begin with such a step, as the engine names them.
    stages: Vec<String>,
}

impl Salted {
    fn of(path: &ContextPath, text: &str) -> Result<Self, NotTimed> {
        let dockerfile =
            Dockerfile::parse(&path.to_string(), text).map_err(|error| wrong(&error))?;
        let mut names: Vec<String> = Vec::new();
        let mut edits = Vec::new();
        let (mut lines, mut stages) = (Vec::new(), Vec::new());
        let count = dockerfile.stages().count();
        for (at, stage) in dockerfile.stages().enumerate() {
            let InstructionKind::From { image, name, .. } = &stage.from.kind else { continue };
            if !names.iter().any(|name| name.eq_ignore_ascii_case(image)) {
                let mut end = stage.from.span;
                end.start = end.end;
                let above = dockerfile.source()[..end.end].matches('\n').count() + 1;
                lines.push(above + edits.len() + 1);
                edits.push(Edit::replace(end, format!("\nCOPY {SALT} /")));
                let unnamed = if count > 1 { format!("stage-{at}") } else { String::new() };
                stages.push(name.clone().unwrap_or(unnamed));
            }
            names.extend(name.clone());
        }
        let text = edit::apply(&dockerfile, &edits).map_err(|error| wrong(&error))?;
        Ok(Self { text, lines, stages })
    }
}

fn no_file(entry: &Entry) -> String {
    format!("cannot write {}; set TMPDIR to a directory with room for it", entry.path)
}

fn now() -> ModifiedTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ModifiedTime {
        seconds: i64::try_from(now.as_secs()).unwrap_or_default(),
        nanoseconds: now.subsec_nanos(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn each_stage_begins_with_a_step_of_its_own_unless_it_stands_on_another() {
        let text = "FROM golang AS build\nRUN go build\n\nFROM Build\nRUN a\nFROM scratch\n\
                    COPY --from=build /a /\nFROM alpine";
        let salted = Salted::of(&ContextPath::new("Dockerfile"), text).unwrap();
        assert_eq!(
            salted.text,
            "FROM golang AS build\nCOPY .smartbuild-bench /\nRUN go build\n\nFROM Build\nRUN a\n\
             FROM scratch\nCOPY .smartbuild-bench /\nCOPY --from=build /a /\nFROM alpine\n\
             COPY .smartbuild-bench /"
        );
        assert_eq!(salted.lines, [2, 8, 11]);
        assert_eq!(salted.stages, ["build", "stage-2", "stage-3"]);
        let alone = Salted::of(&ContextPath::new("Dockerfile"), "ARG A=\nFROM \\\n  a\nRUN a");
        let alone = alone.unwrap();
        assert_eq!((&*alone.lines, &*alone.stages), (&[4][..], &[String::new()][..]));
    }
}
