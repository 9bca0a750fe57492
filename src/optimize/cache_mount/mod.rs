//! `cache-mount`: keep a tool's cache on the engine from one run of a step to the next.
//!
//! ```text
//! RUN pip install --no-cache-dir -r requirements.txt
//! ->
//! RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
//! ```
//!
//! What is in such a mount is in no layer. So it is offered only where the image has nothing of the
//! cache today: the command says so, the RUN takes the cache away again, or the layers of the stage
//! are no part of the image and nobody copies the cache from there. Else the image would lose it,
//! and that is said instead. Only files that ask for `BuildKit`'s language themselves are changed,
//! and none for an engine that leaves the place of a mount in the image (20.10 does). A package
//! that is built anew may differ from one of the cache, so both images are always compared.

mod table;

use super::candidate::{Candidate, Found};
use super::planned::{directory, environment, is_base_known, is_kept, roots_below, step_at, user};
use super::proof::{own_inputs, replan};
use super::split_run::chain;
use super::tools::is_program;
use super::types::{Proof, Refusal, Request, Risk};
use super::{Reason, hoist_manifests};
use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{CommandForm, Dockerfile, Instruction, InstructionKind, Mount, Span};
use crate::plan::{BuilderKind, Plan, Step};

use table::{ROWS, Row};

/// Every RUN that can have a cache mount, and those whose cache the image has today.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    if !is_of_buildkit(request) {
        return found;
    }
    for run in request.plan.dockerfile.instructions() {
        match of_run(request, plan, run) {
            Some(Ok(candidate)) => found.candidates.push(candidate),
            Some(Err(reason)) => found.refusals.push(Refusal { line: run.line, reason }),
            None => {}
        }
    }
    found
}

/// Whether a file asks for `BuildKit`'s language itself, and no engine is to build it that has none
/// or leaves the place of a mount in the image.
pub(super) fn is_of_buildkit(request: &Request<'_>) -> bool {
    let dialect = request.plan.dialect;
    let is_known = dialect.builder == BuilderKind::BuildKit && dialect.every_mount_is_a_source;
    is_known && speaks_of_mounts(request.plan.dockerfile)
}

/// The edit that gives a RUN more flags, in front of those that it has.
pub(super) fn with_flag(dockerfile: &Dockerfile, run: &Instruction, flags: &str) -> Option<Edit> {
    let keyword = dockerfile.source().get(run.span.start..run.span.start + 3)?;
    let behind = run.span.start + keyword.len();
    let is_plain = keyword.eq_ignore_ascii_case("run");
    is_plain.then(|| Edit::replace(Span { start: behind, end: behind }, format!(" {flags}")))
}

/// Whether a file asks for a language that has mounts: by its `# syntax=` line, or by a mount.
fn speaks_of_mounts(dockerfile: &Dockerfile) -> bool {
    let version = |frontend: &str| {
        let tag = frontend.rsplit_once(':').map_or("", |(_, tag)| tag);
        tag.split('-').next().unwrap_or_default().to_owned()
    };
    let has_mounts = |version: String| {
        let (major, minor) = version.split_once('.').unwrap_or((&version, ""));
        let minor = minor.split('.').next().unwrap_or_default();
        major == "1" && (minor.is_empty() || minor.parse::<u32>().is_ok_and(|minor| minor >= 2))
    };
    let has_mount = |instruction: &Instruction| !mounts(instruction).is_empty();
    dockerfile.syntax().map(version).is_some_and(has_mounts)
        || dockerfile.instructions().iter().any(has_mount)
}

fn mounts(instruction: &Instruction) -> &[Mount] {
    hoist_manifests::mounts(instruction)
}

/// A RUN whose commands fill the cache of one tool.
struct Filling<'a> {
    run: &'a Instruction,
    row: &'static Row,
    /// Its options against the cache, as often as they are written.
    against: Vec<&'static str>,
    /// The command by which the RUN takes the cache away, where that is its last one.
    removal: Option<String>,
}

fn of_run(
    request: &Request<'_>,
    plan: &Plan,
    run: &Instruction,
) -> Option<Result<Candidate, Reason>> {
    let step = step_at(plan, run)?;
    let filling = filling(run)?;
    let home = home(plan, step)?;
    let row = filling.row;
    let is_told = |(name, _): &(&str, &str)| {
        let upper = name.to_ascii_uppercase();
        upper == "XDG_CACHE_HOME" || row.variables.iter().any(|start| upper.starts_with(start))
    };
    if environment(step).iter().any(is_told)
        || !directory(step).is_root() && home == directory(step)
    {
        return None;
    }
    let place = home.join(row.place);
    let is_out_today = !filling.against.is_empty() || filling.removal.is_some();
    if !is_out_today && (is_kept(plan, step) || is_asked_for(request, run, &place)) {
        let (tool, place) = (row.tool, format!("/{place}"));
        return Some(Err(Reason::KeptCache { tool, place }));
    }
    let candidate = candidate(request, plan, &filling, &place)?;
    is_proven(request, plan, step, &candidate).then_some(Ok(candidate))
}

