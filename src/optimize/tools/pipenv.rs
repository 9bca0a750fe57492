//! What Pipenv does: `pipenv install` without packages, and `pipenv sync`.
//!
//! It reads `Pipfile` and `Pipfile.lock`, and installs with pip, into the system or into an
//! environment of its own, which is `.venv` of the project where that is there or asked for.
//! Unless it is told otherwise, `pipenv install` writes the lock file again where it is old.

use serde_json::{Map, Value};

use super::pip::habits::{PYTHON_VARIABLES, READ_ANYWHERE, READ_AT_HOME, VARIABLES};
use super::python::{self, Document, Options, SETTINGS};
use super::view::Manifest;
use super::{Command, Habits, Install, Needs, Tool, Variables, View, is_program};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;

const INSTALL: &str = "pipenv install";
const SYNC: &str = "pipenv sync";

/// The environment that Pipenv uses in a project.
const ENVIRONMENT: &str = ".venv";

/// Tables of a Pipfile that are no packages.
const OTHER_TABLES: &[&str] = &["pipenv", "requires", "scripts", "source"];

const OPTIONS: Options = Options {
    plain: &[
        "--bare",
        "--clear",
        "--dev",
        "--keep-outdated",
        "--no-site-packages",
        "--pre",
        "--quiet",
        "--site-packages",
        "--system",
        "--verbose",
        "-d",
        "-q",
        "-v",
    ],
    deciding: &["--deploy", "--ignore-pipfile"],
    with_word: &["--categories", "--extras"],
    with_address: &["--pypi-mirror", "-i", "--index"],
    with_program: &["--python"],
    ..Options::of("pipenv")
};

const HABITS: Habits = Habits {
    read_anywhere: READ_ANYWHERE,
    read_at_home: READ_AT_HOME,
    variables: &[
        Variables {
            prefix: "PIPENV_",
            harmless: &[
                "PIPENV_BREAK_SYSTEM_PACKAGES",
                "PIPENV_COLORBLIND",
                "PIPENV_CUSTOM_VENV_NAME",
                "PIPENV_DEFAULT_PYTHON_VERSION",
                "PIPENV_DONT_LOAD_ENV",
                "PIPENV_DONT_USE_ASDF",
                "PIPENV_DONT_USE_PYENV",
                "PIPENV_HIDE_EMOJIS",
                "PIPENV_IGNORE_VIRTUALENVS",
                "PIPENV_INSTALL_TIMEOUT",
                "PIPENV_IS_CI",
                "PIPENV_MAX_RETRIES",
                "PIPENV_NOSPIN",
                "PIPENV_QUIET",
                "PIPENV_REQUESTS_TIMEOUT",
                "PIPENV_TIMEOUT",
                // Wherever the environment is, `.venv` counts as written.
                "PIPENV_VENV_IN_PROJECT",
                "PIPENV_VERBOSE",
                "PIPENV_VERBOSITY",
                "PIPENV_VERSION",
                "PIPENV_VIRTUALENV_COPIES",
                "PIPENV_YES",
            ],
            addresses: &["PIPENV_PYPI_MIRROR"],
            paths: &["PIPENV_CACHE_DIR"],
        },
        Variables { prefix: "WORKON_HOME", harmless: &[], addresses: &[], paths: &["WORKON_HOME"] },
        VARIABLES,
    ],
    leading: PYTHON_VARIABLES,
    settings: SETTINGS,
};

/// Pipenv.
#[derive(Debug)]
pub(in crate::optimize) struct Pipenv;

