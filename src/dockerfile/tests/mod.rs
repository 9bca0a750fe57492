//! The room's tests at its door: text in, instructions or errors out.

mod edits;
mod errors;
mod heredocs;
mod instructions;
mod properties;
mod structure;

use super::{CommandForm, Dockerfile, Instruction, InstructionKind};

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse("Dockerfile", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The last instruction of a Dockerfile that has a FROM before it.
fn last(text: &str) -> Instruction {
    let dockerfile = parse(&format!("FROM scratch\n{text}"));
    dockerfile.instructions().last().expect("there is a FROM").clone()
}

fn kind(text: &str) -> InstructionKind {
    last(text).kind
}

fn run(text: &str) -> CommandForm {
    match kind(text) {
        InstructionKind::Run { command, .. } => command,
        other => panic!("not a RUN: {other:?}"),
    }
}

fn shell(text: &str) -> CommandForm {
    CommandForm::Shell(text.to_owned())
}
