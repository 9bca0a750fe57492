//! Whether a RUN installs packages: what usually takes longest, and changes least.
//!
//! Read for people who want such steps kept, and not for a rewrite: a command counts by its words
//! alone, wherever it stands in the script and whatever calls it. What only builds the project (`cargo build`,
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
    row(&["pip", "pip3"], &["install", "sync", "wheel", "download"]),
    row(&["uv", "poetry", "pipenv", "pdm", "rye", "pixi"], &["install", "sync", "add", "update"]),
    row(&["conda", "mamba", "micromamba"], &["install", "create", "update"]),
    row(&["npm"], &["ci", "i", "ic", "install", "clean-install", "install-clean", "add", "update"]),
    row(&["pnpm"], &["i", "install", "fetch", "add", "update"]),
    row(&["bun", "deno"], &["i", "install", "add", "cache"]),
    row(&["corepack"], &["install", "prepare"]),
    Row {
        programs: &["yarn"],
        verbs: &["install", "add", "focus", "up", "upgrade"],
        by_itself: true,
    },
    Row { programs: &["bundle", "bundler"], verbs: &["install", "update"], by_itself: true },
    row(&["gem", "composer", "composer.phar"], &["install", "i", "require", "update"]),
    row(&["go"], &["download", "get"]),
    row(&["cargo"], &["fetch", "cook", "install"]),
    row(&["mvn", "mvnw"], &["dependency:go-offline", "dependency:resolve"]),
    row(&["gradle", "gradlew"], &["dependencies"]),
    row(&["dotnet"], &["restore"]),
    row(&["mix"], &["deps.get"]),
    row(&["rebar3"], &["get-deps"]),
    row(&["flutter", "dart"], &["get"]),
    row(&["swift"], &["resolve"]),
    row(&["Rscript", "R"], &["install.packages", "renv::restore"]),
    row(
        &["apt-get", "apt", "aptitude"],
        &["install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep"],
    ),
    row(&["zypper"], &["install", "in", "update", "up", "dist-upgrade", "dup"]),
    row(
        &["dnf", "yum", "microdnf", "tdnf"],
        &["install", "groupinstall", "upgrade", "update", "builddep"],
    ),
    row(&["apk"], &["add", "upgrade"]),
    row(&["dpkg"], &["-i", "--install"]),
    row(&["rpm"], &["-i", "-ivh", "-U", "-Uvh", "--install", "--upgrade"]),
    row(&["luarocks", "pod", "opam", "brew", "nvm", "ansible-galaxy", "pecl"], &["install"]),
    row(
        &["conan", "vcpkg", "bower", "nix-env", "lerna"],
        &["install", "-i", "-iA", "--install", "bootstrap"],
    ),
    row(&["rustup"], &["install", "add", "update", "upgrade", "default"]),
    row(&["setup.py"], &["install", "develop"]),
];

/// What installs whatever it is told.
const INSTALLERS: &[&str] = &[
    "docker-php-ext-install",
    "install-php-extensions",
    "install_packages",
    "pip-sync",
    "easy_install",
    "rustup-init",
];

/// What may stand before a command and changes nothing about what it does.
const WRAPPERS: &[&str] = &[
    "sudo",
    "env",
    "exec",
    "time",
    "then",
    "do",
    "if",
    "while",
    "until",
    "else",
    "elif",
    "!",
    "{",
    "command",
    "eval",
    "eatmydata",
    "RUN",
];

/// The same of what takes words of its own before the command.
const CALLERS: &[&str] = &[
    "timeout", "nice", "ionice", "su", "su-exec", "gosu", "runuser", "setpriv", "chroot", "xargs",
    "npx", "conda", "sudo", "env",
];

/// After one of these a word is no command, but a text or a file.
const QUIET: &[&str] = &[
    "echo", "printf", "which", "type", "hash", "git", "grep", "sed", "awk", "cat", "rm", "cp",
    "mv", "ln", "ls", "mkdir", "chmod", "chown", "touch", "test", "cd", "curl", "wget", "tar",
];

/// After one of these a word is the name of a script of the project.
const SCRIPTS: &[&str] = &["run", "run-script", "exec", "x", "test", "start"];

/// After one of these a word is a directory or the name of a part of the project.
const VALUED: &[&str] =
    &["--prefix", "--cwd", "--dir", "--filter", "--workspace", "--directory", "-C", "-w", "-F"];

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
    let plain = instruction.replace(['"', '\'', '[', ']', ',', '<', '>'], " ");
    // What is called for its output is a command of its own.
    plain.split(['&', ';', '|', '\n', '`', '(', ')']).any(|command| {
        let words: Vec<&str> =
            command.split_whitespace().map(|word| word.trim_start_matches('$')).collect();
        is_install_command(&words)
    })
}

/// The same of one command, be the program called by another one.
fn is_install_command(words: &[&str]) -> bool {
    let is_before = |word: &&&str| {
        WRAPPERS.contains(word) || word.starts_with('-') || word.contains('=') || is_shell(word)
    };
    let first = words.iter().take_while(is_before).count();
    let is_called = words[..words.len().min(first + 1)].iter().any(|word| CALLERS.contains(word));
    let loud = words.iter().take_while(|word| !QUIET.contains(word)).count();
    (first..loud).any(|at| installs(&words[at..], at == first || is_called))
}

