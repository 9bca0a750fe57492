//! What ENV and ARG set in a stage, as the classic builder keeps them apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::KeyInput;
use crate::plan::environment::{Environment, Value, Variable};

/// Arguments that need no declaration, and without one leave no trace of their values.
const PROXIES: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// The variables of one stage.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    /// The image's and those of ENV.
    set: Vec<(String, Value)>,
    /// Those of ARG, with their defaults.
    declared: BTreeMap<String, Option<Value>>,
}

impl Variables {
    /// A base image's, PATH added where it is missing.
    pub(super) fn of_image(environment: &[String]) -> Self {
        let set = Environment::of_image(environment).configured();
        Self { set, declared: BTreeMap::new() }
    }

    /// As ENV does.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        match self.set.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.set.push((name.to_owned(), value)),
        }
    }

    /// As ARG does, its default expanded.
    pub(super) fn declare(&mut self, name: &str, default: Option<Value>) {
        self.declared.insert(name.to_owned(), default);
    }

    /// Stages do not hand their arguments on.
    pub(super) fn forget_arguments(&mut self) {
        self.declared.clear();
    }

    /// Every argument that has a value, sorted by name; what ENV or the image sets hides one
    /// (`arg-of-the-image`).
    fn arguments(
        &self,
        given: &BTreeMap<String, String>,
        globals: &Environment,
    ) -> BTreeMap<String, Value> {
        let names: BTreeSet<&str> =
            self.declared.keys().map(String::as_str).chain(PROXIES).collect();
        let is_hidden = |name: &str| self.set.iter().any(|(known, _)| known == name);
        let value = |name: &str| {
            let default = self.declared.get(name).and_then(Option::as_ref);
            let global = || globals.variable(name).map(|variable| &variable.value);
            let given = given.get(name).map(|given| Value::plain(given));
            given.or_else(|| default.or_else(global).cloned())
        };
        names
            .into_iter()
            .filter(|name| !is_hidden(name))
            .filter_map(|name| Some((name.to_owned(), value(name)?)))
            .collect()
    }

    /// All of them, as words are expanded by.
    pub(super) fn environment(
        &self,
        given: &BTreeMap<String, String>,
        globals: &Environment,
    ) -> Environment {
        let mut environment = Environment::default();
        for (name, value) in &self.set {
            environment.set(name, value.clone(), false);
        }
        for (name, value) in self.arguments(given, globals) {
            environment.set(&name, value, true);
        }
        environment
    }

    /// What a RUN records of the arguments: of a proxy that nobody declared only that there was
    /// one, and that only where it stands alone or not, as the list of arguments is then there and
    /// empty (`proxy-given`, `proxy-changed`, `proxy-beside-an-argument`).
    pub(super) fn counted(
        &self,
        given: &BTreeMap<String, String>,
        globals: &Environment,
    ) -> Vec<KeyInput> {
        let arguments = self.arguments(given, globals);
        if arguments.is_empty() {
            return Vec::new();
        }
        let list = KeyInput::Option { name: "arguments".to_owned(), value: "listed".to_owned() };
        let counts =
            |name: &String| self.declared.contains_key(name) || !PROXIES.contains(&&**name);
        let inputs = arguments.into_iter().filter(|(name, _)| counts(name)).map(|(name, value)| {
            let variable = Variable { name, value, argument: true, made_of: Vec::new() };
            let value = variable.counted_value();
            KeyInput::Environment { name: variable.name, value, argument: true }
        });
        inputs.chain([list]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(inputs: Vec<KeyInput>) -> Vec<String> {
        let name = |input| match input {
            KeyInput::Environment { name, value, .. } => format!("{name}={value}"),
            KeyInput::Option { name, .. } => name,
            other => format!("{other:?}"),
        };
        inputs.into_iter().map(name).collect()
    }

    #[test]
    fn arguments_count_where_they_have_a_value_and_nothing_hides_them() {
        let given: BTreeMap<String, String> = [("A", "1"), ("PATH", "/x"), ("no_proxy", "n")]
            .map(|(a, b)| (a.into(), b.into()))
            .into();
        let mut globals = Environment::default();
        globals.set("G", Value::plain("2"), true);
        let mut variables = Variables::of_image(&[]);
        assert_eq!(names(variables.counted(&given, &globals)), ["arguments"]);
        for name in ["A", "PATH", "G", "NONE"] {
            variables.declare(name, None);
        }
        assert_eq!(names(variables.counted(&given, &globals)), ["A=1", "G=2", "arguments"]);
        variables.set("A", Value::plain("0"));
        variables.declare("no_proxy", None);
        assert_eq!(names(variables.counted(&given, &globals)), ["G=2", "no_proxy=n", "arguments"]);
        variables.forget_arguments();
        assert_eq!(names(variables.counted(&BTreeMap::new(), &globals)), [""; 0]);
    }
}
