//! The manifests that Cargo loads: the package's, its workspace's, and those they lead to.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{not_understood, parse, targets};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::tools::{Needs, View};

/// Parts of a manifest, at its top or below a target, whose entries may be packages by path.
const DEPENDENCIES: &[&str] = &[
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
    "replace",
];

/// Adds the manifests of the working directory's package and of all workspaces that it may belong
/// to, with their lock files. Gives the directories that may be the workspace's.
pub(super) fn follow(view: &View<'_>, needs: &mut Needs) -> Result<Vec<ContextPath>, Reason> {
    let mut roots = vec![view.directory.clone()];
    let mut directory = view.directory.clone();
    // A workspace is looked for in all directories above.
    while let Some(above) = directory.parent() {
        if !view.landing.at(&above.join("Cargo.toml")).is_empty() {
            roots.push(above.clone());
        }
        directory = above;
    }
    let mut open = roots.clone();
    let mut seen = BTreeSet::new();
    while let Some(directory) = open.pop() {
        if !seen.insert(directory.clone()) {
            continue;
        }
        let file = directory.join("Cargo.toml");
        let text = view.require(&file, needs)?;
        let source = needs.manifests[&file].to_string();
        let manifest = parse(&source, &text)?;
        let mut paths = Vec::new();
        dependencies(&manifest, &mut paths);
        if let Some(Value::String(path)) = at(&manifest, &["package", "workspace"]) {
            roots.push(image_path(&directory, path.as_bytes()));
            paths.push(path.clone());
        }
        for path in paths {
            open.push(image_path(&directory, path.as_bytes()));
        }
        members(view, &source, &manifest, &directory, &mut open)?;
        // A package by path may belong to another workspace.
        let mut above = directory.parent();
        while let Some(place) = above {
            if !view.landing.at(&place.join("Cargo.toml")).is_empty() {
                open.push(place.clone());
            }
            above = place.parent();
        }
        if manifest.contains_key("package") || manifest.contains_key("project") {
            targets::follow(view, needs, &source, &manifest, &directory)?;
        }
    }
    for root in &roots {
        view.note_file(&root.join("Cargo.lock"), needs)?;
    }
    Ok(roots)
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, name| value.get(name))
}

/// The paths of packages that a manifest depends on.
fn dependencies(manifest: &Table, paths: &mut Vec<String>) {
    let mut parts: Vec<&Value> =
        DEPENDENCIES.iter().filter_map(|name| manifest.get(*name)).collect();
    parts.extend(at(manifest, &["workspace", "dependencies"]));
    for tables in [manifest.get("patch"), manifest.get("target")].into_iter().flatten() {
        for table in tables.as_table().into_iter().flat_map(Table::values) {
            // Those of a registry that is patched stand in the table itself.
            parts.push(table);
            parts.extend(DEPENDENCIES.iter().filter_map(|name| table.get(*name)));
        }
    }
    for package in parts.iter().filter_map(|part| part.as_table()).flat_map(Table::values) {
        if let Some(Value::String(path)) = package.get("path") {
            paths.push(path.clone());
        }
    }
}

/// Adds the directories of a workspace's members.
fn members(
    view: &View<'_>,
    source: &str,
    manifest: &Table,
    root: &ContextPath,
    open: &mut Vec<ContextPath>,
) -> Result<(), Reason> {
    let Some(members) = at(manifest, &["workspace", "members"]) else { return Ok(()) };
    let members = members.as_array().ok_or_else(|| not_understood(source, "members"))?;
    for member in members {
        let odd = || not_understood(source, &member.to_string());
        let pattern = member.as_str().ok_or_else(odd)?;
        if !pattern.contains(['*', '?', '[']) {
            open.push(image_path(root, pattern.as_bytes()));
            continue;
        }
        // Of patterns, those that stand for whole names only.
        let parts: Vec<&str> =
            pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let is_whole = |part: &&str| *part == "*" || !part.contains(['*', '?', '[']);
        if pattern.starts_with('/') || !parts.iter().all(is_whole) || parts.contains(&"..") {
            return Err(odd());
        }
        for (place, _) in view.landing.iter() {
            if place.file_name() == Some(b"Cargo.toml") && is_match(place, root, &parts) {
                open.extend(place.parent());
            }
        }
    }
    Ok(())
}

/// Whether a file lies in a directory that the parts of a pattern below the root mean.
fn is_match(place: &ContextPath, root: &ContextPath, parts: &[&str]) -> bool {
    let below: Vec<&[u8]> = place.components().skip(root.components().count()).collect();
    place.starts_with(root)
        && below.len() == parts.len() + 1
        && parts.iter().zip(&below).all(|(part, name)| *part == "*" || part.as_bytes() == *name)
}
