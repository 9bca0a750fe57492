//! What the scripts of a build lead to, and what in them would read more.

use super::script::{Token, tokens};
use crate::optimize::Reason;
use crate::optimize::tools::is_remote_address;

/// What a script leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Led {
    /// The directories of the projects that it includes, relative to its own.
    pub(super) projects: Vec<String>,
    /// The directories of whole builds that it includes.
    pub(super) builds: Vec<String>,
    /// Other scripts that it applies, and catalogs of versions, as written.
    pub(super) files: Vec<String>,
}

/// Names by which a script reads or lists files, or runs something that may.
const READS: &[&str] = &[
    "BufferedReader",
    "FileInputStream",
    "FileReader",
    "Files",
    "GroovyShell",
    "ProcessBuilder",
    "Runtime",
    "Scanner",
    "asBytes",
    "asText",
    "bufferedReader",
    "eachDir",
    "eachDirRecurse",
    "eachFile",
    "eachFileMatch",
    "eachFileRecurse",
    "eachLine",
    "evaluate",
    "exec",
    "execute",
    "exists",
    "fileContents",
    "fileTree",
    "flatDir",
    "inputStream",
    "isDirectory",
    "isFile",
    "javaexec",
    "lastModified",
    "listFiles",
    "load",
    "newInputStream",
    "newReader",
    "readBytes",
    "readLines",
    "readText",
    "tarTree",
    "useLines",
    "walk",
    "walkTopDown",
    "withInputStream",
    "withReader",
    "zipTree",
];

/// Reads a script; `is_settings` where it says which projects there are.
pub(super) fn read(source: &str, script: &str, is_settings: bool) -> Result<Led, Reason> {
    let odd = |line: usize, text: &str| Reason::NotUnderstood {
        place: format!("{source}:{line}"),
        text: text.to_owned(),
    };
    let tokens = tokens(script)
        .map_err(|line| odd(line, script.lines().nth(line - 1).unwrap_or_default().trim()))?;
    let mut led = Led::default();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let behind = || tokens[at + 1..].iter().map(|(_, token)| token);
        let is_member = at > 0 && tokens[at - 1].1 == Token::Symbol('.');
        let is = |symbol: char| behind().next() == Some(&Token::Symbol(symbol));
        let refused = || Err(odd(*line, word));
        match *word {
            "text" if is_member && !is('=') => return refused(),
            "files" if is('(') => led.files.extend(catalogs(behind()).ok_or_else(|| {
                let (place, text) = (format!("{source}:{line}"), "files(".to_owned());
                Reason::NeedsSources { place, text }
            })?),
            "url" | "uri" => match argument(behind()) {
                Some(Argument::Text(address)) if is_remote_address(address) => {}
                Some(Argument::Text(address)) => {
                    let (place, text) = (format!("{source}:{line}"), address.to_owned());
                    return Err(Reason::NeedsSources { place, text });
                }
                Some(Argument::Word("uri")) => {}
                _ => return refused(),
            },
            "from" if is(':') || is('=') => match argument(behind()) {
                Some(Argument::Text(file)) => {
                    if !is_remote_address(file) {
                        led.files.push(file.to_owned());
                    }
                }
                _ => return refused(),
            },
            "includeBuild" => match argument(behind()) {
                Some(Argument::Text(directory)) => led.builds.push(directory.to_owned()),
                _ => return refused(),
            },
            "include" | "includeFlat" if is_settings && !is_member => {
                let paths = projects(behind()).filter(|_| *word == "include");
                led.projects.extend(paths.ok_or_else(|| odd(*line, word))?);
            }
            // A project may lie elsewhere, and the loops that find projects read directories.
            "projectDir" | "buildFileName" if is('=') => return refused(),
            word if READS.contains(&word) => return refused(),
            _ => {}
        }
    }
    Ok(led)
}

