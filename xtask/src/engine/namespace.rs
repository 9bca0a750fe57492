//! Running a program inside an engine's root, in a mount namespace of its own.

use std::{path::Path, process::Command};

use super::{Version, root};
use crate::home::Home;

/// Binds what the engine and its client must see into the root, then enters it.
///
/// The new namespace keeps every mount from the rest of the machine, and ends with the program.
const SCRIPT: &str = include_str!("inside.sh");

/// The same program, to be started inside the root of this version.
///
/// It sees the home, `/tmp`, `/home`, `/srv` and the top-level directory that it is started from,
/// under the same paths as outside. A directory `in_memory`, which must exist below the home, is
/// empty there, and what is written to it is gone with the program.
pub(super) fn enter(
    home: &Home,
    version: Version,
    in_memory: Option<&Path>,
    program: &Command,
) -> Command {
    let mut entered = Command::new("unshare");
    entered
        .args(["--mount", "--propagation", "private", "sh", "-euc", SCRIPT, "inside.sh"])
        .arg(root::path(home, version))
        .arg(home.path())
        .arg(in_memory.unwrap_or(Path::new("")))
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => entered.env(name, value),
            None => entered.env_remove(name),
        };
    }
    entered
}
