//! What the rewrites are said to save.

use super::{flask, project};
use crate::Seconds;
use crate::context::{ContextPath, EntryKind, ModifiedTime};
use crate::optimize::PastBuild;
use crate::predict::{FileState, FileTable};

const TEXT: &str = "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n\
                    RUN make\n";

#[test]
fn past_builds_are_counted_by_what_they_changed() {
    let found = flask(TEXT)
        .file(".dockerignore", "docs\n")
        .file("setup.cfg", "[flake8]\nmax-line-length = 99\n")
        .took("RUN pip", 40.0)
        .took("RUN make", 5.0)
        .past(&["app.py"])
        .past(&["app.py", "new.py"])
        .past(&["app.py", "requirements.txt"])
        .past(&["deleted.py"])
        .past(&[])
        .optimize();
    let saves = found.rewrites[0].saves;
    assert_eq!(saves.commits, 4);
    assert!((saves.builds_helped - 0.75).abs() < 1e-9);
    assert_eq!(saves.seconds_per_build, Seconds::new(30.0));
    assert_eq!(found.before, Some(Seconds::new(45.0)));
    assert_eq!(found.after, Some(Seconds::new(15.0)));
    let why = &found.rewrites[0].why;
    assert!(why.contains("4 past builds") && why.contains("40.0 s when last measured"), "{why}");
}

#[test]
fn one_past_build_is_told_as_one() {
    let why = |changed: &str| flask(TEXT).past(&[changed]).optimize().rewrites[0].why.clone();
    let left = why("app.py");
    assert!(left.contains("The one past build that changed copied files left the"), "{left}");
    let changed = why("requirements.txt");
    assert!(changed.contains("changed the manifests too"), "{changed}");
}

#[test]
fn files_that_never_changed_are_still_there_for_a_copy_by_name() {
    let text = format!("{TEXT}COPY never.txt /never\n");
    let project = flask(&text).file("never.txt", "x").took("RUN pip", 4.0).past(&["app.py"]);
    assert_eq!(project.optimize().before, Some(Seconds::new(4.0)));
}

#[test]
fn without_a_past_one_edit_is_counted() {
    let found = flask(TEXT).took("RUN pip", 12.0).took("RUN make", 1.0).optimize();
    let saves = found.rewrites[0].saves;
    assert_eq!((saves.commits, saves.seconds_per_build), (0, Seconds::new(12.0)));
    assert_eq!((found.before, found.after), (Some(Seconds::new(13.0)), Some(Seconds::new(1.0))));
}

#[test]
fn a_time_that_nobody_measured_is_said_to_be_typical() {
    let found = flask(TEXT).optimize();
    let why = &found.rewrites[0].why;
    assert!(why.contains("never measured here") && why.contains("typical 30 s"), "{why}");
    assert_eq!(found.rewrites[0].saves.seconds_per_build, Seconds::new(30.0));
}

#[test]
fn the_rewrite_that_saves_most_comes_first() {
    let found = project()
        .file("a/requirements.txt", "a\n")
        .file("a/a.py", "a\n")
        .file("b/requirements.txt", "b\n")
        .file("b/b.py", "b\n")
        .dockerfile(
            "FROM python AS a\nWORKDIR /a\nCOPY a .\nRUN pip install -r requirements.txt\n\
             FROM python\nWORKDIR /b\nCOPY b .\nRUN pip3 install -r requirements.txt\n\
             COPY --from=a /a /a\n",
        )
        .took("RUN pip ", 2.0)
        .took("RUN pip3", 20.0)
        .past(&["a/a.py"])
        .past(&["b/b.py"])
        .optimize();
    let lines: Vec<_> = found.rewrites.iter().map(|rewrite| rewrite.line).collect();
    assert_eq!(lines, [7, 3]);
    assert_eq!(found.rewrites[0].saves.commits, 1);
    assert_eq!(found.before, Some(Seconds::new(11.0)));
    assert_eq!(found.after, Some(Seconds::ZERO));
}

#[test]
fn two_tables_of_files_tell_what_a_build_changed() {
    let table = |files: &[(&str, u32)]| -> FileTable {
        let state = |mode| FileState {
            kind: EntryKind::File,
            mode,
            digest: None,
            target: None,
            size: 0,
            modified: ModifiedTime::default(),
        };
        files.iter().map(|(path, mode)| (ContextPath::new(path), state(*mode))).collect()
    };
    let before = table(&[("same", 1), ("edited", 1), ("removed", 1)]);
    let after = table(&[("same", 1), ("edited", 2), ("added", 1)]);
    let changed = PastBuild::between(&before, &after).changed;
    let expected: Vec<_> = ["added", "edited", "removed"].iter().map(ContextPath::new).collect();
    assert_eq!(changed, expected);
}
