//! The table of commands, and how a command is found in it.
//!
//! A new command is a row of `table` and a line of its test; what takes its arguments in a
//! way of its own is a kind of row.

mod row;
mod table;

use super::Effects;
use super::script::Simple;
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{self, Command};

/// Adds what a command reads and writes.
pub(super) fn add(
    command: &Simple,
    directory: Option<&ContextPath>,
    effects: &mut Effects,
) -> Result<(), Reason> {
    let texts: Vec<String> = command.words.iter().map(|word| word.text.clone()).collect();
    let opaque = || Reason::Command(texts.join(" "));
    let (program, arguments) = command.words.split_first().ok_or_else(opaque)?;
    effects.environment.extend(command.assignments.iter().cloned());
    effects.programs.push(program.text.clone());
    let name = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"]
        .iter()
        .find_map(|directory| program.text.strip_prefix(directory))
        .unwrap_or(&program.text);
    // The shell looks for files before the command sees the word.
    for word in arguments.iter().filter(|word| word.pattern.is_some()) {
        effects.reads.push(word.place(directory).ok_or_else(opaque)?);
    }
    let mut rows = table::TABLE.iter();
    if let Some(row) = rows.find(|row| row.names.contains(&name)) {
        return row.does.add(arguments, directory, effects).ok_or_else(opaque);
    }
    if command.words.iter().any(|word| word.pattern.is_some()) {
        return Err(opaque());
    }
    let words = Words { assignments: command.assignments.clone(), words: texts.clone() };
    match tools::read(&words)? {
        Command::Harmless => Ok(()),
        Command::Install(install) => {
            if !install.files.is_empty() {
                // It finds more in its directory than it is told of.
                effects.reads.push(directory.ok_or_else(opaque)?.clone());
            }
            super::place::system().for_each(|place| effects.touch(place));
            effects.perhaps.extend(super::place::by_exception());
            effects.network = true;
            effects.is_costly |= !install.keeps_setting();
            effects.installs.push(install);
            Ok(())
        }
    }
}

/// The names of all commands of the table.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    table::TABLE.iter().flat_map(|row| row.names).copied()
}
