//! What is known of an image, where the engine knows manifests.

use super::super::eviction::Remembered;
use super::super::{Route, used_images};
use super::*;

#[test]
fn what_ran_on_a_known_manifest_is_not_found_by_its_layers() {
    let story = known_by_manifest("FROM base\nRUN one\n");
    let mut story = story.built();
    // The layers were new with it, so the manifest is known now.
    story.dockerfile = "FROM base\nRUN two\n";
    let story = story.built();
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
    let mut story = story.relabelled("sha256:2");
    assert!(matches!(story.verdict("RUN two"), Verdict::Rebuild(_)));
    // What ran when they were new is.
    story.dockerfile = "FROM base\nRUN one\n";
    assert_eq!(story.verdict("RUN one"), Verdict::Cached);
    // Elsewhere only layers count.
    story.dialect = Dialect::default();
    assert_eq!(story.built().relabelled("sha256:3").verdict("RUN one"), Verdict::Cached);
}

#[test]
fn an_image_of_known_layers_is_found_by_them_every_time() {
    let story = known_by_manifest("FROM base\nRUN one\n");
    let mut story = story.built().relabelled("sha256:2").built();
    story.dockerfile = "FROM base\nRUN two\n";
    let story = story.built();
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
    assert_eq!(story.relabelled("sha256:3").verdict("RUN two"), Verdict::Cached);
}

/// On an engine that knows manifests, the base image under its first label.
fn known_by_manifest(dockerfile: &'static str) -> Story {
    let mut story = Story::new(dockerfile, &[]).relabelled("sha256:1");
    story.dialect = Dialect::default().with_merging(true);
    story
}

fn edited(mut story: Story, dockerfile: &'static str) -> Story {
    story.dockerfile = dockerfile;
    story
}

#[test]
fn what_runs_on_a_step_that_is_kept_both_ways_is_found_both_ways() {
    // base-made-then-step-above-and-new-label
    let story = known_by_manifest("FROM base\nRUN one\n").built();
    let story = edited(story, "FROM base\nRUN one\nRUN two\n").built();
    let story = story.relabelled("sha256:2");
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
    // base-new-label-then-step-above-on-old-again
    let story = edited(story, "FROM base\nRUN one\nRUN three\n").built();
    assert_eq!(story.relabelled("sha256:1").verdict("RUN three"), Verdict::Cached);
}

#[test]
fn where_others_build_nobody_knows_by_what_the_engine_knows_an_image() {
    // Another client may have used the second image before, when its layers were new, or the first
    // one when they were not.
    let mut story = known_by_manifest("FROM base\nRUN one\n").built();
    story.knowledge.is_shared = true;
    assert_eq!(story.verdict("RUN one"), Verdict::Cached);
    let story = edited(story, "FROM base\nRUN one\nRUN two\n").built().relabelled("sha256:2");
    assert!(matches!(story.verdict("RUN one"), Verdict::Unknown(_)));
    assert!(matches!(story.verdict("RUN two"), Verdict::Unknown(_)));
    let story = edited(story, "FROM base\nRUN never\n");
    assert!(matches!(story.verdict("RUN never"), Verdict::Rebuild(_)));
    let story = edited(story, "FROM base\nRUN three\n").built();
    assert_eq!(story.verdict("RUN three"), Verdict::Cached);
    let story = story.relabelled("sha256:1");
    assert!(matches!(story.verdict("RUN three"), Verdict::Unknown(_)));
    // What stood on the first one alone may be found by the layers too.
    let mut story = edited(story, "FROM base\nRUN four\n").built().relabelled("sha256:3");
    assert!(matches!(story.verdict("RUN four"), Verdict::Unknown(_)));
    // On other layers nothing was built.
    for image in story.images.values_mut() {
        image.layers.push(Digest::of(b"another"));
    }
    assert!(matches!(story.verdict("RUN four"), Verdict::Rebuild(_)));
}

/// What is copied from a stage on an image, and not known, goes by the image's layers as well.
#[test]
fn files_of_a_stage_on_a_relabelled_image_are_found_by_its_layers() {
    let text = "FROM base AS one\nCOPY a.txt /d/\nFROM base\nCOPY --from=one /d /d\nRUN two\n";
    let mut story = known_by_manifest(text);
    story.files = [("a.txt", "a")].into();
    let story = story.built().relabelled("sha256:2");
    assert_eq!(story.verdict("COPY --from=one /d /d"), Verdict::Cached);
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
}

#[test]
fn unknown_files_of_a_stage_that_runs_on_a_relabelled_image_may_be_found() {
    let text = "FROM base AS one\nRUN make\nCOPY a.txt /d/\nFROM base\nCOPY --from=one /out /out\n";
    let mut story = known_by_manifest(text);
    story.files = [("a.txt", "a")].into();
    let mut story = story.built().relabelled("sha256:2");
    story.files.insert("a.txt", "b");
    assert!(matches!(story.verdict("COPY a.txt"), Verdict::Rebuild(_)));
    assert!(matches!(story.verdict("COPY --from=one"), Verdict::Depends { .. }));
}

#[test]
fn what_ran_on_the_layers_is_not_found_by_a_manifest_that_is_known() {
    // base-new-label-then-old-again
    let story = known_by_manifest("FROM base\nRUN one\n").built().relabelled("sha256:2");
    let story = edited(story, "FROM base\nRUN two\n").built();
    assert!(matches!(story.relabelled("sha256:1").verdict("RUN two"), Verdict::Rebuild(_)));
}

#[test]
fn what_ran_on_one_of_two_results_is_not_found_on_the_other() {
    // base-two-labels-with-own-results-then-old-again
    let story = known_by_manifest("FROM base\nRUN zero\n").built();
    let story = edited(story, "FROM base\nRUN one\n").built().relabelled("sha256:2");
    let story = edited(story, "FROM base\nRUN one\nRUN two\n").built().relabelled("sha256:1");
    assert_eq!(story.verdict("RUN one"), Verdict::Cached);
    assert!(matches!(story.verdict("RUN two"), Verdict::Rebuild(_)));
}

#[test]
fn what_is_copied_out_of_an_image_is_found_by_its_files() {
    let dockerfile = "FROM base\nRUN one\n";
    let story = known_by_manifest(dockerfile).built();
    let copies = "FROM base\nRUN one\nCOPY --from=base /f /g\nRUN two\n";
    let story = edited(story, copies).built().relabelled("sha256:2");
    assert_eq!(story.verdict("COPY --from=base"), Verdict::Cached);
    assert_eq!(story.verdict("RUN two"), Verdict::Cached);
}

#[test]
fn a_loss_makes_the_manifest_unknown_again_and_a_doubt_does_not() {
    let story = known_by_manifest("FROM base\nRUN one\n").built();
    let story = edited(story, "FROM base\nRUN two\n");
    let route = |memory: Remembered| {
        let mut knowledge = story.knowledge.clone();
        knowledge.know_by_layers(&story.plan(), |_| memory);
        knowledge.routes
    };
    assert_eq!(route(Remembered::Yes), [Route::Manifest; 2]);
    assert_eq!(route(Remembered::Perhaps), [Route::Manifest; 2]);
    // base-made-then-pruned-and-new-label
    assert_eq!(route(Remembered::No), [Route::Both; 2]);
}

/// An image of two stages is shown once, under the name of one of them.
#[test]
fn an_image_is_known_once_something_was_made_on_it() {
    let plan = known_by_manifest("FROM base\nRUN one\nRUN two\n").plan();
    assert_eq!(used_images(&plan, |place| place == 1), [0].into());
    assert_eq!(used_images(&plan, |place| place == 2), [].into());
}
