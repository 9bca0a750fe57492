//! Poetry's command lines.

use super::{INSTALL, Poetry, SYNC};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::python::Options;
use crate::optimize::tools::{Command, Install, is_program};

/// Those of every command.
const PLAIN: &[&str] = &[
    "--ansi",
    "--no-ansi",
    "--no-cache",
    "--no-interaction",
    "--no-plugins",
    "--quiet",
    "--verbose",
    "-n",
    "-q",
    "-v",
    "-vv",
    "-vvv",
];

const INSTALL_OPTIONS: Options = Options {
    plain: &[
        "--all-extras",
        "--all-groups",
        "--ansi",
        "--compile",
        "--default",
        "--no-ansi",
        "--no-cache",
        "--no-dev",
        "--no-interaction",
        "--no-plugins",
        "--quiet",
        "--remove-untracked",
        "--sync",
        "--verbose",
        "-n",
        "-q",
        "-v",
        "-vv",
        "-vvv",
    ],
    deciding: &["--no-root", "--no-directory"],
    with_word: &["--without", "--with", "--only", "--extras", "-E"],
    ..Options::of("poetry")
};

const CONFIG_OPTIONS: Options = Options { plain: PLAIN, ..Options::of("poetry") };

/// Settings of Poetry's own configuration that are no paths.
const CONFIG_KEYS: &[&str] = &[
    "experimental.new-installer",
    "experimental.system-git-client",
    "installer.max-workers",
    "installer.modern-installation",
    "installer.parallel",
    "installer.re-resolve",
    "keyring.enabled",
    "requests.max-retries",
    "solver.lazy-wheel",
    "virtualenvs.create",
    "virtualenvs.in-project",
    "virtualenvs.options.always-copy",
    "virtualenvs.options.no-pip",
    "virtualenvs.options.no-setuptools",
    "virtualenvs.options.system-site-packages",
    "virtualenvs.prefer-active-python",
    "virtualenvs.use-poetry-python",
    "warnings.export",
];

/// Reads a command; `None` where it is not Poetry's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let [program, rest @ ..] = words.as_slice() else { return None };
    if !is_program(program, "poetry") {
        return None;
    }
    let options = rest.iter().take_while(|word| PLAIN.contains(word)).count();
    let install = |said| Install::new(&Poetry, said, program, command);
    Some(match &rest[options..] {
        ["--version" | "-V"] => Ok(Command::Harmless),
        ["config", rest @ ..] => config(rest, command),
        ["install", rest @ ..] => self::install(install(INSTALL), rest),
        ["sync", rest @ ..] => self::install(install(SYNC), rest),
        _ => Err(Reason::Command(command.words.join(" "))),
    })
}

/// A setting of Poetry's own, which it keeps outside of the project.
fn config(words: &[&str], command: &Words) -> Result<Command, Reason> {
    let read = CONFIG_OPTIONS.read(words)?;
    let is_choice = |value: &str| {
        ["true", "false"].contains(&value) || value.chars().all(|c| c.is_ascii_digit())
    };
    match read.words.as_slice() {
        [key, value] if CONFIG_KEYS.contains(&&**key) && is_choice(value) => Ok(Command::Harmless),
        _ => Err(Reason::Command(command.words.join(" "))),
    }
}

fn install(mut install: Install, words: &[&str]) -> Result<Command, Reason> {
    let read = INSTALL_OPTIONS.read(words)?;
    if let Some(text) = read.words.into_iter().next() {
        return Err(Reason::NotUnderstood { place: "the command".to_owned(), text });
    }
    install.files = vec!["pyproject.toml".to_owned()];
    install.told = read.deciding.into_iter().map(str::to_owned).collect();
    Ok(Command::Install(install))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, Reason> {
        let words = line.split(' ').map(str::to_owned).collect();
        super::read(&Words { assignments: Vec::new(), words })
            .unwrap_or_else(|| Err(Reason::Shell(line.to_owned())))
    }

    #[test]
    fn installs_and_settings_are_read() {
        for line in [
            "poetry install --no-root --no-dev",
            "poetry install --no-interaction --no-ansi --only main --no-root",
            "/opt/poetry/bin/poetry -n install --without=dev,test --no-root -E pg",
            "poetry sync --no-root --only=main",
        ] {
            let Ok(Command::Install(install)) = read(line) else { panic!("{line}") };
            assert_eq!(install.told, ["--no-root"], "{line}");
        }
        for line in [
            "poetry config virtualenvs.create false",
            "poetry config --no-interaction installer.max-workers 10",
            "poetry --version",
        ] {
            assert!(matches!(read(line), Ok(Command::Harmless)), "{line}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [
            "poetry install -C sub",
            "poetry install --directory sub",
            "poetry install --project=sub",
            "poetry install --only-root",
            "poetry config --local virtualenvs.create false",
            "poetry config --unset virtualenvs.create",
        ] {
            assert!(matches!(read(line), Err(Reason::Option { .. })), "{line}");
        }
        for line in [
            "poetry",
            "poetry lock",
            "poetry add a",
            "poetry run a",
            "poetry build",
            "poetry -C sub install",
            "poetry config cache-dir /app/c",
            "poetry config virtualenvs.path /app/v",
            "poetry config virtualenvs.create",
            "poetry config repositories.x https://x.org",
        ] {
            assert!(matches!(read(line), Err(Reason::Command(_))), "{line}");
        }
        assert!(matches!(read("poetry install a"), Err(Reason::NotUnderstood { .. })));
    }
}
