//! What shows that a cause is one: files with their commits, texts and values before and after.

use super::cause;
use super::clock::Clock;
use super::escape::text;
use super::style::Role;
use super::units;
use super::why::WhyView;
use crate::context::git::Commit;
use crate::plan::{JOINT_INPUTS, KeyInput, Step, StepIndex};
use crate::predict::{Cause, CauseKind, FileChange, Forecast, StepForecast, Strikes, Verdict};

/// What is kept of the beginning and the end that two long texts have in common.
const COMMON: usize = 24;

/// What is known of a file that is a reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileStory {
    /// Whether what is on disk is what `HEAD` has; `None` where nobody knows.
    pub is_committed: Option<bool>,
    /// The commit that changed it last, as far as one is known.
    pub last_commit: Option<Commit>,
    /// The rule that leaves it out of the context, as `.dockerignore:3 *.log`.
    pub left_out: Option<String>,
}

impl FileStory {
    /// In a line; `None` where nothing is known.
    fn told(&self, clock: &Clock) -> Option<String> {
        if let Some(rule) = &self.left_out {
            return Some(format!("left out by {}", text(rule)));
        }
        let commit = self.last_commit.as_ref().map(|commit| {
            let ago = clock.ago(commit.time).map_or_else(String::new, |ago| format!(", {ago}"));
            format!("{} {}{ago}", text(&commit.short_id), text(&commit.subject))
        });
        match (self.is_committed?, commit) {
            (true, commit) => commit,
            (false, Some(commit)) => Some(format!("not committed; before that {commit}")),
            (false, None) => Some("not committed".to_owned()),
        }
    }
}

/// The evidence of a cause whose step is `index`, a line each, safe for a terminal.
pub(super) fn lines(view: &WhyView<'_>, index: StepIndex, cause: &Cause) -> Vec<(Role, String)> {
    match &cause.kind {
        CauseKind::Files { files, more } => files_lines(view, files, *more),
        CauseKind::Instruction { before: Some(before), after } => {
            let mut lines = vec![(Role::Plain, "the instruction was edited:".to_owned())];
            lines.extend(edited(before, after));
            lines.extend(story(view, view.dockerfile));
            lines
        }
        CauseKind::Instruction { before: None, .. } => {
            let line = "the instruction is new: the last build had none like it";
            let mut lines = vec![(Role::Plain, line.to_owned())];
            lines.extend(story(view, view.dockerfile));
            lines
        }
        CauseKind::StoodOn { before, is_gone, after } => {
            let what = if *is_gone { "is gone" } else { "has moved" };
            let title = format!("what stood below it in the last build {what}:");
            let after = if after.is_empty() { "(nothing)" } else { after };
            let mut lines = vec![(Role::Plain, title)];
            lines.extend(changed(&text(before), &text(after)));
            lines.extend(story(view, view.dockerfile));
            lines
        }
        CauseKind::Argument { name, before, after, .. } => {
            named("argument", name, before.as_deref(), after.as_deref())
        }
        CauseKind::Environment { name, before, after, .. } => {
            named("variable", name, before.as_deref(), after.as_deref())
        }
        CauseKind::Option { name, after, .. } if name == JOINT_INPUTS => {
            vec![(Role::Plain, format!("{}.", cause::joint(after.is_some())))]
        }
        CauseKind::Option { name, before, after } => {
            named(cause::option_word(name), name, before.as_deref(), after.as_deref())
        }
        CauseKind::BaseImage { reference, before, after }
            if before.is_some() || after.is_some() =>
        {
            let shown = |digest: &Option<String>| match digest {
                Some(digest) => text(digest).into_owned(),
                None => "(no record of it)".to_owned(),
            };
            // Where nobody knows the layers, the names stand for them.
            let by_layers =
                [before, after].into_iter().flatten().any(|it| it.starts_with("sha256:"));
            let is_reused = view.forecast.steps.get(cause.step.0).is_some_and(|from| {
                matches!(from.verdict, Verdict::Cached) && !is_layers(&from.step, after.as_deref())
            });
            let title = if is_reused {
                format!(
                    "base image {} has the same layers and gives other variables, another \
                     directory, user or shell; by its id:",
                    text(reference)
                )
            } else if by_layers {
                format!("base image {}, by the digest of its layers:", text(reference))
            } else {
                "the base image is another:".to_owned()
            };
            let mut lines = vec![(Role::Plain, title)];
            lines.extend(changed(&shown(before), &shown(after)));
            lines
        }
        kind => vec![(Role::Plain, sentence(view.forecast, index, cause, kind))],
    }
}

/// Whether this is the digest of the step's base image's layers.
fn is_layers(step: &Step, told: Option<&str>) -> bool {
    step.inputs.iter().any(|input| {
        matches!(input, KeyInput::BaseImage { digest, .. }
            if told == Some(digest.to_string().as_str()))
    })
}

