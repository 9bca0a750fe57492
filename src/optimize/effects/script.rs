//! The shell's language, as far as a script's effects can be told from it.
//!
//! The effects of all commands are added up, whichever of them run: both sides of `&&`, `||` and
//! `;`, the parts of a pipe, groups, every branch of an `if` or a `case`. Only the working directory
//! depends on what ran before, so that `cd` is followed where a failed one ends the script.

use brush_parser::ast::{
    AndOr, CaseClauseCommand, Command, CommandPrefixOrSuffixItem as Item, CompoundCommand,
    CompoundList, CompoundListItem, IfClauseCommand, IoFileRedirectKind, IoFileRedirectTarget,
    IoRedirect, Pipeline, SeparatorOperator, SimpleCommand,
};
use brush_parser::{Parser, ParserOptions};

use super::word::Word;
use super::{Effects, Setting, commands};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::shell;

/// One command with its words.
#[derive(Debug)]
pub(super) struct Simple {
    /// `NAME=VALUE` before it.
    pub(super) assignments: Vec<(String, String)>,
    /// The command and its arguments; not empty.
    pub(super) words: Vec<Word>,
}

/// The effects of a script.
pub(super) fn read(text: &str, setting: Setting<'_>) -> Result<Effects, Reason> {
    let opaque = || Reason::Command(text.to_owned());
    let program = Parser::new(text.as_bytes(), &ParserOptions::default())
        .parse_program()
        .map_err(|_| opaque())?;
    let mut reader = Reader {
        setting,
        directory: setting.directory.cloned(),
        assigned: assigned(text),
        effects: Effects::default(),
        is_strict: false,
        is_loose: false,
        moves: Moves::Never,
    };
    if program.complete_commands.is_empty() {
        return Err(opaque());
    }
    for list in &program.complete_commands {
        reader.list(list)?;
    }
    let is_loose = reader.is_loose || program.complete_commands.len() > 1;
    let is_safe = match reader.moves {
        Moves::Never => true,
        Moves::Alone => !is_loose || reader.is_strict,
        Moves::Joined => !is_loose,
    };
    if !is_safe {
        // A failed `cd` may be passed over, and what follows is run somewhere else.
        return Err(opaque());
    }
    Ok(reader.effects)
}

/// The effects of a program that no shell runs.
pub(super) fn read_program(words: &[String], setting: Setting<'_>) -> Result<Effects, Reason> {
    let mut effects = Effects::default();
    let words = words.iter().map(|word| Word::literal(word)).collect();
    let command = Simple { assignments: Vec::new(), words };
    commands::add(&command, setting.directory, &mut effects)?;
    Ok(effects)
}

/// Names that the script may set itself.
fn assigned(text: &str) -> Vec<String> {
    let is_part = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let sides = text.match_indices('=').filter_map(|(at, _)| text.get(..at));
    let names = sides.filter_map(|before| before.trim_end_matches('+').rsplit(is_part).next());
    names.filter(|name| shell::is_name(name)).map(str::to_owned).collect()
}

struct Reader<'a> {
    setting: Setting<'a>,
    /// Where the script is now.
    directory: Option<ContextPath>,
    assigned: Vec<String>,
    effects: Effects,
    /// Whether an error ends the script (`set -e`).
    is_strict: bool,
    /// Whether anything but `&&` joins commands.
    is_loose: bool,
    moves: Moves,
}

/// Whether there is a `cd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Moves {
    #[default]
    Never,
    /// By itself.
    Alone,
    /// Joined with others, so that `set -e` does not count for it.
    Joined,
}

