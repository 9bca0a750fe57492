//! `git config --global`: how packages that come from git are fetched.
//!
//! It installs nothing, and stands between a COPY and an install that needs it. Only settings that
//! lead to no file are read: a name, an address in the place of another.

use super::{Command, Habits, Install, Needs, Tool, View, is_program};
use crate::optimize::Reason;
use crate::optimize::shell::Words;

/// git.
#[derive(Debug)]
pub(super) struct Git;

const HABITS: Habits = Habits {
    // In a repository it reads that one's settings first.
    read_anywhere: &[".git"],
    read_at_home: &[".config", ".gitconfig"],
    variables: &[],
    leading: &[],
    settings: &[],
};

/// Settings that say nothing of files.
const HARMLESS: &[&str] = &[
    "advice.detachedhead",
    "core.longpaths",
    "fetch.parallel",
    "http.lowspeedlimit",
    "http.lowspeedtime",
    "http.postbuffer",
    "http.sslverify",
    "http.version",
    "init.defaultbranch",
    "protocol.version",
    "pull.rebase",
    "user.email",
    "user.name",
];

impl Tool for Git {
    fn name(&self) -> &'static str {
        "git"
    }

    fn habits(&self) -> &'static Habits {
        &HABITS
    }

    fn is_manifest(&self, _: &str) -> bool {
        false
    }

    fn is_mentioned(&self, _: &str) -> bool {
        false
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let [program, rest @ ..] = words.as_slice() else { return None };
        if !is_program(program, "git") {
            return None;
        }
        let is_read = match rest {
            ["config", "--global" | "--system", "--add", key, value]
            | ["config", "--global" | "--system", key, value] => is_harmless(key, value),
            _ => false,
        };
        Some(if is_read {
            Ok(Command::Install(Install::new(&Git, "git config", program, command)))
        } else {
            Err(Reason::Command(command.words.join(" ")))
        })
    }

    fn follow(&self, _: &Install, _: &View<'_>, _: &mut Needs) -> Result<(), Reason> {
        Ok(())
    }
}

fn is_harmless(key: &str, value: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let replaced = key.strip_prefix("url.").and_then(|rest| {
        rest.strip_suffix(".insteadof").or_else(|| rest.strip_suffix(".pushinsteadof"))
    });
    match replaced {
        Some(address) => is_remote(address) && is_remote(value),
        None => HARMLESS.contains(&&*key) && !value.starts_with('-'),
    }
}

/// Whether an address, or its beginning, is on the network.
fn is_remote(address: &str) -> bool {
    ["https://", "http://", "ssh://", "git://", "git@"].iter().any(|kind| address.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_without_files_are_read() {
        let is_read = |line: &str| {
            let words = line.split(' ').map(str::to_owned).collect();
            let read = Git.read(&Words { assignments: Vec::new(), words });
            matches!(read, Some(Ok(Command::Install(install))) if install.keeps_setting())
        };
        for line in [
            "git config --global url.https://github.com/.insteadOf ssh://git@github.com/",
            "git config --global url.https://.insteadOf git://",
            "git config --system --add http.sslVerify false",
            "git config --global user.name x",
        ] {
            assert!(is_read(line), "{line}");
        }
        for line in [
            "git config user.name x",
            "git config --global core.hooksPath /app/hooks",
            "git config --global include.path /app/gitconfig",
            "git config --global url./app/repo.insteadOf https://github.com/x",
            "git config --global credential.helper store",
            "git config --global --get user.name",
            "git config --file x user.name y",
            "git clone https://github.com/a/b",
            "git",
        ] {
            assert!(!is_read(line), "{line}");
        }
    }
}
