//! Projects that are bettered, and those that are good already.

use std::path::Path;
use std::process::Command;

use super::{ALREADY_GOOD, flask, project};
use crate::optimize::{Proof, Risk};

#[test]
fn the_example_of_this_repository() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flask-app");
    let read = |name: &str| std::fs::read_to_string(example.join(name)).unwrap();
    let dockerfile = read("Dockerfile").replace("python:3.12-slim", "python");
    let project = project()
        .file(".dockerignore", &read(".dockerignore"))
        .file("app.py", &read("app.py"))
        .file("requirements.txt", &read("requirements.txt"))
        .dockerfile(&dockerfile);
    let found = project.optimize();
    insta::assert_snapshot!(found.patch);
    insta::assert_debug_snapshot!(
        found
            .rewrites
            .iter()
            .map(|rewrite| {
                (
                    rewrite.id,
                    rewrite.line,
                    &rewrite.title,
                    &rewrite.why,
                    rewrite.proof,
                    rewrite.risk,
                )
            })
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_directory_of_requirement_files_that_include_each_other() {
    let found = project()
        .file("requirements/base.txt", "flask\n-c limits.txt\n")
        .file("requirements/limits.txt", "flask<4\n")
        .file("requirements/prod.txt", "-r base.txt\ngunicorn\n")
        .file("requirements/dev.txt", "-r base.txt\npytest\n")
        .file("src/app.py", "print(1)\n")
        .dockerfile(
            "FROM python\nWORKDIR /srv\n\n# The whole project\nCOPY --chown=1000:1000 . .\n\n\
             # Only what production needs\nRUN pip install -r requirements/prod.txt\n\n\
             CMD [\"python\", \"src/app.py\"]\n",
        )
        .optimize();
    insta::assert_snapshot!(found.patch);
}

#[test]
fn an_absolute_destination_and_a_cache_mount() {
    let found = project()
        .file("requirements.txt", "flask\n")
        .file("constraints.txt", "flask<4\n")
        .file("app.py", "print(1)\n")
        .dockerfile(
            "# syntax=docker/dockerfile:1\nFROM python AS build\nWORKDIR /app\nCOPY . /app\n\
             LABEL a=b\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    \
             pip install --upgrade pip && \\\n    # pinned\n    \
             pip install -r requirements.txt -c constraints.txt\nEXPOSE 80\n\
             FROM python\nCOPY --from=build /app /app\n",
        )
        .optimize();
    insta::assert_snapshot!(found.patch);
}

/// Dockerfiles of a project with `requirements.txt` and `app.py`, as they are and as they become.
const BETTERED: &[(&str, &str)] = &[
    (
        "FROM python\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n",
        "FROM python\nCOPY requirements.txt /app/\nRUN pip install -r /app/requirements.txt\n\
         COPY . /app\n",
    ),
    // Two installs after one another move together.
    (
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -U pip\n\
         RUN pip install -r requirements.txt\nRUN make\n",
        "FROM python\nWORKDIR /app\nRUN pip install -U pip\nCOPY requirements.txt .\n\
         RUN pip install -r requirements.txt\nCOPY . .\nRUN make\n",
    ),
    (
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n\
         RUN pip install gunicorn\nRUN pip install -e .\n",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
         RUN pip install gunicorn\nCOPY . .\nRUN pip install -e .\n",
    ),
    // Exec form, no newline at the end.
    (
        "FROM python\nWORKDIR /app\nCOPY ./ ./\nRUN [\"pip\", \"install\", \"-rrequirements.txt\"]",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt ./\n\
         RUN [\"pip\", \"install\", \"-rrequirements.txt\"]\nCOPY ./ ./\n",
    ),
    // A variable in the destination stays a variable; ADD of plain files is no other than COPY.
    (
        "FROM python\nENV APP_HOME=/srv/app\nWORKDIR $APP_HOME\nADD . $APP_HOME\n\
         RUN pip3 install --no-cache-dir -r requirements.txt\n",
        "FROM python\nENV APP_HOME=/srv/app\nWORKDIR $APP_HOME\nCOPY requirements.txt $APP_HOME/\n\
         RUN pip3 install --no-cache-dir -r requirements.txt\nADD . $APP_HOME\n",
    ),
    (
        "FROM python\r\nWORKDIR /app\r\nCOPY . .\r\nRUN pip install \\\r\n  -r requirements.txt\r\n",
        "FROM python\r\nWORKDIR /app\r\nCOPY requirements.txt .\r\nRUN pip install \\\r\n  \
         -r requirements.txt\r\nCOPY . .\r\n",
    ),
    // What is there already is not copied again.
    (
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nCOPY . .\n\
         RUN pip install -r requirements.txt\n",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\n\
         RUN pip install -r requirements.txt\nCOPY . .\n",
    ),
    (
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nCOPY --chmod=644 . .\n\
         RUN pip install -r requirements.txt\n",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\n\
         COPY --chmod=644 requirements.txt .\n\
         RUN pip install -r requirements.txt\nCOPY --chmod=644 . .\n",
    ),
    // Wildcards and several sources.
    (
        "FROM python\nWORKDIR /app\nCOPY *.txt app.py ./\nRUN pip install -r requirements.txt\n",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n\
         COPY *.txt app.py ./\n",
    ),
    // Each stage for itself, and only those that are built.
    (
        "FROM python AS a\nWORKDIR /a\nCOPY . .\nRUN pip install -r requirements.txt\n\
         FROM python AS unused\nWORKDIR /b\nCOPY . .\nRUN pip install -r requirements.txt\n\
         FROM a\nWORKDIR /c\nCOPY . .\nRUN pip install -r requirements.txt --pre\n",
        "FROM python AS a\nWORKDIR /a\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
         COPY . .\nFROM python AS unused\nWORKDIR /b\nCOPY . .\n\
         RUN pip install -r requirements.txt\n\
         FROM a\nWORKDIR /c\nCOPY . .\nRUN pip install -r requirements.txt --pre\n",
    ),
    (
        "FROM python\nWORKDIR /usr/src/app\nCOPY --link --chmod=755 . .\n\
         RUN set -ex; pip install 'uvicorn[standard]' -r requirements.txt\n",
        "FROM python\nWORKDIR /usr/src/app\nCOPY --link --chmod=755 requirements.txt .\n\
         RUN set -ex; pip install 'uvicorn[standard]' -r requirements.txt\n\
         COPY --link --chmod=755 . .\n",
    ),
];

#[test]
fn small_projects_are_bettered() {
    for (before, after) in BETTERED {
        assert_eq!(flask(before).bettered(), *after, "of:\n{before}");
    }
}

#[test]
fn what_is_bettered_once_is_good() {
    for (before, _) in BETTERED {
        let text = flask(before).bettered();
        let again = flask(&text).optimize();
        assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
    }
}

#[test]
fn a_good_order_is_left_alone_without_a_word() {
    for text in [
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
         COPY . .\n",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\n\
         RUN pip install -r requirements.txt && rm -rf /root/.cache\nCOPY . .\n",
        "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
         COPY . .\nRUN pip install -r requirements.txt\n",
        "FROM python\nWORKDIR /app\nCOPY . .\nRUN make\n",
        "FROM python\nRUN --mount=type=bind,target=/x pip install -r /x/requirements.txt\n",
        "FROM python\nRUN make\n",
    ] {
        assert_eq!(flask(text).refused(), ALREADY_GOOD, "of:\n{text}");
    }
}

#[test]
fn an_unknown_base_image_asks_for_verification() {
    let text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n";
    let known = flask(text).optimize();
    assert_eq!((known.rewrites[0].proof, known.rewrites[0].risk), (Proof::Rule, Risk::None));
    assert!(known.is_proven());
    let unknown = flask(text).unknown_image().optimize();
    assert_eq!(unknown.rewrites[0].risk, Risk::Verify);
    assert!(!unknown.is_proven());
}

#[test]
fn git_and_patch_take_the_patch() {
    for (before, after) in BETTERED {
        for program in [&["git", "apply"][..], &["patch", "-p1", "--binary", "-s"]] {
            let project = flask(before);
            let found = project.optimize();
            let patch = project.path().join("change.patch");
            std::fs::write(&patch, &found.patch).unwrap();
            let output = Command::new(program[0])
                .args(&program[1..])
                .args(if program[0] == "git" { &[][..] } else { &["-i"] })
                .arg(&patch)
                .env("GIT_CEILING_DIRECTORIES", project.path().parent().unwrap())
                .current_dir(project.path())
                .output()
                .unwrap();
            assert!(output.status.success(), "{program:?}: {output:?}\n{}", found.patch);
            let text = std::fs::read_to_string(project.path().join("Dockerfile")).unwrap();
            assert_eq!(text, *after, "{program:?}");
        }
    }
}
