//! Trailers of commit messages, such as `Signed-off-by: …`, as `git interpret-trailers` reads them.

use gix::bstr::ByteSlice;
use gix::objs::commit::MessageRef;

use super::store::reason;
use super::{GitError, Repository};

/// How many commits are looked at: a change of more is none that anybody reads.
const SEARCHED: usize = 10_000;

/// One trailer of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// The commit's id, as much as tells it from others.
    pub commit: String,
    /// The trailer's name, as the commit spells it.
    pub name: String,
    /// Its value in one line, never empty.
    pub value: String,
}

impl Repository {
    /// The newest trailer of this name, in any case, in the commits that `head` has and `base` has
    /// not. One without a value is none.
    pub fn trailer(&self, name: &str, base: &str, head: &str) -> Result<Option<Trailer>, GitError> {
        let repository = self.store.repository.to_thread_local();
        let (old, new) = (self.resolve(&repository, base)?, self.resolve(&repository, head)?);
        let unreadable = |error: &gix::Error| GitError::History {
            revision: format!("{base}..{head}"),
            reason: reason(error),
        };
        let walk = repository.rev_walk([new]).with_hidden([old]);
        let walk = walk.all().map_err(|error| unreadable(&error))?;
        for info in walk.take(SEARCHED) {
            let info = info.map_err(|error| unreadable(&error))?;
            let commit = info.object().map_err(|error| unreadable(&error))?;
            let message = commit.message_raw_sloppy();
            if let Some((name, value)) = find(message, name) {
                let id =
                    commit.short_id().map_or_else(|_| info.id.to_string(), |id| id.to_string());
                return Ok(Some(Trailer { commit: id, name, value }));
            }
        }
        Ok(None)
    }
}

/// The name and the value of the first trailer of this name.
fn find(message: &[u8], name: &str) -> Option<(String, String)> {
    let body = MessageRef::from_bytes(message).body()?;
    body.trailers().find_map(|trailer| {
        let token = trailer.token.to_str_lossy();
        let value = trailer.value.trim().to_str_lossy().into_owned();
        (token.eq_ignore_ascii_case(name) && !value.is_empty()).then(|| (token.into_owned(), value))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    const MESSAGES: &[&str] = &[
        "Patch the base image\n\nBuild-Cost: accepted\n",
        "Patch it\n\nbuild-cost : it had to be\n  patched today\nSigned-off-by: A <a@a>\n",
        "Patch it\n\nBuild-Cost:\n",
        "Build-Cost: accepted\n",
        "Patch it\n\nBuild-Cost: accepted\n\nWhich nobody likes.\n",
        "Patch it\n\nWe say\nBuild-Cost: accepted\nto all of it and go on\nwith our work\n",
        "Patch it\n\nSome words\nBuild-Cost: accepted\nSigned-off-by: A <a@a>\n",
        "Patch it\n\nReverts what said Build-Cost: accepted\n",
        "Patch it\n Build-Cost: accepted\n",
        "Patch it\n\nBuild-Cost= accepted\n",
        "Patch it\n\nBuild-Cost: one\nBuild-Cost: two\n\n\n",
        "Patch it\n\nBuild Cost: accepted\n",
        "Patch it\r\n\r\nBuild-Cost: accepted\r\n",
        "",
    ];

    /// What git reads of the same message.
    fn by_git(message: &str) -> Option<String> {
        let mut git = Command::new("git")
            .args(["interpret-trailers", "--parse", "--no-divider"])
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
        let output = git.wait_with_output().unwrap();
        let trailers = String::from_utf8(output.stdout).unwrap();
        let values = trailers.lines().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("build-cost").then(|| value.trim().to_owned())
        });
        values.filter(|value| !value.is_empty()).collect::<Vec<_>>().into_iter().next()
    }

    #[test]
    fn trailers_are_those_that_git_finds() {
        let mut found = 0;
        for message in MESSAGES {
            let ours = find(message.as_bytes(), "Build-Cost").map(|(_, value)| value);
            assert_eq!(ours, by_git(message), "{message:?}");
            found += usize::from(ours.is_some());
        }
        assert_eq!(found, 5);
    }
}
