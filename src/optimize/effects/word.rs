//! The words of a shell's command, as far as they always mean the same.

use brush_parser::ParserOptions;
use brush_parser::word::{self, Parameter, ParameterExpr, WordPiece, WordPieceWithSource};

use super::Setting;
use crate::context::ContextPath;
use crate::optimize::landing::image_path;
use crate::optimize::shell;

/// A word with its quotes removed and its variables expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Where the first character stands by which the shell looks for files or makes several
    /// words of one.
    pub(super) pattern: Option<usize>,
}

/// What is expanded to files or to several words, in one shell or another.
const PATTERN: &[char] = &['*', '?', '[', '{'];

/// What means something else where it is not quoted.
const SPECIAL: &[char] = &['~', '!', '$', '`'];

impl Word {
    pub(super) fn literal(text: &str) -> Self {
        Self { text: text.to_owned(), pattern: None }
    }

    /// The word as the shell reads it; `None` where it is not certain what it means.
    pub(super) fn read(raw: &str, setting: Setting<'_>, assigned: &[String]) -> Option<Self> {
        let mut read = Self::literal("");
        if raw.is_empty() {
            return Some(read);
        }
        if raw == "!" {
            // Alone it says the opposite of a test, and is no part of a pattern.
            return Some(Self::literal(raw));
        }
        let variable = |expression: &ParameterExpr| value(expression, setting, assigned);
        for piece in word::parse(raw, &ParserOptions::default()).ok()? {
            match piece.piece {
                WordPiece::Text(plain) if plain.contains(SPECIAL) => return None,
                WordPiece::Text(plain) => {
                    let found = plain.find(PATTERN).map(|at| read.text.len() + at);
                    read.pattern = read.pattern.or(found);
                    read.text.push_str(&plain);
                }
                WordPiece::SingleQuotedText(plain) => read.text.push_str(&plain),
                WordPiece::EscapeSequence(escape) => {
                    read.text.push_str(&shell::unescape(&escape)?);
                }
                WordPiece::DoubleQuotedSequence(pieces) => {
                    read.text.push_str(&double_quoted(pieces, &variable)?);
                }
                // The shell splits what is not quoted, and looks for files by it.
                WordPiece::ParameterExpansion(expression) => {
                    let is_plain = |value: &&str| {
                        !value.is_empty()
                            && !value.contains(PATTERN)
                            && !value.contains(char::is_whitespace)
                    };
                    read.text.push_str(variable(&expression).filter(is_plain)?);
                }
                _ => return None,
            }
        }
        Some(read)
    }

    /// A word that is only text to its command, whatever its variables are: a quoted one names no
    /// file and runs nothing. `None` where the shell does more than put values in.
    pub(super) fn said(raw: &str) -> Option<Self> {
        for piece in word::parse(raw, &ParserOptions::default()).ok()? {
            match piece.piece {
                WordPiece::Text(plain) if plain.contains(SPECIAL) || plain.contains(PATTERN) => {
                    return None;
                }
                WordPiece::Text(_) | WordPiece::SingleQuotedText(_) => {}
                WordPiece::EscapeSequence(escape) => {
                    shell::unescape(&escape)?;
                }
                WordPiece::DoubleQuotedSequence(pieces) => {
                    double_quoted(pieces, &|expression| is_named(expression).then_some(""))?;
                }
                _ => return None,
            }
        }
        Some(Self::literal(raw))
    }

    /// The place in the image that the word means as a path; of a pattern, the directory that it
    /// looks in. `None` where nobody can say.
    pub(super) fn place(&self, directory: Option<&ContextPath>) -> Option<ContextPath> {
        let path = match self.pattern {
            Some(at) => {
                let stem = self.text.get(..at)?;
                stem.get(..stem.rfind('/').map_or(0, |slash| slash + 1))?
            }
            None => &self.text,
        };
        if self.text.split('/').any(|component| component == "..") {
            return None;
        }
        // `{/a,/b}` is two paths from the root.
        let is_brace = self.pattern.is_some_and(|at| self.text[at..].contains('{'));
        if is_brace && path.is_empty() || path.is_empty() && self.pattern.is_none() {
            return None;
        }
        if path.starts_with('/') {
            let place = ContextPath::new(path);
            // A pattern in the root matches what it likes.
            return (!place.is_root() || self.pattern.is_none()).then_some(place);
        }
        directory.map(|directory| image_path(directory, path.as_bytes()))
    }

    /// Whether it may mean a device that every process has, such as `/dev/null`.
    pub(super) fn is_device(&self) -> bool {
        ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin"].contains(&&*self.text)
    }
}

fn double_quoted<'a>(
    pieces: Vec<WordPieceWithSource>,
    variable: &impl Fn(&ParameterExpr) -> Option<&'a str>,
) -> Option<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece.piece {
            WordPiece::Text(plain) if plain.contains(['$', '`', '!']) => return None,
            WordPiece::Text(plain) => text.push_str(&plain),
            WordPiece::EscapeSequence(escape) => text.push_str(&shell::unescape(&escape)?),
            WordPiece::ParameterExpansion(expression) => text.push_str(variable(&expression)?),
            _ => return None,
        }
    }
    Some(text)
}

/// Whether an expression is the value of a variable and changes none.
fn is_named(expression: &ParameterExpr) -> bool {
    let ParameterExpr::Parameter { parameter, indirect } = expression else { return false };
    matches!(parameter, Parameter::Named(_)) && !indirect
}

/// The value of a variable of the environment that the script leaves as it is.
fn value<'a>(
    expression: &ParameterExpr,
    setting: Setting<'a>,
    assigned: &[String],
) -> Option<&'a str> {
    let ParameterExpr::Parameter { parameter: Parameter::Named(name), indirect: false } =
        expression
    else {
        return None;
    };
    // The shell sets some of these itself.
    let is_own = ["PWD", "OLDPWD", "IFS", "PPID", "HOME", "UID", "EUID", "RANDOM", "SHLVL", "_"];
    if assigned.contains(name) || is_own.contains(&&**name) {
        return None;
    }
    let (_, value) = setting.environment.iter().rev().find(|(known, _)| known == name)?;
    // Of what looks like a secret only the digest is known.
    (!value.starts_with("sha256:")).then_some(value)
}
