//! The package managers: which commands install packages, and what such an install reads.
//!
//! Each tool is a room of its own behind [`Tool`]. It reads a command strictly: an option or an
//! argument that is not in its lists refuses the rewrite, as nothing is guessed. [`Needs`] is what
//! its install needs of the context; [`View`] shows it what a COPY brings where.
//!
//! A new tool is one file that implements [`Tool`], one line in [`TOOLS`], and its tests: a
//! project that is bettered, one that is good already, and its traps.

mod bundler;
mod cargo;
mod composer;
mod conda;
mod dotnet;
mod git;
mod go;
mod gradle;
mod javascript;
mod maven;
mod mix;
mod pdm;
pub(super) mod pip;
mod pipenv;
mod poetry;
mod python;
mod uv;
mod view;
mod xml;

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::Reason;
use super::shell::Words;
use super::surroundings::Surroundings;
use super::types::Risk;
use crate::context::ContextPath;

pub(super) use view::View;

/// Every tool that is known.
const TOOLS: &[&dyn Tool] = &[
    &pip::Pip,
    &javascript::Npm,
    &javascript::Yarn,
    &javascript::Pnpm,
    &javascript::Bun,
    &javascript::Corepack,
    &uv::Uv,
    &poetry::Poetry,
    &pipenv::Pipenv,
    &pdm::Pdm,
    &conda::Conda,
    &go::Go,
    &bundler::Bundler,
    &composer::Composer,
    &cargo::Cargo,
    &dotnet::Dotnet,
    &git::Git,
    &gradle::Gradle,
    &maven::Maven,
    &mix::Mix,
];

/// A package manager.
pub(super) trait Tool: Debug + Sync {
    /// Its name, as people know it.
    fn name(&self) -> &'static str;

    /// What its install reads and what leads it there, beside its manifests.
    fn habits(&self) -> &'static Habits;

    /// Whether a file of this name is one of those that say what is installed, by its name alone.
    fn is_manifest(&self, name: &str) -> bool;

    /// Whether a command's text mentions an install of this tool from manifests, understood or
    /// not.
    fn is_mentioned(&self, text: &str) -> bool;

    /// Reads a command; `None` where it is another program's.
    fn read(&self, command: &Words) -> Option<Result<Command, Reason>>;

    /// Adds all that an install needs of what a COPY brings.
    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason>;

    /// Names of directories that the tool itself makes in a project to install into. A variable
    /// that leads there leads to nothing that is copied, unless the COPY brings one.
    fn environments(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether an earlier instruction's text tells of settings which the tool keeps and which may
    /// lead it to files.
    fn is_setting(&self, text: &str) -> bool {
        self.habits().settings.iter().any(|mark| text.contains(mark))
    }

    /// What else may not be, where the lists of [`Habits`] do not say it.
    fn check(&self, _install: &Install, _around: &Surroundings<'_>) -> Result<(), Reason> {
        Ok(())
    }
}

/// What a command is to the step that it stands in.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// It installs.
    Install(Install),
    /// It neither reads nor writes what a COPY into a directory of its own brings.
    Harmless,
}

/// An install that is understood.
#[derive(Debug, Clone)]
pub(super) struct Install {
    /// The tool.
    pub(super) tool: &'static dyn Tool,
    /// What is run, such as `pip install`, for people.
    pub(super) said: &'static str,
    /// The program: a name, or the path of one.
    pub(super) program: String,
    /// Whether an interpreter runs it, so that it imports from the working directory.
    pub(super) by_interpreter: bool,
    /// The manifests that it cannot do without, as the command names them or the tool looks for
    /// them in the working directory.
    pub(super) files: Vec<String>,
    /// The directories that it is told to use.
    pub(super) directories: Vec<Directory>,
    /// The command's words, for what a tool looks for in them later.
    pub(super) words: Vec<String>,
    /// Variables that only this command has.
    pub(super) environment: Vec<(String, String)>,
    /// What else of the command matters to its tool when it follows it: options and names.
    pub(super) told: Vec<String>,
}

/// A directory that a command names.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    /// The option, such as `--cache-dir`.
    pub(super) option: String,
    /// Its value as written.
    pub(super) path: String,
}

impl Install {
    /// An install by a program, of nothing yet.
    pub(super) fn new(
        tool: &'static dyn Tool,
        said: &'static str,
        program: &str,
        command: &Words,
    ) -> Self {
        Self {
            tool,
            said,
            program: program.to_owned(),
            by_interpreter: false,
            files: Vec::new(),
            directories: Vec::new(),
            words: command.words.clone(),
            environment: command.assignments.clone(),
            told: Vec::new(),
        }
    }

    /// Whether it only keeps a setting of its tool, which takes no time.
    pub(super) fn keeps_setting(&self) -> bool {
        self.said.split(' ').any(|word| word == "config")
    }

    /// Whether any of these options is given.
    pub(super) fn has(&self, options: &[&str]) -> bool {
        self.told.iter().any(|told| options.contains(&&**told))
    }
}

/// The files that an install reads, by where it finds them in the image, with where the context
/// has them.
pub(super) type Manifests = BTreeMap<ContextPath, ContextPath>;

