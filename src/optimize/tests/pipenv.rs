//! Projects of Pipenv.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const PIPFILE: &str = "[[source]]\nname = \"pypi\"\nurl = \"https://pypi.org/simple\"\n\
                       verify_ssl = true\n[packages]\nidna = \"*\"\n[dev-packages]\n\
                       [requires]\npython_version = \"3.12\"\n[scripts]\nstart = \"./start.sh\"\n";
const LOCK: &str = "{\"_meta\": {\"sources\": [{\"url\": \"https://pypi.org/simple\"}]}, \
                    \"default\": {\"idna\": {\"version\": \"==3.10\"}, \
                    \"a\": {\"editable\": true, \"git\": \"https://example.com/a.git\"}}, \
                    \"develop\": {}}";

/// A project with these lines below `WORKDIR /app`.
fn shop(lines: &str) -> Project {
    project()
        .file("Pipfile", PIPFILE)
        .file("Pipfile.lock", LOCK)
        .file("shop.py", "print(1)\n")
        .dockerfile(&format!("FROM python\nWORKDIR /app\n{lines}\n"))
}

const INSTALL: &str = "COPY . .\nRUN pipenv install --system --deploy";

#[test]
fn the_packages_are_installed_before_the_project() {
    let found = shop(
        "ENV PIPENV_VENV_IN_PROJECT=1\nCOPY . .\n\
         RUN pip install pipenv && pipenv install --deploy --ignore-pipfile\n\
         CMD [\"/app/.venv/bin/python\", \"shop.py\"]",
    )
    .optimize();
    assert_eq!(risk(&found), Risk::None);
    insta::assert_snapshot!(found.patch);
    for command in [
        "pipenv sync --system",
        "pipenv sync --dev --python 3.12",
        "pipenv install --system --deploy --categories=packages",
    ] {
        let project = shop(&format!("COPY . .\nRUN {command}"));
        let expected = format!("COPY Pipfile Pipfile.lock ./\nRUN {command}\nCOPY . .\n");
        assert!(project.bettered().contains(&expected), "{command}");
    }
}

#[test]
fn a_good_order_is_left_alone_without_a_word() {
    for lines in [
        "COPY Pipfile Pipfile.lock ./\nRUN pipenv install --system --deploy\nCOPY . .",
        "COPY Pipfile* ./\nRUN pip install pipenv && pipenv sync\nCOPY . .\nRUN pipenv sync",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "of:\n{lines}");
    }
}

#[test]
fn a_lock_file_that_may_be_written_asks_for_verification() {
    let found = shop("COPY . .\nRUN pipenv install --system").optimize();
    assert_eq!(risk(&found), Risk::Verify);
}

#[test]
fn what_is_built_from_the_sources_stays() {
    for line in [
        "a = { path = \".\", editable = true }",
        "a = { file = \"lib/a.whl\" }",
        "a = { git = \"file:///app/lib\" }",
    ] {
        let text = PIPFILE.replace("[packages]\n", &format!("[packages]\n{line}\n"));
        let project = shop(INSTALL).file("Pipfile", &text);
        assert_refused(&project, "Pipfile has `");
        assert_refused(&project, "installs from the project's own files");
    }
    let category = format!("{PIPFILE}[tests]\na = {{ path = \"lib\" }}\n");
    assert_refused(&shop(INSTALL).file("Pipfile", &category), "Pipfile has `path");
    let index = PIPFILE.replace("https://pypi.org/simple", "file:///app/wheels");
    assert_refused(&shop(INSTALL).file("Pipfile", &index), "Pipfile has `url");
    for package in [
        "{\"path\": \"./lib\"}",
        "{\"editable\": true}",
        "{\"file\": \"./a.whl\"}",
        "{\"git\": \"/app/lib\"}",
        "{\"path\": 1}",
    ] {
        let lock = format!("{{\"default\": {{\"a\": {package}}}}}");
        assert_refused(&shop(INSTALL).file("Pipfile.lock", &lock), "Pipfile.lock has `a: ");
    }
    let index = LOCK.replace("https://pypi.org/simple", "./wheels");
    assert_refused(&shop(INSTALL).file("Pipfile.lock", &index), "Pipfile.lock has `url: ./wheels`");
}

#[test]
fn files_and_settings_may_lead_pipenv_elsewhere() {
    let variables = shop(INSTALL).file(".env", "PIP_FIND_LINKS=/app/wheels\n");
    assert_refused(&variables, "the COPY brings `.env`, which pipenv may read");
    let apart = shop(INSTALL).file("web/.env", "A=b\n");
    assert_eq!(risk(&apart.optimize()), Risk::None);
    let environment = shop(INSTALL).file(".venv/pyvenv.cfg", "");
    assert_refused(&environment, "the COPY brings `.venv");
    let other = shop(INSTALL).file("pylock.toml", "");
    assert_refused(&other, "pylock.toml has `a lock file of another format`");
    let broken = shop(INSTALL).file("Pipfile.lock", "{");
    assert_refused(&broken, "Pipfile.lock has `");
    for variable in ["PIPENV_PIPFILE=/app/sub/Pipfile", "WORKON_HOME=/app/envs", "PIP_TARGET=x"] {
        let project = shop(&format!("ENV {variable}\n{INSTALL}"));
        assert_refused(&project, "environment variable ");
    }
    for option in ["-r requirements.txt", "-e .", "--skip-lock", "--extra-pip-args=x"] {
        let project = shop(&format!("{INSTALL} {option}"));
        assert_refused(&project, "pipenv's option `");
    }
    assert_refused(&shop(&format!("{INSTALL} gunicorn")), "the command has `gunicorn`");
    let run = shop("COPY . .\nRUN pipenv sync; pipenv run python shop.py");
    assert_refused(&run, "`pipenv run python shop.py`");
    let missing = shop(INSTALL).file(".dockerignore", "Pipfile\n");
    assert_refused(&missing, "the manifest `/app/Pipfile` is not among");
}
