//! `join-update`: fetch the lists of packages in the RUN that installs from them.
//!
//! ```text
//! RUN apt-get update
//! RUN apt-get install -y curl    ->    RUN apt-get update && apt-get install -y curl
//! ```
//!
//! Apart, the lists stay as old as the layer of the first RUN. When the second one changes, it
//! looks for versions that the mirror may no longer have, or installs old ones. Built without a
//! cache both should be the same, which is left to be verified: the second RUN starts with what the
//! first one left, in the same environment, and only where that one succeeded. So they are joined only
//! where they stand right behind each other with the same flags, the first does nothing else, and
//! `&&` alone joins the commands of the second.

use super::candidate::{Candidate, Found};
use super::hoist_manifests::mounts;
use super::planned::step_at;
use super::proof::{others, replan, runs_with};
use super::split_run::chain;
use super::text::{block, line_start};
use super::types::{Proof, Request, Risk};
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{CommandForm, Dockerfile, Instruction, InstructionKind, MountKind, Span};
use crate::plan::Plan;

/// The name of this kind.
pub(super) const ID: &str = "join-update";

const PROGRAMS: &[&str] = &["apt-get", "apt"];

/// What installs from the lists.
const INSTALLS: &[&str] = &["install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep"];

/// Every RUN that only fetches the lists for the one behind it.
pub(super) fn find(request: &Request<'_>, plan: &Plan) -> Found {
    let mut found = Found::default();
    for stage in request.plan.dockerfile.stages() {
        for pair in stage.instructions.windows(2) {
            let [first, second] = pair else { continue };
            let candidate = join(request, first, second);
            let proven = candidate.filter(|it| is_proven(request, plan, it, first, second));
            found.candidates.extend(proven);
        }
    }
    found
}

fn join(request: &Request<'_>, first: &Instruction, second: &Instruction) -> Option<Candidate> {
    let dockerfile = request.plan.dockerfile;
    let update = script(first).filter(|script| is_update(script))?;
    let is_joined = script(second).is_some_and(installs_alone);
    let has_comment = dockerfile.source().get(first.span.start..first.span.end)?.contains('#');
    if !is_joined || first.flags != second.flags || forgets(first) || has_comment {
        return None;
    }
    let position = script_position(dockerfile, second)?;
    let lines = block(dockerfile.source(), first.span);
    let between = dockerfile.source().get(lines.end..second.span.start)?;
    // The comments above the first RUN stay, and blank lines between the two go.
    let gap = between.len() - between.trim_start_matches(['\r', '\n']).len();
    let start = line_start(dockerfile.source(), first.span.start);
    let removed = Span { start, end: lines.end + gap };
    let edits = vec![
        Edit::replace(removed, ""),
        Edit::replace(Span { start: position, end: position }, format!("{update} && ")),
    ];
    let (line, install) = (first.line, second.line);
    Some(Candidate {
        id: ID,
        line,
        title: format!("Join `{update}` on line {line} with the install on line {install}"),
        why: format!(
            "The lists of packages that line {line} fetches stay as old as its layer, so that \
             whatever changes on line {install} later is looked for in old lists and may be gone."
        ),
        proof: Proof::Rule,
        // The shell of SHELL need not know `&&`, and a command may ask for the one before it.
        risk: Risk::Verify,
        edits,
        example: Vec::new(),
        freed: Vec::new(),
    })
}

/// Whether what a RUN leaves in one of its mounts is gone when the next one begins. What a variable
/// makes of a mount may be that.
fn forgets(run: &Instruction) -> bool {
    mounts(run).iter().any(|mount| match mount.kind {
        _ if mount.text.contains('$') => true,
        MountKind::Tmpfs => true,
        MountKind::Bind => mount.read_only == Some(false) || mount.text.contains("rw"),
        MountKind::Cache | MountKind::Secret | MountKind::Ssh => false,
    })
}

/// The script of a RUN in shell form.
fn script(run: &Instruction) -> Option<&str> {
    match &run.kind {
        InstructionKind::Run { command: CommandForm::Shell(script), .. }
            if run.heredocs.is_empty() =>
        {
            Some(script)
        }
        _ => None,
    }
}

