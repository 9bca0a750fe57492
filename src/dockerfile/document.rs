//! The Dockerfile as a whole.

use std::fmt;
use std::sync::Arc;

use super::ast::{Directive, Instruction, InstructionKind, Span};
use super::error::{Error, ErrorKind, Failure, shown};
use super::reader::{self, Contents};
use super::{directives, trigger};

/// A Dockerfile: its text, and what the text says.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    name: String,
    source: Arc<str>,
    directives: Vec<Directive>,
    escape: char,
    instructions: Vec<Instruction>,
    /// How many instructions stand before the first FROM.
    globals: usize,
}

/// One stage: a FROM and what follows it up to the next one.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// Counted from 0.
    pub index: usize,
    /// The FROM.
    pub from: &'a Instruction,
    /// The instructions after the FROM.
    pub instructions: &'a [Instruction],
}

impl<'a> Stage<'a> {
    /// Which of these stages of its file it is built on, where its FROM names one: the last one of
    /// that name above it.
    pub fn built_on<'s>(self, stages: impl Iterator<Item = Stage<'s>>) -> Option<Stage<'s>> {
        let InstructionKind::From { image, .. } = &self.from.kind else { return None };
        let is_named = |other: &Stage<'_>| {
            other.index < self.index
                && other.name().is_some_and(|name| name.eq_ignore_ascii_case(image))
        };
        stages.filter(is_named).last()
    }

    /// The name as written; names compare without regard to case.
    pub fn name(&self) -> Option<&'a str> {
        match &self.from.kind {
            InstructionKind::From { name, .. } => name.as_deref(),
            _ => None,
        }
    }
}

/// A part of a Dockerfile's text.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    /// Comments, directives, blank lines, indentation and line endings between instructions.
    Trivia(&'a str),
    /// An instruction and its text.
    Instruction(&'a Instruction, &'a str),
}

/// Whether the image of a frontend is Docker's own, of any release. What is built of its every
/// commit (`docker/dockerfile-upstream`) is not.
pub fn is_dockers_frontend(image: &str) -> bool {
    let name = image.strip_prefix("docker.io/").unwrap_or(image);
    name.strip_prefix("docker/dockerfile")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
}

impl Dockerfile {
    /// Reads a Dockerfile. `name` is what errors call the file.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let source: Arc<str> = Arc::from(text);
        let read = || {
            let contents = reader::read(&source)?;
            let globals = count_globals(&source, &contents.instructions)?;
            Ok((contents, globals))
        };
        let (contents, globals) = read().map_err(|failure| Error::new(name, &source, failure))?;
        let Contents { directives, escape, instructions } = contents;
        Ok(Self { name: name.to_owned(), source, directives, escape, instructions, globals })
    }

    /// The file's name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text as it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text as it can be shown on a terminal: each byte that would act there is replaced by one
    /// that does not, so that every place stays where it is.
    pub fn shown_source(&self) -> Arc<str> {
        shown(&self.source)
    }

    /// The parser directives, in order.
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// The escape character: a backslash, or a backtick where the `escape` directive says so.
    pub fn escape(&self) -> char {
        self.escape
    }

    /// The image of the frontend that the engine reads this file with, where the file names one.
    /// The engine finds it below a `#!` line too, where [`Dockerfile::directives`] has none.
    pub fn syntax(&self) -> Option<&str> {
        directives::syntax(&self.source)
    }

    /// That frontend where it is not Docker's own: then only it knows what the file means.
    pub fn foreign_frontend(&self) -> Option<&str> {
        self.syntax().filter(|frontend| !is_dockers_frontend(frontend))
    }

    /// All instructions in order, those before the first FROM included.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The ARG instructions before the first FROM.
    pub fn global_args(&self) -> &[Instruction] {
        self.instructions.get(..self.globals).unwrap_or_default()
    }

    /// The stages in order; there is at least one.
    pub fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        let mut rest = self.instructions.get(self.globals..).unwrap_or_default();
        let mut index = 0;
        std::iter::from_fn(move || {
            let (from, after) = rest.split_first()?;
            let end = after.iter().position(is_from).unwrap_or(after.len());
            let (instructions, next) = after.split_at_checked(end)?;
            rest = next;
            index += 1;
            Some(Stage { index: index - 1, from, instructions })
        })
    }

    /// The text in parts; one after the other they are the whole of it.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let text = |start, end| self.source.get(start..end).unwrap_or_default();
        let mut position = 0;
        let pieces = self.instructions.iter().flat_map(move |instruction| {
            let Span { start, end } = instruction.span;
            let before = text(position, start);
            position = end;
            [Piece::Trivia(before), Piece::Instruction(instruction, text(start, end))]
        });
        let last = self.instructions.last().map_or(0, |instruction| instruction.span.end);
        pieces.chain([Piece::Trivia(text(last, self.source.len()))])
    }

    /// Where `words` stand in a part of this file, rather as whole words than as a part of
    /// others; the part's first line where they are not there.
    pub fn place_of(&self, words: &str, within: Span) -> Span {
        reader::place(&self.source, within, words)
    }

    /// An error about one of this file's instructions that shows only when it is built, such as a
    /// variable that must be set. The first of `words` in the instruction is underlined, or
    /// its first line where they are not there.
    pub fn error_in(
        &self,
        instruction: &Instruction,
        kind: impl Into<ErrorKind>,
        words: &str,
    ) -> Error {
        let failure = reader::locate(
            &self.source,
            instruction.span,
            super::error::Problem::at(kind.into(), words),
        );
        Error::new(&self.name, &self.source, failure)
    }
}

/// The same bytes that were parsed, put together again from instructions and what is between.
impl fmt::Display for Dockerfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| match piece {
            Piece::Trivia(text) | Piece::Instruction(_, text) => f.write_str(text),
        })
    }
}

/// Reads an ONBUILD trigger as a base image's configuration keeps it. The spans are those in
/// `text`.
pub fn parse_trigger(text: &str) -> Result<Instruction, Error> {
    trigger::read(text).map_err(|failure| Error::new("ONBUILD trigger", &Arc::from(text), failure))
}

fn is_from(instruction: &Instruction) -> bool {
    matches!(instruction.kind, InstructionKind::From { .. })
}

fn count_globals(source: &str, instructions: &[Instruction]) -> Result<usize, Failure> {
    for (index, instruction) in instructions.iter().enumerate() {
        let keyword = instruction.kind.keyword();
        match keyword {
            "FROM" => return Ok(index),
            "ARG" => {}
            _ => {
                let kind = ErrorKind::BeforeFirstFrom { keyword };
                return Err(reader::locate(source, instruction.span, kind.into()));
            }
        }
    }
    let span = instructions.last().map_or(Span { start: 0, end: 0 }, |last| last.span);
    Err(Failure { kind: ErrorKind::NoStage, span })
}
