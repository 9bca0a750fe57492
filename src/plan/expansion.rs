//! Variable expansion with a Dockerfile's escape character.

use super::environment::{Environment, Value};
use super::error::Problem;
use super::secret::Watched;
use crate::dockerfile::Mount;
use crate::dockerfile::expand::{Options, Variables, expand};

/// Bytes that a word may grow to: a variable that is set from itself twice doubles each time, and
/// no program takes an argument or a variable that is longer (`MAX_ARG_STRLEN` of Linux is 128 KiB).
const LONGEST: usize = 1 << 20;

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
        let expansion = expand(word, self.escape, variables, Options::default())
            .map_err(|error| Problem::Expansion(error.to_string()))?;
        if expansion.text.len() > LONGEST {
            return Err(Problem::ExpansionTooLong(word.chars().take(40).collect()));
        }
        Ok(expansion.text)
    }

    /// A word that becomes a value, or is kept: a secret that is put into it makes it one.
    pub(super) fn value(self, word: &str, environment: &Environment) -> Result<Value, Problem> {
        let watched = Watched::new(environment);
        let text = self.expand(word, &watched)?;
        Ok(Value { text, took_secret: watched.took_secret() })
    }

    /// A heredoc's body: quotes stay, and the escape character is always the backslash.
    pub(super) fn body(body: &str, environment: &Environment) -> Result<Value, Problem> {
        let watched = Watched::new(environment);
        let text = Self::expand_body(body, &watched)?;
        Ok(Value { text, took_secret: watched.took_secret() })
    }

    /// The text of a heredoc's body.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_word_that_grows_without_measure_is_refused() {
        let mut variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        let mut doubled = 0;
        let refused = loop {
            match Words::new('\\').expand("$A$A", &variables) {
                Ok(value) => variables.insert("A".to_owned(), value),
                Err(problem) => break problem,
            };
            doubled += 1;
        };
        assert_eq!(doubled, 20);
        assert!(refused.to_string().starts_with("`$A$A` grows to more than 1 MiB"), "{refused}");
    }
}
