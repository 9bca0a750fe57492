//! uv's command lines.

use super::{PIP_INSTALL, PIP_SYNC, SYNC, Uv, VENV};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::pip::requirement::{Requirement, classify};
use crate::optimize::tools::python::{Arguments, Options};
use crate::optimize::tools::{Command, Install, is_program};

/// Options of `uv sync`. Those of uv itself, which may stand before the command, are among them.
const SYNC_OPTIONS: Options = Options {
    plain: &[
        "--active",
        "--all-extras",
        "--all-groups",
        "--compile-bytecode",
        "--dev",
        "--exact",
        "--inexact",
        "--managed-python",
        "--native-tls",
        "--no-build",
        "--no-cache",
        "--no-default-groups",
        "--no-dev",
        "--no-editable",
        "--no-managed-python",
        "--no-progress",
        "--no-python-downloads",
        "--no-sources",
        "--only-dev",
        "--quiet",
        "--refresh",
        "--reinstall",
        "--upgrade",
        "--verbose",
        "-U",
        "-n",
        "-q",
        "-qq",
        "-v",
        "-vv",
    ],
    deciding: &[
        "--all-packages",
        "--frozen",
        "--locked",
        "--no-install-local",
        "--no-install-project",
        "--no-install-workspace",
    ],
    with_word: &[
        "--color",
        "--extra",
        "--group",
        "--index-strategy",
        "--keyring-provider",
        "--link-mode",
        "--no-build-package",
        "--no-extra",
        "--no-group",
        "--only-group",
        "--prerelease",
        "--python-preference",
        "--resolution",
    ],
    with_address: ADDRESSES,
    with_program: &["--python", "-p"],
    with_directory: &["--cache-dir"],
    ..Options::of("uv")
};

const ADDRESSES: &[&str] =
    &["--default-index", "--extra-index-url", "--find-links", "--index", "--index-url", "-f", "-i"];

const PIP_OPTIONS: Options = Options {
    plain: &[
        "--all-extras",
        "--break-system-packages",
        "--compile",
        "--compile-bytecode",
        "--exact",
        "--native-tls",
        "--no-build-isolation",
        "--no-cache",
        "--no-cache-dir",
        "--no-deps",
        "--no-progress",
        "--no-python-downloads",
        "--no-verify-hashes",
        "--pre",
        "--quiet",
        "--reinstall",
        "--require-hashes",
        "--strict",
        "--system",
        "--upgrade",
        "--user",
        "--verbose",
        "-U",
        "-n",
        "-q",
        "-v",
    ],
    with_word: &[
        "--color",
        "--extra",
        "--index-strategy",
        "--keyring-provider",
        "--link-mode",
        "--no-binary",
        "--only-binary",
        "--prerelease",
        "--python-platform",
        "--python-preference",
        "--python-version",
        "--resolution",
        "--torch-backend",
    ],
    with_address: ADDRESSES,
    with_program: &["--python", "-p"],
    with_directory: &["--cache-dir"],
    with_file: &[
        "-r",
        "--requirement",
        "--requirements",
        "-c",
        "--constraint",
        "--constraints",
        "--override",
        "--overrides",
    ],
    ..Options::of("uv")
};

const VENV_OPTIONS: Options = Options {
    plain: &["--seed", "--system-site-packages", "--relocatable", "--quiet", "-q", "--no-project"],
    with_word: &["--prompt", "--python-preference"],
    with_program: &["--python", "-p"],
    ..Options::of("uv")
};

/// Reads a command; `None` where it is not uv's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let [program, rest @ ..] = words.as_slice() else { return None };
    if !is_program(program, "uv") {
        return None;
    }
    let install = |said| Install::new(&Uv, said, program, command);
    Some(match rest {
        ["--version" | "version" | "-V"]
        | ["cache", "clean" | "prune"]
        | ["cache", "prune", "--ci"] => Ok(Command::Harmless),
        ["sync", rest @ ..] => sync(install(SYNC), rest),
        ["pip", "install", rest @ ..] => pip_install(install(PIP_INSTALL), rest),
        ["pip", "sync", rest @ ..] => pip_sync(install(PIP_SYNC), rest),
        ["venv", rest @ ..] => venv(install(VENV), rest),
        _ => Err(Reason::Command(command.words.join(" "))),
    })
}

fn sync(install: Install, words: &[&str]) -> Result<Command, Reason> {
    let read = SYNC_OPTIONS.read(words)?;
    if let Some(word) = read.words.first() {
        return Err(not_understood(word));
    }
    Ok(with(install, read, vec!["pyproject.toml".to_owned()]))
}

