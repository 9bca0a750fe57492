//! Gemfiles of literal forms, followed as Bundler follows them.

use super::ruby::{self, Statement, Value};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::tools::{Needs, View, is_remote_address};

/// What a gem can be told that leads to no file.
const GEM_OPTIONS: &[&str] = &[
    "bitbucket",
    "branch",
    "gist",
    "git",
    "github",
    "gitlab",
    "glob",
    "group",
    "groups",
    "name",
    "optional",
    "platform",
    "platforms",
    "ref",
    "require",
    "source",
    "submodules",
    "tag",
    "type",
];

/// What a line makes of the files.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Nothing,
    /// Another Gemfile, by its path from this one's directory.
    Includes(String),
    /// A file with the version of Ruby, by its path from the working directory.
    Reads(String),
    /// The line needs the project's own files.
    NeedsSources,
}

/// Adds the Gemfile of the working directory and all that it includes.
pub(super) fn follow(view: &View<'_>, needs: &mut Needs) -> Result<(), Reason> {
    let mut open = vec![view.directory.join("Gemfile")];
    while let Some(file) = open.pop() {
        if needs.manifests.contains_key(&file) {
            continue;
        }
        let text = view.require(&file, needs)?;
        let source = needs.manifests[&file].clone();
        let at = |number: usize| {
            let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default();
            (format!("{source}:{number}"), line.trim().to_owned())
        };
        let not_understood = |number: usize| {
            let (place, text) = at(number);
            Reason::NotUnderstood { place, text }
        };
        for statement in ruby::statements(&text).map_err(not_understood)? {
            match line(&statement) {
                Some(Line::Nothing) => {}
                Some(Line::Includes(path)) => open.push(below(&file, &path)),
                // What the path of an included file is relative to depends on the version.
                Some(Line::Reads(path)) if file.parent().as_ref() == Some(&view.directory) => {
                    view.require(&image_path(&view.directory, path.as_bytes()), needs)?;
                }
                Some(Line::NeedsSources) => {
                    let (place, text) = at(statement.line);
                    return Err(Reason::NeedsSources { place, text });
                }
                Some(Line::Reads(_)) | None => return Err(not_understood(statement.line)),
            }
        }
    }
    Ok(())
}

fn below(file: &ContextPath, path: &str) -> ContextPath {
    image_path(&file.parent().unwrap_or_default(), path.as_bytes())
}

/// Whether something is fetched over the network.
pub(super) fn is_remote(text: &str) -> bool {
    let is_git = ["git://", "ssh://", "git@", "git+ssh://"];
    is_remote_address(text) || is_git.iter().any(|start| text.starts_with(start))
}

/// What a statement makes of the files; `None` where it is not understood.
fn line(statement: &Statement) -> Option<Line> {
    let (values, options) = (&statement.values, &statement.options);
    let has_only = |known: &[&str]| options.iter().all(|(name, _)| known.contains(&&**name));
    match (&*statement.name, values.as_slice()) {
        ("gemspec", _) | ("path", [_, ..]) => Some(Line::NeedsSources),
        ("gem", [Value::Text(_), ..]) => gem(options),
        ("end", []) | ("source", [Value::Symbol]) if options.is_empty() => Some(Line::Nothing),
        ("source" | "git", [Value::Text(address)]) if has_only(GEM_OPTIONS) => {
            Some(if is_remote(address) { Line::Nothing } else { Line::NeedsSources })
        }
        ("github", [Value::Text(_)]) if has_only(GEM_OPTIONS) => Some(Line::Nothing),
        ("git_source", [Value::Symbol]) => {
            let address = statement.block.as_deref()?;
            address.starts_with("https://").then_some(Line::Nothing)
        }
        ("group" | "groups" | "platform" | "platforms", [_, ..]) if has_only(&["optional"]) => {
            Some(Line::Nothing)
        }
        ("eval_gemfile", [Value::Text(path)]) if options.is_empty() => {
            Some(Line::Includes(path.clone()))
        }
        ("ruby", [Value::FileRead(path)]) => Some(Line::Reads(path.clone())),
        ("ruby", values) => match options.as_slice() {
            [(name, Value::Text(path))] if name == "file" && values.is_empty() => {
                Some(Line::Reads(path.clone()))
            }
            _ if has_only(&["engine", "engine_version", "patchlevel"]) && !values.is_empty() => {
                Some(Line::Nothing)
            }
            _ => None,
        },
        _ => None,
    }
}

fn gem(options: &[(String, Value)]) -> Option<Line> {
    for (name, value) in options {
        match (&**name, value) {
            ("path", _) => return Some(Line::NeedsSources),
            ("git" | "source", Value::Text(address)) if !is_remote(address) => {
                return Some(Line::NeedsSources);
            }
            (name, _) if GEM_OPTIONS.contains(&name) => {}
            _ => return None,
        }
    }
    Some(Line::Nothing)
}
