//! The command lines of conda, mamba and micromamba.

use super::Conda;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::python::{Options, is_local};
use crate::optimize::tools::{Command, Install, is_program};

const OPTIONS: Options = Options {
    plain: &[
        "--all",
        "--force",
        "--freeze-installed",
        "--no-default-packages",
        "--no-deps",
        "--no-update-deps",
        "--only-deps",
        "--override-channels",
        "--prune",
        "--quiet",
        "--strict-channel-priority",
        "--update-all",
        "--verbose",
        "--yes",
        "-q",
        "-v",
        "-vv",
        "-y",
    ],
    with_word: &["--channel", "--channel-priority", "--name", "--solver", "-c", "-n"],
    with_directory: &["--prefix", "--root-prefix", "-p", "-r"],
    with_file: &["--file", "-f"],
    ..Options::of("conda")
};

/// Settings of conda's own configuration that name no place.
const CHOICES: &[&str] = &[
    "always_yes",
    "auto_activate_base",
    "auto_update_conda",
    "changeps1",
    "channel_priority",
    "notify_outdated_conda",
    "show_channel_urls",
    "solver",
    "ssl_verify",
];

/// Reads a command; `None` where it is none of theirs.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let [program, rest @ ..] = words.as_slice() else { return None };
    let is_micromamba = is_program(program, "micromamba");
    if !is_micromamba && !["conda", "mamba"].iter().any(|name| is_program(program, name)) {
        return None;
    }
    let install = |said| Install::new(&Conda, said, program, command);
    let opaque = || Reason::Command(command.words.join(" "));
    Some(match rest {
        ["--version" | "-V"] => Ok(Command::Harmless),
        ["clean", flags @ ..] if flags.iter().all(|flag| flag.starts_with('-')) => {
            Ok(Command::Harmless)
        }
        ["config", "--set", key, value] if CHOICES.contains(key) && !value.contains('/') => {
            Ok(Command::Harmless)
        }
        ["config", "--add" | "--append" | "--prepend", "channels", channel]
            if !is_local(channel) =>
        {
            Ok(Command::Harmless)
        }
        ["env", "create", rest @ ..] => environment(install("conda env create"), rest, true),
        ["env", "update", rest @ ..] => environment(install("conda env update"), rest, true),
        ["create" | "install" | "update", rest @ ..] if is_micromamba => {
            environment(install("micromamba install"), rest, false)
        }
        ["install" | "update", rest @ ..] => packages(install("conda install"), rest, &opaque()),
        _ => Err(opaque()),
    })
}

/// An environment from a file, or packages by name where micromamba has no file.
fn environment(mut install: Install, words: &[&str], needs_file: bool) -> Result<Command, Reason> {
    let read = OPTIONS.read(words)?;
    let not_understood =
        |text: &str| Reason::NotUnderstood { place: "the command".to_owned(), text: text.into() };
    install.files = read.files;
    if install.files.is_empty() && needs_file {
        install.files.push("environment.yml".to_owned());
    }
    let is_yaml = |file: &&String| [".yml", ".yaml"].iter().any(|end| file.ends_with(end));
    if let Some(other) = install.files.iter().find(|file| !is_yaml(file)) {
        return Err(not_understood(other));
    }
    let is_package = |word: &&String| !needs_file && is_name(word);
    if let Some(word) = read.words.iter().find(|word| !is_package(word)) {
        return Err(not_understood(word));
    }
    install.directories = read.directories;
    Ok(Command::Install(install))
}

/// Packages by name.
fn packages(mut install: Install, words: &[&str], opaque: &Reason) -> Result<Command, Reason> {
    let read = OPTIONS.read(words)?;
    if !read.files.is_empty() || !read.words.iter().all(|word| is_name(word)) {
        return Err(opaque.clone());
    }
    install.directories = read.directories;
    Ok(Command::Install(install))
}

/// Whether a word names a package of a channel, and no file.
fn is_name(word: &str) -> bool {
    let is_archive = [".conda", ".tar.bz2"].iter().any(|end| word.ends_with(end));
    !word.contains('/') && !word.starts_with('.') && !is_archive
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
    fn files_and_packages_are_found() {
        for (line, files) in [
            ("conda env create -f env.yml", &["env.yml"][..]),
            ("conda env create", &["environment.yml"]),
            ("mamba env update -n base --file=env.yaml --prune", &["env.yaml"]),
            ("micromamba install -y -n base -f /tmp/env.yaml", &["/tmp/env.yaml"]),
            ("conda install -y -c conda-forge numpy=2 mamba", &[]),
            ("/opt/conda/bin/conda update -n base -y conda", &[]),
        ] {
            let Ok(Command::Install(install)) = read(line) else { panic!("{line}") };
            assert_eq!(install.files, files, "{line}");
        }
        for line in [
            "conda clean -afy",
            "micromamba clean --all --yes",
            "conda config --set channel_priority strict",
            "conda config --add channels conda-forge",
        ] {
            assert!(matches!(read(line), Ok(Command::Harmless)), "{line}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [
            "conda env create -p ./env",
            "conda env create --unknown",
            "conda install -c ./channel a",
            "conda install --offline a",
        ] {
            assert!(matches!(read(line), Err(Reason::Option { .. })), "{line}");
        }
        for line in
            ["micromamba install -f spec.lock", "conda env create x", "micromamba install ./a"]
        {
            assert!(matches!(read(line), Err(Reason::NotUnderstood { .. })), "{line}");
        }
        for line in [
            "conda install --file requirements.txt",
            "conda install ./a.conda",
            "conda run -n x make",
            "conda config --add channels file:///app/x",
            "conda config --set pkgs_dirs /app/x",
            "conda init bash",
        ] {
            assert!(matches!(read(line), Err(Reason::Command(_))), "{line}");
        }
    }
}