/// A cause that has nothing to show beside itself.
fn sentence(forecast: &Forecast, index: StepIndex, cause: &Cause, kind: &CauseKind) -> String {
    match kind {
        CauseKind::Evicted => {
            "the engine dropped it from its cache: pruned by hand, or for want of room".to_owned()
        }
        CauseKind::NoRecord => {
            "no record of it: smartbuild has not seen this engine build it as it is now".to_owned()
        }
        CauseKind::Unreadable => {
            "the records could not be read, as the warning says: what this engine has is not known"
                .to_owned()
        }
        CauseKind::Shared => {
            "another build that runs now may have made it: until that has ended, the \
             engine may run it and what stands on it once more; wait for it, and it can be reused"
                .to_owned()
        }
        CauseKind::Fetched => {
            "only the server can tell what it gives now: the engine asks it during the build, and \
             reuses the step where that is what it was"
                .to_owned()
        }
        CauseKind::Doubted => {
            "only the engine can tell how its copy of the context has a directory whose mode or \
             name is another than in the last build"
                .to_owned()
        }
        CauseKind::NoCache => {
            "--no-cache or --no-cache-filter asks for it; it is in the cache afterwards".to_owned()
        }
        CauseKind::ContextBase { name } => format!(
            "it stands on {}, a directory of --build-context, which is another one to the engine \
             at each build; COPY from it into a stage on an image, and it can be reused",
            text(name)
        ),
        CauseKind::BaseImage { reference, .. } => {
            format!("the engine cannot resolve the base image {}", text(reference))
        }
        _ => cause::brief(forecast, index, cause),
    }
}

fn files_lines(view: &WhyView<'_>, files: &[FileChange], more: usize) -> Vec<(Role, String)> {
    let count = files.len() + more;
    if count == 0 {
        return vec![(Role::Plain, "files differ; which ones was not kept".to_owned())];
    }
    let verb = if count == 1 { "differs" } else { "differ" };
    let count = units::counted(count as u64, "file", "files");
    let mut lines = vec![(Role::Plain, format!("{count} {verb}:"))];
    for file in files {
        let change = cause::change(file.change);
        lines.push((Role::Plain, format!("  {} {change}", text(&file.path))));
        let story = story(view, &file.path);
        lines.extend(story.map(|(role, line)| (role, format!("    {line}"))));
    }
    if more > 0 {
        lines.push((Role::Quiet, format!("  … and {} more", units::count(more as u64))));
    }
    lines
}

fn story(view: &WhyView<'_>, path: &str) -> Option<(Role, String)> {
    Some((Role::Quiet, view.files.get(path)?.told(&view.clock)?))
}

/// A value before and after. Where both are missing they look like a secret, and are not shown.
fn named(what: &str, name: &str, before: Option<&str>, after: Option<&str>) -> Vec<(Role, String)> {
    let title = |rest: &str| {
        let title = format!("{what} {}{rest}", text(name));
        (Role::Plain, title.trim_start().to_owned())
    };
    if before.is_none() && after.is_none() {
        return vec![title(" has another value, which is not shown: it looks like a secret")];
    }
    if before.is_some() && before == after {
        return vec![title(" stands at another place among the variables, which counts")];
    }
    let mut lines = vec![title(":")];
    lines.extend(changed(&cause::value(before), &cause::value(after)));
    lines
}

