//! A project as an install sees it: the files that it reads, added to its needs one by one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::package::Package;
use super::{workspaces, yaml};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::tools::view::Manifest;
use crate::optimize::tools::{Install, Needs, View};
use crate::optimize::types::Risk;

/// More directories than there should be COPY lines for; an image may have some 120 layers.
const DIRECTORIES: usize = 40;

/// Names by which tools find a project, or settings, in the directories above.
const FOUND_ABOVE: &[&str] = &[
    "package.json",
    "package.yaml",
    "package.json5",
    "package-lock.json",
    "yarn.lock",
    "pnpm-workspace.yaml",
    "pnpm-lock.yaml",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    "bunfig.toml",
    ".corepack.env",
];

/// Those of them that pnpm alone reads.
const OF_PNPM: &[&str] =
    &["package.yaml", "package.json5", "pnpm-workspace.yaml", "pnpm-lock.yaml", ".pnpmfile.cjs"];

/// The project that a command works on.
pub(super) struct Project<'a, 'b> {
    pub(super) tool: &'static str,
    pub(super) directory: ContextPath,
    view: &'a View<'b>,
    needs: &'a mut Needs,
}

impl<'a, 'b> Project<'a, 'b> {
    /// The project of an install, with what may stand above it.
    pub(super) fn of(
        install: &Install,
        view: &'a View<'b>,
        needs: &'a mut Needs,
    ) -> Result<Self, Reason> {
        let directory = install.files.first().and_then(|file| {
            let file = image_path(&view.directory, file.as_bytes());
            file.parent()
        });
        let directory = directory.unwrap_or_else(|| view.directory.clone());
        let mut project = Self { tool: install.tool.name(), directory, view, needs };
        project.look_above()?;
        Ok(project)
    }

    /// What the directories above have: a package.json without workspaces is only looked at, all
    /// else may change what the project is.
    fn look_above(&mut self) -> Result<(), Reason> {
        let mut directory = self.directory.clone();
        while let Some(above) = directory.parent() {
            self.needs.written.push(above.join("node_modules"));
            for name in FOUND_ABOVE {
                let place = above.join(name);
                let Some(entry) = self.view.landing.at(&place).first() else { continue };
                // npm goes up no further than to the first package.json, but for workspaces.
                let is_unread = *name == "package-lock.json" || OF_PNPM.contains(name);
                if self.tool == "npm" && self.has(&self.place("package.json")) && is_unread {
                    continue;
                }
                let is_alone = *name == "package.json"
                    && self.package(&place)?.is_some_and(|package| {
                        let workspaces = &package.value["workspaces"];
                        let has_none = workspaces.as_array().is_some_and(Vec::is_empty);
                        workspaces.is_null() || self.tool == "npm" && has_none
                    });
                if !is_alone {
                    return Err(Reason::Reads { tool: self.tool, file: entry.path.clone() });
                }
            }
            directory = above;
        }
        Ok(())
    }

    /// A place below the project.
    pub(super) fn place(&self, path: &str) -> ContextPath {
        self.directory.join(path)
    }

    /// Adds a file that has to be there.
    pub(super) fn add(&mut self, place: &ContextPath) -> Result<Manifest, Reason> {
        let manifest = self.view.file(place)?;
        self.needs.manifests.insert(place.clone(), manifest.source.clone());
        Ok(manifest)
    }

    /// Adds a file where the COPY brings it.
    pub(super) fn add_if_there(&mut self, place: &ContextPath) -> Result<Option<Manifest>, Reason> {
        if self.has(place) { self.add(place).map(Some) } else { Ok(None) }
    }

    /// Adds all files below a directory.
    pub(super) fn add_below(&mut self, directory: &ContextPath) -> Result<(), Reason> {
        // A link on the way hides what is there.
        let mut way = Some(directory.clone());
        while let Some(step) = way {
            if let Some(entry) = self.view.landing.at(&step).first() {
                return Err(Reason::IrregularManifest(entry.path.clone()));
            }
            way = step.parent();
        }
        let places: Vec<_> = self.view.landing.iter().map(|(place, _)| place.clone()).collect();
        for place in places.iter().filter(|place| place.starts_with(directory)) {
            self.add(place)?;
        }
        Ok(())
    }

    /// Whether the COPY brings something to a place.
    pub(super) fn has(&self, place: &ContextPath) -> bool {
        !self.view.landing.at(place).is_empty()
    }

