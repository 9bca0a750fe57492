//! The commits of a branch, each with its first parent before it.

use super::{Commit, GitError, HistoryEnd, Repository, history};

/// Some commits of a branch: a merge counts as the one change that it makes to its branch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitLine {
    /// The commits, oldest first.
    pub commits: Vec<Commit>,
    /// Why there are no older ones; `None` where the next one is in what was left out.
    pub end: Option<HistoryEnd>,
}

impl Repository {
    /// The commits of `to` and its first parents that are not in the history of `from`, as
    /// `git rev-list --first-parent FROM..TO` names them; the newest `limit` of them.
    ///
    /// # Errors
    ///
    /// Where a revision is no commit, or a commit of the line cannot be read.
    pub fn line(&self, from: Option<&str>, to: &str, limit: usize) -> Result<CommitLine, GitError> {
        let repository = self.store.repository.to_thread_local();
        if let Some(from) = from {
            self.commit_id(&repository, from)?;
        }
        let mut next = self.commit_id(&repository, to)?;
        let mut line = CommitLine::default();
        loop {
            let id = next.to_string();
            if let Some(from) = from
                && self.merge_base(from, &id)?.as_ref() == Some(&id)
            {
                break;
            }
            if line.commits.len() == limit {
                line.end = Some(HistoryEnd::Limit);
                break;
            }
            let found = repository.find_commit(next).ok();
            let commit = found.as_ref().and_then(history::described).ok_or_else(|| {
                let reason = format!("the commit {id} cannot be read");
                GitError::History { revision: to.to_owned(), reason }
            })?;
            line.commits.push(commit);
            match self.first_parent(&repository, next) {
                Ok(Some(parent)) => next = parent,
                Ok(None) => {
                    line.end = Some(HistoryEnd::Root);
                    break;
                }
                Err(end) => {
                    line.end = Some(end);
                    break;
                }
            }
        }
        line.commits.reverse();
        Ok(line)
    }
}
