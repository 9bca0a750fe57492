//! Bundler's command line, and what of `gem` goes with it.

use super::Bundler;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Install, View, is_program};

/// Options without a value that read and write nothing of the context.
const PLAIN: &[&str] = &[
    "--clean",
    "--deployment",
    "--force",
    "--frozen",
    "--full-index",
    "--local",
    "--no-cache",
    "--no-clean",
    "--no-color",
    "--no-deployment",
    "--no-prune",
    "--prefer-local",
    "--quiet",
    "--redownload",
    "--system",
    "--verbose",
    "-V",
];

/// Options whose value is a word.
const WITH_WORD: &[&str] = &["-j", "--jobs", "--retry", "-r", "--trust-policy"];

/// Options whose value is all the words up to the next option.
const WITH_WORDS: &[&str] = &["--without", "--with"];

/// Settings that lead to no other files. `path` is read apart.
const SETTINGS: &[&str] = &[
    "clean",
    "deployment",
    "disable_checksum_validation",
    "disable_version_check",
    "force_ruby_platform",
    "frozen",
    "jobs",
    "no_prune",
    "no-cache",
    "no-prune",
    "retry",
    "silence_root_warning",
    "ssl_verify_mode",
    "timeout",
    "with",
    "without",
];

/// Reads a command; `None` where it is neither Bundler's nor an installation of Bundler.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let (program, rest) = match words.as_slice() {
        [gem, "install", gems @ ..] if is_program(gem, "gem") => {
            let install = Install::new(&Bundler, "gem install", gem, command);
            return Some(gems_of(command, gems).map(|()| Command::Install(install)));
        }
        [bundle, rest @ ..] if is_program(bundle, "bundle") || is_program(bundle, "bundler") => {
            (*bundle, rest)
        }
        _ => return None,
    };
    let install = |said| Install::new(&Bundler, said, program, command);
    let with_gemfile = || {
        Command::Install(Install { files: vec!["Gemfile".to_owned()], ..install("bundle install") })
    };
    Some(match rest {
        ["-v" | "--version" | "version"] => Ok(Command::Harmless),
        ["config", words @ ..] => {
            if is_harmless_setting(words) {
                Ok(Command::Install(install("bundle config")))
            } else {
                Err(Reason::Option { tool: "bundler", text: command.words[1..].join(" ") })
            }
        }
        ["install", options @ ..] => check_options(options).map(|()| with_gemfile()),
        [] | ["check"] => Ok(with_gemfile()),
        options @ [first, ..] if first.starts_with('-') => {
            check_options(options).map(|()| with_gemfile())
        }
        _ => Err(Reason::Command(command.words.join(" "))),
    })
}

/// Whether the command, or a variable, forbids to write the lock file.
pub(super) fn is_frozen(install: &Install, view: &View<'_>) -> bool {
    let is_on = |name: &str, value: &str| {
        matches!(name, "BUNDLE_FROZEN" | "BUNDLE_DEPLOYMENT") && matches!(value, "1" | "true")
    };
    let own = install.environment.iter().map(|(name, value)| (&**name, &**value));
    install.words.iter().any(|word| matches!(&**word, "--frozen" | "--deployment"))
        || view.environment.iter().copied().chain(own).any(|(name, value)| is_on(name, value))
}

/// The places that a command says gems are installed to.
pub(super) fn paths(install: &Install) -> impl Iterator<Item = &str> {
    let words = install.words.iter().zip(install.words.iter().skip(1));
    let apart = words.filter(|(option, _)| matches!(&***option, "--path" | "path"));
    let joined = install.words.iter().filter_map(|word| word.strip_prefix("--path="));
    apart.map(|(_, value)| &**value).chain(joined)
}

/// Whether a text has a `bundle config` that may lead to other files.
pub(super) fn has_leading_setting(text: &str) -> bool {
    let mut commands = text.split(['&', ';', '|', '\n']);
    commands.any(|command| {
        let words: Vec<&str> = command.split_whitespace().filter(|word| *word != "\\").collect();
        let Some(config) = words.iter().position(|word| *word == "config") else {
            return command.contains(".gemrc") || command.contains(".bundle");
        };
        let is_bundlers = words[..config].iter().any(|word| word.ends_with("bundle"));
        let rest = &words[config + 1..];
        is_bundlers && (!is_harmless_setting(rest) || rest.contains(&"path"))
    })
}

