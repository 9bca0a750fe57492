//! A process group of our own: a program and all that it started.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::{Child, Command};

use super::program::NotTimed;

/// How long what was told to end has for it, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How often is looked whether all have ended.
const LOOK: Duration = Duration::from_millis(20);

/// A program that leads a group.
pub(super) struct Group {
    leader: Child,
    id: Option<Pid>,
}

/// How a group is ended where the user wants that.
pub(super) struct Farewell {
    /// What is said to all of it.
    pub(super) signal: Signal,
    /// How long the leader has to end after it.
    pub(super) patience: Duration,
}

impl Group {
    /// Starts a program. Ctrl-C at a terminal reaches us alone, and what runs is told by us.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let leader = command
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let id = leader.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { leader, id })
    }

    /// Waits for the leader's end; bids all farewell where `stop` comes first.
    ///
    /// # Errors
    ///
    /// [`NotTimed::Cancelled`] where it did, once the whole group is gone.
    pub(super) async fn wait(
        &mut self,
        stop: impl Future<Output = ()>,
        farewell: &Farewell,
    ) -> Result<ExitStatus, NotTimed> {
        const DOING: &str = "cannot wait for what was started";
        tokio::select! {
            status = self.leader.wait() => {
                // A number that no process has is given to others some day.
                self.id = self.id.filter(|id| test_kill_process_group(*id).is_ok());
                return Ok(status.context(DOING)?);
            }
            () = stop => {}
        }
        self.tell(farewell.signal);
        if tokio::time::timeout(farewell.patience, self.leader.wait()).await.is_err() {
            // While the leader is there, the number of its group cannot be another's.
            self.tell(Signal::KILL);
            self.leader.wait().await.context(DOING)?;
        }
        self.end().await;
        Err(NotTimed::Cancelled)
    }

    /// Ends whatever the leader has left.
    pub(super) async fn end(&mut self) {
        let told = Instant::now();
        self.tell(Signal::TERM);
        while self.is_there() {
            if told.elapsed() > GRACE {
                self.tell(Signal::KILL);
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.id = None;
    }

    fn is_there(&self) -> bool {
        self.id.is_some_and(|id| test_kill_process_group(id).is_ok())
    }

    fn tell(&self, signal: Signal) {
        if let Some(id) = self.id {
            // All of it may have ended meanwhile.
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for Group {
    /// Whoever gives up in the middle leaves nothing behind either.
    fn drop(&mut self) {
        self.tell(Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::path::Path;

    use super::*;

    const TERM: Farewell = Farewell { signal: Signal::TERM, patience: Duration::from_secs(1) };

    /// Starts a command in a shell whose children write their numbers into files.
    fn started(command: &str, directory: &Path) -> Group {
        let mut shell = Command::new("/bin/sh");
        Group::start(shell.args(["-c", command]).current_dir(directory)).unwrap()
    }

    async fn number(path: &Path) -> String {
        loop {
            let text = fs::read_to_string(path).unwrap_or_default();
            if text.ends_with('\n') {
                return text.trim().to_owned();
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether the process runs: one that has ended and was not asked for has no command line.
    fn runs(number: &str) -> bool {
        fs::read(format!("/proc/{number}/cmdline")).is_ok_and(|line| !line.is_empty())
    }

    /// Whether it comes to that soon. While a process becomes another program it has no command line.
    async fn soon(is_it: impl Fn() -> bool) -> bool {
        for _ in 0..500 {
            if is_it() {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }

    async fn is_gone(number: &str) -> bool {
        soon(|| !runs(number)).await
    }

    #[tokio::test]
    async fn whoever_stops_it_ends_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        // One that listens to nothing but a kill is among them.
        let deaf = "sh -c 'trap \"\" TERM INT; echo $$ > deaf; while :; do sleep 777; done' &";
        let command = format!("{deaf} sleep 777 & echo $! > child; sleep 778 & wait");
        let mut group = started(&command, directory.path());
        let (child, deaf) = (number(&at("child")).await, number(&at("deaf")).await);
        assert!(soon(|| runs(&child) && runs(&deaf)).await);
        let ended = group.wait(async {}, &TERM).await;
        assert!(matches!(ended, Err(NotTimed::Cancelled)), "{ended:?}");
        assert!(is_gone(&child).await && is_gone(&deaf).await);
    }

    #[tokio::test]
    async fn what_a_command_leaves_running_is_ended_after_it() {
        let directory = tempfile::tempdir().unwrap();
        let mut group = started("sleep 777 & echo $! > child; exit 3", directory.path());
        let status = group.wait(std::future::pending(), &TERM).await.unwrap();
        assert_eq!(status.code(), Some(3));
        let child = number(&directory.path().join("child")).await;
        assert!(soon(|| runs(&child)).await, "the build after it may need it");
        group.end().await;
        assert!(is_gone(&child).await);
    }
}
