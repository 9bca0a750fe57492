//! npm's lock files: what comes from the project itself, and which packages have scripts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::package::Package;
use super::project::{Project, text};
use crate::optimize::Reason;
use crate::optimize::tools::view::Manifest;

/// A package-lock.json or npm-shrinkwrap.json.
pub(super) struct Lock {
    source: String,
    value: Value,
}

impl Lock {
    /// Reads one.
    pub(super) fn read(manifest: &Manifest) -> Result<Self, Reason> {
        let source = manifest.source.to_string();
        let value = serde_json::from_str(text(manifest)?).map_err(|_| Reason::NotUnderstood {
            place: source.clone(),
            text: "no JSON".to_owned(),
        })?;
        Ok(Self { source, value })
    }

    /// Refuses what it takes from the project itself.
    pub(super) fn check(
        &self,
        project: &Project<'_, '_>,
        packages: &[Package],
    ) -> Result<(), Reason> {
        let local = |text: &str| {
            Err(Reason::NeedsSources { place: self.source.clone(), text: text.to_owned() })
        };
        for entry in self.value["packages"].as_object().into_iter().flat_map(|all| all.values()) {
            let resolved = entry["resolved"].as_str().unwrap_or_default();
            let is_link = entry["link"] == Value::Bool(true);
            let is_workspace =
                || packages.iter().any(|package| package.directory == project.place(resolved));
            if is_link && !is_workspace() || resolved.starts_with("file:") {
                return local(resolved);
            }
        }
        let mut open: Vec<&Value> = vec![&self.value["dependencies"]];
        while let Some(dependencies) = open.pop() {
            for (_, entry) in dependencies.as_object().into_iter().flatten() {
                let version = entry["version"].as_str().unwrap_or_default();
                let path = version.strip_prefix("file:");
                let is_workspace = |path: &str| {
                    packages.iter().any(|package| package.directory == project.place(path))
                };
                if path.is_some_and(|path| !is_workspace(path)) {
                    return local(version);
                }
                open.push(&entry["dependencies"]);
            }
        }
        Ok(())
    }

    /// The packages that have scripts, where it says so: from its second version on.
    pub(super) fn with_scripts(&self) -> Option<BTreeSet<String>> {
        let is_telling = self.value["lockfileVersion"].as_u64().is_some_and(|version| version >= 2);
        let packages = self.value["packages"].as_object().filter(|_| is_telling)?;
        // Of a repository it may not know before it is there.
        let is_repository = |entry: &Value| {
            entry["resolved"].as_str().is_some_and(|resolved| resolved.starts_with("git"))
        };
        if packages.values().any(is_repository) {
            return None;
        }
        let with_scripts =
            packages.iter().filter(|(_, entry)| entry["hasInstallScript"] == Value::Bool(true));
        let names = with_scripts.filter_map(|(place, entry)| {
            let (_, installed_as) = place.rsplit_once("node_modules/")?;
            Some(entry["name"].as_str().unwrap_or(installed_as).to_owned())
        });
        Some(names.collect())
    }
}