/// What a RUN fills, where it is that of one tool and the shell does nothing unknown.
fn filling(run: &Instruction) -> Option<Filling<'_>> {
    let InstructionKind::Run { command: CommandForm::Shell(script), mounts, network, .. } =
        &run.kind
    else {
        return None;
    };
    if !run.heredocs.is_empty() || !mounts.is_empty() || network.is_some() {
        return None;
    }
    let chain = chain(script)?;
    let texts: Vec<&str> = chain.links.iter().map(|link| &*link.text).collect();
    let mut rows = texts.iter().filter_map(|text| row_of(text));
    let row = rows.next()?;
    if rows.any(|other| other.tool != row.tool) {
        return None;
    }
    let is_own = |text: &&&str| row_of(text).is_some();
    let own: Vec<&str> = texts.iter().filter(is_own).copied().collect();
    let against: Vec<&'static str> = own
        .iter()
        .flat_map(|text| text.split_whitespace())
        .filter_map(|word| row.against.iter().find(|option| **option == word).copied())
        .collect();
    // One command without the option would leave the cache in the layer.
    let is_mixed = !against.is_empty() && against.len() != own.len();
    let first = row.place.split('/').next().unwrap_or_default();
    let removes = |text: &str| {
        ["~", "/root", "$HOME", "${HOME}"].iter().any(|home| {
            let target = format!("{home}/{first}");
            [format!("rm -rf {target}"), format!("rm -fr {target}")].contains(&text.to_owned())
        })
    };
    let removal = texts.last().filter(|text| removes(text)).map(|text| (*text).to_owned());
    let others = texts.len() - own.len() - usize::from(removal.is_some());
    // A removal takes away what other commands put there, and must not fail on the mount.
    let touches = texts.iter().any(|text| !is_own(&text) && text.contains(first));
    let is_unclear = removal.is_some() && others > 0 || removal.is_none() && touches;
    (!is_mixed && !is_unclear).then_some(Filling { run, row, against, removal })
}

/// The row of a command that fills a cache.
fn row_of(command: &str) -> Option<&'static Row> {
    let is_variable =
        |word: &&str| word.split_once('=').is_some_and(|(name, _)| super::shell::is_name(name));
    let mut words = command.split_whitespace().peekable();
    // A variable of the command may say anything of its cache.
    if words.peek().is_some_and(is_variable) {
        return None;
    }
    let mut program = words.next()?;
    if ["python", "python3"].iter().any(|python| is_program(program, python))
        && words.next() == Some("-m")
    {
        program = words.next()?;
    }
    let verb = words.next()?;
    ROWS.iter().find(|row| {
        row.programs.iter().any(|name| is_program(program, name)) && row.verbs.contains(&verb)
    })
}

/// The home directory that a step has, where it is certainly root's.
fn home(plan: &Plan, step: &Step) -> Option<ContextPath> {
    let is_root = matches!(user(step), None | Some("" | "root" | "0" | "0:0" | "root:root"));
    let home = environment(step).iter().find(|(name, _)| *name == "HOME").map(|(_, value)| *value);
    let is_usual = matches!(home, None | Some("/root"));
    (is_root && is_usual && is_base_known(plan, step)).then(|| ContextPath::new("root"))
}

/// Whether anything may take the cache from the stage, or count on it in a later step.
fn is_asked_for(request: &Request<'_>, run: &Instruction, place: &ContextPath) -> bool {
    let name = place.file_name().map(String::from_utf8_lossy).unwrap_or_default();
    let first = place.components().nth(1).map(String::from_utf8_lossy).unwrap_or_default();
    request.plan.dockerfile.instructions().iter().any(|other| match &other.kind {
        InstructionKind::Copy(transfer) if transfer.from.is_some() => {
            transfer.sources.iter().any(|source| {
                let is_open = source.contains(['$', '*', '?', '[', '\\']);
                is_open || place.starts_with(&ContextPath::new(source))
            })
        }
        InstructionKind::Run { mounts, .. } => {
            let is_later = other.line > run.line;
            let words = ["offline", "no-index", "find-links", &*name, &*first];
            mounts.iter().any(|mount| mount.from.is_some())
                || is_later && words.iter().any(|word| other.text.contains(word))
        }
        _ => false,
    })
}

