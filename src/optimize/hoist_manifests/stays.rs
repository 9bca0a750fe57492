//! RUNs between a COPY and an install that the install can pass: they make or change files that it
//! neither reads nor writes, or build another part of the project (`builds`).
//!
//! ```text
//! COPY . .                                COPY requirements.txt .
//! RUN mkdir -p /data logs             ->  RUN pip install -r requirements.txt
//! RUN pip install -r requirements.txt     COPY . .
//!                                         RUN mkdir -p /data logs
//! ```

use super::builds::{self, Build};
use super::read::{Run, mounts};
use crate::context::ContextPath;
use crate::dockerfile::Instruction;
use crate::optimize::effects::{
    Effects, Setting, do_overlap_beside_sources, is_below_sources, is_standard,
};
use crate::optimize::planned::{arguments, directory, environment, step_at};
use crate::optimize::tools::{Install, Needs, is_manifest};
use crate::plan::Plan;

/// Directories in which tools look for packages, here and further up.
const PACKAGES: &[&str] = &["node_modules", "vendor"];

/// A RUN that stays below the install.
#[derive(Clone)]
pub(super) struct Stays<'a> {
    pub(super) index: usize,
    pub(super) instruction: &'a Instruction,
    does: Does,
}

/// What it does.
#[derive(Clone)]
enum Does {
    /// It touches the files that its commands name, and nothing else.
    Touch(Box<Effects>),
    /// It builds, who knows what from what.
    Build(Build),
}

/// A RUN of commands that only touch the files which they name, or that only build; `None` for any
/// other.
pub(super) fn read<'a>(
    plan: &Plan,
    instruction: &'a Instruction,
    index: usize,
) -> Option<Stays<'a>> {
    let touching = touching(plan, instruction).map(|effects| Does::Touch(Box::new(effects)));
    let does = touching.or_else(|| builds::read(plan, instruction).map(Does::Build))?;
    Some(Stays { index, instruction, does })
}

fn touching(plan: &Plan, instruction: &Instruction) -> Option<Effects> {
    let step = step_at(plan, instruction)?;
    let mounts = mounts(instruction);
    if !instruction.heredocs.is_empty() || !mounts.is_empty() {
        return None;
    }
    let (directory, environment) = (directory(step), environment(step));
    let setting = Setting { directory: Some(&directory), environment: &environment };
    let effects = Effects::of_run(&arguments(step)?, mounts, setting);
    let only_touches = effects.opaque.is_none()
        && effects.installs.is_empty()
        && effects.packages == 0
        && !effects.network
        && !effects.is_costly
        && (!effects.leads || writes_its_own(&effects));
    only_touches.then_some(effects)
}

/// Commands that write text, or nothing, into files that they make.
const WRITERS: &[&str] = &["echo", "mkdir", "printf", "touch"];

/// Whether all files that it writes lie in directories that it makes itself, where nothing is that
/// leads a tool.
fn writes_its_own(effects: &Effects) -> bool {
    let is_below =
        |inner: &ContextPath, outer: &ContextPath| inner != outer && inner.starts_with(outer);
    let writes = &effects.writes;
    let is_file = |place: &&ContextPath| !writes.iter().any(|other| is_below(other, place));
    let mut files = writes.iter().filter(is_file);
    effects.programs.iter().all(|program| WRITERS.contains(&&**program))
        && effects.programs.iter().any(|program| program == "mkdir")
        && files.all(|file| writes.iter().any(|directory| is_below(file, directory)))
}

/// A RUN that leaves what another user is to have is run by the one who may give it away.
const GIVING: &[&str] = &["chgrp", "chown"];

impl Stays<'_> {
    /// Whether only the administrator can do it.
    pub(super) fn is_of_root(&self) -> bool {
        match &self.does {
            Does::Touch(effects) => {
                effects.programs.iter().any(|program| GIVING.contains(&&**program))
            }
            Does::Build(_) => false,
        }
    }

    /// Whether it builds.
    pub(super) fn is_build(&self) -> bool {
        matches!(self.does, Does::Build(_))
    }

    /// Whether installs with these needs may pass it. To be verified, but for what `directories`
    /// knows: the environment may lead an install to any place, to its caches, its programs and what
    /// these load.
    pub(super) fn is_passed_by(&self, installs: &[Run<'_>], needs: &Needs) -> bool {
        let effects = match &self.does {
            Does::Touch(effects) => effects,
            Does::Build(build) => return build.is_of_another_part(installs, needs),
        };
        let placed = || installs.iter().flat_map(|run| &run.installs);
        // By names of users alone it looks there.
        let passwords = ContextPath::new("etc");
        let reads = effects.reads.iter().filter(|place| **place != passwords);
        for place in reads.chain(&effects.writes) {
            let mut needed = needs.manifests.keys().chain(&needs.written);
            let name = String::from_utf8_lossy(place.file_name().unwrap_or_default());
            let is_made_by = |install: &Install| {
                let mut own = install.tool.environments().iter().chain(PACKAGES);
                own.any(|own| place.components().any(|component| component == own.as_bytes()))
            };
            let is_read = is_manifest(&name)
                || placed()
                    .any(|it| it.install.tool.habits().reads(place) || is_made_by(&it.install));
            let is_of_system = is_standard(place) && !is_below_sources(place);
            let meets = needed.any(|needed| do_overlap_beside_sources(place, needed));
            if meets || is_of_system || is_read {
                return false;
            }
        }
        true
    }
}
