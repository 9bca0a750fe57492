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

/// The name of a host of `--add-host`, once for each of its addresses: the engine leaves out the
/// addresses alone (`option-add-host-twice`), and has names in lower case.
pub(super) fn host_names(host: &str) -> Vec<String> {
    let (name, addresses) =
        host.split_once('=').or_else(|| host.split_once(':')).unwrap_or((host, ""));
    vec![name.to_lowercase(); addresses.split(',').count()]
}

/// A limit of `--ulimit` with both its ends as numbers, as the engine has it.
pub(super) fn limit(text: &str) -> String {
    let numbers = |values: &str| {
        let (soft, hard) = values.split_once(':').unwrap_or((values, values));
        Some((soft.parse::<i64>().ok()?, hard.parse::<i64>().ok()?))
    };
    let read = text.split_once('=').and_then(|(name, values)| Some((name, numbers(values)?)));
    read.map_or_else(|| text.to_owned(), |(name, (soft, hard))| format!("{name}={soft}:{hard}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_one_spelling() {
        for text in ["nofile=100", "nofile=100:100", "nofile=0100:+100"] {
            assert_eq!(limit(text), "nofile=100:100");
        }
        assert_eq!(limit("nproc=10:-1"), "nproc=10:-1");
        assert_eq!(limit("nproc=many"), "nproc=many");
    }

    #[test]
    fn a_host_counts_once_for_each_address() {
        assert_eq!(host_names("Shop:10.0.0.1"), ["shop"]);
        assert_eq!(host_names("shop=10.0.0.1,10.0.0.2"), ["shop", "shop"]);
        assert_eq!(host_names("shop:[::1]"), ["shop"]);
    }
}
