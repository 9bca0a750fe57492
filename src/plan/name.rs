//! Step names, exactly as the engine shows them.

use super::environment::{Environment, Value};
use super::expansion::Words;
use super::secret::CONCEALED;
use crate::dockerfile::{
    CommandForm, Heredoc, HeredocMark, Instruction, InstructionKind, MountKind,
};

/// Counts the steps of one stage and names them.
#[derive(Debug)]
pub(super) struct Namer {
    label: String,
    next: usize,
    total: usize,
}

impl Namer {
    /// For a stage shown as `label` with `total` steps.
    pub(super) fn new(label: &str, total: usize) -> Self {
        Self { label: label.to_owned(), next: 1, total }
    }

    /// `[label i/n] text`, i padded to the width of n.
    pub(super) fn name(&mut self, text: &str, onbuild_mark: bool) -> String {
        let (index, total) = (self.next, self.total);
        self.next += 1;
        let width = total.to_string().len();
        let space = if self.label.is_empty() { "" } else { " " };
        let mark = if onbuild_mark { "ONBUILD " } else { "" };
        format!("[{}{space}{index:>width$}/{total}] {mark}{text}", self.label)
    }
}

/// Whether an instruction is a step of its own. The engine counts `WORKDIR /` in n although it
/// makes no step of it.
pub(super) fn counts_as_step(instruction: &Instruction) -> bool {
    matches!(
        instruction.kind,
        InstructionKind::Run { .. }
            | InstructionKind::Copy(_)
            | InstructionKind::Add(_)
            | InstructionKind::Workdir(_)
    )
}

/// The text after `[i/n] `: the keyword in capitals, variables expanded.
pub(super) fn shown_text(
    instruction: &Instruction,
    environment: &Environment,
    words: Words,
) -> String {
    let text = match &instruction.kind {
        InstructionKind::Run { mounts, .. } => {
            let mut text = instruction.text.clone();
            if let Some(body) = sole_heredoc(instruction) {
                text = format!("{text} ({})", first_words(&body.content));
            }
            let mut masked = environment.clone();
            for mount in mounts.iter().filter(|mount| mount.kind == MountKind::Secret) {
                if let Some(name) = &mount.env {
                    masked.set(name, Value::plain(CONCEALED), false);
                }
            }
            words.shown_command(&text, &masked)
        }
        _ => words.shown(&instruction.text, environment),
    };
    match text.split_once(' ') {
        Some((keyword, rest)) => format!("{} {rest}", keyword.to_uppercase()),
        None => text.to_uppercase(),
    }
}

/// As [`shown_text`], without the values of secrets; `None` where that has none of them.
pub(super) fn told_text(
    instruction: &Instruction,
    environment: &Environment,
    words: Words,
) -> Option<String> {
    let concealed = environment.concealed()?;
    let told = shown_text(instruction, &concealed, words);
    (told != shown_text(instruction, environment, words)).then_some(told)
}

/// The heredoc of `RUN <<EOF` where it is the whole command.
pub(super) fn sole_heredoc(instruction: &Instruction) -> Option<&Heredoc> {
    let InstructionKind::Run { command: CommandForm::Shell(command), .. } = &instruction.kind
    else {
        return None;
    };
    HeredocMark::parse(command)?;
    instruction.heredocs.first()
}

/// The first line of a heredoc's body, with `...` where there are more.
fn first_words(body: &str) -> String {
    let body = body.trim();
    match body.split_once('\n') {
        Some((first, _)) => format!("{}...", first.trim_end_matches('\r')),
        None => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_to_the_total() {
        let mut namer = Namer::new("build", 12);
        assert_eq!(namer.name("FROM x", false), "[build  1/12] FROM x");
        let mut namer = Namer::new("", 3);
        assert_eq!(namer.name("RUN a", true), "[1/3] ONBUILD RUN a");
    }

    #[test]
    fn heredocs_are_summed_up() {
        assert_eq!(first_words("echo a\necho b\n"), "echo a...");
        assert_eq!(first_words("echo a\n"), "echo a");
    }
}
