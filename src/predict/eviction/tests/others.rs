//! What other clients built since the last look, whose keys nobody recorded.

use super::*;

impl Engine {
    /// The names of the new steps that others may have built, on an image with these layers.
    fn made_by_others(&self, images: &[&str]) -> Vec<&str> {
        let is_known = |key: &crate::plan::StepKey| self.holdings.contains_key(&key.0);
        let images = images.iter().map(|id| (*id).to_owned()).collect();
        let found = evictions(&self.plan, is_known, &self.holdings, &images, &self.survey());
        let steps = self.plan.steps.iter().filter(|step| found.made_by_others.contains(&step.key));
        steps.map(|step| step.name.split_once("] ").unwrap().1).collect()
    }

    /// The same Dockerfile on another state of its files, in which no key but the image's is known.
    fn edited(mut self) -> Self {
        let from = self.plan.steps[0].key.0;
        self.holdings.retain(|key, _| *key == from);
        self
    }
}

fn copy(id: &str, parent: &str, name: &str, second: u64) -> CacheRecord {
    CacheRecord { description: name.to_owned(), ..run(id, parent, "", second) }
}

/// Two commands that were built, and are other ones now by what they read.
fn edited() -> Engine {
    line().edited()
}

#[test]
fn what_was_made_since_at_the_place_of_a_step_may_be_its_result() {
    let mut engine = edited();
    assert!(engine.made_by_others(&["base"]).is_empty(), "nothing came");
    engine.listing.push(run("a2", "base", "a", 9));
    assert_eq!(engine.made_by_others(&["base"]), ["RUN a"]);
    engine.listing.push(run("b2", "a2", "b", 10));
    assert_eq!(engine.made_by_others(&["base"]), ["RUN a", "RUN b"]);
    assert_eq!(engine.made_by_others(&[]), ["RUN a", "RUN b"], "of an image that is not known");
}

#[test]
fn builds_of_other_projects_make_nothing_uncertain() {
    let mut engine = edited();
    engine.listing.extend([
        run("x", "base", "make", 9),
        run("y", "x", "b", 10),
        run("z", "another", "a", 11),
        run("w", "base", "make a", 11),
        copy("c", "base", "[2/3] COPY . .", 12),
    ]);
    assert!(engine.made_by_others(&["base"]).is_empty());
}

#[test]
fn what_was_there_or_being_made_at_the_last_look_is_not_new() {
    let mut engine = edited();
    // Listed late: when it was made somebody looked, and did not see it.
    engine.listing.push(run("a2", "base", "a", 3));
    assert!(engine.made_by_others(&["base"]).is_empty());
    engine.sight = None;
    assert!(engine.made_by_others(&["base"]).is_empty(), "nobody looked");
}

#[test]
fn where_the_engine_notes_no_instruction_what_stands_on_a_layer_tells() {
    let mut engine = Engine::new("FROM base\nWORKDIR /a\nRUN a\n");
    engine.listing.extend([copy("w1", "base", OF_FILES, 2), run("a1", "w1", "a", 3)]);
    engine.built(&[Cached, Ran, Ran]);
    let mut engine = engine.edited();
    engine.listing.push(copy("w2", "another", OF_FILES, 8));
    assert!(engine.made_by_others(&["base"]).is_empty());
    engine.listing.extend([copy("w3", "base", OF_FILES, 9), run("m", "w3", "make", 10)]);
    assert!(engine.made_by_others(&["base"]).is_empty());
    engine.listing.push(copy("w4", "base", OF_FILES, 11));
    assert_eq!(engine.made_by_others(&["base"]), ["WORKDIR /a"]);
    assert!(engine.made_by_others(&[]).is_empty(), "an image that is not known");
    engine.listing.push(run("a4", "w4", "a", 12));
    assert_eq!(engine.made_by_others(&["base"]), ["WORKDIR /a", "RUN a"]);
}

#[test]
fn what_others_built_may_stand_on_what_a_stage_left_before() {
    let mut engine =
        Engine::new("FROM base AS s\nRUN make\nFROM base\nCOPY --from=s /o /o\nRUN b\n");
    let copied = "[stage-1 2/3] COPY --from=s /o /o";
    engine.listing.extend([
        run("m1", "base", "make", 2),
        copy("c1", "base", copied, 3),
        run("b1", "c1", "b", 4),
    ]);
    engine.built(&[Cached, Ran, Ran, Ran]);
    let mut engine = engine.edited();
    assert!(engine.made_by_others(&["base"]).is_empty(), "nothing came");
    engine.listing.push(run("b2", "c1", "b", 9));
    assert_eq!(engine.made_by_others(&["base"]), ["RUN b"]);
}

#[test]
fn layers_that_are_nobodys_are_those_of_others() {
    let on = |id: &str, below: &[&str]| CacheRecord {
        parents: below.iter().map(|it| (*it).to_owned()).collect(),
        ..run(id, "base", "x", 1)
    };
    let base = CacheRecord { description: String::new(), ..on("base", &["below"]) };
    let source = CacheRecord { kind: RecordKind::LocalSource, ..on("s", &["base"]) };
    let is_shared = |more: &[CacheRecord]| {
        let own = |id: &String| id == "a";
        let all = [&[base.clone(), source.clone(), on("a", &["base"])], more].concat();
        others_have_built(all.iter(), own)
    };
    assert!(!is_shared(&[]));
    assert!(!is_shared(&[on("piece", &[])]), "what is linked stands on nothing");
    let merged = [on("m", &["a", "piece"]), on("n", &["m"]), on("o", &["n"])];
    assert!(!is_shared(&merged), "nobody keeps whose a merged layer is");
    assert!(is_shared(&[on("b", &["base"])]));
    // A ring ends as well.
    assert!(is_shared(&[on("r", &["q"]), on("q", &["r"])]));
}
