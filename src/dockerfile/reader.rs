//! From text to instructions: physical lines, continuation, heredoc bodies, places.

use super::ast::{Directive, Heredoc, Instruction, InstructionKind, Span};
use super::directives::Directives;
use super::error::{ErrorKind, Failure, Problem};
use super::heredoc::HeredocMark;
use super::instruction;
use super::trigger;
use super::words::{Command, split_command};

/// The engine's reader gives up at lines of this many bytes, the newline not counted.
const LONGEST_LINE: usize = 65535;

/// Everything that a text says.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) directives: Vec<Directive>,
    pub(super) escape: char,
    pub(super) instructions: Vec<Instruction>,
}

/// One line of the file.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    /// Without the line ending.
    text: &'a str,
    /// With the line ending.
    full: &'a str,
    /// Where it begins in the source.
    start: usize,
    /// Counted from 1.
    number: u32,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn is_comment(&self) -> bool {
        self.text.trim_start().starts_with('#')
    }

    fn is_blank(&self) -> bool {
        self.text.trim_start().is_empty()
    }
}

/// An instruction's lines joined.
struct Joined {
    text: String,
    /// From the first byte that is not blank to the end of the last line.
    span: Span,
    first_line: u32,
    last_line: u32,
}

struct Reader<'a> {
    source: &'a str,
    offset: usize,
    lines_read: u32,
}

/// Reads all instructions of a text.
pub(super) fn read(source: &str) -> Result<Contents, Failure> {
    let offset = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { source, offset, lines_read: 0 };
    let mut directives = Directives::default();
    let mut instructions = Vec::new();
    while let Some(line) = reader.next()? {
        directives.read(line.text, line.start)?;
        if line.is_comment() || line.is_blank() {
            continue;
        }
        let joined = reader.join(line, directives.escape)?;
        instructions.push(reader.instruction(joined, directives.escape)?);
    }
    if instructions.is_empty() {
        let span = Span { start: 0, end: 0 };
        return Err(Failure { kind: ErrorKind::NoInstructions, span });
    }
    let Directives { escape, found, .. } = directives;
    Ok(Contents { directives: found, escape, instructions })
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<Line<'a>>, Failure> {
        let rest = self.source.get(self.offset..).unwrap_or_default();
        let Some(full) = rest.split_inclusive('\n').next() else { return Ok(None) };
        let start = self.offset;
        self.offset += full.len();
        self.lines_read = self.lines_read.saturating_add(1);
        let line = Line {
            text: full.trim_end_matches(['\r', '\n']),
            full,
            start,
            number: self.lines_read,
        };
        if full.strip_suffix('\n').unwrap_or(full).len() > LONGEST_LINE {
            let span = Span { start, end: line.end() };
            return Err(Failure { kind: ErrorKind::LineTooLong, span });
        }
        Ok(Some(line))
    }

    /// Joins a line with those that continue it. Comments and blank lines between them go, the
    /// blanks that begin a continuing line stay.
    fn join(&mut self, first: Line<'a>, escape: char) -> Result<Joined, Failure> {
        let text = first.text.trim_start();
        let mut span = Span { start: first.end() - text.len(), end: first.end() };
        let (text, mut continues) = cut_continuation(text, escape);
        let mut text = text.to_owned();
        let mut last_line = first.number;
        while continues {
            let Some(line) = self.next()? else { break };
            span.end = line.end();
            last_line = line.number;
            if line.is_comment() || line.is_blank() {
                continue;
            }
            let (part, goes_on) = cut_continuation(line.text, escape);
            text.push_str(part);
            continues = goes_on;
        }
        Ok(Joined { text, span, first_line: first.number, last_line })
    }

    fn instruction(&mut self, mut joined: Joined, escape: char) -> Result<Instruction, Failure> {
        let (source, head) = (self.source, joined.span);
        let at_place = |problem| locate(source, head, problem);
        if joined.text.contains('\0') {
            return Err(at_place(Problem::at(ErrorKind::NullByte, "\0")));
        }
        let command = split_command(&joined.text, escape);
        let keyword = instruction::keyword(&command.keyword).map_err(at_place)?;
        let trigger = (keyword == "ONBUILD").then(|| split_command(&command.arguments, escape));
        let marks = instruction::heredoc_marks(&joined.text, trigger.as_ref().unwrap_or(&command))
            .map_err(at_place)?;
        let mut heredocs = Vec::new();
        for mark in marks {
            heredocs.push(self.heredoc(mark, &mut joined)?);
        }
        let (flags, kind) = if let Some(trigger) = trigger {
            let (flags, text, mut instruction) =
                trigger::in_file(&joined.text, &command, &trigger, &heredocs).map_err(at_place)?;
            self.place(&mut instruction, &joined, &heredocs, &trigger);
            (flags, InstructionKind::Onbuild { text, instruction: Box::new(instruction) })
        } else {
            instruction::parse(keyword, &command, escape, &mut heredocs).map_err(at_place)?
        };
        Ok(Instruction {
            span: joined.span,
            line: joined.first_line,
            last_line: joined.last_line,
            text: joined.text.trim().to_owned(),
            flags,
            heredocs,
            kind,
        })
    }

    /// Reads a heredoc's body up to its terminator.
    fn heredoc(&mut self, mark: HeredocMark, joined: &mut Joined) -> Result<Heredoc, Failure> {
        let start = self.offset;
        let mut content = String::new();
        while let Some(line) = self.next()? {
            if mark.is_terminator(line.text) {
                joined.span.end = line.end();
                joined.last_line = line.number;
                let span = Span { start, end: line.start };
                let HeredocMark { name, expand, strip_tabs, file_descriptor } = mark;
                return Ok(Heredoc { name, expand, strip_tabs, file_descriptor, content, span });
            }
            content.push_str(line.full);
        }
        let problem =
            Problem::at(ErrorKind::UnterminatedHeredoc { name: mark.name.clone() }, mark.name);
        Err(locate(self.source, Span { start: joined.span.start, end: start }, problem))
    }

    /// Gives a trigger, read from its own text, the places that it has in this file.
    fn place(
        &self,
        trigger: &mut Instruction,
        joined: &Joined,
        heredocs: &[Heredoc],
        command: &Command,
    ) {
        let text = self.source.get(joined.span.start..joined.span.end).unwrap_or_default();
        let after_keyword = "ONBUILD".len();
        let at = text.get(after_keyword..).and_then(|rest| rest.find(&command.keyword));
        let at = at.map_or(0, |at| at + after_keyword);
        trigger.span = Span { start: joined.span.start + at, end: joined.span.end };
        let newlines = text.get(..at).unwrap_or_default().matches('\n').count();
        trigger.line = joined.first_line + u32::try_from(newlines).unwrap_or_default();
        trigger.last_line = joined.last_line;
        for heredoc in &mut trigger.heredocs {
            if let Some(known) = heredocs.iter().rev().find(|known| known.name == heredoc.name) {
                heredoc.span = known.span;
            }
        }
    }
}

