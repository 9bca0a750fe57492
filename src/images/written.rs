//! Where a value is written.

use std::collections::BTreeMap;

use super::Origin;

/// More lines than these are not told of one value.
const MOST: usize = 16;

/// The lines that give a value, by the name of what has it.
pub(super) type Lines = BTreeMap<String, Vec<Origin>>;

/// Adds lines that are not among them.
pub(super) fn add<'o>(lines: &mut Vec<Origin>, more: impl IntoIterator<Item = &'o Origin>) {
    for line in more {
        if lines.len() >= MOST {
            return;
        }
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
}
