//! Character classes and escapes, as Go's `regexp` reads them.

use super::expression::Unreadable;

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

/// Members of `[:name:]`.
const POSIX: &[(&str, &[(char, char)])] = &[
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", &[('0', '9')]),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

const DIGITS: &[(char, char)] = &[('0', '9')];
const SPACES: &[(char, char)] = &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')];
const WORDS: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

impl Class {
    /// Just this character.
    pub(super) fn of(character: char) -> Self {
        Self { negated: false, ranges: vec![(character, character)] }
    }

    /// Every character that does not end a line: `.`.
    pub(super) fn line() -> Self {
        Self { negated: true, ranges: vec![('\n', '\n')] }
    }

    /// Whether the character is in it.
    pub(super) fn has(&self, character: char) -> bool {
        let listed = self.ranges.iter().any(|&(low, high)| (low..=high).contains(&character));
        listed != self.negated
    }

    fn add(&mut self, ranges: &[(char, char)], negated: bool) {
        if !negated {
            self.ranges.extend(ranges);
            return;
        }
        let mut next = Some('\0');
        for &(low, high) in ranges {
            if let Some(from) = next
                && from < low
            {
                // `low` is above another character, so it has one before it.
                self.ranges.extend((from..low).next_back().map(|last| (from, last)));
            }
            next = (high..=char::MAX).nth(1);
        }
        self.ranges.extend(next.map(|from| (from, char::MAX)));
    }
}

/// The class that starts behind a `[`, and what follows its `]`.
pub(super) fn read(source: &[char]) -> Result<(Class, &[char]), Unreadable> {
    let (negated, mut source) = match source.strip_prefix(&['^']) {
        Some(rest) => (true, rest),
        None => (false, source),
    };
    let mut class = Class { negated, ranges: Vec::new() };
    // A `]` in the first place is a member.
    let mut first = true;
    loop {
        if !first && let Some(after) = source.strip_prefix(&[']']) {
            return Ok((class, after));
        }
        first = false;
        if let Some(after) = read_posix(source, &mut class)? {
            source = after;
            continue;
        }
        if let Some((named, after)) = named(source) {
            class.add(&named.ranges, named.negated);
            source = after;
            continue;
        }
        let (low, after) = character(source)?;
        let (high, after) = match after {
            ['-', next, ..] if *next != ']' => character(&after[1..])?,
            _ => (low, after),
        };
        if high < low {
            return Err(Unreadable);
        }
        class.ranges.push((low, high));
        source = after;
    }
}

/// `[:alpha:]` and its like within a class.
fn read_posix<'a>(source: &'a [char], class: &mut Class) -> Result<Option<&'a [char]>, Unreadable> {
    let Some(rest) = source.strip_prefix(&['[', ':']) else { return Ok(None) };
    let Some(end) = rest.windows(2).position(|pair| pair == [':', ']']) else { return Ok(None) };
    let name: String = rest[..end].iter().collect();
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (true, name),
        None => (false, name.as_str()),
    };
    let (_, ranges) = POSIX.iter().find(|(known, _)| *known == name).ok_or(Unreadable)?;
    class.add(ranges, negated);
    Ok(Some(&rest[end + 2..]))
}

/// `\d`, `\s`, `\w` and their opposites.
pub(super) fn named(source: &[char]) -> Option<(Class, &[char])> {
    let ['\\', name, after @ ..] = source else { return None };
    let ranges = match name.to_ascii_lowercase() {
        'd' => DIGITS,
        's' => SPACES,
        'w' => WORDS,
        _ => return None,
    };
    Some((Class { negated: name.is_ascii_uppercase(), ranges: ranges.to_vec() }, after))
}

/// One character of a class.
fn character(source: &[char]) -> Result<(char, &[char]), Unreadable> {
    match source {
        [] => Err(Unreadable),
        ['\\', ..] => escape(source),
        [plain, after @ ..] => Ok((*plain, after)),
    }
}

/// An escape that stands for one character.
pub(super) fn escape(source: &[char]) -> Result<(char, &[char]), Unreadable> {
    let [_, escaped, after @ ..] = source else { return Err(Unreadable) };
    let character = match *escaped {
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => return hexadecimal(after),
        '0'..='7' => return octal(&source[1..]),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => other,
        _ => return Err(Unreadable),
    };
    Ok((character, after))
}

/// Two hexadecimal digits. The longer form in braces cannot occur: the translation escapes the
/// braces.
fn hexadecimal(source: &[char]) -> Result<(char, &[char]), Unreadable> {
    let [high, low, after @ ..] = source else { return Err(Unreadable) };
    let code = high.to_digit(16).zip(low.to_digit(16)).map(|(high, low)| high * 16 + low);
    code.and_then(char::from_u32).map(|character| (character, after)).ok_or(Unreadable)
}

/// Up to three octal digits; a single one but 0 would be a back reference, which Go has not.
fn octal(source: &[char]) -> Result<(char, &[char]), Unreadable> {
    let digits: Vec<u32> = source.iter().map_while(|digit| digit.to_digit(8)).take(3).collect();
    if digits.len() == 1 && digits[0] != 0 {
        return Err(Unreadable);
    }
    let code = digits.iter().fold(0, |code, digit| code * 8 + digit);
    char::from_u32(code).map(|character| (character, &source[digits.len()..])).ok_or(Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Class {
        let source: Vec<char> = text.chars().collect();
        let (class, after) = read(&source).unwrap();
        assert!(after.is_empty());
        class
    }

    #[test]
    fn opposites_inside_a_class_leave_out_just_their_members() {
        let class = class("\\D]");
        assert!(class.has('/') && class.has(':') && class.has(char::MAX) && class.has('\0'));
        assert!(!class.has('0') && !class.has('9'));
        assert!(!self::class("[:^ascii:]]").has('a'));
        assert!(self::class("[:^ascii:]]").has('é'));
    }

    #[test]
    fn a_dash_before_the_end_is_a_member() {
        assert!(class("a-]").has('-'));
        assert!(class("]a]").has(']'));
    }
}
