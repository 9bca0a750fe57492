//! Whether a RUN installs packages: what usually takes longest, and changes least.
//!
//! Read for people who want such steps kept, and not for a rewrite: a command counts by its words
//! alone, wherever it stands in the script. What only builds the project (`cargo build`,
//! `npm run build`) does not count, though it may fetch packages on the way.

use crate::plan::{Fact, KeyInput, Step, StepKind};

/// A program with the words that make it install.
#[derive(Debug)]
struct Row {
    programs: &'static [&'static str],
    verbs: &'static [&'static str],
    /// Whether it installs when nothing is said.
    by_itself: bool,
}

const fn row(programs: &'static [&'static str], verbs: &'static [&'static str]) -> Row {
    Row { programs, verbs, by_itself: false }
}

const ROWS: &[Row] = &[
    row(&["pipx"], &["install", "install-all", "inject", "upgrade", "upgrade-all"]),
    row(&["pip", "pip3", "uv", "poetry", "pipenv", "pdm"], &["install", "sync"]),
    row(&["conda", "mamba", "micromamba"], &["install", "create", "update"]),
    row(&["npm"], &["ci", "i", "install", "clean-install"]),
    row(&["pnpm"], &["i", "install", "fetch", "add"]),
    row(&["bun"], &["i", "install", "add"]),
    row(&["corepack"], &["install", "prepare"]),
    Row { programs: &["yarn"], verbs: &["install", "add"], by_itself: true },
    Row { programs: &["bundle", "bundler"], verbs: &["install"], by_itself: true },
    row(&["gem", "composer"], &["install", "i", "require"]),
    row(&["go"], &["download", "get"]),
    row(&["cargo"], &["fetch", "cook", "install"]),
    row(&["mvn", "mvnw"], &["dependency:go-offline", "dependency:resolve"]),
    row(&["gradle", "gradlew"], &["dependencies"]),
    row(&["dotnet"], &["restore"]),
    row(&["mix"], &["deps.get"]),
    row(&["apt-get", "apt", "aptitude"], &["install"]),
    row(&["zypper"], &["install", "in", "update", "up", "dist-upgrade", "dup"]),
    row(&["luarocks"], &["install"]),
    row(&["dnf", "yum", "microdnf", "tdnf"], &["install", "groupinstall"]),
    row(&["apk"], &["add"]),
    row(&["docker-php-ext-install", "pecl", "install-php-extensions"], &["install"]),
];

/// What may stand before a command and changes nothing about what it does.
const WRAPPERS: &[&str] =
    &["sudo", "env", "exec", "time", "then", "do", "if", "!", "{", "(", "command", "RUN", "&"];

/// After one of these a word is the name of a script of the project.
const SCRIPTS: &[&str] = &["run", "run-script", "exec", "x", "test", "start"];

/// Whether the step is a RUN that installs packages, of the system or of a language.
pub fn installs_packages(step: &Step) -> bool {
    let scripts = step.inputs.iter().filter_map(|input| match input {
        KeyInput::Told { fact: Fact::Document { body } } => Some(body.as_str()),
        _ => None,
    });
    step.kind == StepKind::Run && is_install_with(&step.instruction, &scripts.collect::<Vec<_>>())
}

/// The same of a RUN's text and what its heredocs have in them, which count where a shell reads
/// them.
fn is_install_with(instruction: &str, scripts: &[&str]) -> bool {
    is_install(instruction)
        || is_read_by_a_shell(instruction) && scripts.iter().any(|script| is_install_script(script))
}

/// Whether the command that the heredocs are for is a shell, be it the one that RUN has.
fn is_read_by_a_shell(instruction: &str) -> bool {
    let mut words = instruction.split_whitespace().filter(|word| !word.starts_with("--"));
    words.next();
    words.next().is_some_and(|word| word.starts_with("<<") || is_shell(word))
}

/// The same of a script, by its lines.
fn is_install_script(script: &str) -> bool {
    let first = script.trim_start().lines().next().unwrap_or_default();
    let is_of_a_shell =
        first.strip_prefix("#!").is_none_or(|program| program.split_whitespace().any(is_shell));
    let whole = script.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut lines = whole.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    is_of_a_shell && lines.any(is_install)
}

/// The same of a RUN's text.
pub(super) fn is_install(instruction: &str) -> bool {
    // A vector of arguments counts as the words in it.
    let plain = instruction.replace(['"', '\'', '[', ']', ',', '`', '$', '(', ')'], " ");
    plain.split(['&', ';', '|', '\n']).any(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        installs(&words)
    })
}

