//! The commands of a RUN, read with a shell parser.
//!
//! Only what always means the same is understood: simple commands of literal words, one after the
//! other. Everything that the shell would look up or work out (variables, wildcards, `~`,
//! substitutions, redirections, subshells, pipes, functions) makes the whole opaque.

use brush_parser::ast::{
    AndOr, Command, CommandPrefixOrSuffixItem as Item, Pipeline, SeparatorOperator, SimpleCommand,
};
use brush_parser::word::{self, Parameter, ParameterExpr, WordPiece, WordPieceWithSource};
use brush_parser::{Parser, ParserOptions};

use super::Reason;

/// One command with all its words literal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Words {
    /// `NAME=VALUE` before the command.
    pub(super) assignments: Vec<(String, String)>,
    /// The command and its arguments; not empty.
    pub(super) words: Vec<String>,
}

/// What unquoted text may not have, as the shell gives it a meaning or looks for files.
const SPECIAL: &[char] = &['*', '?', '[', ']', '{', '}', '~', '!', '$', '`'];

/// What an argument vector runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ran<'a> {
    /// A program by itself.
    Program(&'a [String]),
    /// A shell's script.
    Script(&'a str),
}

/// Commands, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commands {
    pub(super) all: Vec<Words>,
    /// Whether each runs only where all before it succeeded: `&&` alone joins them.
    pub(super) is_chain: bool,
}

/// Variables with their values.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// The commands that an argument vector runs: itself, or those of its script where it is a shell.
/// These variables have certain values; others are not understood.
pub(super) fn commands(arguments: &[String], variables: Variables<'_>) -> Result<Commands, Reason> {
    match ran(arguments)? {
        Ran::Program(words) => {
            let command = Words { assignments: Vec::new(), words: words.to_vec() };
            Ok(Commands { all: vec![command], is_chain: false })
        }
        Ran::Script(script) => script_commands(script, variables),
    }
}

/// Whether an argument vector is a program or a script, where it is plain what is run.
pub(super) fn ran(arguments: &[String]) -> Result<Ran<'_>, Reason> {
    let Some((program, rest)) = arguments.split_first() else {
        return Err(Reason::Command(String::new()));
    };
    let name = program.strip_prefix("/usr").unwrap_or(program);
    let name = name.strip_prefix("/bin/").unwrap_or(name);
    if !matches!(name, "sh" | "bash" | "ash" | "dash") {
        if rest.iter().any(|word| word.ends_with("-c")) {
            return Err(Reason::Shell(program.clone()));
        }
        return Ok(Ran::Program(arguments));
    }
    let mut rest = rest.iter();
    loop {
        match rest.next().map(String::as_str) {
            Some("-c") => break,
            // Flags that stop at an error or show what runs, with or without the final `-c`.
            Some("-ec" | "-exc" | "-xec" | "-euc" | "-euxc") => {
                break;
            }
            Some("-e" | "-u" | "-x" | "-ex" | "-eu" | "-xe" | "-eux") => {}
            Some("-o" | "-eo" | "-euo" | "-exo" | "-euxo")
                if rest.next().is_some_and(|option| option == "pipefail") => {}
            _ => return Err(Reason::Shell(arguments.join(" "))),
        }
    }
    match (rest.next(), rest.next()) {
        (Some(script), None) => Ok(Ran::Script(script)),
        _ => Err(Reason::Shell(arguments.join(" "))),
    }
}

fn script_commands(script: &str, variables: Variables<'_>) -> Result<Commands, Reason> {
    let opaque = || Reason::Command(script.to_owned());
    let program = Parser::new(script.as_bytes(), &ParserOptions::default())
        .parse_program()
        .map_err(|_| opaque())?;
    let mut commands = Vec::new();
    let mut lists = 0;
    let mut is_chain = true;
    for item in program.complete_commands.iter().flat_map(|list| &list.0) {
        lists += 1;
        if matches!(item.1, SeparatorOperator::Async) {
            return Err(opaque());
        }
        commands.push(pipeline(&item.0.first, variables)?);
        for next in &item.0.additional {
            is_chain &= matches!(next, AndOr::And(_));
            let (AndOr::And(next) | AndOr::Or(next)) = next;
            commands.push(pipeline(next, variables)?);
        }
    }
    if commands.is_empty() {
        return Err(opaque());
    }
    Ok(Commands { all: commands, is_chain: is_chain && lists == 1 })
}

fn pipeline(pipeline: &Pipeline, variables: Variables<'_>) -> Result<Words, Reason> {
    let opaque = || Reason::Command(pipeline.to_string().trim().to_owned());
    match &*pipeline.seq {
        [Command::Simple(command)] if pipeline.timed.is_none() && !pipeline.bang => {
            simple(command, variables).ok_or_else(opaque)
        }
        _ => Err(opaque()),
    }
}

fn simple(command: &SimpleCommand, variables: Variables<'_>) -> Option<Words> {
    let mut read = Words::default();
    for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
        let Item::AssignmentWord(_, word) = item else { return None };
        let (name, value) = word.value.split_once('=')?;
        if !is_name(name) {
            return None;
        }
        read.assignments.push((name.to_owned(), literal(value)?));
    }
    read.words.push(literal(&command.word_or_name.as_ref()?.value)?);
    for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
        // `flask==3` has the form of an assignment and is a word here all the same.
        let (Item::Word(word) | Item::AssignmentWord(_, word)) = item else { return None };
        let known = || variable(&word.value, variables);
        read.words.push(literal(&word.value).or_else(known)?);
    }
    Some(read)
}

