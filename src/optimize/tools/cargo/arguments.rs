//! Cargo's command line.

use super::Cargo;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Install, is_program};

const PLAIN: &[&str] =
    &["--locked", "--frozen", "--offline", "-q", "--quiet", "-v", "-vv", "--verbose"];
const WITH_WORD: &[&str] = &["--target", "--color"];

const COMPILE_APART: &str = "compile the dependencies alone above it, as cargo chef does, or give \
                             the RUN cache mounts for the target directory and Cargo's registry";

/// Reads a command; `None` where it is not Cargo's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let (program, rest) = match words.as_slice() {
        [cargo, toolchain, rest @ ..]
            if is_program(cargo, "cargo") && toolchain.starts_with('+') =>
        {
            (*cargo, rest)
        }
        [cargo, rest @ ..] if is_program(cargo, "cargo") => (*cargo, rest),
        _ => return None,
    };
    let text = command.words.join(" ");
    Some(match rest {
        ["--version" | "-V"] => Ok(Command::Harmless),
        ["fetch", options @ ..] => check_options(options).map(|()| {
            let install = Install::new(&Cargo, "cargo fetch", program, command);
            Command::Install(Install { files: vec!["Cargo.toml".to_owned()], ..install })
        }),
        ["build" | "b" | "check" | "test" | "rustc", ..] | ["install", "--path", ..] => {
            Err(Reason::ReadsProject { text, instead: COMPILE_APART })
        }
        _ => Err(Reason::Command(text)),
    })
}

/// Whether the command forbids to write the lock file.
pub(super) fn is_locked(install: &Install) -> bool {
    install.words.iter().any(|word| matches!(&**word, "--locked" | "--frozen"))
}

fn check_options(options: &[&str]) -> Result<(), Reason> {
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let (name, attached) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*option, None),
        };
        let is_known = PLAIN.contains(option)
            || WITH_WORD.contains(&name)
                && attached
                    .or_else(|| options.next().copied())
                    // A target may also be a file.
                    .is_some_and(|value| !value.is_empty() && !value.contains(['/', '.']));
        if !is_known {
            return Err(Reason::Option { tool: "cargo", text: (*option).to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Result<Command, Reason>> {
        let words = line.split(' ').map(str::to_owned).collect();
        super::read(&Words { assignments: Vec::new(), words })
    }

    #[test]
    fn a_fetch_is_told_from_what_compiles() {
        for line in [
            "cargo fetch",
            "cargo +nightly fetch --locked -v",
            "/usr/local/cargo/bin/cargo fetch --target x86_64-unknown-linux-musl",
            "cargo fetch --target=wasm32-wasi --color never",
        ] {
            assert!(matches!(read(line), Some(Ok(Command::Install(_)))), "{line}");
        }
        for line in ["cargo build --release", "cargo install --path .", "cargo +stable test"] {
            assert!(matches!(read(line), Some(Err(Reason::ReadsProject { .. }))), "{line}");
        }
        for line in [
            "cargo fetch --manifest-path a/Cargo.toml",
            "cargo fetch --target ./my.json",
            "cargo fetch --target",
            "cargo fetch --config a=b",
            "cargo fetch -Z x",
        ] {
            assert!(matches!(read(line), Some(Err(Reason::Option { .. }))), "{line}");
        }
        assert!(matches!(read("cargo install ripgrep"), Some(Err(Reason::Command(_)))));
        assert!(read("cargo-chef chef cook").is_none());
    }
}
