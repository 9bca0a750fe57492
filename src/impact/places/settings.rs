//! The line of a Dockerfile that sets what a step notices: a variable, a user, a shell.

use std::collections::BTreeSet;

use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, Stage};
use crate::predict::CauseKind;

/// In a Dockerfile of more instructions nobody looks for one.
const MOST: usize = 1_000;

/// The options that are instructions of a Dockerfile.
pub(super) const KEYWORDS: [&str; 3] = ["USER", "WORKDIR", "SHELL"];

/// What a step is made of beside its own text.
pub(super) struct Settings {
    /// Variables, and those that their values are made of.
    pub(super) names: BTreeSet<String>,
    /// The instruction that sets it, where it is no variable.
    keyword: Option<&'static str>,
}

/// The Dockerfile in both trees, and the first line of the step in the newer one.
#[derive(Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) before: &'a Dockerfile,
    pub(super) now: &'a Dockerfile,
    pub(super) line: u32,
}

impl Settings {
    /// What the reason is about; `None` where it is the step's own text, or none of the Dockerfile.
    pub(super) fn of(kind: &CauseKind, of: Versions<'_>) -> Option<Self> {
        if of.now.instructions().len().max(of.before.instructions().len()) > MOST {
            return None;
        }
        let mut settings = match kind {
            CauseKind::Argument { name, .. } | CauseKind::Environment { name, .. } => {
                Self { names: BTreeSet::from([name.clone()]), keyword: None }
            }
            CauseKind::Option { name, .. } => {
                let keyword = KEYWORDS.into_iter().find(|it| it == name)?;
                Self { names: BTreeSet::new(), keyword: Some(keyword) }
            }
            // The instruction is the same, and what differs is what variables have made of it.
            CauseKind::BaseImage { .. } | CauseKind::Instruction { .. } => {
                let own = of.now.instructions().iter().find(|it| it.line == of.line)?;
                let is_same = |it: &Instruction| it.text == own.text;
                if !of.before.instructions().iter().any(is_same) {
                    return None;
                }
                Self { names: variables_in(&own.text).collect(), keyword: None }
            }
            _ => return None,
        };
        for instructions in [of.scope(), of.scope_before()] {
            settings.follow(&instructions);
        }
        Some(settings)
    }

    /// The arguments that give the platform of the image that the step stands on.
    pub(super) fn of_platform(of: Versions<'_>) -> Self {
        let platforms = of.starts().into_iter().filter_map(|from| match &from.kind {
            InstructionKind::From { platform, .. } => platform.as_deref(),
            _ => None,
        });
        let names = platforms.flat_map(variables_in).collect();
        let mut settings = Self { names, keyword: None };
        for instructions in [of.scope(), of.scope_before()] {
            settings.follow(&instructions);
        }
        settings
    }

    /// The lines of the last instruction that sets it otherwise than before.
    pub(super) fn edited(&self, of: Versions<'_>) -> Option<(u32, u32)> {
        let before = of.scope_before();
        let is_new = |it: &&&Instruction| !before.iter().any(|old| old.text == it.text);
        let scope = of.scope();
        scope.iter().rev().filter(|it| self.are_set_by(it)).find(is_new).map(|it| lines(it))
    }

    /// Where the last instruction stood that set it and is gone: the lines of what follows now.
    pub(super) fn gone(&self, of: Versions<'_>) -> Option<(u32, u32)> {
        let (now, before) = (of.scope(), of.scope_before());
        let is_gone = |it: &&&Instruction| !now.iter().any(|new| new.text == it.text);
        let gone = before.iter().rev().filter(|it| self.are_set_by(it)).find(is_gone)?;
        let all = of.before.instructions();
        let mut above = all.iter().rev().filter(|it| it.line < gone.line);
        let kept =
            |old: &Instruction| of.now.instructions().iter().position(|new| new.text == old.text);
        let place = above.find_map(kept).map_or(0, |place| place + 1);
        let instructions = of.now.instructions();
        instructions.get(place).or(instructions.last()).map(lines)
    }

    /// The lines of the last instruction that sets it.
    pub(super) fn last(&self, of: Versions<'_>) -> Option<(u32, u32)> {
        of.scope().into_iter().rev().find(|it| self.are_set_by(it)).map(lines)
    }

