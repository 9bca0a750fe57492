//! The environment of a stage, as an ordered list.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::expansion::Words;
use super::fact::{Fact, NamedValue};
use crate::Digest;
use crate::dockerfile::expand::Variables;

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
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

/// What stands before the digest of a value that is not kept.
const MASK: &str = "secret ";

impl Variable {
    /// The value as it counts and is kept: of a secret only its digest, so that it is neither
    /// shown nor written anywhere.
    pub(super) fn counted_value(&self) -> String {
        if looks_secret(&self.name) || has_password(&self.value) {
            format!("{MASK}{}", Digest::of(self.value.as_bytes()))
        } else {
            self.value.clone()
        }
    }

    /// As it is kept.
    fn named(&self) -> NamedValue {
        let (name, value) = (self.name.clone(), self.counted_value());
        NamedValue { name, value, argument: self.argument }
    }
}

/// Whether a variable holds what should not be shown, going by its name.
fn looks_secret(name: &str) -> bool {
    const WITHIN: [&str; 8] =
        ["SECRET", "TOKEN", "PASSW", "PASSPHRASE", "APIKEY", "PRIVATE", "CREDENTIAL", "AUTH"];
    const WORDS: [&str; 4] = ["KEY", "PASS", "PAT", "PW"];
    let name = name.to_uppercase();
    WITHIN.iter().any(|part| name.contains(part))
        || name.split('_').any(|word| WORDS.contains(&word))
}

/// Whether a URL in the value has a user before its host, which mostly is a password or a token:
/// `https://user:password@host`. `ssh://git@host` has none.
fn has_password(value: &str) -> bool {
    value.split("://").zip(value.split("://").skip(1)).any(|(before, after)| {
        let authority = after.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        user.is_some_and(|user| {
            user.contains(':') || before.ends_with("http") || before.ends_with("https")
        })
    })
}

/// The value of a kept variable, unless it is a secret, of which only the digest was kept.
pub fn shown_value(kept: &str) -> Option<&str> {
    (!kept.starts_with(MASK)).then_some(kept)
}

/// What the engine gives an image that sets no PATH.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Environment {
    /// A base image's environment, PATH added where it is missing.
    pub(super) fn of_image(env: &[String]) -> Self {
        let mut environment = Self::default();
        for entry in env {
            let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
            environment.set(name, value, false);
        }
        if environment.get("PATH").is_none() {
            environment.set("PATH", DEFAULT_PATH, false);
        }
        environment
    }

    /// Sets a variable; one that was there moves to the end.
    pub(super) fn set(&mut self, name: &str, value: &str, argument: bool) {
        self.set_made_of(name, value, argument, Vec::new());
    }

    /// Sets a variable whose value was made of others.
    pub(super) fn set_made_of(
        &mut self,
        name: &str,
        value: &str,
        argument: bool,
        made_of: Vec<NamedValue>,
    ) {
        self.0.retain(|variable| variable.name != name);
        self.0.push(Variable { name: name.to_owned(), value: value.to_owned(), argument, made_of });
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

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|variable| variable.name == name).map(|variable| &*variable.value)
    }

    /// Every name with its value.
    pub(super) fn configured(&self) -> Vec<(String, String)> {
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
        environment.set("A", "2", false);
        let names: Vec<_> = environment.iter().map(|variable| &*variable.name).collect();
        assert_eq!(names, ["PATH", "A"]);
        assert_eq!(environment.get("A"), Some("2"));
    }

    #[test]
    fn a_secret_counts_by_its_digest_alone() {
        let variable = |name: &str, value: &str| Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            argument: true,
            made_of: Vec::new(),
        };
        let counted = variable("NPM_TOKEN", "s3cret").counted_value();
        assert!(!counted.contains("s3cret"));
        assert_ne!(counted, variable("NPM_TOKEN", "other").counted_value());
        assert_eq!(variable("VERSION", "1").counted_value(), "1");
        assert!(looks_secret("DB_PASS") && looks_secret("API_KEY") && !looks_secret("PATH"));
        assert_eq!(shown_value(&counted), None);
        assert_eq!(shown_value("1"), Some("1"));
    }

    #[test]
    fn a_url_with_a_password_is_a_secret_whatever_the_variable_is_called() {
        for url in [
            "https://user:pa55@host/simple",
            "-i https://t0ken@host --extra",
            "postgres://u:p@db/x",
            "a=1 http://x:y@h http://plain/",
        ] {
            assert!(has_password(url), "{url}");
        }
        for plain in ["https://host/a@b", "ssh://git@host/x", "a:b@c", "https://host?q=a:b@c", ""] {
            assert!(!has_password(plain), "{plain}");
        }
    }

    #[test]
    fn an_image_without_path_gets_one() {
        assert_eq!(Environment::of_image(&[]).get("PATH"), Some(DEFAULT_PATH));
    }
}