/// The words of a command behind its variables, where it is the package manager's.
fn words(command: &str) -> Option<Vec<&str>> {
    let is_variable =
        |word: &&str| word.split_once('=').is_some_and(|(name, _)| super::shell::is_name(name));
    let mut words = command.split_whitespace().skip_while(is_variable);
    let program = words.next()?;
    PROGRAMS.contains(&program).then(|| words.collect())
}

/// Whether a script fetches the lists and does nothing else.
fn is_update(script: &str) -> bool {
    let is_alone = chain(script).is_some_and(|all| all.options.is_empty() && all.links.len() == 1);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -".contains(c);
    let (program, rest) = script.split_once(' ').unwrap_or((script, ""));
    let is_option = |word: &&str| word.starts_with('-');
    let mut verbs = rest.split(' ').filter(|word| !word.is_empty() && !is_option(word));
    is_alone
        && script.chars().all(is_plain)
        && PROGRAMS.contains(&program)
        && verbs.next() == Some("update")
        && verbs.next().is_none()
}

/// Whether a script is a chain of commands of which one installs, and none fetches the lists
/// itself.
fn installs_alone(script: &str) -> bool {
    let Some(all) = chain(script).filter(|all| all.options.is_empty()) else { return false };
    let has = |verbs: &[&str]| {
        all.links
            .iter()
            .filter_map(|link| words(&link.text))
            .any(|words| words.iter().any(|word| verbs.contains(word)))
    };
    has(INSTALLS) && !has(&["update"])
}

/// Where the script of a RUN begins in the text; `None` where it is not on the line of the flags.
fn script_position(dockerfile: &Dockerfile, run: &Instruction) -> Option<usize> {
    let raw = dockerfile.source().get(run.span.start..run.span.end)?;
    let is_blank = [' ', '\t'];
    if !raw.get(..3)?.eq_ignore_ascii_case("run") {
        return None;
    }
    let mut rest = raw.get(3..)?.trim_start_matches(is_blank);
    for _ in &run.flags {
        let flag = rest.strip_prefix("--")?;
        rest = flag.get(flag.find(is_blank)?..)?.trim_start_matches(is_blank);
    }
    Some(run.span.end - rest.len())
}

/// Whether the plan has one RUN in the place of the two, in the same environment, and every other
/// step as it was.
fn is_proven(
    request: &Request<'_>,
    before: &Plan,
    candidate: &Candidate,
    first: &Instruction,
    second: &Instruction,
) -> bool {
    let check = || {
        let (_, after) = replan(request, &candidate.edits)?;
        let (first, second) = (step_at(before, first)?, step_at(before, second)?);
        let at = before.steps.iter().position(|step| step.line == first.line)?;
        let joined = after.steps.get(at)?;
        let is_same =
            runs_with(first) == runs_with(second) && runs_with(second) == runs_with(joined);
        let is_rest_same =
            others(before, &[first.line, second.line]) == others(&after, &[joined.line]);
        Some(is_same && is_rest_same)
    };
    check().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fetches_the_lists_alone_is_joined() {
        for script in ["apt-get update", "apt-get -qq update", "apt update -y"] {
            assert!(is_update(script), "{script}");
        }
        for script in [
            "apt-get update && a",
            "apt-get update; a",
            "apt-get update || true",
            "apt-get update > log",
            "apt-get upgrade",
            "apt-get update -o Dir=/x",
            "X=1 apt-get update",
            "apt-get update & a",
        ] {
            assert!(!is_update(script), "{script}");
        }
    }

    #[test]
    fn only_chains_that_install_are_joined() {
        for script in ["apt-get install -y a", "a && X=1 apt install b && rm -rf c"] {
            assert!(installs_alone(script), "{script}");
        }
        for script in [
            "apt-get install a; b",
            "apt-get install a || b",
            "set -e; apt-get install a",
            "apt-get update && apt-get install a",
            "apt-get clean",
            "echo apt-get install",
        ] {
            assert!(!installs_alone(script), "{script}");
        }
    }
}