fn check_options(options: &[&str]) -> Result<(), Reason> {
    let mut options = options.iter().copied().peekable();
    while let Some(option) = options.next() {
        let (name, attached) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        let refused = || Err(Reason::Option { tool: "bundler", text: option.to_owned() });
        let is_short_number = option.strip_prefix("-j").is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if PLAIN.contains(&option) || is_short_number {
            continue;
        }
        if WITH_WORDS.contains(&name) {
            while attached.is_none() && options.next_if(|word| !word.starts_with('-')).is_some() {}
            continue;
        }
        let value = attached.or_else(|| {
            let is_known = WITH_WORD.contains(&name) || name == "--path";
            is_known.then(|| options.next_if(|word| !word.starts_with('-'))).flatten()
        });
        match value {
            Some(_) if WITH_WORD.contains(&name) || name == "--path" => {}
            _ => return refused(),
        }
    }
    Ok(())
}

/// `set --local without development`, `--global frozen 1`, `build.nokogiri --use-system-libraries`.
fn is_harmless_setting(words: &[&str]) -> bool {
    let is_scope = |word: &&&str| matches!(**word, "set" | "--global" | "--local");
    let rest: Vec<&str> = words.iter().skip_while(is_scope).copied().collect();
    match rest.as_slice() {
        ["path", value] => !value.is_empty(),
        [name, values @ ..] if name.starts_with("build.") => {
            !values.is_empty() && values.iter().all(|value| !value.contains('/'))
        }
        [name, values @ ..] => !values.is_empty() && SETTINGS.contains(name),
        [] => false,
    }
}

/// Whether only gems of the network are installed, by their names.
fn gems_of(command: &Words, gems: &[&str]) -> Result<(), Reason> {
    let mut has_gem = false;
    let mut words = gems.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "--no-document" | "--no-ri" | "--no-rdoc" | "-N" | "--quiet" | "-q" | "--force"
            | "-f" | "--conservative" => {}
            "-v" | "--version" => {
                words.next();
            }
            _ if word.starts_with('-') => {
                return Err(Reason::Option { tool: "gem", text: word.to_owned() });
            }
            _ if word.contains(['/', '\\']) || word.to_ascii_lowercase().contains(".gem") => {
                return Err(Reason::Command(command.words.join(" ")));
            }
            _ => has_gem = true,
        }
    }
    if has_gem { Ok(()) } else { Err(Reason::Command(command.words.join(" "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Result<Command, Reason>> {
        let words = line.split(' ').map(str::to_owned).collect();
        super::read(&Words { assignments: Vec::new(), words })
    }

    #[test]
    fn installs_are_read_in_every_spelling() {
        for line in [
            "bundle",
            "bundle install",
            "bundle install --jobs 4 --retry=3",
            "bundle install -j4 --without development test --quiet",
            "bundle install --deployment --path vendor/bundle",
            "bundle --jobs=4",
            "/usr/local/bin/bundle check",
        ] {
            let Some(Ok(Command::Install(install))) = read(line) else { panic!("{line}") };
            assert_eq!(install.files, ["Gemfile"], "{line}");
        }
        for line in [
            "bundle config set --local without development test",
            "bundle config --global frozen 1",
            "bundle config set deployment true",
            "bundle config build.nokogiri --use-system-libraries",
            "gem install bundler -v 2.4.1 --no-document",
            "gem install bundler:2.4.1",
        ] {
            let Some(Ok(Command::Install(install))) = read(line) else { panic!("{line}") };
            assert!(install.files.is_empty(), "{line}");
        }
    }

    #[test]
    fn what_may_lead_elsewhere_is_refused() {
        for line in [
            "bundle install --gemfile other",
            "bundle install --gemfile=other",
            "bundle install --standalone",
            "bundle install --binstubs",
            "bundle install --jobs",
            "bundle config set --local gemfile other/Gemfile",
            "bundle config local.rack /app/rack",
            "bundle config build.pg --with-pg-config=/app/pg_config",
            "bundle config unset frozen",
            "bundle config",
            "gem install --install-dir x a",
        ] {
            assert!(matches!(read(line), Some(Err(Reason::Option { .. }))), "{line}");
        }
        for line in ["bundle exec rake", "bundle update", "gem install ./a.gem", "gem install"] {
            assert!(matches!(read(line), Some(Err(Reason::Command(_)))), "{line}");
        }
        assert!(read("gem build a.gemspec").is_none());
        assert!(read("bin/bundle install").is_none());
    }

    #[test]
    fn earlier_settings_are_told_apart() {
        for text in [
            "RUN bundle config --global frozen 1",
            "RUN gem install bundler && bundle config set without 'development test'",
            "RUN git config --global a b",
        ] {
            assert!(!has_leading_setting(text), "{text}");
        }
        for text in [
            "RUN bundle config set path vendor",
            "RUN a && bundle config local.rack /app/rack",
            "COPY bundle.yml /usr/local/.bundle/config",
            "RUN bundle config \\\n --global gemfile /x",
        ] {
            assert!(has_leading_setting(text), "{text}");
        }
    }
}
