//! The environment of a stage, as an ordered list.

use super::secret;

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
}

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

    /// Sets a variable; one that was there moves to the end.
    pub(super) fn set(&mut self, name: &str, value: Value, argument: bool) {
        self.0.retain(|variable| variable.name != name);
        self.0.push(Variable { name: name.to_owned(), value, argument });
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
