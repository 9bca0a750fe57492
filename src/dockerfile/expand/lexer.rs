//! The lexer: one pass over the characters, recursive where `${…}` nests.

use super::pattern::Pattern;
use super::{ExpandError, Options, Variables};

/// `${…}` deeper than this is refused, so that a hostile file cannot exhaust the stack.
const DEEPEST: usize = 200;

pub(super) struct Lexer<'a> {
    rest: std::str::Chars<'a>,
    escape: char,
    variables: &'a dyn Variables,
    options: Options,
    raw_escapes: bool,
    depth: usize,
    unmatched: Vec<String>,
    /// The word being gathered. Nested substitutions share it, as in the engine.
    word: String,
}

/// The words of one level of nesting.
#[derive(Default)]
struct Words {
    finished: Vec<String>,
    in_word: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(
        text: &'a str,
        escape: char,
        variables: &'a dyn Variables,
        options: Options,
    ) -> Self {
        // The engine's scanner skips a byte order mark at the start of whatever it reads.
        let rest = text.strip_prefix('\u{feff}').unwrap_or(text).chars();
        Self {
            rest,
            escape,
            variables,
            options,
            raw_escapes: options.raw_escapes,
            depth: 0,
            unmatched: Vec::new(),
            word: String::new(),
        }
    }

    /// The whole text, and the text split into words.
    pub(super) fn run(&mut self) -> Result<(String, Vec<String>), ExpandError> {
        self.until(None, self.raw_escapes)
    }