impl Reader<'_> {
    fn list(&mut self, list: &CompoundList) -> Result<(), Reason> {
        self.is_loose |= list.0.len() > 1;
        for CompoundListItem(item, separator) in &list.0 {
            if matches!(separator, SeparatorOperator::Async) {
                return Err(Reason::Command(item.to_string()));
            }
            let is_joined = !item.additional.is_empty();
            self.pipeline(&item.first, is_joined)?;
            for next in &item.additional {
                let (AndOr::And(pipeline) | AndOr::Or(pipeline)) = next;
                self.is_loose |= matches!(next, AndOr::Or(_));
                self.pipeline(pipeline, is_joined)?;
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, is_joined: bool) -> Result<(), Reason> {
        let opaque = || Reason::Command(pipeline.to_string().trim().to_owned());
        if pipeline.timed.is_some() {
            return Err(opaque());
        }
        let is_tested = is_joined || pipeline.bang || pipeline.seq.len() > 1;
        for command in &pipeline.seq {
            match command {
                Command::Simple(command) => {
                    let is_alone = pipeline.seq.len() == 1 && !pipeline.bang;
                    self.simple(command, is_alone, is_joined)?;
                }
                Command::Compound(CompoundCommand::Subshell(shell), None) => {
                    let (directory, is_strict) = (self.directory.clone(), self.is_strict);
                    self.nested(&shell.list, is_tested)?;
                    (self.directory, self.is_strict) = (directory, is_strict);
                }
                Command::Compound(CompoundCommand::BraceGroup(group), None)
                    if pipeline.seq.len() == 1 =>
                {
                    self.nested(&group.list, is_tested)?;
                }
                Command::Compound(CompoundCommand::IfClause(clause), None)
                    if pipeline.seq.len() == 1 =>
                {
                    self.branches(clause)?;
                }
                Command::Compound(CompoundCommand::CaseClause(clause), None)
                    if pipeline.seq.len() == 1 =>
                {
                    self.cases(clause)?;
                }
                _ => return Err(opaque()),
            }
        }
        Ok(())
    }

    /// Every branch of an `if`, with all conditions: any of them may run. None may go to another
    /// directory, for then nobody knows where the script goes on.
    fn branches(&mut self, clause: &IfClauseCommand) -> Result<(), Reason> {
        let (directory, is_strict) = (self.directory.clone(), self.is_strict);
        self.is_loose = true;
        let elses = clause.elses.iter().flatten();
        let others = elses.flat_map(|other| other.condition.iter().chain([&other.body]));
        for list in [&clause.condition, &clause.then].into_iter().chain(others) {
            self.nested(list, true)?;
            if self.directory != directory {
                return Err(Reason::Command(clause.to_string()));
            }
            self.is_strict = is_strict;
        }
        Ok(())
    }

    /// Every branch of a `case`, likewise.
    fn cases(&mut self, clause: &CaseClauseCommand) -> Result<(), Reason> {
        let opaque = || Reason::Command(clause.to_string());
        let (directory, is_strict) = (self.directory.clone(), self.is_strict);
        self.is_loose = true;
        // What is compared is only text, unless the shell runs something to know it.
        let patterns = clause.cases.iter().flat_map(|case| &case.patterns);
        let mut words = [&clause.value].into_iter().chain(patterns);
        if words.any(|word| word.value.contains(['`', '('])) {
            return Err(opaque());
        }
        for list in clause.cases.iter().filter_map(|case| case.cmd.as_ref()) {
            self.nested(list, true)?;
            if self.directory != directory {
                return Err(opaque());
            }
            self.is_strict = is_strict;
        }
        Ok(())
    }

    /// A group of commands; in one whose failure is tested, `set -e` does not count.
    fn nested(&mut self, list: &CompoundList, is_tested: bool) -> Result<(), Reason> {
        let moved = std::mem::take(&mut self.moves);
        self.list(list)?;
        if self.moves > Moves::Never && is_tested {
            self.moves = Moves::Joined;
        }
        self.moves = self.moves.max(moved);
        Ok(())
    }

    fn simple(
        &mut self,
        command: &SimpleCommand,
        is_alone: bool,
        is_joined: bool,
    ) -> Result<(), Reason> {
        let opaque = || Reason::Command(command.to_string().trim().to_owned());
        let mut read = Simple { assignments: Vec::new(), words: Vec::new() };
        for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
            match item {
                Item::AssignmentWord(_, word) => {
                    let (name, value) = word.value.split_once('=').ok_or_else(opaque)?;
                    let value = self.word(value).filter(|_| shell::is_name(name));
                    let value = value.ok_or_else(opaque)?;
                    read.assignments.push((name.to_owned(), value.text));
                }
                Item::IoRedirect(redirect) => self.redirect(redirect).ok_or_else(opaque)?,
                _ => return Err(opaque()),
            }
        }
        if let Some(word) = &command.word_or_name {
            // Alone it is the command, and no beginning of a pattern.
            let program = match &*word.value {
                "[" => Some(Word::literal("[")),
                raw => self.word(raw).filter(|word| word.pattern.is_none()),
            };
            read.words.push(program.ok_or_else(opaque)?);
        }
        let only_says =
            read.words.first().is_some_and(|program| ["echo", "printf"].contains(&&*program.text));
        for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
            match item {
                Item::Word(word) | Item::AssignmentWord(_, word) => {
                    let said = || Word::said(&word.value).filter(|_| only_says);
                    read.words.push(self.word(&word.value).or_else(said).ok_or_else(opaque)?);
                }
                Item::IoRedirect(redirect) => self.redirect(redirect).ok_or_else(opaque)?,
                Item::ProcessSubstitution(..) => return Err(opaque()),
            }
        }
        let texts: Vec<&str> = read.words.iter().map(|word| &*word.text).collect();
        match *texts {
            [] => self.effects.environment.append(&mut read.assignments),
            ["cd", _] if is_alone && read.assignments.is_empty() => {
                let target = &read.words[1];
                let place = target.place(self.directory.as_ref());
                let mut known = self.setting.environment.iter().map(|(name, _)| *name);
                let mut own = self.effects.environment.iter().map(|(name, _)| &**name);
                if known.any(|name| name == "CDPATH") || own.any(|name| name == "CDPATH") {
                    return Err(opaque());
                }
                let is_option = target.text.starts_with('-') || target.pattern.is_some();
                self.directory = Some(place.filter(|_| !is_option).ok_or_else(opaque)?);
                let moves = if is_joined { Moves::Joined } else { Moves::Alone };
                self.moves = self.moves.max(moves);
            }
            ["cd", ..] => return Err(opaque()),
            ["export", ref names @ ..] => {
                for name in names {
                    let (name, value) = name.split_once('=').ok_or_else(opaque)?;
                    self.effects.environment.push((name.to_owned(), value.to_owned()));
                }
            }
            ["set", flags, ..] if is_alone && !is_joined && self.moves == Moves::Never => {
                self.is_strict |= flags.starts_with('-') && flags.contains('e');
                commands::add(&read, self.directory.as_ref(), &mut self.effects)?;
            }
            _ => commands::add(&read, self.directory.as_ref(), &mut self.effects)?,
        }
        Ok(())
    }

    fn word(&self, raw: &str) -> Option<Word> {
        Word::read(raw, self.setting, &self.assigned)
    }

    /// What a redirection reads or writes; `None` where it is not certain.
    fn redirect(&mut self, redirect: &IoRedirect) -> Option<()> {
        let (word, is_read) = match redirect {
            IoRedirect::File(_, _, IoFileRedirectTarget::Fd(_)) => return Some(()),
            IoRedirect::File(
                _,
                IoFileRedirectKind::DuplicateInput | IoFileRedirectKind::DuplicateOutput,
                IoFileRedirectTarget::Duplicate(word),
            ) => {
                let is_descriptor = word.value.chars().all(|c| c.is_ascii_digit() || c == '-');
                return is_descriptor.then_some(());
            }
            IoRedirect::File(_, kind, IoFileRedirectTarget::Filename(word)) => {
                (word, matches!(kind, IoFileRedirectKind::Read))
            }
            _ => return None,
        };
        let word = self.word(&word.value)?;
        if word.is_device() {
            return Some(());
        }
        let place = word.place(self.directory.as_ref()).filter(|_| word.pattern.is_none())?;
        if is_read {
            self.effects.reads.push(place);
        } else {
            self.effects.touch(place);
            self.effects.leads = true;
        }
        Some(())
    }
}
