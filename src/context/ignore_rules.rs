//! What an ignore file says: `.dockerignore`, or `<Dockerfile>.dockerignore` in its place.
//!
//! In: the file's bytes. Out: whether a path is part of the context, and which line said so.
//! Lines are read as the engine reads them (moby's `ignorefile`): a byte order mark is dropped,
//! `#` makes a comment only as a line's very first character, white space around a pattern is
//! cut, and a leading slash means nothing.

use std::path::{Path, PathBuf};

use super::lexical::{characters, clean, trim};
use super::patterns::{ParentMatches, PathFilter, PatternError, PatternMatcher};
use super::{ContextPath, Disk, Error, Source};

/// The engine reads lines into a buffer of this many bytes.
const LINE_LIMIT: usize = 64 * 1024;

/// The rules of one ignore file.
#[derive(Debug, Clone, Default)]
pub struct IgnoreRules {
    source: Option<PathBuf>,
    text: Vec<u8>,
    rules: Vec<Rule>,
    matcher: PatternMatcher,
}

/// One line of an ignore file that is a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The line, counted from 1.
    pub line: usize,
    /// The pattern as the engine gets it: trimmed, cleaned, without a leading slash, with its
    /// `!`. Bytes that are not UTF-8 are replaced, as they are on their way to the engine.
    pub pattern: String,
}

impl Rule {
    /// Whether it takes back what earlier lines leave out.
    pub fn is_exception(&self) -> bool {
        self.pattern.starts_with('!')
    }
}

impl IgnoreRules {
    /// No rules: everything is part of the context.
    pub fn none() -> Self {
        Self::default()
    }

