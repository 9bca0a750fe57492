//! A pattern whose last match goes. What engines do was asked of 20.10, 26.1 and 28.5.

use super::*;
use crate::plan::BuilderKind;

/// What is said where `s/a.txt` or `a.txt`, the only match, is gone: the steps that are not reused,
/// or what is wrong.
fn without_match(dockerfile: &str, dialect: Dialect) -> Vec<String> {
    let project = project()
        .base("alpine", base("alpine"))
        .file("Dockerfile", format!("FROM alpine\n{dockerfile}"))
        .file("s/a.txt", "1")
        .file("s/keep.md", "1")
        .file("a.txt", "1")
        .committed();
    project.remove("s/a.txt");
    project.remove("a.txt");
    let (base, head) = project.sides();
    let impact = compare(&base, &head, &With { measured: &project.measured, dialect }).unwrap();
    let verdicts = impact.images.first().map(verdicts).unwrap_or_default();
    let problems = impact.problems.iter().map(|problem| problem.message.clone());
    verdicts.into_iter().filter(|it| !it.starts_with("cached")).chain(problems).collect()
}

/// Facts of another engine.
struct With<'a> {
    measured: &'a Measured,
    dialect: Dialect,
}

impl Facts for With<'_> {
    fn dialect(&self, _: &ContextPath) -> Dialect {
        self.dialect
    }

    fn platform(&self, context: &ContextPath) -> Platform {
        self.measured.platform(context)
    }

    fn base_image(&self, context: &ContextPath, image: &ImageReference) -> Option<BaseImage> {
        self.measured.base_image(context, image)
    }

    fn seconds(&self, context: &ContextPath, step: &Step) -> Option<Seconds> {
        self.measured.seconds(context, step)
    }
}

fn buildkit(dockerfile: &str) -> Vec<String> {
    without_match(dockerfile, Dialect::default())
}

fn is_refused(said: &[String], pattern: &str) -> bool {
    matches!(said, [only] if only.contains(pattern) && only.contains("is not in the build context"))
}

#[test]
fn buildkit_builds_on_where_it_has_the_folder() {
    assert_eq!(buildkit("COPY *.txt /d/\n"), ["rebuild COPY *.txt /d/"]);
    let beside = "COPY s/*.txt s/keep.md /d/\n";
    assert_eq!(buildkit(beside), ["rebuild COPY s/*.txt s/keep.md /d/"]);
    let another = "COPY s/keep.md /k/\nCOPY s/*.txt /d/\n";
    assert_eq!(buildkit(another), ["rebuild COPY s/*.txt /d/"]);
    let later = "COPY s/*.txt /d/\nCOPY --chown=1 s/k*.md /k/\n";
    assert_eq!(buildkit(later).len(), 2);
}

#[test]
fn buildkit_refuses_where_nothing_of_the_folder_is_sent() {
    let said = buildkit("COPY s/*.txt /d/\n");
    assert!(is_refused(&said, "s/*.txt"), "{said:?}");
    let said = buildkit("ADD s/*.txt /d/\n");
    assert!(is_refused(&said, "s/*.txt"), "{said:?}");
    // One that is no pattern is refused wherever it is.
    let said = without_match("COPY *.txt no[31mthere /d/\n", Dialect::default());
    assert!(is_refused(&said, "no[31mthere"), "{said:?}");
    // A stage that is not built asks for nothing.
    let said = buildkit("COPY s /a/\nFROM alpine\nCOPY s/*.txt /d/\n");
    assert!(is_refused(&said, "s/*.txt"), "{said:?}");
}

#[test]
fn the_classic_builder_refuses_where_no_source_has_a_match() {
    let classic = |dockerfile| {
        without_match(dockerfile, Dialect::default().with_builder(BuilderKind::Classic))
    };
    let said = classic("COPY *.txt /d/\n");
    assert!(is_refused(&said, "*.txt"), "{said:?}");
    let said = classic("COPY s/keep.md /k/\nCOPY s/*.txt /d/\n");
    assert!(is_refused(&said, "s/*.txt"), "{said:?}");
    let beside = "COPY s/*.txt s/keep.md /d/\n";
    assert_eq!(classic(beside), ["rebuild COPY s/*.txt s/keep.md /d/"]);
}
