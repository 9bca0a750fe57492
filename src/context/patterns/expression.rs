//! Patterns with wildcards inside: the engine's regular expression, and a matcher for it.
//!
//! The engine turns such a pattern into a Go regular expression. Its translation does not know
//! where a class begins and ends (`[a*]` becomes `[a[^/]*]`) and hands escapes through (`\d` is a
//! digit). To decide as the engine does in these corners too, the same expression is made here
//! and read with the rules of Go's `regexp`, as far as such expressions can use them.

use super::class::{self, Class};
use super::repeat;
use crate::context::lexical::{characters, first_character};

/// A compiled expression: what any of its alternatives finds, it matches.
///
/// The engine means to escape `|`, `{` and `}` and fails to, so a pattern with a wildcard and one
/// of these has alternatives or counts. Only the first alternative begins at the path's start,
/// only the last one ends at its end.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    alternatives: Vec<Alternative>,
}

/// Items that follow one another.
#[derive(Debug, Clone)]
struct Alternative {
    items: Vec<Item>,
    /// Whether the items have to begin where the path begins.
    from_start: bool,
    /// Whether the path has to end where the items end.
    to_end: bool,
}

/// One piece of the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// These bytes.
    Literal(Vec<u8>),
    /// One character of the class.
    One(Class),
    /// One character of the class, or none.
    Maybe(Class),
    /// Any number of characters of the class.
    Many(Class),
    /// `(.*/)?`: nothing, or anything up to a slash.
    Directories,
    /// No character, only a place.
    Place(Place),
}

/// What an assertion asks of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The start of the path.
    Start,
    /// The end of the path.
    End,
    /// Between a word character and something else.
    WordBoundary,
    /// Anywhere but at a word's boundary.
    NoWordBoundary,
}

/// The expression does not compile: an escape or a class that Go's `regexp` refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Expression {
    /// Compiles a cleaned pattern.
    pub(super) fn new(pattern: &[u8]) -> Result<Self, Unreadable> {
        let alternatives = read(&translate(pattern))?;
        Ok(Self { alternatives: alternatives.into_iter().map(Alternative::of).collect() })
    }

    /// Whether the path is what the expression says.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        self.alternatives.iter().any(|alternative| alternative.matches(path))
    }
}

impl Alternative {
    fn of(mut items: Vec<Item>) -> Self {
        let to_end = items.last() == Some(&Item::Place(Place::End));
        if to_end {
            items.pop();
        }
        let from_start = items.first() == Some(&Item::Place(Place::Start));
        if from_start {
            items.remove(0);
        }
        Self { items, from_start, to_end }
    }

    fn matches(&self, path: &[u8]) -> bool {
        if let Some(Item::Literal(first)) = self.items.first()
            && self.from_start
            && !path.starts_with(first)
        {
            return false;
        }
        if let Some(Item::Literal(last)) = self.items.last()
            && self.to_end
            && !path.ends_with(last)
        {
            return false;
        }
        self.search(path)
    }

    /// Follows every way through the items, each pair of item and position at most once, so the
    /// time is bounded by their product.
    fn search(&self, path: &[u8]) -> bool {
        let width = path.len() + 1;
        let mut seen = vec![0u64; (self.items.len() * width).div_ceil(64)];
        let starts = if self.from_start { 1 } else { width };
        let mut open: Vec<_> = (0..starts).map(|position| (0, position)).collect();
        while let Some((index, position)) = open.pop() {
            let Some(item) = self.items.get(index) else {
                if !self.to_end || position == path.len() {
                    return true;
                }
                continue;
            };
            let bit = index * width + position;
            if seen[bit / 64] & (1 << (bit % 64)) != 0 {
                continue;
            }
            seen[bit / 64] |= 1 << (bit % 64);
            let rest = &path[position..];
            match item {
                Item::Literal(text) => {
                    if rest.starts_with(text) {
                        open.push((index + 1, position + text.len()));
                    }
                }
                Item::One(class) => {
                    if let Some(width) = class.first(rest) {
                        open.push((index + 1, position + width));
                    }
                }
                Item::Maybe(class) => {
                    if let Some(width) = class.first(rest) {
                        open.push((index + 1, position + width));
                    }
                    open.push((index + 1, position));
                }
                Item::Many(class) => {
                    if let Some(width) = class.first(rest) {
                        open.push((index, position + width));
                    }
                    open.push((index + 1, position));
                }
                Item::Directories => {
                    let line = rest.iter().take_while(|&&byte| byte != b'\n');
                    let ends = line.enumerate().filter(|&(_, &byte)| byte == b'/');
                    open.extend(ends.map(|(slash, _)| (index + 1, position + slash + 1)));
                    open.push((index + 1, position));
                }
                Item::Place(place) => {
                    if place.is_at(path, position) {
                        open.push((index + 1, position));
                    }
                }
            }
        }
        false
    }
}

