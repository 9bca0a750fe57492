//! Each form of substitution, as the engine's lexer treats it.

use std::collections::HashMap;

use super::{ExpandError, Expansion, NoVariables, Options, expand, expand_words};

fn variables() -> HashMap<String, String> {
    [
        ("HOME", "/home"),
        ("SHELL", "bash"),
        ("EMPTY", ""),
        ("FILE", "a/b/c.tar.gz"),
        ("LIST", "x y  z"),
        ("MARK", "aXbXc"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn expansion(word: &str, options: Options) -> Result<Expansion, ExpandError> {
    expand(word, '\\', &variables(), options)
}

fn text(word: &str) -> String {
    expansion(word, Options::default()).unwrap_or_else(|error| panic!("{word}: {error}")).text
}

#[test]
fn words_expand() {
    let table = [
        // Quotes and escapes.
        ("he'll'o", "hello"),
        (r"he\'llo", "he'llo"),
        (r#""abc\tdef""#, r"abc\tdef"),
        (r"abc\tdef", "abctdef"),
        (r#""a\\b""#, r"a\b"),
        (r"'a\\b'", r"a\\b"),
        (r"hello\", "hello"),
        (r#""a'$HOME'""#, "a'/home'"),
        ("'$HOME'", "$HOME"),
        (r"\$HOME", "$HOME"),
        (r#""\$HOME""#, "$HOME"),
        // Plain variables.
        ("a$HOME.", "a/home."),
        ("a${HOME}b", "a/homeb"),
        ("a$.", "a$."),
        ("$1x$@y$$z", "xyz"),
        ("$UNSET.", "."),
        ("안$SHELL", "안bash"),
        // Defaults and alternatives.
        ("${UNSET:-x}${EMPTY:-y}${HOME:-z}", "xy/home"),
        ("${UNSET-x}${EMPTY-y}", "x"),
        ("${UNSET:+x}${EMPTY:+y}${HOME:+z}", "z"),
        ("${UNSET+x}${EMPTY+y}", "y"),
        ("${UNSET:-${EMPTY:-$HOME}}", "/home"),
        (r"${UNSET:-\}}", "}"),
        ("${UNSET:-'a }'}", "a }"),
        ("${HOME?x}${EMPTY?x}", "/home"),
        // Patterns.
        ("${FILE#*/}", "b/c.tar.gz"),
        ("${FILE##*/}", "c.tar.gz"),
        ("${FILE%.*}", "a/b/c.tar"),
        ("${FILE%%.*}", "a/b/c"),
        ("${FILE#?/}", "b/c.tar.gz"),
        ("${FILE#x}", "a/b/c.tar.gz"),
        ("${FILE##$UNSET}", "a/b/c.tar.gz"),
        (r"${FILE#a\/}", "b/c.tar.gz"),
        ("${UNSET#x}", ""),
        // Replacement.
        ("${MARK/X/-}", "a-bXc"),
        ("${MARK//X/-}", "a-b-c"),
        // The pattern goes on to the next `/`, so a `}` in it ends nothing.
        ("${MARK//X}/$SHELL}", "aXbXc"),
        ("${MARK//X/}", "abc"),
        ("${MARK/X*X/-}", "a-c"),
        ("${MARK//X/$}", "a$b$c"),
        (r"${FILE//\//_}", "a_b_c.tar.gz"),
        ("${MARK//*/-}", "-"),
    ];
    for (word, expected) in table {
        assert_eq!(text(word), expected, "{word}");
    }
}

#[test]
fn mistakes_are_told_apart() {
    let table = [
        ("'a", ExpandError::UnmatchedQuote('\'')),
        ("\"a", ExpandError::UnmatchedQuote('"')),
        ("${", ExpandError::MissingBrace),
        ("${HOME", ExpandError::MissingBrace),
        ("${HOME:-x", ExpandError::MissingBrace),
        ("${HOME/x}", ExpandError::MissingSlash),
        ("${}", ExpandError::BadSubstitution),
        ("${:-x}", ExpandError::BadSubstitution),
        ("${{HOME}", ExpandError::BadSubstitution),
        (
            "${HOME:=x}",
            ExpandError::UnsupportedModifier { name: "HOME".into(), modifier: ":=".into() },
        ),
        (
            "${HOME:#x}",
            ExpandError::UnsupportedModifier { name: "HOME".into(), modifier: ":#".into() },
        ),
        ("${.}", ExpandError::UnsupportedModifier { name: String::new(), modifier: ".".into() }),
        (
            "${UNSET:?give it}",
            ExpandError::Required { name: "UNSET".into(), message: "give it".into() },
        ),
        (
            "${EMPTY:?}",
            ExpandError::Required {
                name: "EMPTY".into(),
                message: "is not allowed to be empty".into(),
            },
        ),
        (r"${HOME#\a}", ExpandError::InvalidPattern { pattern: r"\a".into() }),
    ];
    for (word, error) in table {
        assert_eq!(expansion(word, Options::default()), Err(error), "{word}");
    }
}

#[test]
fn unset_variables_can_stay_as_they_are_written() {
    let options = Options { skip_unset: true, ..Options::default() };
    let stays = |word| expansion(word, options).map(|expansion| expansion.text);
    for word in ["$U", "${U}", "${U:-x}", "${U##x}", "${U/a/b}", "a$U.b"] {
        assert_eq!(stays(word), Ok(word.to_owned()));
    }
    assert_eq!(stays("$HOME ${U:-$HOME}"), Ok("/home ${U:-/home}".to_owned()));
}

#[test]
fn quotes_and_escapes_can_stay() {
    let quotes = Options { raw_quotes: true, ..Options::default() };
    let escapes = Options { raw_escapes: true, ..Options::default() };
    let text = |word, options| expansion(word, options).map(|expansion| expansion.text);
    assert_eq!(text(r#""$HOME" '$HOME' \a"#, quotes), Ok(r#""/home" '$HOME' a"#.to_owned()));
    assert_eq!(text(r#""$HOME" \a"#, escapes), Ok(r"/home \a".to_owned()));
    let plain = Options { skip_quotes: true, ..Options::default() };
    assert_eq!(text("'$HOME'", plain), Ok("'/home'".to_owned()));
    assert_eq!(text("it's", plain), Ok("it's".to_owned()));
}

#[test]
fn names_that_are_not_set_are_told_once_each() {
    let unmatched = expansion("$B ${A:-$HOME} $B ${C+x}", Options::default()).map(|e| e.unmatched);
    assert_eq!(unmatched, Ok(vec!["B".to_owned(), "A".to_owned(), "C".to_owned()]));
}

#[test]
fn the_escape_character_is_the_files() {
    let word = expand(r"C:\dir`$HOME", '`', &variables(), Options::default());
    assert_eq!(word.map(|word| word.text), Ok(r"C:\dir$HOME".to_owned()));
}

#[test]
fn words_split_at_blanks_outside_of_quotes() {
    let words = |text| expand_words(text, '\\', &variables(), Options::default());
    let table: [(&str, &[&str]); 7] = [
        ("a  b\tc", &["a", "b", "c"]),
        ("a$LIST", &["ax", "y", "z"]),
        ("a\"$LIST\"b c", &["ax y  zb", "c"]),
        (r"a\ b", &["a b"]),
        ("", &[]),
        ("80 $UNSET 443", &["80", "443"]),
        ("cat << E", &["cat", "<< E"]),
    ];
    for (text, expected) in table {
        assert_eq!(words(text).expect(text), expected, "{text:?}");
    }
}

#[test]
fn deep_nesting_ends_in_an_error() {
    let deep = "${a:-".repeat(100_000);
    let result = expand(&deep, '\\', &NoVariables, Options::default());
    assert_eq!(result, Err(ExpandError::TooDeep));
}

#[test]
fn hostile_patterns_take_no_time() {
    let variables = HashMap::from([("A".to_owned(), "a".repeat(2000))]);
    let word = format!("${{A##{}b}}", "*a".repeat(30));
    let result = expand(&word, '\\', &variables, Options::default());
    assert_eq!(result.map(|expansion| expansion.text.len()), Ok(2000));
}
