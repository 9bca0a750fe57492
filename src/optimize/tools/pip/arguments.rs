//! pip's command line.

use super::requirement::{Requirement, classify};
use super::{FILE_OPTIONS, Pip};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Directory, Install, is_program, is_remote_address};

/// Options without a value that read and write nothing of the context.
const PLAIN: &[&str] = &[
    "-U",
    "--upgrade",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "-I",
    "--ignore-installed",
    "--user",
    "--no-cache-dir",
    "--no-deps",
    "--pre",
    "--no-input",
    "--require-hashes",
    "--prefer-binary",
    "--disable-pip-version-check",
    "--no-warn-script-location",
    "--no-warn-conflicts",
    "--break-system-packages",
    "--force-reinstall",
    "--compile",
    "--no-compile",
    "--no-color",
    "--isolated",
    "--no-build-isolation",
    "--use-pep517",
    "--no-clean",
    "--no-python-version-warning",
    "--require-virtualenv",
    "--ignore-requires-python",
];

/// Options whose value is a word, never a path.
const WITH_WORD: &[&str] = &[
    "--no-binary",
    "--only-binary",
    "--upgrade-strategy",
    "--progress-bar",
    "--timeout",
    "--default-timeout",
    "--retries",
    "--trusted-host",
    "--root-user-action",
    "--use-feature",
    "--use-deprecated",
];

/// Options whose value is an address; a local one is refused.
const WITH_ADDRESS: &[&str] =
    &["-i", "--index-url", "--pypi-url", "--extra-index-url", "-f", "--find-links"];

/// Short options that take a value.
const SHORT_WITH_VALUE: &[char] = &['r', 'c', 'i', 'f', 'e', 't', 'b', 'd', 'C'];

/// Reads a command; `None` where it is not pip's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let (program, by_interpreter, rest) = match words.as_slice() {
        [python, "-m", "pip", rest @ ..] if is_program(python, "python") => (*python, true, rest),
        [pip, rest @ ..] if is_program(pip, "pip") => (*pip, false, rest),
        _ => return None,
    };
    let install = Install { by_interpreter, ..Install::new(&Pip, "pip install", program, command) };
    Some(arguments(command, rest, install).map(Command::Install))
}

fn arguments(command: &Words, rest: &[&str], mut install: Install) -> Result<Install, Reason> {
    let opaque = || Reason::Command(command.words.join(" "));
    let mut saw_install = false;
    let mut words = split_short(rest).into_iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            if saw_install {
                positional(&word)?;
            } else if word != "install" {
                return Err(opaque());
            }
            saw_install = true;
            continue;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name.to_owned(), Some(value)),
            _ => (word.clone(), None),
        };
        if PLAIN.contains(&&*name) && attached.is_none() {
            continue;
        }
        let value = attached.map(str::to_owned).or_else(|| words.next()).unwrap_or_default();
        option(&name, value, &mut install)?;
    }
    if saw_install { Ok(install) } else { Err(opaque()) }
}

fn option(name: &str, value: String, install: &mut Install) -> Result<(), Reason> {
    let refused =
        || Reason::Option { tool: "pip", text: format!("{name} {value}").trim().to_owned() };
    if FILE_OPTIONS.contains(&name) {
        if value.is_empty() || value.contains("://") || value.starts_with("file:") {
            return Err(refused());
        }
        install.files.push(value);
        return Ok(());
    }
    match name {
        "-e" | "--editable" => {
            Err(Reason::NeedsSources { place: "the command".into(), text: format!("-e {value}") })
        }
        "--cache-dir" | "--prefix" if value.starts_with('/') && value.len() > 1 => {
            install.directories.push(Directory { option: name.to_owned(), path: value });
            Ok(())
        }
        _ if WITH_WORD.contains(&name) && !value.is_empty() => Ok(()),
        _ if WITH_ADDRESS.contains(&name) && is_remote_address(&value) => Ok(()),
        _ => Err(refused()),
    }
}

fn positional(word: &str) -> Result<(), Reason> {
    let (place, text) = ("the command".to_owned(), word.to_owned());
    match classify(word) {
        Requirement::Remote => Ok(()),
        Requirement::Local => Err(Reason::NeedsSources { place, text }),
        Requirement::Unknown => Err(Reason::NotUnderstood { place, text }),
    }
}

/// `-qUr FILE` as `-q -U -r FILE`, `-rFILE` as `-r FILE`.
fn split_short(words: &[&str]) -> Vec<String> {
    let mut split = Vec::with_capacity(words.len());
    for word in words {
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
            split.push((*word).to_owned());
            continue;
        };
        for (position, letter) in letters.char_indices() {
            split.push(format!("-{letter}"));
            let after = &letters[position + letter.len_utf8()..];
            if SHORT_WITH_VALUE.contains(&letter) && !after.is_empty() {
                split.push(after.to_owned());
                break;
            }
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Install, Reason> {
        let words = line.split(' ').map(str::to_owned).collect();
        match super::read(&Words { assignments: Vec::new(), words }) {
            Some(Ok(Command::Install(install))) => Ok(install),
            Some(Err(reason)) => Err(reason),
            Some(Ok(Command::Harmless)) | None => Err(Reason::Command(line.to_owned())),
        }
    }

    #[test]
    fn files_are_found_in_every_spelling() {
        for line in [
            "pip install -r a.txt",
            "pip3 install -ra.txt",
            "pip3.12 install --requirement=a.txt",
            "/opt/venv/bin/pip --no-cache-dir install -qUr a.txt",
            "python3 -m pip install flask==3 --requirement a.txt --timeout 60",
            "pip install --prefix=/install -r a.txt",
            "pip install -c a.txt -i https://example.com/simple --no-binary=:all: flask",
        ] {
            assert_eq!(read(line).unwrap().files, ["a.txt"], "{line}");
        }
    }

    #[test]
    fn what_may_touch_other_files_is_refused() {
        for line in [
            "pip install --target lib -r a.txt",
            "pip install -t lib -r a.txt",
            "pip install --prefix=x -r a.txt",
            "pip install --prefix / -r a.txt",
            "pip install --root /x -r a.txt",
            "pip install -f ./wheels -r a.txt",
            "pip install --no-index -r a.txt",
            "pip install --find-links=wheels -r a.txt",
            "pip install --cache-dir c -r a.txt",
            "pip install --req a.txt",
            "pip install -r https://example.com/a.txt",
            "pip install --log l -r a.txt",
            "pip install --src s -r a.txt",
            "pip install -r",
            "pip install -i ./index a",
            "pip install --report=r a",
            "pip install -vZ a",
        ] {
            assert!(matches!(read(line), Err(Reason::Option { .. })), "{line}: {:?}", read(line));
        }
        for line in ["pip install .", "pip install -e .", "pip install ./a.whl", "pip install /a"] {
            assert!(matches!(read(line), Err(Reason::NeedsSources { .. })), "{line}");
        }
        for line in [
            "pip",
            "pip freeze",
            "pip download -r a.txt",
            "pipx install a",
            "ls",
            "./pip install a",
            "venv/bin/pip install a",
            "python setup.py install",
            "python -m x",
        ] {
            assert!(matches!(read(line), Err(Reason::Command(_))), "{line}");
        }
    }
}
