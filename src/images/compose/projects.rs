//! The compose project of each directory: which files it is made of.

use std::collections::BTreeMap;

use super::load::{Failure, Loader};
use super::variables::Known;
use super::{FILES, OVERRIDES};
use crate::context::ContextPath;
use crate::images::Problem;
use crate::images::place::below;

/// A project before its files are read.
pub(super) struct Found {
    /// The files, of which the later ones lie over the first.
    pub(super) files: Vec<ContextPath>,
    /// The directory that it is found in.
    pub(super) directory: ContextPath,
    /// Whether an env file there names the files.
    pub(super) is_chosen: bool,
    pub(super) variables: Known,
}

/// The project that `docker compose` takes in a directory with these files; `None` where it takes
/// none.
pub(super) fn find(
    loader: &mut Loader<'_, '_>,
    directory: &ContextPath,
    names: &[String],
) -> Result<Option<Found>, Failure> {
    let first = |of: &[&str]| {
        let name = of.iter().find(|name| names.iter().any(|it| it == **name));
        name.map(|name| directory.join(name))
    };
    let usual = first(FILES);
    let env_file = loader.usual_env_file(directory)?;
    let outer = Known::from(loader.finder.variables);
    let variables = match loader.variables(&outer, env_file.as_slice()) {
        Ok(variables) => variables,
        // An env file of something else is no concern of compose.
        Err(Failure::Problem(_)) if usual.is_none() && !chooses(loader, env_file.as_ref()) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let directory = directory.clone();
    // What the environment says is about the one directory that docker is called in.
    let line = variables.lines_of("COMPOSE_FILE").first();
    if let Some(line) = line
        && let Some(paths) = variables.get("COMPOSE_FILE").filter(|it| !it.is_empty())
    {
        let separator = variables.get("COMPOSE_PATH_SEPARATOR").filter(|it| !it.is_empty());
        let separator = separator.unwrap_or_else(|| ":".to_owned());
        let place = |text: &str| {
            below(&directory, text).ok_or_else(|| {
                let message = format!("`{text}` is outside of the repository: keep it in there");
                Problem::at(&line.file, line.line, message)
            })
        };
        let files = paths.split(&*separator).map(place).collect::<Result<Vec<_>, _>>()?;
        for file in &files {
            if !loader.finder.has(file)? {
                let message = format!(
                    "COMPOSE_FILE names `{file}`, and no such file is here: add it or correct the \
                     name"
                );
                return Err(Problem::at(&line.file, line.line, message).into());
            }
        }
        return Ok(Some(Found { files, directory, is_chosen: true, variables }));
    }
    let Some(main) = usual else { return Ok(None) };
    let files = [main].into_iter().chain(first(OVERRIDES)).collect();
    Ok(Some(Found { files, directory, is_chosen: false, variables }))
}

/// Whether an env file that cannot be read seems to say which files are a project.
fn chooses(loader: &Loader<'_, '_>, file: Option<&ContextPath>) -> bool {
    let name = b"COMPOSE_FILE";
    let bytes = file.and_then(|file| loader.finder.source.read(file).ok().flatten());
    bytes.is_some_and(|bytes| bytes.windows(name.len()).any(|part| part == name))
}

/// Leaves out projects whose main file is one that another directory's env file chooses.
pub(super) fn without_chosen<T>(found: &mut Vec<(Found, T)>) {
    let mut chosen: BTreeMap<Vec<u8>, ContextPath> = BTreeMap::new();
    for (project, _) in found.iter().filter(|(project, _)| project.is_chosen) {
        for file in &project.files {
            chosen.insert(file.as_bytes().to_vec(), project.directory.clone());
        }
    }
    found.retain(|(project, _)| {
        let main = project.files.first().map(ContextPath::as_bytes).unwrap_or_default();
        chosen
            .get(main)
            .is_none_or(|directory| project.is_chosen || *directory == project.directory)
    });
}