    /// The rules in an ignore file's text.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Self::parse_named(text, None)
    }

    /// The rules for the context at `root` when it is built with the Dockerfile at `dockerfile`.
    ///
    /// `<dockerfile>.dockerignore` wins over `.dockerignore` at the root, even when it is empty.
    /// With neither there are no rules. Links are followed as the engine follows them, inside
    /// the directory only: an ignore file that links out of it counts as missing. Give the
    /// Dockerfile's path as the build names it: when `Dockerfile` is asked for and the engine
    /// takes `dockerfile`, the ignore file's name is still made of the former.
    pub fn load(root: &Path, dockerfile: &Path) -> Result<Self, Error> {
        let beside = dockerfile.parent().map_or(root, |parent| {
            if parent.as_os_str().is_empty() { Path::new(".") } else { parent }
        });
        let context = Disk::new(root);
        match dockerfile.file_name() {
            Some(name) => Self::load_beside(&context, &Disk::new(beside), name.as_encoded_bytes()),
            None => Self::load_common(root),
        }
    }

    /// The rules of `.dockerignore` at `root` alone, as for a directory of `--build-context`.
    pub fn load_common(root: &Path) -> Result<Self, Error> {
        Self::load_first(&[(&Disk::new(root), common())])
    }

    /// As [`load`](Self::load), for a context and a Dockerfile in the same source: the context is
    /// its root, and the Dockerfile's path is from there.
    pub fn load_from(context: &dyn Source, dockerfile: &ContextPath) -> Result<Self, Error> {
        let own = [dockerfile.as_bytes(), b".dockerignore"].concat();
        Self::load_first(&[(context, ContextPath::new(own)), (context, common())])
    }

    /// As [`load`](Self::load), for a Dockerfile outside the context: `beside` is the directory
    /// that holds it, and `name` its name there.
    pub fn load_beside(
        context: &dyn Source,
        beside: &dyn Source,
        name: &[u8],
    ) -> Result<Self, Error> {
        let own = [name, b".dockerignore"].concat();
        Self::load_first(&[(beside, ContextPath::new(own)), (context, common())])
    }

    /// The rules of the first of these files that is there.
    fn load_first(files: &[(&dyn Source, ContextPath)]) -> Result<Self, Error> {
        for (source, path) in files {
            let text = source.read(path).map_err(|error| match error {
                Error::File { path, reason } => Error::IgnoreFile { path, reason },
                other => other,
            })?;
            if let Some(text) = text {
                return Self::parse_named(&text, Some(source.place(path)));
            }
        }
        Ok(Self::none())
    }

    /// The same rules as the classic builder's client walks by. It finds less than the other:
    /// below a directory that is left out it looks only for exceptions that spell out the
    /// directory's path, so that with `a` and `!**/keep` nothing of `a` is sent.
    #[must_use]
    pub fn for_classic_builder(self) -> Self {
        Self { matcher: self.matcher.for_classic_builder(), ..self }
    }

    fn parse_named(text: &[u8], source: Option<PathBuf>) -> Result<Self, Error> {
        let file = || {
            let name = source.as_deref().unwrap_or(Path::new(".dockerignore"));
            format!("{}", name.display())
        };
        let mut rules = Vec::new();
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            if line.len() >= LINE_LIMIT {
                return Err(Error::LongLine { file: file(), line: index + 1 });
            }
            let line = match index {
                0 => line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line),
                _ => line,
            };
            if let Some(pattern) = read_line(line) {
                rules.push(Rule { line: index + 1, pattern });
            }
        }
        let matcher =
            PatternMatcher::new(rules.iter().map(|rule| &rule.pattern)).map_err(|reason| {
                Error::Pattern { file: file(), line: rules[place(&reason)].line, reason }
            })?;
        Ok(Self { source, text: text.to_vec(), rules, matcher })
    }

    /// The file that the rules came from; `None` when there is none.
    pub fn source(&self) -> Option<&Path> {
        self.source.as_deref()
    }

    /// The file's bytes; empty when there is none.
    pub fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// Every pattern with its line, in order: what the engine asks the context with.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The same rules with these lines at the end.
    pub fn with_lines<'a>(&self, lines: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut text = self.text.clone();
        for line in lines {
            text.push(b'\n');
            text.extend(line.as_bytes());
        }
        Self::parse_named(&text, self.source.clone())
    }

    /// The matcher of the rules; its places are those of [`rules`](Self::rules).
    pub(super) const fn matcher(&self) -> &PatternMatcher {
        &self.matcher
    }

    /// The filter that a walk goes by.
    pub fn filter(&self) -> PathFilter {
        if self.matcher.is_empty() {
            PathFilter::default()
        } else {
            PathFilter::excluding(self.matcher.clone())
        }
    }

    /// Whether a walk of the context leaves the path out. A directory that is left out for
    /// itself is still part of the context when something in it is taken back.
    pub fn excludes(&self, path: &ContextPath, is_dir: bool) -> bool {
        !path.is_root() && !self.filter().selects(path, is_dir)
    }

    /// The rule that decides about the path in a walk, its own or that of a directory above it,
    /// and whether it leaves the path out. `None` when no rule touches it.
    pub fn deciding(&self, path: &ContextPath) -> Option<(&Rule, bool)> {
        let bytes = path.as_bytes();
        let mut parent = ParentMatches::default();
        for (end, _) in bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'/') {
            let directory = &bytes[..end];
            let (excluded, met) = self.matcher.matches_below(directory, &parent);
            if excluded && !self.matcher.exception_below(directory) {
                return self.rule(self.matcher.deciding(directory, &parent));
            }
            parent = met;
        }
        self.rule(self.matcher.deciding(bytes, &parent))
    }

    fn rule(&self, decided: Option<(usize, bool)>) -> Option<(&Rule, bool)> {
        decided.map(|(place, excluded)| (&self.rules[place], excluded))
    }
}

/// The pattern of one line, if it is one.
fn read_line(line: &[u8]) -> Option<String> {
    if line.starts_with(b"#") {
        return None;
    }
    let line = trim(line);
    let (exception, pattern) = match line.strip_prefix(b"!") {
        Some(rest) => ("!", trim(rest)),
        None => ("", line),
    };
    if line.is_empty() {
        return None;
    }
    let mut text = exception.to_owned();
    if !pattern.is_empty() {
        let clean = clean(pattern);
        let relative = clean.strip_prefix(b"/").filter(|rest| !rest.is_empty());
        text.extend(characters(relative.unwrap_or(&clean)));
    }
    Some(text)
}

fn place(error: &PatternError) -> usize {
    match error {
        PatternError::LoneException { place }
        | PatternError::Syntax { place, .. }
        | PatternError::Unreadable { place, .. } => *place,
    }
}

