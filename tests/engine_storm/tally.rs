//! What is counted, and what a disagreement is.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::found::{Found, writes_beside};
use crate::recipe::{Base, Recipe};

#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub builds: usize,
    /// Builds that were refused or failed.
    pub failed: usize,
    /// Builds that were left out as nothing had changed.
    pub left_out: usize,
    pub steps: usize,
    pub right: usize,
    pub false_cached: usize,
    pub false_rebuild: usize,
    pub depends: usize,
    /// Of these, those that were reused.
    pub depends_reused: usize,
    pub unknown: usize,
    /// Of these, those that the engine once found by equal files and was not asked for since
    /// ([`Found`]), and those that it perhaps never had to merge with what they stand on.
    pub unasked: usize,
    /// Of these, those whose result the engine lost, and that it may find by the files of a stage
    /// that does not run, and what stands on them: `predict` knows no more of an engine's cache.
    pub lost: usize,
    /// Of these, those that rest on how an engine that is nobody else's has a directory whose mode
    /// was another once ([`Allowances::other_modes`]).
    pub doubted: usize,
    /// Of these, those that a build which failed may have made after its failure, and those that
    /// another client may have made just before, or that may be digested while a RUN writes into the
    /// context; with what stands on them.
    pub beside: usize,
    /// `depends` where no RUN runs that may have written what is copied: that a COPY elsewhere in
    /// that stage did not, is not known (ARCHITECTURE.md says where).
    pub left_open: usize,
    /// `depends` and `unknown` of steps that depend on nothing.
    pub evaded: usize,
    /// `predict` said otherwise than the build.
    pub unlike_predict: usize,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.builds += other.builds;
        self.failed += other.failed;
        self.left_out += other.left_out;
        self.steps += other.steps;
        self.right += other.right;
        self.false_cached += other.false_cached;
        self.false_rebuild += other.false_rebuild;
        self.depends += other.depends;
        self.depends_reused += other.depends_reused;
        self.unknown += other.unknown;
        self.unasked += other.unasked;
        self.lost += other.lost;
        self.doubted += other.doubted;
        self.beside += other.beside;
        self.left_open += other.left_open;
        self.evaded += other.evaded;
        self.unlike_predict += other.unlike_predict;
    }

    /// Whether nothing is wrong, and doubt as rare as it should be.
    pub fn is_clean(&self) -> bool {
        let wrong = self.false_cached + self.false_rebuild + self.evaded + self.unlike_predict;
        wrong == 0 && (self.lost + self.doubted + self.beside) * 10 <= self.steps
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} steps, {} right, {} false_cached, {} false_rebuild, {} depends ({} reused, {} \
             left open), {} unknown ({} unasked, {} lost, {} doubted, {} beside), {} evaded, {} unlike \
             predict; {} builds, {} failed, {} left out",
            self.steps,
            self.right,
            self.false_cached,
            self.false_rebuild,
            self.depends,
            self.depends_reused,
            self.left_open,
            self.unknown,
            self.unasked,
            self.lost,
            self.doubted,
            self.beside,
            self.evaded,
            self.unlike_predict,
            self.builds,
            self.failed,
            self.left_out,
        )
    }
}

/// What `unknown` may stand for on an engine.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a reason of its own")]
pub struct Allowances {
    /// The engine digests directories wrongly at times (`dir-renamed-back`), or directories have
    /// other modes than some build before had, and which of the engine's copies of contexts is the
    /// project's own cannot always be told while others build.
    pub doubtful_directories: bool,
    /// Directories have other modes than some build before had. An engine on a busy machine may let
    /// go of its copy of the context so late that the next build makes another, and which of the
    /// two a later one gets cannot be told: rare, so that it is counted ([`Tally::doubted`]).
    pub other_modes: bool,
    /// Another client has just built.
    pub other_client: bool,
    /// To the engine a secret is a mount of the stage below (`stage-below-a-secret`).
    pub secrets_mount_the_stage_below: bool,
}

/// A step of a report.
struct Step<'a>(&'a Value);

