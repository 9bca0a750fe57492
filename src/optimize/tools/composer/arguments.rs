//! Composer's command line.

use super::Composer;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Install, is_program};

/// Options without a value that lead to no other files.
const PLAIN: &[&str] = &[
    "--ansi",
    "--apcu-autoloader",
    "--audit",
    "--classmap-authoritative",
    "--dev",
    "--ignore-platform-reqs",
    "--no-ansi",
    "--no-autoloader",
    "--no-cache",
    "--no-dev",
    "--no-interaction",
    "--no-plugins",
    "--no-progress",
    "--no-scripts",
    "--no-suggest",
    "--optimize-autoloader",
    "--prefer-dist",
    "--prefer-source",
    "--quiet",
    "--verbose",
];

/// Options whose value is a word.
const WITH_WORD: &[&str] =
    &["--apcu-autoloader-prefix", "--ignore-platform-req", "--prefer-install"];

const DUMP_BELOW: &str = "install with --no-autoloader in a RUN of its own, and dump the \
                          autoloader in another one below the COPY";

/// What an install's options say of what else is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flags<'a> {
    words: &'a [String],
}

impl<'a> Flags<'a> {
    /// Those of an install.
    pub(super) fn of(install: &'a Install) -> Self {
        Self { words: &install.words }
    }

    /// Whether scripts are run.
    pub(super) fn runs_scripts(self) -> bool {
        !self.has("--no-scripts")
    }

    /// Whether plugins are run.
    pub(super) fn runs_plugins(self) -> bool {
        !self.has("--no-plugins")
    }

    /// Whether the autoloader is written.
    pub(super) fn writes_autoloader(self) -> bool {
        !self.has("--no-autoloader")
    }

    /// Whether the autoloader lists all classes.
    pub(super) fn lists_classes(self) -> bool {
        self.has("--optimize-autoloader")
            || self.has("--classmap-authoritative")
            || self.words.iter().any(|word| is_short(word) && word.contains(['o', 'a']))
    }

    /// Whether what is for development counts.
    pub(super) fn counts_development(self) -> bool {
        !self.has("--no-dev")
    }

    fn has(self, option: &str) -> bool {
        self.words.iter().any(|word| word == option)
    }
}

/// Reads a command; `None` where it is not Composer's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let (program, rest) = match words.as_slice() {
        [composer, rest @ ..] if is_program(composer, "composer") => (*composer, rest),
        _ => return None,
    };
    if matches!(rest, ["--version" | "-V"]) {
        return Some(Ok(Command::Harmless));
    }
    let opaque = || Reason::Command(command.words.join(" "));
    let (options, names): (Vec<&str>, Vec<&str>) = split(rest);
    match names.as_slice() {
        ["install" | "i"] => {}
        ["dump-autoload" | "dumpautoload"] => {
            let text = command.words.join(" ");
            return Some(Err(Reason::ReadsProject { text, instead: DUMP_BELOW }));
        }
        _ => return Some(Err(opaque())),
    }
    if let Some(option) = options.iter().find(|option| !is_known(option)) {
        let text = (*option).to_owned();
        return Some(Err(Reason::Option { tool: "composer", text }));
    }
    let install = Install::new(&Composer, "composer install", program, command);
    Some(Ok(Command::Install(Install { files: vec!["composer.json".to_owned()], ..install })))
}

fn split<'a>(words: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    words.iter().partition(|word| word.starts_with('-'))
}

fn is_known(option: &str) -> bool {
    let has_word = option
        .split_once('=')
        .is_some_and(|(name, value)| WITH_WORD.contains(&name) && !value.is_empty());
    PLAIN.contains(&option) || has_word || is_short(option)
}

/// `-n`, `-vvv`, `-no`.
fn is_short(option: &str) -> bool {
    let letters = option.strip_prefix('-').unwrap_or_default();
    !letters.is_empty() && letters.chars().all(|letter| "noaqv".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Result<Command, Reason>> {
        let words = line.split(' ').map(str::to_owned).collect();
        super::read(&Words { assignments: Vec::new(), words })
    }

    #[test]
    fn options_are_read_in_every_spelling() {
        for (line, optimized, scripts) in [
            ("composer install", false, true),
            ("composer install --no-scripts -n --prefer-dist -vvv", false, false),
            ("composer -n --no-dev i -no", true, true),
            ("/usr/bin/composer install --ignore-platform-req=ext-gd -a", true, true),
            ("composer install --optimize-autoloader --no-scripts", true, false),
        ] {
            let Some(Ok(Command::Install(install))) = read(line) else { panic!("{line}") };
            let flags = Flags::of(&install);
            let said = (flags.lists_classes(), flags.runs_scripts());
            assert_eq!(said, (optimized, scripts), "{line}");
        }
    }

    #[test]
    fn what_may_lead_elsewhere_is_refused() {
        for line in [
            "composer install -d sub",
            "composer install --working-dir=sub",
            "composer install --no-scr",
            "composer install --prefer-install=",
        ] {
            let is_told =
                matches!(read(line), Some(Err(Reason::Option { .. } | Reason::Command(_))));
            assert!(is_told, "{line}: {:?}", read(line));
        }
        for line in ["composer update", "composer require a/b", "composer", "composer install a/b"]
        {
            assert!(matches!(read(line), Some(Err(Reason::Command(_)))), "{line}");
        }
        let dump = read("composer dump-autoload -o");
        assert!(matches!(dump, Some(Err(Reason::ReadsProject { .. }))));
        assert!(read("php composer.phar install").is_none());
    }
}
