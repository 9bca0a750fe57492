//! Stories of how long a build takes.

use super::*;

#[test]
fn branches_run_side_by_side() {
    let text = "FROM base AS one\nRUN one\nFROM base AS two\nRUN two\nRUN two more\n\
                FROM base\nCOPY --from=one /x /x\nCOPY --from=two /y /y\n";
    let mut story = Story::new(text, &[]).built();
    story.options.no_cache = true;
    let summary = story.forecast().summary;
    assert_eq!((summary.rebuild, summary.cached), (5, 0));
    // FROM is reused; then two steps of the longer branch and the copy from it.
    assert_eq!(summary.seconds, Seconds::new(3.0));
}

/// The seconds of the first step whose name has this in it.
fn seconds(story: &Story, part: &str) -> f64 {
    let forecast = story.forecast();
    let step = forecast.steps.iter().find(|step| step.step.name.contains(part));
    step.unwrap_or_else(|| panic!("no step has `{part}`")).seconds.get()
}

/// The last build says nothing of a step that it reused, and an edit gives it a key that nobody
/// has timed.
#[test]
fn a_step_with_a_new_key_takes_what_its_text_took() {
    let runs = [("[3/4] RUN install -r r.txt", 40.0), ("[2/2] RUN other", 7.0)];
    let mut story = Story::new(INSTALL, &[("r.txt", "flask")]).built().timed(&runs);
    assert_eq!(seconds(&story, "RUN install").to_string(), "1", "its own key is timed");
    story.files.insert("r.txt", "django");
    assert_eq!(seconds(&story, "RUN install").to_string(), "40");
    story.dockerfile = "FROM base\nCOPY r.txt .\nRUN install -v -r r.txt\nCOPY . .\n";
    assert_eq!(seconds(&story, "RUN install").to_string(), "40", "as its counterpart");
    story.dockerfile = "FROM base\nCOPY r.txt .\nRUN install -v -r r.txt\nCOPY . .\nRUN new\n";
    story.knowledge.typical.insert(crate::plan::StepKind::Run, Seconds::new(5.0));
    assert_eq!(seconds(&story, "RUN new").to_string(), "5", "the median of its kind");
    assert_eq!(story.forecast().summary.untimed, 1, "the others had a run");
    let key = story.forecast().steps.last().expect("a step").step.key;
    story.knowledge.usual.insert(key, Seconds::new(3.0));
    assert_eq!(seconds(&story, "RUN new").to_string(), "3", "what its command usually takes");
}

#[test]
fn a_builds_time_has_what_is_around_its_steps() {
    let mut story = Story::new(INSTALL, &[("r.txt", "flask")]).built();
    let of = |names: &[&str], total| {
        PastDuration::new(names.iter().copied(), Seconds::new(total), Seconds::new(1.0))
    };
    let all = ["[2/4] COPY r.txt .", "[3/4] RUN install -r r.txt", "[4/4] COPY . ."];
    story.knowledge.times = PastTimes::new(&[], vec![of(&[], 1.25), of(&all, 3.5)]);
    let reused = story.forecast().summary;
    assert_eq!((reused.seconds.get().to_string(), reused.cached), ("0.25".into(), 3));
    // FROM, too, takes a second where there is no cache.
    assert_eq!(reused.seconds_full.get().to_string(), "6.5");
    assert_eq!(reused.seconds_saved.get().to_string(), "6.25");
    story.files.insert("r.txt", "django");
    let edited = story.forecast().summary;
    assert_eq!((edited.seconds.get().to_string(), edited.rebuild), ("5.5".into(), 3));
}