impl Step<'_> {
    fn word(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    fn is_from(&self) -> bool {
        self.word("instruction").to_uppercase().starts_with("FROM ")
    }

    fn is_run(&self) -> bool {
        self.word("name").split_once("] ").is_some_and(|(_, text)| {
            text.strip_prefix("ONBUILD ").unwrap_or(text).starts_with("RUN ")
        })
    }
}

/// Compares every step of a build's report; gives what is wrong, a line a step.
pub fn judge(
    report: &Value,
    recipe: &Recipe,
    allowed: Allowances,
    found: &Found,
    tally: &mut Tally,
) -> Vec<String> {
    let steps: Vec<Step<'_>> = report["steps"].as_array().into_iter().flatten().map(Step).collect();
    let is_written_beside = writes_beside(report);
    let mut wrong = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let (verdict, actual) = (step.word("verdict"), step.word("actual"));
        if step.is_from() || actual == "not_reached" {
            continue;
        }
        tally.steps += 1;
        let is_reused = actual == "cached";
        let fault = match verdict {
            "cached" if !is_reused => {
                tally.false_cached += 1;
                "false_cached"
            }
            "rebuild" if is_reused => {
                tally.false_rebuild += 1;
                "false_rebuild"
            }
            "depends" => {
                tally.depends += 1;
                tally.depends_reused += usize::from(is_reused);
                match dependence(&steps, index, recipe, allowed) {
                    Dependence::OnRun => {
                        tally.right += 1;
                        continue;
                    }
                    Dependence::OnCopies => {
                        tally.right += 1;
                        tally.left_open += 1;
                        continue;
                    }
                    Dependence::None => {
                        tally.evaded += 1;
                        "evaded"
                    }
                }
            }
            "unknown" => {
                tally.unknown += 1;
                if found.may_be_lost(step.0) {
                    tally.unasked += 1;
                    continue;
                }
                if waits_to_be_merged(step) {
                    tally.unasked += 1;
                    continue;
                }
                if allowed.other_client
                    || is_written_beside
                    || rests_on(&steps[..=index], &|it| found.was_left_open(it.0))
                {
                    tally.beside += 1;
                    continue;
                }
                if rests_on(&steps[..=index], &is_lost_with_files) {
                    tally.lost += 1;
                    continue;
                }
                if allowed.doubtful_directories {
                    continue;
                }
                if allowed.other_modes {
                    tally.doubted += 1;
                    continue;
                }
                tally.evaded += 1;
                "evaded"
            }
            _ => {
                tally.right += 1;
                continue;
            }
        };
        let (name, cause) = (step.word("name"), &step.0["cause"]);
        wrong.push(format!("{fault}: {name}: said {verdict}, {actual}; cause {cause}"));
    }
    wrong
}

/// Whether nobody kept if the engine has merged the step's layer (`copy-link-last-then-more`).
fn waits_to_be_merged(step: &Step<'_>) -> bool {
    let cause = &step.0["cause"];
    step.word("instruction").contains("--link")
        && cause["kind"] == "no_record"
        && cause["step"] == step.0["name"]
}

/// Whether the engine lost the step's own result, which takes files from a stage.
fn is_lost_with_files(step: &Step<'_>) -> bool {
    let is_own = step.0["cause"]["step"] == step.0["name"];
    let is_lost = step.0["cause"]["kind"] == "evicted";
    is_own && is_lost && step.word("instruction").contains("from=")
}

/// Whether the last of these steps, or one whose doubt it rests on, is such a step.
fn rests_on(steps: &[Step<'_>], is_such: &dyn Fn(&Step<'_>) -> bool) -> bool {
    let Some((step, before)) = steps.split_last() else { return false };
    if step.word("verdict") != "unknown" {
        return false;
    }
    if is_such(step) {
        return true;
    }
    let cause = &step.0["cause"];
    let root = before.iter().rposition(|other| other.0["name"] == cause["step"]);
    root.is_some_and(|root| rests_on(&before[..=root], is_such))
}

