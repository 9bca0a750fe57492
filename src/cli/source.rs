//! The Dockerfile and the ignore rules, found and read.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

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
}

/// Reads the Dockerfile (`-f`, else `PATH/Dockerfile`) and the ignore file of the context at
/// `path`.
pub(super) fn read(path: &Path, file: Option<&Path>) -> Result<Source, Failure> {
    let root = path
        .canonicalize()
        .with_context(|| format!("cannot read the context {}", path.display()))?;
    if !root.is_dir() {
        let path = path.display();
        return Err(anyhow!("the context {path} is not a directory; give the directory").into());
    }
    let (found, content) = match file {
        Some(file) if file == Path::new("-") => (None, read_standard_input()?),
        given => {
            let found = locate(&root, path, given)?;
            let content = std::fs::read(&found)
                .with_context(|| format!("cannot read the Dockerfile {}", found.display()))?;
            (Some(found), content)
        }
    };
    let name = found.as_deref().map_or_else(|| "Dockerfile".to_owned(), |path| name(&root, path));
    let text = String::from_utf8(content)
        .map_err(|_| anyhow!("{name} is not text in UTF-8; is it the right file?"))?;
    let dockerfile =
        Dockerfile::parse(&name, &text).map_err(|error| Failure::Dockerfile(Box::new(error)))?;
    let beside = found.clone().unwrap_or_else(|| root.join("Dockerfile"));
    let rules = IgnoreRules::load(&root, &beside)?;
    let ignore_file = rules.source().map(|path| SourceFile {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        content: rules.bytes().to_vec(),
    });
    let file = SourceFile { name, content: text.into_bytes() };
    Ok(Source { root, path: found, dockerfile: Arc::new(dockerfile), file, rules, ignore_file })
}

fn locate(root: &Path, context: &Path, given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        if given.is_file() {
            return Ok(given.to_owned());
        }
        let what = if given.is_dir() { "is a directory" } else { "does not exist" };
        return Err(anyhow!(
            "the Dockerfile {} {what}; -f takes a file, relative to the current directory",
            given.display()
        )
        .into());
    }
    // The engine takes the lower-case name too, where the usual one is not there.
    let names = [root.join("Dockerfile"), root.join("dockerfile")];
    names.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        anyhow!(
            "there is no Dockerfile in {}; name one with -f, or give another directory",
            context.display()
        )
        .into()
    })
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
