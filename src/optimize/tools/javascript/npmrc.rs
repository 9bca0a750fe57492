//! .npmrc: settings as `KEY = VALUE`.

use super::project::{Project, text};
use super::settings;
use crate::context::ContextPath;
use crate::optimize::Reason;

/// What a .npmrc says that matters here.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Npmrc {
    /// No script is run.
    pub(super) ignores_scripts: bool,
    /// No lock file is written.
    pub(super) is_lock_left: bool,
}

/// Adds a directory's .npmrc where it has one.
pub(super) fn add(project: &mut Project<'_, '_>, directory: &ContextPath) -> Result<Npmrc, Reason> {
    let Some(manifest) = project.add_if_there(&directory.join(".npmrc"))? else {
        return Ok(Npmrc::default());
    };
    read(text(&manifest)?).map_err(|line| Reason::Option { tool: project.tool, text: line })
}

/// Reads settings; the line that may lead to files otherwise.
fn read(text: &str) -> Result<Npmrc, String> {
    let mut read = Npmrc::default();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, "true"));
        let (key, value) = (key.trim(), value.trim());
        if line.starts_with('[') || !settings::is_harmless(key, value) {
            // Without the value, which may be secret.
            return Err(key.to_owned());
        }
        match (key, value) {
            ("ignore-scripts", value) => read.ignores_scripts = value == "true",
            ("package-lock", value) => read.is_lock_left = value == "false",
            _ => {}
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_paths_refused() {
        let text = "# c\n; d\n\n ignore-scripts = true \npackage-lock=false\nfund=false\n\
                    //example.com/:_authToken=${TOKEN}\nengine-strict\n";
        assert_eq!(read(text), Ok(Npmrc { ignores_scripts: true, is_lock_left: true }));
        for (line, key) in [("cache=.c", "cache"), ("[x]", "[x]"), ("a\rb=c", "a\rb")] {
            assert_eq!(read(line), Err(key.to_owned()));
        }
    }
}
