//! Manifests: how an install comes to them, and those in TOML.

use toml::{Table, Value};

use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::tools::view::Manifest;
use crate::optimize::tools::{Needs, View};

/// A manifest in TOML.
#[derive(Debug)]
pub(in crate::optimize::tools) struct Document {
    /// The file, as the context has it.
    source: ContextPath,
    table: Table,
}

impl Document {
    /// Reads a manifest.
    pub(in crate::optimize::tools) fn parse(manifest: &Manifest) -> Result<Self, Reason> {
        let refused =
            |text: String| Reason::NotUnderstood { place: manifest.source.to_string(), text };
        let text = std::str::from_utf8(&manifest.content)
            .map_err(|_| refused("an encoding other than UTF-8".to_owned()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let table = text.parse::<Table>().map_err(|error| refused(error.message().to_owned()))?;
        Ok(Self { source: manifest.source.clone(), table })
    }

    /// What stands at a path of keys.
    pub(in crate::optimize::tools) fn at(&self, keys: &[&str]) -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter().try_fold(self.table.get(*first)?, |value, key| value.get(*key))
    }

    /// The keys at the top.
    pub(in crate::optimize::tools) fn keys(&self) -> impl Iterator<Item = &str> {
        self.table.keys().map(String::as_str)
    }

    /// Whether there is `true` at a path of keys, or `false`; `None` for neither.
    pub(in crate::optimize::tools) fn flag(&self, keys: &[&str]) -> Option<bool> {
        self.at(keys).and_then(Value::as_bool)
    }

    /// The tables of an array of tables, such as the packages of a lock file.
    pub(in crate::optimize::tools) fn tables(&self, key: &str) -> impl Iterator<Item = &Table> {
        let array = self.table.get(key).and_then(Value::as_array);
        array.into_iter().flatten().filter_map(Value::as_table)
    }

    /// What the project leaves to its build to say, such as its version.
    pub(in crate::optimize::tools) fn dynamic(&self) -> Vec<&str> {
        let fields = self.at(&["project", "dynamic"]).and_then(Value::as_array);
        fields.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The file's name, for people.
    pub(in crate::optimize::tools) fn place(&self) -> String {
        self.source.to_string()
    }

    /// The refusal of something in it that installs from the project's own files.
    pub(in crate::optimize::tools) fn needs_sources(&self, text: impl Into<String>) -> Reason {
        Reason::NeedsSources { place: self.place(), text: text.into() }
    }

    /// The refusal of something in it that is not understood.
    pub(in crate::optimize::tools) fn not_understood(&self, text: impl Into<String>) -> Reason {
        Reason::NotUnderstood { place: self.place(), text: text.into() }
    }
}

/// Adds a file that an install cannot do without.
pub(in crate::optimize::tools) fn take(
    view: &View<'_>,
    place: &ContextPath,
    needs: &mut Needs,
) -> Result<Manifest, Reason> {
    let manifest = view.file(place)?;
    needs.manifests.insert(place.clone(), manifest.source.clone());
    Ok(manifest)
}

/// Adds a file that an install reads where it is there.
pub(in crate::optimize::tools) fn take_if_there(
    view: &View<'_>,
    place: &ContextPath,
    needs: &mut Needs,
) -> Result<Option<Manifest>, Reason> {
    let found = view.find(place)?;
    if let Some(manifest) = &found {
        needs.manifests.insert(place.clone(), manifest.source.clone());
    }
    Ok(found)
}

/// Adds the files of these names in the working directory and in all above it.
///
/// A file more than the tool reads does no harm: it is there in either order.
pub(in crate::optimize::tools) fn take_upwards(
    view: &View<'_>,
    names: &[&str],
    needs: &mut Needs,
) -> Result<Vec<(ContextPath, Manifest)>, Reason> {
    let mut found = Vec::new();
    let mut directory = Some(view.directory.clone());
    while let Some(current) = directory {
        for name in names {
            let place = current.join(name);
            found.extend(take_if_there(view, &place, needs)?.map(|manifest| (place, manifest)));
        }
        directory = current.parent();
    }
    Ok(found)
}

/// Adds and reads the `pyproject.toml` of the working directory.
pub(in crate::optimize::tools) fn project(
    view: &View<'_>,
    needs: &mut Needs,
) -> Result<Document, Reason> {
    Document::parse(&take(view, &view.directory.join("pyproject.toml"), needs)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(content: &[u8]) -> Result<Document, Reason> {
        let source = ContextPath::new("pyproject.toml");
        Document::parse(&Manifest { source, content: content.to_vec() })
    }

    #[test]
    fn values_are_found_by_their_keys() {
        let text =
            b"[project]\ndynamic = ['version']\n[tool.uv]\npackage = true\n[[package]]\na=1\n";
        let document = parse(text).unwrap();
        assert_eq!(document.flag(&["tool", "uv", "package"]), Some(true));
        assert_eq!(document.flag(&["tool", "uv", "managed"]), None);
        assert_eq!(document.dynamic(), ["version"]);
        assert_eq!(document.tables("package").count(), 1);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = format!("a = {}", "[".repeat(100_000));
        let keys = format!("{}a = 1", "a.".repeat(100_000));
        for text in [&b"a ="[..], b"a = 1\na = 2\n", b"\xe9 = 1", deep.as_bytes(), keys.as_bytes()]
        {
            assert!(matches!(parse(text), Err(Reason::NotUnderstood { .. })));
        }
    }
}
