//! Dockerfiles that no compose or bake file names, and the context that each is built with.
//!
//! A file is a Dockerfile by its name: `Dockerfile` or `Containerfile`, the same with an ending
//! (`Dockerfile.dev`), or with that as its ending (`api.Dockerfile`). Endings that mean something
//! else than a variant are not taken: ignore files, templates, documents and copies. `dockerfile` is
//! one where no `Dockerfile` is beside it, as docker takes it then.
//!
//! Its context is a guess, which `smartbuild.toml` corrects: the directory that it lies in. Where
//! that is named `docker`, `.docker`, `dockerfiles` or `container`, it holds only what is about
//! docker, from which nobody copies: the context is then the directory that holds it.
//!
//! A Dockerfile may be a link, as git keeps one, to a file of the tree: what it leads to is built
//! with the context of the link.

use super::finder::Finder;
use super::place::{Reference, follow, shown};
use super::{Image, ImageDockerfile, Missing, Origin, Problem};
use crate::context::{ContextPath, Error};

use super::draft::Draft;

/// Names without and with an ending.
const NAMES: &[&str] = &["Dockerfile", "Containerfile"];

/// Endings of what is no Dockerfile.
const NO_DOCKERFILE: &[&str] = &[
    "dockerignore",
    "containerignore",
    "bak",
    "erb",
    "gotmpl",
    "hbs",
    "in",
    "j2",
    "jinja",
    "jinja2",
    "lock",
    "m4",
    "md",
    "mustache",
    "old",
    "orig",
    "rej",
    "rst",
    "swp",
    "template",
    "tmpl",
    "tpl",
    "txt",
];

/// Directories in which only Dockerfiles and what belongs to them are kept.
const DOCKER_DIRECTORIES: &[&str] =
    &["docker", ".docker", "dockerfiles", "dockerfile", "container", "containers"];

/// Whether a file of this name is a Dockerfile.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let is_name = |text: &str| NAMES.iter().any(|it| it.eq_ignore_ascii_case(text));
    if NAMES.contains(&name) {
        return true;
    }
    let Some((before, after)) = name.split_once('.') else { return false };
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.is_empty() || name.ends_with('~') || NO_DOCKERFILE.contains(&last) {
        return false;
    }
    (NAMES.contains(&before) && !after.is_empty())
        || (is_name(last) && !before.is_empty() && name.len() > last.len() + 1)
}

/// The directory that a Dockerfile on its own is built with.
pub(super) fn context(file: &ContextPath) -> ContextPath {
    let directory = file.parent().unwrap_or_default();
    let is_dockers = directory
        .file_name()
        .is_some_and(|name| DOCKER_DIRECTORIES.iter().any(|it| it.as_bytes() == name));
    if is_dockers { directory.parent().unwrap_or_default() } else { directory }
}

/// Adds those of the Dockerfiles that no image has.
pub(super) fn find(finder: &mut Finder<'_>, files: &[ContextPath]) -> Result<(), Error> {
    let mut used = finder.dockerfiles();
    used.append(&mut finder.named_links);
    let mut links = Vec::new();
    for file in files {
        if used.contains(&shown(file)) {
            continue;
        }
        match follow(finder.source, file)? {
            Some(at) if at == *file => add(finder, file, file)?,
            Some(at) => links.push((file, at)),
            None => {
                let message = "it is a link that leads out of the repository, or in a circle: let \
                               it lead to a file of the repository, or exclude it in \
                               smartbuild.toml";
                finder.leave_out(Missing::Image(shown(file)), Problem::of(file, message));
            }
        }
    }
    // A second name for a Dockerfile beside it is no second image.
    for (link, file) in links {
        if used.contains(&shown(&file)) && link.parent() == file.parent() {
            continue;
        }
        if !finder.has(&file)? {
            let message = format!(
                "it is a link to `{}`, and no file is there: let it lead to a file, or exclude it \
                 in smartbuild.toml",
                shown(&file)
            );
            finder.leave_out(Missing::Image(shown(link)), Problem::of(link, message));
            continue;
        }
        let dockerfile = ImageDockerfile::File(file.clone());
        let directory = follow(finder.source, &context(link))?;
        let is_it = |image: &Image| {
            image.dockerfile == dockerfile && Some(&image.context) == directory.as_ref()
        };
        if !finder.images.iter().any(is_it) {
            add(finder, link, &file)?;
        }
    }
    Ok(())
}

