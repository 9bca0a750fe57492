//! What a Dockerfile copies from the context, without planning it.

use std::collections::BTreeMap;

use super::expansion::Words;
use crate::context::survey::suspects::NamedSource;
use crate::dockerfile::{Dockerfile, Instruction, InstructionKind, MountKind};

/// The sources of every COPY, ADD and bind mount that takes from the context, in order, whatever
/// the target. Variables have the values that the Dockerfile gives them; a source that cannot be
/// expanded, or whose instruction cannot be understood, is left out.
pub fn named_sources(dockerfile: &Dockerfile) -> Vec<NamedSource> {
    let words = Words::new(dockerfile.escape());
    let mut global = BTreeMap::new();
    for instruction in dockerfile.global_args() {
        define(instruction, words, &BTreeMap::new(), &mut global);
    }
    let mut named = Vec::new();
    for stage in dockerfile.stages() {
        let mut variables = BTreeMap::new();
        for instruction in stage.instructions {
            define(instruction, words, &global, &mut variables);
            let sources: Vec<&str> = match &instruction.kind {
                InstructionKind::Copy(transfer) | InstructionKind::Add(transfer)
                    if transfer.from.is_none() =>
                {
                    transfer.sources.iter().map(String::as_str).collect()
                }
                InstructionKind::Run { mounts, .. } => mounts
                    .iter()
                    .filter(|mount| mount.kind == MountKind::Bind && mount.from.is_none())
                    .filter_map(|mount| mount.source.as_deref())
                    .collect(),
                _ => Vec::new(),
            };
            let expanded =
                sources.into_iter().filter_map(|source| words.expand(source, &variables).ok());
            let line = instruction.line;
            named.extend(expanded.map(|pattern| NamedSource { pattern, line }));
        }
    }
    named
}

/// What ARG and ENV set.
fn define(
    instruction: &Instruction,
    words: Words,
    global: &BTreeMap<String, String>,
    variables: &mut BTreeMap<String, String>,
) {
    let pairs: Vec<(&String, Option<&String>)> = match &instruction.kind {
        InstructionKind::Arg(pairs) => {
            pairs.iter().map(|(name, value)| (name, value.as_ref())).collect()
        }
        InstructionKind::Env(pairs) => {
            pairs.iter().map(|(name, value)| (name, Some(value))).collect()
        }
        _ => return,
    };
    for (name, value) in pairs {
        let value = match value {
            Some(value) => words.expand(value, variables).ok(),
            None => global.get(name).cloned(),
        };
        if let Some(value) = value {
            variables.insert(name.clone(), value);
        }
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
}
