//! Scenarios that a file gives: `bench.toml`.
//!
//! ```
//! use smartbuild::bench::Scenarios;
//!
//! let scenarios = Scenarios::parse(
//!     br#"
//!     [[scenario]]
//!     name = "edit a template"
//!     run = "echo $SMARTBUILD_BENCH_SALT >> templates/index.html"
//!     "#,
//! )?;
//! assert_eq!(scenarios.scenarios[0].name, "edit a template");
//! # Ok::<(), smartbuild::bench::ScenariosError>(())
//! ```

use serde::Deserialize;
use toml::Spanned;

use super::types::{Change, Scenario};
use crate::toml_text::{Mistake, TomlText};

/// The scenarios of a file. One that is called like a scenario that is looked for takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scenarios {
    /// In the file's order.
    pub scenarios: Vec<Scenario>,
}

/// Why a file of scenarios is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ScenariosError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl From<Mistake> for ScenariosError {
    fn from(Mistake { line, message }: Mistake) -> Self {
        Self { line, message }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    scenario: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    run: String,
}

impl Scenarios {
    /// Reads the file's bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ScenariosError> {
        let text = TomlText(bytes);
        let document: Document = text.read()?;
        let mut scenarios: Vec<Scenario> = Vec::new();
        for entry in document.scenario {
            let line = text.line_of(entry.span().start);
            let wrong = |message: String| Err(ScenariosError { line, message });
            let Entry { name, run } = entry.into_inner();
            if name.trim().is_empty() {
                return wrong("a scenario without a name: give it one".to_owned());
            }
            if run.trim().is_empty() {
                return wrong(format!("`{name}` runs nothing: give a shell command in `run`"));
            }
            if scenarios.iter().any(|other| other.name == name) {
                return wrong(format!("a second scenario `{name}`: give it another name"));
            }
            scenarios.push(Scenario { name, change: Change::Shell(run) });
        }
        Ok(Self { scenarios })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = |text: &str| Scenarios::parse(text.as_bytes()).unwrap_err().to_string();
        let twice = "[[scenario]]\nname = 'a'\nrun = 'x'\n\n[[scenario]]\nname = 'a'\nrun = 'y'\n";
        insta::assert_snapshot!(
            [
                error(twice),
                error("[[scenario]]\nname = 'a'\nrun = ' '\n"),
                error("[[scenario]]\nname = ''\nrun = 'x'\n"),
                error("[[scenario]]\nname = 'a'\n"),
                error("[[scenario]]\nname = 'a'\nrun = 'x'\nruns = 3\n"),
                error("scenario = 3"),
            ]
            .join("\n"),
            @r"
        line 5: a second scenario `a`: give it another name
        line 1: `a` runs nothing: give a shell command in `run`
        line 1: a scenario without a name: give it one
        line 1: missing field `run`
        line 4: unknown field `runs`, expected `name` or `run`
        line 1: invalid type: integer `3`, expected a sequence
        "
        );
        assert_eq!(Scenarios::parse(b""), Ok(Scenarios::default()));
    }
}
