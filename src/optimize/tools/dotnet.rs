//! What .NET does: `dotnet restore`.
//!
//! It evaluates the project files below the working directory, or the one that it is told, with all
//! that they import, and writes what it found into the `obj` of each. Every file that `MSBuild` may
//! import is copied, whether it is needed or not; what can look at other files refuses. As a project
//! file is a program, both images are compared all the same.

use std::collections::BTreeSet;

use super::{Command, Directory, Habits, Install, Needs, Tool, Variables, View, is_program};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::types::Risk;

/// .NET.
#[derive(Debug)]
pub(super) struct Dotnet;

/// More directories than there should be COPY lines for.
const DIRECTORIES: usize = 40;

/// How the names of files end that `MSBuild` reads.
const READ: &[&str] = &["proj", ".sln", ".slnx", ".slnf", ".props", ".targets", "proj.user"];

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
];

/// Options whose value is a word.
const WITH_WORD: &[&str] = &["--arch", "--os", "--runtime", "--verbosity", "-a", "-r", "-v"];

const HABITS: Habits = Habits {
    read_anywhere: &[
        ".paket",
        "Directory.Build.rsp",
        "MSBuild.rsp",
        "packages.config",
        "paket.dependencies",
    ],
    read_at_home: &[".config", ".dotnet", ".nuget"],
    variables: &[
        Variables {
            prefix: "NUGET_",
            harmless: &["NUGET_XMLDOC_MODE", "NUGET_CERT_REVOCATION_MODE"],
            addresses: &[],
            paths: &["NUGET_PACKAGES", "NUGET_HTTP_CACHE_PATH", "NUGET_SCRATCH"],
        },
        Variables {
            prefix: "DOTNET_",
            harmless: &[
                "DOTNET_CLI_TELEMETRY_OPTOUT",
                "DOTNET_ENABLEDIAGNOSTICS",
                "DOTNET_GENERATE_ASPNET_CERTIFICATE",
                "DOTNET_NOLOGO",
                "DOTNET_ROLL_FORWARD",
                "DOTNET_RUNNING_IN_CONTAINER",
                "DOTNET_SDK_VERSION",
                "DOTNET_SKIP_FIRST_TIME_EXPERIENCE",
                "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT",
                "DOTNET_USE_POLLING_FILE_WATCHER",
                "DOTNET_VERSION",
            ],
            addresses: &[],
            paths: &["DOTNET_ROOT", "DOTNET_CLI_HOME"],
        },
        Variables { prefix: "MSBUILD", harmless: &[], addresses: &[], paths: &[] },
        Variables { prefix: "RESTORE", harmless: &[], addresses: &[], paths: &[] },
    ],
    leading: &[],
    settings: &["nuget config", "nuget add source", "nuget.config", "NuGet.Config"],
};

impl Tool for Dotnet {
    fn name(&self) -> &'static str {
        "dotnet"
    }

    fn habits(&self) -> &'static Habits {
        &HABITS
    }

    fn is_manifest(&self, name: &str) -> bool {
        is_read(name.as_bytes())
    }

    fn is_mentioned(&self, text: &str) -> bool {
        let mut words = text.split_whitespace();
        words.any(|word| is_program(word, "dotnet")) && words.next() == Some("restore")
    }

    fn read(&self, command: &Words) -> Option<Result<Command, Reason>> {
        let (program, rest) = command.words.split_first()?;
        if !is_program(program, "dotnet") {
            return None;
        }
        let Some(("restore", options)) = rest.split_first().map(|(verb, rest)| (&**verb, rest))
        else {
            return Some(Err(Reason::Command(command.words.join(" "))));
        };
        let mut install = Install::new(&Dotnet, "dotnet restore", program, command);
        Some(read_options(options, &mut install).map(|()| Command::Install(install)))
    }

    fn follow(&self, _: &Install, view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
        // A solution may lead to any project, and a project to any other.
        let is_named = |place: &&ContextPath| place.file_name().is_some_and(is_read);
        let places: Vec<ContextPath> =
            view.landing.iter().map(|(place, _)| place).filter(is_named).cloned().collect();
        let mut directories = BTreeSet::new();
        for place in &places {
            let text = view.require(place, needs)?;
            let source = needs.manifests[place].to_string();
            check(&source, &text)?;
            directories.extend(place.parent());
            let ends = |end: &str| place.as_bytes().ends_with(end.as_bytes());
            if let Some(directory) = place.parent().filter(|_| ends("proj")) {
                needs.written.push(directory.join("obj"));
                needs.written.push(directory.join("packages.lock.json"));
            }
        }
        if directories.len() > DIRECTORIES {
            return Err(Reason::Scattered(directories.len()));
        }
        needs.risk = Risk::Verify;
        Ok(())
    }
}

