//! Steps that the engine found by what another stage left, which was as it had been.

use super::*;

/// A copy from another stage, made in this second.
fn copy(id: &str, parent: &str, name: &str, second: u64) -> CacheRecord {
    CacheRecord { description: name.to_owned(), ..run(id, parent, "", second) }
}

const KEPT: &str = "FROM base AS made\nRUN a\n\
                    FROM base AS kept\nCOPY --from=made /a /a\n\
                    FROM base\nCOPY --from=kept /a /a\n";

/// A build in which the first stage ran again and left what it had left.
fn left_the_same(forgets_all: bool) -> Engine {
    let mut engine = Engine { forgets_all, ..Engine::new(KEPT) };
    engine.listing.extend([
        run("a1", "base", "a", 2),
        copy("k1", "base", "[kept 2/2] COPY --from=made /a /a", 3),
        copy("c1", "base", "[stage-2 2/2] COPY --from=kept /a /a", 4),
    ]);
    engine.built(&[Cached, Ran, Ran, Ran]);
    engine.plan = planned(&KEPT.replace("RUN a", "RUN b"));
    engine.listing.push(run("b1", "base", "b", 2));
    engine.built(&[Cached, Ran, Cached, Cached]);
    engine
}

/// The engine reported it reused, and nobody asked for its result: it may have been lost before
/// anybody looked, and is not known to be.
#[test]
fn what_was_found_by_equal_files_is_open_until_it_is_asked_for() {
    for forgets_all in [false, true] {
        let mut engine = left_the_same(forgets_all);
        assert_eq!(engine.lost(), (vec![], vec![]), "{forgets_all}");
        let edited = KEPT.replace("RUN a", "RUN b").replace("kept /a /a", "kept /a /c");
        engine.plan = planned(&edited);
        let open = vec!["COPY --from=made /a /a"];
        assert_eq!(engine.lost(), (vec![], open), "{forgets_all}");
        engine.listing.push(copy("c2", "base", "[stage-2 2/2] COPY --from=kept /a /c", 4));
        engine.built(&[Cached, Cached, Cached, Ran]);
        engine.plan = planned(&edited.replace("kept /a /c", "kept /a /d"));
        assert_eq!(engine.lost(), (vec![], vec![]), "{forgets_all}");
    }
}

/// What forgets everything has forgotten that as well.
#[test]
fn with_containerd_what_was_found_by_equal_files_goes_with_everything() {
    let mut engine = left_the_same(true);
    engine.plan = planned(&KEPT.replace("RUN a", "RUN b").replace("kept /a /a", "kept /a /c"));
    engine.lose("a1");
    let gone = vec!["RUN b", "COPY --from=made /a /a"];
    assert_eq!(engine.lost(), (gone, vec![]));
}

const TWO: &str = "FROM base AS made\nRUN a\nRUN b\n\
                   FROM base AS kept\nRUN k\n\
                   FROM base\nCOPY --from=made /a /a\nCOPY --from=kept /k /k\n";

/// A build of two stages and what takes from both, then another command at the end of the first.
fn taken_from_two() -> Engine {
    let mut engine = Engine::new(TWO);
    engine.listing.extend([
        run("a1", "base", "a", 2),
        run("b1", "a1", "b", 3),
        run("k1", "base", "k", 4),
        copy("c1", "base", "[stage-2 2/3] COPY --from=made /a /a", 5),
        copy("d1", "c1", "[stage-2 3/3] COPY --from=kept /k /k", 6),
    ]);
    engine.built(&[Cached, Ran, Ran, Ran, Ran, Ran]);
    engine.plan = planned(&TWO.replace("RUN b", "RUN b2"));
    engine
}

/// Where the first stage leaves the same, the engine finds the last step, and nobody asks for the
/// second stage.
#[test]
fn a_lost_stage_is_open_while_what_takes_from_it_may_be_found() {
    let mut engine = taken_from_two();
    engine.lose("k1");
    assert_eq!(engine.lost(), (vec![], vec!["RUN k"]));
    // The new command runs whatever is found, and on what is lost.
    engine.lose("b1");
    engine.lose("a1");
    assert_eq!(engine.lost(), (vec!["RUN a"], vec!["RUN k"]));
}

#[test]
fn a_lost_stage_runs_where_what_takes_from_it_is_lost_too_or_never_was() {
    let mut engine = taken_from_two();
    for id in ["k1", "d1", "c1"] {
        engine.lose(id);
    }
    assert_eq!(engine.lost(), (vec!["RUN k"], vec![]));
    let mut engine = taken_from_two();
    engine.lose("k1");
    engine.plan = planned(&TWO.replace("RUN b", "RUN b2").replace("/k /k", "/k /l"));
    assert_eq!(engine.lost(), (vec!["RUN k"], vec![]));
}
