//! Where to look for a reason: files and lines of the newer tree.

use super::compared::Version;
use super::types::Place;
use crate::context::git::Tree;
use crate::context::{ContextPath, Source as _};
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind};
use crate::images::ImageDockerfile;
use crate::plan::Step;
use crate::predict::{CauseKind, ChangeKind, FileChange};

/// Files with more bytes have no line that anybody reads.
const LONGEST: usize = 1024 * 1024;

/// Of more files the lines are not looked for.
const MOST: usize = 20;

/// The two trees that places are found in.
pub(super) struct Places<'a> {
    pub(super) base: &'a Tree,
    pub(super) head: &'a Tree,
}

impl Places<'_> {
    /// The places for a reason that lies in `step`, the one at fault first.
    pub(super) fn of(
        &self,
        kind: &CauseKind,
        step: &Step,
        now: Version<'_>,
        before: Option<Version<'_>>,
    ) -> Vec<Place> {
        let instruction = in_dockerfile(now, (step.line, step.last_line));
        let mut places = match kind {
            CauseKind::Files { files, .. } => {
                files.iter().take(MOST).map(|file| self.of_file(file)).collect()
            }
            CauseKind::Argument { name, .. } | CauseKind::Environment { name, .. } => {
                let set = before
                    .filter(|it| it.planned.dockerfile.source() != now.planned.dockerfile.source())
                    .and_then(|_| setting(&now.planned.dockerfile, name))
                    .map(|lines| in_dockerfile(now, lines));
                vec![set.unwrap_or_else(|| in_origin(now))]
            }
            _ => Vec::new(),
        };
        if !places.contains(&instruction) {
            places.push(instruction);
        }
        places
    }

    fn of_file(&self, file: &FileChange) -> Place {
        let lines = match file.change {
            ChangeKind::Modified => self.changed_lines(&ContextPath::new(&file.path)),
            _ => None,
        };
        Place { file: file.path.clone(), lines }
    }

    /// From the first to the last line that is otherwise in the newer tree.
    fn changed_lines(&self, path: &ContextPath) -> Option<(u32, u32)> {
        let text = |tree: &Tree| {
            let bytes = tree.read(path).ok()??;
            (bytes.len() <= LONGEST).then(|| String::from_utf8(bytes).ok())?
        };
        differing_lines(&text(self.base)?, &text(self.head)?)
    }
}

/// From the first to the last line of `after` that `before` has otherwise.
fn differing_lines(before: &str, after: &str) -> Option<(u32, u32)> {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.lines().collect(), after.lines().collect());
    let most = before.len().min(after.len());
    let above = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
    let pairs = before.iter().rev().zip(after.iter().rev());
    let below = pairs.take(most - above).take_while(|(old, new)| old == new).count();
    let first = (above + 1).min(after.len());
    let last = (after.len() - below).max(first);
    (first > 0).then_some(())?;
    Some((u32::try_from(first).ok()?, u32::try_from(last).ok()?))
}

/// Lines of the image's instructions.
fn in_dockerfile(now: Version<'_>, lines: (u32, u32)) -> Place {
    match &now.image.dockerfile {
        ImageDockerfile::File(path) => Place { file: path.to_string(), lines: Some(lines) },
        ImageDockerfile::Inline(_) => in_origin(now),
    }
}

/// The line that makes something an image.
fn in_origin(now: Version<'_>) -> Place {
    let line = u32::try_from(now.image.origin.line).ok();
    Place { file: now.image.origin.file.to_string(), lines: line.map(|line| (line, line)) }
}

/// The last ARG or ENV that sets a variable.
fn setting(dockerfile: &Dockerfile, name: &str) -> Option<(u32, u32)> {
    let sets = |instruction: &&Instruction| match &instruction.kind {
        InstructionKind::Arg(pairs) => {
            pairs.iter().any(|(it, value)| it == name && value.is_some())
        }
        InstructionKind::Env(pairs) => pairs.iter().any(|(it, _)| it == name),
        _ => false,
    };
    let found = dockerfile.instructions().iter().rev().find(sets)?;
    Some((found.line, found.last_line))
}

#[cfg(test)]
mod tests {
    use super::differing_lines;

    #[test]
    fn the_lines_are_those_of_the_newer_text() {
        assert_eq!(differing_lines("a\nb\nc\n", "a\nX\nc\n"), Some((2, 2)));
        assert_eq!(differing_lines("a\nb\n", "a\nX\nY\nb\n"), Some((2, 3)));
        assert_eq!(differing_lines("a\nb\nc\n", "a\nc\n"), Some((2, 2)), "where it was");
        assert_eq!(differing_lines("a\nb\n", "a\n"), Some((1, 1)), "what is left");
        assert_eq!(differing_lines("a\na\n", "a\na\na\n"), Some((3, 3)));
        assert_eq!(differing_lines("a\n", ""), None);
        assert_eq!(differing_lines("", "a\n"), Some((1, 1)));
    }
}
