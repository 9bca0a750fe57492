//! What is learnt of a build, and what is forecast once something has gone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod equal;
mod others;
mod sharing;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use super::*;
use crate::context::Snapshot;
use crate::dockerfile::Dockerfile;
use crate::plan::{BuildOptions, Dialect, PlanRequest, plan};
use crate::store::{Holding, Outcome, Sight, nanoseconds};
use crate::{BaseImage, Digest, RecordKind};

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn planned(dockerfile: &str) -> Plan {
    let dockerfile = Dockerfile::parse("Dockerfile", dockerfile).unwrap();
    let base = BaseImage { layers: vec![Digest::of(b"base")], ..BaseImage::default() };
    plan(PlanRequest {
        dockerfile: &dockerfile,
        snapshot: &Snapshot::new(Vec::new(), 0),
        images: &BTreeMap::from([("base".into(), base)]),
        options: &BuildOptions::default(),
        dialect: Dialect::of_version("28.5"),
    })
    .unwrap()
}

/// A record of a RUN, made in this second.
fn run(id: &str, parent: &str, command: &str, second: u64) -> CacheRecord {
    CacheRecord {
        id: id.to_owned(),
        kind: RecordKind::Layer,
        parents: vec![parent.to_owned()],
        description: format!("mount / from exec /bin/sh -c {command}"),
        created: at(second),
        used: Some(at(second)),
        is_in_use: false,
        is_mutable: false,
    }
}

fn context(id: &str, second: u64) -> CacheRecord {
    CacheRecord {
        kind: RecordKind::LocalSource,
        parents: Vec::new(),
        description: "local source for context".to_owned(),
        is_mutable: true,
        ..run(id, "", "", second)
    }
}

/// An engine, what it lists, and what is remembered of it.
struct Engine {
    plan: Plan,
    listing: Vec<CacheRecord>,
    sight: Option<Sight>,
    holdings: HashMap<Digest, Holding>,
    forgets_all: bool,
}

impl Engine {
    fn new(dockerfile: &str) -> Self {
        Self {
            plan: planned(dockerfile),
            listing: vec![run("base", "", "", 0)],
            sight: None,
            holdings: HashMap::new(),
            forgets_all: false,
        }
    }

    fn survey(&self) -> Survey {
        Survey::new(self.sight.as_ref(), self.listing.clone(), self.forgets_all)
    }

    /// A build ended in which each step (FROM too) did what `outcomes` says, RUNs in the seconds
    /// of their places.
    fn built(&mut self, outcomes: &[Outcome]) {
        let done: Vec<Done> = outcomes
            .iter()
            .zip(1_u64..)
            .map(|(outcome, second)| Done {
                outcome: *outcome,
                window: (*outcome == Outcome::Ran).then(|| (at(second), at(second))),
            })
            .collect();
        let survey = self.survey();
        let circumstances = Circumstances { began: Some(at(1)), ..Circumstances::default() };
        let learnt = learn(&self.plan, &done, &circumstances, Some(&survey), &self.holdings);
        let losses =
            self.sight.as_ref().map_or(0, |sight| sight.losses) + i64::from(survey.is_lost());
        for step in &self.plan.steps {
            for key in step.other_keys().chain([step.key]) {
                let unseen = Holding { losses: -1, ..Holding::default() };
                self.holdings.entry(key.0).or_insert(unseen);
            }
        }
        for (step, outcome) in self.plan.steps.iter().zip(outcomes) {
            let holding = self.holdings.get_mut(&step.key.0).unwrap();
            holding.is_settled &= *outcome != Outcome::Ran && !survey.is_lost();
        }
        for key in learnt.settled {
            self.holdings.get_mut(&key).unwrap().is_settled = true;
        }
        for (key, records) in learnt.holdings {
            self.holdings.get_mut(&key).unwrap().records = records;
        }
        for key in learnt.certain {
            self.holdings.get_mut(&key).unwrap().losses = losses;
        }
        let newest = self.listing.iter().map(|record| nanoseconds(record.created)).max();
        self.sight = Some(Sight {
            records: survey.lasting(),
            losses,
            number: 1,
            newest: newest.unwrap_or(0),
        });
    }

    fn lose(&mut self, id: &str) {
        let before = self.listing.len();
        self.listing.retain(|record| record.id != id);
        assert_eq!(self.listing.len(), before - 1);
    }

