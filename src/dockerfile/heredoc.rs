//! Here-documents: finding them in a line and reading their delimiter.

use super::ast::Heredoc;
use super::expand::{ExpandError, NoVariables, Options, expand_words};

/// The engine looks for heredocs with a backslash as escape, whatever the `escape` directive says.
const ESCAPE: char = '\\';

/// What `<<EOF` says before its body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeredocMark {
    /// The delimiter, quotes removed.
    pub name: String,
    /// Whether variables in the body are expanded (the delimiter is not quoted).
    pub expand: bool,
    /// Whether leading tabs are dropped (`<<-`).
    pub strip_tabs: bool,
    /// The file descriptor before `<<`; 0 where there is none.
    pub file_descriptor: u32,
}

impl HeredocMark {
    /// Reads a whole word such as `3<<-"EOF"`; `None` where it is anything else.
    ///
    /// A RUN whose whole command is such a word is the heredoc's body itself, run by the shell;
    /// any other command keeps its heredocs and the shell reads them.
    pub fn parse(word: &str) -> Option<Self> {
        Self::try_parse(word).ok().flatten()
    }

    pub(super) fn try_parse(word: &str) -> Result<Option<Self>, ExpandError> {
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (descriptor, rest) = word.split_at(digits);
        let Some(rest) = rest.strip_prefix("<<") else { return Ok(None) };
        let (strip_tabs, rest) = match rest.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
        if rest.is_empty() || rest.contains('<') {
            return Ok(None);
        }
        let words = |raw_quotes| {
            let options = Options { raw_quotes, skip_unset: true, ..Options::default() };
            expand_words(rest, ESCAPE, &NoVariables, options)
        };
        let (plain, raw) = (words(false)?, words(true)?);
        let ([name], [raw]) = (plain.as_slice(), raw.as_slice()) else { return Ok(None) };
        let quotes = |text: &str| text.matches(['\'', '"']).count();
        Ok(Some(Self {
            expand: quotes(name) == quotes(raw),
            name: name.clone(),
            strip_tabs,
            // Go's reader keeps the largest number where one is too large.
            file_descriptor: match descriptor {
                "" => 0,
                digits => digits.parse().unwrap_or(u32::MAX),
            },
        }))
    }

    /// The marks of all heredocs in a joined line, in order.
    pub(super) fn find_all(line: &str) -> Result<Vec<Self>, ExpandError> {
        if !line.contains("<<") {
            return Ok(Vec::new());
        }
        let options =
            Options { raw_quotes: true, raw_escapes: true, skip_unset: true, skip_quotes: false };
        // A line that the lexer does not understand has no heredocs; the shell may understand it.
        let words = expand_words(line, ESCAPE, &NoVariables, options).unwrap_or_default();
        words.iter().filter_map(|word| Self::try_parse(word).transpose()).collect()
    }

    /// Whether a line, its newline cut, ends this heredoc.
    pub(super) fn is_terminator(&self, line: &str) -> bool {
        let line = if self.strip_tabs { line.trim_start_matches('\t') } else { line };
        line == self.name
    }
}

impl Heredoc {
    /// The body as the engine uses it: without the leading tabs of each line after `<<-`.
    pub fn body(&self) -> String {
        if !self.strip_tabs {
            return self.content.clone();
        }
        self.content.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
    }
}