enum Argument<'a> {
    Text(&'a str),
    Word(&'a str),
}

/// What stands behind a name: `(x`, `= x`, `: x`, or `x`.
fn argument<'a>(mut behind: impl Iterator<Item = &'a Token<'a>>) -> Option<Argument<'a>> {
    let is_between = |token: &&Token<'_>| matches!(token, Token::Symbol('(' | '=' | ':'));
    match behind.find(|token| !is_between(token))? {
        Token::Text(text) => Some(Argument::Text(text)),
        Token::Word(word) => Some(Argument::Word(word)),
        Token::Symbol(_) => None,
    }
}

/// The catalogs of `files("a.versions.toml")`; `None` where anything else is named.
fn catalogs<'a>(behind: impl Iterator<Item = &'a Token<'a>>) -> Option<Vec<String>> {
    let mut files = Vec::new();
    for token in behind.skip(1) {
        match token {
            Token::Text(file) if file.strip_suffix(".toml").is_some() => {
                files.push((*file).to_owned());
            }
            Token::Symbol(',') => {}
            Token::Symbol(')') => return Some(files),
            _ => return None,
        }
    }
    None
}

/// The directories of `include("a", ":b:c")`, those above them among them; `None` where one is
/// worked out.
fn projects<'a>(behind: impl Iterator<Item = &'a Token<'a>>) -> Option<Vec<String>> {
    let mut directories = Vec::new();
    let mut is_next = true;
    for token in behind {
        match token {
            Token::Symbol('(') if directories.is_empty() => {}
            Token::Text(path) if is_next => {
                if path.contains('$') {
                    return None;
                }
                let names: Vec<&str> = path.split([':', '/']).filter(|it| !it.is_empty()).collect();
                directories.extend((1..=names.len()).map(|count| names[..count].join("/")));
                is_next = false;
            }
            Token::Symbol(',') => is_next = true,
            _ => break,
        }
    }
    (!directories.is_empty()).then_some(directories)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_builds_and_scripts_are_found() {
        let settings =
            "rootProject.name = 'a'\ninclude 'core', ':web:api'\nincludeBuild(\"logic\")\n";
        let led = read("settings.gradle", settings, true).unwrap();
        assert_eq!(led.projects, ["core", "web", "web/api"]);
        assert_eq!(led.builds, ["logic"]);
        let kotlin = read("settings.gradle.kts", "include(\":a\", \"b\")\ninclude(\"c\")", true);
        assert_eq!(kotlin.unwrap().projects, ["a", "b", "c"]);
        let script = "apply from: 'gradle/x.gradle'\napply(from = \"https://x.example/y.gradle\")\n\
                      from(files(\"../gradle/libs.versions.toml\"))\nurl = uri('https://x.example')\n\
                      url 'https://y.example'\ncopy { from('src') }\nplugins { id('java') }\n\
                      include 'x.txt'\ndescription = x.text\n// fileTree('libs')\n";
        let script = script.replace("x.text", "'text'");
        let led = read("build.gradle", &script, false).unwrap();
        assert_eq!(led.files, ["gradle/x.gradle", "../gradle/libs.versions.toml"]);
        assert!(led.projects.is_empty());
    }

    #[test]
    fn what_reads_files_is_refused() {
        for script in [
            "implementation files('libs/a.jar')",
            "implementation(fileTree(\"libs\"))",
            "version = file('VERSION').text.trim()",
            "version = file(\"VERSION\").readText()",
            "def hash = 'git rev-parse HEAD'.execute().text",
            "if (file('x').exists()) { }",
            "repositories { flatDir { dirs 'libs' } }",
            "maven { url 'libs' }",
            "maven { url = uri(\"file:///x\") }",
            "maven { url = layout.projectDirectory.dir('r') }",
            "apply from: \"$x\" + y",
            "apply from: other",
            "includeBuild(x)",
            "a =~ /b/",
        ] {
            let is_from = script.contains("\"$x\"");
            assert_eq!(read("build.gradle", script, false).is_err(), !is_from, "{script}");
        }
        for settings in [
            "include(\"a$b\")",
            "include(*x)",
            "includeFlat 'x'",
            "project(':a').projectDir = file('b')",
            "rootDir.eachDir { include(it.name) }",
        ] {
            assert!(read("settings.gradle", settings, true).is_err(), "{settings}");
        }
    }
}
