//! What PDM does: `pdm install` and `pdm sync`.
//!
//! It reads the project's manifest, `pdm.lock`, `pdm.toml` and which interpreter was chosen before
//! (`.pdm-python`, which it writes), and installs into `.venv` or `__pypackages__` of the project.
//! Without `--no-self` it installs the project itself too, unless that is no package. Tasks of the
//! project may run before and after.

use toml::Value;

use super::pip::habits::{PYTHON_VARIABLES, READ_ANYWHERE, READ_AT_HOME, VARIABLES};
use super::python::{self, Document, Options};
use super::{Command, Habits, Install, Needs, Tool, Variables, View, is_program};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::types::Risk;

const INSTALL: &str = "pdm install";
const SYNC: &str = "pdm sync";

/// The environments that PDM uses in a project.
const ENVIRONMENTS: &[&str] = &[".venv", "__pypackages__"];

/// Options by which `pdm install` leaves the lock file as it is.
const FIXED: &[&str] = &["--check", "--frozen-lockfile", "--no-lock"];

/// Settings of the tool's table that are about building the project, and its tasks, which are looked at apart.
const HARMLESS_SETTINGS: &[&str] = &["build", "scripts", "version"];

const OPTIONS: Options = Options {
    plain: &[
        "--clean",
        "--dev",
        "--fail-fast",
        "--no-default",
        "--no-editable",
        "--no-isolation",
        "--only-keep",
        "--prod",
        "--production",
        "--quiet",
        "--verbose",
        "-d",
        "-q",
        "-v",
        "-vv",
        "-x",
    ],
    deciding: &["--check", "--frozen-lockfile", "--no-lock", "--no-self"],
    with_word: &["--group", "--with", "--without", "-G"],
    ..Options::of("pdm")
};

const HABITS: Habits = Habits {
    read_anywhere: READ_ANYWHERE,
    read_at_home: READ_AT_HOME,
    variables: &[
        Variables {
            prefix: "PDM_",
            harmless: &[
                "PDM_CHECK_UPDATE",
                "PDM_INSTALL_PARALLEL",
                "PDM_NON_INTERACTIVE",
                "PDM_NO_EDITABLE",
                "PDM_NO_SELF",
                "PDM_PYTHON_VERSION",
                "PDM_USE_VENV",
                "PDM_VENV_IN_PROJECT",
                "PDM_VENV_WITH_PIP",
                "PDM_VERSION",
            ],
            addresses: &["PDM_PYPI_URL"],
            paths: &["PDM_CACHE_DIR", "PDM_HOME", "PDM_LOG_DIR"],
        },
        VARIABLES,
    ],
    leading: PYTHON_VARIABLES,
    settings: &[
        "pdm config",
        "pdm self",
        "pdm use",
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

/// PDM.
#[derive(Debug)]
pub(in crate::optimize) struct Pdm;

impl Tool for Pdm {
    fn name(&self) -> &'static str {
        "pdm"
    }

    fn habits(&self) -> &'static Habits {
        &HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        ["pyproject.toml", "pdm.lock", "pdm.toml"].contains(&name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.contains("pdm install") || text.contains("pdm sync")
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let [program, rest @ ..] = words.as_slice() else { return None };
        if !is_program(program, "pdm") {
            return None;
        }
        let install = |said| Install::new(&Pdm, said, program, command);
        Some(match rest {
            ["--version" | "-V"] | ["config", "check_update", "false"] => Ok(Command::Harmless),
            ["install", rest @ ..] => arguments(install(INSTALL), rest),
            ["sync", rest @ ..] => arguments(install(SYNC), rest),
            _ => Err(Reason::Command(command.words.join(" "))),
        })
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let document = python::project(view, needs)?;
        python::take_upwards(view, python::READ_UPWARDS, needs)?;
        let here = |name: &str| view.directory.join(name);
        if let Some(settings) = python::take_if_there(view, &here("pdm.toml"), needs)? {
            return Err(Document::parse(&settings)?.not_understood("settings of the project"));
        }
        check_tasks(&document)?;
        if !install.has(&["--no-self"]) {
            check_self(install, &document, needs)?;
        }
        check_dependencies(&document)?;
        if let Some(lock) = python::take_if_there(view, &here("pdm.lock"), needs)? {
            check_lock(&Document::parse(&lock)?)?;
        }
        if let Some(other) = view.find(&here("pylock.toml"))? {
            return Err(Document::parse(&other)?.not_understood("a lock file of another format"));
        }
        python::take_if_there(view, &here(".pdm-python"), needs)?;
        needs.written.push(here(".pdm-python"));
        needs.written.extend(ENVIRONMENTS.iter().map(|name| here(name)));
        if install.said == INSTALL && !install.has(FIXED) {
            needs.written.push(here("pdm.lock"));
        }
        Ok(())
    }

    fn environments(&self) -> &'static [&'static str] {
        ENVIRONMENTS
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        python::refuse_copied(install, around, &[".pdm-plugins", ".pdm.toml"])?;
        python::check(install, around)
    }
}

