//! Variables of a build: who speaks of one, and which are known to say only what is built.

use crate::dockerfile::{Instruction, InstructionKind};

/// How the names of variables begin that shells, the system's programs or builders themselves read.
const READ_BY_MANY: &[&str] = &[
    "ALL_PROXY",
    "BASH",
    "BLOCK",
    "BUILDKIT_",
    "CDPATH",
    "COLUMNS",
    "CURL_",
    "DEBCONF_",
    "DEBIAN_",
    "DOCKER_",
    "DPKG_",
    "ENV",
    "FTP_PROXY",
    "GREP_",
    "GZIP",
    "HOME",
    "HOST",
    "HTTP",
    "IFS",
    "LANG",
    "LC_",
    "LD_",
    "LINES",
    "LOGNAME",
    "LS_",
    "MAIL",
    "NO_PROXY",
    "OLDPWD",
    "OPTARG",
    "OPTIND",
    "PATH",
    "POSIX",
    "PPID",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "PWD",
    "QUOTING_STYLE",
    "RANDOM",
    "SHELL",
    "SHLVL",
    "SIMPLE_BACKUP",
    "SOURCE_DATE_EPOCH",
    "SSH_",
    "SSL_",
    "SUDO_",
    "TAPE",
    "TAR_",
    "TEMP",
    "TERM",
    "TIME_STYLE",
    "TMP",
    "TZ",
    "UID",
    "UMASK",
    "UNZIP",
    "USER",
    "VERSION_CONTROL",
    "WGET",
    "XZ_",
    "ZIP",
];

/// Whether programs of any kind may read a variable of this name.
pub(super) fn is_read_by_many(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    READ_BY_MANY.iter().any(|start| upper.starts_with(start))
}

/// Words in the names of variables that say which source is built, or when.
const OF_THE_SOURCE: &[&str] = &["COMMIT", "REVISION", "SHA", "SHA1", "VCS"];
const OF_THE_TIME: &[&str] = &["BUILDDATE", "BUILDTIME", "BUILD_DATE", "BUILD_TIME", "CREATED"];

/// Whether a variable by its name says which commit is built, or when: what a program of the system
/// asks for none of.
pub(super) fn says_what_is_built(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.split('_').any(|word| OF_THE_SOURCE.contains(&word))
        || OF_THE_TIME.iter().any(|words| {
            upper == *words
                || upper.starts_with(&format!("{words}_"))
                || upper.ends_with(&format!("_{words}"))
        })
}

/// Whether a text has a name as a word of its own.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Whether an instruction speaks of a variable, in its heredocs too.
pub(super) fn is_mentioned_by(instruction: &Instruction, name: &str) -> bool {
    mentions(&instruction.text, name)
        || instruction.heredocs.iter().any(|heredoc| mentions(&heredoc.content, name))
}

/// The names that an ARG or ENV sets.
pub(super) fn set_by(instruction: &Instruction) -> Vec<&str> {
    match &instruction.kind {
        InstructionKind::Arg(pairs) => pairs.iter().map(|(name, _)| &**name).collect(),
        InstructionKind::Env(pairs) => pairs.iter().map(|(name, _)| &**name).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_variable_is() {
        for name in
            ["GIT_SHA", "COMMIT", "vcs_ref", "REVISION_HASH", "BUILD_DATE", "APP_BUILD_TIME"]
        {
            assert!(says_what_is_built(name), "{name}");
        }
        for name in ["VERSION", "SHAPE", "GIT_COMMITTER_DATE", "REBUILD_DATE", "NODE_ENV", "DATE"] {
            assert!(!says_what_is_built(name), "{name}");
        }
        for name in ["PATH", "http_proxy", "LC_ALL", "SOURCE_DATE_EPOCH", "ENV", "HOME"] {
            assert!(is_read_by_many(name), "{name}");
            assert!(!says_what_is_built(name), "{name}");
        }
        assert!(!is_read_by_many("GIT_SHA"));
    }

    #[test]
    fn a_name_is_a_whole_word() {
        for text in
            ["$GIT_SHA", "${GIT_SHA:-x}", "a=\"$GIT_SHA\"", "os.environ['GIT_SHA']", "GIT_SHA"]
        {
            assert!(mentions(text, "GIT_SHA"), "{text}");
        }
        for text in ["$GIT_SHA1", "MY_GIT_SHA", "", "git_sha"] {
            assert!(!mentions(text, "GIT_SHA"), "{text}");
        }
    }
}
