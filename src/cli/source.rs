//! The Dockerfile and the ignore rules, found and read.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use super::args::{ContextSource, NamedContext};
use super::failure::Failure;
use crate::context::IgnoreRules;
use crate::dockerfile::Dockerfile;
use crate::engine::SourceFile;

/// A Dockerfile and the rules of its context.
#[derive(Debug)]
pub(super) struct Source {
    /// The context's canonical directory.
    pub(super) root: PathBuf,
    /// Where the Dockerfile is; `None` where it came over standard input.
    pub(super) path: Option<PathBuf>,
    /// The Dockerfile, parsed.
    pub(super) dockerfile: Arc<Dockerfile>,
    /// The Dockerfile, for the engine.
    pub(super) file: SourceFile,
    /// What is left out of the context.
    pub(super) rules: IgnoreRules,
    /// The ignore file, for the engine.
    pub(super) ignore_file: Option<SourceFile>,
    /// The directories of `--build-context`, by name.
    pub(super) directories: BTreeMap<String, Directory>,
}

/// A directory of `--build-context`.
#[derive(Debug)]
pub(super) struct Directory {
    /// Canonical.
    pub(super) root: PathBuf,
    /// What is left out of it: its own `.dockerignore` alone rules.
    pub(super) rules: IgnoreRules,
    /// That ignore file, for the engine.
    pub(super) ignore_file: Option<SourceFile>,
}

/// Reads the Dockerfile (`-f`, else `PATH/Dockerfile`) and the ignore file of the context at
/// `path`, and of the named ones.
pub(super) fn read(
    path: &Path,
    file: Option<&Path>,
    contexts: &[NamedContext],
) -> Result<Source, Failure> {
    let root = root(path)?;
    let (found, content) = match file {
        Some(file) if file == Path::new("-") => (None, read_standard_input()?),
        given => {
            let found = locate(&root, path, given)?;
            let content = std::fs::read(&found).map_err(|error| {
                let path = found.display();
                anyhow!(
                    "cannot read the Dockerfile {path}: {error}; is it yours to read (chmod a+r)?"
                )
            })?;
            (Some(found), content)
        }
    };
    let name = found.as_deref().map_or_else(|| "Dockerfile".to_owned(), |path| name(&root, path));
    let text = text(&name, content)?;
    let dockerfile =
        Dockerfile::parse(&name, &text).map_err(|error| Failure::Dockerfile(Box::new(error)))?;
    let beside = found.clone().unwrap_or_else(|| root.join("Dockerfile"));
    let rules = IgnoreRules::load(&root, &beside)?;
    let ignore_file = ignore_file(&rules);
    let file = SourceFile { name, content: text.into_bytes() };
    let dockerfile = Arc::new(dockerfile);
    let directories = directories(contexts)?;
    Ok(Source { root, path: found, dockerfile, file, rules, ignore_file, directories })
}

/// The directories among the named contexts; of equal names the last one counts.
fn directories(contexts: &[NamedContext]) -> Result<BTreeMap<String, Directory>, Failure> {
    let mut directories = BTreeMap::new();
    for context in contexts {
        directories.remove(&context.name);
        let ContextSource::Directory(path) = &context.source else { continue };
        let root = root(path).with_context(|| format!("--build-context {}", context.name))?;
        let rules = IgnoreRules::load_common(&root)
            .with_context(|| format!("--build-context {}", context.name))?;
        let ignore_file = ignore_file(&rules);
        directories.insert(context.name.clone(), Directory { root, rules, ignore_file });
    }
    Ok(directories)
}

fn ignore_file(rules: &IgnoreRules) -> Option<SourceFile> {
    rules.source().map(|path| SourceFile {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        content: rules.bytes().to_vec(),
    })
}

/// The Dockerfile: the given one, else the one in the context.
pub(super) fn locate(
    root: &Path,
    context: &Path,
    given: Option<&Path>,
) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        let what = match Found::at(given) {
            Found::File => return Ok(given.to_owned()),
            Found::Nothing => "does not exist".to_owned(),
            Found::Other(what) => what,
        };
        return Err(anyhow!(
            "the Dockerfile {} {what}; -f takes a file, relative to the current directory, or - \
             for standard input",
            given.display()
        )
        .into());
    }
    // The engine takes the lower-case name too, where the usual one is not there.
    for name in ["Dockerfile", "dockerfile"] {
        match Found::at(&root.join(name)) {
            Found::File => return Ok(root.join(name)),
            Found::Nothing => {}
            Found::Other(what) => {
                let path = context.join(name);
                return Err(anyhow!(
                    "{} {what}; name a Dockerfile with -f, or give another directory",
                    path.display()
                )
                .into());
            }
        }
    }
    Err(anyhow!(
        "there is no Dockerfile in {}; name one with -f, or give another directory",
        context.display()
    )
    .into())
}

/// What stands where a Dockerfile is looked for. Only a regular file is opened: a pipe that nobody
/// writes into would be waited for without end, and a device may never end.
enum Found {
    File,
    Nothing,
    /// Something that cannot be read as a Dockerfile, in words.
    Other(String),
}

impl Found {
    fn at(path: &Path) -> Self {
        let kind = match path.metadata() {
            Ok(metadata) if metadata.is_file() => return Self::File,
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return match path.read_link() {
                    Ok(target) => Self::Other(format!(
                        "is a symbolic link to {}, which does not exist",
                        target.display()
                    )),
                    Err(_) => Self::Nothing,
                };
            }
            Err(error) => return Self::Other(format!("cannot be looked at: {error}")),
        };
        let what = if kind.is_dir() {
            "a directory"
        } else if kind.is_fifo() {
            "a named pipe"
        } else if kind.is_socket() {
            "a socket"
        } else {
            "a device"
        };
        Self::Other(format!("is {what}, not a file"))
    }
}

/// The text of a Dockerfile, `name`.
fn text(name: &str, content: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(content).map_err(|error| {
        let (valid, wrong) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = valid.split(|byte| *byte == b'\n').count();
        let byte = wrong.first().copied().unwrap_or_default();
        anyhow!(
            "{name}:{line} is not text in UTF-8 (byte 0x{byte:02x}); save it as UTF-8, or give the \
             right file with -f"
        )
        .into()
    })
}

/// The canonical directory of the context at `path`.
pub(super) fn root(path: &Path) -> anyhow::Result<PathBuf> {
    let root = path
        .canonicalize()
        .with_context(|| format!("cannot read the context {}", path.display()))?;
    if !root.is_dir() {
        let path = path.display();
        return Err(anyhow!("the context {path} is not a directory; give the directory"));
    }
    Ok(root)
}

fn read_standard_input() -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    std::io::stdin()
        .read_to_end(&mut content)
        .context("cannot read the Dockerfile from standard input")?;
    Ok(content)
}

/// Relative to the context where it lies in it, else as it was given.
fn name(root: &Path, path: &Path) -> String {
    let inside = path.parent().and_then(|parent| {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        let full = parent.canonicalize().ok()?.join(path.file_name()?);
        Some(full.strip_prefix(root).ok()?.to_owned())
    });
    inside.as_deref().unwrap_or(path).to_string_lossy().into_owned()
}