impl Place {
    fn is_at(self, path: &[u8], position: usize) -> bool {
        let is_word = |byte: Option<&u8>| {
            byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let boundary = || is_word(path[..position].last()) != is_word(path[position..].first());
        match self {
            Self::Start => position == 0,
            Self::End => position == path.len(),
            Self::WordBoundary => boundary(),
            Self::NoWordBoundary => !boundary(),
        }
    }
}

/// The engine's translation of a pattern.
fn translate(pattern: &[u8]) -> Vec<char> {
    let mut source = characters(pattern).peekable();
    // The scanner the engine reads with drops a byte order mark.
    source.next_if_eq(&'\u{feff}');
    let mut expression = Vec::with_capacity(pattern.len() * 2);
    expression.push('^');
    while let Some(character) = source.next() {
        match character {
            '*' if source.next_if_eq(&'*').is_some() => {
                source.next_if_eq(&'/');
                let text = if source.peek().is_none() { ".*" } else { "(.*/)?" };
                expression.extend(text.chars());
            }
            '*' => expression.extend("[^/]*".chars()),
            '?' => expression.extend("[^/]".chars()),
            '\\' => {
                expression.push('\\');
                expression.extend(source.next());
            }
            '.' | '+' | '(' | ')' | '$' => expression.extend(['\\', character]),
            _ => expression.push(character),
        }
    }
    expression.push('$');
    expression
}

/// Reads an expression as Go's `regexp` does: the items of each alternative.
fn read(mut source: &[char]) -> Result<Vec<Vec<Item>>, Unreadable> {
    let mut alternatives = Vec::new();
    let mut items = Vec::new();
    while let Some((&first, rest)) = source.split_first() {
        if first == '|' {
            alternatives.push(std::mem::take(&mut items));
            source = rest;
            continue;
        }
        if let Some((count, after)) = repeat::read(source)? {
            repeat::apply(&mut items, count)?;
            // A count of a count is refused.
            if repeat::read(after)?.is_some() {
                return Err(Unreadable);
            }
            source = after;
            continue;
        }
        if let Some(after) = source.strip_prefix(&['(', '.', '*', '/', ')', '?']) {
            items.push(Item::Directories);
            source = after;
            continue;
        }
        let class = match first {
            '^' => {
                items.push(Item::Place(Place::Start));
                source = rest;
                continue;
            }
            '$' => {
                items.push(Item::Place(Place::End));
                source = rest;
                continue;
            }
            '.' => {
                source = rest;
                Class::line()
            }
            '[' => {
                let (class, after) = class::read(rest)?;
                source = after;
                class
            }
            '\\' => match read_escape(source, &mut items)? {
                (Some(class), after) => {
                    source = after;
                    class
                }
                (None, after) => {
                    source = after;
                    continue;
                }
            },
            _ => {
                push_literal(&mut items, first);
                source = rest;
                continue;
            }
        };
        items.push(match source.strip_prefix(&['*']) {
            Some(after) => {
                source = after;
                Item::Many(class)
            }
            None => Item::One(class),
        });
    }
    alternatives.push(items);
    Ok(alternatives)
}

/// One escape outside a class: a class, or something already pushed.
fn read_escape<'a>(
    source: &'a [char],
    items: &mut Vec<Item>,
) -> Result<(Option<Class>, &'a [char]), Unreadable> {
    let after = source.get(2..).unwrap_or_default();
    let place = match source.get(1) {
        Some('A') => Place::Start,
        Some('z') => Place::End,
        Some('b') => Place::WordBoundary,
        Some('B') => Place::NoWordBoundary,
        Some('Q') => {
            // Quotes up to `\E`; without one, the end's anchor is quoted too.
            let end = after.windows(2).position(|pair| pair == ['\\', 'E']);
            let quoted = &after[..end.unwrap_or(after.len())];
            for &character in quoted {
                push_literal(items, character);
            }
            return Ok((None, end.map_or(&[], |end| &after[end + 2..])));
        }
        _ => {
            if let Some((class, after)) = class::named(source) {
                return Ok((Some(class), after));
            }
            let (character, after) = class::escape(source)?;
            push_literal(items, character);
            return Ok((None, after));
        }
    };
    items.push(Item::Place(place));
    Ok((None, after))
}

