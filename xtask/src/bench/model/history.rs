//! Commits as people make them, drawn by a seed.

use anyhow::Result;

use super::super::examples::{Copied, Example};

/// How far back a commit goes that takes others back.
const FARTHEST: u64 = 4;

/// What a commit does, and of how many in a hundred.
const KINDS: [(Kind, u64); 5] = [
    (Kind::Source, 52),
    (Kind::Documentation, 12),
    (Kind::Manifest, 12),
    (Kind::Dockerfile, 12),
    (Kind::Revert, 12),
];

/// What a commit changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Source,
    Documentation,
    Manifest,
    Dockerfile,
    Revert,
}

impl Kind {
    /// The subject of its commits.
    const fn subject(self) -> &'static str {
        match self {
            Self::Source => "edit the source",
            Self::Documentation => "edit the documentation",
            Self::Manifest => "edit the manifest",
            Self::Dockerfile => "edit the Dockerfile",
            Self::Revert => "take commits back",
        }
    }
}

/// Makes so many commits, the first of the example as it is; `optimize` rewrites its Dockerfile for
/// the one in the middle.
///
/// # Errors
///
/// When a file or git refuses, or an edit changes nothing.
pub(super) fn make(
    example: &Example,
    copied: &Copied,
    commits: usize,
    seed: u64,
    optimize: impl Fn() -> Result<()>,
) -> Result<()> {
    let mut dice = Dice(seed);
    copied.commit("the example")?;
    // Nothing is taken back from before the rewrite.
    let mut since = 0;
    for number in 1..commits {
        since += 1;
        if number == commits / 2 {
            optimize()?;
            copied.commit("rewrite the Dockerfile")?;
            since = 0;
            continue;
        }
        let kind = drawn(&mut dice);
        match kind {
            Kind::Source => {
                let (file, comment) = example.source;
                copied.change(file, |text| format!("{text}{comment} edit {number}\n"))?;
            }
            Kind::Documentation => {
                copied.change("README.md", |text| format!("{text}\nEdit {number}.\n"))?;
            }
            Kind::Manifest => {
                let (file, edit) = example.manifest;
                copied.change(file, |text| edit.apply(text, number))?;
            }
            Kind::Dockerfile => copied.change("Dockerfile", |text| labelled(text, number))?,
            Kind::Revert if since > 1 => {
                let back = 1 + dice.below(FARTHEST.min(since - 1));
                let old = format!("HEAD~{back}");
                copied.git(&["checkout", "--quiet", &old, "--", "."])?;
            }
            // There is nothing yet to take back.
            Kind::Revert => {}
        }
        copied.commit(kind.subject())?;
    }
    Ok(())
}

/// The Dockerfile with another variable for all that comes after its first directory.
fn labelled(text: &str, number: usize) -> String {
    let line = format!("ENV REVISION={number}");
    if text.contains("\nENV REVISION=") {
        let lines = text.lines();
        let lines = lines.map(|it| if it.starts_with("ENV REVISION=") { &*line } else { it });
        return lines.flat_map(|it| [it, "\n"]).collect();
    }
    let mut is_first = true;
    let mut lines = Vec::new();
    for it in text.lines() {
        lines.push(it);
        if is_first && it.starts_with("WORKDIR ") {
            lines.push(&line);
            is_first = false;
        }
    }
    lines.into_iter().flat_map(|it| [it, "\n"]).collect()
}

fn drawn(dice: &mut Dice) -> Kind {
    let mut at = dice.below(KINDS.iter().map(|(_, share)| share).sum());
    for (kind, share) in KINDS {
        match at.checked_sub(share) {
            Some(rest) => at = rest,
            None => return kind,
        }
    }
    Kind::Source
}

/// Numbers that look random and are the same for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bench::examples::EXAMPLES, command};

    #[test]
    fn every_kind_is_drawn_and_the_same_seed_makes_the_same_history() {
        for example in &EXAMPLES {
            let subjects = |seed| {
                let directory = tempfile::tempdir().unwrap();
                let copied = Copied::make(example, directory.path()).unwrap();
                let optimize = || copied.change("Dockerfile", |text| format!("{text}# better\n"));
                make(example, &copied, 40, seed, optimize).unwrap();
                let mut log = std::process::Command::new("git");
                log.arg("-C").arg(copied.path()).args(["log", "--format=%s %T"]);
                command::output(&mut log).unwrap()
            };
            let one = subjects(1);
            assert_eq!(one, subjects(1));
            assert_ne!(one, subjects(2));
            assert_eq!(one.lines().count(), 40);
            for (kind, _) in KINDS {
                assert!(one.contains(kind.subject()), "{one}");
            }
            assert!(one.contains("rewrite the Dockerfile"), "{one}");
        }
    }

    #[test]
    fn a_dockerfile_gets_one_variable_and_then_another_value_of_it() {
        let text = "FROM a AS one\nWORKDIR /x\nRUN b\nFROM c\nWORKDIR /y\n";
        let first = labelled(text, 3);
        let wanted = "FROM a AS one\nWORKDIR /x\nENV REVISION=3\nRUN b\nFROM c\nWORKDIR /y\n";
        assert_eq!(first, wanted);
        assert_eq!(labelled(&first, 4), wanted.replace('3', "4"));
    }
}
