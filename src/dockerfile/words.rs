//! Splitting a joined line: keyword, flags, arguments.

/// Blanks as the engine's line parser knows them; other Unicode spaces do not part arguments.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// A joined line in its three parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// As written.
    pub(super) keyword: String,
    /// The leading words that begin with `--`, quotes and escapes removed.
    pub(super) flags: Vec<String>,
    /// The rest, blanks around it cut.
    pub(super) arguments: String,
}

pub(super) fn split_command(line: &str, escape: char) -> Command {
    let line = line.trim();
    let Some((keyword, rest)) = split_blanks_once(line) else {
        return Command { keyword: line.to_owned(), flags: Vec::new(), arguments: String::new() };
    };
    let (flags, arguments) = split_flags(rest, escape);
    Command { keyword: keyword.to_owned(), flags, arguments: arguments.trim().to_owned() }
}

/// Before and after the first run of blanks.
pub(super) fn split_blanks_once(text: &str) -> Option<(&str, &str)> {
    let start = text.find(is_blank)?;
    let (before, after) = text.split_at(start);
    Some((before, after.trim_start_matches(is_blank)))
}

/// At every run of blanks. `text` has no blanks around it; nothing where it is empty.
pub(super) fn split_blanks(text: &str) -> Vec<String> {
    text.split(is_blank).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The flags and what follows them.
///
/// The engine reads flags byte by byte, each byte a Latin-1 character, and so do we: a flag with
/// other letters would else mean one file here and another one there.
fn split_flags(line: &str, escape: char) -> (Vec<String>, String) {
    let bytes = line.as_bytes();
    let rest_from = |position: usize| {
        let rest = bytes.get(position..).unwrap_or_default();
        String::from_utf8_lossy(rest).into_owned()
    };
    let mut flags = Vec::new();
    let mut position = 0;
    loop {
        while bytes.get(position).is_some_and(|byte| char::from(*byte).is_whitespace()) {
            position += 1;
        }
        if !bytes.get(position..).is_some_and(|rest| rest.starts_with(b"--")) {
            return (flags, rest_from(position));
        }
        let (word, end) = flag_word(bytes, position, escape);
        position = end;
        if word == "--" {
            return (flags, rest_from(position));
        }
        flags.push(word);
    }
}

/// One flag from `start` on, and the position of the blank after it.
fn flag_word(bytes: &[u8], start: usize, escape: char) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut position = start;
    while let Some(byte) = bytes.get(position) {
        let character = char::from(*byte);
        if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && character.is_whitespace() {
            break;
        } else if quote.is_none() && matches!(character, '\'' | '"') {
            quote = Some(character);
        } else if character == escape {
            position += 1;
            if let Some(escaped) = bytes.get(position) {
                word.push(char::from(*escaped));
            }
        } else {
            word.push(character);
        }
        position += 1;
    }
    (word, position.min(bytes.len()))
}

/// Words parted by blanks outside of quotes, as ENV, LABEL and ARG have them. Quotes and escapes
/// stay; the expansion removes them later.
pub(super) fn split_quoted(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if quote.is_none() && character.is_whitespace() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        if character == escape && quote != Some('\'') {
            // An escape character at the very end is dropped.
            if let Some(escaped) = rest.next() {
                word.push(character);
                word.push(escaped);
            }
            continue;
        }
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            _ => {}
        }
        word.push(character);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
