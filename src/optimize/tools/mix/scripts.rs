//! `mix.exs` and the files of `config`: what they lead to, and what in them would read more.

use crate::optimize::Reason;

/// What a `mix.exs` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Project {
    /// The directory of an umbrella's projects.
    pub(super) apps: Option<String>,
    /// Directories that may be packages.
    pub(super) paths: Vec<String>,
    /// Files that it reads.
    pub(super) files: Vec<String>,
}

/// What a configuration imports.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Imported {
    /// This file.
    File(String),
    /// The file of the environment that `MIX_ENV` names.
    OfMode,
    /// Any number of files.
    Several,
}

/// By these a script reads files, runs programs, or becomes another script.
const READS: &[&str] = &[
    "Code.",
    "File.",
    "IO.",
    "Mix.Task",
    "Mix.install",
    "Mix.shell",
    "Path.wildcard",
    "Port.",
    "System.cmd",
    "System.shell",
    ":code.",
    ":file.",
    ":filelib.",
    ":os.cmd",
    "__DIR__ |>",
    "apply(",
];

/// Settings of a project that put things elsewhere; one of an umbrella's projects has them from
/// the umbrella.
const ELSEWHERE: &[&str] = &[
    "deps_path:",
    "build_path:",
    "lockfile:",
    "config_path:",
    "\"deps.get\":",
    "\"deps.compile\":",
];

/// Reads a `mix.exs`; `is_root` where it is that of the project which the command is for.
pub(super) fn project(source: &str, text: &str, is_root: bool) -> Result<Project, Reason> {
    let mut project = Project::default();
    for (number, line) in lines(text) {
        let odd = |text: &str| odd(source, number, text);
        let (rest, files) = without_reads(line);
        project.files.extend(files);
        if let Some(mark) = READS.iter().find(|mark| rest.contains(**mark)) {
            return Err(odd(mark));
        }
        if let Some(mark) = ELSEWHERE.iter().find(|mark| is_root && line.contains(**mark)) {
            return Err(odd(mark));
        }
        if is_root && line.contains("in_umbrella:") {
            return Err(odd("in_umbrella:"));
        }
        for value in values(line, "apps_path:") {
            project.apps = Some(value.ok_or_else(|| odd("apps_path:"))?);
        }
        for value in values(line, "path:") {
            project.paths.push(value.ok_or_else(|| odd("path:"))?);
        }
    }
    Ok(project)
}

/// What a file of `config` imports.
pub(super) fn imports(source: &str, text: &str) -> Result<Vec<Imported>, Reason> {
    let mut imports = Vec::new();
    for (number, line) in lines(text) {
        if let Some(mark) = READS.iter().find(|mark| line.contains(**mark)) {
            return Err(odd(source, number, mark));
        }
        let Some((_, argument)) = line.split_once("import_config") else { continue };
        let argument = argument.trim_start_matches([' ', '(']);
        let is_mode = ["\"#{config_env()}.exs\"", "\"#{Mix.env()}.exs\"", "\"#{Mix.env}.exs\""]
            .iter()
            .any(|mode| argument.starts_with(mode));
        imports.push(match quoted(argument) {
            _ if is_mode => Imported::OfMode,
            Some(file) if !file.contains(['*', '#', '{', '?', '[']) => Imported::File(file),
            Some(pattern) if pattern.ends_with("/config/config.exs") => Imported::Several,
            Some(pattern) if !pattern.contains('/') => Imported::Several,
            _ => return Err(odd(source, number, line.trim())),
        });
    }
    Ok(imports)
}

fn odd(source: &str, line: usize, text: &str) -> Reason {
    Reason::NotUnderstood { place: format!("{source}:{line}"), text: text.to_owned() }
}

/// The lines that are no comments, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let all = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    all.filter(|(_, line)| !line.trim_start().starts_with('#'))
}

/// A line without the reading of files that it names, and these files.
fn without_reads(line: &str) -> (String, Vec<String>) {
    let mut rest = line.to_owned();
    let mut files = Vec::new();
    for call in ["File.read!(", "File.read("] {
        while let Some((before, behind)) = rest.split_once(call) {
            let Some(file) = quoted(behind).filter(|file| !file.contains("#{")) else { break };
            let behind = &behind[file.len() + 2..];
            if !behind.starts_with(')') {
                break;
            }
            rest = format!("{before}{behind}");
            files.push(file);
        }
    }
    (rest, files)
}

/// What stands behind a key each time; `None` inside where it is worked out.
fn values<'a>(line: &'a str, key: &'a str) -> impl Iterator<Item = Option<String>> + 'a {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let keys = line.match_indices(key).filter(move |(at, _)| !line[..*at].ends_with(is_part));
    keys.map(move |(at, _)| {
        quoted(line[at + key.len()..].trim_start()).filter(|value| !value.contains("#{"))
    })
}

/// The plain text that a text begins with in quotes.
fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?;
    let inner = &inner[..inner.find('"')?];
    (!inner.contains('\\')).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_project_leads_to_is_found() {
        let text = "version: File.read!(\"VERSION\") |> String.trim(),\n\
                    # {:a, path: \"no\"}\n{:b, path: \"../b\"},\n{:c, \"~> 1.0\"},\n\
                    Keyword.new(path: \"c\")\napps_path: \"apps\"\n";
        let expected = Project {
            apps: Some("apps".to_owned()),
            paths: vec!["../b".to_owned(), "c".to_owned()],
            files: vec!["VERSION".to_owned()],
        };
        assert_eq!(project("mix.exs", text, true), Ok(expected));
        let child = "deps_path: \"../../deps\",\n{:a, in_umbrella: true}";
        assert!(project("mix.exs", child, false).is_ok());
        assert!(project("mix.exs", child, true).is_err());
    }

    #[test]
    fn what_reads_more_is_refused() {
        for text in [
            "version: File.read!(file)",
            "version: File.read!(\"#{x}\")",
            "if File.exists?(\"x\"), do: 1",
            "System.cmd(\"git\", [\"describe\"])",
            "Code.require_file(\"x.exs\")",
            "{:a, path: x}",
            "deps_path: \"x\"",
            "aliases: [\"deps.get\": [\"x\"]]",
        ] {
            assert!(project("mix.exs", text, true).is_err(), "{text}");
        }
        for text in ["import_config other", "x = File.read!(\"x\")", "import_config \"a/*/b.exs\""]
        {
            assert!(imports("config.exs", text).is_err(), "{text}");
        }
    }

    #[test]
    fn imports_are_files_or_that_of_the_environment() {
        let text = "import Config\nimport_config \"base.exs\"\nimport_config(\"#{config_env()}.exs\")\n\
                    import_config \"#{Mix.env()}.exs\"\nimport_config \"../apps/*/config/config.exs\"\n";
        let expected = vec![
            Imported::File("base.exs".to_owned()),
            Imported::OfMode,
            Imported::OfMode,
            Imported::Several,
        ];
        assert_eq!(imports("config.exs", text), Ok(expected));
    }
}
