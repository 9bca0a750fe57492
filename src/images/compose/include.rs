//! The `include:` of a compose file.

use super::interpolate::interpolate;
use super::scalar::Scalar;
use super::yaml::{Fault, Node, Value};

/// One entry of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Include {
    /// The files, of which the later ones lie over the first.
    pub(super) paths: Vec<Named>,
    /// The directory from which their paths count, where it is said.
    pub(super) directory: Option<String>,
    pub(super) env_files: Vec<Named>,
    pub(super) line: usize,
}

/// A path, and the line that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) path: String,
    pub(super) line: usize,
}

impl Include {
    /// The line that names a file, told by its path as it is written.
    pub(super) fn line_of(&self, is_it: impl Fn(&str) -> bool) -> usize {
        let mut all = self.paths.iter().chain(&self.env_files);
        all.find(|named| is_it(&named.path)).map_or(self.line, |named| named.line)
    }
}

/// Reads a list of paths and mappings.
pub(super) fn read(
    node: &Node,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Include>, Fault> {
    let list = match &node.value {
        Value::List(list) => list,
        Value::Scalar(Scalar::Null) => return Ok(Vec::new()),
        _ => return Err(Fault::new(node.line, "`include` must be a list: write `- ` before each")),
    };
    let named = |node: &Node| -> Result<Named, Fault> {
        Ok(Named { path: text(node, look_up)?, line: node.line })
    };
    let all = |node: Option<&Node>| -> Result<Vec<Named>, Fault> {
        match node.map(|it| &it.value) {
            None => Ok(Vec::new()),
            Some(Value::List(list)) => list.iter().map(named).collect(),
            Some(_) => node.map(named).into_iter().collect(),
        }
    };
    let mut includes = Vec::with_capacity(list.len());
    for item in list {
        let line = item.line;
        let include = if let Value::Mapping(entries) = &item.value {
            let known = ["path", "project_directory", "env_file"];
            if let Some((key, value)) = entries.iter().find(|it| !known.contains(&it.0.as_str())) {
                let message = format!("`include` has no `{key}`: correct it");
                return Err(Fault::new(value.line, message));
            }
            let directory = item.get("project_directory").map(|it| text(it, look_up));
            Include {
                paths: all(item.get("path"))?,
                directory: directory.transpose()?.filter(|it| !it.is_empty()),
                env_files: all(item.get("env_file"))?,
                line,
            }
        } else {
            let paths = vec![named(item)?];
            Include { paths, directory: None, env_files: Vec::new(), line }
        };
        if include.paths.is_empty() {
            return Err(Fault::new(line, "`include` names no file: add `path:`"));
        }
        includes.push(include);
    }
    Ok(includes)
}

fn text(node: &Node, look_up: &dyn Fn(&str) -> Option<String>) -> Result<String, Fault> {
    let Value::Scalar(Scalar::Text(text)) = &node.value else {
        return Err(Fault::new(node.line, "a value of `include` that must be a text: correct it"));
    };
    interpolate(text, look_up).map_err(|refusal| Fault::refused(node.line, &refusal))
}