/// Whether a file of this name is one that `MSBuild` or `NuGet` reads.
fn is_read(name: &[u8]) -> bool {
    let others = ["nuget.config", "global.json", "packages.lock.json"];
    READ.iter().any(|end| name.ends_with(end.as_bytes()))
        || others.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

fn read_options(options: &[String], install: &mut Install) -> Result<(), Reason> {
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let (name, attached) = match option.split_once(['=', ':']) {
            Some((name, value)) => (name, Some(value)),
            None => (&**option, None),
        };
        let refused = || Reason::Option { tool: "dotnet", text: option.clone() };
        if PLAIN.contains(&name) && attached.is_none() {
            continue;
        }
        if WITH_WORD.contains(&name) {
            let value = attached.or_else(|| options.next().map(String::as_str));
            let is_word =
                |text: &&str| text.chars().all(|c| c.is_alphanumeric() || ".-".contains(c));
            value.filter(is_word).ok_or_else(refused)?;
        } else if name == "--packages" {
            let path = attached.or_else(|| options.next().map(String::as_str));
            let path = path.ok_or_else(refused)?.to_owned();
            install.directories.push(Directory { option: name.to_owned(), path });
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

/// Whether a project file looks at nothing but files of its kind.
fn check(source: &str, text: &str) -> Result<(), Reason> {
    let refused = |text: &str| {
        let text = text.split('\n').next().unwrap_or_default().trim().to_owned();
        Err(Reason::NotUnderstood { place: source.to_owned(), text })
    };
    for mark in ["<Exec", "System.IO", "ReadAllText", "ReadLinesFromFile", "<UsingTask"] {
        if text.contains(mark) {
            return refused(mark);
        }
    }
    let tags = |name: &'static str| {
        let begins = text.match_indices(name).map(|(at, _)| &text[at..]);
        begins.map(|tag| tag.split_once('>').map_or(tag, |(tag, _)| tag))
    };
    let is_kind = |path: &str| {
        let path = path.trim_matches(['\'', '"', ' ', ')']);
        READ.iter().any(|end| path.ends_with(end)) || path.to_ascii_lowercase().ends_with(".config")
    };
    for tag in tags("<Import") {
        let project = tag.split_once("Project=\"").map(|(_, rest)| rest.split('"').next());
        if project.flatten().is_some_and(|path| !is_kind(path) && !path.contains("FileAbove")) {
            return refused(tag);
        }
    }
    let is_above = |call: &str| call.contains("Directory.") || call.contains(".props");
    for call in tags("FileAbove") {
        if !is_above(call) {
            return refused(call);
        }
    }
    for (at, _) in text.match_indices("Exists(") {
        let call = text[at + "Exists(".len()..].split(')').next().unwrap_or_default();
        if !is_kind(call) {
            return refused(&format!("Exists({call})"));
        }
    }
    for tag in tags("<Target") {
        if tag.contains("Restore") || tag.contains("Collect") || tag.contains("InitialTargets") {
            return refused(tag);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_is_read() {
        let read = |line: &str| {
            let words = line.split(' ').map(str::to_owned).collect();
            Dotnet.read(&Words { assignments: Vec::new(), words })
        };
        for line in [
            "dotnet restore",
            "dotnet restore -a amd64 --no-cache",
            "dotnet restore Shop/Shop.csproj -r linux-x64",
            "dotnet restore --packages /packages -v:q",
        ] {
            assert!(matches!(read(line), Some(Ok(Command::Install(_)))), "{line}");
        }
        for line in [
            "dotnet publish",
            "dotnet restore a b",
            "dotnet restore --configfile x",
            "dotnet restore -p:X=../y",
            "dotnet restore --source ./packages",
            "dotnet restore -a a/b",
            "dotnet",
        ] {
            assert!(matches!(read(line), Some(Err(_))), "{line}");
        }
        assert!(read("npm ci").is_none());
    }

    #[test]
    fn a_project_file_that_looks_elsewhere_is_refused() {
        for text in [
            "<Exec Command=\"x\"/>",
            "<A>$([System.IO.File]::ReadAllText('x'))</A>",
            "<Import Project=\"build.xml\"/>",
            "<A Condition=\"Exists('src/x.cs')\"/>",
            "<Target Name=\"x\" BeforeTargets=\"Restore\"/>",
            "<Import Project=\"$([MSBuild]::GetPathOfFileAbove('x.xml'))\"/>",
        ] {
            assert!(check("a.csproj", text).is_err(), "{text}");
        }
        for text in [
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PackageReference Include=\"A\"/></Project>",
            "<Import Project=\"../x.props\" Condition=\"Exists('../x.props')\"/>",
            "<Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '../'))\"/>",
            "<Target Name=\"x\" AfterTargets=\"Build\"/>",
        ] {
            assert_eq!(check("a.csproj", text), Ok(()), "{text}");
        }
    }
}
