//! COPYs that give their files to an owner, and `chown -R` that has to stay.

use super::{Project, flask, project, risk};
use crate::optimize::Risk;

/// `FROM python`, `WORKDIR /app`, then these lines.
fn in_app(lines: &str) -> String {
    format!("FROM python\nWORKDIR /app\n{lines}\n")
}

fn web(lines: &str) -> Project {
    flask(&in_app(lines)).file("bin/run", "#!/bin/sh\n").file("static/a.css", "a{}\n")
}

#[test]
fn a_project_that_is_given_away_whole() {
    let found = flask(
        "FROM python\n\n# Where it lives\nWORKDIR /app\n\n# The whole project\nCOPY . .\n\n\
         # Not as root\nRUN useradd web \\\n && chown -R web:web /app\n\nUSER web\n\
         CMD [\"python\", \"app.py\"]\n",
    )
    .took("RUN useradd", 3.0)
    .past(&["app.py"])
    .optimize();
    insta::assert_snapshot!(found.patch);
    insta::assert_debug_snapshot!(
        found
            .rewrites
            .iter()
            .map(|rewrite| (rewrite.id, &rewrite.title, &rewrite.why, rewrite.risk))
            .collect::<Vec<_>>()
    );
    let again = flask(&found.text).optimize();
    assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
}

/// Lines below `WORKDIR /app`, as they are and as they become, and whether that is certain.
const BETTERED: &[(&str, &str, Risk)] = &[
    (
        "COPY . .\nRUN chown -R 1000:1000 /app",
        "RUN chown -R 1000:1000 /app\nCOPY --chown=1000:1000 . .",
        Risk::None,
    ),
    // Files of the context belong to the group 0, and keep it.
    (
        "COPY . /app\nRUN chown -R 1000 .",
        "RUN chown -R 1000 .\nCOPY --chown=1000:0 . /app",
        Risk::None,
    ),
    (
        "COPY bin bin\nENV A=1\nCOPY --chown=7:8 static static\nLABEL a=b\nRUN chown -R 7:8 /app\nUSER 7",
        "RUN chown -R 7:8 /app\nCOPY --chown=7:8 bin bin\nENV A=1\nCOPY --chown=7:8 static static\n\
         LABEL a=b\nUSER 7",
        Risk::None,
    ),
    // A name stands for what the image says.
    (
        "COPY . .\nRUN chown node:node -R /app",
        "RUN chown node:node -R /app\nCOPY --chown=node:node . .",
        Risk::Verify,
    ),
    (
        "COPY --from=python /x ./x\nCOPY --chmod=755 . .\nRUN chown -R 1:1 /app",
        "RUN chown -R 1:1 /app\nCOPY --chown=1:1 --from=python /x ./x\n\
         COPY --chown=1:1 --chmod=755 . .",
        Risk::Verify,
    ),
    // What is elsewhere keeps its owner.
    (
        "COPY . .\nCOPY app.py /opt/x/\nRUN chown -R 1:1 /app",
        "RUN chown -R 1:1 /app\nCOPY --chown=1:1 . .\nCOPY app.py /opt/x/",
        Risk::None,
    ),
    (
        "COPY . .\nRUN mkdir -p /data /app/logs && chown -R 1:1 /app /data",
        "RUN mkdir -p /data /app/logs && chown -R 1:1 /app /data\nCOPY --chown=1:1 . .",
        Risk::Verify,
    ),
    // An install of packages is no part of it.
    (
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN chown -R 1:1 /app",
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\nRUN chown -R 1:1 /app\n\
         COPY --chown=1:1 . .",
        Risk::None,
    ),
    // And may come above it.
    (
        "COPY . .\nRUN chown -R 1:1 /app\nRUN pip install -r requirements.txt",
        "RUN chown -R 1:1 /app\nCOPY --chown=1:1 requirements.txt .\n\
         RUN pip install -r requirements.txt\nCOPY --chown=1:1 . .",
        Risk::None,
    ),
];

#[test]
fn small_projects_are_bettered() {
    for (before, after, expected) in BETTERED {
        let found = web(before).optimize();
        assert_eq!(found.text, in_app(after), "of:\n{before}\n{:?}", found.explain());
        assert_eq!(risk(&found), *expected, "{before}");
        let again = web("").dockerfile(&found.text).optimize();
        assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
    }
}

