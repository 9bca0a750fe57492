//! Env files (`.env`), which give variables to compose.

use std::cell::RefCell;

use super::interpolate::interpolate;
use super::variables::Known;
use crate::context::ContextPath;
use crate::images::{Origin, written};

/// How long all values together may become: each may hold those before it.
const LONGEST: usize = 1 << 20;

/// Reads a file, whose values may name variables of `outer` and of lines before, and adds to
/// `known`. What is wrong is told with its line.
pub(super) fn read(
    file: &ContextPath,
    text: &str,
    outer: &Known,
    known: &mut Known,
) -> Result<(), (usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut reader = Reader { file, rest: &text, line: 1, length: 0 };
    loop {
        reader.skip_blanks();
        if reader.rest.is_empty() {
            return Ok(());
        }
        let line = reader.line;
        reader.statement(outer, known).map_err(|message| (line, message))?;
    }
}

struct Reader<'a> {
    file: &'a ContextPath,
    rest: &'a str,
    line: usize,
    length: usize,
}

impl<'a> Reader<'a> {
    fn advance(&mut self, length: usize) -> &'a str {
        let (passed, rest) = self.rest.split_at(length);
        self.line += passed.matches('\n').count();
        self.rest = rest;
        passed
    }

    /// Passes blank lines and comments.
    fn skip_blanks(&mut self) {
        loop {
            let blanks = self.rest.len() - self.rest.trim_start().len();
            self.advance(blanks);
            if !self.rest.starts_with('#') {
                return;
            }
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.advance(end);
        }
    }

    fn statement(&mut self, outer: &Known, known: &mut Known) -> Result<(), String> {
        let lines = vec![Origin { file: self.file.clone(), line: self.line }];
        let lines = RefCell::new(lines);
        if let Some(rest) = self.rest.strip_prefix("export")
            && rest.starts_with(char::is_whitespace)
        {
            self.rest = rest.trim_start_matches(is_blank);
        }
        let end = self.rest.find(['=', ':', '\n']).unwrap_or(self.rest.len());
        let key = self.rest[..end].trim_end().to_owned();
        let is_wrong = |it: char| !(it.is_alphanumeric() || "_.-[]".contains(it));
        if key.is_empty() || key.contains(is_wrong) {
            return Err("a line that sets no variable: write NAME=VALUE".to_owned());
        }
        let look_up = |name: &str| {
            let from = if outer.values.contains_key(name) { outer } else { &*known };
            written::add(&mut lines.borrow_mut(), from.lines_of(name));
            from.get(name)
        };
        let separator = self.rest[end..].chars().next();
        self.advance(end + separator.map_or(0, char::len_utf8));
        if separator.is_none_or(|it| it == '\n') {
            if let Some(value) = look_up(&key) {
                known.set(key, value, lines.into_inner());
            }
            return Ok(());
        }
        self.rest = self.rest.trim_start_matches(is_blank);
        let value = if let Some(quote @ ('"' | '\'')) = self.rest.chars().next() {
            let text = self.quoted(quote)?;
            if quote == '"' { expand(&unescape(&text), &look_up)? } else { text }
        } else {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            let text = self.advance(end);
            let text = text.split_once(" #").map_or(text, |(before, _)| before);
            expand(text.trim_end(), &look_up)?
        };
        self.length += value.len();
        if self.length > LONGEST {
            return Err("the values are too long: make them shorter".to_owned());
        }
        known.set(key, value, lines.into_inner());
        Ok(())
    }

    /// What stands between quotes; a backslash stays, but before the quote.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        let mut escaped = false;
        for (place, character) in self.rest.char_indices().skip(1) {
            match character {
                _ if character == quote && !escaped => {
                    self.advance(place + 1);
                    return Ok(text);
                }
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                _ if character == quote => {}
                _ if escaped => text.push('\\'),
                _ => {}
            }
            escaped = false;
            text.push(character);
        }
        Err("a value whose quotes are not closed: close them".to_owned())
    }
}

fn expand(text: &str, look_up: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    interpolate(text, look_up).map_err(|refusal| refusal.message())
}

fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// The escapes of a shell's double quotes. `\$` becomes `$$`, a plain `$` after expansion.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('\\') {
        result.push_str(&rest[..place]);
        let after = &rest[place + 1..];
        let (length, replacement) = match after.chars().next() {
            Some('$') => (1, "$$".to_owned()),
            Some('a') => (1, "\u{7}".to_owned()),
            Some('b') => (1, "\u{8}".to_owned()),
            Some('f') => (1, "\u{c}".to_owned()),
            Some('n') => (1, "\n".to_owned()),
            Some('r') => (1, "\r".to_owned()),
            Some('t') => (1, "\t".to_owned()),
            Some('v') => (1, "\u{b}".to_owned()),
            Some('\\') => (1, "\\".to_owned()),
            Some('"') => (1, "\"".to_owned()),
            Some('0') => octal(after),
            _ => (0, "\\".to_owned()),
        };
        result.push_str(&replacement);
        rest = &after[length..];
    }
    result.push_str(rest);
    result
}

/// `\0` with three digits; with fewer it stays as it is.
fn octal(after: &str) -> (usize, String) {
    let digits: String = after[1..].chars().take(3).take_while(char::is_ascii_digit).collect();
    match u8::from_str_radix(&digits, 8) {
        Ok(byte) if digits.len() == 3 => (4, char::from(byte).to_string()),
        _ => (0, "\\".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Result<Vec<(String, String)>, (usize, String)> {
        let outer = Known::from(&[("OUTER".to_owned(), "o".to_owned())].into());
        let mut known = Known::default();
        read(&ContextPath::new(".env"), text, &outer, &mut known)?;
        Ok(known.values.into_iter().collect())
    }

    #[test]
    fn lines_are_read_as_compose_reads_them() {
        let text = "\u{feff}# comment\nA=1 # more\r\nexport B = 'x $A \\n'\nC=\"$A\\t\\$A ${OUTER}\"\n\
                    D: yaml\nOUTER\nNONE\nE=a#b\nF=\nG=\"two\nlines\"\nH='it\\'s'\nI=$$A\n";
        let expected = [
            ("A", "1"),
            ("B", "x $A \\n"),
            ("C", "1\t$A o"),
            ("D", "yaml"),
            ("E", "a#b"),
            ("F", ""),
            ("G", "two\nlines"),
            ("H", "it's"),
            ("I", "$A"),
            ("OUTER", "o"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values(text), Ok(expected.to_vec()));
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        assert_eq!(values("A=1\n\nB C=2\n").unwrap_err().0, 3);
        assert_eq!(values("A='x\n").unwrap_err().0, 1);
        assert_eq!(values("=1\n").unwrap_err().0, 1);
    }

    #[test]
    fn values_that_double_each_other_come_to_an_end() {
        let lines = (1..60).map(|it| format!("A{it}=$A{0}$A{0}\n", it - 1));
        let text = format!("A0=xxxxxxxx\n{}", lines.collect::<String>());
        assert!(values(&text).is_err());
    }
}