    /// The first copied file whose name is of one of these forms, a star at an end for anything.
    pub(super) fn first_named(&self, names: &[&str]) -> Option<ContextPath> {
        let is_named = |component: &[u8]| {
            names.iter().any(|name| match (name.strip_prefix('*'), name.strip_suffix('*')) {
                (Some(end), _) => component.ends_with(end.as_bytes()),
                (_, Some(start)) => component.starts_with(start.as_bytes()),
                _ => component == name.as_bytes(),
            })
        };
        let mut brought = self.view.landing.iter();
        brought
            .find(|(place, _)| place.components().any(is_named))
            .map(|(_, entry)| entry.path.clone())
    }

    /// Adds a package.json where there is one.
    pub(super) fn package(&mut self, place: &ContextPath) -> Result<Option<Package>, Reason> {
        let Some(manifest) = self.add_if_there(place)? else { return Ok(None) };
        let text = text(&manifest)?;
        let value: Value =
            serde_json::from_str(text).map_err(|_| not_understood(&manifest, "no JSON"))?;
        if !value.is_object() {
            return Err(not_understood(&manifest, "no JSON object"));
        }
        let directory = place.parent().unwrap_or_default();
        Ok(Some(Package { directory, source: manifest.source, value }))
    }

    /// The package.json of the project itself.
    pub(super) fn root(&mut self) -> Result<Package, Reason> {
        let place = self.place("package.json");
        self.package(&place)?.ok_or_else(|| self.missing(&place))
    }

    fn missing(&self, place: &ContextPath) -> Reason {
        Reason::MissingManifest { file: format!("/{place}"), copy: self.view.copy }
    }

    /// Adds a file of YAML where there is one; its mapping with where the context has it.
    pub(super) fn yaml(&mut self, name: &str) -> Result<Option<(ContextPath, Value)>, Reason> {
        let place = self.place(name);
        let Some(manifest) = self.add_if_there(&place)? else { return Ok(None) };
        let value = yaml::read(text(&manifest)?).filter(Value::is_object);
        let value = value.ok_or_else(|| not_understood(&manifest, "YAML of an unusual form"))?;
        Ok(Some((manifest.source, value)))
    }

    /// Adds the package.json of every workspace, those of workspaces too.
    pub(super) fn workspaces(&mut self, patterns: &[String]) -> Result<Vec<Package>, Reason> {
        let mut found: Vec<Package> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![(self.directory.clone(), patterns.to_vec())];
        while let Some((directory, patterns)) = open.pop() {
            let mut places = workspaces::find(self.view.landing, &directory, &patterns)?;
            places.retain(|place| !seen.contains(place));
            seen.extend(places.iter().cloned());
            if seen.len() >= DIRECTORIES {
                return Err(Reason::Scattered(seen.len() + 1));
            }
            for place in places {
                if let Some(package) = self.package(&place)? {
                    open.push((package.directory.clone(), package.workspaces()));
                    self.needs.written.push(package.directory.join("node_modules"));
                    found.push(package);
                }
            }
        }
        Ok(found)
    }

    /// Notes places below the project that the install writes.
    pub(super) fn writes(&mut self, names: &[&str]) {
        self.needs.written.extend(names.iter().map(|name| self.directory.join(name)));
    }

    /// Whether no COPY brings anything to a place, or below it. Nothing else may be there either, and
    /// both images have to be compared.
    pub(super) fn leaves_empty(&mut self, place: &ContextPath) -> bool {
        let is_empty = !self.view.landing.places().any(|(brought, _)| brought.starts_with(place));
        if is_empty {
            self.needs.written.push(place.clone());
            self.verify();
        }
        is_empty
    }

    /// Notes that something cannot be known before both images are built.
    pub(super) fn verify(&mut self) {
        self.needs.risk = Risk::Verify;
    }
}

/// A manifest's text; a mark of the byte order is none of it.
pub(super) fn text(manifest: &Manifest) -> Result<&str, Reason> {
    let text = std::str::from_utf8(&manifest.content)
        .map_err(|_| not_understood(manifest, "an encoding other than UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn not_understood(manifest: &Manifest, text: &str) -> Reason {
    Reason::NotUnderstood { place: manifest.source.to_string(), text: text.to_owned() }
}
