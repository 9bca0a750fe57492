//! Wildcards of COPY and ADD sources and of follow paths: Go's `filepath.Match`.
//!
//! `*` is any characters but `/`, `?` is one character but `/`, `[a-z]` and `[^a-z]` are classes,
//! `\` takes the next character as it is. Bytes that are not UTF-8 count as one character each.
//! There is no `**` here; two stars are one.

use super::lexical::{REPLACEMENT, first_character};

/// The pattern is not well-formed: a class is not closed, or a backslash has nothing after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("close every `[` with `]` after at least one character, and end no pattern with `\\`")]
pub struct BadPattern;

/// Whether the whole of `name` is what `pattern` says.
///
/// The whole pattern is checked, also the part behind a mismatch, so that an error does not
/// depend on the name.
pub fn matches(pattern: &[u8], name: &[u8]) -> Result<bool, BadPattern> {
    let mut pattern = pattern;
    let mut name = name;
    'chunks: while !pattern.is_empty() {
        let (star, chunk, rest) = first_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        if let Some(after) = match_chunk(chunk, name)?
            && (after.is_empty() || !pattern.is_empty())
        {
            name = after;
            continue;
        }
        if star {
            for (skipped, &byte) in name.iter().enumerate() {
                if byte == b'/' {
                    break;
                }
                if let Some(after) = match_chunk(chunk, &name[skipped + 1..])?
                    && (after.is_empty() || !pattern.is_empty())
                {
                    name = after;
                    continue 'chunks;
                }
            }
        }
        return check(pattern).map(|()| false);
    }
    Ok(name.is_empty())
}

/// Whether the pattern is well-formed.
pub fn check(pattern: &[u8]) -> Result<(), BadPattern> {
    let mut pattern = pattern;
    while !pattern.is_empty() {
        let (_, chunk, rest) = first_chunk(pattern);
        match_chunk(chunk, b"")?;
        pattern = rest;
    }
    Ok(())
}

/// Whether a wildcard is in the text, so that it may stand for several names.
pub fn has_wildcards(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'*' | b'?' | b'[' => return true,
            _ => {}
        }
    }
    false
}

/// Leading stars, then what stands before the next star outside a class, then the rest.
fn first_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|&&byte| byte == b'*').count();
    let pattern = &pattern[stars..];
    let mut in_class = false;
    let mut end = 0;
    while end < pattern.len() {
        match pattern[end] {
            b'\\' if end + 1 < pattern.len() => end += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        end += 1;
    }
    (stars > 0, &pattern[..end], &pattern[end..])
}

/// What is left of `name` when it starts as the chunk says. The chunk is read to its end after
/// a mismatch too, for its errors.
fn match_chunk<'a>(mut chunk: &[u8], name: &'a [u8]) -> Result<Option<&'a [u8]>, BadPattern> {
    let mut left = Some(name);
    while let Some((&first, after)) = chunk.split_first() {
        chunk = match first {
            b'[' => {
                let character = left.and_then(first_character);
                let (hit, after) = match_class(after, character.map(|(character, _)| character))?;
                left = left.zip(character).filter(|_| hit).map(|(name, (_, width))| &name[width..]);
                after
            }
            b'?' => {
                left = left.and_then(|name| match first_character(name) {
                    Some((character, width)) if character != '/' => Some(&name[width..]),
                    _ => None,
                });
                after
            }
            _ => {
                let (&literal, after) = match first {
                    b'\\' => after.split_first().ok_or(BadPattern)?,
                    _ => (&first, after),
                };
                left = left.and_then(|name| name.strip_prefix(&[literal]));
                after
            }
        };
    }
    Ok(left)
}

/// Whether the class, from behind its `[`, has the character, and what follows the class.
fn match_class(mut class: &[u8], character: Option<char>) -> Result<(bool, &[u8]), BadPattern> {
    let negated = class.first() == Some(&b'^');
    if negated {
        class = &class[1..];
    }
    let mut hit = false;
    let mut ranges = 0;
    loop {
        if ranges > 0
            && let Some(after) = class.strip_prefix(b"]")
        {
            return Ok((hit != negated, after));
        }
        let (low, after) = class_character(class)?;
        let (high, after) = match after.strip_prefix(b"-") {
            Some(after) => class_character(after)?,
            None => (low, after),
        };
        class = after;
        hit |= character.is_some_and(|character| (low..=high).contains(&character));
        ranges += 1;
    }
}

/// One character of a class, escaped or not; something always has to follow it.
fn class_character(class: &[u8]) -> Result<(char, &[u8]), BadPattern> {
    let class = match class.first() {
        None | Some(b'-' | b']') => return Err(BadPattern),
        Some(b'\\') => &class[1..],
        Some(_) => class,
    };
    let (character, width) = first_character(class).ok_or(BadPattern)?;
    let after = &class[width..];
    if after.is_empty() || (character == REPLACEMENT && width == 1) {
        return Err(BadPattern);
    }
    Ok((character, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_mean_what_go_means() {
        for (pattern, name, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[b-d]", "abc", true),
            ("ab[^b-d]", "abc", false),
            ("ab[^e-g]", "abc", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("a[^a]b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            ("*[a-ζ]", "A", false),
            ("a?b", "a/b", false),
            ("[\\]a]", "]", true),
            ("[\\-x]", "-", true),
            ("[x\\-]", "z", false),
            ("*x", "xxx", true),
            ("**/b", "a/b", true),
            ("**/b", "a/c/b", false),
            ("", "", true),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                Ok(expected),
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn bad_patterns_are_errors_whatever_the_name() {
        for pattern in
            ["[", "[^", "[]a]", "[-]", "[x-]", "[-x]", "a[", "[a-b-c]", "\\", "zz*[", "[^bc"]
        {
            for name in ["", "a", "q/r"] {
                assert_eq!(
                    matches(pattern.as_bytes(), name.as_bytes()),
                    Err(BadPattern),
                    "{pattern}"
                );
            }
        }
    }

    #[test]
    fn a_broken_byte_is_one_character() {
        assert_eq!(matches(b"a?b", b"a\xffb"), Ok(true));
        assert_eq!(matches(b"a\xffb", b"a\xffb"), Ok(true));
    }

    #[test]
    fn an_escaped_star_is_no_wildcard() {
        assert!(!has_wildcards(b"a\\*b"));
        assert!(has_wildcards(b"a\\\\*b"));
    }
}
