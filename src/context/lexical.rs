//! How the engine's language, Go, reads text: paths, blanks and characters of any bytes.
//!
//! The engine's rules are defined through Go's `filepath` and `utf8` packages, so the same bytes
//! must be cut into the same pieces here.

/// What stands for a byte that is no part of valid UTF-8.
pub(crate) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The first character and its width in bytes; a byte that is not UTF-8 counts as
/// [`REPLACEMENT`] of width 1. `None` at the end.
pub(crate) fn first_character(text: &[u8]) -> Option<(char, usize)> {
    let &first = text.first()?;
    let width = match first {
        0x00..=0x7f => return Some((char::from(first), 1)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((REPLACEMENT, 1)),
    };
    let character = text
        .get(..width)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .and_then(|valid| valid.chars().next());
    Some(character.map_or((REPLACEMENT, 1), |character| (character, width)))
}

/// The characters of any bytes, in order.
pub(crate) fn characters(mut text: &[u8]) -> impl Iterator<Item = char> {
    std::iter::from_fn(move || {
        let (character, width) = first_character(text)?;
        text = &text[width..];
        Some(character)
    })
}

/// Without the white space around it. Bytes that are not UTF-8 are no white space.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let Some((character, width)) = first_character(text) {
        if !character.is_whitespace() {
            break;
        }
        text = &text[width..];
    }
    'end: while !text.is_empty() {
        for width in 1..=text.len().min(4) {
            let start = text.len() - width;
            if let Ok(last) = std::str::from_utf8(&text[start..]) {
                if last.chars().all(char::is_whitespace) {
                    text = &text[..start];
                    continue 'end;
                }
                break;
            }
        }
        break;
    }
    text
}

/// The shortest path that means the same: no empty component, no `.`, no `..` but at the start
/// of a relative path; `.` for nothing. A leading slash stays.
pub(crate) fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in path.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|&last| last != b"..") => {
                kept.pop();
            }
            b".." if rooted => {}
            _ => kept.push(component),
        }
    }
    let mut clean = Vec::with_capacity(path.len());
    if rooted {
        clean.push(b'/');
    }
    clean.extend(kept.join(&b'/'));
    if clean.is_empty() {
        clean.push(b'.');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, expected) in [
            ("", "."),
            ("a//b/./c/", "a/b/c"),
            ("a/../..", ".."),
            ("../../a", "../../a"),
            ("/../a", "/a"),
            ("/", "/"),
            ("!a/../b", "b"),
            ("a/..", "."),
        ] {
            assert_eq!(clean(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn blanks_of_any_script_are_trimmed_and_broken_bytes_are_kept() {
        assert_eq!(trim("\u{3000}\t a b\u{a0}\r\n".as_bytes()), b"a b");
        assert_eq!(trim(b" \x85 "), b"\x85");
        assert_eq!(trim(b" \xe3\x80"), b"\xe3\x80");
        assert_eq!(trim("é ".as_bytes()), "é".as_bytes());
        assert_eq!(trim(b"  "), b"");
    }

    #[test]
    fn every_broken_byte_is_one_character() {
        let read: Vec<char> = characters(b"a\xff\xe3\x80\xc3\xa9").collect();
        assert_eq!(read, ['a', REPLACEMENT, REPLACEMENT, REPLACEMENT, 'é']);
    }
}
