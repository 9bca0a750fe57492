//! pip's command line.

use super::FILE_OPTIONS;
use super::requirement::{Requirement, classify, is_remote_address};
use crate::optimize::Reason;
use crate::optimize::shell::Words;

/// A `pip install` that is understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::optimize) struct Install {
    /// What is run: `pip`, or the path of one.
    pub(in crate::optimize) program: String,
    /// Whether an interpreter runs it as `-m pip`, so that it imports from the working directory.
    pub(in crate::optimize) by_interpreter: bool,
    /// The requirement and constraint files, as written.
    pub(in crate::optimize) files: Vec<String>,
    /// The directories that it is told to use, as written.
    pub(in crate::optimize) directories: Vec<String>,
    /// Variables that only this command has.
    pub(in crate::optimize) environment: Vec<(String, String)>,
}

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

/// Reads a command. `None` for one that does nothing but set the shell's options.
pub(in crate::optimize) fn install(command: &Words) -> Result<Option<Install>, Reason> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let opaque = || Reason::Command(command.words.join(" "));
    let (program, by_interpreter, rest) = match words.as_slice() {
        [":" | "true"] => return Ok(None),
        ["set", flags @ ..] if is_harmless_set(flags) => return Ok(None),
        [python, "-m", "pip", rest @ ..] if is_program(python, "python") => (*python, true, rest),
        [pip, rest @ ..] if is_program(pip, "pip") => (*pip, false, rest),
        _ => return Err(opaque()),
    };
    let mut install = Install {
        program: program.to_owned(),
        by_interpreter,
        environment: command.assignments.clone(),
        ..Install::default()
    };
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
    if saw_install { Ok(Some(install)) } else { Err(opaque()) }
}

fn option(name: &str, value: String, install: &mut Install) -> Result<(), Reason> {
    let refused = || Reason::PipOption(format!("{name} {value}").trim().to_owned());
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
        "--cache-dir" if value.starts_with('/') => {
            install.directories.push(value);
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

/// `pip`, `pip3`, `pip3.12`, by name or by an absolute path.
fn is_program(word: &str, name: &str) -> bool {
    let (directory, file) = word.rsplit_once('/').unwrap_or(("/", word));
    let version = file.strip_prefix(name);
    directory.starts_with('/')
        && version.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn is_harmless_set(flags: &[&str]) -> bool {
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let letters = flag.strip_prefix('-').unwrap_or_default();
        let (letters, takes_name) =
            letters.strip_suffix('o').map_or((letters, false), |letters| (letters, true));
        if !letters.chars().all(|letter| "eux".contains(letter))
            || letters.is_empty() && !takes_name
            || takes_name && flags.next() != Some(&"pipefail")
        {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Install>, Reason> {
        let words = line.split(' ').map(str::to_owned).collect();
        install(&Words { assignments: Vec::new(), words })
    }

    #[test]
    fn files_are_found_in_every_spelling() {
        for line in [
            "pip install -r a.txt",
            "pip3 install -ra.txt",
            "pip3.12 install --requirement=a.txt",
            "/opt/venv/bin/pip --no-cache-dir install -qUr a.txt",
            "python3 -m pip install flask==3 --requirement a.txt --timeout 60",
            "pip install -c a.txt -i https://example.com/simple --no-binary=:all: flask",
        ] {
            assert_eq!(read(line).unwrap().unwrap().files, ["a.txt"], "{line}");
        }
        assert_eq!(read("set -eux -o pipefail"), Ok(None));
    }

    #[test]
    fn what_may_touch_other_files_is_refused() {
        for line in [
            "pip install --target lib -r a.txt",
            "pip install -t lib -r a.txt",
            "pip install --prefix=/x -r a.txt",
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
            assert!(matches!(read(line), Err(Reason::PipOption(_))), "{line}: {:?}", read(line));
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
            "set -a",
            "./pip install a",
            "venv/bin/pip install a",
            "python setup.py install",
            "python -m x",
        ] {
            assert!(matches!(read(line), Err(Reason::Command(_))), "{line}");
        }
    }
}