    /// The names of the steps that are evicted, then those that are doubted.
    fn lost(&self) -> (Vec<&str>, Vec<&str>) {
        let is_known = |key: &crate::plan::StepKey| self.holdings.contains_key(&key.0);
        let found = evictions(&self.plan, is_known, &self.holdings, &Layers::new(), &self.survey());
        let named = |keys: &std::collections::HashSet<crate::plan::StepKey>| {
            let steps = self.plan.steps.iter().filter(|step| keys.contains(&step.key));
            steps.map(|step| step.name.split_once("] ").unwrap().1).collect()
        };
        (named(&found.evicted), named(&found.doubted))
    }
}

use Outcome::{Cached, Ran};

const LINE: &str = "FROM base\nRUN a\nRUN b\n";

fn line() -> Engine {
    let mut engine = Engine::new(LINE);
    engine.listing.extend([run("a1", "base", "a", 2), run("b1", "a1", "b", 3)]);
    engine.built(&[Cached, Ran, Ran]);
    engine
}

#[test]
fn a_step_that_ran_is_held_by_the_record_of_its_time() {
    let engine = line();
    let records: Vec<&[String]> = engine
        .plan
        .steps
        .iter()
        .map(|step| engine.holdings[&step.key.0].records.as_slice())
        .collect();
    assert_eq!(records, [&[][..], &["a1".to_owned()], &["b1".to_owned()]]);
    assert_eq!(engine.lost(), (vec![], vec![]));
}

#[test]
fn only_what_is_gone_is_evicted() {
    let mut engine = line();
    engine.lose("b1");
    assert_eq!(engine.lost(), (vec!["RUN b"], vec![]));
    engine.lose("a1");
    assert_eq!(engine.lost(), (vec!["RUN a", "RUN b"], vec![]));
}

#[test]
fn what_is_gone_may_be_there_as_it_was_with_other_files_while_the_step_below_is_there() {
    let is_replaceable = |engine: &Engine| {
        let is_known = |key: &crate::plan::StepKey| engine.holdings.contains_key(&key.0);
        let found =
            evictions(&engine.plan, is_known, &engine.holdings, &Layers::new(), &engine.survey());
        found.replaceable.contains(&engine.plan.steps[2].key)
    };
    let mut engine = line();
    engine.listing.push(run("b2", "a1", "b", 4));
    engine.built(&[Cached, Cached, Cached]);
    engine.lose("b1");
    assert!(is_replaceable(&engine));
    engine.lose("b2");
    assert!(!is_replaceable(&engine));
    // Listed or not, it is forgotten there.
    let mut engine = Engine { forgets_all: true, ..line() };
    engine.listing.push(run("b2", "a1", "b", 4));
    engine.built(&[Cached, Cached, Cached]);
    engine.lose("b1");
    assert!(!is_replaceable(&engine));
}

#[test]
fn what_came_with_an_images_cache_is_there() {
    let mut engine = line();
    for id in ["b1", "a1", "base"] {
        engine.lose(id);
    }
    let imported = |id: &str, parent: &str, command: &str| CacheRecord {
        description: format!("RUN /bin/sh -c {command} # buildkit"),
        used: Some(at(3)),
        ..run(id, parent, command, 0)
    };
    engine.listing.extend([imported("a2", "base", "a"), imported("b2", "a2", "b")]);
    engine.built(&[Cached, Cached, Cached]);
    assert_eq!(engine.lost(), (vec![], vec![]));
    engine.lose("b2");
    assert_eq!(engine.lost(), (vec!["RUN b"], vec![]));
}

#[test]
fn what_another_project_lost_evicts_nothing() {
    let mut engine = line();
    engine.listing.push(run("x", "base", "other", 4));
    engine.built(&[Cached, Cached, Cached]);
    engine.lose("x");
    assert_eq!(engine.lost(), (vec![], vec![]));
}

const COPIED: &str = "FROM base AS made\nRUN a\nFROM base\nCOPY --from=made /a /a\n";

fn copied() -> Engine {
    let mut engine = Engine::new(COPIED);
    let copy = CacheRecord {
        description: "[stage-1 2/2] COPY --from=made /a /a".to_owned(),
        ..run("c1", "base", "", 4)
    };
    engine.listing.extend([run("a1", "base", "a", 2), copy]);
    engine.built(&[Cached, Ran, Cached, Ran]);
    engine
}

