//! RUNs that build one part of a project and stand above the install of another part.
//!
//! ```text
//! COPY . .                             COPY api/package.json api/package-lock.json api/
//! RUN cd web && npm run build    ->    RUN cd api && npm ci
//! RUN cd api && npm ci                 COPY . .
//!                                      RUN cd web && npm run build
//! ```
//!
//! What a build reads and writes nobody can know, so that both images have to be compared. Only
//! what by its name builds, and sets nothing up, is passed at all.

use super::read::{Run, destination_of_cd, mounts, platform};
use crate::context::ContextPath;
use crate::dockerfile::Instruction;
use crate::optimize::planned::{arguments, directory, environment, step_at};
use crate::optimize::shell;
use crate::optimize::tools::{self, Command, Needs};
use crate::optimize::variables::mentions;
use crate::plan::Plan;

/// Commands that build, by their first words.
const BUILDS: &[&[&str]] = &[
    &["bundle", "exec", "rails", "assets:precompile"],
    &["bundle", "exec", "rake", "assets:precompile"],
    &["cargo", "build"],
    &["dotnet", "build"],
    &["dotnet", "publish"],
    &["go", "build"],
    &["mix", "assets.deploy"],
    &["mix", "compile"],
    &["pnpm", "build"],
    &["tsc"],
    &["vite", "build"],
    &["webpack"],
    &["yarn", "build"],
];

/// Programs that run a project's scripts by name, as `npm run build`.
const RUNNERS: &[&str] = &["bun", "npm", "pnpm", "yarn"];

/// What the name of a script has that builds.
const BUILDING: &[&str] = &["assets", "build", "bundle", "compile", "generate"];

/// Variables by which an environment leads a shell, or a `cd`, elsewhere.
const LEADING: &[&str] = &["BASH_ENV", "CDPATH", "ENV"];

/// A RUN that builds.
#[derive(Clone)]
pub(super) struct Build {
    /// Where its commands run.
    directories: Vec<ContextPath>,
    /// As it is written.
    text: String,
}

/// A RUN of commands that build, and nothing else; `None` for any other.
pub(super) fn read(plan: &Plan, instruction: &Instruction) -> Option<Build> {
    let step = step_at(plan, instruction)?;
    let is_led = environment(step).iter().any(|(name, _)| LEADING.contains(name));
    if is_led || !instruction.heredocs.is_empty() || !mounts(instruction).is_empty() {
        return None;
    }
    let commands = shell::commands(&arguments(step)?, &platform(step)).ok()?;
    let mut there = directory(step);
    let mut directories = Vec::new();
    for command in &commands.all {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        match *words {
            ["cd", target] if commands.is_chain && command.assignments.is_empty() => {
                there = destination_of_cd(step, &there, target)?;
            }
            ["echo", ..] => {}
            _ if builds(&words) => directories.push(there.clone()),
            _ if matches!(tools::read(command), Ok(Command::Harmless)) => {}
            _ => return None,
        }
    }
    let text = instruction.text.clone();
    (!directories.is_empty()).then_some(Build { directories, text })
}

fn builds(words: &[&str]) -> bool {
    // Options may lead it to another directory.
    let has_option = words.iter().any(|word| word.starts_with('-'));
    let is_script = match *words {
        [program, "run", script, ..] => {
            RUNNERS.contains(&program) && BUILDING.iter().any(|part| script.contains(part))
        }
        _ => false,
    };
    is_script && !has_option || BUILDS.iter().any(|build| words.starts_with(build))
}

impl Build {
    /// Whether these installs belong to another part of the project: each stands in a directory in
    /// which, and below which, nothing is built, and which is not spoken of. What they read and write
    /// lies there, or right in a directory above, where tools look for what a part belongs to.
    pub(super) fn is_of_another_part(&self, installs: &[Run<'_>], needs: &Needs) -> bool {
        let parts = || installs.iter().flat_map(|run| &run.installs).map(|it| &it.directory);
        let is_elsewhere = |part: &ContextPath| {
            let is_built = self.directories.iter().any(|built| built.starts_with(part));
            let name = String::from_utf8_lossy(part.file_name().unwrap_or_default());
            !is_built && !mentions(&self.text, &name)
        };
        let is_of = |part: &ContextPath, place: &ContextPath| {
            let is_above = place.parent().is_some_and(|above| part.starts_with(&above));
            place.starts_with(part) || is_above
        };
        let mut places = needs.manifests.keys().chain(&needs.written);
        parts().all(is_elsewhere) && places.all(|place| parts().any(|part| is_of(part, place)))
    }
}