fn arguments(mut install: Install, words: &[&str]) -> Result<Command, Reason> {
    let read = OPTIONS.read(words)?;
    if let Some(text) = read.words.into_iter().next() {
        return Err(Reason::NotUnderstood { place: "the command".to_owned(), text });
    }
    install.files = vec!["pyproject.toml".to_owned()];
    install.told = read.deciding.into_iter().map(str::to_owned).collect();
    Ok(Command::Install(install))
}

/// Refuses tasks that run at some point of an install.
fn check_tasks(document: &Document) -> Result<(), Reason> {
    let tasks = document.at(&["tool", "pdm", "scripts"]).and_then(Value::as_table);
    let mut names = tasks.into_iter().flatten().map(|(name, _)| name);
    match names.find(|name| name.starts_with("pre_") || name.starts_with("post_")) {
        Some(name) => Err(document.needs_sources(format!("the task {name}"))),
        None => Ok(()),
    }
}

/// Refuses a project that is a package.
fn check_self(install: &Install, document: &Document, needs: &mut Needs) -> Result<(), Reason> {
    if document.flag(&["tool", "pdm", "distribution"]) != Some(false) {
        let (said, place) = (install.said, document.place());
        return Err(Reason::Project { said, place, option: "--no-self" });
    }
    // Versions before 2.11 do not know the setting and install the project.
    needs.risk = Risk::Verify;
    Ok(())
}

/// Refuses what the project depends on in files of its own.
fn check_dependencies(document: &Document) -> Result<(), Reason> {
    for keys in [
        &["project", "dependencies"][..],
        &["project", "optional-dependencies"],
        &["dependency-groups"],
        &["tool", "pdm", "dev-dependencies"],
    ] {
        python::check_requirements(document, keys)?;
    }
    let builds = ["dependencies", "optional-dependencies"];
    if let Some(field) = document.dynamic().iter().find(|field| builds.contains(*field)) {
        return Err(document.needs_sources(format!("dynamic: {field}")));
    }
    if document.at(&["tool", "pdm", "plugins"]).is_some() {
        return Err(document.not_understood("plugins"));
    }
    python::check_settings(document, &["tool", "pdm"], HARMLESS_SETTINGS, &|_| false)
}

/// Refuses packages of the lock file that come from files of the project.
fn check_lock(lock: &Document) -> Result<(), Reason> {
    for package in lock.tables("package") {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        for (key, value) in package {
            let text = value.as_str().unwrap_or_default();
            let is_local = match key.as_str() {
                "path" => true,
                "url" | "git" => python::is_local(text) || text.contains("PROJECT_ROOT"),
                _ => false,
            };
            if is_local {
                return Err(lock.needs_sources(format!("{name}: {key} = {value}")));
            }
        }
    }
    Ok(())
}
