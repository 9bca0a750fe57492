//! Variable expansion and word splitting, as `BuildKit`'s shell lexer does them.
//!
//! In: a word as written, the escape character, the variables. Out: the text the engine works
//! with, and the names it looked for in vain. Nothing is known here of where a variable comes
//! from; whoever asks brings [`Variables`].
//!
//! ```
//! use std::collections::HashMap;
//! use smartbuild::dockerfile::expand::{expand, Options};
//!
//! let variables = HashMap::from([("VERSION".to_owned(), "3.13".to_owned())]);
//! let expansion = expand("python:${VERSION}-${FLAVOUR:-slim}", '\\', &variables, Options::default())?;
//! assert_eq!(expansion.text, "python:3.13-slim");
//! assert_eq!(expansion.unmatched, ["FLAVOUR"]);
//! # Ok::<(), smartbuild::dockerfile::expand::ExpandError>(())
//! ```

mod lexer;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use lexer::Lexer;

/// Where variables come from.
pub trait Variables {
    /// The variable's value, or `None` where it is not set. An empty value is set.
    fn get(&self, name: &str) -> Option<&str>;
}

impl<S: std::hash::BuildHasher> Variables for HashMap<String, String, S> {
    fn get(&self, name: &str) -> Option<&str> {
        Self::get(self, name).map(String::as_str)
    }
}

impl Variables for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<&str> {
        Self::get(self, name).map(String::as_str)
    }
}

/// Pairs as an image's environment keeps them; where a name stands twice, the later one counts.
impl Variables for Vec<(String, String)> {
    fn get(&self, name: &str) -> Option<&str> {
        self.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// No variable is set.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoVariables;

impl Variables for NoVariables {
    fn get(&self, _name: &str) -> Option<&str> {
        None
    }
}

/// What an expansion leaves as it is. All off is what the engine does with values.
// Each is a switch of the lexer that is set or not by itself; no two make a state.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Keep the quotes, though what they quote stays quoted.
    pub raw_quotes: bool,
    /// Keep the escape characters.
    pub raw_escapes: bool,
    /// Leave variables that are not set as they are written.
    pub skip_unset: bool,
    /// Take quotes for ordinary characters.
    pub skip_quotes: bool,
}

/// A word after expansion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expansion {
    /// The word with its variables replaced and its quotes and escapes removed.
    pub text: String,
    /// The variables that were asked for and not set, each once, in order.
    pub unmatched: Vec<String>,
}

/// Why a word could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpandError {
    /// A quote that is not closed.
    #[error("the {0} has no matching {0} after it")]
    UnmatchedQuote(char),
    /// `${` without `}`.
    #[error("`${{` has no matching `}}`")]
    MissingBrace,
    /// `${x/pattern` without the second `/`.
    #[error("`${{name/pattern` has no second `/`")]
    MissingSlash,
    /// `${}`, `${:…}` or `${{`.
    #[error("`${{` is not followed by a variable's name")]
    BadSubstitution,
    /// Something other than the known forms after the name.
    #[error("`{modifier}` after `${{{name}` is not a form of substitution")]
    UnsupportedModifier {
        /// The variable.
        name: String,
        /// What follows it.
        modifier: String,
    },
    /// `${x?message}` or `${x:?message}` where x is unset or empty.
    #[error("{name}: {message}")]
    Required {
        /// The variable.
        name: String,
        /// The message written in the Dockerfile, or what is wrong where there is none.
        message: String,
    },
    /// A `\` in a pattern before a character that cannot be escaped there.
    #[error("the pattern `{pattern}` escapes what cannot be escaped in a pattern")]
    InvalidPattern {
        /// The pattern.
        pattern: String,
    },
    /// `${…}` inside `${…}` more than 200 times.
    #[error("substitutions are nested too deep")]
    TooDeep,
}

impl ExpandError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::UnmatchedQuote(_) => {
                "close the quote, or put the escape character before it to mean the quote itself"
            }
            Self::MissingBrace => "close the substitution with `}`",
            Self::MissingSlash => "write `${name/pattern/replacement}`",
            Self::BadSubstitution => {
                "write a name after `${`, or put the escape character before `$` to mean a dollar"
            }
            Self::UnsupportedModifier { .. } => {
                "the forms are `:-`, `-`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/` and `//`"
            }
            Self::Required { .. } => "pass it with `--build-arg`, or set it with ARG or ENV before",
            Self::InvalidPattern { .. } => "a pattern can escape only `*`, `?`, `\\`, `}` and `/`",
            Self::TooDeep => "put the inner substitutions into variables of their own with ARG",
        }
    }
}

/// Expands the variables of one word; blanks do not split it.
///
/// `escape` is the Dockerfile's escape character, [`Dockerfile::escape`](super::Dockerfile::escape).
pub fn expand(
    word: &str,
    escape: char,
    variables: &dyn Variables,
    options: Options,
) -> Result<Expansion, ExpandError> {
    let mut lexer = Lexer::new(word, escape, variables, options);
    let (text, _) = lexer.run()?;
    Ok(Expansion { text, unmatched: lexer.into_unmatched() })
}

/// Expands the variables of a text and splits it into words at blanks outside of quotes; blanks
/// that come out of an unquoted variable split too.
///
/// As in the engine, a word that holds `${name<modifier>…}` loses what stands before it: only
/// EXPOSE and the search for heredocs split words, and both see the same text as there.
pub fn expand_words(
    text: &str,
    escape: char,
    variables: &dyn Variables,
    options: Options,
) -> Result<Vec<String>, ExpandError> {
    Ok(Lexer::new(text, escape, variables, options).run()?.1)
}
