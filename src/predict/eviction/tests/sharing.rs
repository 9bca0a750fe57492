//! What builds that run beside a forecast may share with it.

use super::*;

impl Engine {
    /// The names of the steps that a build may share.
    fn shared(&self) -> Vec<&str> {
        let is_known = |key: &crate::plan::StepKey| self.holdings.contains_key(&key.0);
        let found =
            evictions(&self.plan, is_known, &self.holdings, &Layers::new(), &self.survey()).shared;
        let steps = self.plan.steps.iter().filter(|step| found.contains(&step.key));
        steps.map(|step| step.name.split_once("] ").unwrap().1).collect()
    }

    /// Another build holds these records, and its copy of a context.
    fn beside(&mut self, held: &[&str]) {
        for record in &mut self.listing {
            record.is_in_use = held.contains(&&*record.id);
        }
        self.listing.retain(|record| record.id != "other");
        self.listing.push(CacheRecord { is_in_use: true, ..context("other", 0) });
    }

    /// No build runs.
    fn at_rest(&mut self) {
        self.beside(&[]);
        self.listing.retain(|record| record.id != "other");
    }
}

const IMAGE: &str = "FROM docker.io/library/base:latest";

/// A build that ended while another one, on the same image, ran.
fn built_beside() -> Engine {
    let mut engine = Engine::new(LINE);
    engine.listing.extend([run("a1", "base", "a", 2), run("b1", "a1", "b", 3)]);
    engine.beside(&["base"]);
    engine.built(&[Cached, Ran, Ran]);
    engine
}

#[test]
fn an_image_is_shared_as_long_as_the_build_runs_that_may_have_been_its_first() {
    let mut engine = built_beside();
    assert_eq!(engine.shared(), [IMAGE]);
    // Others build, on other images.
    engine.beside(&[]);
    assert!(engine.shared().is_empty());
    engine.at_rest();
    assert!(engine.shared().is_empty());
}

#[test]
fn a_step_that_another_build_may_have_run_is_shared_with_it() {
    let mut engine = Engine::new(LINE);
    engine.listing.extend([run("a1", "base", "a", 2), run("b1", "a1", "b", 3)]);
    engine.beside(&["base", "a1"]);
    engine.built(&[Cached, Ran, Ran]);
    assert_eq!(engine.shared(), [IMAGE, "RUN a"]);
}

#[test]
fn what_was_found_once_is_found_beside_any_build_until_something_is_lost() {
    let mut engine = built_beside();
    engine.built(&[Cached, Cached, Cached]);
    engine.beside(&["base", "a1"]);
    assert!(engine.shared().is_empty());
    engine.listing.push(run("elsewhere", "base", "x", 1));
    engine.built(&[Cached, Cached, Cached]);
    engine.lose("elsewhere");
    assert_eq!(engine.shared(), [IMAGE, "RUN a"]);
}

#[test]
fn what_nobody_holds_after_its_build_is_found_beside_any_other() {
    let mut engine = Engine::new(LINE);
    engine.listing.extend([run("a1", "base", "a", 2), run("b1", "a1", "b", 3)]);
    engine.built(&[Cached, Ran, Ran]);
    engine.beside(&["base", "a1", "b1"]);
    assert!(engine.shared().is_empty());
}

#[test]
fn what_another_build_makes_again_is_shared_with_it() {
    let mut engine = line();
    engine.beside(&["base"]);
    assert!(engine.shared().is_empty());
    let again = CacheRecord { is_in_use: true, ..run("a2", "base", "a", 9) };
    // The same command on another image is another step.
    engine.listing.push(CacheRecord { parents: vec!["image".to_owned()], ..again.clone() });
    assert!(engine.shared().is_empty());
    engine.listing.push(CacheRecord { id: "a3".to_owned(), ..again });
    assert_eq!(engine.shared(), ["RUN a"]);
}

#[test]
fn what_others_made_again_since_the_last_look_is_told() {
    let is_remade = |engine: &Engine| {
        let is_known = |key: &crate::plan::StepKey| engine.holdings.contains_key(&key.0);
        evictions(&engine.plan, is_known, &engine.holdings, &Layers::new(), &engine.survey())
            .is_remade
    };
    let mut engine = line();
    assert!(!is_remade(&engine));
    // Another command, and the same one on another image, are other steps.
    engine.listing.push(run("c1", "base", "c", 9));
    engine.listing.push(run("a2", "image", "a", 9));
    assert!(!is_remade(&engine));
    let before = engine.listing.clone();
    engine.listing.push(run("b2", "a1", "b", 9));
    assert!(is_remade(&engine));
    // The second alone is not told from what stands on another image, the first is.
    engine.listing = [before, vec![run("a3", "base", "a", 9), run("b3", "a3", "b", 9)]].concat();
    assert!(is_remade(&engine));
    engine.built(&[Cached, Cached, Cached]);
    assert!(!is_remade(&engine));
}

/// There no record is known to be a step's own.
#[test]
fn an_engine_that_forgets_all_tells_as_much() {
    let mut engine = Engine { forgets_all: true, ..Engine::new(LINE) };
    engine.listing.extend([run("a1", "base", "a", 2), run("b1", "a1", "b", 3)]);
    engine.beside(&["base"]);
    engine.built(&[Cached, Ran, Ran]);
    assert_eq!(engine.shared(), [IMAGE]);
    engine.at_rest();
    engine.built(&[Cached, Cached, Cached]);
    engine.beside(&["base", "a1"]);
    assert!(engine.shared().is_empty());
    engine.listing.push(CacheRecord { is_in_use: true, ..run("a2", "base", "a", 9) });
    assert_eq!(engine.shared(), ["RUN a"]);
}

/// Of two with the same command, the one on another image was there before.
#[test]
fn what_is_on_another_image_does_not_tell_whether_this_one_is_held() {
    let mut engine = Engine::new(LINE);
    let elsewhere = [run("image", "", "", 0), run("x1", "image", "a", 0)];
    engine.listing.extend(elsewhere);
    let records = engine.listing.clone();
    engine.sight = Some(Sight { records, losses: 0, number: 0, newest: 0 });
    engine.listing.extend([run("a1", "base", "a", 2), run("b1", "a1", "b", 3)]);
    for forgets_all in [false, true] {
        engine.forgets_all = forgets_all;
        engine.beside(&["base"]);
        engine.built(&[Cached, Ran, Ran]);
        assert_eq!(engine.shared(), [IMAGE], "{forgets_all}");
    }
}
