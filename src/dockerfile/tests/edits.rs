//! Edits: what changes and, above all, what does not.

use super::super::edit::{Edit, EditError, apply};
use super::super::{Dockerfile, Span};
use super::parse;

const TEXT: &str =
    "# top\nFROM a\n\n# why\n  RUN x \\\n    # inside\n    y\nCOPY <<E /d\nb\nE\nUSER u";

fn edited(dockerfile: &Dockerfile, edits: &[Edit]) -> String {
    apply(dockerfile, edits).expect("the edits do not overlap")
}

#[test]
fn no_edits_change_nothing() {
    assert_eq!(edited(&parse(TEXT), &[]), TEXT);
}

#[test]
fn edits_apply_together_in_any_order() {
    let dockerfile = parse(TEXT);
    let [from, run, copy, user] = dockerfile.instructions() else { panic!("four") };
    let edits = [
        Edit::remove(copy),
        Edit::insert_before(run, "ARG B\nARG C\n"),
        Edit::replace(from.span, "FROM b"),
        Edit::insert_before(user, "ENV D=1"),
    ];
    let expected =
        "# top\nFROM b\n\n# why\nARG B\nARG C\n  RUN x \\\n    # inside\n    y\nENV D=1\nUSER u";
    assert_eq!(edited(&dockerfile, &edits), expected);
    let backwards: Vec<_> = edits.into_iter().rev().collect();
    assert_eq!(edited(&dockerfile, &backwards), expected);
}

#[test]
fn an_instruction_goes_with_its_heredocs_and_its_line() {
    let dockerfile = parse("FROM a\r\nRUN <<E\r\nx\r\nE\r\nUSER u");
    let [_, run, user] = dockerfile.instructions() else { panic!("three") };
    assert_eq!(edited(&dockerfile, &[Edit::remove(run)]), "FROM a\r\nUSER u");
    assert_eq!(edited(&dockerfile, &[Edit::remove(user)]), "FROM a\r\nRUN <<E\r\nx\r\nE\r\n");
}

#[test]
fn inserted_lines_end_as_the_file_does() {
    let dockerfile = parse("\u{feff}FROM a\r\nRUN x\r\n");
    let [from, run] = dockerfile.instructions() else { panic!("two") };
    let edits =
        [Edit::insert_before(from, "ARG A"), Edit::insert_before(run, "ENV B=1\nENV C=1\n")];
    assert_eq!(
        edited(&dockerfile, &edits),
        "\u{feff}ARG A\r\nFROM a\r\nENV B=1\r\nENV C=1\r\nRUN x\r\n"
    );
}

#[test]
fn an_instruction_can_be_exchanged() {
    let dockerfile = parse(TEXT);
    let run = &dockerfile.instructions()[1];
    let edits = [Edit::remove(run), Edit::insert_before(run, "RUN z")];
    assert!(edited(&dockerfile, &edits).contains("# why\nRUN z\nCOPY"));
}

#[test]
fn overlapping_edits_are_refused() {
    let dockerfile = parse(TEXT);
    let run = &dockerfile.instructions()[1];
    let inside = Span { start: run.span.start + 2, end: run.span.start + 3 };
    for other in [Edit::remove(run), Edit::replace(run.span, "RUN z")] {
        let refused = apply(&dockerfile, &[Edit::replace(inside, "O"), other]);
        assert!(matches!(refused, Err(EditError::Overlap { .. })), "{refused:?}");
    }
    let twice = [Edit::remove(run), Edit::remove(run)];
    assert!(matches!(apply(&dockerfile, &twice), Err(EditError::Overlap { .. })));
}

#[test]
fn spans_of_another_text_are_refused() {
    let dockerfile = parse("FROM é");
    for (start, end) in [(0, 99), (6, 6), (5, 2)] {
        let span = Span { start, end };
        let refused = apply(&dockerfile, &[Edit::replace(span, "")]);
        assert_eq!(refused, Err(EditError::OutOfText(span)));
    }
}
