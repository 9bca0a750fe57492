//! Whether a RUN installs packages: what usually takes longest, and changes least.
//!
//! Read for people who want such steps kept, and not for a rewrite: a command counts by its words
//! alone, wherever it stands in the script. What only builds the project (`cargo build`,
//! `npm run build`) does not count, though it may fetch packages on the way.

use crate::plan::{Step, StepKind};

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
    row(&["apt-get", "apt", "aptitude", "zypper"], &["install"]),
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
    step.kind == StepKind::Run && is_install(&step.instruction)
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
            "RUN true",
            "RUN",
        ];
        for instruction in others {
            assert!(!is_install(instruction), "{instruction}");
        }
    }

    #[test]
    fn every_tool_that_rewrites_know_is_known() {
        for tool in super::super::tools::names() {
            let is_known = ROWS.iter().any(|row| row.programs.contains(&tool));
            assert!(is_known, "{tool} needs a row");
        }
    }
}
