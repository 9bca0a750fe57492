//! Text from builds, files and Dockerfiles, made safe for a terminal.
//!
//! A file's name or a step's output may hold sequences that move the cursor, set the window's
//! title, answer as if typed, or turn the direction of writing around. Nothing of that kind
//! gets through: what acts is shown as its escape, `\u{1b}` or `\n`.

use std::borrow::Cow;
use std::fmt::Write as _;

use console::{AnsiCodeIterator, measure_text_width, truncate_str};

/// One line of text with everything that acts on a terminal shown as an escape.
pub fn text(raw: &str) -> Cow<'_, str> {
    if !raw.chars().any(acts) {
        return Cow::Borrowed(raw);
    }
    let mut safe = String::with_capacity(raw.len() + 8);
    for character in raw.chars() {
        if acts(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// A whole document of many lines: but for its line ends, everything that acts or is not seen is
/// shown as an escape.
pub(super) fn document(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for character in raw.chars() {
        if acts(character) && character != '\n' {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// One line of a step's output, without its line end.
///
/// Colours and cursor movements are dropped, as they are common and mean nothing here; of a
/// line that was written over with carriage returns only the last state is shown; tabs become
/// blanks to the next eighth column; anything else that acts is escaped. Bytes that are not
/// UTF-8 become `\xNN`.
pub fn output(raw: &[u8]) -> String {
    let mut decoded = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        decoded.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(decoded, "\\x{byte:02x}");
        }
    }
    let plain = console::strip_ansi_codes(&decoded);
    let line = plain.trim_end_matches(['\r', '\n']);
    let last = line.rsplit('\r').next().unwrap_or(line);
    let mut safe = String::with_capacity(last.len());
    for (place, part) in last.split('\t').enumerate() {
        if place > 0 {
            let blanks = 8 - measure_text_width(&safe) % 8;
            safe.extend(std::iter::repeat_n(' ', blanks));
        }
        safe.push_str(&text(part));
    }
    safe
}

/// One line that we have coloured ourselves, with everything else that acts shown as its escape.
///
/// What stands between the colours must not have colours of its own: they would be kept.
pub fn coloured(line: &str) -> String {
    let is_colour = |code: &str| code.starts_with("\u{1b}[") && code.ends_with('m');
    let pieces = AnsiCodeIterator::new(line).map(|(piece, is_code)| {
        if is_code && is_colour(piece) { Cow::Borrowed(piece) } else { text(piece) }
    });
    pieces.collect()
}

/// At most `width` columns of a line that is already safe, `…` where something was cut off.
pub fn fit(safe: &str, width: usize) -> Cow<'_, str> {
    truncate_str(safe, width, "…")
}

/// At most `width` columns of a line that is already safe and has no colours, with `…` in the place
/// of what was cut out: more of its end is kept than of its beginning.
pub fn fit_middle(safe: &str, width: usize) -> Cow<'_, str> {
    if columns(safe) <= width {
        return safe.into();
    }
    let tail = width.saturating_sub(1) * 2 / 3;
    let mut ends = safe.char_indices().map(|(at, _)| &safe[at..]);
    let end = ends.find(|end| columns(end) <= tail).unwrap_or_default();
    let head = fit(safe, width.saturating_sub(columns(end)));
    format!("{head}{end}").into()
}

/// The columns that a safe line takes; wide characters take two.
pub fn columns(safe: &str) -> usize {
    measure_text_width(safe)
}

/// A safe line in lines of at most `width` columns, broken between words; a line that fits is left
/// as it is, and a word that does not fit stands alone.
pub fn wrapped(safe: &str, width: usize) -> Vec<String> {
    if columns(safe) <= width {
        return vec![safe.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in safe.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A safe line in at most `most` lines of at most `width` columns, broken wherever it is full, for
/// texts in which blanks count; what does not fit is cut off with `…`.
pub fn folded(safe: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = safe;
    while columns(rest) > width && lines.len() + 1 < most.max(1) {
        let mut used = 0;
        let fits = |(_, character): &(usize, char)| {
            used += columns(character.encode_utf8(&mut [0; 4]));
            used <= width
        };
        let end = rest.char_indices().take_while(fits).last();
        let Some((last, character)) = end else { break };
        let (line, after) = rest.split_at(last + character.len_utf8());
        lines.push(line.to_owned());
        rest = after;
    }
    lines.push(fit(rest, width).into_owned());
    lines
}

/// Whether a character does something other than being shown: controls, line and paragraph
/// separators, marks of direction, and invisible ones that let two names look alike.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_out_of_the_middle() {
        let name = "services/backend/docker-compose.yml:worker";
        assert_eq!(fit_middle(name, 25), "services…mpose.yml:worker");
        assert_eq!(fit_middle(name, 42), name);
        assert!(columns(&fit_middle("日本/日本日本:日本", 10)) <= 10);
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert!(matches!(text("RUN echo ünïcode 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_name_cannot_move_the_cursor_or_turn_the_writing_around() {
        assert_eq!(text("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(text("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
        assert_eq!(text("two\nlines\r"), "two\\nlines\\r");
        assert_eq!(text("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn output_loses_its_colours_and_keeps_its_words() {
        assert_eq!(output(b"\x1b[31mred\x1b[0m words\n"), "red words");
        assert_eq!(output(b"10%\r50%\r100%\r\n"), "100%");
        assert_eq!(output(b"a\tb"), "a       b");
        assert_eq!(output(b"caf\xe9"), "caf\\xe9");
        assert!(!output(b"\x1b]0;title\x07x").contains('\u{7}'));
    }

    #[test]
    fn only_our_colours_are_left_in_a_coloured_line() {
        let line = "\u{1b}[31m2\u{202e}x\u{9b}2J\u{1b}[0m\u{1b}]0;t\u{7}";
        assert_eq!(coloured(line), "\u{1b}[31m2\\u{202e}x\\u{9b}2J\u{1b}[0m\\u{1b}]0;t\\u{7}");
    }

    #[test]
    fn wide_characters_are_cut_by_columns() {
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(columns("日本"), 4);
    }

    #[test]
    fn only_what_is_too_long_is_broken() {
        assert_eq!(wrapped("  a  b", 6), ["  a  b"]);
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable a", 4), ["unbreakable", "a"]);
    }

    #[test]
    fn a_long_text_is_folded_where_a_line_is_full() {
        assert_eq!(folded("short", 8, 3), ["short"]);
        assert_eq!(folded("a b  c d e", 4, 3), ["a b ", " c d", " e"]);
        assert_eq!(folded("日本語日本語", 5, 2), ["日本", "語日…"]);
        assert_eq!(folded("日本", 1, 9), ["…"]);
        assert_eq!(folded("", 4, 3), [""]);
    }

    proptest! {
        #[test]
        fn nothing_that_acts_is_left(raw in any::<Vec<u8>>()) {
            prop_assert!(!output(&raw).chars().any(acts));
            prop_assert!(!text(&String::from_utf8_lossy(&raw)).chars().any(acts));
        }
    }
}
