//! Said against done, step by step, and what it adds up to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    ops::AddAssign,
};

use super::forecast::Step;

/// How steps were said to go, and how they went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Steps {
    /// All that were compared.
    pub(super) compared: usize,
    /// Called lost, and run.
    pub(super) lost: usize,
    /// Called kept, and reused.
    pub(super) kept: usize,
    /// Called kept, and run.
    pub(super) false_cached: usize,
    /// Called lost, and reused.
    pub(super) false_rebuild: usize,
    /// Said to depend on what another step makes, and reused.
    pub(super) depends_reused: usize,
    /// Said to depend on what another step makes, and run.
    pub(super) depends_ran: usize,
    /// Only said, or only done.
    pub(super) unmatched: usize,
}

impl AddAssign for Steps {
    fn add_assign(&mut self, other: Self) {
        self.compared += other.compared;
        self.lost += other.lost;
        self.kept += other.kept;
        self.false_cached += other.false_cached;
        self.false_rebuild += other.false_rebuild;
        self.depends_reused += other.depends_reused;
        self.depends_ran += other.depends_ran;
        self.unmatched += other.unmatched;
    }
}

/// Compares what is said of a build's steps, or `None` where it is said to be as before, with what
/// the engine did: which steps were reused. Gives what is wrong, too, a line a step.
pub(super) fn compare(
    said: Option<&[Step]>,
    done: &BTreeMap<String, bool>,
) -> (Steps, Vec<String>) {
    let mut verdicts: BTreeMap<&str, &str> = BTreeMap::new();
    match said {
        Some(steps) => {
            let shown = steps.iter().filter(|step| !is_merged(step, steps, done));
            verdicts.extend(shown.map(|step| (&*step.name, &*step.verdict)));
        }
        None => verdicts.extend(done.keys().map(|name| (&**name, "cached"))),
    }
    let names: BTreeSet<&str> =
        verdicts.keys().copied().chain(done.keys().map(String::as_str)).collect();
    let (mut steps, mut wrong) = (Steps::default(), Vec::new());
    for name in names {
        steps.compared += 1;
        let (verdict, is_reused) = (verdicts.get(name).copied(), done.get(name).copied());
        let (count, is_wrong) = match (verdict, is_reused) {
            (Some("cached"), Some(true)) => (&mut steps.kept, false),
            (Some("cached"), Some(false)) => (&mut steps.false_cached, true),
            (Some("rebuild"), Some(false)) => (&mut steps.lost, false),
            (Some("rebuild"), Some(true)) => (&mut steps.false_rebuild, true),
            (Some("depends"), Some(true)) => (&mut steps.depends_reused, false),
            (Some("depends"), Some(false)) => (&mut steps.depends_ran, false),
            _ => (&mut steps.unmatched, true),
        };
        *count += 1;
        if is_wrong {
            let verdict = verdict.unwrap_or("nothing");
            let done = match is_reused {
                Some(true) => "reused",
                Some(false) => "run",
                None => "not shown",
            };
            wrong.push(format!("said {verdict}, {done}: {name}"));
        }
    }
    (steps, wrong)
}

/// Whether the engine shows the step under the name of another that is the same: it makes one of
/// equal steps of several stages.
fn is_merged(step: &Step, steps: &[Step], done: &BTreeMap<String, bool>) -> bool {
    let is_same = |other: &Step| other.key == step.key && other.verdict == step.verdict;
    !done.contains_key(&step.name)
        && steps.iter().any(|other| is_same(other) && done.contains_key(&other.name))
}

/// All that was found out about one repository, or about all.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// How many repositories had a build compared.
    pub(super) repositories: usize,
    /// How many images were built.
    pub(super) images: usize,
    /// The commits that were built, each after the one before it.
    pub(super) commits: BTreeSet<String>,
    /// How many images of commits were compared.
    pub(super) builds: usize,
    /// Those of them that are said to be as before.
    pub(super) unchanged: usize,
    /// Their steps.
    pub(super) steps: Steps,
    /// Images of commits that were not compared, by the reason.
    pub(super) left_out: BTreeMap<String, usize>,
    /// Each step that went otherwise than it was said to go, and how to see it again.
    pub(super) wrong: Vec<String>,
}

impl Tally {
    /// Notes that an image of a commit was not compared.
    pub(super) fn leave_out(&mut self, reason: &str) {
        *self.left_out.entry(reason.to_owned()).or_default() += 1;
    }

    /// Takes in what was found out about another repository.
    pub(super) fn add(&mut self, other: Self) {
        self.repositories += other.repositories;
        self.images += other.images;
        self.commits.extend(other.commits);
        self.wrong.extend(other.wrong);
        self.builds += other.builds;
        self.unchanged += other.unchanged;
        self.steps += other.steps;
        for (reason, count) in other.left_out {
            *self.left_out.entry(reason).or_default() += count;
        }
    }

