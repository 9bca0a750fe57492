//! What the rewrites are said to save.

use super::{flask, project};
use crate::Seconds;
use crate::context::{ContextPath, EntryKind, ModifiedTime};
use crate::optimize::{Past, PastBuild, Timing};
use crate::predict::{FileState, FileTable};

const TEXT: &str = "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n\
                    RUN make\n";

#[test]
fn past_builds_are_counted_by_what_they_changed() {
    let found = flask(TEXT)
        .file(".dockerignore", "docs\n")
        .file("setup.cfg", "[flake8]\nmax-line-length = 99\n")
        .took("COPY", 0.0)
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
    let basis = found.basis.unwrap();
    assert_eq!((basis.past, basis.builds, basis.timing), (Past::Builds, 4, Timing::Measured));
    let why = &found.rewrites[0].why;
    let rests = "It helps 3 of 4 past builds that changed copied files; the times are measured.";
    assert!(why.contains(rests), "{why}");
}

#[test]
fn one_past_build_is_told_as_one() {
    let why = |changed: &str| flask(TEXT).past(&[changed]).optimize().rewrites[0].why.clone();
    let left = why("app.py");
    assert!(left.contains("It helps 1 of 1 past build;"), "{left}");
}

#[test]
fn files_that_never_changed_are_still_there_for_a_copy_by_name() {
    let text = format!("{TEXT}COPY never.txt /never\n");
    let project = flask(&text).file("never.txt", "x").took("COPY", 0.0).took("RUN", 4.0);
    assert_eq!(project.past(&["app.py"]).optimize().before, Some(Seconds::new(8.0)));
}

#[test]
fn without_a_past_one_edit_is_counted() {
    let project = flask(TEXT).took("COPY", 0.0).took("RUN pip", 12.0).took("RUN make", 1.0);
    let found = project.optimize();
    assert_eq!(found.basis.unwrap().past, Past::Edit);
    let saves = found.rewrites[0].saves;
    assert_eq!((saves.commits, saves.seconds_per_build), (0, Seconds::new(12.0)));
    assert_eq!((found.before, found.after), (Some(Seconds::new(13.0)), Some(Seconds::new(1.0))));
}

#[test]
fn a_time_that_nobody_measured_is_said_to_be_typical() {
    let found = flask(TEXT).optimize();
    assert_eq!(found.basis.unwrap().timing, Timing::Typical);
    let why = &found.rewrites[0].why;
    assert!(why.contains("typical of their commands, and not measured here"), "{why}");
    assert_eq!(found.rewrites[0].saves.seconds_per_build, Seconds::new(30.0));
    let half = flask(TEXT).took("RUN make", 30.0).optimize();
    assert_eq!(half.basis.unwrap().timing, Timing::Mixed);
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
        .took("COPY", 0.0)
        .took("RUN pip ", 2.0)
        .took("RUN pip3", 20.0)
        .past(&["a/a.py"])
        .past(&["b/b.py"])
        .optimize();
    let lines: Vec<_> = found.rewrites.iter().map(|rewrite| rewrite.line).collect();
    assert_eq!(lines, [7, 3]);
    assert_eq!(found.rewrites[0].saves.commits, 2);
    assert!((found.rewrites[0].saves.builds_helped - 0.5).abs() < 1e-9);
    assert_eq!(found.before, Some(Seconds::new(11.0)));
    assert_eq!(found.after, Some(Seconds::ZERO));
}

/// What a commit has beside the Dockerfile.
const AT_FIRST: [(&str, &str); 2] = [("requirements.txt", "flask==3.1.3\n"), ("app.py", "0")];