#[test]
fn a_file_without_a_last_line_ending_keeps_it_so() {
    let text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN chown -R 1:1 /app";
    let expected = "FROM python\nWORKDIR /app\nRUN chown -R 1:1 /app\nCOPY --chown=1:1 . .";
    assert_eq!(flask(text).bettered(), expected);
    let windows = text.replace('\n', "\r\n");
    assert_eq!(flask(&windows).bettered(), expected.replace('\n', "\r\n"));
}

#[test]
fn a_directory_may_be_made_by_a_run_or_in_the_stage_below() {
    let text = "FROM python AS base\nRUN mkdir -p /srv/x\nFROM base\nCOPY . /srv/x\n\
                RUN chown -R 1:1 /srv/x\n";
    let expected = "FROM python AS base\nRUN mkdir -p /srv/x\nFROM base\n\
                    RUN chown -R 1:1 /srv/x\nCOPY --chown=1:1 . /srv/x\n";
    assert_eq!(flask(text).bettered(), expected);
}

#[test]
fn a_chown_that_does_more_than_a_copy_can_say_stays() {
    for lines in [
        // It goes elsewhere by links, takes the owner from elsewhere, or means a group of its own.
        "COPY . .\nRUN chown -RL 1:1 /app",
        "COPY . .\nRUN chown -R --from=0 1:1 /app",
        "COPY . .\nRUN chown -R web: /app",
        "COPY . .\nRUN chown -R :web /app",
        "COPY . .\nRUN chown -R $OWNER /app",
        "ARG OWNER=1:1\nCOPY . .\nRUN chown -R ${OWNER} /app",
        "COPY . .\nRUN chown 1:1 /app",
        "COPY . .\nRUN chown -R 1:1 /app/*",
        "COPY . .\nRUN chown -R 1:1 /app && chown -R 2:2 /app/bin",
        "COPY . .\nRUN [\"chown\", \"-R\", \"1:1\", \"/app\"]",
        "COPY . .\nRUN chown -R 1:1 /app || true",
        "COPY . .\nRUN cd bin && chown -R 1:1 .",
        // Only a part of what is copied.
        "COPY . .\nRUN chown -R 1:1 /app/bin",
        "COPY . /\nRUN chown -R 1:1 /app",
        // Another owner is said there, or none that counts for all.
        "COPY --chown=2:2 . .\nRUN chown -R 1:1 /app",
        "COPY --link . .\nRUN chown -R 1:1 /app",
        "COPY --chmod=4755 . .\nRUN chown -R 1:1 /app",
        "COPY --chmod=u+s . .\nRUN chown -R 1:1 /app",
        "COPY <<E run\nx\nE\nRUN chown -R 1:1 /app",
        // Files of a stage keep their group.
        "COPY --from=python /x ./x\nRUN chown -R 1 /app",
        "ADD https://example.com/a ./a\nRUN chown -R 1:1 /app",
        // Whose directory it is, or that it is there, is not certain.
        "COPY . /srv/x\nRUN chown -R 1:1 /srv/x",
        "COPY . .\nRUN ln -s /srv/y /app\nRUN chown -R 1:1 /app",
        "RUN ln -s /srv /app/bin\nCOPY bin bin/\nRUN chown -R 1:1 /app",
        // Something in between makes files there, names the user, or says who runs it.
        "COPY . .\nRUN make\nRUN chown -R 1:1 /app",
        "COPY . .\nRUN cp app.py main.py\nRUN chown -R 1:1 /app",
        "COPY . .\nRUN rm -rf bin\nRUN chown -R 1:1 /app",
        "COPY . .\nRUN useradd web\nRUN chown -R web:web /app",
        "COPY . .\nRUN chmod +x bin/run && chown -R 1:1 /app",
        "COPY . .\nRUN chown -R 1:1 /app && ./bin/run",
        "COPY . .\nUSER root\nRUN chown -R 1:1 /app",
        "COPY . .\nSHELL [\"/bin/bash\", \"-c\"]\nRUN chown -R 1:1 /app",
        "COPY . .\nENV LD_PRELOAD=/x\nRUN chown -R 1:1 /app",
        "COPY . .\nVOLUME /app\nRUN chown -R 1:1 /app",
        "COPY . .\nWORKDIR /app/x\nRUN chown -R 1:1 .",
        "COPY . .\nRUN --network=none chown -R 1:1 /app",
        "COPY . .\nCOPY app.py /etc/passwd\nRUN chown -R web:web /app",
    ] {
        let found = web(lines).optimize();
        let ids: Vec<_> = found.rewrites.iter().map(|rewrite| rewrite.id).collect();
        assert!(!ids.contains(&"chown-copy"), "of:\n{lines}\n{}", found.patch);
        assert!(!found.text.contains("--chown=1:1"), "of:\n{lines}\n{}", found.patch);
    }
}

