//! Where to look for a reason: files and lines of the newer tree.

mod ignored;
mod settings;

use settings::{KEYWORDS, Settings, Versions};

use super::compared::Version;
use super::retold::{NO_CACHE, NO_CACHE_FILTER};
use super::types::Place;
use crate::context::git::Tree;
use crate::context::{ContextPath, Source as _};
use crate::images::{Image, ImageDockerfile, Origin};
use crate::plan::{PLATFORM, Step};
use crate::predict::{CauseKind, ChangeKind, FileChange};

/// Files with more bytes have no line that anybody reads.
const LONGEST: usize = 1024 * 1024;

/// Of more files the lines are not looked for.
const MOST: usize = 20;

/// What images are called that a build is given under other names.
const CONTEXTS: &str = "additional_contexts";

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
            CauseKind::Files { files, .. } => self.of_files(files, now, before),
            CauseKind::Argument { .. }
            | CauseKind::Environment { .. }
            | CauseKind::Option { .. }
            | CauseKind::BaseImage { .. }
            | CauseKind::Instruction { .. } => {
                before.map_or_else(Vec::new, |before| self.of_settings(kind, step, now, before))
            }
            _ => Vec::new(),
        };
        if places.is_empty() {
            places.extend(before.and_then(|before| self.of_project(kind, step, now, before)));
        }
        let is_set = matches!(kind, CauseKind::Argument { .. } | CauseKind::Environment { .. });
        if places.is_empty() && (is_set || is_of_the_project(kind, now)) {
            places.push(in_origin(now));
        }
        if !places.contains(&instruction) {
            places.push(instruction);
        }
        places
    }

    /// The lines that set what the step notices otherwise than before: the Dockerfile's, or those
    /// that give its arguments other values.
    fn of_settings(
        &self,
        kind: &CauseKind,
        step: &Step,
        now: Version<'_>,
        before: Version<'_>,
    ) -> Vec<Place> {
        let of = Versions {
            before: &before.planned.dockerfile,
            now: &now.planned.dockerfile,
            line: step.line,
        };
        if matches!(kind, CauseKind::Option { name, .. } if name == PLATFORM) {
            return self.of_platform(of, now, before);
        }
        if is_in_place_of_a_base(kind, now, before) {
            return Vec::new();
        }
        let Some(settings) = Settings::of(kind, of) else { return Vec::new() };
        let is_edited = of.before.source() != of.now.source();
        let in_text = |lines: Option<(u32, u32)>| -> Vec<Place> {
            let lines = lines.filter(|_| is_edited);
            lines.map(|lines| in_dockerfile(now, lines)).into_iter().collect()
        };
        let ways: [&dyn Fn() -> Vec<Place>; 5] = [
            &|| in_text(settings.edited(of)),
            &|| self.of_arguments(now, before, |name| settings.names.contains(name)),
            &|| in_text(settings.gone(of)),
            &|| self.of_arguments(now, before, |_| true),
            &|| in_text(settings.last(of)),
        ];
        ways.into_iter().map(|way| way()).find(|places| !places.is_empty()).unwrap_or_default()
    }

    /// The FROM that names another platform, or what gives the arguments in it other values.
    fn of_platform(&self, of: Versions<'_>, now: Version<'_>, before: Version<'_>) -> Vec<Place> {
        let in_text = |lines: Option<(u32, u32)>| -> Vec<Place> {
            lines.map(|lines| in_dockerfile(now, lines)).into_iter().collect()
        };
        let names = Settings::of_platform(of);
        let ways: [&dyn Fn() -> Vec<Place>; 4] = [
            &|| in_text(settings::edited_from(of)),
            &|| in_text(names.edited(of)),
            &|| self.of_arguments(now, before, |name| names.names.contains(name)),
            &|| in_text(names.gone(of)),
        ];
        ways.into_iter().map(|way| way()).find(|places| !places.is_empty()).unwrap_or_default()
    }

    /// The lines that give those of the wanted arguments another value that have one.
    fn of_arguments(
        &self,
        now: Version<'_>,
        before: Version<'_>,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<Place> {
        let (old, new) = (&before.image.args, &now.image.args);
        let names = new.keys().filter(|name| is_wanted(name) && old.get(*name) != new.get(*name));
        let mut places = Vec::new();
        for name in names.take(MOST) {
            let of = |image: &Image| image.written.args.get(name).cloned().unwrap_or_default();
            for place in
                self.new_lines(&of(now.image), &of(before.image)).into_iter().map(|it| at(&it))
            {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        places
    }

    /// Of the lines those that are not among the older tree's by their text. Where all are as they
    /// were, something that is not in the tree gave another value, and the first one is told.
    fn new_lines(&self, lines: &[Origin], before: &[Origin]) -> Vec<Origin> {
        let before: Vec<_> = before.iter().map(|line| (line, line_in(self.base, line))).collect();
        let is_new = |line: &&Origin| {
            let text = line_in(self.head, line);
            !before.iter().any(|(old, it)| old.file == line.file && *it == text)
        };
        let found: Vec<Origin> = lines.iter().filter(is_new).cloned().collect();
        if found.is_empty() { lines.iter().take(1).cloned().collect() } else { found }
    }

    /// The line of a compose or bake file that gives an option of the build, or the context of a
    /// name.
    fn of_project(
        &self,
        kind: &CauseKind,
        step: &Step,
        now: Version<'_>,
        before: Version<'_>,
    ) -> Option<Place> {
        let key = match kind {
            CauseKind::Option { name, .. } => setting(name)?,
            _ if is_of_another_context(step, now, before)
                || is_in_place_of_a_base(kind, now, before) =>
            {
                CONTEXTS
            }
            _ => return None,
        };
        let of = |image: &Image| image.written.settings.get(key).cloned().unwrap_or_default();
        self.new_lines(&of(now.image), &of(before.image)).first().map(at)
    }

    /// Each file, or the line of an ignore file that let it in or out.
    fn of_files(
        &self,
        files: &[FileChange],
        now: Version<'_>,
        before: Option<Version<'_>>,
    ) -> Vec<Place> {
        let mut places = Vec::new();
        for file in files.iter().take(MOST) {
            let place = self.of_file(file, now, before);
            // A rule of an ignore file that is copied itself is one of its lines.
            if places.iter().any(|known| holds(&place, known)) {
                continue;
            }
            places.retain(|known| !holds(known, &place));
            places.push(place);
        }
        places
    }

    fn of_file(&self, file: &FileChange, now: Version<'_>, before: Option<Version<'_>>) -> Place {
        let path = ContextPath::new(&file.path);
        let lines = match file.change {
            ChangeKind::Modified => self.changed_lines(&path),
            ChangeKind::Added | ChangeKind::Removed => {
                if let Some(place) = before.and_then(|before| self.of_rule(&path, now, before)) {
                    return place;
                }
                None
            }
            _ => None,
        };
        Place { file: file.path.clone(), lines }
    }

    /// From the first to the last line that is otherwise in the newer tree.
    fn changed_lines(&self, path: &ContextPath) -> Option<(u32, u32)> {
        differing_lines(&text_of(self.base, path)?, &text_of(self.head, path)?)
    }
}

/// What compose and bake files call an option of the build.
fn setting(option: &str) -> Option<&str> {
    Some(match option {
        "network" | "platform" => option,
        "shm-size" => "shm_size",
        "ulimit" => "ulimits",
        "add-host" => "extra_hosts",
        NO_CACHE => "no_cache",
        NO_CACHE_FILTER => "no_cache_filter",
        _ if option.starts_with("build-context") => CONTEXTS,
        _ => return None,
    })
}

/// Whether the step gets a named context, and the name is given to something else than before.
fn is_of_another_context(step: &Step, now: Version<'_>, before: Version<'_>) -> bool {
    let (old, new) = (&before.image.contexts, &now.image.contexts);
    let mut others = new.iter().filter(|(name, context)| old.get(*name) != Some(*context));
    others.any(|(name, _)| step.name.contains(&format!("context {name}] ")))
}

/// Whether the reason is that something is given in the place of a base image.
fn is_in_place_of_a_base(kind: &CauseKind, now: Version<'_>, before: Version<'_>) -> bool {
    let CauseKind::BaseImage { reference, .. } = kind else { return false };
    let given = now.image.contexts.get(reference);
    given.is_some() && given != before.image.contexts.get(reference)
}

/// Whether the lines of the one are among those of the other.
fn holds(outer: &Place, inner: &Place) -> bool {
    let is_in = |(first, last): (u32, u32)| {
        inner.lines.is_some_and(|(from, to)| first <= from && to <= last)
    };
    outer.file == inner.file && outer.lines.map_or(outer == inner, is_in)
}

/// A file that is text, and not too long to be read by anybody.
fn text_of(tree: &Tree, path: &ContextPath) -> Option<String> {
    let bytes = tree.read(path).ok()??;
    (bytes.len() <= LONGEST).then(|| String::from_utf8(bytes).ok())?
}

/// The text of a line.
fn line_in(tree: &Tree, line: &Origin) -> Option<String> {
    let text = text_of(tree, &line.file)?;
    text.lines().nth(line.line.checked_sub(1)?).map(|text| text.trim().to_owned())
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
pub(super) fn in_dockerfile(now: Version<'_>, lines: (u32, u32)) -> Place {
    match &now.image.dockerfile {
        ImageDockerfile::File(path) => Place { file: path.to_string(), lines: Some(lines) },
        ImageDockerfile::Inline(_) => in_text(now.image, lines).unwrap_or_else(|| in_origin(now)),
    }
}

/// Lines of an inline Dockerfile, in the file that has it.
fn in_text(image: &Image, (first, last): (u32, u32)) -> Option<Place> {
    let inline = image.written.inline.as_ref()?;
    let lines = (inline.line(first)?, inline.line(last)?);
    Some(Place { file: inline.origin.file.to_string(), lines: Some(lines) })
}

/// The line that makes something an image.
fn in_origin(now: Version<'_>) -> Place {
    at(&now.image.origin)
}

fn at(origin: &Origin) -> Place {
    let line = u32::try_from(origin.line).ok();
    Place { file: origin.file.to_string(), lines: line.map(|line| (line, line)) }
}

/// Whether only the compose or bake file can say it: an option of the build.
fn is_of_the_project(kind: &CauseKind, now: Version<'_>) -> bool {
    let is_option =
        matches!(kind, CauseKind::Option { name, .. } if !KEYWORDS.contains(&name.as_str()));
    is_option && now.image.project.is_some()
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
