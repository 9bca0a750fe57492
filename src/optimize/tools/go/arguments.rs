//! The go command's command line.

use super::Go;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Install, is_program};

const DOWNLOAD_INSTEAD: &str =
    "put `RUN go mod download` above the COPY, with go.mod and go.sum copied first";

/// Reads a command; `None` where it is not the go command's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let (program, rest) = match words.as_slice() {
        [go, rest @ ..] if is_program(go, "go") => (*go, rest),
        _ => return None,
    };
    let install = |said| Install::new(&Go, said, program, command);
    let with_module = |said| Install { files: vec!["go.mod".to_owned()], ..install(said) };
    let opaque = || Reason::Command(command.words.join(" "));
    Some(match rest {
        ["mod", "download", options @ ..] => {
            options_of_download(options).map(|()| Command::Install(with_module("go mod download")))
        }
        ["mod", "verify"] => Ok(Command::Install(with_module("go mod verify"))),
        ["install", packages @ ..] if packages.iter().all(|word| is_remote_package(word)) => {
            if packages.is_empty() {
                Err(opaque())
            } else {
                Ok(Command::Install(install("go install")))
            }
        }
        ["version"] => Ok(Command::Harmless),
        ["mod", "tidy" | "vendor", ..]
        | ["get" | "build" | "install" | "generate" | "test", ..] => {
            let text = command.words.join(" ");
            Err(Reason::ReadsProject { text, instead: DOWNLOAD_INSTEAD })
        }
        _ => Err(opaque()),
    })
}

fn options_of_download(options: &[&str]) -> Result<(), Reason> {
    match options.iter().find(|option| !matches!(**option, "-x" | "-json" | "--json" | "--x")) {
        None => Ok(()),
        Some(option) if option.starts_with('-') => {
            Err(Reason::Option { tool: "go", text: (*option).to_owned() })
        }
        Some(module) => {
            let (place, text) = ("the command".to_owned(), (*module).to_owned());
            Err(Reason::NotUnderstood { place, text })
        }
    }
}

/// `example.com/tool/cmd@v1.2.3`, which is installed without a look at the working directory's
/// module.
fn is_remote_package(word: &str) -> bool {
    let Some((path, version)) = word.split_once('@') else { return false };
    let host = path.split('/').next().unwrap_or_default();
    !version.is_empty()
        && host.contains('.')
        && !host.starts_with(['.', '-'])
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Result<Command, Reason>> {
        let words = line.split(' ').map(str::to_owned).collect();
        super::read(&Words { assignments: Vec::new(), words })
    }

    #[test]
    fn downloads_are_told_from_what_reads_sources() {
        for line in ["go mod download", "go mod download -x", "/usr/local/go/bin/go mod verify"] {
            let Some(Ok(Command::Install(install))) = read(line) else { panic!("{line}") };
            assert_eq!(install.files, ["go.mod"], "{line}");
        }
        let line = "go install example.com/a/cmd/b@v1.2.3 example.com/c@latest";
        let Some(Ok(Command::Install(install))) = read(line) else { panic!("{line}") };
        assert!(install.files.is_empty());
        for line in [
            "go build -o /app .",
            "go install ./...",
            "go install ./x@v1",
            "go install -v example.com/a@v1",
            "go get -d -v ./...",
            "go mod tidy",
            "go mod vendor",
            "go test ./...",
        ] {
            let is_told = matches!(read(line), Some(Err(Reason::ReadsProject { .. })));
            assert!(is_told, "{line}: {:?}", read(line));
        }
        for line in ["go mod download -reuse=a.json", "go mod download -modfile=x.mod"] {
            assert!(matches!(read(line), Some(Err(Reason::Option { .. }))), "{line}");
        }
        assert!(matches!(read("go mod download all"), Some(Err(Reason::NotUnderstood { .. }))));
        for line in ["go install", "go env -w GOFLAGS=-mod=mod", "go run ./x", "go"] {
            let is_told =
                matches!(read(line), Some(Err(Reason::Command(_) | Reason::ReadsProject { .. })));
            assert!(is_told, "{line}: {:?}", read(line));
        }
        assert!(read("gofmt -l .").is_none());
        assert!(read("./go mod download").is_none());
    }
}
