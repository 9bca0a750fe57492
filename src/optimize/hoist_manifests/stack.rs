//! The COPYs above an install that it can pass, and what between them goes along with it.
//!
//! ```text
//! COPY src src                      ENV CI=true
//! ENV CI=true                 ->    COPY package*.json ./
//! COPY package*.json ./             RUN npm ci
//! RUN npm ci                        COPY src src
//! ```
//!
//! A COPY that brings manifests alone stays above the install, and so do settings, which the
//! install has to see as it did. They pass the other COPYs only where neither changes the other. A RUN
//! that only makes or changes files of its own stays where it is (`stays`), and keeps the user that it
//! runs as (`back`).

use super::back::Back;
use super::read::{Copy, changes_nothing, copy, run};
use super::stays::{self, Stays};
use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind};
use crate::optimize::Reason;
use crate::optimize::effects::{do_overlap, is_standard};
use crate::optimize::landing::Landing;
use crate::optimize::planned::{destination, step_at, workdir};
use crate::optimize::tools::Manifests;
use crate::optimize::types::{Refusal, Request, Risk};
use crate::plan::Plan;

/// What stands right above an install.
#[derive(Clone)]
pub(super) struct Stack<'a> {
    /// The COPYs of the context by their positions in the stage, in order.
    pub(super) copies: Vec<(usize, Copy<'a>)>,
    /// The positions of what goes along with the install.
    pub(super) moved: Vec<usize>,
    /// The RUNs that stay below the install, in order.
    pub(super) stays: Vec<Stays<'a>>,
    /// A USER between those and the install.
    pub(super) back: Option<Back>,
    /// Whether that makes no difference for certain.
    pub(super) risk: Risk,
}

/// Whether what goes along may pass a COPY that stands above it.
enum Passes {
    Surely,
    Perhaps,
    No,
}

impl<'a> Stack<'a> {
    /// What stands above an install on this line, up to what it cannot pass. A refusal where that is
    /// below the nearest COPY.
    pub(super) fn above(
        request: &Request<'a>,
        plan: &Plan,
        before: &'a [Instruction],
        install: u32,
    ) -> Result<Self, Refusal> {
        let mut stack = Self {
            copies: Vec::new(),
            moved: Vec::new(),
            stays: Vec::new(),
            back: None,
            risk: Risk::None,
        };
        let is_copy = |instruction: &Instruction| match &instruction.kind {
            InstructionKind::Copy(of) | InstructionKind::Add(of) => of.from.is_none(),
            _ => false,
        };
        let between = |instruction: &Instruction, copy: u32| {
            let keyword = instruction.kind.keyword();
            let reason = Reason::Between { keyword, copy, install };
            Refusal { line: instruction.line, reason }
        };
        for (position, instruction) in before.iter().enumerate().rev() {
            let nearest = || before.iter().rev().find(|it| is_copy(it)).map_or(0, |it| it.line);
            if changes_nothing(instruction) {
                continue;
            }
            match &instruction.kind {
                InstructionKind::Run { .. }
                    if stack.copies.is_empty() && run(plan, instruction, 0).is_ok() => {}
                InstructionKind::Run { .. } => {
                    let stays = stays::read(plan, instruction, position);
                    // What goes along would be set, or there, before it; but a user is set again.
                    if let Some(stays) = &stays
                        && stack.back.is_none()
                        && let Some(back) = Back::of(plan, before, &stack.moved, stays)
                    {
                        stack.moved.clear();
                        stack.back = Some(back);
                        stack.risk = Risk::Verify;
                    }
                    match stays.filter(|_| stack.moved.is_empty()) {
                        Some(stays) => stack.stays.push(stays),
                        None if stack.copies.is_empty() => {
                            return Err(between(instruction, nearest()));
                        }
                        None => break,
                    }
                }
                InstructionKind::Env(_)
                | InstructionKind::Arg(_)
                | InstructionKind::User(_)
                | InstructionKind::Shell(_)
                | InstructionKind::Workdir(_) => stack.moved.push(position),
                _ if is_copy(instruction) => {
                    let Ok(copy) = copy(request, plan, instruction) else { break };
                    match stack.passes(plan, before, &copy) {
                        Ok(risk) => {
                            if risk == Risk::Verify {
                                stack.risk = risk;
                            }
                            stack.copies.push((position, copy));
                        }
                        Err(_) if !stack.copies.is_empty() => break,
                        Err(setting) => return Err(between(setting, instruction.line)),
                    }
                }
                InstructionKind::Copy(_) if is_tool(plan, instruction) => {
                    stack.moved.push(position);
                }
                _ if stack.copies.is_empty() && !is_transfer(instruction) => {
                    return Err(between(instruction, nearest()));
                }
                _ => break,
            }
        }
        stack.copies.reverse();
        stack.moved.reverse();
        stack.stays.reverse();
        Ok(stack)
    }

    /// The same below the last RUN that builds; `None` where there is none, or no COPY below it.
    pub(super) fn below_builds(&self) -> Option<Self> {
        let build = self.stays.iter().rev().find(|stays| stays.is_build())?.index;
        let below = self.clone().retaining(|position| position > build);
        (!below.copies.is_empty()).then_some(below)
    }

    /// The same with the nearest COPY alone, which stands at this position.
    pub(super) fn nearest(self, position: usize) -> Self {
        self.retaining(|at| at >= position)
    }

