//! Installs below several COPYs and settings.

use super::{Project, assert_refused, flask, project, risk};
use crate::optimize::Risk;

const PIP: &str = "RUN pip install -r requirements.txt";

/// `FROM python`, `WORKDIR /app`, then these lines and the install.
fn in_app(lines: &str) -> String {
    format!("FROM python\nWORKDIR /app\n{lines}\n{PIP}\n")
}

fn shop(lines: &str) -> Project {
    flask(&in_app(lines)).file("src/shop.py", "1\n").file("static/a.css", "a{}\n")
}

#[track_caller]
fn assert_becomes(before: &str, after: &str) {
    let found = shop(before).optimize();
    assert_eq!(found.explain(), None, "of:\n{before}");
    assert_eq!(found.text, format!("FROM python\nWORKDIR /app\n{after}\n"), "of:\n{before}");
    let again = shop("").dockerfile(&found.text).optimize();
    assert!(again.rewrites.is_empty(), "again:\n{}", again.patch);
}

#[test]
fn a_project_that_is_copied_part_by_part() {
    let found = project()
        .image("node")
        .file("package.json", r#"{"name":"shop"}"#)
        .file("package-lock.json", r#"{"lockfileVersion":3,"packages":{"":{"name":"shop"}}}"#)
        .file("src/index.js", "1\n")
        .file("public/a.css", "a{}\n")
        .file("tsconfig.json", "{}\n")
        .dockerfile(
            "FROM node\nWORKDIR /app\n# What is served\nCOPY public ./public\nCOPY src ./src\n\n\
             # The packages\nCOPY package*.json ./\nCOPY tsconfig.json ./\nARG TITLE\n\
             ENV TITLE=$TITLE\nRUN npm ci\n\nRUN npm run build\n",
        )
        .optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites.len(), 1);
    assert_eq!(found.rewrites[0].id, "hoist-manifests");
    assert_eq!(risk(&found), Risk::Verify);
}

#[test]
fn copies_of_manifests_and_settings_go_along() {
    for (before, after) in [
        ("COPY src src\nCOPY requirements.txt .", "COPY requirements.txt .\nRUN\nCOPY src src"),
        (
            "COPY src src\nCOPY static static\nCOPY . .",
            "COPY requirements.txt .\nRUN\nCOPY src src\nCOPY static static\nCOPY . .",
        ),
        // What is brought twice stays so, in its order.
        (
            "COPY . .\nCOPY requirements.txt .",
            "COPY requirements.txt .\nRUN\nCOPY . .\nCOPY requirements.txt .",
        ),
        (
            "COPY requirements.txt .\nCOPY src src\nCOPY app.py .",
            "COPY requirements.txt .\nRUN\nCOPY src src\nCOPY app.py .",
        ),
        // Settings that the install sees, it sees as before.
        (
            "COPY . .\nENV A=1\nUSER 1000\nARG V=2\nSHELL [\"/bin/bash\", \"-c\"]\nLABEL a=b",
            "ENV A=1\nUSER 1000\nARG V=2\nSHELL [\"/bin/bash\", \"-c\"]\nCOPY requirements.txt .\n\
             RUN\nCOPY . .\nLABEL a=b",
        ),
        (
            "COPY src src\nENV A=1\nCOPY . .",
            "ENV A=1\nCOPY requirements.txt .\nRUN\nCOPY src src\nCOPY . .",
        ),
        (
            "COPY . .\nCOPY --from=python /usr/bin/x /usr/bin/x",
            "COPY --from=python /usr/bin/x /usr/bin/x\nCOPY requirements.txt .\nRUN\nCOPY . .",
        ),
        // Above the first COPY that it cannot pass, another one need not be.
        (
            "COPY app.py /etc/x/\nCOPY . .",
            "COPY app.py /etc/x/\nCOPY requirements.txt .\nRUN\nCOPY . .",
        ),
    ] {
        assert_becomes(before, &after.replace("RUN", PIP));
    }
}

#[test]
fn a_directory_that_either_makes_is_to_be_verified() {
    let text = "FROM python\nCOPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt\n";
    let found = flask(text).optimize();
    let expected = "FROM python\nWORKDIR /app\nCOPY requirements.txt /app/\n\
                    RUN pip install -r requirements.txt\nCOPY . /app\n";
    assert_eq!((found.text.as_str(), risk(&found)), (expected, Risk::Verify));
    let sunk = "FROM python\nCOPY . /app\nWORKDIR /app\nRUN apt-get install -y gcc\n";
    assert_eq!(risk(&flask(sunk).optimize()), Risk::Verify);
    // One file is no directory.
    let file = "FROM python\nCOPY app.py /app\nWORKDIR /app\nRUN apt-get install -y gcc\n";
    assert_refused(&flask(file), "line 3: WORKDIR stands between");
}

#[test]
fn what_changes_the_copy_or_the_install_is_not_passed() {
    for (lines, words) in [
        // What the COPY says would change.
        ("ARG D=src\nCOPY . $D\nENV D=x", "line 5: ENV stands between the COPY on line 4"),
        ("COPY . .\nARG SOURCE_DATE_EPOCH=1", "line 4: ARG stands between"),
        ("COPY . .\nENV SOURCE_DATE_EPOCH=1", "line 4: ENV stands between"),
        ("COPY . .\nWORKDIR /app/src\nWORKDIR /app", "line 5: WORKDIR stands between"),
        ("COPY . /a/b\nWORKDIR /a\nWORKDIR /app", "line 4: WORKDIR stands between"),
        // Neither may be known.
        ("COPY . .\nVOLUME /app", "line 4: VOLUME stands between"),
        ("COPY . .\nONBUILD RUN make", "line 4: ONBUILD stands between"),
        ("COPY . .\nRUN make\nENV A=1", "line 4: RUN stands between"),
        ("COPY . .\nCOPY --from=python /x /app/lib", "the flag `--from=python`"),
        ("COPY . .\nADD https://example.com/a /x", "the source `https://example.com/a`"),
        // The install would notice.
        ("COPY . .\nENV PIP_TARGET=/app/x", "the environment variable PIP_TARGET"),
        ("COPY . .\nENV PYTHONPATH=/app/src", "the environment variable PYTHONPATH"),
    ] {
        assert_refused(&shop(lines), words);
    }
    let settings = shop("COPY pip.conf .\nCOPY . .").file("pip.conf", "[global]\n");
    assert_refused(&settings, "line 3: `COPY pip.conf .` may tell pip where to look");
}

#[test]
fn only_what_the_install_had_is_laid_under_it() {
    // The last one wins, wherever it stands.
    let project = shop("COPY other .\nCOPY . .").file("other/requirements.txt", "django\n");
    let expected = format!(
        "FROM python\nWORKDIR /app\nCOPY other .\nCOPY requirements.txt .\n{PIP}\nCOPY . .\n"
    );
    assert_eq!(project.bettered(), expected);
    let project = shop("COPY . .\nCOPY other .").file("other/requirements.txt", "django\n");
    let expected = format!(
        "FROM python\nWORKDIR /app\nCOPY other/requirements.txt .\n{PIP}\nCOPY . .\nCOPY other .\n"
    );
    assert_eq!(project.bettered(), expected);
}

#[test]
fn several_files_go_to_a_directory_however_it_is_written() {
    let found = shop("COPY app.py requirement* /app\nCOPY src /app/src").optimize();
    let expected = format!(
        "FROM python\nWORKDIR /app\nCOPY requirements.txt /app/\n{PIP}\n\
         COPY app.py requirement* /app\nCOPY src /app/src\n"
    );
    assert_eq!(found.text, expected, "{:?}", found.explain());
}

#[test]
fn a_link_of_one_copy_may_lead_another_elsewhere() {
    let text = "FROM python\nWORKDIR /app\nCOPY links .\nCOPY . .\n\
                RUN pip install -r conf/requirements.txt\n";
    let project = flask(text).file("conf/requirements.txt", "flask\n").file("links/x", "");
    let project = project.link("links/conf", "/usr/lib/python3");
    assert_refused(&project, "conf/requirements.txt` is no regular file");
}

#[test]
fn a_run_that_touches_only_its_own_files_is_passed() {
    for lines in [
        "COPY . .\nRUN mkdir -p /data && chmod 700 /data",
        "COPY . .\nRUN mkdir -p logs tmp",
        "COPY . .\nRUN chmod +x app.py && touch /srv/x",
        "COPY . .\nENV A=1\nRUN rm -rf static",
    ] {
        let found = shop(lines).optimize();
        assert_eq!(found.explain(), None, "{lines}");
        let settings = if lines.contains("ENV A=1\n") { "ENV A=1\n" } else { "" };
        let rest = lines.replace(settings, "");
        let expected_text = format!(
            "FROM python\nWORKDIR /app\n{settings}COPY requirements.txt .\n{PIP}\n{rest}\n"
        );
        assert_eq!((&*found.text, risk(&found)), (&*expected_text, Risk::Verify), "{lines}");
    }
    // Between COPYs too.
    let text = "COPY src src\nRUN mkdir /data\nCOPY . .";
    let expected = format!("FROM python\nWORKDIR /app\nCOPY requirements.txt .\n{PIP}\n{text}\n");
    assert_eq!(shop(text).bettered(), expected);
}

#[test]
fn a_run_that_an_install_would_notice_is_not_passed() {
    for between in [
        // It takes a manifest away, makes one, or changes its owner.
        "RUN rm -f requirements.txt",
        "RUN touch requirements.txt",
        "RUN chown -R 1000:1000 requirements.txt",
        "RUN rm -rf ./*",
        // It makes a file that a tool looks for, or what leads it elsewhere.
        "RUN touch Pipfile",
        "RUN mkdir -p /vendor",
        "RUN mkdir -p .config/pip && touch pip.conf",
        "RUN ln -s /opt/x lib",
        "RUN echo flask > more.txt",
        "RUN cp app.py main.py",
        // It may touch what is installed, or what nobody knows.
        "RUN mkdir -p /usr/local/lib/python3.12/site-packages/x",
        "RUN chmod +x /etc/x",
        "RUN ./setup",
        "RUN --mount=type=cache,target=/c mkdir /d",
        "RUN <<E\nmkdir /d\nE",
        // A directory that a WORKDIR below it would make first.
        "RUN mkdir -m 700 /app/x\nWORKDIR /app/x\nWORKDIR /app",
        // A variable that is set only later.
        "RUN mkdir /d$A\nENV A=1",
    ] {
        let project = shop(&format!("COPY . .\n{between}"));
        let reason = project.refused();
        assert!(reason.starts_with("line "), "{between}: {reason}");
    }
}

#[test]
fn where_only_what_is_certain_is_wanted_the_rest_is_left() {
    let lines = "COPY . .\nRUN apt-get install -y gcc\nRUN mkdir -p logs";
    let all = shop(lines).optimize();
    let both = format!(
        "FROM python\nWORKDIR /app\nRUN apt-get install -y gcc\nCOPY requirements.txt .\n{PIP}\n\
         COPY . .\nRUN mkdir -p logs\n"
    );
    assert_eq!((&*all.text, risk(&all)), (&*both, Risk::Verify));
    let mut project = shop(lines);
    project.only_certain = true;
    let certain = project.optimize();
    let one = format!(
        "FROM python\nWORKDIR /app\nRUN apt-get install -y gcc\nCOPY . .\nRUN mkdir -p logs\n{PIP}\n"
    );
    assert_eq!((&*certain.text, risk(&certain)), (&*one, Risk::None));
}

/// A manifest that is copied again below its install may be newer than what that left.
#[test]
fn what_may_compare_times_below_an_install_is_compared() {
    let risk_above = |below: &str| {
        let text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n";
        let text = format!("{text}{below}");
        flask(&text).optimize().rewrites[0].risk
    };
    assert_eq!(risk_above("USER nobody\nCMD [\"python\", \"app.py\"]\n"), Risk::None);
    assert_eq!(risk_above("RUN mkdir /data\n"), Risk::None);
    assert_eq!(risk_above("RUN [ requirements.txt -nt /stamp ] && rm /stamp\n"), Risk::Verify);
    assert_eq!(risk_above("RUN make\n"), Risk::Verify);
    assert_eq!(risk_above("ONBUILD RUN make\n"), Risk::Verify);
    assert_eq!(risk_above("FROM python\nCOPY --from=0 /app /app\nRUN make\n"), Risk::Verify);
}
