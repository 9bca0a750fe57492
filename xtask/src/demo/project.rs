//! The demo's copy of the example application.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use console::style;
use tempfile::TempDir;

const FILES: [&str; 5] = [".dockerignore", "Dockerfile", "README.md", "app.py", "requirements.txt"];

/// The heading of the example's page, which the demo edits.
const HEADING: (&str, &str) = ("<h1>", "</h1>");

/// A copy in a temporary directory, gone when dropped.
#[derive(Debug)]
pub(crate) struct Project(TempDir);

impl Project {
    /// Copies `examples/flask-app`, and makes its requirements unlike any that were built before.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub(crate) fn copy_example(repository: &Path) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("smartbuild-demo-")
            .tempdir()
            .context("cannot make a temporary directory")?;
        let project = Self(directory);
        fs::create_dir(project.path()).context("cannot make the copy's directory")?;
        let example = repository.join("examples/flask-app");
        for name in FILES {
            fs::copy(example.join(name), project.path().join(name))
                .with_context(|| format!("cannot copy {}", example.join(name).display()))?;
        }
        // A clock before 1970 would only make the comment less unlike others.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        project.change("requirements.txt", |text| {
            format!("# demo {}.{:09}\n{text}", now.as_secs(), now.subsec_nanos())
        })?;
        Ok(project)
    }

    /// The context.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("flask-app")
    }

    /// A path beside the context, for what is not to be sent.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Gives the page another heading and shows the change.
    ///
    /// # Errors
    ///
    /// When `app.py` cannot be edited or has no heading.
    pub(crate) fn edit_source(&self, heading: &str) -> Result<String> {
        let mut shown = String::new();
        self.change("app.py", |text| {
            let lines = text.lines().map(|line| {
                if !line.starts_with(HEADING.0) {
                    return line.to_owned();
                }
                let edited = format!("{}{heading}{}", HEADING.0, HEADING.1);
                shown = format!(
                    "{}\n{}\n{}\n",
                    style("app.py").bold(),
                    style(format!("- {line}")).red(),
                    style(format!("+ {edited}")).green()
                );
                edited
            });
            lines.map(|line| line + "\n").collect()
        })?;
        ensure!(!shown.is_empty(), "the example's app.py has no line with {}", HEADING.0);
        Ok(shown)
    }

    /// Keeps the files for a look, and says where.
    pub(crate) fn keep(self) -> PathBuf {
        self.0.keep()
    }

    /// Edits a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or written.
    pub(crate) fn change(&self, name: &str, edit: impl FnOnce(&str) -> String) -> Result<()> {
        let path = self.path().join(name);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&path, edit(&text)).with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;

    #[test]
    fn an_edit_changes_the_page_and_nothing_else() {
        let project = Project::copy_example(&checks::repository()).unwrap();
        let before = fs::read_to_string(project.path().join("app.py")).unwrap();
        let shown = project.edit_source("Hello").unwrap();
        let after = fs::read_to_string(project.path().join("app.py")).unwrap();
        assert!(shown.contains("+ <h1>Hello</h1>"), "{shown}");
        assert_eq!(after, before.replace("<h1>Guest book</h1>", "<h1>Hello</h1>"));
    }

    #[test]
    fn no_two_copies_have_the_same_requirements() {
        let requirements = || {
            let project = Project::copy_example(&checks::repository()).unwrap();
            fs::read_to_string(project.path().join("requirements.txt")).unwrap()
        };
        let (one, other) = (requirements(), requirements());
        assert_ne!(one, other);
        assert_eq!(
            one.lines().skip(1).collect::<Vec<_>>(),
            other.lines().skip(1).collect::<Vec<_>>()
        );
    }
}
