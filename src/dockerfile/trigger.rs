//! ONBUILD: the trigger's text as it is kept in the image, and reading it.

use super::ast::{Flag, Heredoc, Instruction, InstructionKind, Span};
use super::error::{ErrorKind, Failure, Problem};
use super::flags::Flags;
use super::instruction;
use super::reader::{self, Contents};
use super::words::Command;

/// The flags, the text and the instruction of an ONBUILD. `line` is the joined line, `command` its
/// parts and `trigger` those of its arguments.
///
/// The instruction is read from the text, as the engine will do when a build starts from the
/// image; its places are those in the text.
pub(super) fn in_file(
    line: &str,
    command: &Command,
    trigger: &Command,
    heredocs: &[Heredoc],
) -> Result<(Vec<Flag>, String, Instruction), Problem> {
    let keyword = "ONBUILD";
    if command.arguments.is_empty() {
        return Err(ErrorKind::MissingArgument { keyword, exactly_one: false }.into());
    }
    let flags = Flags::check(keyword, &command.flags)?;
    forbid(instruction::keyword(&trigger.keyword)?, &trigger.keyword)?;
    let mut text = line
        .trim_start()
        .get(keyword.len()..)
        .unwrap_or_default()
        .trim_start_matches(['\t', '\n', '\u{c}', '\r', ' '])
        .to_owned();
    for heredoc in heredocs {
        text.push('\n');
        text.push_str(&heredoc.content);
        text.push_str(&heredoc.name);
    }
    let words = |span: Span| text.get(span.start..span.end).unwrap_or_default().to_owned();
    let instruction =
        read(&text).map_err(|Failure { kind, span }| Problem::at(kind, words(span)))?;
    Ok((flags.into_vec(), text, instruction))
}

/// The one instruction of a trigger's text.
pub(super) fn read(text: &str) -> Result<Instruction, Failure> {
    let whole = Span { start: 0, end: text.len() };
    let Contents { instructions, .. } = reader::read(text)?;
    let [instruction] = <[Instruction; 1]>::try_from(instructions)
        .map_err(|_| Failure { kind: ErrorKind::TriggerNotSingle, span: whole })?;
    let forbidden = match &instruction.kind {
        InstructionKind::From { .. } => Some("FROM"),
        InstructionKind::Onbuild { .. } => Some("ONBUILD"),
        InstructionKind::Maintainer(_) => Some("MAINTAINER"),
        _ => None,
    };
    match forbidden {
        Some(keyword) => {
            Err(Failure { kind: ErrorKind::ForbiddenTrigger { keyword }, span: instruction.span })
        }
        None => Ok(instruction),
    }
}

fn forbid(keyword: &'static str, word: &str) -> Result<(), Problem> {
    if matches!(keyword, "FROM" | "ONBUILD" | "MAINTAINER") {
        return Err(Problem::at(ErrorKind::ForbiddenTrigger { keyword }, word));
    }
    Ok(())
}