fn installs(words: &[&str]) -> bool {
    let is_before = |word: &&&str| {
        WRAPPERS.contains(word) || word.starts_with('-') || word.contains('=') || is_shell(word)
    };
    let from = words.iter().take_while(is_before).count();
    let Some((program, rest)) = words[from..].split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or(program);
    // `python3.12 -m pip`
    if name.starts_with("python") {
        return rest.first() == Some(&"-m") && installs(&rest[1..]);
    }
    match name {
        "pacman" => return is_pacman_install(rest),
        // Without a version it builds the project.
        "go" if rest.first() == Some(&"install") => return rest.iter().any(|it| it.contains('@')),
        "cpan" | "cpanm" => return rest.iter().any(|word| !word.starts_with('-')),
        _ => {}
    }
    let numbered = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let has_name = |row: &&Row| row.programs.contains(&name) || row.programs.contains(&numbered);
    let Some(row) = ROWS.iter().find(has_name) else { return false };
    if row.programs[0] == "docker-php-ext-install" && name != "pecl" {
        return true;
    }
    let mut said = rest.iter().take_while(|word| !SCRIPTS.contains(word));
    said.any(|word| row.verbs.contains(word))
        || row.by_itself && rest.iter().all(|word| word.starts_with('-'))
}

/// `-S`, `-Syu` and `-U` bring packages; with other letters behind they look, list and clean.
fn is_pacman_install(words: &[&str]) -> bool {
    let has_package = words.iter().any(|word| !word.starts_with('-'));
    words.iter().any(|word| match word.strip_prefix("-S").or(word.strip_prefix("-U")) {
        Some(letters) if letters.chars().all(|it| "yuwq".contains(it)) => {
            has_package || letters.contains('u')
        }
        _ => matches!(*word, "--sync" | "--upgrade") && has_package,
    })
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_are_told_from_what_only_looks_like_one() {
        let installs = [
            "RUN pip install -r requirements.txt",
            "RUN --mount=type=cache,target=/root/.cache pip3.12 install --no-cache-dir flask",
            "RUN python3 -m pip install -U .",
            "RUN set -e; cd /app && npm --prefix web ci",
            "RUN [\"/usr/bin/npm\", \"install\"]",
            "RUN sh -c 'apt-get update && apt-get -y install curl'",
            "RUN DEBIAN_FRONTEND=noninteractive apt-get install -y git",
            "RUN if [ -f Gemfile ]; then bundle; fi",
            "RUN yarn --frozen-lockfile",
            "RUN go mod download",
            "RUN cargo chef cook --release --recipe-path recipe.json",
            "RUN apk add --no-cache make",
            "RUN ./mvnw dependency:go-offline",
            "RUN docker-php-ext-install pdo",
            "RUN pnpm fetch",
            "RUN uv sync --frozen",
            "RUN zypper -n in make",
            "RUN pacman -Syu --noconfirm git",
            "RUN pacman --noconfirm -S git",
            "RUN pipx install poetry",
            "RUN go install golang.org/x/tools/gopls@latest",
            "RUN gem install rake",
            "RUN cpan App::cpanminus",
            "RUN cpanm --installdeps .",
            "RUN luarocks install lpeg",
        ];
        for instruction in installs {
            assert!(is_install(instruction), "{instruction}");
        }
        let others = [
            "RUN npm run ci",
            "RUN yarn build",
            "RUN yarn run install",
            "RUN cargo build --release",
            "RUN go build ./...",
            "RUN python manage.py install",
            "RUN echo pip install",
            "RUN install -m 755 a /usr/bin/a",
            "RUN make install",
            "RUN go install ./...",
            "RUN pacman -Scc --noconfirm",
            "RUN pacman -Ss git",
            "RUN pacman -Sy",
            "RUN cpanm --version",
            "RUN true",
            "RUN",
        ];
        for instruction in others {
            assert!(!is_install(instruction), "{instruction}");
        }
    }

    #[test]
    fn a_script_of_a_shell_in_a_heredoc_is_read() {
        let script = "set -e\napt-get update\napt-get \\\n  install -y git\n";
        for instruction in ["RUN <<EOF", "RUN --network=none <<-'EOF'", "RUN bash -e <<EOF"] {
            assert!(is_install_with(instruction, &[script]), "{instruction}");
            assert!(!is_install_with(instruction, &["# apt-get install git\nmake\n"]));
        }
        assert!(is_install_with("RUN <<EOF", &["#!/bin/bash\npip install a\n"]));
        for instruction in ["RUN cat > /x <<EOF", "RUN python3 <<EOF"] {
            assert!(!is_install_with(instruction, &[script]), "{instruction}");
        }
        assert!(!is_install_with("RUN <<EOF", &["#!/usr/bin/env python3\npip install a\n"]));
    }

    #[test]
    fn every_tool_that_rewrites_know_is_known() {
        for tool in super::super::tools::names() {
            let is_known = ROWS.iter().any(|row| row.programs.contains(&tool));
            assert!(is_known, "{tool} needs a row");
        }
    }
}
