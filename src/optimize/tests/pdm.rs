//! Projects of PDM.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const PYPROJECT: &str = "[project]\nname = \"shop\"\nversion = \"1\"\nreadme = \"README.md\"\n\
                         dependencies = [\"idna>=3\"]\n[build-system]\n\
                         requires = [\"pdm-backend\"]\nbuild-backend = \"pdm.backend\"\n\
                         [tool.pdm.scripts]\nstart = { shell = \"./start.sh\" }\n";
const LOCK: &str = "[metadata]\nlock_version = \"4.5.0\"\n\
                    [[package]]\nname = \"idna\"\nversion = \"3.10\"\n";

/// A package with these lines below `WORKDIR /app`.
fn shop(lines: &str) -> Project {
    project()
        .file("pyproject.toml", PYPROJECT)
        .file("pdm.lock", LOCK)
        .file("README.md", "# Shop\n")
        .file("src/shop/__init__.py", "")
        .dockerfile(&format!("FROM python\nWORKDIR /app\n{lines}\n"))
}

const INSTALL: &str = "COPY . .\nRUN pdm sync --prod --no-self";

#[test]
fn the_packages_are_installed_before_the_project() {
    let found = shop(
        "ENV PDM_CHECK_UPDATE=false PATH=\"/app/.venv/bin:$PATH\"\nRUN pip install -U pdm\n\
         COPY . /app/\nRUN pdm install --no-self --prod --frozen-lockfile --no-editable\n\
         RUN pdm install --prod --no-editable",
    )
    .optimize();
    assert_eq!(risk(&found), Risk::Verify);
    insta::assert_snapshot!(found.patch);
    assert_eq!(risk(&shop(INSTALL).optimize()), Risk::None);
}

#[test]
fn a_good_order_is_left_alone_without_a_word() {
    for lines in [
        "COPY pyproject.toml pdm.lock ./\nRUN pdm sync --prod --no-self\nCOPY . .\n\
         RUN pdm sync --prod",
        "COPY pyproject.toml pdm.lock /app/\nRUN pdm install --check --prod",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "of:\n{lines}");
    }
}

#[test]
fn what_may_be_written_or_depends_on_the_version_asks_for_verification() {
    let lock = shop("COPY . .\nRUN pdm install --no-self");
    assert_eq!(risk(&lock.optimize()), Risk::Verify);
    let chosen = shop(INSTALL).file(".pdm-python", "/usr/bin/python3\n");
    assert_eq!(risk(&chosen.optimize()), Risk::Verify);
    let application = shop("COPY . .\nRUN pdm sync")
        .file("pyproject.toml", &format!("{PYPROJECT}[tool.pdm]\ndistribution = false\n"));
    assert_eq!(risk(&application.optimize()), Risk::Verify);
}

#[test]
fn what_is_built_from_the_sources_stays() {
    let own = shop("COPY . .\nRUN pdm sync --prod");
    assert_refused(&own, "line 4: `pdm sync` also installs the project itself");
    assert_refused(&own, "first, with `--no-self`, and the project after the COPY");
    for table in [
        "[tool.pdm.dev-dependencies]\ndev = [\"-e file:///${PROJECT_ROOT}/lib#egg=a\"]\n",
        "[dependency-groups]\ndev = [\"a @ file:///${PROJECT_ROOT}/lib\"]\n",
        "[project.optional-dependencies]\na = [\"./lib\"]\n",
        "[[tool.pdm.source]]\nname = \"x\"\nurl = \"file:///app/wheels\"\n",
        "[tool.pdm.scripts.post_install]\ncmd = \"python build.py\"\n",
    ] {
        let project = shop(INSTALL).file("pyproject.toml", &format!("{PYPROJECT}{table}"));
        assert_refused(&project, "pyproject.toml has `");
        assert_refused(&project, "installs from the project's own files");
    }
    let dynamic = PYPROJECT.replace("dependencies = [\"idna>=3\"]", "dynamic = [\"dependencies\"]");
    let project = shop(INSTALL).file("pyproject.toml", &dynamic);
    assert_refused(&project, "pyproject.toml has `dynamic: dependencies`");
    for line in ["path = \"./lib\"", "url = \"file:///${PROJECT_ROOT}/a.whl\"", "git = \"../a\""] {
        let lock = format!("{LOCK}[[package]]\nname = \"a\"\n{line}\n");
        assert_refused(&shop(INSTALL).file("pdm.lock", &lock), "pdm.lock has `a: ");
    }
}

#[test]
fn files_and_settings_may_lead_pdm_elsewhere() {
    for (file, words) in [
        ("pdm.toml", "pdm.toml has `settings of the project`"),
        ("pylock.toml", "pylock.toml has `a lock file of another format`"),
        (".pdm-plugins/x.py", "the COPY brings `.pdm-plugins/x.py`, which pdm may read"),
        (".venv/pyvenv.cfg", "the COPY brings `.venv"),
        ("__pypackages__/x.py", "the COPY brings `__pypackages__"),
    ] {
        assert_refused(&shop(INSTALL).file(file, ""), words);
    }
    let plugins = format!("{PYPROJECT}[tool.pdm]\nplugins = [\"x\"]\n");
    assert_refused(&shop(INSTALL).file("pyproject.toml", &plugins), "has `plugins`");
    for option in ["-p sub", "-g", "-L other.lock", "--plugins", "--venv x", "--override o.txt"] {
        assert_refused(&shop(&format!("{INSTALL} {option}")), "pdm's option `");
    }
    for variable in ["PDM_PROJECT=/app/sub", "PDM_LOCKFILE=x.lock", "PDM_CACHE_DIR=/app/c"] {
        let project = shop(&format!("ENV {variable}\n{INSTALL}"));
        assert_refused(&project, "environment variable PDM_");
    }
    let told = shop(&format!("RUN pdm config install.cache_method symlink\n{INSTALL}"));
    assert_refused(&told, "may tell pdm where to look for files");
    let build = shop("COPY . .\nRUN pdm sync --no-self; pdm build");
    assert_refused(&build, "`pdm build`");
}