    pub(super) fn into_unmatched(self) -> Vec<String> {
        self.unmatched
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn skip_if(&mut self, wanted: char) -> bool {
        let matches = self.peek() == Some(wanted);
        if matches {
            self.rest.next();
        }
        matches
    }

    /// Reads up to `stop` and consumes it, or to the end where there is no `stop`.
    fn until(
        &mut self,
        stop: Option<char>,
        raw_escapes: bool,
    ) -> Result<(String, Vec<String>), ExpandError> {
        let outer = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        self.depth += 1;
        let result = if self.depth > DEEPEST { Err(ExpandError::TooDeep) } else { self.read(stop) };
        self.depth -= 1;
        self.raw_escapes = outer;
        result
    }

    fn read(&mut self, stop: Option<char>) -> Result<(String, Vec<String>), ExpandError> {
        let mut text = String::new();
        let mut words = Words::default();
        self.word.clear();
        while let Some(next) = self.peek() {
            if stop == Some(next) {
                self.rest.next();
                return Ok((text, self.finish(words)));
            }
            match next {
                '$' => {
                    let value = self.dollar()?;
                    text.push_str(&value);
                    for character in value.chars() {
                        self.add(&mut words, character);
                    }
                }
                '\'' | '"' if !self.options.skip_quotes => {
                    let value = if next == '"' { self.double() } else { self.single() }?;
                    text.push_str(&value);
                    self.add_raw(&mut words, &value);
                }
                '<' => {
                    let value = self.angle();
                    text.push_str(&value);
                    self.add_raw(&mut words, &value);
                }
                _ => {
                    self.rest.next();
                    if next == self.escape {
                        if self.raw_escapes {
                            text.push(next);
                            self.word.push(next);
                            words.in_word = true;
                        }
                        let Some(escaped) = self.rest.next() else { break };
                        text.push(escaped);
                        self.word.push(escaped);
                        words.in_word = true;
                    } else {
                        text.push(next);
                        self.add(&mut words, next);
                    }
                }
            }
        }
        match stop {
            None => Ok((text, self.finish(words))),
            Some('/') => Err(ExpandError::MissingSlash),
            Some(_) => Err(ExpandError::MissingBrace),
        }
    }

    fn add(&mut self, words: &mut Words, character: char) {
        if !character.is_whitespace() {
            self.word.push(character);
            words.in_word = true;
        } else if words.in_word && !self.word.is_empty() {
            words.finished.push(std::mem::take(&mut self.word));
            words.in_word = false;
        }
    }

    fn add_raw(&mut self, words: &mut Words, text: &str) {
        self.word.push_str(text);
        words.in_word = true;
    }

    fn finish(&mut self, mut words: Words) -> Vec<String> {
        if !self.word.is_empty() {
            words.finished.push(std::mem::take(&mut self.word));
        }
        words.finished
    }

    /// `'…'`: everything as it is.
    fn single(&mut self) -> Result<String, ExpandError> {
        self.rest.next();
        let (inside, rest) =
            self.rest.as_str().split_once('\'').ok_or(ExpandError::UnmatchedQuote('\''))?;
        self.rest = rest.chars();
        Ok(if self.options.raw_quotes { format!("'{inside}'") } else { inside.to_owned() })
    }

    /// `"…"`: variables are expanded, and the escape character works before `"`, `$` and itself.
    fn double(&mut self) -> Result<String, ExpandError> {
        let mut text = String::new();
        self.rest.next();
        if self.options.raw_quotes {
            text.push('"');
        }
        loop {
            match self.peek() {
                None => return Err(ExpandError::UnmatchedQuote('"')),
                Some('"') => {
                    self.rest.next();
                    if self.options.raw_quotes {
                        text.push('"');
                    }
                    return Ok(text);
                }
                Some('$') => text.push_str(&self.dollar()?),
                Some(character) => {
                    self.rest.next();
                    if character != self.escape {
                        text.push(character);
                        continue;
                    }
                    if self.raw_escapes {
                        text.push(character);
                    }
                    match self.peek() {
                        None => {}
                        Some(escaped) if matches!(escaped, '"' | '$') || escaped == self.escape => {
                            self.rest.next();
                            text.push(escaped);
                        }
                        Some(_) => text.push(character),
                    }
                }
            }
        }
    }

    /// `<<` keeps the blanks after it in the word, since a heredoc's delimiter may stand apart.
    fn angle(&mut self) -> String {
        self.rest.next();
        let mut text = "<".to_owned();
        if self.skip_if('<') {
            text.push('<');
            while let Some(blank @ ('\t' | '\r' | ' ')) = self.peek() {
                text.push(blank);
                self.rest.next();
            }
        }
        text
    }

    fn dollar(&mut self) -> Result<String, ExpandError> {
        self.rest.next();
        if !self.skip_if('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.variable(&name) {
                Some(value) => value.to_owned(),
                None if self.options.skip_unset => format!("${name}"),
                None => String::new(),
            });
        }
        match self.peek() {
            None => return Err(ExpandError::MissingBrace),
            Some('{' | '}' | ':') => return Err(ExpandError::BadSubstitution),
            Some(_) => {}
        }
        let name = self.name();
        match self.rest.next() {
            None => Err(ExpandError::MissingBrace),
            Some('}') => Ok(match self.variable(&name) {
                Some(value) => value.to_owned(),
                None if self.options.skip_unset => format!("${{{name}}}"),
                None => String::new(),
            }),
            Some(':') => match self.rest.next() {
                None => Err(ExpandError::MissingBrace),
                Some(modifier) => self.modified(&name, modifier, true),
            },
            Some(modifier @ ('+' | '-' | '?' | '#' | '%')) => self.modified(&name, modifier, false),
            Some('/') => self.replaced(&name),
            Some(other) => {
                Err(ExpandError::UnsupportedModifier { name, modifier: other.to_string() })
            }
        }
    }

    /// `${name<modifier>word}`; `colon` where a `:` stands before the modifier, by which an
    /// empty variable counts as unset.
    fn modified(&mut self, name: &str, modifier: char, colon: bool) -> Result<String, ExpandError> {
        let is_pattern = matches!(modifier, '#' | '%');
        let written = if colon { format!(":{modifier}") } else { modifier.to_string() };
        let unsupported =
            |modifier| ExpandError::UnsupportedModifier { name: name.to_owned(), modifier };
        if colon && is_pattern {
            return Err(unsupported(written));
        }
        let (word, _) = self.until(Some('}'), is_pattern)?;
        let value = self.variable(name);
        if value.is_none() && self.options.skip_unset {
            return Ok(format!("${{{name}{written}{word}}}"));
        }
        let filled = value.filter(|value| !(colon && value.is_empty()));
        match modifier {
            '-' => Ok(filled.map_or(word, str::to_owned)),
            '+' => Ok(filled.map_or_else(String::new, |_| word)),
            '?' => filled.map(str::to_owned).ok_or_else(|| ExpandError::Required {
                name: name.to_owned(),
                message: match (word.is_empty(), value) {
                    (false, _) => word,
                    (true, None) => "is not allowed to be unset".to_owned(),
                    (true, Some(_)) => "is not allowed to be empty".to_owned(),
                },
            }),
            '#' | '%' => {
                let (pattern, greedy) = match word.strip_prefix(modifier) {
                    Some(pattern) => (pattern, true),
                    None => (word.as_str(), false),
                };
                let value = value.unwrap_or_default();
                if modifier == '%' {
                    Pattern::cut_suffix(pattern, greedy, value)
                } else {
                    Pattern::cut_prefix(pattern, greedy, value)
                }
            }
            _ => Err(unsupported(written)),
        }
    }

    /// `${name/pattern/replacement}` and `${name//pattern/replacement}`.
    fn replaced(&mut self, name: &str) -> Result<String, ExpandError> {
        let all = self.skip_if('/');
        let (pattern, _) = self.until(Some('/'), true)?;
        let (replacement, _) = self.until(Some('}'), true)?;
        let value = self.variable(name);
        if value.is_none() && self.options.skip_unset {
            // The engine writes the form with one slash here, and so do the names it shows.
            return Ok(format!("${{{name}/{pattern}/{replacement}}}"));
        }
        let value = value.unwrap_or_default();
        let compiled = Pattern::compile(&pattern, true)?;
        Ok(if all {
            compiled.replace_all(value, &replacement)
        } else {
            compiled.replace_first(value, &replacement)
        })
    }

    /// A name, a number, or one special character; empty where there is none of these.
    fn name(&mut self) -> String {
        let text = self.rest.as_str();
        let end_of =
            |part: fn(char) -> bool| text.find(|character| !part(character)).unwrap_or(text.len());
        let length = match text.chars().next() {
            Some(first) if is_digit(first) => end_of(is_digit),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => 1,
            _ => end_of(|character| {
                character.is_alphabetic() || is_digit(character) || character == '_'
            }),
        };
        let (name, rest) = text.split_at(length);
        self.rest = rest.chars();
        name.to_owned()
    }

    fn variable(&mut self, name: &str) -> Option<&'a str> {
        let value = self.variables.get(name);
        if value.is_none() && !self.unmatched.iter().any(|known| known == name) {
            self.unmatched.push(name.to_owned());
        }
        value
    }
}

/// Decimal digits of any script, as far as the standard library tells them apart.
fn is_digit(character: char) -> bool {
    character.is_ascii_digit() || (!character.is_ascii() && character.is_numeric())
}