/// The texts of an instruction, or of one with heredocs only the lines that differ.
fn edited(before: &str, after: &str) -> Vec<(Role, String)> {
    if before == after {
        let line = "its text is the same; what of an earlier instruction or option went into it \
                    was not kept";
        return vec![(Role::Plain, line.to_owned())];
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if old.len().max(new.len()) <= 1 {
        let (before, after) = differing(before, after);
        return changed(&text(&before), &text(&after)).into();
    }
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let shorter = old.len().min(new.len()) - start;
    let ends = old.iter().rev().zip(new.iter().rev());
    let end = ends.take(shorter).take_while(|(old, new)| old == new).count();
    let side = |role, mark: char, lines: &[&str]| -> Vec<(Role, String)> {
        let lines = lines[start..lines.len() - end].iter();
        lines.map(|line| (role, format!("{mark} {}", text(line)))).collect()
    };
    [side(Role::Removed, '-', &old), side(Role::Added, '+', &new)].concat()
}

/// Before and after, as in a patch.
fn changed(before: &str, after: &str) -> [(Role, String); 2] {
    [(Role::Removed, format!("- {before}")), (Role::Added, format!("+ {after}"))]
}

/// Two texts without most of what they begin and end with alike, so that what differs is seen.
fn differing(before: &str, after: &str) -> (String, String) {
    let pairs = || before.chars().zip(after.chars());
    let start = pairs().take_while(|(a, b)| a == b).count();
    let (before, after): (Vec<char>, Vec<char>) =
        (before.chars().collect(), after.chars().collect());
    let shorter = before.len().min(after.len());
    let backwards = before.iter().rev().zip(after.iter().rev());
    let end = backwards.take(shorter - start).take_while(|(a, b)| a == b).count();
    let cut = |characters: &[char]| {
        // What is cut has to be more than the mark that says so.
        let skipped = if start > 2 * COMMON { start - COMMON } else { 0 };
        let kept_end = if end > 2 * COMMON { end - COMMON } else { 0 };
        let middle: String = characters[skipped..characters.len() - kept_end].iter().collect();
        let mark = |is_cut: usize| if is_cut > 0 { "…" } else { "" };
        format!("{}{middle}{}", mark(skipped), mark(kept_end))
    };
    (cut(&before), cut(&after))
}

/// What the reuse of a step rests on.
pub(super) fn decides(forecast: &Forecast, step: &Step) -> String {
    let mut parts = vec!["its text".to_owned()];
    let mut variables = 0;
    for input in &step.inputs {
        let other = |index: &StepIndex| {
            let step = forecast.steps.get(index.0);
            step.map_or_else(|| "an earlier step".to_owned(), |it| cause::short_name(&it.step.name))
        };
        match input {
            KeyInput::Files { source, .. } => parts.push(match &**source {
                "" | "." | "/" => "the files of the context".to_owned(),
                source => text(source).into_owned(),
            }),
            KeyInput::Environment { .. } => variables += 1,
            KeyInput::BaseImage { reference, .. } => {
                parts.push(format!("the layers of {}", text(reference)));
            }
            KeyInput::Parent { step } => parts.push(other(step)),
            KeyInput::StageOutput { step, path } | KeyInput::StageFiles { step, path, .. } => {
                parts.push(format!("{} of {}", text(path), other(step)));
            }
            KeyInput::Instruction { .. } | KeyInput::Option { .. } | KeyInput::Told { .. } => {}
        }
    }
    if variables > 0 {
        parts.push(units::counted(variables, "variable", "variables"));
    }
    format!("decided by {}", parts.join(", "))
}

/// How often the same cause has struck, in a sentence.
pub(super) fn strikes(strikes: &Strikes, step: Option<&StepForecast>) -> String {
    let step = step.map_or_else(String::new, |step| cause::short_name(&step.step.name));
    let what = match (strikes.kind, &strikes.name) {
        ("files", Some(name)) => text(name).into_owned(),
        ("base_image", Some(name)) => format!("base image {}", text(name)),
        ("environment", Some(name)) => format!("variable {}", text(name)),
        ("option", Some(name)) => {
            format!("{} {}", cause::option_word(name), text(name)).trim_start().to_owned()
        }
        ("no_cache", Some(name)) => format!("standing on the directory {}", text(name)),
        (kind, Some(name)) => format!("{kind} {}", text(name)),
        ("files", None) => "changed files".to_owned(),
        ("stood_on", None) => "what is gone or moved below it".to_owned(),
        ("instruction", None) => "edits of instructions".to_owned(),
        ("evicted", None) => "the engine's collecting".to_owned(),
        ("no_cache", None) => "--no-cache".to_owned(),
        (kind, None) => kind.to_owned(),
    };
    let builds = match strikes.of {
        1 => "the last build".to_owned(),
        of => format!("the last {of} builds"),
    };
    let time = if units::is_worth_saying(strikes.seconds) {
        format!(", {} in all", units::seconds(strikes.seconds))
    } else {
        String::new()
    };
    match (strikes.builds, strikes.of) {
        (0, 1) => format!("{what} did not make {step} run in {builds}"),
        (0, _) => format!("{what} made {step} run in none of {builds}"),
        (1, 1) => format!("{what} made {step} run in {builds}{time}"),
        (count, _) => format!("{what} made {step} run in {count} of {builds}{time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_heredocs_only_the_lines_that_differ_are_shown() {
        let told = |before, after| -> Vec<String> {
            edited(before, after).into_iter().map(|(_, line)| line).collect()
        };
        let before = "RUN <<EOF\nset -e\nmake a\nmake z";
        let after = "RUN <<EOF\nset -e\nmake b\u{1b}[1m\nmake c\nmake z";
        assert_eq!(told(before, after), ["- make a", "+ make b\\u{1b}[1m", "+ make c"]);
        assert_eq!(told("RUN <<EOF\na", "RUN <<EOF"), ["- a"]);
        assert!(told("COPY a b", "COPY a b")[0].contains("text is the same"));
    }

    #[test]
    fn only_what_differs_of_long_texts_is_shown() {
        let long = |middle: &str| format!("{}{middle}{}", "a".repeat(100), "z".repeat(90));
        let (before, after) = differing(&long("1"), &long("22"));
        assert_eq!(before, format!("…{}1{}…", "a".repeat(24), "z".repeat(24)));
        assert_eq!(after, format!("…{}22{}…", "a".repeat(24), "z".repeat(24)));
        assert_eq!(
            differing("RUN make", "RUN make -j8"),
            ("RUN make".into(), "RUN make -j8".into())
        );
        // The same letters at both ends are not counted twice.
        assert_eq!(differing("aaa", "aaaa"), ("aaa".into(), "aaaa".into()));
        let (one, two) = differing(&"a".repeat(100), &"a".repeat(101));
        assert!(two.len() == one.len() + 1, "{one} {two}");
    }
}
