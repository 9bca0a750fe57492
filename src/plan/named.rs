//! What a Dockerfile copies from the context, without planning it.

use std::collections::BTreeMap;

use super::error::Error;
use super::expansion::Words;
use super::stages::Stages;
use super::{BuildOptions, Dialect};
use crate::context::survey::suspects::NamedSource;
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, MountKind};

/// The sources of every COPY, ADD and bind mount that takes from the context, in order, whatever
/// the target. Variables have the values that the Dockerfile gives them; a source that cannot be
/// expanded, or whose instruction cannot be understood, is left out.
pub fn named_sources(dockerfile: &Dockerfile) -> Vec<NamedSource> {
    let words = Words::new(dockerfile.escape());
    let nothing = BTreeMap::new();
    let global = global_variables(dockerfile, words, &nothing);
    let mut named = Vec::new();
    for stage in dockerfile.stages() {
        let mut variables = BTreeMap::new();
        for instruction in stage.instructions {
            define(instruction, words, (&global, &nothing), &mut variables);
            let own = sources(instruction).into_iter().filter(|source| source.from.is_none());
            let own = own.filter_map(|source| source.path);
            let expanded = own.filter_map(|path| words.expand(path, &variables).ok());
            let line = instruction.line;
            named.extend(expanded.map(|pattern| NamedSource { pattern, line }));
        }
    }
    named
}

/// What an instruction takes of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextSource {
    /// The name of `--build-context`; `None` for the build's own.
    pub context: Option<String>,
    /// Relative to the context's root, its variables expanded; may have wildcards.
    pub pattern: String,
    /// What of it is left out: patterns relative to the context's root.
    pub exclude: Vec<String>,
    /// The line that the instruction begins at.
    pub line: u32,
    /// The instruction's text.
    pub instruction: String,
}

/// What the stages that a target needs take of contexts, without planning it. A variable that only a
/// base image sets is empty, and a source that cannot be expanded is left out.
///
/// # Errors
///
/// As [`check_target`](super::check_target).
pub fn context_sources(
    dockerfile: &Dockerfile,
    options: &BuildOptions,
    dialect: Dialect,
) -> Result<Vec<ContextSource>, Error> {
    let words = Words::new(dockerfile.escape());
    let dialect = dialect.read_by(dockerfile, options);
    let stages = Stages::new(dockerfile, options, dialect)?;
    let target = stages.target(options.target.as_deref())?;
    let given = &options.build_args;
    let global = global_variables(dockerfile, words, given);
    let mut found = Vec::new();
    for index in stages.reachable(target, &BTreeMap::new())? {
        let Some(stage) = stages.all.get(index) else { continue };
        let mut variables = BTreeMap::new();
        for instruction in stage.source.instructions {
            define(instruction, words, (&global, given), &mut variables);
            for source in sources(instruction) {
                let context = match source.from.map(|from| stages.directory(from)) {
                    None => None,
                    Some(Some(name)) => Some(name),
                    Some(None) => continue,
                };
                let path = words.expand(source.path.unwrap_or("/"), &variables);
                let Ok(pattern) = path else { continue };
                found.push(ContextSource {
                    context,
                    pattern,
                    exclude: source.exclude.to_vec(),
                    line: instruction.line,
                    instruction: instruction.text.clone(),
                });
            }
        }
    }
    Ok(found)
}

/// One source of an instruction, as it is written.
struct Source<'a> {
    from: Option<&'a str>,
    /// `None` for all of it.
    path: Option<&'a str>,
    exclude: &'a [String],
}

fn sources(instruction: &Instruction) -> Vec<Source<'_>> {
    match &instruction.kind {
        InstructionKind::Copy(transfer) | InstructionKind::Add(transfer) => {
            let (from, exclude) = (transfer.from.as_deref(), &*transfer.exclude);
            let paths = transfer.sources.iter();
            paths.map(|path| Source { from, path: Some(path), exclude }).collect()
        }
        InstructionKind::Run { mounts, .. } => {
            let binds = mounts.iter().filter(|mount| mount.kind == MountKind::Bind);
            let of = binds.map(|mount| Source {
                from: mount.from.as_deref(),
                path: mount.source.as_deref(),
                exclude: &[],
            });
            of.collect()
        }
        _ => Vec::new(),
    }
}

fn global_variables(
    dockerfile: &Dockerfile,
    words: Words,
    given: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut global = BTreeMap::new();
    for instruction in dockerfile.global_args() {
        define(instruction, words, (&BTreeMap::new(), given), &mut global);
    }
    global
}

/// What ARG and ENV set. `given` are the arguments of the build.
fn define(
    instruction: &Instruction,
    words: Words,
    (global, given): (&BTreeMap<String, String>, &BTreeMap<String, String>),
    variables: &mut BTreeMap<String, String>,
) {
    match &instruction.kind {
        InstructionKind::Arg(pairs) => {
            for (name, value) in pairs {
                let of_build = || given.get(name).cloned();
                let of_file = || match value {
                    Some(value) => words.expand(value, variables).ok(),
                    None => global.get(name).cloned(),
                };
                if let Some(value) = of_build().or_else(of_file) {
                    variables.insert(name.clone(), value);
                }
            }
        }
        InstructionKind::Env(pairs) => {
            for (name, value) in pairs {
                if let Ok(value) = words.expand(value, variables) {
                    variables.insert(name.clone(), value);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn sources_of_the_context_are_named_with_their_values() {
        let text = "ARG DIST=dist\nFROM a AS one\nARG DIST\nCOPY $DIST/x /\nCOPY --from=b y /\n\
                    RUN --mount=type=bind,source=.git,target=/g true\nADD z* /\n";
        let named = named_sources(&Dockerfile::parse("Dockerfile", text).unwrap());
        let seen: Vec<_> = named.iter().map(|it| (&*it.pattern, it.line)).collect();
        assert_eq!(seen, [("dist/x", 4), (".git", 6), ("z*", 7)]);
    }

    #[test]
    fn what_a_target_takes_of_contexts_is_told_with_the_builds_arguments() {
        let text = "FROM a AS other\nCOPY z /\nFROM a AS base\nARG D=x\nADD $D /\nFROM base\n\
                    COPY --from=more --exclude=n m /\nCOPY --from=base y /\nRUN --mount=target=/c true\n";
        let dockerfile = Dockerfile::parse("Dockerfile", text).unwrap();
        let options = BuildOptions {
            build_args: [("D".to_owned(), "given".to_owned())].into(),
            contexts: [("more".to_owned(), crate::plan::NamedContext::Directory)].into(),
            ..BuildOptions::default()
        };
        let sources = context_sources(&dockerfile, &options, Dialect::default()).unwrap();
        let seen: Vec<_> =
            sources.iter().map(|it| (it.context.as_deref(), &*it.pattern, it.line)).collect();
        assert_eq!(seen, [(None, "given", 5), (Some("more"), "m", 7), (None, "/", 9)]);
        assert_eq!(sources[1].exclude, ["n"]);
    }
}
