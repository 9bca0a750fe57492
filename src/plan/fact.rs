//! What went into a step from elsewhere: no part of its key, which holds what became of it.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::environment::Environment;
use super::expansion::Words;
use super::{KeyInput, run};
use crate::dockerfile::{CommandForm, Heredoc, Instruction};

/// One thing that a step's text alone does not tell, to name it where the step differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A variable in its text.
    Variable {
        /// The variable.
        #[serde(flatten)]
        variable: NamedValue,
        /// The variables that its value was made of, the first of them first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        made_of: Vec<NamedValue>,
    },
    /// What an instruction above, or an option of the build, set for it.
    Setting {
        /// The instruction, such as `SHELL`, or the option.
        name: String,
        /// Its value.
        value: String,
    },
    /// A heredoc, as it is written.
    Document {
        /// Its lines.
        body: String,
    },
}

/// A variable as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedValue {
    /// Its name.
    pub name: String,
    /// Its value; of one that looks like a secret, the digest of it.
    pub value: String,
    /// Whether an ARG set it.
    pub argument: bool,
}

impl From<Fact> for KeyInput {
    fn from(fact: Fact) -> Self {
        Self::Told { fact }
    }
}

/// A variable that is not in the text itself.
pub(super) fn variable(variable: NamedValue) -> KeyInput {
    Fact::Variable { variable, made_of: Vec::new() }.into()
}

/// What an instruction above set, or an option; none where that is nothing.
pub(super) fn setting(name: &str, value: String) -> Option<KeyInput> {
    let name = name.to_owned();
    (!value.is_empty()).then(|| Fact::Setting { name, value }.into())
}

/// The shell that runs a command, as SHELL has it.
pub(super) fn shell(
    instruction: &Instruction,
    command: &CommandForm,
    shell: &[String],
) -> Option<KeyInput> {
    let is_used = !shell.is_empty() && run::uses_shell(instruction, command);
    setting("SHELL", if is_used { json!(shell).to_string() } else { String::new() })
}

/// The heredocs of an instruction.
pub(super) fn documents(instruction: &Instruction) -> impl Iterator<Item = KeyInput> {
    let bodies = instruction.heredocs.iter().map(Heredoc::body);
    bodies.map(|body| Fact::Document { body }.into())
}

/// The variables in the text of an instruction and in its heredocs, as the words of it are expanded.
pub(super) fn variables(
    instruction: &Instruction,
    environment: &Environment,
    words: Words,
) -> Vec<KeyInput> {
    let mut names = environment.names_in(words, &instruction.text);
    for heredoc in instruction.heredocs.iter().filter(|heredoc| heredoc.expand) {
        names.extend(environment.names_in_body(&heredoc.body()));
    }
    environment.facts(&names).map(KeyInput::from).collect()
}
