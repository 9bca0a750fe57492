//! A USER between RUNs that stay and an install that passes them: the install needs it, and they need
//! the one before.
//!
//! ```text
//! COPY . .                          USER web
//! RUN mkdir /data              ->   COPY package*.json ./
//! USER web                          RUN npm ci
//! RUN npm ci                        USER root
//!                                   COPY . .
//!                                   RUN mkdir /data
//!                                   USER web
//! ```

use super::stays::Stays;
use crate::dockerfile::{Instruction, InstructionKind};
use crate::optimize::planned::{is_base_known, step_at, user};
use crate::optimize::text::is_plain;
use crate::plan::Plan;

/// A USER that is said above the install too, and taken back below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Back {
    /// Its position in the stage.
    pub(super) position: usize,
    /// The user before it.
    pub(super) user: String,
}

impl Back {
    /// Of what goes along, the USER, where it is all and the user before it is known.
    pub(super) fn of(
        plan: &Plan,
        before: &[Instruction],
        moved: &[usize],
        stays: &Stays<'_>,
    ) -> Option<Self> {
        let [position] = *moved else { return None };
        let is_user = matches!(before[position].kind, InstructionKind::User(_));
        let step = step_at(plan, stays.instruction)?;
        let known = match user(step) {
            Some(user) => Some(user.to_owned()),
            // An image may have one of its own, who could not do this.
            None if is_base_known(plan, step) || is_done_by_root(before, stays) => {
                Some("root".to_owned())
            }
            None => None,
        };
        let user = known.filter(|user| is_user && is_plain(&user.replace(':', "_")))?;
        Some(Self { position, user })
    }
}

/// Whether what only the administrator may do is done with the user of a RUN.
fn is_done_by_root(before: &[Instruction], stays: &Stays<'_>) -> bool {
    let has_own = |it: &Instruction| matches!(it.kind, InstructionKind::User(_));
    let needs_root = |it: &&Instruction| {
        let names = ["apk add", "apt-get install", "useradd", "adduser"];
        matches!(it.kind, InstructionKind::Run { .. })
            && names.iter().any(|name| it.text.contains(name))
    };
    let above = before.iter().take(stays.index);
    stays.is_of_root() || above.rev().take_while(|it| !has_own(it)).any(|it| needs_root(&it))
}
