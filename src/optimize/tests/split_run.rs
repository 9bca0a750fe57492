//! RUNs that are taken apart, so that their first commands can come before the COPY.

use super::{ALREADY_GOOD, Project, assert_refused, flask, project};
use crate::optimize::{Past, Risk};

/// `FROM python AS build`, `WORKDIR /app`, these lines, and an image that takes from it.
fn built(lines: &str) -> Project {
    flask(&format!(
        "FROM python AS build\nWORKDIR /app\n{lines}\nFROM python\nCOPY --from=build /app /srv/app\n"
    ))
}

#[track_caller]
fn assert_becomes(before: &str, after: &str) {
    let found = built(before).optimize();
    assert_eq!(found.explain(), None, "of:\n{before}");
    let (start, end) = (
        "FROM python AS build\nWORKDIR /app\n",
        "\nFROM python\nCOPY --from=build /app /srv/app\n",
    );
    assert_eq!(found.text, format!("{start}{after}{end}"), "of:\n{before}");
    let again = built("");
    let again = again.dockerfile(&found.text).optimize();
    assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
}

#[test]
fn an_install_and_a_build_in_one_line() {
    let found = project()
        .image("node")
        .file("package.json", r#"{"name":"shop"}"#)
        .file("package-lock.json", r#"{"lockfileVersion":3,"packages":{"":{"name":"shop"}}}"#)
        .file("src/index.js", "1\n")
        .dockerfile(
            "# syntax=docker/dockerfile:1\nFROM node AS build\nWORKDIR /app\n\n# All of it\n\
             COPY . .\n\n# Packages, and the bundle\nRUN npm ci && \\\n    # for the browser\n    \
             npm run build\n\nFROM node\nCOPY --from=build /app/dist /srv\n",
        )
        .optimize();
    insta::assert_snapshot!(found.patch);
    let [rewrite] = &*found.rewrites else { panic!("{:?}", found.rewrites) };
    // Nobody knows what the build makes of files in a lower layer.
    assert_eq!((rewrite.id, rewrite.risk), ("split-run", Risk::Verify));
    insta::assert_snapshot!(format!("{}\n{}", rewrite.title, rewrite.why));
}

#[test]
fn packages_of_the_system_and_a_build() {
    let found = built(
        "COPY . .\nRUN --mount=type=secret,id=token set -eux; \\\n    apt-get update \\\n \
         && apt-get install -y gcc \\\n && make -j4 \\\n && make install",
    )
    .optimize();
    insta::assert_snapshot!(found.patch);
}

#[test]
fn several_parts_come_one_after_the_other() {
    assert_becomes(
        "COPY . .\nRUN apt-get install -y gcc && pip install -r requirements.txt && make",
        "RUN apt-get install -y gcc\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
         COPY . .\nRUN make",
    );
}

#[test]
fn what_the_shell_keeps_is_said_again() {
    assert_becomes(
        "COPY . .\nRUN cd /app && pip install -r requirements.txt && make",
        "COPY requirements.txt .\nRUN cd /app && pip install -r requirements.txt\nCOPY . .\n\
         RUN cd /app && make",
    );
    assert_becomes(
        "COPY . .\nRUN export A=1 && apt-get install -y gcc && make a-$A",
        "RUN export A=1 && apt-get install -y gcc\nCOPY . .\nRUN export A=1 && make a-$A",
    );
}

#[test]
fn only_what_is_apart_from_the_rest_is_certain() {
    let found =
        built("COPY . .\nRUN pip install -r requirements.txt && touch /app/done").optimize();
    assert_eq!(found.rewrites[0].risk, Risk::Verify, "the base may hold anything of /app");
    let risk = |rest: &str| {
        let found = built(&format!("COPY . .\nRUN apt-get install -y gcc && {rest}")).optimize();
        assert_eq!(found.explain(), None, "{rest}");
        found.rewrites[0].risk
    };
    assert_eq!(risk("touch /app/done"), Risk::None);
    assert_eq!(risk("make"), Risk::Verify);
    assert_eq!(risk("cp app.py /usr/bin/app"), Risk::Verify);
}

#[test]
fn what_need_not_be_split_is_not() {
    for (lines, after) in [
        (
            "COPY . .\nRUN apt-get update && apt-get install -y gcc\nRUN make",
            "RUN apt-get update && apt-get install -y gcc\nCOPY . .\nRUN make",
        ),
        (
            "COPY . .\nRUN pip install -U pip && pip install -r requirements.txt\nRUN make",
            "COPY requirements.txt .\nRUN pip install -U pip && pip install -r requirements.txt\n\
             COPY . .\nRUN make",
        ),
    ] {
        assert_becomes(lines, after);
    }
    for lines in [
        "COPY requirements.txt .\nRUN pip install -r requirements.txt && make",
        "RUN apt-get install -y gcc && make\nCOPY . .",
        "COPY . .\nRUN make && apt-get install -y gcc",
        "COPY . .\nRUN mkdir -p /x && make",
    ] {
        let found = built(lines).optimize();
        assert!(found.rewrites.is_empty(), "of:\n{lines}\n{}", found.patch);
    }
    let good = "FROM python\nRUN pip install gunicorn && make\nCOPY . .\n";
    assert_eq!(flask(good).refused(), ALREADY_GOOD);
}

#[test]
fn what_one_shell_or_one_layer_does_stays_together() {
    for (run, words) in [
        ("umask 7 && pip install -r requirements.txt && make", "`umask 7`"),
        (". ./x && pip install -r requirements.txt && make", "`. ./x`"),
        ("apt-get install -y gcc && trap 'x' EXIT && make", ""),
        ("{ apt-get install -y gcc; } && make", "share the state of one shell (`{"),
        ("export A=1 > /x && apt-get install -y gcc && make", "(`export A=1"),
        ("apt-get install -y gcc && make $? ", "share the state of one shell"),
        ("apt-get install -y gcc && make && cd - && make", "share the state of one shell"),
        ("--mount=type=tmpfs,target=/t apt-get install -y gcc && make", "type=tmpfs"),
        ("--mount=type=bind,target=/m,rw apt-get install -y gcc && make", "`make`"),
        (
            "--mount=type=cache,target=/c apt-get install -y gcc && make --offline",
            "type=cache,target=/c",
        ),
        // Parts that run whatever became of the others, or beside them.
        ("apt-get install -y gcc; make", "`make`"),
        ("apt-get install -y gcc || make", "`make`"),
        ("apt-get install -y gcc && make & wait", "`apt-get install -y gcc && make`"),
        // It reads what is copied.
        ("apt-get install -y $(cat x) && make", "`apt-get install -y $(cat x)`"),
    ] {
        let project = built(&format!("COPY . .\nRUN {run}")).file("x", "gcc\n");
        if words.is_empty() {
            // What comes behind the cut is one shell's as before.
            assert_eq!(project.optimize().rewrites.len(), 1, "{run}");
        } else {
            assert_refused(&project, words);
        }
    }
}

#[test]
fn nothing_is_left_behind_in_the_image() {
    let clean = "COPY . .\nRUN apt-get install -y gcc && make && apt-get purge -y gcc";
    let whole = flask(&format!("FROM python\nWORKDIR /app\n{clean}\n"));
    assert_refused(&whole, "line 4: the RUN cleans up behind its install (`purge`)");
    // Nor where another stage stands on it.
    let below = flask(&format!("FROM python AS a\nWORKDIR /app\n{clean}\nFROM a\nCMD [\"x\"]\n"));
    assert_refused(&below, "(`purge`)");
    for rest in ["rm -rf x", "npm prune", "(rm x)", "find . -delete", "chown -R 1 /app"] {
        let text =
            format!("FROM python\nCOPY . /app\nRUN apt-get install -y gcc && make && {rest}\n");
        assert_refused(&flask(&text), "cleans up behind its install");
    }
    // What only serves to be copied from may.
    assert_eq!(built(clean).optimize().rewrites.len(), 1);
}

#[test]
fn what_was_measured_of_the_whole_is_shared_out() {
    let lines = "COPY . .\nRUN pip install -r requirements.txt && npm run build";
    let found = built(lines)
        .took("RUN pip install -r requirements.txt && npm", 11.0)
        .past(&["app.py"])
        .optimize();
    let basis = found.basis.unwrap();
    assert_eq!(basis.past, Past::Builds);
    // Typical are 30 s and 25 s.
    let saved = found.rewrites[0].saves.seconds_per_build.get();
    assert!((saved - 6.0).abs() < 0.01, "{saved}");
}
