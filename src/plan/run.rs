//! RUN: its argument vector.

use super::name::sole_heredoc;
use crate::dockerfile::{CommandForm, Instruction};

/// The shell that an image without SHELL has.
const DEFAULT_SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// The argument vector, as the engine runs it: shell form is SHELL and one string, so that a
/// rewrite into exec form changes nothing (`run-shell-to-exec-form`).
pub(super) fn arguments(
    instruction: &Instruction,
    command: &CommandForm,
    shell: &[String],
) -> Vec<String> {
    let text = match command {
        CommandForm::Exec(arguments) => return arguments.clone(),
        CommandForm::Shell(text) => text,
    };
    if let Some(heredoc) = sole_heredoc(instruction) {
        let body = heredoc.body();
        if body.starts_with("#!") {
            return vec![format!("/dev/pipes/{}", heredoc.name), body];
        }
        return with_shell(shell, body);
    }
    let mut script = text.clone();
    for heredoc in &instruction.heredocs {
        script.push('\n');
        script.push_str(&heredoc.content);
        script.push_str(&heredoc.name);
    }
    with_shell(shell, script)
}

/// Whether the command is run by the shell of SHELL.
pub(super) fn uses_shell(instruction: &Instruction, command: &CommandForm) -> bool {
    let has_own = |body: String| body.starts_with("#!");
    matches!(command, CommandForm::Shell(_))
        && !sole_heredoc(instruction).is_some_and(|heredoc| has_own(heredoc.body()))
}

fn with_shell(shell: &[String], script: String) -> Vec<String> {
    let mut arguments: Vec<String> = if shell.is_empty() {
        DEFAULT_SHELL.iter().map(ToString::to_string).collect()
    } else {
        shell.to_vec()
    };
    arguments.push(script);
    arguments
}
