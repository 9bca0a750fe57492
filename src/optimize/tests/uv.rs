//! Projects of uv.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const PYPROJECT: &str = "[project]\nname = \"shop\"\nversion = \"1\"\nreadme = \"README.md\"\n\
                         requires-python = \">=3.11\"\ndependencies = [\"idna>=3\"]\n";
const PACKAGE: &str = "[build-system]\nrequires = [\"hatchling\"]\n\
                       build-backend = \"hatchling.build\"\n";
const IDNA: &str = "version = 1\n[[package]]\nname = \"idna\"\nversion = \"3.10\"\n\
                    source = { registry = \"https://pypi.org/simple\" }\n";

/// A lock file with the project and perhaps more.
fn lock(project: &str, more: &str) -> String {
    format!("{IDNA}[[package]]\nname = \"shop\"\nsource = {{ {project} }}\n{more}")
}

/// An application that is no package, with these lines below `WORKDIR /app`.
fn application(lines: &str) -> Project {
    project()
        .file("pyproject.toml", PYPROJECT)
        .file("uv.lock", &lock("virtual = \".\"", ""))
        .file("README.md", "# Shop\n")
        .file("main.py", "print(1)\n")
        .dockerfile(&format!("FROM python\nWORKDIR /app\n{lines}\n"))
}

/// The same as a package.
fn package(lines: &str) -> Project {
    application(lines)
        .file("pyproject.toml", &format!("{PYPROJECT}{PACKAGE}"))
        .file("uv.lock", &lock("editable = \".\"", ""))
}

