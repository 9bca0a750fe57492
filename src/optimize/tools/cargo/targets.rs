//! The targets of a package, as far as Cargo looks for their files.
//!
//! A target with a `path` is taken at its word. One without is looked for in the usual places,
//! and a package that names none has to have a library or a program there. The file must be
//! there; it is not read.

use toml::{Table, Value};

use super::not_understood;
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::tools::{Needs, View};

/// The kinds of targets beside the library, with the directory that each is looked for in.
const KINDS: &[(&str, &str)] =
    &[("bin", "src/bin"), ("example", "examples"), ("test", "tests"), ("bench", "benches")];

/// Adds the files that have to be there so that Cargo takes the manifest.
pub(super) fn follow(
    view: &View<'_>,
    needs: &mut Needs,
    source: &str,
    manifest: &Table,
    directory: &ContextPath,
) -> Result<(), Reason> {
    let mut has_target = false;
    if let Some(library) = manifest.get("lib") {
        has_target = true;
        if library.get("path").is_none() {
            one_of(view, needs, source, "lib", &[directory.join("src/lib.rs")])?;
        }
    }
    let package = manifest.get("package").or_else(|| manifest.get("project"));
    let package_name = package.and_then(|package| package.get("name")).and_then(Value::as_str);
    for (kind, folder) in KINDS {
        let targets = match manifest.get(*kind) {
            None => continue,
            Some(Value::Array(targets)) => targets,
            Some(_) => return Err(not_understood(source, kind)),
        };
        has_target |= *kind == "bin" && !targets.is_empty();
        for target in targets.iter().filter(|target| target.get("path").is_none()) {
            let Some(name) = target.get("name").and_then(Value::as_str) else {
                return Err(not_understood(source, kind));
            };
            let mut places = usual_places(directory, folder, name);
            if *kind == "bin" && package_name == Some(name) {
                places.push(directory.join("src/main.rs"));
            }
            one_of(view, needs, source, name, &places)?;
        }
    }
    if let Some(name) = package.and_then(|package| package.get("default-run")) {
        let name = name.as_str().unwrap_or_default();
        let mut places = usual_places(directory, "src/bin", name);
        places.push(directory.join("src/main.rs"));
        one_of(view, needs, source, name, &places)?;
    }
    if has_target {
        return Ok(());
    }
    let mut places = vec![directory.join("src/lib.rs"), directory.join("src/main.rs")];
    let programs = directory.join("src/bin");
    let is_program = |place: &&ContextPath| {
        place.parent().as_ref() == Some(&programs)
            && place.file_name().is_some_and(|name| name.ends_with(b".rs"))
    };
    places.extend(view.landing.iter().map(|(place, _)| place).filter(is_program).cloned());
    one_of(view, needs, source, "a package without a target", &places)
}

fn usual_places(directory: &ContextPath, folder: &str, name: &str) -> Vec<ContextPath> {
    let folder = directory.join(folder);
    vec![folder.join(format!("{name}.rs")), folder.join(format!("{name}/main.rs"))]
}

/// Adds the first of these files that the COPY brings.
fn one_of(
    view: &View<'_>,
    needs: &mut Needs,
    source: &str,
    target: &str,
    places: &[ContextPath],
) -> Result<(), Reason> {
    match places.iter().find(|place| !view.landing.at(place).is_empty()) {
        Some(place) => view.note_file(place, needs),
        None => Err(not_understood(source, target)),
    }
}
