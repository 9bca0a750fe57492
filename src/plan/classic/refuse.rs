//! What the classic builder does not have: refused here, and not in the middle of a build.
//!
//! Newer engines pass some of it by without a word (`--link`, `--exclude`, heredocs), and build
//! something else than the Dockerfile says.

use crate::dockerfile::{Instruction, InstructionKind};
use crate::plan::error::Problem;

/// The flags that it has, by keyword.
const FLAGS: [(&str, &[&str]); 4] = [
    ("FROM", &["platform"]),
    ("COPY", &["from", "chown"]),
    ("ADD", &["chown"]),
    ("HEALTHCHECK", &["interval", "timeout", "start-period", "start-interval", "retries"]),
];

/// Refuses what of an instruction needs `BuildKit`.
pub(super) fn check(instruction: &Instruction) -> Result<(), Problem> {
    let keyword = instruction.kind.keyword();
    let known = FLAGS.iter().find(|(of, _)| *of == keyword).map_or(&[][..], |(_, flags)| *flags);
    if let Some(flag) = instruction.flags.iter().find(|flag| !known.contains(&&*flag.name)) {
        return Err(Problem::NeedsBuildKit(format!("`{keyword} --{}`", flag.name)));
    }
    if !instruction.heredocs.is_empty() {
        return Err(Problem::NeedsBuildKit("heredocs".to_owned()));
    }
    match &instruction.kind {
        InstructionKind::Add(transfer) if transfer.sources.iter().any(|it| is_git(it)) => {
            Err(Problem::NeedsBuildKit("ADD of git repositories".to_owned()))
        }
        InstructionKind::Onbuild { instruction, .. } => check(instruction),
        _ => Ok(()),
    }
}

/// What `BuildKit` would clone and this builder takes for a path, or for a file to fetch.
fn is_git(source: &str) -> bool {
    ["git://", "ssh://", "git@"].iter().any(|scheme| source.starts_with(scheme))
        || source.starts_with("github.com/")
}