#[test]
fn commits_are_built_one_after_the_other() {
    let text = format!("{TEXT}COPY needed /needed\n");
    let requirements = "flask==3.1.4\n";
    let found = flask(&text)
        .file("needed", "x")
        .took("COPY", 0.0)
        .took("RUN pip", 40.0)
        .took("RUN make", 5.0)
        // Commits count before builds.
        .past(&["requirements.txt"])
        .commits(&[
            &[],
            &AT_FIRST,
            &[("needed", "x")],
            &[("app.py", "1")],
            &[("requirements.txt", requirements)],
            &[("Makefile", "x")],
            // Built before, and so not built again.
            &[("Makefile", "")],
            &[],
        ])
        .optimize();
    let saves = found.rewrites[0].saves;
    let basis = found.basis.unwrap();
    // The first that can be built has everything to do and says nothing.
    assert_eq!((basis.past, basis.builds, basis.skipped), (Past::Commits, 5, 1));
    assert_eq!(saves.commits, 5);
    assert!((saves.builds_helped - 0.4).abs() < 1e-9);
    assert_eq!(found.before, Some(Seconds::new(3.0 * 45.0 / 5.0)));
    assert_eq!(found.after, Some(Seconds::new((45.0 + 2.0 * 5.0) / 5.0)));
    assert_eq!(saves.seconds_per_build, Seconds::new(16.0));
}

#[test]
fn where_commits_changed_nothing_that_is_copied_the_builds_count() {
    let project = flask(TEXT).took("COPY", 0.0).took("RUN pip", 40.0).past(&["app.py"]);
    let found = project.commits(&[&AT_FIRST, &[], &[]]).optimize();
    assert_eq!(found.basis.unwrap().past, Past::Builds);
}

#[test]
fn where_no_commit_had_the_manifest_the_builds_are_what_they_were() {
    // The rewrite copies a file by name that only the last commits have.
    let found = flask(TEXT)
        .took("COPY", 0.0)
        .took("RUN", 10.0)
        .commits(&[
            &[("app.py", "0")],
            &[("app.py", "1")],
            &[("requirements.txt", "flask==3.1.3\n")],
            &[("app.py", "2")],
        ])
        .optimize();
    assert_eq!(found.basis.unwrap().builds, 3);
    assert_eq!(found.before, Some(Seconds::new(20.0)));
    // 20 s, 20 s and then 10 s.
    assert_eq!(found.after, Some(Seconds::new(16.666_667)));
}

#[test]
fn what_a_copy_names_is_there_at_every_commit_though_it_never_changes() {
    let text = "FROM python AS made\nWORKDIR /made\nCOPY . .\n\
                FROM python AS app\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n\
                FROM python\nCOPY --from=made /made/never.txt /never\nCOPY const* /const/\n\
                COPY --from=app /app /app\n";
    let never = [("never.txt", "x"), ("constant", "x")];
    let found = flask(text)
        .file("never.txt", "x")
        .file("constant", "x")
        .took("COPY . .", 1.0)
        .took("COPY", 100.0)
        .took("RUN", 10.0)
        .commits(&[&[AT_FIRST, never].concat()[..], &[("app.py", "1")], &[("app.py", "2")]])
        .optimize();
    // Neither the file from the stage nor what the pattern matches is copied again.
    assert_eq!(found.before, Some(Seconds::new(111.0)), "{:?}", found.explain());
    assert_eq!((found.basis.unwrap().builds, found.basis.unwrap().skipped), (2, 0));
}

#[test]
fn a_rewrite_that_makes_builds_slower_is_left_out() {
    // Each commit changes the manifest, so the install runs as before, and a COPY beside it.
    let versions = ["1", "2", "3"].map(|version| format!("flask=={version}\n"));
    let steps = versions.each_ref().map(|text| [("requirements.txt", &**text)]);
    let found = flask(TEXT)
        .took("RUN", 10.0)
        .commits(&[&AT_FIRST, &steps[0], &steps[1], &steps[2]])
        .optimize();
    assert!(found.rewrites.is_empty());
    assert_eq!(found.before, None);
    let why = found.explain().unwrap();
    assert_eq!(
        why,
        "line 3: `Install requirements.txt before copying the rest` is left out, as it builds the \
         same and would make builds no quicker: over the last 3 commits a build takes 20.1 s \
         without it, and 20.2 s with it"
    );
    assert!(found.patch.is_empty());
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