fn candidate(
    request: &Request<'_>,
    plan: &Plan,
    filling: &Filling<'_>,
    place: &ContextPath,
) -> Option<Candidate> {
    let Filling { run, row, against, removal } = filling;
    let source = request.plan.dockerfile.source();
    let raw = source.get(run.span.start..run.span.end)?;
    let mut rest = raw.get(3..)?.to_owned();
    for option in against {
        rest = without(&rest, option)?;
    }
    if let Some(removal) = removal {
        let kept = rest.trim_end().strip_suffix(&**removal)?.trim_end();
        let kept = without_continuation(kept).strip_suffix("&&")?.trim_end();
        rest = without_continuation(kept).to_owned();
    }
    let keyword = raw.get(..3)?;
    let text = format!("{keyword} --mount=type=cache,target=/{place}{rest}");
    let line = run.line;
    let mut why = format!(
        "Whenever line {line} runs again, {} begins with nothing; in a cache mount the engine keeps \
         what it had.",
        row.tool
    );
    let gone = against.first().copied().into_iter().chain(removal.as_deref());
    why.extend(gone.map(|gone| format!(" `{gone}` goes, as what is in the mount is in no layer.")));
    let roots = roots_below(plan, line);
    let is_below = |path: &&ContextPath| roots.iter().any(|root| path.starts_with(root));
    let mut files = request.plan.snapshot.entries().iter().filter(|it| it.digest.is_some());
    let example = files.find(|entry| is_below(&&entry.path)).map(|entry| entry.path.clone());
    Some(Candidate {
        id: "cache-mount",
        line,
        title: format!("Keep the cache of {} on line {line} from build to build", row.tool),
        why,
        proof: Proof::Rule,
        risk: Risk::Verify,
        edits: vec![Edit::replace(Span { start: run.span.start, end: run.span.end }, text)],
        example: example.into_iter().collect(),
        freed: Vec::new(),
    })
}

/// A text without one word, and without its line where nothing else is there.
fn without(text: &str, word: &str) -> Option<String> {
    let is_end = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let (at, _) = text.match_indices(word).find(|(at, _)| {
        let (before, behind) = (&text[..*at], &text[at + word.len()..]);
        before.ends_with(char::is_whitespace) && is_end(behind.chars().next())
    })?;
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    let behind = &text[at + word.len()..end];
    if start > 0 && text[start..at].trim().is_empty() && behind.trim() == "\\" {
        return Some(format!("{}{}", &text[..start], &text[end..]));
    }
    let before = text[..at].trim_end_matches([' ', '\t']);
    Some(format!("{before}{}", &text[at + word.len()..]))
}

/// A text without blanks and a line continuation at its end.
fn without_continuation(text: &str) -> &str {
    let text = text.trim_end();
    text.strip_suffix('\\').map_or(text, str::trim_end)
}

/// Whether the plan has the same steps, of which only this one is another.
fn is_proven(request: &Request<'_>, before: &Plan, run: &Step, candidate: &Candidate) -> bool {
    let check = || {
        let (_, after) = replan(request, &candidate.edits)?;
        let pairs = before.steps.iter().zip(&after.steps);
        let is_same = |(was, is): (&Step, &Step)| {
            was.line == run.line
                || was.instruction == is.instruction && own_inputs(was) == own_inputs(is)
        };
        Some(before.steps.len() == after.steps.len() && pairs.into_iter().all(is_same))
    };
    check().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_goes_with_its_line_where_it_is_alone_there() {
        for (text, expected) in [
            (" pip install --no-cache-dir -r a", " pip install -r a"),
            (" pip install -r a --no-cache-dir", " pip install -r a"),
            (" pip install \\\n    --no-cache-dir \\\n    -r a", " pip install \\\n    -r a"),
            (" pip install --no-cache-dir \\\n    -r a", " pip install \\\n    -r a"),
        ] {
            assert_eq!(without(text, "--no-cache-dir").as_deref(), Some(expected));
        }
        assert_eq!(without(" a --no-cache-dirs", "--no-cache-dir"), None);
    }

    #[test]
    fn only_commands_that_fill_a_cache_have_one() {
        for (command, tool) in [
            ("pip3.12 install a", Some("pip")),
            ("python3 -m pip install a", Some("pip")),
            ("npm ci", Some("npm")),
            ("go build ./...", Some("go")),
            ("go mod download", None),
            ("npm run build", None),
            ("PIP_CACHE_DIR=/x pip install a", None),
            ("./pip install a", None),
        ] {
            assert_eq!(row_of(command).map(|row| row.tool), tool, "{command}");
        }
    }

    #[test]
    fn the_language_is_asked_for() {
        for (text, expected) in [
            ("# syntax=docker/dockerfile:1\nFROM a\n", true),
            ("# syntax=docker/dockerfile:1.4\nFROM a\n", true),
            ("# syntax=docker/dockerfile:1.7-labs\nFROM a\n", true),
            ("# syntax=docker/dockerfile:1.1\nFROM a\n", false),
            ("# syntax=docker/dockerfile:1.0-experimental\nFROM a\n", false),
            ("FROM a\nRUN --mount=type=tmpfs,target=/x a\n", true),
            ("FROM a\n", false),
        ] {
            let dockerfile = Dockerfile::parse("Dockerfile", text).unwrap();
            assert_eq!(speaks_of_mounts(&dockerfile), expected, "{text}");
        }
    }
}