/// What the verdict `depends` rests on.
enum Dependence {
    /// A RUN that runs, or a base image that moved, may have written what the step takes; or the
    /// step stands on one that depends. So is it where all is reused that it takes from, but it
    /// never took that before: only the engine knows whether these are the files of an earlier
    /// build.
    OnRun,
    /// The stage that it takes from runs, but no RUN of it.
    OnCopies,
    /// Nothing.
    None,
}

fn dependence(
    steps: &[Step<'_>],
    index: usize,
    recipe: &Recipe,
    allowed: Allowances,
) -> Dependence {
    let step = &steps[index];
    let lines = lines(recipe);
    let stage = (0..recipe.stages.len()).find(|&it| {
        let label = recipe.label(it);
        step.word("stage") == label || (step.word("stage").is_empty() && it == 0)
    });
    let Some(stage) = stage else { return Dependence::None };
    let open = |step: &Step<'_>| matches!(step.word("verdict"), "rebuild" | "depends");
    let of_chain = |from: usize| {
        let chain = lines.chain(recipe, from);
        steps[..index].iter().filter(move |other| {
            chain.iter().any(|&it| {
                other.word("stage") == recipe.label(it) || other.word("stage").is_empty()
            })
        })
    };
    if of_chain(stage).any(|other| other.word("verdict") == "depends") {
        return Dependence::OnRun;
    }
    let text = step.word("instruction");
    let has_secret = ["type=secret", "type=ssh"].iter().any(|mount| text.contains(mount));
    if has_secret && allowed.secrets_mount_the_stage_below {
        let may_write = |other: &Step<'_>| (other.is_run() || other.is_from()) && open(other);
        let is_written = of_chain(stage).any(may_write);
        // Where all below is reused, it never stood on that before, but perhaps on the same files.
        let is_all_reused = !of_chain(stage).any(open);
        let is_on_run = is_written || is_all_reused;
        return if is_on_run { Dependence::OnRun } else { Dependence::OnCopies };
    }
    let takes_from = |name: &str| {
        let sources = text.split("from=").skip(1);
        sources.into_iter().any(|rest| rest.split([',', ' ']).next() == Some(name))
    };
    let is_origin = |it: &usize| takes_from(&recipe.reference(*it)) || takes_from(&it.to_string());
    let origins: Vec<usize> = (0..stage).filter(is_origin).collect();
    let images = steps.iter().filter(|other| {
        other.is_from() && other.word("instruction").split(' ').skip(1).any(takes_from)
    });
    if origins.is_empty() && images.count() == 0 {
        return Dependence::None;
    }
    let is_written = |origin: &usize| {
        of_chain(*origin).any(|other| {
            let may_write = other.is_run() || other.is_from();
            (may_write && open(other)) || other.word("verdict") == "depends"
        })
    };
    let runs = |origin: &usize| of_chain(*origin).any(open);
    if origins.iter().any(is_written) || !origins.iter().any(runs) {
        Dependence::OnRun
    } else {
        Dependence::OnCopies
    }
}

struct Lines(BTreeMap<usize, Base>);

fn lines(recipe: &Recipe) -> Lines {
    Lines(recipe.stages.iter().enumerate().map(|(it, stage)| (it, stage.base)).collect())
}

impl Lines {
    /// A stage and those below it.
    fn chain(&self, recipe: &Recipe, from: usize) -> Vec<usize> {
        let mut chain = vec![from];
        let mut at = from;
        while let Some(Base::Stage(below)) = self.0.get(&at) {
            chain.push(*below);
            at = *below;
        }
        debug_assert!(chain.len() <= recipe.stages.len());
        chain
    }
}

/// Where the forecast of `predict` and that of a build differ.
pub fn unlike(predicted: &Value, built: &Value, tally: &mut Tally) -> Vec<String> {
    let all = |report: &Value| -> Vec<(String, String)> {
        let steps = report["steps"].as_array().into_iter().flatten().map(Step).collect::<Vec<_>>();
        steps.iter().map(|it| (it.word("name").to_owned(), it.word("verdict").to_owned())).collect()
    };
    let (predicted, built) = (all(predicted), all(built));
    if predicted == built {
        return Vec::new();
    }
    tally.unlike_predict += 1;
    vec![format!("unlike predict, which said {predicted:?}, not {built:?}")]
}