#[test]
fn an_application_is_installed_before_its_code() {
    let found = application(
        "COPY --from=python /uv /bin/\nENV PATH=\"/app/.venv/bin:$PATH\"\nCOPY . .\n\
         RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev\n\
         CMD [\"python\", \"main.py\"]",
    )
    .file(".python-version", "3.12\n")
    .optimize();
    assert_eq!(risk(&found), Risk::None);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn the_packages_of_a_package_are_installed_before_its_code() {
    let found = package(
        "ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/venv\n\
         COPY . /app\nRUN pip install uv && uv sync --locked --no-install-project\n\
         RUN uv sync --locked",
    )
    .optimize();
    assert_eq!(risk(&found), Risk::Verify);
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_workspace_brings_the_manifests_of_its_members() {
    let members = "[tool.uv.workspace]\nmembers = [\"packages/*\"]\n\
                   [tool.uv.sources]\na = { workspace = true }\n";
    let more = "[[package]]\nname = \"a\"\nsource = { editable = \"packages/a\" }\n\
                [manifest]\nmembers = [\"a\", \"shop\"]\n";
    let of = |lines: &str| {
        application(lines)
            .file("pyproject.toml", &format!("{PYPROJECT}{PACKAGE}{members}"))
            .file("uv.lock", &lock("editable = \".\"", more))
            .file("packages/a/pyproject.toml", PACKAGE)
            .file("packages/a/a.py", "")
            .file("tests/data/pyproject.toml", "")
    };
    let found = of("COPY . .\nRUN uv sync --frozen --no-install-workspace").optimize();
    assert_eq!(risk(&found), Risk::None);
    insta::assert_snapshot!(found.patch);
    let install = "COPY . .\nRUN uv sync --frozen --no-install-project";
    assert_refused(&of(install), "with `--no-install-workspace`");
    let all = "COPY . .\nRUN uv sync --frozen --no-install-project --all-packages";
    assert_refused(&of(all), "`uv sync` also installs the project itself");
    let linked = of("COPY . .\nRUN uv sync --frozen --no-install-workspace")
        .link("packages/b", "../elsewhere");
    assert_refused(&linked, "`packages/b` is no regular file");
    // From within a member: lock file and environment are those of the root.
    let within = of("COPY . .\nWORKDIR /app").dockerfile(
        "FROM python\nWORKDIR /app/packages/a\nCOPY . /app\n\
         RUN uv sync --frozen --no-install-workspace\n",
    );
    assert!(within.bettered().contains(
        "COPY pyproject.toml uv.lock /app/\nCOPY packages/a/pyproject.toml /app/packages/a/\nRUN"
    ));
}

#[test]
fn requirement_files_are_followed() {
    for (install, manifests) in [
        ("uv pip install --system --no-cache -r requirements.txt", "COPY requirements.txt ./\n"),
        ("uv pip sync --system requirements.txt", "COPY requirements.txt ./\n"),
        ("uv venv /opt/venv && uv pip install -r requirements.txt", "COPY requirements.txt ./\n"),
        ("uv pip install --system -r pyproject.toml", ""),
    ] {
        let project =
            application(&format!("COPY . ./\nRUN {install}")).file("requirements.txt", "idna\n");
        let manifests = manifests.replace("COPY ", "COPY pyproject.toml ");
        let expected = if manifests.is_empty() { "COPY pyproject.toml ./\n" } else { &*manifests };
        let text = project.bettered();
        assert!(text.contains(&format!("{expected}RUN {install}\nCOPY . ./\n")), "{text}");
    }
}

#[test]
fn a_good_order_is_left_alone_without_a_word() {
    for lines in [
        "COPY pyproject.toml uv.lock ./\nRUN uv sync --frozen --no-install-project\nCOPY . .\n\
         RUN uv sync --frozen",
        "RUN --mount=type=cache,target=/root/.cache/uv \\\n  \
         --mount=type=bind,source=uv.lock,target=uv.lock \\\n  \
         --mount=type=bind,source=pyproject.toml,target=pyproject.toml \\\n  \
         uv sync --locked --no-install-project\nCOPY . .",
        "COPY pyproject.toml uv.lock ./\nRUN uv sync --frozen --no-install-project",
    ] {
        assert_eq!(package(lines).refused(), ALREADY_GOOD, "of:\n{lines}");
    }
}

#[test]
fn what_is_built_from_the_sources_stays() {
    let frozen = "COPY . .\nRUN uv sync --frozen";
    assert_refused(&package(frozen), "line 4: `uv sync` also installs the project itself from its");
    assert_refused(&package(frozen), "with `--no-install-project`, and the project after the COPY");
    let locked = "COPY . .\nRUN uv sync --locked --no-install-project";
    // What the manifest says, whatever the lock file has, and the other way round.
    let asked = package(frozen).file("uv.lock", &lock("virtual = \".\"", ""));
    assert_refused(&asked, "from its sources (pyproject.toml)");
    let recorded = application(frozen).file("uv.lock", &lock("editable = \".\"", ""));
    assert_refused(&recorded, "from its sources (uv.lock)");
    let forced = application(frozen)
        .file("pyproject.toml", &format!("{PYPROJECT}[tool.uv]\npackage = true\n"));
    assert_refused(&forced, "from its sources (pyproject.toml)");
    for source in ["path = \"lib/a.whl\"", "directory = \"lib\"", "editable = \"lib\""] {
        let more = format!("[[package]]\nname = \"a\"\nsource = {{ {source} }}\n");
        let project = package(locked).file("uv.lock", &lock("editable = \".\"", &more));
        assert_refused(&project, &format!("uv.lock has `a: {{ {source} }}`"));
    }
    for source in ["registry = \"wheels\"", "git = \"file:///app/x\"", "url = \"file:///a\""] {
        let more = format!("[[package]]\nname = \"a\"\nsource = {{ {source} }}\n");
        let project = package(locked).file("uv.lock", &lock("editable = \".\"", &more));
        assert_refused(&project, "installs from the project's own files");
    }
    for text in [
        "[tool.uv.sources]\na = { path = \"lib\" }\n",
        "[tool.uv.sources]\na = [{ path = \"lib\", marker = \"x\" }]\n",
        "[[tool.uv.index]]\nurl = \"./wheels\"\n",
        "[tool.uv]\nfind-links = [\"wheels\"]\n",
        "[tool.uv]\ncache-dir = \".cache-of-uv\"\n",
        "[tool.uv]\ndev-dependencies = [\"a @ file:///app/lib\"]\n",
        "[dependency-groups]\ndev = [\"./lib\"]\n",
    ] {
        let project = package(locked).file("pyproject.toml", &format!("{PYPROJECT}{text}"));
        assert_refused(&project, "pyproject.toml has `");
        assert_refused(&project, "installs from the project's own files");
    }
    let dynamic = PYPROJECT.replace("dependencies = [\"idna>=3\"]", "dynamic = [\"dependencies\"]");
    let project = application(locked).file("pyproject.toml", &dynamic);
    assert_refused(&project, "pyproject.toml has `dynamic: dependencies`");
    for command in ["uv pip install --system .", "uv pip install -e .", "uv pip install -r r.txt"] {
        let project = application(&format!("COPY . .\nRUN {command} -r requirements.txt"))
            .file("requirements.txt", "idna\n")
            .file("r.txt", "-e .\n");
        assert_refused(&project, "installs from the project's own files");
    }
}

#[test]
fn local_packages_that_are_left_out_do_not_matter() {
    let more = "[[package]]\nname = \"a\"\nsource = { editable = \"lib\" }\n";
    let project = package("COPY . .\nRUN uv sync --frozen --no-install-local")
        .file(
            "pyproject.toml",
            &format!("{PYPROJECT}[tool.uv.sources]\na = {{ path = \"lib\" }}\n"),
        )
        .file("uv.lock", &lock("editable = \".\"", more));
    assert!(project.bettered().contains("COPY pyproject.toml uv.lock ./\nRUN uv sync"));
}

#[test]
fn the_environment_may_not_come_with_the_context() {
    let lines = "COPY . .\nRUN uv sync --frozen";
    let brought = application(lines).file(".venv/pyvenv.cfg", "home = /usr/bin\n");
    assert_refused(&brought, "the COPY brings `.venv");
    let path = application(&format!("ENV PATH=\"/app/.venv/bin:$PATH\"\n{lines}"))
        .file(".venv/bin/uv", "");
    assert_refused(&path, "environment variable PATH");
    let linked =
        application(&format!("ENV VIRTUAL_ENV=/app/env/.venv\n{lines}")).link("env", "/elsewhere");
    assert_refused(&linked, "environment variable VIRTUAL_ENV");
    let ignored = application(lines)
        .file(".venv/pyvenv.cfg", "home = /usr/bin\n")
        .file(".dockerignore", ".venv\n");
    assert_eq!(risk(&ignored.optimize()), Risk::None);
}

#[test]
fn a_lock_file_that_may_be_written_asks_for_verification() {
    let free = application("COPY . .\nRUN uv sync");
    assert_eq!(risk(&free.optimize()), Risk::Verify);
    let ignored = application("COPY . .\nRUN uv sync").file(".dockerignore", "uv.lock\n");
    assert_eq!(risk(&ignored.optimize()), Risk::Verify);
    let missing = application("COPY . .\nRUN uv sync --locked").file(".dockerignore", "uv.lock\n");
    assert_refused(&missing, "the manifest `/app/uv.lock` is not among");
    let version = PYPROJECT.replace("version = \"1\"", "dynamic = [\"version\"]");
    let locked = "COPY . .\nRUN uv sync --locked --no-install-project";
    let built = package(locked).file("pyproject.toml", &format!("{version}{PACKAGE}"));
    assert_eq!(risk(&built.optimize()), Risk::Verify);
}

#[test]
fn options_and_variables_may_lead_to_other_files() {
    for option in ["--project sub", "--directory sub", "--script x.py", "--package a", "-r x"] {
        let project = application(&format!("COPY . .\nRUN uv sync --frozen {option}"));
        assert_refused(&project, "line 4: uv's option `");
    }
    for variable in ["UV_PROJECT_ENVIRONMENT=venv", "UV_FIND_LINKS=wheels", "UV_CACHE_DIR=/app/c"] {
        let lines = format!("ENV {variable}\nCOPY . .\nRUN uv sync --frozen");
        assert_refused(&application(&lines), "environment variable UV_");
    }
    let run = application("COPY . .\nRUN uv sync --frozen; uv run manage.py collectstatic");
    assert_refused(&run, "`uv run manage.py collectstatic`");
    let configured = application("COPY uv.toml /etc/uv/\nCOPY . .\nRUN uv sync --frozen")
        .file("uv.toml", "find-links = [\"/app/wheels\"]\n");
    assert_refused(&configured, "uv.toml has `find-links");
}

#[test]
fn what_is_no_manifest_is_refused() {
    let lines = "COPY . .\nRUN uv sync --frozen";
    let broken = application(lines).file("pyproject.toml", "[project\n");
    assert_refused(&broken, "pyproject.toml has `");
    let unknown = application(lines).file("uv.lock", &lock("fetched = \"x\"", ""));
    assert_refused(&unknown, "which is not understood");
    let linked = application(lines).file("real.lock", IDNA);
    std::fs::remove_file(linked.path().join("uv.lock")).unwrap();
    assert_refused(&linked.link("uv.lock", "real.lock"), "`uv.lock` is no regular file");
}
