//! Projects of Poetry.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const PYPROJECT: &str = "[tool.poetry]\nname = \"shop\"\nversion = \"1\"\ndescription = \"\"\n\
                         authors = []\nreadme = \"README.md\"\n\
                         packages = [{ include = \"shop\", from = \"src\" }]\n\
                         [tool.poetry.dependencies]\npython = \"^3.11\"\nidna = \"~3.4\"\n\
                         a = { git = \"https://example.com/a.git\" }\n";
const LOCK: &str = "[[package]]\nname = \"idna\"\nversion = \"3.10\"\n\
                    [[package]]\nname = \"a\"\nversion = \"1\"\n[package.source]\ntype = \"git\"\n\
                    url = \"https://example.com/a.git\"\n";

/// A package with these lines below `WORKDIR /app`.
fn shop(lines: &str) -> Project {
    project()
        .file("pyproject.toml", PYPROJECT)
        .file("poetry.lock", LOCK)
        .file("README.md", "# Shop\n")
        .file("src/shop/__init__.py", "")
        .dockerfile(&format!("FROM python\nWORKDIR /app\n{lines}\n"))
}

const INSTALL: &str = "COPY . .\nRUN poetry install --no-root --only main";

#[test]
fn what_many_projects_write_is_bettered() {
    let found = shop(
        "COPY . /app\n\n# Packages\nRUN pip install poetry==1.8 && \\\n    \
         poetry config virtualenvs.create false && \\\n    poetry install --no-root --no-dev\n\
         CMD [\"python\", \"-m\", \"shop\"]",
    )
    .optimize();
    assert_eq!(risk(&found), Risk::None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn the_packages_are_installed_before_the_project() {
    let found = shop(
        "ENV POETRY_VERSION=1.8 POETRY_NO_INTERACTION=1 POETRY_VIRTUALENVS_IN_PROJECT=1 \\\n    \
         POETRY_CACHE_DIR=/tmp/poetry_cache PATH=\"/app/.venv/bin:$PATH\"\nCOPY ./ ./\n\
         RUN --mount=type=cache,target=/tmp/poetry_cache poetry install --no-root\n\
         RUN poetry install",
    )
    .file("poetry.toml", "[virtualenvs]\nin-project = true\n")
    .optimize();
    assert_eq!(risk(&found), Risk::Verify);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_good_order_is_left_alone_without_a_word() {
    for lines in [
        "RUN pip install poetry\nCOPY pyproject.toml poetry.lock ./\n\
         RUN poetry install --no-root && rm -rf $POETRY_CACHE_DIR\nCOPY . .\nRUN poetry install",
        "COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY . .\n\
         RUN poetry install --only main",
        "COPY pyproject.toml poetry.lock* /app/\nRUN poetry install --no-root",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "of:\n{lines}");
    }
}

#[test]
fn what_is_built_from_the_sources_stays() {
    let root = shop("COPY . .\nRUN poetry install --only main");
    assert_refused(&root, "line 4: `poetry install` also installs the project itself");
    assert_refused(&root, "first, with `--no-root`, and the project after the COPY");
    for line in ["a = { path = \"lib\", develop = true }", "a = { file = \"lib/a.whl\" }"] {
        let text = PYPROJECT.replace("a = { git = \"https://example.com/a.git\" }", line);
        let project = shop(INSTALL).file("pyproject.toml", &text);
        assert_refused(&project, "pyproject.toml has `");
    }
    for table in [
        "[tool.poetry.group.dev.dependencies]\nb = { path = \"lib\" }\n",
        "[tool.poetry.dev-dependencies]\nb = { git = \"file:///app/lib\" }\n",
        "[[tool.poetry.source]]\nname = \"x\"\nurl = \"file:///app/wheels\"\n",
        "[project]\ndependencies = [\"b @ file:///app/lib\"]\n",
        "[project.optional-dependencies]\nx = [\"b @ ./lib\"]\n",
    ] {
        let project = shop(INSTALL).file("pyproject.toml", &format!("{PYPROJECT}{table}"));
        assert_refused(&project, "installs from the project's own files");
    }
    for source in [
        "type = \"directory\"\nurl = \"lib\"\n",
        "type = \"file\"\nurl = \"lib/a.whl\"\n",
        "type = \"git\"\nurl = \"../lib\"\n",
        "type = \"url\"\nurl = \"file:///app/a.whl\"\n",
    ] {
        let lock = format!("{LOCK}[[package]]\nname = \"b\"\n[package.source]\n{source}");
        let project = shop(INSTALL).file("poetry.lock", &lock);
        assert_refused(&project, "poetry.lock has `b: ");
        assert_refused(&project, "installs from the project's own files");
    }
}

#[test]
fn what_depends_on_the_version_of_poetry_asks_for_verification() {
    let text = PYPROJECT.replace("[tool.poetry]\n", "[tool.poetry]\npackage-mode = false\n");
    let application = shop("COPY . .\nRUN poetry install").file("pyproject.toml", &text);
    assert_eq!(risk(&application.optimize()), Risk::Verify);
    let with_root = shop(INSTALL).file("pyproject.toml", &text);
    assert_eq!(risk(&with_root.optimize()), Risk::None);
    let text =
        PYPROJECT.replace("a = { git = \"https://example.com/a.git\" }", "a = { path = \"lib\" }");
    let lock = format!(
        "{LOCK}[[package]]\nname = \"a\"\n[package.source]\ntype = \"directory\"\nurl = \"lib\"\n"
    );
    let left_out = shop(&INSTALL.replace("--no-root", "--no-root --no-directory"))
        .file("pyproject.toml", &text)
        .file("poetry.lock", &lock);
    assert_eq!(risk(&left_out.optimize()), Risk::Verify);
}

#[test]
fn other_files_that_poetry_reads_come_along() {
    let project = shop(INSTALL)
        .file(".python-version", "3.12\n")
        .file(
            "pyproject.toml",
            &format!("{PYPROJECT}[project]\nlicense = {{ file = \"COPYING\" }}\n"),
        )
        .file("COPYING", "MIT\n");
    let expected = "COPY .python-version COPYING poetry.lock pyproject.toml ./\nRUN poetry";
    assert!(project.bettered().contains(expected), "{}", project.bettered());
    let without_lock = shop(INSTALL).file(".dockerignore", "poetry.lock\n");
    assert!(without_lock.bettered().contains("COPY pyproject.toml .\nRUN poetry"));
}

#[test]
fn settings_and_files_may_lead_poetry_elsewhere() {
    for earlier in ["RUN poetry config cache-dir /app/c", "RUN poetry self add x"] {
        let project = shop(&format!("{earlier}\n{INSTALL}"));
        assert_refused(&project, "may tell poetry where to look for files");
    }
    let harmless = shop(&format!("RUN poetry config virtualenvs.create false\n{INSTALL}"));
    assert_eq!(risk(&harmless.optimize()), Risk::None);
    let between = shop(
        "COPY . .\nRUN poetry config virtualenvs.in-project true --local\n\
         RUN poetry install --no-root",
    );
    assert_refused(&between, "line 4: RUN stands between the COPY on line 3");
    for text in ["cache-dir = \"c\"\n", "[virtualenvs]\npath = \"envs\"\n"] {
        let project = shop(INSTALL).file("poetry.toml", text);
        assert_refused(&project, "poetry.toml has `");
    }
    let plugin = format!("{PYPROJECT}[tool.poetry.requires-plugins]\nx = \"1\"\n");
    assert_refused(&shop(INSTALL).file("pyproject.toml", &plugin), "has `requires-plugins`");
    let kept = shop(INSTALL).file(".poetry/plugins/x.py", "");
    assert_refused(&kept, "the COPY brings `.poetry/plugins/x.py`, which poetry may read");
    let environment = shop(INSTALL).file(".venv/pyvenv.cfg", "");
    assert_refused(&environment, "the COPY brings `.venv");
    for variable in
        ["POETRY_VIRTUALENVS_PATH=/app/v", "POETRY_CACHE_DIR=c", "POETRY_REPOSITORIES_X_URL=/w"]
    {
        let project = shop(&format!("ENV {variable}\n{INSTALL}"));
        assert_refused(&project, "environment variable POETRY_");
    }
    let export = shop("COPY . .\nRUN poetry export -o r.txt && poetry install --no-root");
    assert_refused(&export, "`poetry export -o r.txt`");
}
