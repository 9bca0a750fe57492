//! Every row is found, and its line holds.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

struct Project {
    items: Vec<Item>,
    rules: IgnoreRules,
    named: Vec<NamedSource>,
}

fn project() -> Project {
    Project { items: Vec::new(), rules: IgnoreRules::none(), named: Vec::new() }
}

impl Project {
    /// A file, with the directories above it.
    fn file(mut self, path: &str, size: u64) -> Self {
        let path = ContextPath::new(path);
        let mut above = path.parent();
        while let Some(directory) = above.filter(|it| !it.is_root()) {
            above = directory.parent();
            if !self.items.iter().any(|item| item.path == directory) {
                self.items.push(Item { path: directory, kind: EntryKind::Directory, size: 0 });
            }
        }
        self.items.push(Item { path, kind: EntryKind::File, size });
        self
    }

    fn rules(mut self, text: &str) -> Self {
        self.rules = IgnoreRules::parse(text.as_bytes()).unwrap();
        self
    }

    fn copies(mut self, pattern: &str) -> Self {
        self.named.push(NamedSource { pattern: pattern.to_owned(), line: 3 });
        self
    }

    fn suspects(self) -> Vec<Suspect> {
        let survey = Survey::new(self.items, Vec::new(), Tally::default(), Vec::new());
        let request = Request {
            survey: &survey,
            rules: &self.rules,
            named: &self.named,
            peek: &|_| Some(b"-----BEGIN PRIVATE KEY-----".to_vec()),
        };
        suspects(&request)
    }

    /// What there is to say, and the lines.
    fn lines(self) -> Vec<String> {
        let lines = |suspect: Suspect| match suspect.advice {
            Advice::Add(lines) => lines,
            other => vec![format!("{other:?}")],
        };
        self.suspects().into_iter().flat_map(lines).collect()
    }
}

#[test]
fn every_directory_of_the_table_is_found_by_its_sign_only() {
    for row in DIRECTORIES {
        let name = row.name.example();
        let with = |place: &str| {
            let project = project().file(&format!("{place}{name}/x"), 1);
            match row.sign {
                Sign::Name => project,
                Sign::Beside(signs) => project.file(&format!("{place}{}", signs[0]), 1),
                Sign::Inside(signs) => project.file(&format!("{place}{name}/{}", signs[0]), 1),
            }
        };
        assert_eq!(with("").suspects()[0].what, row.what, "{name}");
        assert_eq!(with("").lines(), [row.glob()]);
        assert_eq!(with("sub/").lines(), [format!("**/{}", row.glob())]);
        if row.sign != Sign::Name {
            assert!(project().file(&format!("{name}/x"), 1).lines().is_empty(), "{name}");
        }
    }
}

#[test]
fn every_file_of_the_table_is_found() {
    for row in FILES {
        let project = || project().file(&format!("sub/{}", row.name.example()), 1);
        assert_eq!(project().suspects()[0].what, row.what, "{row:?}");
        assert_eq!(project().lines(), [format!("**/{}", row.name.glob())]);
    }
}

#[test]
fn what_is_copied_by_name_is_wanted() {
    let git = || project().file(".git/HEAD", 1);
    assert!(git().copies(".git").lines().is_empty());
    assert!(git().copies(".git/HEAD").lines().is_empty());
    assert_eq!(git().copies(".").lines(), [".git"]);
    let two = project().file("a/node_modules/x", 1).file("b/node_modules/x", 1);
    assert_eq!(two.copies("a/node_modules").lines(), ["b/node_modules"]);
}

#[test]
fn a_secret_that_is_copied_by_name_is_told_without_a_line() {
    let found = project().file(".env", 1).copies(".env").suspects();
    assert_eq!(found[0].advice, Advice::Copied(3));
}

#[test]
fn secrets_come_first_however_small() {
    let found = project().file(".git/x", 99_999).file("server.pem", 1).suspects();
    assert_eq!(found[0].kind, SuspectKind::Secret);
    assert_eq!(found[0].advice, Advice::Add(vec!["server.pem".to_owned()]));
}

#[test]
fn a_line_that_an_exception_undoes_is_not_given() {
    let taken_back = project()
        .file("node_modules/keep/x", 1)
        .rules("node_modules\n!node_modules/keep\n")
        .lines();
    assert_eq!(taken_back, ["node_modules/**"]);
}

#[test]
fn data_is_told_by_its_size() {
    let data = |size, other| project().file("data/a.csv", size).file("app", other).lines();
    assert_eq!(data(10_000_000, 10_000_000_000), ["data/a.csv"]);
    assert_eq!(data(1_000_000, 2_000_000), ["data/a.csv"]);
    assert!(data(1_000_000, 9_000_000).is_empty());
    assert!(data(999_999, 0).is_empty());
    let several = project().file("data/a.csv", 5_000_000).file("data/b.csv", 5_000_000);
    assert_eq!(several.lines(), ["data/*.csv"]);
}

#[test]
fn any_name_can_be_written_as_a_line() {
    for name in [" a ", "!a", "#a", "a*b?[c]\\d", "a\nb", "é b", "a^b"] {
        let line = line::exact(&ContextPath::new(name));
        let rules = IgnoreRules::none().with_lines([line.as_str()]).unwrap();
        assert!(rules.excludes(&ContextPath::new(name), false), "{name:?} {line:?}");
    }
    let broken = ContextPath::new(b"caf\xe9");
    let rules = IgnoreRules::none().with_lines([&*line::exact(&broken)]).unwrap();
    assert!(rules.excludes(&broken, false));
}