/// Whether a text can be a variable's name.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// The value of the one variable that a word is.
fn variable(word: &str, variables: Variables<'_>) -> Option<String> {
    let mut pieces = word::parse(word, &ParserOptions::default()).ok()?;
    if let [WordPieceWithSource { piece: WordPiece::DoubleQuotedSequence(inner), .. }] =
        &mut *pieces
    {
        pieces = std::mem::take(inner);
    }
    let [WordPieceWithSource { piece: WordPiece::ParameterExpansion(expression), .. }] = &*pieces
    else {
        return None;
    };
    let ParameterExpr::Parameter { parameter: Parameter::Named(name), indirect: false } =
        expression
    else {
        return None;
    };
    let (_, value) = variables.iter().rev().find(|(known, _)| known == name)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (!value.is_empty() && value.chars().all(is_plain)).then(|| (*value).to_owned())
}

/// The word with its quotes removed, where nothing in it has a meaning to the shell.
fn literal(word: &str) -> Option<String> {
    if word.is_empty() {
        return Some(String::new());
    }
    let mut text = String::new();
    for piece in word::parse(word, &ParserOptions::default()).ok()? {
        match piece.piece {
            WordPiece::Text(plain) if plain.contains(SPECIAL) => return None,
            WordPiece::Text(plain) | WordPiece::SingleQuotedText(plain) => text.push_str(&plain),
            WordPiece::EscapeSequence(escape) => text.push_str(&unescape(&escape)?),
            WordPiece::DoubleQuotedSequence(pieces) => text.push_str(&double_quoted(pieces)?),
            _ => return None,
        }
    }
    Some(text)
}

fn double_quoted(pieces: Vec<WordPieceWithSource>) -> Option<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece.piece {
            WordPiece::Text(plain) if plain.contains(['$', '`', '!']) => return None,
            WordPiece::Text(plain) => text.push_str(&plain),
            WordPiece::EscapeSequence(escape) => text.push_str(&unescape(&escape)?),
            _ => return None,
        }
    }
    Some(text)
}

/// The character behind the backslash; a line ending there joins lines and is not understood.
pub(super) fn unescape(escape: &str) -> Option<String> {
    escape.strip_prefix('\\').filter(|rest| *rest != "\n").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Option<Vec<Vec<String>>> {
        let arguments = ["/bin/sh", "-c", text].map(str::to_owned);
        let commands = commands(&arguments, &[("ARCH", "amd64"), ("TWO", "a b")]).ok()?;
        Some(commands.all.into_iter().map(|command| command.words).collect())
    }

    #[test]
    fn literal_commands_are_read() {
        let expected = vec![
            vec!["pip".to_owned(), "install".into(), "flask==3".into(), "a>=1".into()],
            vec!["b".to_owned(), "x y".into(), "z[s]".into(), String::new()],
        ];
        assert_eq!(script(r#"pip install flask==3 "a>=1" && b x\ y 'z[s]' """#), Some(expected));
    }

    #[test]
    fn a_variable_that_is_known_is_read_where_it_is_a_whole_word() {
        let expected = Some(vec![vec!["a".to_owned(), "amd64".into(), "amd64".into()]]);
        assert_eq!(script("a $ARCH \"${ARCH}\""), expected);
        for text in ["a x$ARCH", "a $TWO", "$ARCH", "a $OTHER", "X=$ARCH a", "a ${ARCH:-x}"] {
            assert_eq!(script(text), None, "{text}");
        }
    }

    #[test]
    fn a_chain_ends_with_the_first_failure() {
        for (text, expected) in [
            ("a", true),
            ("a && b && c", true),
            ("a || b", false),
            ("a && b || c", false),
            ("a; b", false),
            ("a && b; c", false),
            ("a\nb", false),
        ] {
            let arguments = ["/bin/sh", "-c", text].map(str::to_owned);
            assert_eq!(
                commands(&arguments, &[]).map(|commands| commands.is_chain),
                Ok(expected),
                "{text}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[ -~\n]{0,40}|(pip|install|-r|&&|;|\\||[ \"'$`(){}<>\\\\]){0,20}") {
            let _ = script(&text);
        }
    }

    #[test]
    fn whatever_the_shell_works_out_is_opaque() {
        for text in [
            "pip install $X",
            "pip install `x`",
            "pip install \"$X\"",
            "pip install $(x)",
            "ls *",
            "pip install a?c",
            "pip install u[v]",
            "cat ~/x",
            "(pip install a)",
            "{ pip x; }",
            "a | b",
            "a > b",
            "a < b",
            "a 2>&1",
            "pip install flask>=3",
            "a &",
            "if a; then b; fi",
            "f() { a; }",
            "! a",
            "a {b,c}",
            "a <<< b",
            "a <(b)",
            "a $'b'",
            "[[ a ]]",
            "",
        ] {
            assert_eq!(script(text), None, "{text}");
        }
    }

    #[test]
    fn an_argument_vector_is_one_command_unless_it_is_a_shell() {
        let vector = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            commands(&words, &[]).map(|commands| commands.all[0].words.join("|"))
        };
        assert_eq!(vector(&["pip", "install", "*"]).as_deref(), Ok("pip|install|*"));
        assert_eq!(vector(&["/bin/bash", "-eo", "pipefail", "-c", "a b"]).as_deref(), Ok("a|b"));
        assert_eq!(vector(&["bash", "-ec", "a"]).as_deref(), Ok("a"));
        for refused in [
            &["/bin/bash", "-lc", "a"][..],
            &["/bin/sh", "script.sh"],
            &["/bin/sh", "-c", "a", "b"],
            &["fish", "-c", "a"],
        ] {
            assert!(matches!(vector(refused), Err(Reason::Shell(_))), "{refused:?}");
        }
    }
}