    fn retaining(mut self, is_kept: impl Fn(usize) -> bool) -> Self {
        self.copies.retain(|(position, _)| is_kept(*position));
        self.moved.retain(|position| is_kept(*position));
        self.stays.retain(|stays| is_kept(stays.index));
        let is_needed = |back: &Back| self.stays.iter().any(|stays| stays.index < back.position);
        if let Some(back) = self.back.take_if(|back| !is_needed(back)) {
            self.moved.push(back.position);
            self.moved.sort_unstable();
        }
        self
    }

    /// Whether all that goes along so far may pass a COPY above it; the first that may not.
    fn passes(
        &self,
        plan: &Plan,
        before: &'a [Instruction],
        copy: &Copy<'_>,
    ) -> Result<Risk, &'a Instruction> {
        let mut risk = Risk::None;
        let back = self.back.iter().map(|back| &back.position);
        for setting in self.moved.iter().chain(back).map(|&at| &before[at]) {
            match passes(plan, setting, copy) {
                Passes::Surely => {}
                Passes::Perhaps => risk = Risk::Verify,
                Passes::No => return Err(setting),
            }
        }
        Ok(risk)
    }

    /// What all the COPYs bring, one over the other.
    pub(super) fn landing(&self) -> Landing<'a> {
        let mut all = Landing::default();
        for (_, copy) in &self.copies {
            all.lay(copy.landing.clone());
        }
        all
    }

    /// The COPYs that have to come below an install of these manifests, in order: those that bring
    /// more, and of the others behind the first one those that write where one of these does.
    pub(super) fn below(&self, manifests: &Manifests) -> Vec<usize> {
        let brings_more =
            |copy: &Copy<'_>| copy.landing.iter().any(|(place, _)| !manifests.contains_key(place));
        let all = || self.copies.iter().map(|(_, copy)| copy).enumerate();
        let mut below: Vec<bool> = all().map(|(_, copy)| brings_more(copy)).collect();
        let Some(top) = below.iter().position(|is_below| *is_below) else { return Vec::new() };
        loop {
            let meets = |copy: &Copy<'_>| {
                let others = all().filter(|(at, _)| below[*at]);
                others.into_iter().any(|(_, other)| {
                    copy.landing.iter().any(|(place, _)| !other.landing.at(place).is_empty())
                })
            };
            let more = all().find(|(at, copy)| *at > top && !below[*at] && meets(copy));
            match more.map(|(at, _)| at) {
                Some(at) => below[at] = true,
                None => break,
            }
        }
        below.iter().enumerate().filter(|(_, is_below)| **is_below).map(|(at, _)| at).collect()
    }

    /// The manifests that only the COPYs which come below bring, by the COPY whose they are in
    /// the end.
    pub(super) fn missing<'b>(
        &'b self,
        below: &'b [usize],
        manifests: &'b Manifests,
    ) -> impl Iterator<Item = (&'b Copy<'a>, Manifests)> {
        let brings = |at: usize, place: &ContextPath| {
            self.copies.get(at).is_some_and(|(_, copy)| !copy.landing.at(place).is_empty())
        };
        below.iter().map(move |&at| {
            let is_last = |place: &ContextPath| {
                brings(at, place) && !(at + 1..self.copies.len()).any(|later| brings(later, place))
            };
            let own = manifests.iter().filter(|(place, _)| is_last(place));
            let own = own.map(|(place, source)| (place.clone(), source.clone())).collect();
            (&self.copies[at].1, own)
        })
    }
}

fn is_transfer(instruction: &Instruction) -> bool {
    matches!(instruction.kind, InstructionKind::Copy(_) | InstructionKind::Add(_))
}

/// Whether a COPY brings programs of another image to where the system has them.
fn is_tool(plan: &Plan, instruction: &Instruction) -> bool {
    let written = step_at(plan, instruction).and_then(destination);
    written.is_some_and(|written| is_standard(&ContextPath::new(&written)))
}

fn passes(plan: &Plan, setting: &Instruction, copy: &Copy<'_>) -> Passes {
    let has_variable = copy.instruction.text.contains('$');
    let is_time = |name: &str| name == "SOURCE_DATE_EPOCH";
    let is_free = match &setting.kind {
        InstructionKind::Env(pairs) => {
            !has_variable && !pairs.iter().any(|(name, _)| is_time(name))
        }
        InstructionKind::Arg(names) => {
            !has_variable && !names.iter().any(|(name, _)| is_time(name))
        }
        InstructionKind::User(_) | InstructionKind::Shell(_) => true,
        InstructionKind::Workdir(_) => {
            let Some(place) = step_at(plan, setting).and_then(workdir) else { return Passes::No };
            let into = ContextPath::new(&copy.destination);
            let is_below =
                |(inner, _): (&ContextPath, _)| *inner != into && inner.starts_with(&into);
            if !copy.transfer.destination.starts_with('/') {
                return Passes::No;
            }
            if place == into && copy.landing.iter().all(is_below) {
                // Whichever comes first makes the directory.
                return Passes::Perhaps;
            }
            !do_overlap(&place, &into)
        }
        InstructionKind::Copy(_) => {
            let place = step_at(plan, setting).and_then(destination);
            place.is_some_and(|place| {
                !do_overlap(&ContextPath::new(&place), &ContextPath::new(&copy.destination))
            })
        }
        _ => false,
    };
    if is_free { Passes::Surely } else { Passes::No }
}
