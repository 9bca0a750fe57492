//! The command line of `dotnet restore`.

use super::Dotnet;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Directory, Install, is_program, is_remote_address};

/// Options without a value that read and write nothing of the context.
const PLAIN: &[&str] = &[
    "--disable-parallel",
    "--force",
    "--force-evaluate",
    "--ignore-failed-sources",
    "--locked-mode",
    "--no-cache",
    "--no-dependencies",
    "--no-http-cache",
    "--nologo",
    "--ucr",
    "--use-current-runtime",
    "-nologo",
];

/// Options whose value is a word.
const WITH_WORD: &[&str] = &["--arch", "--os", "--runtime", "--verbosity", "-a", "-r", "-v"];

/// Properties that say what is built, and lead to no file.
const PROPERTIES: &[&str] = &[
    "configuration",
    "platform",
    "publishaot",
    "publishreadytorun",
    "publishtrimmed",
    "restorelockedmode",
    "runtimeidentifier",
    "runtimeidentifiers",
    "selfcontained",
    "targetframework",
    "version",
];

const TOOLS: &str = "dotnet tool restore";

/// Reads a command; `None` where it is not .NET's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let (program, rest) = command.words.split_first()?;
    if !is_program(program, "dotnet") {
        return None;
    }
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let install = |said| Install::new(&Dotnet, said, program, command);
    Some(match words.as_slice() {
        ["restore", ..] => {
            let mut install = install("dotnet restore");
            options(&rest[1..], &mut install).map(|()| Command::Install(install))
        }
        ["tool", "restore", options @ ..] if options.iter().all(|it| PLAIN.contains(it)) => {
            let mut install = install(TOOLS);
            install.files.push(format!(".config/{}", super::TOOLS));
            Ok(Command::Install(install))
        }
        _ => Err(Reason::Command(command.words.join(" "))),
    })
}

/// Whether the project's tools are installed, and not its packages.
pub(super) fn is_of_tools(install: &Install) -> bool {
    install.said == TOOLS
}

/// The file of settings that a command names.
pub(super) fn configuration(install: &Install) -> Option<&str> {
    install.told.first().map(String::as_str)
}

fn options(options: &[String], install: &mut Install) -> Result<(), Reason> {
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let (name, attached) = match option.split_once(['=', ':']) {
            Some((name, value)) => (name, Some(value)),
            None => (&**option, None),
        };
        let refused = || Reason::Option { tool: "dotnet", text: option.clone() };
        let mut value = || {
            let value = attached.or_else(|| options.next().map(String::as_str));
            value.map(str::to_owned).ok_or_else(refused)
        };
        if PLAIN.contains(&name) && attached.is_none() {
            continue;
        }
        if WITH_WORD.contains(&name) {
            if !is_word(&value()?) {
                return Err(refused());
            }
        } else if matches!(name, "-p" | "/p" | "-property" | "--property") {
            let property = value()?;
            let (name, value) = property.split_once('=').ok_or_else(refused)?;
            if !PROPERTIES.contains(&&*name.to_ascii_lowercase()) || !is_word(value) {
                return Err(refused());
            }
        } else if name == "--packages" {
            install.directories.push(Directory { option: name.to_owned(), path: value()? });
        } else if matches!(name, "--source" | "-s") {
            if !is_remote_address(&value()?) {
                return Err(refused());
            }
        } else if name == "--configfile" && install.told.is_empty() {
            install.told.push(value()?);
        } else if !option.starts_with(['-', '/']) && install.files.is_empty() {
            install.files.push(option.clone());
        } else {
            return Err(refused());
        }
    }
    if install.files.is_empty() {
        // What lies in the working directory.
        install.files.push(".".to_owned());
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c)) && !text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_is_read() {
        let read = |line: &str| {
            let words = line.split(' ').map(str::to_owned).collect();
            super::read(&Words { assignments: Vec::new(), words })
        };
        for line in [
            "dotnet restore",
            "dotnet restore -a amd64 --no-cache",
            "dotnet restore Shop/Shop.csproj -r linux-x64",
            "dotnet restore --packages /packages -v:q",
            "dotnet restore -p:PublishReadyToRun=true /p:Configuration=Release",
            "dotnet restore --configfile ci/nuget.config -s https://feed.example/v3/index.json",
            "dotnet tool restore",
        ] {
            assert!(matches!(read(line), Some(Ok(Command::Install(_)))), "{line}");
        }
        for line in [
            "dotnet publish",
            "dotnet restore a b",
            "dotnet restore --configfile",
            "dotnet restore -p:X=../y",
            "dotnet restore -p:RestoreSources=packages",
            "dotnet restore -p:Configuration=a;b",
            "dotnet restore --source ./packages",
            "dotnet restore --lock-file-path x",
            "dotnet restore -a a/b",
            "dotnet tool install x",
            "dotnet tool restore --tool-manifest x",
            "dotnet",
        ] {
            assert!(matches!(read(line), Some(Err(_))), "{line}");
        }
        assert!(read("npm ci").is_none());
    }
}
