//! Everything besides the requirement files by which pip could notice what is copied, or by
//! which the COPY could write over what pip installed.

use super::landing::{Landing, image_path};
use super::pip::Install;
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

/// Directories of the system, Python's own among them.
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

/// Names that pip, or what it calls, looks for; wherever they are.
const READ_ANYWHERE: &[&str] =
    &[".netrc", "_netrc", ".pip", "pip.conf", "pip.ini", ".pydistutils.cfg", "pydistutils.cfg"];

/// The same for a home directory, which any directory may be.
const READ_AT_HOME: &[&str] =
    &[".cache", ".cargo", ".config", ".git-credentials", ".gitconfig", ".local", ".ssh"];

/// Variables of pip that change no file that it reads or writes.
const HARMLESS_PIP: &[&str] = &[
    "PIP_BREAK_SYSTEM_PACKAGES",
    "PIP_COMPILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_IGNORE_INSTALLED",
    "PIP_NO_BINARY",
    "PIP_NO_CACHE_DIR",
    "PIP_NO_COLOR",
    "PIP_NO_COMPILE",
    "PIP_NO_INPUT",
    "PIP_NO_WARN_SCRIPT_LOCATION",
    "PIP_ONLY_BINARY",
    "PIP_PRE",
    "PIP_PREFER_BINARY",
    "PIP_PROGRESS_BAR",
    "PIP_QUIET",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_RETRIES",
    "PIP_ROOT_USER_ACTION",
    "PIP_TIMEOUT",
    "PIP_TRUSTED_HOST",
    "PIP_UPGRADE",
    "PIP_USER",
    "PIP_VERBOSE",
];

/// Variables by which Python, or a program that builds a package, finds files.
const LEADING: &[&str] = &[
    "PYTHON",
    "VIRTUAL_ENV",
    "CONDA",
    "LD_",
    "XDG_",
    "SSL_",
    "REQUESTS_",
    "CURL_",
    "NETRC",
    "GIT_",
    "DISTUTILS",
    "SETUPTOOLS",
    "PKG_CONFIG",
    "CMAKE",
    "PYENV",
    "CARGO",
    "RUSTUP",
];
const LEADING_ENDS: &[&str] = &["FLAGS", "LIBRARY_PATH", "INCLUDE_PATH"];
const LEADING_NAMES: &[&str] = &[
    "PATH", "CPATH", "TMPDIR", "TEMP", "TMP", "BASH_ENV", "ENV", "CC", "CXX", "AR", "LD",
    "DESTDIR", "CPP",
];