/// Joins characters to runs that are compared at once.
fn push_literal(items: &mut Vec<Item>, character: char) {
    let mut buffer = [0; 4];
    let bytes = character.encode_utf8(&mut buffer).as_bytes();
    if character == char::REPLACEMENT_CHARACTER {
        // Broken bytes of a path read as this character, so it is no fixed run of bytes.
        items.push(Item::One(Class::of(character)));
    } else if let Some(Item::Literal(run)) = items.last_mut() {
        run.extend(bytes);
    } else {
        items.push(Item::Literal(bytes.to_vec()));
    }
}

impl Class {
    /// The width of the first character, when the class has it.
    fn first(&self, text: &[u8]) -> Option<usize> {
        first_character(text).filter(|&(character, _)| self.has(character)).map(|(_, width)| width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(pattern: &str) -> String {
        translate(pattern.as_bytes()).into_iter().collect()
    }

    #[test]
    fn the_translation_is_the_engines() {
        for (pattern, expected) in [
            ("a/*.c", "^a/[^/]*\\.c$"),
            ("**/a?", "^(.*/)?a[^/]$"),
            ("a*/**", "^a[^/]*/.*$"),
            ("[a*]", "^[a[^/]*]$"),
            ("a\\d", "^a\\d$"),
            ("a^{b}+(c)$", "^a^{b}\\+\\(c\\)\\$$"),
        ] {
            assert_eq!(expression(pattern), expected);
        }
    }

    #[test]
    fn corners_of_go_expressions_are_read_as_go_reads_them() {
        for (pattern, path, expected) in [
            ("[a*]", "a/^]", true),
            ("[a*]", "a", false),
            ("[?]", "[]", true),
            ("a\\d", "a7", true),
            ("a\\d", "ad", false),
            ("[[:digit:]]*", "1x", true),
            ("x[\\w]", "x_", true),
            ("x[^\\w]", "x-", true),
            ("a^*", "a^b", false),
            ("^*", "b", true),
            ("a*\\b", "a.b", true),
            ("\\x41*", "Ab", true),
            ("\\101*", "Ab", true),
            ("a\\Qb*", "ab[^/]*$anything", true),
            ("*\\t", "a\t", true),
            ("*[\\n]", "a\n", true),
            ("a]b*", "a]b", true),
            ("**/a*", "x\ny/a", false),
        ] {
            let compiled = Expression::new(pattern.as_bytes()).unwrap();
            assert_eq!(compiled.matches(path.as_bytes()), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn bars_and_braces_are_not_escaped_as_they_should_be() {
        for (pattern, path, expected) in [
            ("a|b/*", "a.c/d", true),
            ("a|b/*", "x/b/c", true),
            ("a|b/*", "b", false),
            ("*|", "x/y", true),
            ("a\\|b*", "a", false),
            ("a\\|b*", "a|bc", true),
            ("[a|b]", "|", true),
            ("[ab]{2}", "ab", true),
            ("[ab]{2}", "a", false),
            ("a?{1,}", "abcd", true),
            ("a?{0,1}b", "ab", true),
            ("a?{0,1}b", "axxb", false),
            ("ab{2}*", "abbc", true),
            ("ab{2}*", "abc", false),
            ("{0}a*", "x/ab", true),
            ("é{2}?", "ééx", true),
            ("?{a}", "x{a}", true),
            ("?{,2}", "x{,2}", true),
            ("?{01}", "x{01}", true),
        ] {
            let compiled = Expression::new(pattern.as_bytes()).unwrap();
            assert_eq!(compiled.matches(path.as_bytes()), expected, "{pattern} {path}");
        }
        for pattern in ["*{2}", "**/{2}a?", "?{1001}", "?{2,1}", "?|{2}", "?{2}{2}"] {
            assert!(Expression::new(pattern.as_bytes()).is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_go_cannot_compile_is_an_error() {
        for pattern in ["*\\o", "*\\é", "[z-a]", "[[:foo:]]", "*\\8", "*\\x{41}", "[a-?]", "*\\E"]
        {
            assert!(Expression::new(pattern.as_bytes()).is_err(), "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(30) + "b";
        let compiled = Expression::new(pattern.as_bytes()).unwrap();
        assert!(!compiled.matches(&[b'a'; 4000]));
        assert!(!compiled.matches(&[[b'a'; 4000].as_slice(), b"/b"].concat()));
    }
}