/// A line without its continuation mark, and whether it had one. An escape character before the
/// last one makes it an escaped character and no mark.
fn cut_continuation(line: &str, escape: char) -> (&str, bool) {
    match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
        Some(rest) if !rest.ends_with(escape) => (rest, true),
        _ => (line, false),
    }
}

/// Finds the words that a problem is about.
pub(super) fn locate(source: &str, within: Span, problem: Problem) -> Failure {
    let span = place(source, within, problem.needle.as_deref().unwrap_or_default());
    Failure { kind: problem.kind, span }
}

/// Where words stand, rather whole words than a part of others; where they cannot be found, the
/// first line.
pub(super) fn place(source: &str, within: Span, words: &str) -> Span {
    let text = source.get(within.start..within.end).unwrap_or_default();
    let stands_alone = |start: &usize| {
        let before = text.get(..*start).unwrap_or_default();
        let after = text.get(start + words.len()..).unwrap_or_default();
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    };
    let mut places = text.match_indices(words).map(|(start, _)| start);
    let found = places.find(stands_alone).or_else(|| text.find(words));
    if let Some(start) = found.filter(|_| !words.is_empty()) {
        let start = within.start + start;
        Span { start, end: start + words.len() }
    } else {
        let first_line = text.lines().next().unwrap_or_default().trim_end();
        Span { start: within.start, end: within.start + first_line.len() }
    }
}
