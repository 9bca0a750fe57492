//! What pip reads beside requirement files, and what leads it there.

use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Install, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: READ_ANYWHERE,
    read_at_home: READ_AT_HOME,
    variables: &[VARIABLES],
    leading: PYTHON_VARIABLES,
    settings: &[
        "pip config",
        "pip.conf",
        "pip.ini",
        "pydistutils",
        "sitecustomize",
        "usercustomize",
        ".pth",
        "--editable",
        "setup.py develop",
    ],
};

/// What pip, and whatever downloads or builds a Python package, looks for.
pub(in crate::optimize::tools) const READ_ANYWHERE: &[&str] =
    &[".netrc", "_netrc", ".pip", "pip.conf", "pip.ini", ".pydistutils.cfg", "pydistutils.cfg"];

/// The same for a home directory.
pub(in crate::optimize::tools) const READ_AT_HOME: &[&str] =
    &[".cache", ".cargo", ".config", ".git-credentials", ".gitconfig", ".local", ".ssh"];

/// pip's own variables.
pub(in crate::optimize::tools) const VARIABLES: Variables = Variables {
    prefix: "PIP_",
    harmless: &[
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
    ],
    addresses: &["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"],
    paths: &["PIP_CACHE_DIR", "PIP_CERT", "PIP_CLIENT_CERT"],
};

/// Variables by which Python, or a program that builds a Python package, finds files.
pub(in crate::optimize) const PYTHON_VARIABLES: &[&str] = &[
    "PYTHON",
    "VIRTUAL_ENV",
    "CONDA",
    "REQUESTS_",
    "DISTUTILS",
    "SETUPTOOLS",
    "PYENV",
    "CARGO",
    "RUSTUP",
];

/// What chooses an interpreter, what tells distutils where to install, and what an interpreter
/// could import.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    for (place, entry) in around.landing.iter() {
        // A version manager chooses the interpreter by these.
        let chooses = [".python-version", ".tool-versions", "mise.toml", ".mise.toml"]
            .iter()
            .any(|name| Some(name.as_bytes()) == place.file_name())
            && around.has_shims();
        if chooses {
            return Err(Reason::Reads { tool: install.tool.name(), file: entry.path.clone() });
        }
    }
    check_configuration(install, around)?;
    if install.by_interpreter { check_modules(around) } else { Ok(()) }
}

/// What tells distutils where to install: the `setup.cfg` of the working directory.
pub(in crate::optimize::tools) fn check_configuration(
    install: &Install,
    around: &Surroundings<'_>,
) -> Result<(), Reason> {
    let place = around.directory.join("setup.cfg");
    let configures =
        around.landing.at(&place).iter().find(|entry| {
            (around.read)(&entry.path).map_or(true, |text| configures_install(&text))
        });
    configures.map_or(Ok(()), |entry| {
        Err(Reason::Reads { tool: install.tool.name(), file: entry.path.clone() })
    })
}

/// What an interpreter could import from its working directory.
fn check_modules(around: &Surroundings<'_>) -> Result<(), Reason> {
    let module = around.landing.iter().find(|(place, _)| {
        let importable = place.components().any(|component: &[u8]| {
            [&b".py"[..], b".pyc", b".so", b".zip", b".egg", b"-info"]
                .iter()
                .any(|end| component.ends_with(end))
        });
        importable && place.starts_with(&around.directory)
    });
    module.map_or(Ok(()), |(_, entry)| Err(Reason::Interpreter(entry.path.clone())))
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
