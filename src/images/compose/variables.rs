//! Variables of a project, and where they have their values from.

use std::cell::RefCell;

use super::interpolate::{Refusal, interpolate, plain_variables};
use crate::images::written::{self, Lines};
use crate::images::{Origin, Variables};

/// Variables with the lines of env files that give them their values; those of the environment have
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Known {
    pub(super) values: Variables,
    pub(super) lines: Lines,
}

impl Known {
    /// The value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// The lines that give a variable its value.
    pub(super) fn lines_of(&self, name: &str) -> &[Origin] {
        self.lines.get(name).map_or(&[], Vec::as_slice)
    }

    /// Gives a variable a value.
    pub(super) fn set(&mut self, name: String, value: String, lines: Vec<Origin>) {
        self.lines.insert(name.clone(), lines);
        self.values.insert(name, value);
    }

    /// Lays other variables over these.
    pub(super) fn lay_over(&mut self, others: &Self) {
        for (name, value) in &others.values {
            self.values.insert(name.clone(), value.clone());
            self.lines.remove(name);
        }
        self.lines.extend(others.lines.iter().map(|(name, lines)| (name.clone(), lines.clone())));
    }

    /// The text with its variables replaced, and the lines that give these their values.
    pub(super) fn replace(&self, text: &str) -> Result<(String, Vec<Origin>), Refusal> {
        let lines = RefCell::new(Vec::new());
        let look_up = |name: &str| {
            written::add(&mut lines.borrow_mut(), self.lines_of(name));
            self.get(name)
        };
        let text = interpolate(text, &look_up)?;
        Ok((text, lines.into_inner()))
    }

    /// The variables that have no value and count as empty in the text: those with a default, or
    /// with a text that stands for them, say what they are without one.
    pub(super) fn unset(&self, text: &str) -> Vec<String> {
        let names = plain_variables(text).into_iter();
        names.filter(|name| !self.values.contains_key(*name)).map(str::to_owned).collect()
    }
}

impl From<&Variables> for Known {
    fn from(environment: &Variables) -> Self {
        Self { values: environment.clone(), lines: Lines::new() }
    }
}
