//! How long steps usually take, for those that were never measured.
//!
//! Rough on purpose: the figures order rewrites and say what is worth the trouble, and wherever
//! they are used they are called typical. They are for an application of a few dozen packages, on a
//! connection of some 10 MB a second and two processors; what a project has is soon measured.

use crate::Seconds;
use crate::context::{ContextPath, Snapshot};
use crate::plan::{KeyInput, Step, StepKind};

/// A command that is not in the table: a shell that starts, makes a directory and ends, with the
/// layer that it leaves.
const SMALL_COMMAND: f64 = 0.5;

/// A step that copies, without its bytes: its layer is made and committed.
pub(super) const COPYING: f64 = 0.1;

/// Bytes a second from the context to a layer: read, hashed, sent, unpacked.
pub(super) const COPIED_BYTES: f64 = 100_000_000.0;

/// A directory, and the layer for it.
const DIRECTORY: f64 = 0.05;

/// What a source takes that comes over the network.
const FETCHED: f64 = 2.0;

/// Of an install's time the share that is left when a cache mount has its packages: they are not
/// fetched, and still unpacked.
const FROM_CACHE: f64 = 0.5;

/// A command, known by its words in this order with anything between them, and its seconds.
type Row = (&'static [&'static str], f64);

/// The first that fits counts, so what says more comes first.
const COMMANDS: &[Row] = &[
    // Installs: the packages are looked up, fetched and unpacked; some are built.
    (&["pip", "install"], 30.0),    // one package after the other
    (&["pip", "wheel"], 40.0),      // as install, and packed again
    (&["uv", "sync"], 4.0),         // fetches side by side, links into place
    (&["uv", "pip"], 4.0),          // likewise
    (&["poetry", "install"], 30.0), // pip's work with an own resolver in front
    (&["pipenv"], 45.0),            // locks, then installs with pip
    (&["pdm", "install"], 25.0),    // as poetry, some side by side
    (&["pdm", "sync"], 25.0),       // likewise
    (&["mamba"], 45.0),             // large packages, a quick solver
    (&["micromamba"], 45.0),        // likewise
    (&["conda"], 120.0),            // large packages, a slow solver
    (&["npm", "ci"], 25.0),         // hundreds of small packages
    (&["npm", "install"], 30.0),    // likewise, and resolved first
    (&["npm", "i"], 30.0),          // likewise
    (&["npm", "run"], 25.0),        // a bundler or a compiler over the whole project
    (&["npx"], 15.0),               // one tool of those, often fetched first
    (&["yarn", "build"], 25.0),     // as `npm run`
    (&["yarn", "run"], 25.0),       // likewise
    (&["yarn"], 30.0),              // without a command it installs
    (&["pnpm", "run"], 25.0),       // as `npm run`
    (&["pnpm", "build"], 25.0),     // likewise
    (&["pnpm"], 15.0),              // fetches side by side, links into place
    (&["bun", "run"], 10.0),        // its own bundler
    (&["bun"], 5.0),                // one process, its own unpacking
    (&["go", "mod"], 10.0),         // modules over the proxy
    (&["go", "build"], 30.0),       // all packages compiled, none kept from before
    (&["go", "install"], 30.0),     // likewise
    (&["go", "test"], 40.0),        // likewise, and run
    (&["cargo", "fetch"], 10.0),    // crates from the index
    (&["cargo", "vendor"], 10.0),   // likewise
    (&["cargo"], 120.0),            // every dependency compiled with it
    (&["mvn", "dependency:go-offline"], 60.0), // hundreds of small requests
    (&["mvn", "dependency:resolve"], 60.0), // likewise
    (&["mvn"], 60.0),               // compiled and packed after that
    (&["mvnw"], 60.0),              // likewise
    (&["gradle"], 90.0),            // a daemon that starts, and then as Maven
    (&["gradlew"], 100.0),          // likewise, and Gradle fetched first
    (&["bundle", "install"], 45.0), // native extensions compiled
    (&["bundle", "exec"], 15.0),    // an application that loads
    (&["gem", "install"], 15.0),    // a few gems
    (&["composer"], 15.0),          // archives, nothing compiled
    (&["dotnet", "restore"], 15.0), // packages, nothing compiled
    (&["dotnet"], 20.0),            // build, publish and test compile
    (&["mix", "deps.get"], 10.0),   // packages from hex
    (&["mix"], 40.0),               // dependencies and the project compiled
    (&["apt-get", "update"], 5.0),  // the lists, a few dozen MB
    (&["apt-get", "upgrade"], 20.0), // some packages
    (&["apt-get", "install"], 15.0), // some packages with their triggers
    (&["apt", "update"], 5.0),      // as apt-get
    (&["apt", "install"], 15.0),    // likewise
    (&["apk", "add"], 4.0),         // small packages, no triggers to speak of
    (&["dnf", "install"], 25.0),    // metadata first, every time
    (&["yum", "install"], 30.0),    // likewise, one after the other
    (&["microdnf", "install"], 20.0), // as dnf with less of it
    // Steps that compile or fetch with nothing of their own.
    (&["make"], 30.0),                   // a build of some files
    (&["cmake"], 20.0),                  // checks of the compiler, or a build
    (&["tsc"], 10.0),                    // types of a whole project
    (&["webpack"], 25.0),                // a bundle
    (&["vite"], 10.0),                   // a bundle, with a quick bundler
    (&["python", "compileall"], 3.0),    // byte-code of a project
    (&["python", "collectstatic"], 4.0), // an application that loads, some hundred files
    (&["rails"], 30.0),                  // assets, mostly
    (&["rake"], 30.0),                   // likewise
    (&["git", "clone"], 5.0),            // one repository
    (&["curl"], 2.0),                    // one file
    (&["wget"], 2.0),                    // likewise
];

