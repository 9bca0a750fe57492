//! Files that hold keys, passwords or tokens.
//!
//! A name alone is rarely enough: a `.pem` may be a certificate that everybody may read, and a
//! `.npmrc` may only name a registry. So most rows ask for a word in the file's beginning.

use crate::context::ContextPath;
use crate::context::survey::Item;

/// What a name has to be.
enum Test {
    /// One of these names.
    Names(&'static [&'static str]),
    /// One of these endings.
    Endings(&'static [&'static str]),
    /// The path's end.
    Path(&'static str),
}

struct Row {
    test: Test,
    what: &'static str,
    /// One of these is in the file, without regard to case; empty where the name is enough.
    words: &'static [&'static str],
}

const PRIVATE_KEY: &[&str] = &["PRIVATE KEY-----"];

const ROWS: &[Row] = &[
    Row {
        test: Test::Names(&[
            "id_rsa",
            "id_dsa",
            "id_ecdsa",
            "id_ed25519",
            "id_ecdsa_sk",
            "id_ed25519_sk",
        ]),
        what: "an SSH key",
        words: &[],
    },
    Row { test: Test::Endings(&[".pem", ".key"]), what: "a private key", words: PRIVATE_KEY },
    Row { test: Test::Endings(&[".ppk"]), what: "an SSH key", words: &[] },
    Row {
        test: Test::Endings(&[".p12", ".pfx", ".jks", ".keystore"]),
        what: "a key store",
        words: &[],
    },
    Row { test: Test::Endings(&[".kdbx"]), what: "a password store", words: &[] },
    Row {
        test: Test::Names(&[".npmrc", ".yarnrc", ".yarnrc.yml"]),
        what: "a package registry's token",
        words: &["_authtoken=", "_auth=", "_password=", "npmauthtoken:"],
    },
    Row {
        test: Test::Names(&[".pypirc"]),
        what: "a package index's password",
        words: &["password"],
    },
    Row { test: Test::Names(&[".netrc", "_netrc"]), what: "passwords", words: &["password"] },
    Row { test: Test::Names(&[".git-credentials"]), what: "git's passwords", words: &[] },
    Row { test: Test::Path(".aws/credentials"), what: "AWS's keys", words: &[] },
    Row {
        test: Test::Path(".docker/config.json"),
        what: "a registry's password",
        words: &["\"auth\""],
    },
    Row {
        test: Test::Names(&["kubeconfig"]),
        what: "a cluster's credentials",
        words: &["client-key-data", "token:", "password:"],
    },
    Row {
        test: Test::Path(".kube/config"),
        what: "a cluster's credentials",
        words: &["client-key-data", "token:", "password:"],
    },
    Row {
        test: Test::Names(&[
            "credentials.json",
            "client_secret.json",
            "service-account.json",
            "service_account.json",
        ]),
        what: "a service's credentials",
        words: &["private_key", "client_secret", "secret_access_key", "refresh_token", "password"],
    },
    Row {
        test: Test::Names(&["terraform.tfstate", "terraform.tfstate.backup"]),
        what: "Terraform's state, with its secrets",
        words: &[],
    },
];

/// Files of the environment that are meant to be shown, by the word in their name.
const HARMLESS: &[&str] = &["example", "sample", "template", "dist", "defaults", "schema"];

/// Key stores that hold only what is trusted.
const TRUSTED: &[&str] = &["trust", "cacerts"];

/// What secret the file holds, if it looks like one. A file that cannot be read is judged by its
/// name.
pub(super) fn recognize(
    item: &Item,
    peek: &dyn Fn(&ContextPath) -> Option<Vec<u8>>,
) -> Option<&'static str> {
    if item.size == 0 {
        return None;
    }
    let name = item.path.file_name().and_then(|name| std::str::from_utf8(name).ok())?;
    if is_environment(name) {
        return Some("an environment's values");
    }
    let row = ROWS.iter().find(|row| row.test.holds(name, &item.path))?;
    if row.what == "a key store" && has_word(name, TRUSTED) {
        return None;
    }
    if row.words.is_empty() {
        return Some(row.what);
    }
    let Some(start) = peek(&item.path) else { return Some(row.what) };
    let is_secret = String::from_utf8_lossy(&start).lines().any(|line| {
        let line = line.to_ascii_lowercase();
        // `${NPM_TOKEN}` is a token's name, not a token.
        !line.contains("${")
            && row.words.iter().any(|word| line.contains(&word.to_ascii_lowercase()))
    });
    is_secret.then_some(row.what)
}

/// `.env`, `.env.production`; not `.env.example`.
fn is_environment(name: &str) -> bool {
    name.strip_prefix(".env")
        .is_some_and(|rest| (rest.is_empty() || rest.starts_with('.')) && !has_word(rest, HARMLESS))
}

fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}

impl Test {
    fn holds(&self, name: &str, path: &ContextPath) -> bool {
        match self {
            Self::Names(names) => names.contains(&name),
            Self::Endings(endings) => {
                endings.iter().any(|end| name.len() > end.len() && name.ends_with(end))
            }
            Self::Path(end) => {
                let wanted = ContextPath::new(end);
                let mut own = path.components().rev();
                wanted.components().rev().all(|part| own.next() == Some(part))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::EntryKind;

    fn found(path: &str, text: &str) -> Option<&'static str> {
        let size = text.len() as u64;
        let item = Item { path: ContextPath::new(path), kind: EntryKind::File, size };
        recognize(&item, &|_| Some(text.as_bytes().to_vec()))
    }

    #[test]
    fn every_row_is_found_with_its_word_and_not_without() {
        for row in ROWS {
            let paths: Vec<String> = match row.test {
                Test::Names(names) => names.iter().map(|name| format!("a/{name}")).collect(),
                Test::Endings(endings) => endings.iter().map(|end| format!("a/x{end}")).collect(),
                Test::Path(path) => vec![format!("a/{path}")],
            };
            for path in paths {
                let text = row.words.first().map_or("x".to_owned(), |word| format!("{word} x"));
                assert_eq!(found(&path, &text), Some(row.what), "{path}");
                assert_eq!(found(&path, "nothing").is_some(), row.words.is_empty(), "{path}");
            }
        }
    }

    #[test]
    fn certificates_examples_and_names_of_tokens_are_no_secrets() {
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert_eq!(found("ca.pem", certificate), None);
        assert_eq!(found("truststore.jks", "x"), None);
        assert_eq!(found(".npmrc", "registry=https://r/\n//r/:_authToken=${NPM_TOKEN}\n"), None);
        for name in [".env.example", ".env.sample", ".env.template", ".environment", "id_rsa.pub"] {
            assert_eq!(found(name, "A=1"), None, "{name}");
        }
        assert_eq!(found(".env", ""), None);
    }

    #[test]
    fn values_of_an_environment_are_secrets() {
        assert!(found(".env", "A=1").is_some() && found("web/.env.production", "A=1").is_some());
    }

    #[test]
    fn an_unreadable_file_is_judged_by_its_name() {
        let item = Item { path: ContextPath::new("server.key"), kind: EntryKind::File, size: 9 };
        assert_eq!(recognize(&item, &|_| None), Some("a private key"));
    }
}