    /// A row of the table: the repository, its newest commit and the figures.
    pub(super) fn row(&self, repository: &str, commit: &str) -> String {
        let Steps { compared, lost, kept, false_cached, false_rebuild, unmatched, .. } = self.steps;
        let depends = format!("{} + {}", self.steps.depends_reused, self.steps.depends_ran);
        let wrong = false_cached + false_rebuild + unmatched;
        format!(
            "| {repository} | {commit} | {} | {} | {} | {compared} | {lost} | {kept} | {depends} | \
             {wrong} |",
            self.images,
            self.commits.len(),
            self.builds
        )
    }

    /// The figures of all, and why images of commits were not compared.
    pub(super) fn summary(&self) -> String {
        let steps = self.steps;
        let mut text = format!(
            "{} repositories, {} images, {} commits; {} builds compared, {} of them said to lose \
             nothing\n{} steps: {} right ({} lost, {} kept), {} false_cached, {} false_rebuild, {} \
             unmatched, {} depends ({} reused, {} run)\n",
            self.repositories,
            self.images,
            self.commits.len(),
            self.builds,
            self.unchanged,
            steps.compared,
            steps.lost + steps.kept,
            steps.lost,
            steps.kept,
            steps.false_cached,
            steps.false_rebuild,
            steps.unmatched,
            steps.depends_reused + steps.depends_ran,
            steps.depends_reused,
            steps.depends_ran,
        );
        let left_out: usize = self.left_out.values().sum();
        // Writing to a string never fails.
        let _ = writeln!(text, "{left_out} builds not compared");
        for (reason, count) in &self.left_out {
            let _ = writeln!(text, "{count:>6}  {reason}");
        }
        text
    }
}

/// The head of the table whose rows [`Tally::row`] gives.
pub(super) const HEAD: &str = "\
| repository | commit | images | commits | builds | steps | lost | kept | depends: reused + run | wrong |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, verdict: &str, key: &str) -> Step {
        let [name, verdict, key] = [name, verdict, key].map(str::to_owned);
        Step { name, verdict, key }
    }

    fn done(steps: &[(&str, bool)]) -> BTreeMap<String, bool> {
        steps.iter().map(|(name, reused)| ((*name).to_owned(), *reused)).collect()
    }

    #[test]
    fn each_step_is_right_or_wrong_or_depends() {
        let said = [
            ("a", "cached"),
            ("b", "rebuild"),
            ("c", "depends"),
            ("d", "depends"),
            ("e", "cached"),
            ("f", "rebuild"),
            ("g", "rebuild"),
            ("h", "unknown"),
        ]
        .map(|(name, verdict)| step(name, verdict, name));
        let done = done(&[
            ("a", true),
            ("b", false),
            ("c", true),
            ("d", false),
            ("e", false),
            ("f", true),
            ("h", true),
            ("i", false),
        ]);
        let (steps, wrong) = compare(Some(&said), &done);
        let expected = Steps {
            compared: 9,
            lost: 1,
            kept: 1,
            false_cached: 1,
            false_rebuild: 1,
            depends_reused: 1,
            depends_ran: 1,
            unmatched: 3,
        };
        assert_eq!(steps, expected);
        assert_eq!(
            wrong,
            [
                "said cached, run: e",
                "said rebuild, reused: f",
                "said rebuild, not shown: g",
                "said unknown, reused: h",
                "said nothing, run: i",
            ]
        );
    }

    #[test]
    fn steps_that_are_the_same_are_one_to_the_engine() {
        let said =
            [step("a", "rebuild", "1"), step("b", "rebuild", "1"), step("c", "rebuild", "2")];
        let (steps, wrong) = compare(Some(&said), &done(&[("b", false)]));
        assert_eq!((steps.compared, steps.lost), (2, 1));
        assert_eq!(wrong, ["said rebuild, not shown: c"]);
        let (steps, _) = compare(Some(&said[..2]), &done(&[("a", false), ("b", false)]));
        assert_eq!(steps.lost, 2);
    }

    #[test]
    fn of_an_image_that_is_as_before_nothing_may_run() {
        let (steps, wrong) = compare(None, &done(&[("a", true), ("b", false)]));
        assert_eq!((steps.kept, steps.false_cached), (1, 1));
        assert_eq!(wrong, ["said cached, run: b"]);
    }

    #[test]
    fn the_table_and_the_summary_say_the_same() {
        let steps = Steps {
            compared: 9,
            lost: 2,
            kept: 4,
            depends_reused: 1,
            depends_ran: 1,
            false_cached: 1,
            ..Steps::default()
        };
        let mut one = Tally {
            repositories: 1,
            images: 2,
            commits: ["x", "y", "z"].map(str::to_owned).into(),
            builds: 4,
            unchanged: 1,
            steps,
            ..Tally::default()
        };
        one.leave_out("no network");
        assert_eq!(one.row("a/b", "0123"), "| a/b | 0123 | 2 | 3 | 4 | 9 | 2 | 4 | 1 + 1 | 1 |");
        assert_eq!(
            HEAD.lines().next().unwrap().matches('|').count(),
            one.row("a", "b").matches('|').count()
        );
        let mut all = one.clone();
        all.add(one);
        let summary = all.summary();
        for part in [
            "2 repositories, 4 images, 3 commits",
            "18 steps: 12 right",
            "2 false_cached",
            "     2  no network",
        ] {
            assert!(summary.contains(part), "{summary}");
        }
    }
}
