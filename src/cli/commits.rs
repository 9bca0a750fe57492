//! What the last commits changed of a project's context, for `optimize`.

use super::environment::Environment;
use super::failure::Failure;
use super::project::Project;
use super::repository::ContextRepository;
use super::ui::Ui;
use crate::context::Error;
use crate::context::git::{GitError, HistoryEnd, PastCommits};

/// The last `limit` commits, by today's ignore rules. `None` where git has nothing of the context:
/// no repository, no commit yet, or a directory that was never committed. Where there are fewer
/// than were asked for and more exist elsewhere, that is said.
pub(super) fn read(
    project: &Project,
    limit: usize,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Option<PastCommits>, Failure> {
    if limit == 0 {
        return Ok(None);
    }
    let Ok(Some(place)) = ContextRepository::open(&project.source.root, environment) else {
        return Ok(None);
    };
    let past = place.repository.past_commits(&place.inside, &project.source.rules, limit);
    place.save();
    let past = match past {
        Ok(past) => past,
        Err(Error::Git(
            GitError::Unborn { .. } | GitError::Missing { .. } | GitError::NoDirectory { .. },
        )) => return Ok(None),
        Err(error) => {
            ui.warning(&format!("going on without git's history: {error}"))?;
            return Ok(None);
        }
    };
    let count = past.commits.len();
    match &past.end {
        HistoryEnd::Limit | HistoryEnd::Root => {}
        HistoryEnd::Shallow => ui.warning(&format!(
            "the clone is shallow, so only {count} of the last {limit} commits count; `git fetch \
             --unshallow` brings the others"
        ))?,
        HistoryEnd::Unreadable(reason) => {
            ui.warning(&format!("only {count} of the last {limit} commits count: {reason}"))?;
        }
    }
    if let Some(first) = past.notices.first() {
        let more = match past.notices.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        ui.warning(&format!("past commits may have other files than a checkout: {first}{more}"))?;
    }
    Ok(Some(past))
}
