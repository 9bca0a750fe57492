//! Which values are secrets, and what is kept of them.
//!
//! A value is secret where its variable's name says so, where it looks like one, and where the
//! value of a secret was put into it. Of a secret only the digest counts and is kept. Too much
//! taken for a secret costs a value in a report; too little writes a password to a disk.

use std::cell::Cell;

use super::environment::Environment;
use crate::Digest;
use crate::dockerfile::expand::Variables;

/// What stands before the digest of a value that is not kept.
const MASK: &str = "secret ";

/// What stands for a value where it is shown, as the engine itself shows secrets.
pub(super) const CONCEALED: &str = "****";

/// What stands for a value where it is kept: of a secret only its digest, so that it is neither
/// shown nor written anywhere.
pub(super) fn counted(value: &str, is_secret: bool) -> String {
    if is_secret { format!("{MASK}{}", Digest::of(value.as_bytes())) } else { value.to_owned() }
}

/// The value of a kept variable, unless it is a secret, of which only the digest was kept.
pub fn shown_value(kept: &str) -> Option<&str> {
    (!kept.starts_with(MASK)).then_some(kept)
}

/// Whether a variable holds what should not be shown, going by its name and its value.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    is_secret_name(name) || has_password(value) || has_assignment(value)
}

/// Going by the name: the words of `BuildKit`'s own rule `SecretsUsedInArgOrEnv`, wherever they
/// stand in it, and those by which programs take their passwords (`MYSQL_PWD`, `PGPASSWORD`).
fn is_secret_name(name: &str) -> bool {
    const WITHIN: [&str; 15] = [
        "SECRET",
        "TOKEN",
        "PASSW",
        "PASSPHRASE",
        "APIKEY",
        "PRIVATE",
        "CREDENTIAL",
        "AUTH",
        "JWT",
        "COOKIE",
        "BEARER",
        "WEBHOOK",
        "NETRC",
        "CONNSTR",
        "CONNECTION_STRING",
    ];
    const ENDS: [&str; 6] = ["KEY", "KEYS", "PASS", "PWD", "PWORD", "CREDS"];
    const WORDS: [&str; 9] = ["PAT", "PW", "CRED", "OTP", "PIN", "SALT", "SAS", "SESSION", "DSN"];
    // Every shell sets these two to directories.
    if matches!(name, "PWD" | "OLDPWD") {
        return false;
    }
    let name = name.to_uppercase();
    let mut words = name.split(|letter: char| !letter.is_alphanumeric());
    WITHIN.iter().any(|part| name.contains(part))
        || words.any(|word| WORDS.contains(&word) || ENDS.iter().any(|end| word.ends_with(end)))
}

/// Whether a URL in the value has a user before its host, which mostly is a password or a token:
/// `https://user:password@host`. `ssh://git@host` has none.
fn has_password(value: &str) -> bool {
    value.split("://").zip(value.split("://").skip(1)).any(|(before, after)| {
        let word = after.split([' ', '\t', '\n', '"', '\'']).next().unwrap_or_default();
        let authority = word.split(['/', '?', '#']).next().unwrap_or_default();
        match authority.rsplit_once('@') {
            Some((user, _)) => {
                user.contains(':') || before.ends_with("http") || before.ends_with("https")
            }
            // A password may hold what ends a host; a port is a number.
            None => authority.split_once(':').is_some_and(|(_, port)| {
                word.contains('@') && !port.bytes().all(|digit| digit.is_ascii_digit())
            }),
        }
    })
}

/// Whether the value gives something a password or holds a private key: `host=db password=x`,
/// `Authorization: Bearer x`.
fn has_assignment(value: &str) -> bool {
    const GIVEN: [&str; 12] = [
        "password=",
        "passwd=",
        "pwd=",
        "pass=",
        "token=",
        "secret=",
        "apikey=",
        "api_key=",
        "accountkey=",
        "accesskey=",
        "authorization:",
        "private key-----",
    ];
    let value = value.to_lowercase();
    GIVEN.iter().any(|given| value.contains(given))
}

/// An environment that notes whether a word that is expanded by it took a secret's value.
pub(super) struct Watched<'a> {
    environment: &'a Environment,
    took_secret: Cell<bool>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self { environment, took_secret: Cell::new(false) }
    }

    /// Whether any word did.
    pub(super) fn took_secret(&self) -> bool {
        self.took_secret.get()
    }
}

impl Variables for Watched<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let variable = self.environment.variable(name)?;
        self.took_secret.set(self.took_secret.get() | variable.is_secret());
        Some(&variable.value.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_counts_by_its_digest_alone() {
        let kept = counted("s3cret", true);
        assert!(!kept.contains("s3cret"));
        assert_ne!(kept, counted("other", true));
        assert_eq!((shown_value(&kept), shown_value(&counted("1", false))), (None, Some("1")));
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "NPM_TOKEN",
            "DB_PASS",
            "API_KEY",
            "MYSQL_PWD",
            "JWT",
            "SESSION_JWT",
            "COOKIE",
            "BEARER",
            "db-password",
            "PWORD",
            "SSHKEY",
            "AWS_CREDS",
            "SENTRY_DSN",
            "SLACK_WEBHOOK",
            "Jwt",
            "PGPASSWORD",
            "AZURE_CONNECTION_STRING",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["PATH", "VERSION", "PWD", "OLDPWD", "PINNED", "LANG", "DEBIAN_FRONTEND"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_value_with_a_password_is_a_secret_whatever_the_variable_is_called() {
        for value in [
            "https://user:pa55@host/simple",
            "-i https://t0ken@host --extra",
            "postgres://u:p@db/x",
            "redis://:p@cache",
            "postgres://u:p/w#x@db/x",
            "a=1 http://x:y@h http://plain/",
            "host=db user=u password=p",
            "Authorization: Bearer x",
            "-----BEGIN RSA PRIVATE KEY-----",
        ] {
            assert!(is_secret("X", value), "{value}");
        }
        for plain in [
            "https://host/a@b",
            "https://host:4873/@scope/name",
            "ssh://git@host/x",
            "a:b@c",
            "https://host?q=a:b@c",
            "",
        ] {
            assert!(!is_secret("X", plain), "{plain}");
        }
    }
}