/// Adds the Dockerfile, which `at` has the text of.
fn add(finder: &mut Finder<'_>, file: &ContextPath, at: &ContextPath) -> Result<(), Error> {
    let name = shown(file);
    let text = match finder.text(at) {
        Ok(text) => text,
        Err(problem) => {
            finder.leave_out(Missing::Image(name), problem);
            return Ok(());
        }
    };
    if text.contains('\0') {
        let message = "it is no text, and so no Dockerfile: correct it, or exclude it in \
                       smartbuild.toml";
        finder.leave_out(Missing::Image(name), Problem::of(file, message));
        return Ok(());
    }
    let context = context(file);
    let up = file.components().count() - context.components().count();
    let tail: Vec<String> = file
        .components()
        .rev()
        .take(up)
        .map(|it| String::from_utf8_lossy(it).into_owned())
        .collect();
    let dockerfile = tail.into_iter().rev().collect::<Vec<_>>().join("/");
    let draft = Draft {
        context: Reference::Inside(context),
        dockerfile: Some(dockerfile),
        ..Draft::new(name, Origin { file: file.clone(), line: 1 })
    };
    finder.add(draft, |_| None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::images::Configuration;

    #[test]
    fn dockerfiles_are_known_by_their_names() {
        for name in [
            "Dockerfile",
            "Containerfile",
            "Dockerfile.dev",
            "Dockerfile.node.20",
            "Containerfile.ci",
            "api.Dockerfile",
            "api.dockerfile",
            "a.b.Containerfile",
        ] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in [
            "dockerfile",
            "Dockerfile.dockerignore",
            "api.Dockerfile.dockerignore",
            "Dockerfile.j2",
            "Dockerfile.md",
            "Dockerfile~",
            "Dockerfile.",
            ".Dockerfile",
            "MyDockerfile",
            "Dockerfiles",
            "Dockerfile-dev",
            ".dockerignore",
        ] {
            assert!(!is_dockerfile(name), "{name}");
        }
    }

    #[test]
    fn a_context_is_the_directory_unless_that_is_about_docker() {
        for (file, expected) in [
            ("Dockerfile", ""),
            ("api/Dockerfile.dev", "api"),
            ("docker/Dockerfile", ""),
            ("services/api/docker/api.Dockerfile", "services/api"),
            ("docker/api/Dockerfile", "docker/api"),
        ] {
            assert_eq!(context(&ContextPath::new(file)), ContextPath::new(expected), "{file}");
        }
    }

    #[test]
    fn a_name_in_lower_case_counts_where_no_other_is_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for path in ["a/dockerfile", "b/dockerfile", "b/Dockerfile", "c/dockerfile"] {
            write(path, "FROM scratch\n");
        }
        write("compose.yaml", "services:\n  c:\n    build: c\n");
        let source = crate::context::Disk::new(root.path());
        let found = crate::images::find(&source, &BTreeMap::new(), &Configuration::default());
        let found = found.unwrap();
        let told: Vec<_> = found.images.iter().map(|it| (&*it.name, &it.dockerfile)).collect();
        let file = |path: &str| ImageDockerfile::File(ContextPath::new(path));
        let expected = [
            ("a/dockerfile", &file("a/dockerfile")),
            ("b/Dockerfile", &file("b/Dockerfile")),
            ("compose.yaml:c", &file("c/dockerfile")),
        ];
        assert_eq!(told, expected);
        assert!(found.problems.is_empty(), "{:?}", found.problems);
    }
}
