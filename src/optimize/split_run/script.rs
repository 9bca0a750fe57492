//! A RUN's script as a chain of commands, and what of the shell's state goes from one to the next.

use brush_parser::ast::{
    AndOr, Command, CommandPrefixOrSuffixItem as Item, CompoundCommand, Pipeline,
    SeparatorOperator, SimpleCommand,
};
use brush_parser::{Parser, ParserOptions};

/// One command of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::optimize) struct Link {
    /// As the parser writes it.
    pub(in crate::optimize) text: String,
    /// What it leaves in the shell.
    pub(in crate::optimize) state: State,
}

/// What a command leaves in the shell for those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::optimize) enum State {
    /// Nothing.
    None,
    /// What the same command leaves in any other shell: a directory, variables, options.
    Repeatable,
    /// Something that cannot be said again.
    Unknown,
}

/// A script of commands joined by `&&` alone, with `set` before them or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::optimize) struct Chain {
    /// The `set` commands that end in `;`.
    pub(in crate::optimize) options: Vec<String>,
    pub(in crate::optimize) links: Vec<Link>,
}

/// Commands whose work is the shell's own state, and which do the same in another shell.
const REPEATABLE: &[&str] = &["cd", "export", "set"];

/// Commands after which nobody knows what the shell has become.
const UNKNOWN: &[&str] = &[
    ".", "alias", "declare", "eval", "exec", "exit", "local", "popd", "pushd", "read", "readonly",
    "return", "shift", "shopt", "source", "trap", "typeset", "ulimit", "umask", "unset",
];

/// The chain that a script is; `None` where it is none.
pub(in crate::optimize) fn chain(script: &str) -> Option<Chain> {
    let parsed = Parser::new(script.as_bytes(), &ParserOptions::default()).parse_program().ok()?;
    let [list] = &*parsed.complete_commands else { return None };
    let (end, before) = list.0.split_last()?;
    let mut options = Vec::new();
    for item in before {
        let link = link(&item.0.first);
        let is_set = link.text.starts_with("set -") && link.state == State::Repeatable;
        let is_alone = item.0.additional.is_empty();
        if !is_set || !is_alone || matches!(item.1, SeparatorOperator::Async) {
            return None;
        }
        options.push(link.text);
    }
    if matches!(end.1, SeparatorOperator::Async) {
        return None;
    }
    let mut links = vec![link(&end.0.first)];
    for next in &end.0.additional {
        let AndOr::And(next) = next else { return None };
        links.push(link(next));
    }
    Some(Chain { options, links })
}

fn link(pipeline: &Pipeline) -> Link {
    let state = match &*pipeline.seq {
        [Command::Simple(command)] if pipeline.timed.is_none() && !pipeline.bang => state(command),
        // Each part of a pipe has a shell of its own, and so has a subshell.
        [Command::Compound(CompoundCommand::Subshell(_), _)] => State::None,
        [_] => State::Unknown,
        several => {
            let is_simple = |command: &Command| matches!(command, Command::Simple(_));
            if several.iter().all(is_simple) { State::None } else { State::Unknown }
        }
    };
    Link { text: pipeline.to_string().trim().to_owned(), state }
}

fn state(command: &SimpleCommand) -> State {
    let Some(name) = &command.word_or_name else { return State::Repeatable };
    let name = &*name.value;
    let words = command.suffix.iter().flat_map(|suffix| &suffix.0);
    let has_more = |item: &Item| !matches!(item, Item::Word(_) | Item::AssignmentWord(..));
    if REPEATABLE.contains(&name) {
        // With a redirection it would also write again.
        let is_plain = !words.clone().any(has_more) && command.prefix.is_none();
        return if is_plain { State::Repeatable } else { State::Unknown };
    }
    let is_word =
        |word: &str| words.clone().any(|item| matches!(item, Item::Word(it) if it.value == word));
    // A name that is worked out may be any.
    let is_dark = name.contains(['$', '`', '\\', '"', '\'']) || name == "printf" && is_word("-v");
    if is_dark || UNKNOWN.contains(&name) { State::Unknown } else { State::None }
}

/// Whether a script asks for what the shell knows of the commands before it.
pub(super) fn asks_for_the_past(script: &str) -> bool {
    const MARKS: &[&str] =
        &["$?", "$!", "$_", "$-", "OLDPWD", "PIPESTATUS", "LINENO", "SECONDS", "cd -", "~-"];
    let words =
        |text: &str| text.split_whitespace().any(|word| ["wait", "jobs", "fg"].contains(&word));
    MARKS.iter().any(|mark| script.contains(mark)) || words(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(script: &str) -> Option<Vec<State>> {
        Some(chain(script)?.links.into_iter().map(|link| link.state).collect())
    }

    #[test]
    fn only_chains_are_read() {
        use State::{None as Nothing, Repeatable, Unknown};
        for (script, expected) in [
            ("a", Some(vec![Nothing])),
            ("a && b | c && (cd x)", Some(vec![Nothing; 3])),
            ("cd x && a", Some(vec![Repeatable, Nothing])),
            ("X=1 && export Y=2 && X=1 a", Some(vec![Repeatable, Repeatable, Nothing])),
            ("set -ex; set -u; a && b", Some(vec![Nothing, Nothing])),
            ("umask 7 && . x && \"$SHELL\" && a", Some(vec![Unknown, Unknown, Unknown, Nothing])),
            ("cd x > y && a", Some(vec![Unknown, Nothing])),
            ("printf -v X 1 && { a; } && if a; then b; fi", Some(vec![Unknown; 3])),
            ("! a && a", Some(vec![Unknown, Nothing])),
            ("a; b", None),
            ("a || b", None),
            ("a && b &", None),
            ("a\nb", None),
            ("set a; b", None),
            ("(", None),
        ] {
            assert_eq!(states(script), expected, "{script}");
        }
    }

    #[test]
    fn what_the_shell_remembers_is_seen() {
        for script in ["echo $?", "a && cd -", "wait", "echo ${OLDPWD}"] {
            assert!(asks_for_the_past(script), "{script}");
        }
        assert!(!asks_for_the_past("npm run build && cd .. && echo $X"));
    }
}