/// What goes before a command without being one.
const BEFORE: [&str; 6] = ["sudo", "exec", "time", "env", "then", "do"];

/// How long a step usually takes when it runs with these files.
pub fn seconds(step: &Step, snapshot: &Snapshot) -> Seconds {
    Seconds::new(match step.kind {
        StepKind::From => 0.0,
        StepKind::Workdir | StepKind::Setting => DIRECTORY,
        StepKind::Copy | StepKind::Add => copying(step, snapshot),
        StepKind::Run => running(&step.instruction),
    })
}

fn copying(step: &Step, snapshot: &Snapshot) -> f64 {
    let roots = step.inputs.iter().filter_map(|input| match input {
        KeyInput::Files { roots, .. } => Some(roots),
        _ => None,
    });
    let entries = roots.flatten().flat_map(|root| snapshot.subtree(&ContextPath::new(root)));
    let bytes: u64 = entries.map(|entry| entry.size).fold(0, u64::saturating_add);
    let fetched = if step.instruction.contains("://") { FETCHED } else { 0.0 };
    COPYING + fetched + bytes as f64 / COPIED_BYTES
}

/// Its commands run one after the other, so their seconds add up.
fn running(instruction: &str) -> f64 {
    let has_cache = instruction.contains("type=cache");
    let commands = instruction.split(['&', ';', '|', '\n', '(', ')']);
    let known: f64 = commands.filter_map(command).sum();
    match known {
        known if known <= 0.0 => SMALL_COMMAND,
        known if has_cache => SMALL_COMMAND.max(known * FROM_CACHE),
        known => known,
    }
}

fn command(text: &str) -> Option<f64> {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || "[]\"',".contains(letter))
        .filter(|word| !word.is_empty() && *word != "RUN" && !word.starts_with('-'))
        .skip_while(|word| BEFORE.contains(word) || word.contains('='))
        .collect();
    let mut words = &words[..];
    if tool(words.first()?) == "python" && words.get(1).is_some_and(|it| tool(it) == "pip") {
        // `python -m pip`
        words = &words[1..];
    }
    let fits = |row: &&Row| {
        let mut rest = words.iter().map(|word| tool(word));
        rest.next().as_deref() == row.0.first().copied()
            && row.0[1..].iter().all(|wanted| rest.any(|word| word == *wanted))
    };
    COMMANDS.iter().find(fits).map(|row| row.1)
}

/// A command's name without its directory and version: `/usr/bin/python3.12` is `python`.
fn tool(word: &str) -> String {
    let name = word.rsplit('/').next().unwrap_or(word);
    ["python", "pip"]
        .iter()
        .find(|tool| {
            let rest = name.strip_prefix(**tool);
            rest.is_some_and(|rest| rest.chars().all(|it| it.is_ascii_digit() || it == '.'))
        })
        .map_or_else(|| name.to_owned(), |tool| (*tool).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_words_before_any_other() {
        for (words, seconds) in COMMANDS {
            let instruction = format!("RUN {}", words.join(" --quiet "));
            assert!((running(&instruction) - seconds).abs() < 1e-9, "{instruction}");
        }
    }

    #[test]
    fn commands_add_up_and_unknown_ones_take_little() {
        let cases = [
            ("RUN mkdir /x", 0.5),
            ("RUN pip install -r requirements.txt", 30.0),
            ("RUN python3.12 -m pip install x", 30.0),
            ("RUN [\"/usr/bin/pip3\", \"install\", \"x\"]", 30.0),
            ("RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y install gcc", 20.0),
            ("RUN npm --prefix web ci", 25.0),
            ("RUN --mount=type=cache,target=/root/.npm npm ci", 12.5),
            ("RUN if true; then ./mvnw -q package; fi", 60.0),
            ("RUN echo pip install", 0.5),
            ("RUN", 0.5),
        ];
        for (instruction, seconds) in cases {
            assert!((running(instruction) - seconds).abs() < 1e-9, "{instruction}");
        }
    }
}
