//! Everything besides its manifests by which an install could notice what is copied, or by which
//! the COPY could write over what was installed.

use super::landing::{Landing, image_path};
use super::tools::{Install, Needs, Tool, Variables, is_remote_address};
use super::types::Risk;
use super::{ReadFile, Reason};
use crate::context::ContextPath;
use crate::dockerfile::{Mount, MountKind};

/// An install with all that stands around it.
pub(super) struct Surroundings<'a> {
    /// The line of the COPY.
    pub(super) copy: u32,
    /// What the COPY brings.
    pub(super) landing: &'a Landing<'a>,
    /// Where it brings it.
    pub(super) destination: ContextPath,
    /// The install's working directory.
    pub(super) directory: ContextPath,
    /// The install's environment.
    pub(super) environment: Vec<(&'a str, &'a str)>,
    /// Reads a file of the context.
    pub(super) read: &'a ReadFile<'a>,
}

/// Directories of the system, those of interpreters among them.
const SYSTEM: &[&str] = &[
    "bin",
    "boot",
    "dev",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "proc",
    "run",
    "sbin",
    "sys",
    "usr/bin",
    "usr/etc",
    "usr/include",
    "usr/lib",
    "usr/lib32",
    "usr/lib64",
    "usr/libexec",
    "usr/libx32",
    "usr/local",
    "usr/sbin",
    "usr/share",
    "var/cache",
    "var/lang",
    "var/lib",
    "var/runtime",
];

/// Variables by which programs, or those that build a package, find files.
const LEADING: &[&str] = &["LD_", "XDG_", "SSL_", "CURL_", "NETRC", "GIT_", "PKG_CONFIG", "CMAKE"];
const LEADING_ENDS: &[&str] = &["FLAGS", "LIBRARY_PATH", "INCLUDE_PATH"];
const LEADING_NAMES: &[&str] = &[
    "PATH", "CPATH", "TMPDIR", "TEMP", "TMP", "BASH_ENV", "ENV", "CC", "CXX", "AR", "LD",
    "DESTDIR", "CPP",
];