fn pip_install(install: Install, words: &[&str]) -> Result<Command, Reason> {
    if let Some(position) = words.iter().position(|word| ["-e", "--editable"].contains(word)) {
        let text = words[position..].iter().take(2).copied().collect::<Vec<_>>().join(" ");
        return Err(Reason::NeedsSources { place: "the command".to_owned(), text });
    }
    let mut read = PIP_OPTIONS.read(words)?;
    for word in &read.words {
        match classify(word) {
            Requirement::Remote => {}
            Requirement::Local => {
                let place = "the command".to_owned();
                return Err(Reason::NeedsSources { place, text: word.clone() });
            }
            Requirement::Unknown => return Err(not_understood(word)),
        }
    }
    let files = std::mem::take(&mut read.files);
    check_files(&files)?;
    Ok(with(install, read, files))
}

fn pip_sync(install: Install, words: &[&str]) -> Result<Command, Reason> {
    let mut read = PIP_OPTIONS.read(words)?;
    let mut files = std::mem::take(&mut read.files);
    files.extend(read.words.iter().cloned());
    check_files(&files)?;
    Ok(with(install, read, files))
}

/// uv also takes scripts, builds and other lock files where a requirement file is meant.
fn check_files(files: &[String]) -> Result<(), Reason> {
    let is_read = |file: &&String| {
        let name = file.rsplit('/').next().unwrap_or_default();
        let is_other = [".py", ".cfg", ".toml", ".lock"].iter().any(|end| name.ends_with(end));
        name == "pyproject.toml" || !is_other
    };
    match files.iter().find(|file| !is_read(file)) {
        Some(file) => Err(not_understood(file)),
        None => Ok(()),
    }
}

fn venv(install: Install, words: &[&str]) -> Result<Command, Reason> {
    let read = VENV_OPTIONS.read(words)?;
    match read.words.as_slice() {
        [] => {}
        [only] if only == super::ENVIRONMENT || only.starts_with('/') => {}
        [other, ..] => return Err(not_understood(other)),
    }
    let mut install = install;
    let places = read.words.iter().filter(|word| word.starts_with('/')).map(|word| {
        crate::optimize::tools::Directory { option: "venv".to_owned(), path: word.clone() }
    });
    install.directories.extend(places);
    Ok(with(install, Arguments { words: Vec::new(), ..read }, Vec::new()))
}

fn with(mut install: Install, read: Arguments, files: Vec<String>) -> Command {
    install.told = read.deciding.into_iter().map(str::to_owned).collect();
    install.directories.extend(read.directories);
    install.files = files;
    Command::Install(install)
}

fn not_understood(text: &str) -> Reason {
    Reason::NotUnderstood { place: "the command".to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, Reason> {
        let words = line.split(' ').map(str::to_owned).collect();
        super::read(&Words { assignments: Vec::new(), words })
            .unwrap_or_else(|| Err(Reason::Shell(line.to_owned())))
    }

    fn install(line: &str) -> Install {
        match read(line) {
            Ok(Command::Install(install)) => install,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn what_decides_is_kept() {
        let line = "/bin/uv sync --frozen --no-dev --no-install-project --group=prod --python 3.12";
        let sync = install(line);
        assert_eq!((sync.said, sync.files), (SYNC, vec!["pyproject.toml".to_owned()]));
        assert_eq!(sync.told, ["--frozen", "--no-install-project"]);
        for line in [
            "uv pip install --system --no-cache -r a.txt",
            "uv pip install --requirements a.txt flask==3",
            "uv pip sync --system a.txt",
        ] {
            assert_eq!(install(line).files, ["a.txt"], "{line}");
        }
        assert_eq!(install("uv venv /opt/venv --python 3.12").directories.len(), 1);
        for line in ["uv --version", "uv cache clean"] {
            assert!(matches!(read(line), Ok(Command::Harmless)), "{line}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [
            "uv sync --package a",
            "uv sync --project x",
            "uv sync --directory x",
            "uv sync --script x.py",
            "uv sync --cache-dir .cache",
            "uv sync --config-file uv.toml",
            "uv pip install --target lib -r a.txt",
            "uv pip install --find-links wheels -r a.txt",
            "uv pip install -r -",
        ] {
            assert!(matches!(read(line), Err(Reason::Option { .. })), "{line}: {:?}", read(line));
        }
        for line in ["uv pip install -e .", "uv pip install .", "uv pip install --editable ./a"] {
            assert!(matches!(read(line), Err(Reason::NeedsSources { .. })), "{line}");
        }
        for line in ["uv sync x", "uv pip install -r setup.py", "uv venv env"] {
            assert!(matches!(read(line), Err(Reason::NotUnderstood { .. })), "{line}");
        }
        for line in ["uv run a", "uv lock", "uv build", "uv --directory x sync", "uv"] {
            assert!(matches!(read(line), Err(Reason::Command(_))), "{line}");
        }
        for line in ["uvx sync", "./uv sync"] {
            assert!(matches!(read(line), Err(Reason::Shell(_))), "{line}");
        }
    }
}