impl Surroundings<'_> {
    /// Whether the install would notice nothing of the copied files besides its own.
    pub(super) fn check(&self, install: &Install, mounts: &[Mount]) -> Result<(), Reason> {
        self.check_destination()?;
        self.check_copied_files()?;
        let own = install.environment.iter().map(|(name, value)| (&**name, &**value));
        for (name, value) in self.environment.iter().copied().chain(own) {
            self.check_variable(name, value)?;
        }
        for mount in mounts {
            self.check_mount(mount)?;
        }
        for directory in &install.directories {
            if self.touches(&image_path(&self.directory, directory.as_bytes())) {
                return Err(Reason::PipOption(format!("--cache-dir {directory}")));
            }
        }
        if let Some(program) = install.program.strip_prefix('/')
            && self.is_environment_touched(&ContextPath::new(program).parent().unwrap_or_default())
        {
            return Err(Reason::Command(install.program.clone()));
        }
        if install.by_interpreter { self.check_modules() } else { Ok(()) }
    }

    fn check_destination(&self) -> Result<(), Reason> {
        let refused = |place: &ContextPath| {
            Err(Reason::Destination { copy: self.copy, place: format!("/{place}") })
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

    fn check_copied_files(&self) -> Result<(), Reason> {
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
                is_listed(READ_ANYWHERE, component)
                    || at_home(index) && is_listed(READ_AT_HOME, component)
            });
            // distutils takes install paths from the setup.cfg of the working directory.
            let is_configuration = *place == self.directory.join("setup.cfg")
                && (self.read)(&entry.path).map_or(true, |text| configures_install(&text));
            // A version manager chooses the interpreter by these.
            let chooses = is_listed(
                &[".python-version", ".tool-versions", "mise.toml", ".mise.toml"],
                components.last().copied().unwrap_or_default(),
            ) && self.has_shims();
            if is_read || is_configuration || chooses {
                return Err(Reason::PipReads(entry.path.clone()));
            }
        }
        Ok(())
    }

    fn has_shims(&self) -> bool {
        self.environment.iter().any(|(name, value)| *name == "PATH" && value.contains("shims"))
    }

    fn check_variable(&self, name: &str, value: &str) -> Result<(), Reason> {
        let refused = || Err(Reason::Environment { name: name.to_owned() });
        let upper = name.to_ascii_uppercase();
        if upper.starts_with("PIP_") {
            let is_remote =
                |address: &str| address.starts_with("https://") || address.starts_with("http://");
            let is_harmless = match &*upper {
                "PIP_INDEX_URL" | "PIP_EXTRA_INDEX_URL" => value.split_whitespace().all(is_remote),
                "PIP_CACHE_DIR" | "PIP_CERT" | "PIP_CLIENT_CERT" => {
                    value.starts_with('/') && !self.touches(&ContextPath::new(value))
                }
                name => HARMLESS_PIP.contains(&name),
            };
            return if is_harmless { Ok(()) } else { refused() };
        }
        if upper == "HOME" {
            // A home directory below the copied files has its own place for pip's files.
            let home = ContextPath::new(value);
            let is_inside = home != self.destination && home.starts_with(&self.destination);
            return if is_inside { refused() } else { Ok(()) };
        }
        let leads = LEADING.iter().any(|start| upper.starts_with(start))
            || LEADING_ENDS.iter().any(|end| upper.ends_with(end))
            || LEADING_NAMES.contains(&&*upper);
        if !leads {
            return Ok(());
        }
        let is_list = upper.ends_with("PATH");
        // An empty entry is the working directory.
        let has_relative = match &*upper {
            "PATH" => value.split(':').any(|entry| !entry.starts_with('/')),
            "PYTHONPATH" => !value.is_empty() && value.split(':').any(str::is_empty),
            _ => false,
        };
        if has_relative {
            return refused();
        }
        for entry in value.split([':', ' ', '=', ',', ';']) {
            let flag_free = match entry.find('/') {
                Some(slash) if entry.starts_with('-') => &entry[slash..],
                _ => entry,
            };
            if flag_free.is_empty() || !(is_list || flag_free.contains('/')) {
                continue;
            }
            let path = image_path(&self.directory, flag_free.as_bytes());
            let is_touched =
                if is_list { self.is_environment_touched(&path) } else { self.touches(&path) };
            if is_touched {
                return refused();
            }
        }
        Ok(())
    }

    /// Whether a path is, holds, or lies in what the COPY writes to.
    fn touches(&self, path: &ContextPath) -> bool {
        !path.is_root()
            && (path.starts_with(&self.destination) || self.destination.starts_with(path))
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

    /// What an interpreter could import from its working directory.
    fn check_modules(&self) -> Result<(), Reason> {
        let module = self.landing.iter().find(|(place, _)| {
            let importable = place.components().any(|component| {
                [&b".py"[..], b".pyc", b".so", b".zip", b".egg", b"-info"]
                    .iter()
                    .any(|end| component.ends_with(end))
            });
            importable && place.starts_with(&self.directory)
        });
        module.map_or(Ok(()), |(_, entry)| Err(Reason::Interpreter(entry.path.clone())))
    }
}

/// Whether a setup.cfg says where or how to install.
fn configures_install(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut sections = text.lines().filter_map(|line| line.trim().strip_prefix('['));
    sections.any(|section| {
        ["install", "global", "build", "easy_install", "bdist", "develop"]
            .iter()
            .any(|name| section.trim_start().starts_with(name))
    })
}
