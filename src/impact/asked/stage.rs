//! A stage that another version of the Dockerfile has by another name, or by none.

use super::super::likeness::{ALIKE, Lines};
use super::Counterpart;
use crate::dockerfile::{Dockerfile, InstructionKind, Stage};

/// More stages are not compared with each other.
const MOST: usize = 256;

/// What `other` has of the stage that `own` calls so: a name, or `None` for its last stage.
///
/// Stages of one name are the same, and of the others those that have most instructions in common.
pub(super) fn counterpart(
    target: &str,
    own: &Dockerfile,
    other: &Dockerfile,
) -> Counterpart<Option<String>> {
    let (own, other): (Vec<Stage<'_>>, Vec<Stage<'_>>) =
        (own.stages().collect(), other.stages().collect());
    let last = other.len().saturating_sub(1);
    let mut rest: Vec<&Stage<'_>> = own.iter().filter(|it| !is_in(it, &other)).collect();
    let mut there: Vec<&Stage<'_>> = other.iter().filter(|it| !is_in(it, &own)).collect();
    if there.is_empty() {
        return Counterpart::Nothing;
    }
    let is_asked = |stage: &Stage<'_>| {
        stage.name().is_some_and(|name| name.to_lowercase() == target.to_lowercase())
    };
    let mut found = None;
    if rest.len() <= MOST && there.len() <= MOST {
        for (mine, theirs) in alike(&rest, &there) {
            let is_free = |of: &[&Stage<'_>], index| of.iter().any(|it| it.index == index);
            if !is_free(&rest, mine) || !is_free(&there, theirs) {
                continue;
            }
            if own.get(mine).is_some_and(is_asked) {
                found = other.get(theirs);
            }
            rest.retain(|it| it.index != mine);
            there.retain(|it| it.index != theirs);
        }
    }
    let found = found.or_else(|| match (&*rest, &*there) {
        ([mine], [theirs]) if is_asked(mine) => Some(*theirs),
        _ => None,
    });
    match found.map(|stage| (stage.name(), stage.index)) {
        Some((name, index)) if index == last => Counterpart::Found(name.map(str::to_owned)),
        Some((Some(name), _)) => Counterpart::Found(Some(name.to_owned())),
        // No build can ask for it.
        Some((None, index)) => Counterpart::Untold(format!("its stage {index}, which has no name")),
        None if there.is_empty() => Counterpart::Nothing,
        None => Counterpart::Untold(format!("one of its {} stages", other.len())),
    }
}

/// Whether one of these has the stage's name.
fn is_in(stage: &Stage<'_>, others: &[Stage<'_>]) -> bool {
    let name = stage.name().map(str::to_lowercase);
    name.is_some_and(|name| {
        others.iter().any(|other| other.name().is_some_and(|it| it.to_lowercase() == name))
    })
}

/// The stages of both that have enough in common, by their indexes, the most alike first.
fn alike(own: &[&Stage<'_>], other: &[&Stage<'_>]) -> Vec<(usize, usize)> {
    let lines = |stages: &[&Stage<'_>]| -> Vec<(usize, Lines)> {
        stages.iter().map(|stage| (stage.index, lines(stage))).collect()
    };
    let (own, other) = (lines(own), lines(other));
    let mut pairs = Vec::new();
    for (mine, lines) in &own {
        for (theirs, others) in &other {
            let likeness = lines.likeness(others);
            if likeness >= ALIKE {
                pairs.push((likeness, mine.abs_diff(*theirs), *mine, *theirs));
            }
        }
    }
    pairs.sort_by_key(|&(likeness, apart, ..)| (std::cmp::Reverse(likeness), apart));
    pairs.into_iter().map(|(.., mine, theirs)| (mine, theirs)).collect()
}

/// The stage's base image and its instructions.
fn lines(stage: &Stage<'_>) -> Lines {
    let base = match &stage.from.kind {
        InstructionKind::From { image, .. } => &**image,
        _ => "",
    };
    let texts = stage.instructions.iter().map(|it| it.text.as_bytes());
    std::iter::once(base.as_bytes()).chain(texts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(target: &str, own: &str, other: &str) -> Counterpart<Option<String>> {
        let parse = |text: &str| Dockerfile::parse("Dockerfile", text).unwrap();
        counterpart(target, &parse(own), &parse(other))
    }

    fn named(name: &str) -> Counterpart<Option<String>> {
        Counterpart::Found(Some(name.to_owned()))
    }

    #[test]
    fn a_stage_that_gets_a_name_is_the_one_without() {
        let last = Counterpart::Found(None);
        assert_eq!(found("S", "FROM a AS s\nRUN b\n", "FROM a\nRUN c\n"), last);
        let two = "FROM x AS y\nRUN y\nFROM a AS s\nCOPY b b\nRUN b\n";
        assert_eq!(found("s", two, "FROM x AS y\nRUN y\nFROM a\nCOPY b b\nRUN c\n"), last);
        let inner = found("y", two, "FROM x\nRUN y\nFROM a AS s\nCOPY b b\nRUN b\n");
        assert!(matches!(inner, Counterpart::Untold(_)), "{inner:?}");
    }

    #[test]
    fn a_stage_that_is_renamed_is_the_one_with_its_instructions() {
        let now = "FROM a AS s\nRUN 1\nFROM a AS t\nRUN 2\nFROM s\n";
        let before = "FROM a AS v\nRUN 2\nFROM a AS u\nRUN 1\nFROM u\n";
        assert_eq!(found("s", now, before), named("u"));
        assert_eq!(found("t", now, before), named("v"));
    }

    #[test]
    fn a_new_stage_was_none_before() {
        let before = "FROM a AS s\nRUN 1\nFROM b\nRUN 2\n";
        let now = format!("{before}FROM c AS new\nRUN 3\n");
        assert_eq!(found("new", &now, before), Counterpart::Nothing);
        assert_eq!(found("new", &now, "FROM a AS s\nRUN 1\n"), Counterpart::Nothing);
        let all = found("new", "FROM c AS new\nRUN 3\nFROM d AS o\nRUN 5\n", before);
        assert!(matches!(all, Counterpart::Untold(_)), "{all:?}");
    }
}
