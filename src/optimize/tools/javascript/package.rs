//! package.json: what it installs, and from where.

use serde_json::Value;

use super::dependency::{Dependency, classify};
use super::project::Project;
use crate::context::ContextPath;
use crate::optimize::Reason;

/// A package.json that is read.
pub(super) struct Package {
    /// Where it lies in the image.
    pub(super) directory: ContextPath,
    /// Where the context has it.
    pub(super) source: ContextPath,
    /// Its content: an object.
    pub(super) value: Value,
}

const DEPENDENCIES: &[&str] =
    &["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/// Where versions are written that take the place of others, at any depth.
const OVERRIDES: &[&str] = &["overrides", "resolutions", "catalog", "catalogs"];

impl Package {
    /// Its patterns of workspaces.
    pub(super) fn workspaces(&self) -> Vec<String> {
        let workspaces = &self.value["workspaces"];
        let list = if workspaces.is_object() { &workspaces["packages"] } else { workspaces };
        texts(list)
    }

    /// The tool that it names in `packageManager`, with its version.
    pub(super) fn manager(&self) -> Option<&str> {
        self.value["packageManager"].as_str()
    }

    /// Whether it installs anything.
    pub(super) fn has_dependencies(&self) -> bool {
        let is_some = |values: &Value| values.as_object().is_some_and(|some| !some.is_empty());
        DEPENDENCIES.iter().any(|key| is_some(&self.value[*key]))
    }

    /// Whether it asks for a package by name.
    pub(super) fn asks_for(&self, name: &str) -> bool {
        DEPENDENCIES.iter().any(|key| self.value[*key].get(name).is_some())
    }

    /// Follows what it depends on: patches are added, other files of the project refuse.
    pub(super) fn follow(&self, project: &mut Project<'_, '_>) -> Result<(), Reason> {
        for key in DEPENDENCIES {
            self.specifiers(&self.value[*key], project)?;
        }
        for values in [&self.value, &self.value["pnpm"], &self.value["workspaces"]] {
            for key in OVERRIDES {
                self.specifiers(&values[*key], project)?;
            }
            for path in leaves(&values["patchedDependencies"]) {
                project.add(&project.place(path))?;
            }
            if let Value::Object(extensions) = &values["packageExtensions"] {
                extensions.values().try_for_each(|more| self.specifiers(more, project))?;
            }
        }
        let meta = self.value["dependenciesMeta"].as_object();
        let is_injected = |meta: &Value| meta["injected"] == Value::Bool(true);
        if meta.is_some_and(|meta| meta.values().any(is_injected)) {
            return Err(self.needs_sources("injected"));
        }
        Ok(())
    }

    fn specifiers(&self, values: &Value, project: &mut Project<'_, '_>) -> Result<(), Reason> {
        leaves(values)
            .into_iter()
            .try_for_each(|text| specifier(&self.source, &self.directory, text, project))
    }

    /// Refuses what a workspace may not have: programs, which a tool links only where their files
    /// are there, and a directory that stands for it.
    pub(super) fn check_workspace(&self) -> Result<(), Reason> {
        let has = |value: &Value| match value {
            Value::String(text) => !text.is_empty(),
            Value::Object(some) => !some.is_empty(),
            _ => false,
        };
        for (parent, key) in
            [(None, "bin"), (Some("directories"), "bin"), (Some("publishConfig"), "directory")]
        {
            let values = parent.map_or(&self.value, |parent| &self.value[parent]);
            if has(&values[key]) {
                return Err(self.needs_sources(key));
            }
        }
        Ok(())
    }

    fn needs_sources(&self, text: &str) -> Reason {
        Reason::NeedsSources { place: self.source.to_string(), text: text.to_owned() }
    }
}

/// Follows one specifier that a file of the project has; paths in it begin at `directory`.
pub(super) fn specifier(
    file: &ContextPath,
    directory: &ContextPath,
    text: &str,
    project: &mut Project<'_, '_>,
) -> Result<(), Reason> {
    let place = || file.to_string();
    match classify(text) {
        Dependency::Remote | Dependency::Workspace => Ok(()),
        Dependency::Patch(path) if path.starts_with("./") => {
            project.add(&directory.join(path)).map(drop)
        }
        Dependency::Patch(path) => project.add(&project.place(&path)).map(drop),
        Dependency::Local
            if file.file_name() == Some(b"package.json")
                && links_to_nothing(directory, text, project) =>
        {
            Ok(())
        }
        Dependency::Local => Err(Reason::NeedsSources { place: place(), text: text.to_owned() }),
        Dependency::Unknown => Err(Reason::NotUnderstood { place: place(), text: text.to_owned() }),
    }
}

/// Whether it is a directory beside the project that pnpm only links to, and that no COPY brings anything into: a later
/// step makes it, so that the install finds nothing there in either order.
fn links_to_nothing(directory: &ContextPath, text: &str, project: &mut Project<'_, '_>) -> bool {
    let path = text.strip_prefix("link:").unwrap_or(text);
    let is_directory = path.starts_with("../")
        && ![".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end));
    let place = ContextPath::new(format!("{directory}/{path}"));
    is_directory && project.tool == "pnpm" && project.leaves_empty(&place)
}

/// Every text in a value, at any depth; a reference to another entry (`$NAME`) is none.
pub(super) fn leaves(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) if !text.starts_with('$') => vec![text],
        Value::Array(list) => list.iter().flat_map(leaves).collect(),
        Value::Object(mapping) => mapping.values().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}

/// The texts of a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
