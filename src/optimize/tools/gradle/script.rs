//! Build scripts in Groovy and Kotlin as words, texts and symbols.
//!
//! A build script is a program. Only as much of its language is read as tells comments and texts
//! from the rest; what is written in a way that leaves this open is refused.

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or a number.
    Word(&'a str),
    /// A text between quotes, as written.
    Text(&'a str),
    /// Anything else, blanks and comments apart.
    Symbol(char),
}

/// The tokens of a script with their lines; a line that is not understood comes back.
pub(super) fn tokens(script: &str) -> Result<Vec<(usize, Token<'_>)>, usize> {
    let mut tokens: Vec<(usize, Token<'_>)> = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let line = script[..script.len() - rest.len()].matches('\n').count() + 1;
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").ok_or(line)? + 4
        } else if let Some(length) = text(rest) {
            let (length, quotes) = length.map_err(|Endless| line)?;
            tokens.push((line, Token::Text(&rest[quotes..length - quotes])));
            length
        } else if is_part(first) {
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            tokens.push((line, Token::Word(&rest[..length])));
            length
        } else {
            // Groovy has texts between slashes as well.
            let before = tokens.last().map(|(_, token)| token);
            let is_value = matches!(
                before,
                Some(Token::Word(_) | Token::Text(_) | Token::Symbol(')' | ']' | '}'))
            );
            if first == '/' && !is_value || rest.starts_with("$/") {
                return Err(line);
            }
            tokens.push((line, Token::Symbol(first)));
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A text of which nobody can tell where it ends.
struct Endless;

/// The length of a text at the beginning, its quotes among it, and that of the quotes.
fn text(rest: &str) -> Option<Result<(usize, usize), Endless>> {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let long = [quote; 3].iter().collect::<String>();
    if let Some(inner) = rest.strip_prefix(&*long) {
        return Some(inner.find(&*long).map(|at| (at + 6, 3)).ok_or(Endless));
    }
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => return Some(Err(Endless)),
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            // A program in a text may have quotes of its own.
            '{' if quote == '"' && rest[..at].ends_with('$') && nests(&rest[at..]) => {
                return Some(Err(Endless));
            }
            _ if c == quote => return Some(Ok((at + 1, 1))),
            _ => {}
        }
    }
    Some(Err(Endless))
}

fn nests(inner: &str) -> bool {
    inner.split('}').next().is_some_and(|inner| inner.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_told_from_words() {
        use Token::{Symbol, Text, Word};
        let script = "id 'a' // it's\nurl = \"https://x\" /* files() */\n'''b\nc'''\nx / 2";
        let read: Vec<_> = tokens(script).unwrap().into_iter().map(|(_, token)| token).collect();
        let expected = [
            Word("id"),
            Text("a"),
            Word("url"),
            Symbol('='),
            Text("https://x"),
            Text("b\nc"),
            Word("x"),
            Symbol('/'),
            Word("2"),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_open_is_refused_with_its_line() {
        for (script, line) in [
            ("a\nb =~ /x\\/\\/y/", 2),
            ("\n$/x/$", 2),
            ("'a", 1),
            ("a 'b\n'", 1),
            ("/* a", 1),
            ("\"${f(\"x\")}\"", 1),
            ("'''a", 1),
        ] {
            assert_eq!(tokens(script), Err(line), "{script}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_script_makes_it_panic(script in "([a-z é\n]|//|/\\*|\\*/|'|\"|\\$\\{|\\}|\\\\|/|=){0,30}") {
            let _ = tokens(&script);
        }
    }
}
