//! Parser directives: the comments `# name=value` that stand above everything else.

use super::ast::{Directive, Span};
use super::error::{ErrorKind, Failure};

const NAMES: &[&str] = &["syntax", "escape", "check"];

/// The directives found so far, and whether there can be more.
#[derive(Debug)]
pub(super) struct Directives {
    pub(super) found: Vec<Directive>,
    pub(super) escape: char,
    is_done: bool,
}

impl Default for Directives {
    fn default() -> Self {
        Self { found: Vec::new(), escape: '\\', is_done: false }
    }
}

impl Directives {
    /// Reads one line without its ending. The first line that is no directive ends them.
    pub(super) fn read(&mut self, line: &str, start: usize) -> Result<(), Failure> {
        if self.is_done {
            return Ok(());
        }
        let Some((name, value)) = split(line.trim_start(), "#") else {
            self.is_done = true;
            return Ok(());
        };
        let span = Span { start, end: start + line.len() };
        if self.found.iter().any(|known| known.name == name) {
            return Err(Failure { kind: ErrorKind::DuplicateDirective { name }, span });
        }
        if name == "escape" {
            self.escape = match value {
                "\\" => '\\',
                "`" => '`',
                _ => {
                    let kind = ErrorKind::InvalidEscape { value: value.to_owned() };
                    return Err(Failure { kind, span });
                }
            };
        }
        self.found.push(Directive { name, value: value.to_owned(), span });
        Ok(())
    }
}

/// The image of the frontend that the engine reads the file with, if the file names one.
///
/// The engine looks for it before it parses anything, and so more loosely than for the other
/// directives: below a `#!` line, and after `//` in place of `#`.
pub(super) fn syntax(source: &str) -> Option<&str> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let source = match source.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => rest,
        _ => source,
    };
    ["#", "//"].into_iter().find_map(|comment| {
        let mut known: Vec<String> = Vec::new();
        for line in source.lines() {
            let (name, value) = split(line, comment)?;
            if known.contains(&name) {
                return None;
            }
            if name == "syntax" {
                return value.split(' ').next();
            }
            known.push(name);
        }
        None
    })
}

/// The name, in lower case, and the value of a line that is a directive.
fn split<'a>(line: &'a str, comment: &str) -> Option<(String, &'a str)> {
    let is_space = |character: char| matches!(character, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let (name, value) = line.strip_prefix(comment)?.trim_start().split_once('=')?;
    let name = name.trim_end_matches(is_space).to_ascii_lowercase();
    if !NAMES.contains(&name.as_str()) || value.is_empty() {
        return None;
    }
    let trimmed = value.trim_matches(is_space);
    if trimmed.is_empty() {
        // The engine wants one character at least, and takes the last blank where there is no other.
        return Some((name, value.get(value.len() - 1..)?));
    }
    Some((name, trimmed))
}
