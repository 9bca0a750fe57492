//! Which flags each instruction has, and reading them.

use super::ast::Flag;
use super::error::{ErrorKind, Problem};
use super::suggest::closest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `--link`, `--link=false`.
    Boolean,
    /// `--from=build`, once.
    Text,
    /// `--mount=…`, as often as one likes.
    List,
}

fn allowed(keyword: &str) -> &'static [(&'static str, Shape)] {
    use Shape::{Boolean, List, Text};
    match keyword {
        "FROM" => &[("platform", Text)],
        "RUN" => &[("mount", List), ("network", Text), ("security", Text), ("device", List)],
        "COPY" => &[
            ("from", Text),
            ("chown", Text),
            ("chmod", Text),
            ("link", Boolean),
            ("parents", Boolean),
            ("exclude", List),
        ],
        "ADD" => &[
            ("chown", Text),
            ("chmod", Text),
            ("link", Boolean),
            ("keep-git-dir", Boolean),
            ("checksum", Text),
            ("unpack", Boolean),
            ("exclude", List),
        ],
        "HEALTHCHECK" => &[
            ("interval", Text),
            ("timeout", Text),
            ("start-period", Text),
            ("start-interval", Text),
            ("retries", Text),
        ],
        _ => &[],
    }
}

/// The flags of one instruction.
#[derive(Debug)]
pub(super) struct Flags(Vec<Flag>);

impl Flags {
    /// The words as flags, unchecked: the engine takes no notice of flags of ARG, STOPSIGNAL and
    /// HEALTHCHECK NONE.
    pub(super) fn unchecked(words: &[String]) -> Self {
        let flag = |word: &String| {
            let word = word.strip_prefix("--").unwrap_or(word);
            match word.split_once('=') {
                Some((name, value)) => Flag { name: name.into(), value: Some(value.into()) },
                None => Flag { name: word.into(), value: None },
            }
        };
        Self(words.iter().map(flag).collect())
    }

    /// The words as flags of an instruction; `keyword` in capitals.
    pub(super) fn check(keyword: &'static str, words: &[String]) -> Result<Self, Problem> {
        let flags = Self::unchecked(words);
        let allowed = allowed(keyword);
        for (index, flag) in flags.0.iter().enumerate() {
            let Flag { name, value } = flag;
            let needle = format!("--{name}");
            let Some((known, shape)) = allowed.iter().find(|(known, _)| known == name) else {
                let allowed: Vec<_> = allowed.iter().map(|(known, _)| *known).collect();
                let suggestion = closest(name, &allowed);
                let flag = name.clone();
                let kind = ErrorKind::UnknownFlag { keyword, flag, suggestion, allowed };
                return Err(Problem::at(kind, needle));
            };
            let is_repeated = flags.0.iter().take(index).any(|other| other.name == *name);
            if is_repeated && *shape != Shape::List {
                let kind = ErrorKind::DuplicateFlag { flag: name.clone() };
                return Err(Problem::at(kind, needle));
            }
            match (shape, value) {
                (Shape::Boolean, Some(value))
                    if !matches!(value.to_lowercase().as_str(), "true" | "false") =>
                {
                    let expected = "true or false";
                    let kind = ErrorKind::FlagValue { flag: known, value: value.clone(), expected };
                    return Err(Problem::at(kind, format!("{needle}={value}")));
                }
                (Shape::Text | Shape::List, None) => {
                    let kind = ErrorKind::FlagWithoutValue { flag: name.clone() };
                    return Err(Problem::at(kind, needle));
                }
                _ => {}
            }
        }
        Ok(flags)
    }

    /// The flag's value where it is given and not empty; an empty one is the same as none.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// The flag's value where it is given, even empty.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// All values of a flag, in order.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.0.iter().filter(move |flag| flag.name == name).filter_map(|flag| flag.value.clone())
    }

    /// Whether a switch is on, or `None` where it is not given.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        let flag = self.0.iter().find(|flag| flag.name == name)?;
        Some(flag.value.as_ref().is_none_or(|value| value.eq_ignore_ascii_case("true")))
    }

    pub(super) fn into_vec(self) -> Vec<Flag> {
        self.0
    }
}
