//! Mix's command line.

use super::Mix;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Install, is_program};

const DEPS_INSTEAD: &str = "put `RUN mix deps.get` and `RUN mix deps.compile` above the COPY, with \
                            mix.exs, mix.lock and config copied first";

/// Tasks that work on the project's own code.
const OF_PROJECT: &[&str] = &[
    "assets.build",
    "assets.deploy",
    "assets.setup",
    "compile",
    "distillery.release",
    "escript.build",
    "phx.digest",
    "release",
    "run",
    "test",
];

const PLAIN: &[&str] = &[
    "--check-locked",
    "--force",
    "--if-missing",
    "--no-archives-check",
    "--no-optional-deps",
    "--skip-local-deps",
    "--skip-umbrella-apps",
    "--warnings-as-errors",
];

/// Options whose value is a word.
const WITH_WORD: &[&str] = &["--only", "--target"];

/// Reads a command; `None` where it is not Mix's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let (program, rest) = command.words.split_first()?;
    if !is_program(program, "mix") {
        return None;
    }
    let mut install = Install::new(&Mix, "mix deps.get", program, command);
    let read = tasks(rest).iter().try_for_each(|words| task(words, command, &mut install));
    Some(read.map(|()| {
        if install.files.is_empty() {
            install.said = "mix local.hex";
        }
        Command::Install(install)
    }))
}

/// Whether a word is a task that is known to read manifests or sources.
pub(super) fn is_of_packages(word: &str) -> bool {
    let word = word.trim_end_matches(',');
    OF_PROJECT.contains(&word) || matches!(word, "deps.get" | "deps.compile")
}

/// The tasks of `mix do a, b + c`, or the only one.
fn tasks(words: &[String]) -> Vec<Vec<&str>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(("do", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) else {
        return vec![words];
    };
    let mut tasks = vec![Vec::new()];
    for word in rest {
        let (task, is_last) = word.strip_suffix(',').map_or((*word, *word == "+"), |it| (it, true));
        if let Some(words) = tasks.last_mut().filter(|_| task != "+") {
            words.push(task);
        }
        if is_last {
            tasks.push(Vec::new());
        }
    }
    tasks
}

fn task(words: &[&str], command: &Words, install: &mut Install) -> Result<(), Reason> {
    let opaque = || Reason::Command(command.words.join(" "));
    let (task, rest) = words.split_first().ok_or_else(opaque)?;
    let operands = match *task {
        "deps.get" => 0,
        // Names of packages, or versions.
        "deps.compile" | "local.hex" => usize::MAX,
        "local.rebar" if rest.iter().all(|word| word.starts_with("--")) => 0,
        "archive.install" if rest.first() == Some(&"hex") => usize::MAX,
        task if OF_PROJECT.contains(&task) => {
            let text = command.words.join(" ");
            return Err(Reason::ReadsProject { text, instead: DEPS_INSTEAD });
        }
        _ => return Err(opaque()),
    };
    let mut rest = rest.iter();
    let mut count = 0;
    while let Some(word) = rest.next() {
        let refused = || Reason::Option { tool: "mix", text: (*word).to_owned() };
        if WITH_WORD.contains(word) {
            rest.next().filter(|value| !value.starts_with('-')).ok_or_else(refused)?;
        } else if PLAIN.contains(word) {
            install.told.push((*word).to_owned());
        } else if word.starts_with('-') || word.contains('/') || count == operands {
            return Err(refused());
        } else {
            count += 1;
        }
    }
    if task.starts_with("deps.") {
        install.told.push((*task).to_owned());
        if install.files.is_empty() {
            install.files.push("mix.exs".to_owned());
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
    fn packages_are_told_from_the_project() {
        for (line, files) in [
            ("mix deps.get --only prod --check-locked", 1),
            ("mix deps.compile", 1),
            ("mix do deps.get, deps.compile --force", 1),
            ("mix do local.hex --force + deps.get", 1),
            ("mix local.hex --force", 0),
            ("mix do local.hex --force, local.rebar --force", 0),
            ("mix archive.install hex phx_new 1.7.0 --force", 0),
        ] {
            let Some(Ok(Command::Install(install))) = read(line) else { panic!("{line}") };
            assert_eq!(install.files.len(), files, "{line}");
        }
        for line in ["mix compile", "mix do deps.get, compile", "mix release"] {
            assert!(matches!(read(line), Some(Err(Reason::ReadsProject { .. }))), "{line}");
        }
        for line in [
            "mix deps.get --include-children",
            "mix deps.get a",
            "mix archive.install hex ./x",
            "mix deps.get --only",
        ] {
            assert!(matches!(read(line), Some(Err(Reason::Option { .. }))), "{line}");
        }
        for line in ["mix", "mix ecto.migrate", "mix archive.install x.ez", "mix do deps.get,"] {
            assert!(matches!(read(line), Some(Err(Reason::Command(_)))), "{line}");
        }
    }
}