#[test]
fn a_stage_is_not_asked_for_while_what_copies_from_it_is_there() {
    let mut engine = copied();
    engine.lose("a1");
    assert_eq!(engine.lost(), (vec![], vec![]));
    // Reported reused, and not looked for: it is still gone.
    engine.built(&[Cached, Cached, Cached, Cached]);
    assert_eq!(engine.lost(), (vec![], vec![]));
    engine.lose("c1");
    assert_eq!(engine.lost(), (vec!["RUN a", "COPY --from=made /a /a"], vec![]));
}

#[test]
fn what_another_line_of_a_dockerfile_made_may_be_found_again() {
    let mut engine = copied();
    let other = CacheRecord {
        description: "[stage-1 2/7] COPY --from=made /a /a".to_owned(),
        ..run("c2", "base", "", 5)
    };
    engine.listing.push(other);
    let (records, newest) = (engine.survey().lasting(), nanoseconds(at(5)));
    let sight = engine.sight.take().unwrap();
    engine.sight = Some(Sight { records, newest, ..sight });
    engine.lose("a1");
    engine.lose("c1");
    let is_known = |key: &crate::plan::StepKey| engine.holdings.contains_key(&key.0);
    let survey = engine.survey();
    let found = evictions(&engine.plan, is_known, &engine.holdings, &Layers::new(), &survey);
    assert!(found.evicted.contains(&engine.plan.steps[2].key));
    assert!(found.replaceable.contains(&engine.plan.steps[2].key));
}

#[test]
fn the_other_identifier_of_a_result_is_the_same_result() {
    let mut engine = line();
    let last = engine.listing.pop().unwrap();
    engine.listing.push(CacheRecord { id: "b2".to_owned(), is_mutable: true, ..last });
    assert_eq!(engine.lost(), (vec![], vec![]));
    assert_eq!(engine.survey().renamed(), [("b1".to_owned(), "b2".to_owned())]);
}

#[test]
fn what_may_have_been_built_anew_by_others_is_open() {
    let mut engine = line();
    engine.lose("b1");
    engine.listing.push(run("b2", "a1", "b", 9));
    assert_eq!(engine.lost(), (vec![], vec!["RUN b"]));
}

#[test]
fn a_reused_step_is_found_below_what_stands_on_it() {
    let mut engine = Engine::new(LINE);
    engine.listing.extend([run("a1", "base", "a", 0), run("a2", "base", "a", 0)]);
    engine.listing.push(run("b1", "a2", "b", 3));
    engine.built(&[Cached, Cached, Ran]);
    let first = engine.plan.steps[1].key.0;
    assert_eq!(engine.holdings[&first].records, ["a2"]);
}

#[test]
fn of_several_that_may_hold_a_step_none_may_be_gone() {
    let mut engine = Engine::new("FROM base\nRUN a\n");
    engine.listing.extend([run("a1", "base", "a", 5), run("a2", "base", "a", 5)]);
    engine.built(&[Cached, Cached]);
    assert_eq!(engine.lost(), (vec![], vec![]));
    engine.lose("a1");
    assert_eq!(engine.lost(), (vec![], vec!["RUN a"]));
    engine.lose("a2");
    assert_eq!(engine.lost(), (vec!["RUN a"], vec![]));
}

#[test]
fn with_containerd_a_lost_copy_of_a_context_takes_everything() {
    let mut engine = line();
    engine.forgets_all = true;
    engine.listing.push(context("s1", 1));
    engine.built(&[Cached, Cached, Cached]);
    assert_eq!(engine.lost(), (vec![], vec![]));
    engine.lose("s1");
    assert_eq!(engine.lost(), (vec!["RUN a", "RUN b"], vec![]));
    engine.forgets_all = false;
    assert_eq!(engine.lost(), (vec![], vec![]));
}

#[test]
fn a_copy_of_a_context_that_a_build_holds_has_not_gone() {
    let mut engine = line();
    engine.forgets_all = true;
    engine.listing.push(context("s1", 1));
    engine.built(&[Cached, Cached, Cached]);
    engine.lose("s1");
    engine.listing.push(CacheRecord { is_mutable: false, is_in_use: true, ..context("s2", 9) });
    assert_eq!(engine.lost(), (vec![], vec![]));
}

#[test]
fn nothing_is_gone_where_nobody_looked_before() {
    let mut engine = line();
    engine.sight = None;
    engine.listing.clear();
    assert_eq!(engine.lost(), (vec![], vec![]));
}

