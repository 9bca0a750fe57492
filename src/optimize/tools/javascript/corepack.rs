//! corepack: brings yarn and pnpm in the version that a project names.

use super::project::Project;
use super::{habits, is_manifest, settings};
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Command, Habits, Install, Needs, Tool, View, is_program};

/// corepack.
#[derive(Debug)]
pub(in crate::optimize::tools) struct Corepack;

impl Tool for Corepack {
    fn name(&self) -> &'static str {
        "corepack"
    }

    fn habits(&self) -> &'static Habits {
        &habits::HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        is_manifest(name)
    }

    /// It is never why a project is copied: what it brings is run by a tool that is mentioned.
    fn is_mentioned(&self, _: &str) -> bool {
        false
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let [program, rest @ ..] = words.as_slice() else { return None };
        if !is_program(program, "corepack") {
            return None;
        }
        let said = match rest {
            ["enable", names @ ..] if names.iter().all(is_tool) => "corepack enable",
            ["disable"] => "corepack disable",
            ["prepare", rest @ ..] if are_releases(rest, &["--activate"]) => "corepack prepare",
            ["install", rest @ ..] if are_releases(rest, &["-g", "--global"]) => "corepack install",
            _ => return Some(Err(Reason::Command(command.words.join(" ")))),
        };
        Some(Ok(Command::Install(Install::new(&Corepack, said, program, command))))
    }

    fn follow(&self, install: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        let mut project = Project::of(install, view, needs)?;
        let directory = project.directory.clone();
        project.package(&directory.join("package.json"))?;
        project.add_if_there(&directory.join(".corepack.env"))?;
        Ok(())
    }

    fn check(&self, _: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
        habits::check("corepack", around)
    }

    fn is_setting(&self, text: &str) -> bool {
        settings::may_lead(text)
    }
}

fn is_tool(name: &&str) -> bool {
    matches!(*name, "yarn" | "pnpm" | "npm")
}

/// Tools with their version (`pnpm@9.1.0`), or none: then it is the one of the project.
fn are_releases(words: &[&str], options: &[&str]) -> bool {
    words.iter().all(|word| {
        let is_release = word.split_once('@').is_some_and(|(name, version)| {
            is_tool(&name)
                && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+^~".contains(c))
        });
        is_release || options.contains(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_writes_nothing_into_a_project_is_read() {
        let is_read = |line: &str| {
            let words = line.split(' ').map(str::to_owned).collect();
            let read = Corepack.read(&Words { assignments: Vec::new(), words });
            matches!(read, Some(Ok(Command::Install(install))) if install.files.is_empty())
        };
        for line in [
            "corepack enable",
            "corepack enable pnpm",
            "corepack prepare pnpm@9.1.0 --activate",
            "corepack prepare --activate",
            "corepack install -g yarn@stable",
        ] {
            assert!(is_read(line), "{line}");
        }
        for line in [
            "corepack use pnpm@9",
            "corepack enable --install-directory x",
            "corepack prepare -o x",
            "corepack install ./x.tgz",
            "corepack up",
        ] {
            assert!(!is_read(line), "{line}");
        }
    }
}
