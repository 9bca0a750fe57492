//! The table of commands, and how a command is found in it.
//!
//! A new command is a row of `table` and a line of its test; what takes its arguments in a
//! way of its own is a kind of row.

mod row;
mod table;

use super::Effects;
use super::script::Simple;
use super::word::Word;
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
    if arguments.iter().any(|word| has_attached_file(name, &word.text)) {
        return Err(opaque());
    }
    // These take directories that are named by a word.
    if ["ldconfig", "update-ca-certificates"].contains(&name) {
        for word in arguments {
            match &*word.text {
                "-v" | "--verbose" | "-X" | "-f" | "--fresh" => {}
                option if option.starts_with('-') => return Err(opaque()),
                _ => effects.touch(word.place(directory).ok_or_else(opaque)?),
            }
        }
    }
    // What these write may lead later commands elsewhere.
    effects.leads |= ["tee", "sed", "install"].contains(&name);
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
            for told in &install.directories {
                let place = Word::literal(&told.path).place(directory);
                effects.touch(place.ok_or_else(opaque)?);
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

/// Whether an option has the name of a file right behind its letter: `cp -tDIRECTORY`.
fn has_attached_file(name: &str, text: &str) -> bool {
    let letter = match name {
        "touch" | "truncate" => 'r',
        "cp" | "mv" | "ln" | "install" => 't',
        _ => return false,
    };
    let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
    let behind = letters.and_then(|letters| letters.split_once(letter));
    behind.is_some_and(|(_, file)| !file.is_empty())
}

/// The names of all commands of the table.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    table::TABLE.iter().flat_map(|row| row.names).copied()
}