#[test]
fn what_another_build_is_making_holds_no_step() {
    let mut engine = Engine::new("FROM base\nRUN a\n");
    let making = CacheRecord { is_mutable: true, is_in_use: true, ..run("a2", "base", "a", 2) };
    engine.listing.extend([run("a1", "base", "a", 2), making]);
    engine.built(&[Cached, Ran]);
    assert_eq!(engine.holdings[&engine.plan.steps[1].key.0].records, ["a1"]);
}

#[test]
fn the_copy_of_the_context_is_the_one_before_or_one_that_was_made_with_it() {
    let mut engine = line();
    engine.listing.extend([context("other", 1), context("own", 5), context("later", 9)]);
    let found = |circumstances: &Circumstances| {
        learn(
            &engine.plan,
            &[Done { outcome: Cached, window: None }; 3],
            circumstances,
            Some(&engine.survey()),
            &engine.holdings,
        )
        .context
    };
    let window = Some((at(4), at(6)));
    let first = Circumstances { context_window: window, ..Circumstances::default() };
    assert_eq!(found(&first), ["own"]);
    let again = Circumstances { context_before: vec!["other".to_owned()], ..first.clone() };
    // Where the one before was held by another build, a new one was made.
    assert_eq!(found(&again), ["other", "own"]);
    let lost = Circumstances { context_before: vec!["gone".to_owned()], ..first };
    assert_eq!(found(&lost), ["own"]);
}

/// What a build commits of a copy of a context or of a cache mount, listed in its place.
fn committed(id: &str, of: &CacheRecord, second: u64) -> CacheRecord {
    CacheRecord {
        id: id.to_owned(),
        is_mutable: false,
        is_in_use: true,
        created: at(second),
        ..of.clone()
    }
}

#[test]
fn a_copy_of_a_context_is_sure_to_be_taken_only_where_nobody_holds_it() {
    let mut engine = line();
    let (own, other) = (context("own", 1), context("other", 1));
    let rest = engine.listing.clone();
    engine.listing.extend([own.clone(), other.clone()]);
    engine.built(&[Cached, Cached, Cached]);
    let copy = |listing: &[&CacheRecord], records: &[&str]| {
        let listing = rest.iter().chain(listing.iter().copied()).cloned().collect();
        let records: Vec<String> = records.iter().map(|id| (*id).to_owned()).collect();
        Survey::new(engine.sight.as_ref(), listing, false).context_copy(&records)
    };
    assert_eq!(copy(&[&own, &other], &["own"]), ContextCopy::Free);
    assert_eq!(copy(&[&other], &["own"]), ContextCopy::Gone);
    let held = CacheRecord { is_in_use: true, ..own.clone() };
    assert_eq!(copy(&[&held, &other], &["own"]), ContextCopy::Held);
    let beside = CacheRecord { is_in_use: true, ..other.clone() };
    assert_eq!(copy(&[&own, &beside], &["own"]), ContextCopy::Held);
    let kept = CacheRecord { is_in_use: true, ..run("kept", "base", "x", 0) };
    assert_eq!(copy(&[&own, &other, &kept], &["own"]), ContextCopy::Free);
    let read = committed("read", &own, 9);
    assert_eq!(copy(&[&read, &other], &["own"]), ContextCopy::Held);
    assert_eq!(copy(&[&read, &committed("too", &other, 9)], &["own"]), ContextCopy::Held);
    assert_eq!(copy(&[&own, &other], &["own", "other"]), ContextCopy::Unsure);
    assert_eq!(copy(&[&own, &other], &[]), ContextCopy::Unsure);
}

#[test]
fn what_builds_commit_of_contexts_and_cache_mounts_loses_nothing() {
    let mut engine = Engine { forgets_all: true, ..line() };
    let mount = |id| CacheRecord {
        kind: RecordKind::Other,
        description: "cached mount /c from exec /bin/sh -c true".to_owned(),
        ..context(id, 1)
    };
    let rest = engine.listing.clone();
    let old = [context("s", 1), context("t", 1), mount("m"), mount("n")];
    engine.listing.extend(old.clone());
    engine.built(&[Cached, Cached, Cached]);
    let is_lost = |listing: &[CacheRecord]| {
        let listing = rest.iter().chain(listing).cloned().collect();
        Survey::new(engine.sight.as_ref(), listing, true).is_lost()
    };
    let committed = old.each_ref().map(|old| committed(&format!("{}2", old.id), old, 9));
    assert!(!is_lost(&old));
    assert!(!is_lost(&committed));
    // One of two has no other that it could be.
    assert!(is_lost(&committed[1..]));
    assert!(is_lost(&committed[..3]));
}