#[cfg(unix)]
#[test]
fn a_file_with_more_than_its_mode_keeps_its_chown() {
    use std::os::unix::fs::PermissionsExt;
    let project = web("COPY . .\nRUN chown -R 1:1 /app");
    let run = project.path().join("bin/run");
    std::fs::set_permissions(run, std::fs::Permissions::from_mode(0o4755)).unwrap();
    assert!(project.optimize().rewrites.is_empty());
}

#[test]
fn without_the_image_and_for_certain_alone_nothing_is_offered() {
    let mut project = web("COPY . .\nRUN chown -R 1:1 /app").unknown_image();
    assert_eq!(risk(&project.optimize()), Risk::Verify);
    project.only_certain = true;
    assert!(project.optimize().rewrites.is_empty());
}

/// What a RUN in between makes is still given away below the COPY, and the install gets its user.
#[test]
fn an_install_as_a_user_passes_what_root_makes() {
    let found = project()
        .image("node")
        .file("package.json", r#"{"name":"shop","scripts":{"preinstall":"npx only-allow npm"}}"#)
        .file("package-lock.json", r#"{"lockfileVersion":3,"packages":{"":{"name":"shop"}}}"#)
        .file("src/index.js", "1\n")
        .dockerfile(
            "FROM node\nWORKDIR /usr/src/app\n\n# The sources\nCOPY . /usr/src/app\n\n\
             # Which of them\nARG REVISION\nRUN mkdir -p dist/generated && \\\n    \
             echo \"{\\\"revision\\\": \\\"${REVISION}\\\"}\" > dist/generated/revision.json\n\n\
             # Not as root\nRUN chown -R node /usr/src/app\nUSER node\n\n\
             RUN git config --global url.\"https://github.com/\".insteadOf ssh://git@github.com/\n\n\
             # Packages\nRUN npm ci\nRUN npm run build\n",
        )
        .took("RUN npm ci", 20.0)
        .past(&["src/index.js"])
        .optimize();
    assert_eq!(found.explain(), None);
    insta::assert_snapshot!(found.text);
    assert_eq!(risk(&found), Risk::Verify);
}

#[test]
fn a_user_is_taken_back_only_where_the_one_before_is_known() {
    let text = "WORKDIR /app\nCOPY . .\nRUN mkdir -p logs\nUSER web\nRUN pip install -r requirements.txt\n";
    let expected = |user: &str| {
        format!(
            "WORKDIR /app\nUSER web\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n\
             USER {user}\nCOPY . .\nRUN mkdir -p logs\nUSER web\n"
        )
    };
    let known = flask(&format!("FROM python\n{text}"));
    assert_eq!(known.bettered(), format!("FROM python\n{}", expected("root")));
    let named = flask(&format!("FROM python\nUSER 7:8\n{text}")).unknown_image();
    assert_eq!(named.bettered(), format!("FROM python\nUSER 7:8\n{}", expected("7:8")));
    let unknown = flask(&format!("FROM python\n{text}")).unknown_image();
    assert!(unknown.optimize().rewrites.is_empty());
    // A setting that what stays would see is no user.
    for setting in ["ENV A=1", "SHELL [\"/bin/bash\", \"-c\"]", "USER web\nENV A=1"] {
        let lines = text.replace("USER web", setting);
        assert!(
            flask(&format!("FROM python\n{lines}")).optimize().rewrites.is_empty(),
            "{setting}"
        );
    }
}