impl Tool for Pipenv {
    fn name(&self) -> &'static str {
        "pipenv"
    }

    fn habits(&self) -> &'static Habits {
        &HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        ["Pipfile", "Pipfile.lock"].contains(&name)
    }

    fn is_mentioned(&self, text: &str) -> bool {
        text.contains("pipenv") && (text.contains(" install") || text.contains(" sync"))
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let [program, rest @ ..] = words.as_slice() else { return None };
        if !is_program(program, "pipenv") {
            return None;
        }
        let install = |said| Install::new(&Pipenv, said, program, command);
        Some(match rest {
            ["--version"] => Ok(Command::Harmless),
            ["install", rest @ ..] => arguments(install(INSTALL), rest),
            ["sync", rest @ ..] => arguments(install(SYNC), rest),
            _ => Err(Reason::Command(command.words.join(" "))),
        })
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let pipfile = python::take(view, &view.directory.join("Pipfile"), needs)?;
        check_pipfile(&Document::parse(&pipfile)?)?;
        python::take_upwards(view, python::READ_UPWARDS, needs)?;
        // Variables of the project, which it loads and which may be about anything.
        if let Some(variables) = view.find(&view.directory.join(".env"))? {
            return Err(Reason::Reads { tool: self.name(), file: variables.source });
        }
        let place = view.directory.join("Pipfile.lock");
        if let Some(lock) = python::take_if_there(view, &place, needs)? {
            check_lock(&lock)?;
        }
        // Late versions read it in place of the lock file.
        if let Some(other) = view.find(&view.directory.join("pylock.toml"))? {
            return Err(not_understood(&other, "a lock file of another format"));
        }
        if install.said == INSTALL && !install.has(OPTIONS.deciding) {
            needs.written.push(place);
        }
        needs.written.push(view.directory.join(ENVIRONMENT));
        Ok(())
    }

    fn environments(&self) -> &'static [&'static str] {
        &[ENVIRONMENT]
    }

    fn check(&self, install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        python::check(install, around)
    }
}

fn arguments(mut install: Install, words: &[&str]) -> Result<Command, Reason> {
    let read = OPTIONS.read(words)?;
    if let Some(text) = read.words.into_iter().next() {
        return Err(Reason::NotUnderstood { place: "the command".to_owned(), text });
    }
    install.files = vec!["Pipfile".to_owned()];
    install.told = read.deciding.into_iter().map(str::to_owned).collect();
    install.directories = read.directories;
    Ok(Command::Install(install))
}

/// Refuses packages of files of the project, and an index that is a directory.
fn check_pipfile(pipfile: &Document) -> Result<(), Reason> {
    for source in pipfile.tables("source") {
        let address = source.get("url").and_then(toml::Value::as_str).unwrap_or_default();
        if !super::is_remote_address(address) {
            return Err(pipfile.needs_sources(format!("url = \"{address}\"")));
        }
    }
    let others = pipfile.keys().filter(|key| !OTHER_TABLES.contains(key));
    others.into_iter().try_for_each(|key| python::check_settings(pipfile, &[key], &[], &|_| false))
}

/// The same for the lock file.
fn check_lock(manifest: &Manifest) -> Result<(), Reason> {
    let lock: Map<String, Value> = serde_json::from_slice(&manifest.content)
        .map_err(|error| not_understood(manifest, &error.to_string()))?;
    let categories = lock.iter().filter(|(key, _)| *key != "_meta").map(|(_, value)| value);
    let packages = categories.filter_map(Value::as_object).flatten();
    for (name, package) in packages {
        let is_local = ["path", "file", "git"].iter().any(|key| {
            let value = package.get(key);
            value.is_some_and(|value| value.as_str().is_none_or(|value| !is_remote(key, value)))
        });
        let is_editable = package.get("editable").is_some() && package.get("git").is_none();
        if is_local || is_editable {
            let (place, text) = (manifest.source.to_string(), format!("{name}: {package}"));
            return Err(Reason::NeedsSources { place, text });
        }
    }
    let sources = lock.get("_meta").and_then(|meta| meta.get("sources")).and_then(Value::as_array);
    let addresses = sources.into_iter().flatten().filter_map(|source| source.get("url"));
    match addresses.filter_map(Value::as_str).find(|url| !super::is_remote_address(url)) {
        Some(url) => {
            let (place, text) = (manifest.source.to_string(), format!("url: {url}"));
            Err(Reason::NeedsSources { place, text })
        }
        None => Ok(()),
    }
}

fn is_remote(key: &str, value: &str) -> bool {
    match key {
        "git" => !python::is_local(value),
        "file" => super::is_remote_address(value),
        _ => false,
    }
}

fn not_understood(manifest: &Manifest, text: &str) -> Reason {
    Reason::NotUnderstood { place: manifest.source.to_string(), text: text.to_owned() }
}
