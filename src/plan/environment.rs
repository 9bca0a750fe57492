//! The environment of a stage, as an ordered list.

use crate::Digest;

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether an ARG set it last.
    pub(super) argument: bool,
}

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
        self.0.retain(|variable| variable.name != name);
        self.0.push(Variable { name: name.to_owned(), value: value.to_owned(), argument });
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
