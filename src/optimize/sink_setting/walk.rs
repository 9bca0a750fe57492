//! How far down a setting may go, and what goes with it.

use super::attention::does_not_ask;
use crate::dockerfile::{Instruction, InstructionKind, Stage};
use crate::optimize::Reason;
use crate::optimize::types::Risk;
use crate::optimize::variables::{is_mentioned_by, is_read_by_many, set_by};
use crate::plan::Plan;

/// What is on the way down, by the positions of the stage.
pub(super) struct Walk {
    /// The ARG with all settings that go with it, in order.
    pub(super) moved: Vec<usize>,
    /// The names that these set.
    pub(super) names: Vec<String>,
    /// The RUNs that it passes, in order.
    pub(super) passes: Vec<usize>,
    /// Whether they certainly do not notice.
    pub(super) risk: Risk,
    /// The RUN that it cannot pass and does not speak of it, with the reason.
    pub(super) blocked: Option<(usize, Reason)>,
}

/// What an instruction is to the settings that come down to it.
enum Meeting {
    /// It stays above.
    Pass(Risk),
    /// It is a RUN that stays above.
    PassRun(Risk),
    /// It goes along.
    Join,
    Stop,
    /// It is a RUN that may ask for them.
    Blocked(Reason),
}

/// The way down of the ARG at a position.
pub(super) fn down(plan: &Plan, stages: &[Stage<'_>], stage: Stage<'_>, at: usize) -> Walk {
    let all = stage.instructions;
    let names = set_by(&all[at]).into_iter().map(str::to_owned).collect();
    let mut walk =
        Walk { moved: vec![at], names, passes: Vec::new(), risk: Risk::None, blocked: None };
    let mut risk = Risk::None;
    let below = below(stages, stage);
    for (position, instruction) in all.iter().enumerate().skip(at + 1) {
        let above: Vec<&Instruction> = below.iter().copied().chain(&all[..position]).collect();
        match walk.meet(plan, (all, &above), instruction) {
            Meeting::Pass(more) => risk = worse(risk, more),
            Meeting::PassRun(more) => {
                risk = worse(risk, more);
                walk.risk = risk;
                walk.passes.push(position);
            }
            Meeting::Join => {
                walk.moved.push(position);
                walk.names.extend(set_by(instruction).into_iter().map(str::to_owned));
            }
            Meeting::Stop => break,
            Meeting::Blocked(reason) => {
                walk.blocked = Some((position, reason));
                break;
            }
        }
    }
    walk
}

/// The instructions of the stages that a stage is built on.
fn below<'a>(stages: &[Stage<'a>], stage: Stage<'a>) -> Vec<&'a Instruction> {
    let mut all = Vec::new();
    let mut at = stage;
    while let Some(next) = at.built_on(stages.iter().copied()) {
        all.extend(next.instructions);
        at = next;
    }
    all
}

/// The greater of two risks.
pub(super) fn worse(a: Risk, b: Risk) -> Risk {
    if a == Risk::Verify { a } else { b }
}

impl Walk {
    fn meet(
        &self,
        plan: &Plan,
        (all, above): (&[Instruction], &[&Instruction]),
        instruction: &Instruction,
    ) -> Meeting {
        let is_spoken_of = self.names.iter().any(|name| is_mentioned_by(instruction, name));
        let moved = || self.moved.iter().map(|&at| &all[at]);
        match &instruction.kind {
            InstructionKind::Run { .. } => {
                match does_not_ask(plan, above, instruction, &self.names) {
                    Ok(risk) => Meeting::PassRun(risk),
                    Err(_) if is_spoken_of => Meeting::Stop,
                    Err(reason) => Meeting::Blocked(reason),
                }
            }
            InstructionKind::Env(_) | InstructionKind::Arg(_) => {
                let own = set_by(instruction);
                // An image has its variables in the order in which they were set last.
                let is_of_image = matches!(instruction.kind, InstructionKind::Env(_));
                let has_env = || moved().any(|it| matches!(it.kind, InstructionKind::Env(_)));
                let decides_on_moved =
                    || moved().any(|it| own.iter().any(|name| is_mentioned_by(it, name)));
                if is_spoken_of || is_of_image && has_env() {
                    let can_join = !own.iter().any(|name| is_read_by_many(name))
                        && instruction.heredocs.is_empty();
                    return if can_join { Meeting::Join } else { Meeting::Stop };
                }
                if decides_on_moved() { Meeting::Stop } else { Meeting::Pass(Risk::None) }
            }
            InstructionKind::Label(pairs) => {
                // Of two labels of one name the last one counts; a name may be made of variables.
                let keys = |it: &Instruction| match &it.kind {
                    InstructionKind::Label(pairs) => {
                        pairs.iter().map(|(key, _)| key.clone()).collect()
                    }
                    _ => Vec::new(),
                };
                let is_same = |key: &String| {
                    key.contains('$')
                        || pairs.iter().any(|(own, _)| own == key || own.contains('$'))
                };
                let goes_along = is_spoken_of || moved().flat_map(keys).any(|key| is_same(&key));
                if goes_along { Meeting::Join } else { Meeting::Pass(Risk::None) }
            }
            InstructionKind::From { .. } | InstructionKind::Onbuild { .. } => Meeting::Stop,
            _ if is_spoken_of => Meeting::Stop,
            InstructionKind::Copy(_)
            | InstructionKind::Add(_)
            | InstructionKind::Workdir(_)
            | InstructionKind::User(_)
            | InstructionKind::Expose(_)
            | InstructionKind::Cmd(_)
            | InstructionKind::Entrypoint(_)
            | InstructionKind::Healthcheck(_)
            | InstructionKind::Stopsignal(_)
            | InstructionKind::Shell(_)
            | InstructionKind::Volume(_)
            | InstructionKind::Maintainer(_) => Meeting::Pass(Risk::None),
        }
    }
}