/// What installs need of the context, and where they write beside the copied files.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs {
    /// What they read.
    pub(super) manifests: Manifests,
    /// Places in the image that they write, each with all below it. Where a COPY brings anything
    /// else to one of these, its order with the install matters.
    pub(super) written: Vec<ContextPath>,
    /// Whether both images have to be built and compared.
    pub(super) risk: Risk,
}

/// What an install of a tool reads beside its manifests, and what leads it there.
#[derive(Debug)]
pub(super) struct Habits {
    /// Names that the tool, or what it calls, looks for; wherever they are.
    pub(super) read_anywhere: &'static [&'static str],
    /// The same for a home directory, which any directory may be.
    pub(super) read_at_home: &'static [&'static str],
    /// The tool's own variables.
    pub(super) variables: &'static [Variables],
    /// How the names of further variables begin by which it, or a program that builds a package,
    /// finds files.
    pub(super) leading: &'static [&'static str],
    /// Texts in earlier instructions that tell of settings which it keeps.
    pub(super) settings: &'static [&'static str],
}

impl Habits {
    /// Whether the tool may read a place for its name, or that of a directory above it.
    pub(super) fn reads(&self, place: &ContextPath) -> bool {
        let lists = [self.read_anywhere, self.read_at_home];
        let mut names = lists.iter().copied().flatten();
        names.any(|name| place.components().any(|component| component == name.as_bytes()))
    }
}

/// The variables of a tool, which all begin alike.
#[derive(Debug)]
pub(super) struct Variables {
    /// How they begin, in capitals, such as `PIP_`.
    pub(super) prefix: &'static str,
    /// Those that change no file that it reads or writes. All others refuse.
    pub(super) harmless: &'static [&'static str],
    /// Those whose value is addresses; a remote one is harmless.
    pub(super) addresses: &'static [&'static str],
    /// Those whose value is an absolute path; one apart from the copied files is harmless.
    pub(super) paths: &'static [&'static str],
}

/// Reads a command of a step that should only install.
pub(super) fn read(command: &Words) -> Result<Command, Reason> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [":" | "true"] => return Ok(Command::Harmless),
        ["set", flags @ ..] if is_harmless_set(flags) => return Ok(Command::Harmless),
        _ => {}
    }
    TOOLS
        .iter()
        .find_map(|tool| tool.read(command))
        .unwrap_or_else(|| Err(Reason::Command(command.words.join(" "))))
}

/// Whether a command's text mentions an install from manifests, understood or not.
pub(super) fn is_mentioned(text: &str) -> bool {
    TOOLS.iter().any(|tool| tool.is_mentioned(text))
}

/// What every tool is called.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|tool| tool.name())
}

/// Whether a file of this name says what is installed, to any tool.
pub(super) fn is_manifest(name: &str) -> bool {
    TOOLS.iter().any(|tool| tool.is_manifest(name))
}

/// Tools that share packages, or what they are installed into.
const LANGUAGES: &[&[&str]] = &[
    &["bun", "corepack", "npm", "pnpm", "yarn"],
    &["conda", "pdm", "pip", "pipenv", "poetry", "uv"],
    &["gradle", "mvn"],
];

/// Whether two tools may have to do with the same packages; git's settings are for all of them.
pub(super) fn are_of_one_language(a: &dyn Tool, b: &dyn Tool) -> bool {
    let names = [a.name(), b.name()];
    names[0] == names[1]
        || names.contains(&"git")
        || LANGUAGES.iter().any(|tools| names.iter().all(|name| tools.contains(name)))
}

/// Whether a word is a program of this name, alone or by an absolute path, with a version behind
/// it or not: `pip`, `pip3`, `/usr/bin/pip3.12`.
pub(super) fn is_program(word: &str, name: &str) -> bool {
    let (directory, file) = word.rsplit_once('/').unwrap_or(("/", word));
    let version = file.strip_prefix(name);
    directory.starts_with('/')
        && version.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// Whether an address is on the network, so that nothing local is read.
pub(super) fn is_remote_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
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

    #[test]
    fn the_options_of_the_shell_do_nothing() {
        for line in ["set -eux -o pipefail", "set -e", "set -euxo pipefail", "true", ":"] {
            let words = line.split(' ').map(str::to_owned).collect();
            let command = Words { assignments: Vec::new(), words };
            assert!(matches!(read(&command), Ok(Command::Harmless)), "{line}");
        }
        for line in ["set -a", "set", "set -o posix", "set a", "false", "ls"] {
            let words = line.split(' ').map(str::to_owned).collect();
            let command = Words { assignments: Vec::new(), words };
            let is_set = line == "set";
            assert_eq!(matches!(read(&command), Err(Reason::Command(_))), !is_set, "{line}");
        }
    }

    #[test]
    fn programs_have_versions_and_absolute_places() {
        for word in ["pip", "pip3", "pip3.12", "/usr/bin/pip", "/opt/venv/bin/pip3"] {
            assert!(is_program(word, "pip"), "{word}");
        }
        for word in ["./pip", "bin/pip", "pipx", "pip-compile"] {
            assert!(!is_program(word, "pip"), "{word}");
        }
    }
}