/// Whether the first of these words is a program that installs, by those behind it. Only where it
/// `is_command` it may do so without a word.
fn installs(words: &[&str], is_command: bool) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or(program);
    match name {
        "pacman" => return is_pacman_install(rest),
        "helm" => return is_helm_install(rest),
        // Without a version it builds the project.
        "go" if rest.first() == Some(&"install") => return rest.iter().any(|it| it.contains('@')),
        "cpan" | "cpanm" if is_command => return rest.iter().any(|word| !word.starts_with('-')),
        _ => {}
    }
    if INSTALLERS.contains(&name) {
        return is_command;
    }
    let numbered = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let has_name = |row: &&Row| row.programs.contains(&name) || row.programs.contains(&numbered);
    let Some(row) = ROWS.iter().find(has_name) else { return false };
    let is_script = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| rest.get(at));
        SCRIPTS.contains(&rest[at]) && !before.is_some_and(|word| VALUED.contains(word))
    };
    let mut said = (0..rest.len()).take_while(|at| !is_script(*at));
    said.any(|at| row.verbs.contains(&rest[at]))
        || row.by_itself && is_command && rest.iter().all(|word| word.starts_with('-'))
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

/// What `dependency` brings for a chart, charts that are fetched, and plugins. What it has of
/// repositories is no more than a list.
fn is_helm_install(words: &[&str]) -> bool {
    let after = |names: &[&str], verbs: &[&str]| {
        let place = words.iter().position(|word| names.contains(word));
        place.is_some_and(|place| words[place + 1..].iter().any(|word| verbs.contains(word)))
    };
    let command = words.iter().find(|word| !word.starts_with('-'));
    command.is_some_and(|word| ["pull", "fetch", "install", "upgrade"].contains(word))
        || after(&["dependency", "dependencies", "dep"], &["build", "update", "up"])
        || after(&["plugin"], &["install", "add", "update", "up"])
        || words.contains(&"--dependency-update")
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTALLS: &[&str] = &[
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
        "RUN npm --prefix x ci",
        "RUN poetry -C x install",
        "RUN FOO=\"a b\" npm ci",
        "RUN FOO='a' BAR=$X npm ci",
        "RUN npm ci>log",
        "RUN timeout 10 npm ci",
        "RUN timeout 10 yarn",
        "RUN nice -n 5 npm ci",
        "RUN xargs apt-get install < x",
        "RUN cat p | xargs -r apt-get install -y",
        "RUN eatmydata apt-get install x",
        "RUN npx pnpm install",
        "RUN conda run -n e pip install x",
        "RUN su user -c \"npm ci\"",
        "RUN gosu u npm ci",
        "RUN runuser -u x -- npm ci",
        "RUN eval \"npm ci\"",
        "RUN while ! npm ci; do :; done",
        "RUN case x in x) npm ci;; esac",
        "RUN f() { npm ci; }; f",
        "RUN echo `npm ci`",
        "RUN x=$(npm ci)",
        "RUN npm install-clean",
        "RUN npm add x",
        "RUN dnf -y upgrade",
        "RUN apt-get build-dep x",
        "RUN pip download -r r",
        "RUN yarn workspaces focus",
        "RUN php composer.phar install",
        "RUN flutter pub get",
        "RUN install_packages x",
        "RUN Rscript -e \"install.packages('x')\"",
        "RUN dpkg -i x.deb",
        "RUN helm dependency build ./chart",
        "RUN helm dep up chart",
        "RUN helm --kubeconfig x dependency update chart",
        "RUN helm pull oci://registry.example/chart --untar",
        "RUN helm install db ./chart",
        "RUN helm plugin install https://example.org/helm-diff",
        "RUN helm package --dependency-update chart",
        "RUN rustup install nightly",
        "RUN rustup toolchain install 1.80 --profile minimal",
        "RUN rustup target add wasm32-unknown-unknown",
        "RUN rustup +nightly component add clippy",
        "RUN rustup update stable && cargo build",
        "RUN ~/.cargo/bin/rustup default stable",
        "RUN sh rustup-init -y --default-toolchain none",
        "RUN conan install . --build=missing",
        "RUN vcpkg install zlib",
        "RUN bower --allow-root install",
        "RUN nix-env -iA nixpkgs.git",
        "RUN lerna bootstrap",
        "RUN python setup.py install",
        "RUN cd lib && python3.12 setup.py develop --no-deps",
        "RUN ./setup.py build install",
    ];

    const OTHERS: &[&str] = &[
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
        "RUN echo npm ci",
        "RUN sh -c 'echo npm ci'",
        "RUN corepack enable yarn",
        "RUN cd bundle",
        "RUN rm -rf /usr/bin/yarn /x/npm install",
        "RUN git commit -m 'npm install'",
        "RUN apk del npm",
        "RUN pip uninstall -y uv",
        "RUN apt-get update",
        "RUN which npm",
        "RUN helm lint chart",
        "RUN helm repo update",
        "RUN helm dependency list chart",
        "RUN helm template build ./chart > all.yaml",
        "RUN helm package chart",
        "RUN rustup show",
        "RUN rustup toolchain list",
        "RUN rustup component remove rust-docs",
        "RUN rustup set profile minimal",
        "RUN rustup run nightly make install",
        "RUN python setup.py bdist_wheel",
        "RUN python setup.py test",
        "RUN chmod +x setup.py install",
    ];

    #[test]
    fn installs_are_told_from_what_only_looks_like_one() {
        for instruction in INSTALLS {
            assert!(is_install(instruction), "{instruction}");
        }
        for instruction in OTHERS {
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
        // It installs nothing and is only told how others fetch.
        for tool in super::super::tools::names().filter(|tool| *tool != "git") {
            let is_known = ROWS.iter().any(|row| row.programs.contains(&tool));
            assert!(is_known, "{tool} needs a row");
        }
    }
}
