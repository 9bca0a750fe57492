//! Command lines: options that are known and all the rest.

use crate::optimize::Reason;
use crate::optimize::tools::{Directory, is_remote_address};

/// The options of one tool. What is in no list refuses.
#[derive(Debug)]
pub(super) struct Grammar {
    /// The tool.
    pub(super) tool: &'static str,
    /// Without a value, or with `=true` and `=false`.
    pub(super) plain: &'static [&'static str],
    /// With a value that is a word, never a path.
    pub(super) words: &'static [&'static str],
    /// With an address; a local one is refused.
    pub(super) addresses: &'static [&'static str],
    /// With the absolute path of a cache.
    pub(super) caches: &'static [&'static str],
    /// With the directory of the project.
    pub(super) projects: &'static [&'static str],
}

/// A command line that is understood.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// What is no option: the command and its arguments.
    pub(super) words: Vec<String>,
    /// The plain options that are on.
    pub(super) told: Vec<String>,
    /// The directory of the project, as written.
    pub(super) project: Option<String>,
    /// Where caches are.
    pub(super) directories: Vec<Directory>,
}

impl Grammar {
    /// Reads what stands behind the program.
    pub(super) fn read(&self, words: &[&str]) -> Result<Line, Reason> {
        let mut line = Line::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !word.starts_with('-') {
                line.words.push((*word).to_owned());
                continue;
            }
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*word, None),
            };
            if self.plain.contains(&name) {
                match attached {
                    None | Some("true") => line.told.push(name.to_owned()),
                    // The last one counts.
                    Some("false") => line.told.retain(|told| told != name),
                    Some(_) => return Err(self.refused(word)),
                }
                continue;
            }
            let value = attached.or_else(|| words.next().copied()).unwrap_or_default();
            self.option(name, value, &mut line)?;
        }
        Ok(line)
    }

    fn option(&self, name: &str, value: &str, line: &mut Line) -> Result<(), Reason> {
        let refused = || self.refused(format!("{name} {value}").trim());
        if value.is_empty() {
            return Err(refused());
        }
        if self.projects.contains(&name) && line.project.is_none() {
            line.project = Some(value.to_owned());
            return Ok(());
        }
        if self.caches.contains(&name) && value.starts_with('/') {
            line.directories.push(Directory { option: name.to_owned(), path: value.to_owned() });
            return Ok(());
        }
        // A filter in brackets asks git what has changed.
        let is_word = self.words.contains(&name) && !value.contains('[');
        let is_address = self.addresses.contains(&name) && is_remote_address(value);
        if is_word || is_address { Ok(()) } else { Err(refused()) }
    }

    fn refused(&self, text: &str) -> Reason {
        Reason::Option { tool: self.tool, text: text.to_owned() }
    }
}

/// A file of the project as the command leads to it.
pub(super) fn in_project(line: &Line, file: &str) -> String {
    match &line.project {
        Some(project) => format!("{}/{file}", project.trim_end_matches('/')),
        None => file.to_owned(),
    }
}

/// Whether a script's text runs a program with one of these commands, or with none where that
/// installs too, in a project: an install for all projects (`--global`) is none.
pub(super) fn mentions(text: &str, program: &str, commands: &[&str], bare: bool) -> bool {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let ends = ['&', ';', '|', '(', ')', '{', '}', '\n', '`', '"', '\''];
    text.split(ends).any(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        let is_before = |word: &&&str| {
            word.contains('=') || matches!(**word, "exec" | "env" | "sudo" | "then" | "do" | "else")
        };
        let position = words.iter().take_while(is_before).count();
        let program_here = words.get(position).and_then(|word| word.rsplit('/').next());
        if program_here != Some(program) {
            return false;
        }
        let rest = &words[position + 1..];
        if rest.iter().any(|word| matches!(*word, "-g" | "--global" | "--location=global")) {
            return false;
        }
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            match *word {
                "--prefix" | "--cwd" | "--dir" | "-C" | "--filter" | "-F" => _ = rest.next(),
                word if word.starts_with('-') => {}
                word => return commands.contains(&word),
            }
        }
        bare
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: Grammar = Grammar {
        tool: "npm",
        plain: &["--force", "-f"],
        words: &["--omit"],
        addresses: &["--registry"],
        caches: &["--cache"],
        projects: &["--prefix"],
    };

    #[test]
    fn options_that_are_known_are_read() {
        let words = "--prefix web ci --force=true -f=false --omit dev --cache /c --omit=x y";
        let words: Vec<_> = words.split(' ').collect();
        let line = GRAMMAR.read(&words).unwrap();
        assert_eq!(
            (line.words, line.told),
            (vec!["ci".into(), "y".into()], vec!["--force".into()])
        );
        assert_eq!(line.project.as_deref(), Some("web"));
        assert_eq!(line.directories[0].path, "/c");
    }

    #[test]
    fn all_others_are_refused() {
        for words in
            ["--force=x", "--omit", "--cache c", "--registry ./r", "--x", "--", "--omit [a]"]
        {
            let words: Vec<_> = words.split(' ').collect();
            assert!(matches!(GRAMMAR.read(&words), Err(Reason::Option { .. })), "{words:?}");
        }
    }

    #[test]
    fn installs_are_told_from_other_commands() {
        for text in
            ["npm ci", "a && npm --x i -D", "npm --prefix web ci", "(npm \\\n i)", "A=b /b/npm i"]
        {
            assert!(mentions(text, "npm", &["ci", "i"], false), "{text}");
        }
        for text in ["npm", "npm run ci", "npm i -g x", "pnpm i", "npm-ci i", "apk add npm i"] {
            assert!(!mentions(text, "npm", &["ci", "i"], false), "{text}");
        }
        assert!(mentions("yarn --silent && x", "yarn", &["install"], true));
        assert!(!mentions("apt-get install -y yarn", "yarn", &["install"], true));
    }
}
