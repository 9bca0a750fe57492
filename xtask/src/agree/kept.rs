//! What the engine did, kept from one run to the next: another program is compared with it at once.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::trial::Outcome;

/// Outcomes by what was built, and the file that they are added to, a line each.
#[derive(Debug, Default)]
pub(super) struct Kept {
    outcomes: BTreeMap<String, Outcome>,
    file: Option<File>,
}

impl Kept {
    /// What is in the file, which is made where it is not there. Without a file nothing is kept.
    ///
    /// # Errors
    ///
    /// When it cannot be read or written.
    pub(super) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = if path.exists() {
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
        } else {
            String::new()
        };
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { outcomes: text.lines().filter_map(read).collect(), file: Some(file) })
    }

    /// The outcome of what has this key: the one that is kept, or else a new one, which is kept.
    ///
    /// # Errors
    ///
    /// When the building fails, or the file cannot be written.
    pub(super) fn get_or(
        &mut self,
        key: &[&str],
        build: impl FnOnce() -> Result<Outcome>,
    ) -> Result<Outcome> {
        let key = key.join(" ");
        if let Some(outcome) = self.outcomes.get(&key) {
            return Ok(outcome.clone());
        }
        let outcome = build()?;
        if let Some(file) = &mut self.file {
            writeln!(file, "{}", line(&key, &outcome)).context("cannot keep an outcome")?;
        }
        Ok(outcome)
    }
}

fn line(key: &str, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Built(steps) => json!({ "built": key, "reused": steps }),
        Outcome::NotBuilt(reason) => json!({ "built": key, "failed": reason }),
    }
}

/// One line's outcome; none of a line that an interrupted run left half written.
fn read(line: &str) -> Option<(String, Outcome)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let outcome = match (value["reused"].as_object(), value["failed"].as_str()) {
        (Some(steps), _) => {
            let step = |(name, reused): (&String, &Value)| Some((name.clone(), reused.as_bool()?));
            Outcome::Built(steps.iter().map(step).collect::<Option<_>>()?)
        }
        (None, Some(reason)) => Outcome::NotBuilt(reason.to_owned()),
        (None, None) => return None,
    };
    Some((value["built"].as_str()?.to_owned(), outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_built_is_not_built_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kept");
        let built = Outcome::Built(BTreeMap::from([("[1/2] RUN a".to_owned(), true)]));
        let failed = Outcome::NotBuilt("no \"file\"".to_owned());
        let mut kept = Kept::open(Some(&path)).unwrap();
        assert_eq!(kept.get_or(&["a", "b"], || Ok(built.clone())).unwrap(), built);
        assert_eq!(kept.get_or(&["a", "c"], || Ok(failed.clone())).unwrap(), failed);
        write!(kept.file.as_ref().unwrap(), "{{\"built\":\"a d").unwrap();

        let mut again = Kept::open(Some(&path)).unwrap();
        let never = || panic!("it is kept");
        assert_eq!(again.get_or(&["a", "b"], never).unwrap(), built);
        assert_eq!(again.get_or(&["a", "c"], never).unwrap(), failed);
        assert_eq!(again.get_or(&["a", "d"], || Ok(built.clone())).unwrap(), built);
    }
}
