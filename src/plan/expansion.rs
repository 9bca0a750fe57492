//! Variable expansion with a Dockerfile's escape character.

use super::environment::Environment;
use super::error::Problem;
use crate::dockerfile::Mount;
use crate::dockerfile::expand::{Options, Variables, expand};

/// Expands words the ways the engine does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    escape: char,
}

impl Words {
    pub(super) fn new(escape: char) -> Self {
        Self { escape }
    }

    /// One word of an instruction: quotes go, unset variables become empty.
    pub(super) fn expand(self, word: &str, variables: &dyn Variables) -> Result<String, Problem> {
        expand(word, self.escape, variables, Options::default())
            .map(|expansion| expansion.text)
            .map_err(|error| Problem::Expansion(error.to_string()))
    }

    /// A heredoc's body: quotes stay, and the escape character is always the backslash.
    pub(super) fn expand_body(body: &str, variables: &dyn Variables) -> Result<String, Problem> {
        let options = Options { skip_quotes: true, ..Options::default() };
        expand(body, '\\', variables, options)
            .map(|expansion| expansion.text)
            .map_err(|error| Problem::Expansion(error.to_string()))
    }

    /// A mount with the variables in its values replaced.
    pub(super) fn expand_mount(
        self,
        mount: &Mount,
        variables: &dyn Variables,
    ) -> Result<Mount, Problem> {
        mount
            .expand(|value| {
                expand(value, self.escape, variables, Options::default())
                    .map(|expansion| expansion.text)
            })
            .map_err(|error| Problem::Expansion(error.to_string()))
    }

    /// The text that the engine shows for a RUN: quotes and unset variables stay.
    pub(super) fn shown_command(self, text: &str, variables: &dyn Variables) -> String {
        let options = Options { raw_quotes: true, skip_unset: true, ..Options::default() };
        expand(text, self.escape, variables, options)
            .map_or_else(|_| text.to_owned(), |expansion| expansion.text)
    }

    /// The text that the engine shows for every other step.
    pub(super) fn shown(self, text: &str, variables: &dyn Variables) -> String {
        self.expand(text, variables).unwrap_or_else(|_| text.to_owned())
    }
}

impl Variables for Environment {
    fn get(&self, name: &str) -> Option<&str> {
        Environment::get(self, name)
    }
}
