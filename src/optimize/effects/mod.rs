//! What a RUN reads and writes: paths of the image, the network, the environment.
//!
//! In: the arguments that the plan says are run, the working directory, the environment. Out:
//! [`Effects`], which say more rather than less: a path stands for all below it, and both sides
//! of `||` count. A command that is not in the table ([`commands`]) makes the whole opaque: it may
//! read and write anything.
//!
//! `script` reads the shell's language, `word` its words, `commands` holds the table.

mod commands;
mod place;
mod script;
mod word;

use super::Reason;
use super::shell::{self, Ran};
use super::tools::{Install, are_of_one_language};
use crate::context::ContextPath;
use crate::dockerfile::{Mount, MountKind};

pub(super) use place::{do_overlap, do_overlap_beside_sources, is_below_sources, is_standard};

/// Whether two places meet.
type Overlap = fn(&ContextPath, &ContextPath) -> bool;

/// What a step reads and writes.
#[derive(Debug, Clone, Default)]
pub(super) struct Effects {
    /// Places that it reads, each with all below it; relative to the image's root.
    pub(super) reads: Vec<ContextPath>,
    /// Places that it writes, likewise.
    pub(super) writes: Vec<ContextPath>,
    /// Places that it most likely leaves alone and may still read or write, as nobody can know
    /// what every package does.
    pub(super) perhaps: Vec<ContextPath>,
    /// How many commands install packages of the system.
    pub(super) packages: usize,
    /// Whether it asks the network.
    pub(super) network: bool,
    /// Whether it installs into, or sets up, the system: what costs time.
    pub(super) is_costly: bool,
    /// Whether it may leave behind what leads later commands elsewhere, such as a link.
    pub(super) leads: bool,
    /// Variables that it sets for its commands.
    pub(super) environment: Vec<(String, String)>,
    /// The programs that it runs.
    pub(super) programs: Vec<String>,
    /// Installs of packages by name, which their tools know more of.
    pub(super) installs: Vec<Install>,
    /// Why it may read and write anything.
    pub(super) opaque: Option<Reason>,
}

/// All that decides what a RUN does, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    /// The working directory, where it is known.
    pub(super) directory: Option<&'a ContextPath>,
    /// The environment.
    pub(super) environment: &'a [(&'a str, &'a str)],
}

impl Effects {
    /// Those of a RUN.
    pub(super) fn of_run(arguments: &[String], mounts: &[Mount], setting: Setting<'_>) -> Self {
        let read = match shell::ran(arguments) {
            Ok(Ran::Script(text)) => script::read(text, setting),
            Ok(Ran::Program(words)) => script::read_program(words, setting),
            Err(reason) => Err(reason),
        };
        let mut effects = read.unwrap_or_else(Self::opaque);
        for mount in mounts {
            effects.mount(mount);
        }
        effects
    }

    /// What may read and write anything.
    pub(super) fn opaque(reason: Reason) -> Self {
        Self { opaque: Some(reason), ..Self::default() }
    }

    /// Whether two steps may change places: neither writes what the other reads or writes.
    pub(super) fn is_independent_of(&self, other: &Self) -> bool {
        self.is_independent_by(other, do_overlap)
    }

    /// The same where no package of the system has anything among its sources below `/usr/src`.
    pub(super) fn is_independent_beside_sources(&self, other: &Self) -> bool {
        self.is_independent_by(other, do_overlap_beside_sources)
    }

    fn is_independent_by(&self, other: &Self, do_overlap: Overlap) -> bool {
        let meets = |these: &[ContextPath], those: &[ContextPath]| {
            these.iter().any(|this| those.iter().any(|that| do_overlap(this, that)))
        };
        self.opaque.is_none()
            && other.opaque.is_none()
            && !meets(&self.writes, &other.reads)
            && !meets(&self.writes, &other.writes)
            && !meets(&self.reads, &other.writes)
            && !meets(&self.perhaps, &other.writes)
            && !meets(&self.writes, &other.perhaps)
            && !meets(&self.perhaps, &other.reads)
            && !meets(&self.reads, &other.perhaps)
    }

    /// Whether it installs packages by name, of the system or of a language, and nothing by what
    /// files say.
    pub(super) fn installs_by_name(&self) -> bool {
        let is_by_name = |install: &Install| install.files.is_empty();
        self.opaque.is_none()
            && (self.packages > 0 || !self.installs.is_empty())
            && self.installs.iter().all(is_by_name)
    }

    /// Whether it only installs packages by name, of the system or of a language, and the other
    /// those of another language, which share the system's places and most likely nothing in them.
    pub(super) fn is_apart_from_install(&self, other: &Self) -> bool {
        let own = |places: &[ContextPath]| -> Vec<ContextPath> {
            places.iter().filter(|place| !is_standard(place)).cloned().collect()
        };
        let meets = |these: &[ContextPath], those: &[ContextPath]| {
            own(these).iter().any(|this| own(those).iter().any(|that| do_overlap(this, that)))
        };
        let pairs =
            self.installs.iter().flat_map(|own| other.installs.iter().map(move |it| (own, it)));
        let mut are_apart = pairs.map(|(own, it)| !are_of_one_language(own.tool, it.tool));
        self.installs_by_name()
            && are_apart.all(|is_apart| is_apart)
            && other.opaque.is_none()
            && other.packages == 0
            && !other.installs.is_empty()
            && !meets(&self.writes, &other.reads)
            && !meets(&self.writes, &other.writes)
            && !meets(&self.reads, &other.writes)
    }

    /// Every place that it may touch.
    pub(super) fn touches(&self) -> impl Iterator<Item = &ContextPath> {
        self.reads.iter().chain(&self.writes)
    }

    fn mount(&mut self, mount: &Mount) {
        let target = mount.target.as_deref().filter(|target| {
            target.starts_with('/') && !mount.text.contains('$') && !target.contains("..")
        });
        let is_known = !mount.text.contains('$')
            && match mount.kind {
                MountKind::Cache | MountKind::Tmpfs | MountKind::Bind => target.is_some(),
                MountKind::Secret | MountKind::Ssh => true,
            };
        if !is_known {
            self.opaque.get_or_insert(Reason::Mount(mount.text.clone()));
        }
        // The place of a mount is made where it is missing.
        self.writes.push(ContextPath::new(target.unwrap_or("/run/secrets")));
    }

    fn touch(&mut self, place: ContextPath) {
        self.reads.push(place.clone());
        self.writes.push(place);
    }
}

#[cfg(test)]
mod tests;
