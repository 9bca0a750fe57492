//! Whether the cost is accepted: by the limits, or by a trailer of one of the commits.

use super::super::args::{GateFlags, Trees};
use super::super::failure::Failure;
use super::super::ui::Ui;
use crate::context::git::{Repository, Trailer};
use crate::impact::gate::FileLimits;
use crate::impact::{Gate, Gates, Impact};
use crate::report;

/// What decides, and what it decided.
pub(super) struct Judged {
    pub(super) gate: Gate,
    /// The trailer that accepts a cost, where one may.
    trailer: Option<String>,
    /// Whether a commit is about to be made.
    is_staged: bool,
}

impl Judged {
    /// Judges the impact.
    pub(super) fn of(
        flags: &GateFlags,
        file: FileLimits,
        impact: &Impact,
        change: (&Repository, &Trees),
        ui: &mut Ui,
    ) -> Result<Self, Failure> {
        let wanted = flags.allow_trailer.clone().or_else(|| file.allow_trailer.clone());
        let mut gate = Gates { command_line: flags.limits(), file }.judge(impact);
        if let Some(name) = wanted.as_deref().filter(|_| !gate.is_passed()) {
            gate.accepted_by = trailer(name, change, ui)?;
        }
        Ok(Self { gate, trailer: wanted, is_staged: *change.1 == Trees::Staged })
    }

    /// Says after the report how it ended, and what can be done. Every report but text is for
    /// machines, and has the reasons in its own way.
    pub(super) fn say(&self, is_text: bool, ui: &mut Ui) -> Result<(), Failure> {
        if let Some(Trailer { commit, name, value }) = &self.gate.accepted_by {
            ui.hint(&format!("accepted by `{name}: {value}` of the commit {commit}"))?;
        }
        if self.gate.is_passed() {
            return Ok(());
        }
        if !is_text {
            for reason in &self.gate.reasons {
                ui.error(&report::reason(reason))?;
            }
        }
        let trailer = self.trailer.as_ref().map(|name| {
            format!("a last line `{name}: REASON` in a commit's message accepts the cost")
        });
        match (self.is_staged, trailer) {
            (false, None) => {}
            (false, Some(trailer)) => ui.hint(&trailer)?,
            (true, None) => ui.hint("`git commit --no-verify` commits it all the same")?,
            (true, Some(trailer)) => ui.hint(&format!(
                "`git commit --no-verify` commits it all the same, and {trailer} where commits are \
                 compared"
            ))?,
        }
        Ok(())
    }
}

/// The trailer of a commit that is part of the change. What is only staged or edited has no
/// message yet: the file that git keeps of one is that of an earlier commit.
fn trailer(
    name: &str,
    (repository, trees): (&Repository, &Trees),
    ui: &mut Ui,
) -> Result<Option<Trailer>, Failure> {
    let (base, head) = match trees {
        Trees::Staged | Trees::Working => return Ok(None),
        Trees::Since(_) if is_edited(repository)? => return Ok(None),
        Trees::Since(revision) => (&**revision, "HEAD"),
        Trees::Between { base, head, .. } => (&**base, &**head),
    };
    // A tree that is no commit has no message either.
    if repository.commit(base).is_none() || repository.commit(head).is_none() {
        return Ok(None);
    }
    match repository.trailer(name, base, head) {
        Ok(found) => Ok(found),
        Err(error) => {
            ui.warning(&format!("cannot look for {name} in the commits: {error}"))?;
            Ok(None)
        }
    }
}

/// Whether the working tree is another than the last commit.
fn is_edited(repository: &Repository) -> Result<bool, Failure> {
    let committed = repository.tree("HEAD")?;
    let [committed, working] = repository.comparable([committed, repository.working_tree()?]);
    Ok(!working.differences_from(&committed)?.is_empty())
}