impl Surroundings<'_> {
    /// Whether the install would notice nothing of the copied files besides its own.
    pub(super) fn check(&self, install: &Install, mounts: &[Mount]) -> Result<(), Reason> {
        let tool = install.tool;
        self.check_destination(tool)?;
        self.check_copied_files(tool)?;
        let own = install.environment.iter().map(|(name, value)| (&**name, &**value));
        for (name, value) in self.environment.iter().copied().chain(own) {
            if self.is_led_by(tool, name, value) {
                let name = name.to_owned();
                return Err(Reason::Environment { tool: tool.name(), name });
            }
        }
        for mount in mounts {
            self.check_mount(mount)?;
        }
        for directory in &install.directories {
            if self.touches(&image_path(&self.directory, directory.path.as_bytes())) {
                let text = format!("{} {}", directory.option, directory.path);
                return Err(Reason::Option { tool: tool.name(), text });
            }
        }
        if let Some(program) = install.program.strip_prefix('/')
            && self.is_environment_touched(&ContextPath::new(program).parent().unwrap_or_default())
        {
            return Err(Reason::Command(install.program.clone()));
        }
        tool.check(install, self)
    }

    /// Whether the COPY brings anything to where installs write: then the last one wins, and they
    /// may not change places. Where it is a manifest that an install may write again, both
    /// images have to be compared.
    pub(super) fn check_written(&self, install: &Install, needs: &mut Needs) -> Result<(), Reason> {
        let is_written =
            |place: &ContextPath| needs.written.iter().any(|written| place.starts_with(written));
        // Through a link, packages are installed elsewhere.
        let leads = |place: &ContextPath| {
            needs.written.iter().any(|written| written != place && written.starts_with(place))
        };
        if let Some((_, entry)) = self.landing.iter().find(|(place, _)| leads(place)) {
            let (tool, file) = (install.tool.name(), entry.path.clone());
            return Err(Reason::Written { tool, file });
        }
        let mut has_written_manifest = false;
        for (place, source) in self.landing.places() {
            if !is_written(place) {
                continue;
            }
            if !needs.manifests.contains_key(place) {
                let (tool, file) = (install.tool.name(), source.clone());
                return Err(Reason::Written { tool, file });
            }
            has_written_manifest = true;
        }
        if has_written_manifest {
            needs.risk = Risk::Verify;
        }
        Ok(())
    }

    fn check_destination(&self, tool: &dyn Tool) -> Result<(), Reason> {
        let refused = |place: &ContextPath| {
            let place = format!("/{place}");
            Err(Reason::Destination { tool: tool.name(), copy: self.copy, place })
        };
        // Packages are unpacked and built below /tmp, where tools look upwards for their settings.
        let is_whole = ["", "usr", "var", "tmp", "var/tmp"].iter();
        if is_whole.map(ContextPath::new).any(|whole| self.destination == whole) {
            return refused(&self.destination);
        }
        let is_system = |place: &&ContextPath| {
            SYSTEM.iter().any(|system| place.starts_with(&ContextPath::new(system)))
        };
        let places = self.landing.iter().map(|(place, _)| place);
        match [&self.destination].into_iter().chain(places).find(is_system) {
            Some(place) => refused(place),
            None => Ok(()),
        }
    }

    fn check_copied_files(&self, tool: &dyn Tool) -> Result<(), Reason> {
        let habits = tool.habits();
        let depth = self.destination.components().count();
        for (place, entry) in self.landing.iter() {
            let components: Vec<&[u8]> = place.components().collect();
            let is_listed = |list: &[&str], component: &[u8]| {
                list.iter().any(|name| name.as_bytes() == component)
            };
            let at_home = |index: usize| {
                index == depth
                    || index == 1 && components[0] == b"root"
                    || index == 2 && components[0] == b"home"
            };
            let is_read = components.iter().enumerate().any(|(index, component)| {
                is_listed(habits.read_anywhere, component)
                    || at_home(index) && is_listed(habits.read_at_home, component)
            });
            if is_read {
                return Err(Reason::Reads { tool: tool.name(), file: entry.path.clone() });
            }
        }
        Ok(())
    }

    /// The value that a variable has for an install.
    pub(super) fn variable<'b>(&'b self, install: &'b Install, name: &str) -> Option<&'b str> {
        let own = install.environment.iter().rev().find(|(own, _)| own == name);
        let inherited = || self.environment.iter().find(|(other, _)| *other == name);
        own.map(|(_, value)| &**value).or_else(|| inherited().map(|(_, value)| *value))
    }

    /// Whether programs are found through the scripts of a version manager.
    pub(super) fn has_shims(&self) -> bool {
        self.environment.iter().any(|(name, value)| *name == "PATH" && value.contains("shims"))
    }

    /// Whether a variable leads an install to the copied files, or may do so.
    fn is_led_by(&self, tool: &dyn Tool, name: &str, value: &str) -> bool {
        let habits = tool.habits();
        let upper = name.to_ascii_uppercase();
        let own = habits.variables.iter().find(|own| upper.starts_with(own.prefix));
        if let Some(own) = own {
            return !self.is_harmless(tool, own, &upper, value);
        }
        if upper == "HOME" {
            // A home directory below the copied files has its own place for the tool's files.
            let home = ContextPath::new(value);
            return home != self.destination && home.starts_with(&self.destination);
        }
        let leads = LEADING.iter().chain(habits.leading).any(|start| upper.starts_with(start))
            || LEADING_ENDS.iter().any(|end| upper.ends_with(end))
            || LEADING_NAMES.contains(&&*upper);
        leads && self.is_path_touched(tool, &upper, value)
    }

    fn is_harmless(&self, tool: &dyn Tool, own: &Variables, upper: &str, value: &str) -> bool {
        if own.addresses.contains(&upper) {
            return value.split_whitespace().all(is_remote_address);
        }
        if own.paths.contains(&upper) {
            let path = ContextPath::new(value);
            let is_apart = !self.touches(&path) || self.is_of_environment(tool, &path);
            return value.starts_with('/') && is_apart;
        }
        own.harmless.contains(&upper)
    }

    /// Whether a variable's value has a path that is touched, in one of the forms of lists of
    /// paths and of flags.
    fn is_path_touched(&self, tool: &dyn Tool, upper: &str, value: &str) -> bool {
        let is_list = upper.ends_with("PATH");
        // An empty entry is the working directory.
        let has_relative = match upper {
            "PATH" => value.split(':').any(|entry| !entry.starts_with('/')),
            "PYTHONPATH" => !value.is_empty() && value.split(':').any(str::is_empty),
            _ => false,
        };
        if has_relative {
            return true;
        }
        value.split([':', ' ', '=', ',', ';']).any(|entry| {
            let flag_free = match entry.find('/') {
                Some(slash) if entry.starts_with('-') => &entry[slash..],
                _ => entry,
            };
            if flag_free.is_empty() {
                return false;
            }
            let path = image_path(&self.directory, flag_free.as_bytes());
            if !(is_list || flag_free.contains('/')) {
                // A word, unless it is the name of what is copied.
                return upper != "NODE_ENV"
                    && self.landing.places().any(|(place, _)| place.starts_with(&path));
            }
            if self.is_of_environment(tool, &path) {
                return false;
            }
            if is_list { self.is_environment_touched(&path) } else { self.touches(&path) }
        })
    }

    /// Whether a path is, holds, or lies in what the COPY writes to.
    fn touches(&self, path: &ContextPath) -> bool {
        !path.is_root()
            && (path.starts_with(&self.destination) || self.destination.starts_with(path))
    }

    /// Whether a path lies in a directory that only the tool makes: the COPY brings neither that
    /// nor a link above it.
    fn is_of_environment(&self, tool: &dyn Tool, path: &ContextPath) -> bool {
        let mut environment = path.clone();
        loop {
            let is_named = |name: &&str| Some(name.as_bytes()) == environment.file_name();
            if tool.environments().iter().any(is_named) {
                break;
            }
            match environment.parent() {
                Some(parent) => environment = parent,
                None => return false,
            }
        }
        let is_apart = |place: &ContextPath| !place.starts_with(&environment);
        self.landing.places().all(|(place, _)| is_apart(place))
            && self.landing.iter().all(|(place, _)| !environment.starts_with(place))
    }

    /// The same for a directory of programs or modules with the environment that it belongs to.
    fn is_environment_touched(&self, programs: &ContextPath) -> bool {
        let is_programs = programs
            .file_name()
            .is_some_and(|name| matches!(name, b"bin" | b"sbin" | b"condabin" | b"shims"));
        // The system's own prefixes are told by what lies in them.
        let prefix =
            programs.parent().filter(|prefix| is_programs && *prefix != ContextPath::new("usr"));
        self.touches(programs) || prefix.is_some_and(|prefix| self.touches(&prefix))
    }

    fn check_mount(&self, mount: &Mount) -> Result<(), Reason> {
        let refused = || Err(Reason::Mount(mount.text.clone()));
        if mount.from.is_some() || mount.kind == MountKind::Bind || mount.text.contains('$') {
            return refused();
        }
        match (&mount.target, mount.kind) {
            (Some(target), _) if self.touches(&image_path(&self.directory, target.as_bytes())) => {
                refused()
            }
            (None, MountKind::Cache | MountKind::Tmpfs) => refused(),
            _ => Ok(()),
        }
    }
}
