//! A COPY of large files that seldom change and others that often do.

use super::{ALREADY_GOOD, Project, project};
use crate::Seconds;
use crate::optimize::Risk;

/// `model.bin` of 20 MB, `data/` with 12 MB, and small files; `app.py` changes in every build.
fn shop(lines: &str) -> Project {
    project()
        .sized("model.bin", 20_000_000)
        .sized("data/a.csv", 12_000_000)
        .file("app.py", "1\n")
        .file("src/a.py", "1\n")
        .file("other/a.csv", "")
        .dockerfile(&format!("FROM python\nWORKDIR /app\n{lines}\nCMD serve\n"))
        .past(&["app.py"])
        .past(&["app.py", "src/a.py"])
}

#[track_caller]
fn assert_becomes(before: &str, after: &str) {
    let found = shop(before).optimize();
    assert_eq!(found.explain(), None, "of:\n{before}");
    assert_eq!(found.text, format!("FROM python\nWORKDIR /app\n{after}\nCMD serve\n"));
    assert_eq!((found.rewrites[0].id, found.rewrites[0].risk), ("split-copy", Risk::Verify));
    let again = shop("").dockerfile(&found.text).optimize();
    assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
}

#[test]
fn what_seldom_changes_has_a_layer_of_its_own() {
    let found = shop("# All of it\nCOPY app.py model.bin ./").optimize();
    insta::assert_snapshot!(found.patch);
    let rewrite = &found.rewrites[0];
    insta::assert_snapshot!(format!("{}\n{}", rewrite.title, rewrite.why));
    assert_eq!(found.before.map(|it| (it.get() * 10.0).round()), Some(3.0));
    assert_eq!(found.after.map(|it| (it.get() * 10.0).round()), Some(1.0));
}

#[test]
fn the_cut_is_where_it_saves_most() {
    for (before, after) in [
        ("COPY model.bin app.py data /app", "COPY model.bin data /app/\nCOPY app.py /app/"),
        (
            "COPY --chown=1:1 src model.bin app.py $PWD/x/",
            "COPY --chown=1:1 model.bin $PWD/x/\nCOPY --chown=1:1 src app.py $PWD/x/",
        ),
        ("copy *.bin \\\n  app.py .", "copy *.bin ./\ncopy app.py ./"),
        ("  COPY app.py model.bin /", "  COPY model.bin /\n  COPY app.py /"),
    ] {
        assert_becomes(before, after);
    }
}

#[test]
fn a_measured_copy_is_shared_out_among_its_parts() {
    let project = shop("COPY app.py model.bin ./").took("COPY app.py model.bin", 22.0);
    let found = project.optimize();
    assert_eq!(found.before, Some(Seconds::new(22.0)));
    // A layer of a tenth of a second, where the whole is said to take three.
    assert_eq!(found.after.map(|it| it.get().round()), Some(7.0));
}

#[test]
fn what_cannot_be_split_stays_whole() {
    for lines in [
        // One source, or what is added to it later would be left out.
        "COPY . .",
        "COPY data ./",
        // Two bring the same place, so that their order counts.
        "COPY data other app.py ./",
        "COPY model.bin src/a.py app.py src ./",
        // It is not known what it brings.
        "COPY --parents model.bin app.py ./",
        "COPY --exclude=x model.bin app.py ./",
        "ADD model.bin app.py ./",
        "ARG M=model.bin\nCOPY $M app.py ./",
        // It cannot be said again plainly.
        "COPY [\"model.bin\", \"app.py\", \"./\"]",
        "COPY model.bin \\\n# why\n app.py ./",
        // It is not worth it.
        "COPY src app.py ./",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "{lines}");
    }
    // What is large changes as often.
    let often = shop("COPY model.bin app.py ./").past(&["model.bin"]).past(&["model.bin"]);
    assert_eq!(often.past(&["model.bin"]).past(&["model.bin"]).refused(), ALREADY_GOOD);
}

/// `shop` with these lines below its COPY.
fn below(lines: &str) -> Project {
    let copy = "FROM python AS base\nWORKDIR /app\nCOPY app.py model.bin ./\n";
    shop("").dockerfile(&format!("{copy}{lines}"))
}

#[test]
fn what_may_compare_the_times_of_the_parts_keeps_them_together() {
    for (lines, line, reader) in [
        ("RUN make\n", 4, "RUN make"),
        ("RUN [ app.py -nt model.bin ] && touch /new\n", 4, "RUN [ app.py -nt"),
        ("RUN mkdir -p /srv && cp -u app.py model.bin /srv/\n", 4, "RUN mkdir"),
        ("RUN cp -u /srv/app.py /srv/model.bin /new/\n", 4, "RUN cp"),
        ("RUN pip install -r requirements.txt\n", 4, "RUN pip"),
        ("ONBUILD RUN make\n", 4, "ONBUILD RUN make"),
        // On the image of the stage, or on what it made.
        ("FROM base\nRUN make\n", 5, "RUN make"),
        ("FROM python\nCOPY --from=base /app /srv/app\nRUN make -C /srv/app\n", 6, "RUN make"),
        ("FROM python\nCOPY --from=base /app /x\nRUN mkdir -p /y\n", 6, "RUN mkdir"),
        ("FROM base\nCOPY --from=base /app /x\nRUN rm -r /x\n", 6, "RUN rm"),
        ("FROM python\nRUN --mount=type=bind,from=base,target=/b mkdir /y\n", 5, "RUN --mount"),
    ] {
        let why = below(lines).refused();
        assert!(why.contains(&format!("line {line}: `{reader}")), "{lines}{why}");
        assert!(why.contains("may compare the times of the files"), "{lines}{why}");
    }
}

#[test]
fn what_does_not_look_at_the_parts_lets_them_go() {
    for lines in [
        "RUN mkdir -p /srv/data\n",
        "RUN mkdir -p /srv/data && chmod 700 /srv/data\n",
        "FROM python\nRUN make\nCOPY --from=base /app /app\n",
    ] {
        let found = below(lines).took("RUN make", 0.0).optimize();
        let is_split = found
            .rewrites
            .iter()
            .any(|rewrite| (rewrite.id, rewrite.risk) == ("split-copy", Risk::Verify));
        assert!(is_split, "{lines}{:?}", found.explain());
    }
}
