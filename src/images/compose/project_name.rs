//! The name of a project, which values may have in them as `COMPOSE_PROJECT_NAME`.
//!
//! The environment and `.env` decide before `name:` of the files, and that before the name of the
//! directory, that of the checkout for the root of a repository. In a bare one nobody knows it.

use super::load::{Failure, Loader};
use super::service::{Reading, present};
use super::variables::Known;
use crate::context::ContextPath;
use crate::images::{Origin, Problem};

const NAME: &str = "COMPOSE_PROJECT_NAME";

/// What bake calls a project that has no name.
const OF_BAKE: &str = "bake";

/// Adds the name of a project of these files to its variables.
pub(super) fn set(
    loader: &mut Loader<'_, '_>,
    files: &[ContextPath],
    directory: &ContextPath,
    variables: &mut Known,
) -> Result<(), Failure> {
    if variables.get(NAME).is_some_and(|name| !name.is_empty()) {
        return Ok(());
    }
    if let Some((name, lines)) = written(loader, files, variables)? {
        variables.set(NAME.to_owned(), name, lines);
        return Ok(());
    }
    let Some(called) = name_of(loader, directory) else { return Ok(()) };
    let name = normalised(&called);
    if !name.is_empty() {
        variables.set(NAME.to_owned(), name, Vec::new());
    } else if let Some(file) = files.first() {
        let message = format!(
            "the directory `{called}` gives its project no name, so that compose refuses it: write \
             `name:`, or set {NAME} in .env"
        );
        loader.finder.problems.insert(Problem::of(file, message));
    }
    Ok(())
}

/// What a directory is called; `None` where nobody can tell.
fn name_of(loader: &Loader<'_, '_>, directory: &ContextPath) -> Option<String> {
    Some(match directory.file_name() {
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => {
            let whole = loader.finder.source.on_disk()?.canonicalize().ok()?;
            whole.file_name().unwrap_or(whole.as_os_str()).to_string_lossy().into_owned()
        }
    })
}

/// The same as bake has it, where `name:` decides first and the directory never.
pub(super) fn set_for_bake(
    loader: &mut Loader<'_, '_>,
    files: &[ContextPath],
    variables: &mut Known,
) -> Result<(), Failure> {
    if let Some((name, lines)) = written(loader, files, variables)? {
        variables.set(NAME.to_owned(), name, lines);
    } else if variables.get(NAME).is_none_or(|name| name.is_empty()) {
        variables.set(NAME.to_owned(), OF_BAKE.to_owned(), Vec::new());
    }
    Ok(())
}

/// The last `name:` of the files that says anything, and the lines that give it.
fn written(
    loader: &mut Loader<'_, '_>,
    files: &[ContextPath],
    variables: &Known,
) -> Result<Option<(String, Vec<Origin>)>, Failure> {
    let mut found = None;
    for file in files {
        let base = ContextPath::root();
        let reading = Reading { file, base: &base, variables };
        for document in loader.documents(file)? {
            let Some(node) = present(&document, "name") else { continue };
            let text =
                reading.text(node).map_err(|fault| Problem::at(file, fault.line, fault.message))?;
            let name = normalised(&text);
            if !name.is_empty() {
                found = Some((name, reading.lines_of(node)));
            }
        }
    }
    Ok(found)
}

/// As compose spells it: small letters, digits, `-` and `_`, which do not begin it.
fn normalised(name: &str) -> String {
    let name = name.to_lowercase();
    let is_kept = |it: &char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-_".contains(*it);
    let kept: String = name.chars().filter(is_kept).collect();
    kept.trim_start_matches(['-', '_']).to_owned()
}
