//! The environment of a stage, as an ordered list.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::expansion::Words;
use super::fact::{Fact, NamedValue};
use super::secret;
use crate::dockerfile::expand::Variables;

/// A value, and whether that of a secret was put into it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) took_secret: bool,
}

impl Value {
    /// A value that was put together of nothing else.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), took_secret: false }
    }
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: Value,
    /// Whether an ARG set it last.
    pub(super) argument: bool,
    /// The variables that its value was made of, the first of them first.
    pub(super) made_of: Vec<NamedValue>,
}

/// How many variables are kept of those that a value was made of.
const KEPT_ORIGINS: usize = 16;

/// Variables in the order of their last setting: the order counts for the key
/// (`env-swap-order`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Environment(Vec<Variable>);

impl Variable {
    /// Whether its value is neither shown nor kept.
    pub(super) fn is_secret(&self) -> bool {
        self.value.took_secret || secret::is_secret(&self.name, &self.value.text)
    }

    /// The value as it counts and is kept.
    pub(super) fn counted_value(&self) -> String {
        secret::counted(&self.value.text, self.is_secret())
    }

    /// As it is kept.
    fn named(&self) -> NamedValue {
        let (name, value) = (self.name.clone(), self.counted_value());
        NamedValue { name, value, argument: self.argument }
    }
}

/// What the engine gives an image that sets no PATH.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Environment {
    /// A base image's environment, PATH added where it is missing.
    pub(super) fn of_image(env: &[String]) -> Self {
        let mut environment = Self::default();
        for entry in env {
            let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
            environment.set(name, Value::plain(value), false);
        }
        if environment.get("PATH").is_none() {
            environment.set("PATH", Value::plain(DEFAULT_PATH), false);
        }
        environment
    }

    /// The same without the values of secrets; `None` where there are none.
    pub(super) fn concealed(&self) -> Option<Self> {
        if !self.0.iter().any(Variable::is_secret) {
            return None;
        }
        let mut concealed = self.clone();
        for secret in concealed.0.iter_mut().filter(|variable| variable.is_secret()) {
            secret::CONCEALED.clone_into(&mut secret.value.text);
        }
        Some(concealed)
    }

    /// Sets a variable; one that was there moves to the end.
    pub(super) fn set(&mut self, name: &str, value: Value, argument: bool) {
        self.set_made_of(name, value, argument, Vec::new());
    }

    /// Sets a variable whose value was made of others.
    pub(super) fn set_made_of(
        &mut self,
        name: &str,
        value: Value,
        argument: bool,
        made_of: Vec<NamedValue>,
    ) {
        self.0.retain(|variable| variable.name != name);
        self.0.push(Variable { name: name.to_owned(), value, argument, made_of });
    }

    /// The names that a text asks for when its words are expanded, set or not.
    pub(super) fn names_in(&self, words: Words, text: &str) -> BTreeSet<String> {
        let watched = Watched { environment: self, asked: RefCell::default() };
        // A text that cannot be expanded has told some of them.
        let _ = words.expand(text, &watched);
        watched.asked.into_inner()
    }

    /// The same of a heredoc's body.
    pub(super) fn names_in_body(&self, body: &str) -> BTreeSet<String> {
        let watched = Watched { environment: self, asked: RefCell::default() };
        let _ = Words::expand_body(body, &watched);
        watched.asked.into_inner()
    }

    /// What a value was made of that asked for these names: each of them, after what it was made of.
    pub(super) fn origins(&self, names: &BTreeSet<String>) -> Vec<NamedValue> {
        let mut origins: Vec<NamedValue> = Vec::new();
        for variable in self.0.iter().filter(|variable| names.contains(&variable.name)) {
            for origin in variable.made_of.iter().cloned().chain([variable.named()]) {
                if origins.iter().all(|known| known.name != origin.name) {
                    origins.push(origin);
                }
            }
        }
        origins.truncate(KEPT_ORIGINS);
        origins
    }

    /// The variables of these names, as they are told.
    pub(super) fn facts(&self, names: &BTreeSet<String>) -> impl Iterator<Item = Fact> {
        let of_name = self.0.iter().filter(|variable| names.contains(&variable.name));
        of_name.map(|variable| Fact::Variable {
            variable: variable.named(),
            made_of: variable.made_of.clone(),
        })
    }

    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        self.0.iter().find(|variable| variable.name == name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variable(name).map(|variable| &*variable.value.text)
    }

    /// Every name with its value.
    pub(super) fn configured(&self) -> Vec<(String, Value)> {
        self.0.iter().map(|it| (it.name.clone(), it.value.clone())).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter()
    }
}

/// An environment that keeps what it is asked for.
struct Watched<'a> {
    environment: &'a Environment,
    asked: RefCell<BTreeSet<String>>,
}

impl Variables for Watched<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.environment.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_set_again_moves_to_the_end() {
        let mut environment = Environment::of_image(&["A=1".into(), "PATH=/bin".into()]);
        environment.set("A", Value::plain("2"), false);
        let names: Vec<_> = environment.iter().map(|variable| &*variable.name).collect();
        assert_eq!(names, ["PATH", "A"]);
        assert_eq!(environment.get("A"), Some("2"));
    }

    #[test]
    fn an_image_without_path_gets_one() {
        assert_eq!(Environment::of_image(&[]).get("PATH"), Some(DEFAULT_PATH));
    }
}
