//! One pattern, brought to the cheapest form that decides it.

use super::expression::{Expression, Unreadable};
use crate::context::glob;
use crate::context::lexical::{clean, trim};

/// One line of an ignore file or one include pattern.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// The cleaned pattern without its `!`.
    text: Vec<u8>,
    /// Whether it takes back what earlier patterns matched.
    pub(super) exception: bool,
    form: Form,
}

/// What decides whether a path matches.
#[derive(Debug, Clone)]
enum Form {
    /// The path is the text.
    Exact,
    /// The path starts with the text less the `**` at its end.
    Prefix,
    /// The path ends with the text less the `**` at its start.
    Suffix,
    /// Everything else.
    Expression(Expression),
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A lone `!`.
    LoneException,
    /// A class is not closed or a backslash has nothing after it.
    Syntax,
    /// The engine's translation to a regular expression does not compile.
    Expression(Unreadable),
}

impl Pattern {
    /// The pattern of this text; `None` for a blank one, which the engine passes over.
    pub(super) fn new(text: &[u8]) -> Result<Option<Self>, Refusal> {
        let text = trim(text);
        if text.is_empty() {
            return Ok(None);
        }
        // The engine cleans before it looks for `!`, so `!a/../b` is no exception but `b`.
        let mut text = clean(text);
        let exception = text[0] == b'!';
        if exception {
            text.remove(0);
            if text.is_empty() {
                return Err(Refusal::LoneException);
            }
        }
        glob::check(&text).map_err(|_| Refusal::Syntax)?;
        let form = Form::of(&text)?;
        Ok(Some(Self { text, exception, form }))
    }

    /// Whether this very path matches, without its parents.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        match &self.form {
            Form::Exact => path == self.text,
            Form::Prefix => path.starts_with(&self.text[..self.text.len() - 2]),
            Form::Suffix => {
                let suffix = &self.text[2..];
                // `**/foo` matches `foo` at the root too.
                path.ends_with(suffix) || suffix.strip_prefix(b"/").is_some_and(|rest| path == rest)
            }
            Form::Expression(expression) => expression.matches(path),
        }
    }

    /// The pattern less `/**` and then `/*` at its end: what the engine compares with a
    /// directory to see whether something below it can match.
    pub(super) fn without_trailing_glob(&self) -> &[u8] {
        let text = self.text.strip_suffix(b"/**").unwrap_or(&self.text);
        text.strip_suffix(b"/*").unwrap_or(text)
    }

    /// Whether the text is the directory's path or one below it, wildcards taken as they stand.
    pub(super) fn names(&self, directory: &[u8]) -> bool {
        let rest = self.text.strip_prefix(directory);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// Whether a wildcard is left when the trailing one is cut.
    pub(super) fn has_inner_wildcard(&self) -> bool {
        self.without_trailing_glob().iter().any(|byte| b"*[]?^\\".contains(byte))
    }
}

impl Form {
    fn of(text: &[u8]) -> Result<Self, Refusal> {
        let inner = text.strip_suffix(b"**").unwrap_or(text);
        let is_plain = |text: &[u8]| !text.iter().any(|byte| b"*?\\[]".contains(byte));
        if is_plain(text) {
            return Ok(Self::Exact);
        }
        if text == b"**" || text.strip_prefix(b"**").is_some_and(is_plain) {
            return Ok(Self::Suffix);
        }
        if is_plain(inner) {
            return Ok(Self::Prefix);
        }
        Expression::new(text).map(Self::Expression).map_err(Refusal::Expression)
    }
}