/// A stage on a directory of `--build-context` makes the engine's copy of it a layer for good.
#[test]
fn a_copy_of_a_context_that_became_a_layer_is_not_lost() {
    let mut engine = Engine { forgets_all: true, ..line() };
    let extra =
        |id| CacheRecord { description: "local source for extra".to_owned(), ..context(id, 1) };
    engine.listing.extend([extra("one"), extra("two")]);
    engine.built(&[Cached, Cached, Cached]);
    let layer = |id, description: &str| CacheRecord {
        parents: Vec::new(),
        description: description.to_owned(),
        ..run(id, "", "", 9)
    };
    engine.lose("one");
    engine.listing.push(layer("other", "local source for context"));
    assert_eq!(engine.lost(), (vec!["RUN a", "RUN b"], vec![]));
    engine.listing.push(layer("stage", "local source for extra"));
    assert_eq!(engine.lost(), (vec![], vec![]));
    // Of two that are gone it can only be one.
    engine.lose("two");
    assert_eq!(engine.lost(), (vec!["RUN a", "RUN b"], vec![]));
}

#[test]
fn an_engine_that_forgets_everything_remembers_what_was_certain_since() {
    let mut engine = Engine { forgets_all: true, ..line() };
    let memory = |engine: &Engine, losses| {
        engine.survey().remembers(Some(&Holding { losses, ..Holding::default() }))
    };
    assert_eq!(memory(&engine, 0), Remembered::Yes);
    assert_eq!(memory(&engine, -1), Remembered::Yes);
    engine.lose("b1");
    assert_eq!(memory(&engine, 0), Remembered::No);
    assert_eq!(memory(&engine, -1), Remembered::No);
    engine.built(&[Cached, Cached, Ran]);
    assert_eq!(memory(&engine, 0), Remembered::No);
    assert_eq!(memory(&engine, 1), Remembered::Yes);
    assert_eq!(memory(&engine, -1), Remembered::Perhaps);
    assert_eq!(engine.survey().remembers(None), Remembered::Perhaps);
    let elsewhere = Engine { forgets_all: false, ..engine };
    assert_eq!(memory(&elsewhere, 0), Remembered::Yes);
}

/// The engine knows the image from then on.
#[test]
fn an_image_is_certain_once_a_step_on_it_failed() {
    let mut engine = Engine::new(LINE);
    engine.built(&[Outcome::NotReached, Outcome::Failed, Outcome::NotReached]);
    let losses = |step: usize| engine.holdings[&engine.plan.steps[step].key.0].losses;
    assert_eq!([losses(0), losses(1)], [0, -1]);
}

#[test]
fn of_copies_that_were_made_at_once_the_one_that_fits_the_builds_times_is_its_own() {
    let millisecond = |number| SystemTime::UNIX_EPOCH + Duration::from_millis(number);
    let made = |id, created, used| CacheRecord {
        created: millisecond(created),
        used: Some(millisecond(used)),
        ..context(id, 0)
    };
    let mut engine = line();
    engine.listing.extend([made("own", 1_002, 1_499), made("beside", 1_200, 1_700)]);
    let found = |survey: &Survey| {
        let window = Some((millisecond(1_000), millisecond(1_500)));
        let circumstances = Circumstances { context_window: window, ..Circumstances::default() };
        let done = [Done { outcome: Cached, window: None }; 3];
        learn(&engine.plan, &done, &circumstances, Some(survey), &engine.holdings).context
    };
    assert_eq!(found(&engine.survey()), ["own"]);
    // Read by the build still: what it committed is listed.
    let read = CacheRecord { created: millisecond(1_499), ..committed("read", &context("", 0), 0) };
    let listing = vec![read, made("beside", 1_200, 1_700)];
    assert_eq!(found(&Survey::new(None, listing, false)), ["read"]);
    let alike = vec![made("one", 1_002, 1_498), made("two", 1_003, 1_499)];
    assert_eq!(found(&Survey::new(None, alike, false)), ["one", "two"]);
}