/// The ignore file of every Dockerfile that has none of its own.
fn common() -> ContextPath {
    ContextPath::new(".dockerignore")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(text: &[u8]) -> Vec<(usize, String)> {
        let rules = IgnoreRules::parse(text).unwrap();
        rules.rules().iter().map(|rule| (rule.line, rule.pattern.clone())).collect()
    }

    fn excludes(rules: &str, path: &str) -> bool {
        let rules = IgnoreRules::parse(rules.as_bytes()).unwrap();
        rules.excludes(&ContextPath::new(path), false)
    }

    #[test]
    fn lines_are_read_as_the_engine_reads_them() {
        let text = "\u{feff}# comment\r\n\r\n  a/./b/  \r\n #a\n!  /c//d\n/\n.\n";
        let read = patterns(text.as_bytes());
        let expected = [(3, "a/b"), (4, "#a"), (5, "!c/d"), (6, "/"), (7, ".")];
        assert_eq!(read, expected.map(|(line, pattern)| (line, pattern.to_owned())));
    }

    #[test]
    fn a_mark_is_dropped_in_the_first_line_only() {
        assert_eq!(patterns("\u{feff}a\n\u{feff}b".as_bytes())[1], (2, "\u{feff}b".to_owned()));
    }

    #[test]
    fn broken_bytes_are_replaced_as_on_their_way_to_the_engine() {
        assert_eq!(patterns(b"a\xff\xfe"), [(1, "a\u{fffd}\u{fffd}".to_owned())]);
    }

    #[test]
    fn a_refused_pattern_names_file_and_line() {
        let error = IgnoreRules::parse(b"a\n\n[b\n").unwrap_err().to_string();
        assert!(error.starts_with(".dockerignore:3: the pattern `[b`"), "{error}");
        assert!(IgnoreRules::parse(b"!\n").is_err());
        // Cleaned to a lone exception by the second of the engine's two cleanings.
        assert!(IgnoreRules::parse(b"!/\n").is_err());
        assert!(IgnoreRules::parse(&vec![b'a'; LINE_LIMIT]).is_err());
        assert!(IgnoreRules::parse(&vec![b'a'; LINE_LIMIT - 1]).is_ok());
    }

    #[test]
    fn exclusion_follows_the_walk() {
        assert!(excludes("docs\n", "docs/a/b"));
        assert!(!excludes("docs\n!docs/a\n", "docs/a/b"));
        // The engine never looks below `a/b` here.
        assert!(excludes("a\n!a/*/**\n", "a/b/c"));
        assert!(!IgnoreRules::parse(b"*").unwrap().excludes(&ContextPath::root(), true));
    }

    #[test]
    fn the_deciding_line_is_known_also_for_what_lies_below() {
        let rules = IgnoreRules::parse(b"# all\ndocs\n!docs/keep\n").unwrap();
        let decided = |path: &str| {
            rules.deciding(&ContextPath::new(path)).map(|(rule, excluded)| (rule.line, excluded))
        };
        assert_eq!(decided("docs/a/b"), Some((2, true)));
        assert_eq!(decided("docs/keep/b"), Some((3, false)));
        assert_eq!(decided("src"), None);
    }

    #[test]
    fn the_file_beside_the_dockerfile_wins_even_when_empty() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).unwrap();
        let dockerfile = root.path().join("app.Dockerfile");
        let load = || IgnoreRules::load(root.path(), &dockerfile).unwrap();
        assert!(load().source().is_none());
        write(".dockerignore", "a\n");
        assert_eq!(load().rules().len(), 1);
        write("app.Dockerfile.dockerignore", "");
        assert!(load().rules().is_empty());
        assert_eq!(load().source(), Some(&*root.path().join("app.Dockerfile.dockerignore")));
    }

    #[test]
    fn an_ignore_file_that_links_out_counts_as_missing() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("context");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(outer.path().join("shared"), "a\n").unwrap();
        let link = root.join(".dockerignore");
        std::os::unix::fs::symlink("../shared", &link).unwrap();
        let load = || IgnoreRules::load(&root, &root.join("Dockerfile")).unwrap();
        assert!(load().rules().is_empty());
        // The engine takes the context for the root of links.
        std::fs::write(root.join("shared"), "b\n").unwrap();
        assert_eq!(load().rules()[0].pattern, "b");
    }
}