    /// Adds what the values are made of, as far as these instructions say.
    fn follow(&mut self, instructions: &[&Instruction]) {
        loop {
            let known = self.names.len();
            let setting = instructions.iter().filter(|it| self.are_set_by(it));
            let more: Vec<String> = setting.flat_map(|it| variables_in(&it.text)).collect();
            self.names.extend(more);
            // There are only so many names in a Dockerfile.
            if self.names.len() == known {
                return;
            }
        }
    }

    fn are_set_by(&self, instruction: &Instruction) -> bool {
        match &instruction.kind {
            InstructionKind::Arg(pairs) => {
                pairs.iter().any(|(name, value)| value.is_some() && self.names.contains(name))
            }
            InstructionKind::Env(pairs) => pairs.iter().any(|(name, _)| self.names.contains(name)),
            InstructionKind::User(_) => self.keyword == Some("USER"),
            InstructionKind::Workdir(_) => self.keyword == Some("WORKDIR"),
            InstructionKind::Shell(_) => self.keyword == Some("SHELL"),
            _ => false,
        }
    }
}

/// The lines of the FROM that is otherwise than before, of those that the step stands on.
pub(super) fn edited_from(of: Versions<'_>) -> Option<(u32, u32)> {
    let is_new = |it: &&Instruction| !of.before.stages().any(|old| old.from.text == it.text);
    of.starts().into_iter().find(is_new).map(lines)
}

impl<'a> Versions<'a> {
    /// The instructions that decide about the step: the ARGs before the first FROM, those of the
    /// stages that it stands on, and those above it. In order.
    fn scope(self) -> Vec<&'a Instruction> {
        let Some(stage) = self.stage() else { return Vec::new() };
        let mut scope = with_stages_below(self.now, stage);
        scope.retain(|it| it.line < self.line);
        scope
    }

    /// As [`scope`](Self::scope), of the older tree; all of its stage.
    fn scope_before(self) -> Vec<&'a Instruction> {
        let Some(stage) = self.stage() else { return Vec::new() };
        let named = stage.name().and_then(|name| stage_called(self.before, name));
        let same = named.or_else(|| self.before.stages().nth(stage.index));
        let same = same.or_else(|| self.before.stages().last());
        same.map_or_else(Vec::new, |stage| with_stages_below(self.before, stage))
    }

    /// The FROM of the stage that the step is in, and those of the stages below it.
    fn starts(self) -> Vec<&'a Instruction> {
        let Some(stage) = self.stage() else { return Vec::new() };
        let mut starts = vec![stage.from];
        let mut at = stage;
        while let InstructionKind::From { image, .. } = &at.from.kind
            && let Some(below) = stage_called(self.now, image).filter(|it| it.index < at.index)
        {
            starts.push(below.from);
            at = below;
        }
        starts
    }

    /// The stage that the step is in.
    fn stage(self) -> Option<Stage<'a>> {
        self.now.stages().take_while(|stage| stage.from.line <= self.line).last()
    }
}

fn with_stages_below<'a>(dockerfile: &'a Dockerfile, stage: Stage<'a>) -> Vec<&'a Instruction> {
    let mut scope: Vec<&Instruction> = stage.instructions.iter().collect();
    let mut at = stage;
    while let InstructionKind::From { image, .. } = &at.from.kind
        && let Some(below) = stage_called(dockerfile, image).filter(|it| it.index < at.index)
    {
        scope.extend(below.instructions);
        at = below;
    }
    scope.extend(dockerfile.global_args());
    scope.sort_by_key(|it| it.line);
    scope
}

fn stage_called<'a>(dockerfile: &'a Dockerfile, name: &str) -> Option<Stage<'a>> {
    let is_it = |it: &str| it.to_lowercase() == name.to_lowercase();
    dockerfile.stages().find(|stage| stage.name().is_some_and(is_it))
}

fn lines(instruction: &Instruction) -> (u32, u32) {
    (instruction.line, instruction.last_line)
}

/// The names behind every `$` and `${`.
fn variables_in(text: &str) -> impl Iterator<Item = String> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
        let end = rest.find(|it| !is_name(it)).unwrap_or(rest.len());
        let name = rest.get(..end).filter(|name| !name.is_empty())?;
        Some(name.to_owned())
    })
}
