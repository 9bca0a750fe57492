//! Rewrites that tempt and would change the image, or that nobody can vouch for: each is refused,
//! with the line and the reason.

use super::{assert_refused, flask, project};

/// `FROM python`, `WORKDIR /app`, then these lines.
fn in_app(lines: &str) -> String {
    format!("FROM python\nWORKDIR /app\n{lines}\n")
}

#[test]
fn an_instruction_between_may_matter_to_the_install() {
    for between in [
        "ENV PIP_TARGET=/app/x",
        "WORKDIR /app/src",
        "COPY --from=python /etc/passwd /x",
        "ADD https://example.com/a /x",
        "VOLUME /app",
        "ONBUILD RUN make",
        "RUN pip-compile requirements.in > requirements.txt",
    ] {
        let text = in_app(&format!("COPY . .\n{between}\nRUN pip install -r requirements.txt"));
        let reason = flask(&text).refused();
        assert!(reason.starts_with("line "), "{between}: {reason}");
    }
    let text = in_app("COPY . .\nWORKDIR /app/src\nRUN pip install -r requirements.txt");
    assert_refused(&flask(&text), "line 4: WORKDIR stands between the COPY on line 3");
    let text = in_app("COPY . .\nRUN make\nRUN pip install -r requirements.txt");
    assert_refused(&flask(&text), "line 4: RUN stands between the COPY on line 3");
}

#[test]
fn a_command_that_does_something_else_may_read_the_files() {
    for command in [
        "pip install -r requirements.txt; python setup.py install",
        "pip install -r requirements.txt; ls",
        "pip install -r requirements.txt; cat *",
        "(pip install -r requirements.txt)",
        "pip install -r requirements.txt > log.txt",
        "pip install -r requirements.txt | tee log.txt",
        "pip install -r $REQUIREMENTS",
        "pip install -r *.txt",
        "pip install -r ~/requirements.txt",
        "pip install flask>=3 -r requirements.txt",
        "pip install $(cat requirements.txt) -r requirements.txt",
        "cd /app; pip install -r requirements.txt",
        "cd / && pip install -r requirements.txt",
        "cat requirements.txt | xargs pip install --requirement /dev/stdin",
        ". venv/bin/activate && pip install -r requirements.txt",
        "venv/bin/pip install -r requirements.txt",
        "if true; then pip install -r requirements.txt; fi",
        "pip install -r requirements.txt &",
        "poetry run pip install -r requirements.txt",
        "python -c 'import pip' && pip install -r requirements.txt",
        "pip install uvicorn[standard] -r requirements.txt",
    ] {
        let text = in_app(&format!("COPY . .\nRUN {command}"));
        assert_refused(&flask(&text), "line 4: `");
    }
    let heredoc = in_app("COPY . .\nRUN <<EOF\npip install -r requirements.txt\nls\nEOF");
    assert_refused(&flask(&heredoc), "line 4: `<<EOF`");
    let exec = in_app("COPY . .\nRUN [\"sh\", \"-c\", \"pip install -r requirements.txt; ls\"]");
    assert_refused(&flask(&exec), "`ls`");
    let shell = in_app("SHELL [\"pwsh\", \"-c\"]\nCOPY . .\nRUN pip install -r requirements.txt");
    assert_refused(&flask(&shell), "`pwsh` is not a shell that is understood");
}

#[test]
fn options_of_pip_may_lead_to_other_files() {
    for option in [
        "--target lib",
        "-t lib",
        "--prefix=/app/x",
        "--root /app",
        "--find-links ./wheels",
        "-f wheels",
        "--no-index",
        "--cache-dir .cache",
        "--log pip.log",
        "--src src",
        "--index-url file:///app/index",
        "--config-settings a=b",
        "--req requirements.txt",
    ] {
        let text = in_app(&format!("COPY . .\nRUN pip install {option} -r requirements.txt"));
        assert_refused(&flask(&text), "line 4: pip's option `");
    }
    let inside = in_app("COPY . .\nRUN pip install --cache-dir /app/c -r requirements.txt");
    assert_refused(&flask(&inside), "pip's option `--cache-dir /app/c`");
    for argument in ["-e .", ".", "./lib", "lib.whl", "-e git+https://x.org/a#egg=a", "/app"] {
        let text = in_app(&format!("COPY . .\nRUN pip install -r requirements.txt {argument}"));
        assert_refused(&flask(&text), "installs from the project's own files");
    }
}

#[test]
fn requirement_files_may_need_the_sources() {
    let text = in_app("COPY . .\nRUN pip install -r requirements.txt");
    for line in [
        "-e .",
        ".",
        "./lib",
        "lib/a.whl",
        "a @ file:///app/lib",
        "--find-links wheels",
        "--no-index",
        "-e git+https://x.org/a#egg=a",
        "flask\\\n # x\n.[dev]",
    ] {
        let project = flask(&text).file("requirements.txt", &format!("flask\n{line}\n"));
        assert_refused(&project, "installs from the project's own files");
    }
    let nested = flask(&text)
        .file("requirements.txt", "-r more/all.txt\n")
        .file("more/all.txt", "-c ../limits.txt\nflask\n")
        .file("limits.txt", "# fine\n\n./lib\n");
    assert_refused(&nested, "limits.txt:3 has `./lib`");
    for line in ["-r ${WHICH}.txt", "--unknown", "a b", "-r https://x.org/r.txt"] {
        let project = flask(&text).file("requirements.txt", &format!("{line}\n"));
        assert_refused(&project, "requirements.txt:1 has `");
    }
}

#[test]
fn requirement_files_that_the_copy_does_not_bring() {
    let text = in_app("COPY . .\nRUN pip install -r requirements.txt");
    assert_refused(
        &flask(&text).file(".dockerignore", "requirements.txt\n"),
        "`/app/requirements.txt` is not among what the COPY on line 3 brings",
    );
    let generated = in_app("RUN echo flask > made.txt\nCOPY . .\nRUN pip install -r made.txt");
    assert_refused(&flask(&generated), "`/app/made.txt` is not among");
    let linked = project()
        .file("real.txt", "flask\n")
        .link("requirements.txt", "real.txt")
        .dockerfile(&text);
    assert_refused(&linked, "`requirements.txt` is no regular file");
    let below_a_link = project()
        .file("real/requirements.txt", "flask\n")
        .link("linked", "real")
        .dockerfile(&in_app("COPY . .\nRUN pip install -r linked/requirements.txt"));
    assert_refused(&below_a_link, "`/app/linked/requirements.txt` is not among");
    let missing_include = flask(&text).file("requirements.txt", "-r base.txt\n");
    assert_refused(&missing_include, "`/app/base.txt` is not among");
    let elsewhere = in_app("COPY . .\nRUN pip install -r /requirements.txt");
    assert_refused(&flask(&elsewhere), "`/requirements.txt` is not among");
    let twice = project()
        .file("a/requirements.txt", "a\n")
        .file("b/requirements.txt", "b\n")
        .file("b/b.py", "b\n")
        .dockerfile(&in_app("COPY a b ./\nRUN pip install -r requirements.txt"));
    assert_refused(&twice, "several sources of the COPY write `/app/requirements.txt`");
    let latin = flask(&text);
    std::fs::write(latin.path().join("requirements.txt"), b"# caf\xe9\nflask\n").unwrap();
    assert_refused(&latin, "an encoding other than UTF-8");
    let odd = flask(&in_app("COPY . .\nRUN pip install -r 'my file.txt'"));
    assert_refused(&odd.file("my file.txt", "flask\n"), "cannot say plainly");
}

#[test]
fn destinations_where_pip_reads_or_writes() {
    for directory in ["/", "/usr", "/usr/local", "/usr/local/lib/app", "/etc", "/usr/lib/x", "/tmp"]
    {
        let text = format!(
            "FROM python\nWORKDIR /work\nCOPY . {directory}\n\
             RUN pip install -r {directory}/requirements.txt\n"
        );
        assert_refused(&flask(&text), "line 4: the COPY on line 3 writes to `/");
    }
    for (directory, file) in [
        ("/root", ".config/pip/pip.conf"),
        ("/root", ".local/bin/x"),
        ("/home/app", ".netrc"),
        ("/home/app", ".pydistutils.cfg"),
        ("/app", "pip.conf"),
        ("/home", "app/.config/x"),
        ("/app", ".cache/x"),
    ] {
        let text = format!(
            "FROM python\nWORKDIR {directory}\nCOPY . .\nRUN pip install -r requirements.txt\n"
        );
        assert_refused(&flask(&text).file(file, "x"), "which pip may read or write");
    }
    let text = in_app("COPY . .\nRUN pip install -r requirements.txt");
    let configured = flask(&text).file("setup.cfg", "[metadata]\nname = a\n[install]\nprefix=/x\n");
    assert_refused(&configured, "the COPY brings `setup.cfg`, which pip may read");
    let shims =
        flask(&text).file(".python-version", "3.9\n").image_env("PATH=/root/.pyenv/shims:/usr/bin");
    assert_refused(&shims, "the COPY brings `.python-version`");
}

#[test]
fn variables_may_lead_pip_to_the_files() {
    for (name, value) in [
        ("PATH", "/app/venv/bin:/usr/bin"),
        ("PATH", "/app/bin:/usr/bin"),
        ("PATH", "bin:/usr/bin"),
        ("PYTHONPATH", "/app"),
        ("PYTHONPATH", "src"),
        ("PYTHONPATH", "/x:"),
        ("VIRTUAL_ENV", "/app/.venv"),
        ("PIP_TARGET", "/app/lib"),
        ("PIP_CONFIG_FILE", "/x"),
        ("PIP_FIND_LINKS", "/app/wheels"),
        ("PIP_CONSTRAINT", "/app/c.txt"),
        ("PIP_REQUIREMENT", "x"),
        ("PIP_CACHE_DIR", "/app/c"),
        ("PYTHONUSERBASE", "/app/u"),
        ("CFLAGS", "-O2 -I/app/include"),
        ("LD_LIBRARY_PATH", "/app/lib"),
        ("HOME", "/app/home"),
        ("PIP_INDEX_URL", "file:///app/index"),
        ("BASH_ENV", "/app/env.sh"),
        ("XDG_CONFIG_HOME", "/app/config"),
        ("GIT_CONFIG_GLOBAL", "/app/gitconfig"),
    ] {
        let lines =
            format!("ENV {name}=\"{value}\"\nCOPY . .\nRUN pip install -r requirements.txt");
        assert_refused(&flask(&in_app(&lines)), &format!("environment variable {name} "));
        let lines = "COPY . .\nRUN pip install -r requirements.txt";
        let from_image = flask(&in_app(lines)).image_env(&format!("{name}={value}"));
        assert_refused(&from_image, &format!("environment variable {name} "));
    }
    let own = in_app("COPY . .\nRUN PIP_TARGET=/x pip install -r requirements.txt");
    assert_refused(&flask(&own), "environment variable PIP_TARGET");
    let venv = in_app("COPY . .\nRUN /app/venv/bin/pip install -r requirements.txt");
    assert_refused(&flask(&venv), "`/app/venv/bin/pip`");
    // And those that do not.
    let harmless = in_app(
        "ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 APP_HOME=/app PATH=/opt/venv/bin:$PATH \
         PIP_INDEX_URL=https://example.com/simple PIP_CERT=/etc/ssl/ca.crt VIRTUAL_ENV=/opt/venv\n\
         COPY . .\nRUN pip install -r requirements.txt",
    );
    assert!(flask(&harmless).bettered().contains("COPY requirements.txt .\n"));
}

#[test]
fn an_interpreter_imports_from_the_working_directory() {
    let text = in_app("COPY . .\nRUN python -m pip install -r requirements.txt");
    assert_refused(&flask(&text), "into which the COPY brings `app.py`; call `pip install`");
    let elsewhere = "FROM python\nWORKDIR /work\nCOPY . /app\n\
                     RUN python3 -m pip install -r /app/requirements.txt\n";
    assert!(flask(elsewhere).bettered().contains("COPY requirements.txt /app/\n"));
}

#[test]
fn earlier_steps_may_have_told_pip_where_to_look() {
    for earlier in [
        "RUN pip config set global.find-links /app/wheels",
        "COPY pip.conf /etc/pip.conf",
        "RUN echo /app > /usr/lib/python3/site-packages/app.pth",
        "RUN pip install -e /app",
        "RUN cd /app && python setup.py develop",
        "RUN <<EOF\npip config set a b\nEOF",
    ] {
        let text = in_app(&format!("{earlier}\nCOPY . .\nRUN pip install -r requirements.txt"));
        let project = flask(&text).file("pip.conf", "").file(".dockerignore", "!pip.conf\n");
        let reason = project.refused();
        let told = ["may tell pip where to look", "which pip may read or write"];
        assert!(told.iter().any(|words| reason.contains(words)), "{earlier}: {reason}");
    }
}

#[test]
fn mounts_may_show_the_install_other_files() {
    for mount in [
        "type=bind,target=/app/x",
        "target=/x",
        "type=bind,from=python,target=/x",
        "type=cache,target=/app/cache",
        "type=cache,target=cache",
        "type=tmpfs,target=/app",
        "type=cache,from=python,target=/x",
        "type=secret,id=a,target=/app/pip.txt",
    ] {
        let text =
            in_app(&format!("COPY . .\nRUN --mount={mount} pip install -r requirements.txt"));
        assert_refused(&flask(&text), "line 4: the mount `");
    }
}

#[test]
fn copies_that_are_not_followed() {
    for (copy, words) in [
        ("COPY --parents requirements.txt app.py ./", "`--parents`"),
        ("COPY --exclude=*.md . .", "`--exclude`"),
        ("COPY $SOURCE .", "source `$SOURCE`"),
        ("ADD requirements.txt app.tar /app/", "source `app.tar`"),
        ("COPY [\".\", \"/app/a b/\"]", "destination `/app/a b/`"),
    ] {
        let directory = if copy.contains("a b") { "/app/a b" } else { "/app" };
        let text = format!(
            "FROM python\nARG SOURCE=.\nWORKDIR {directory}\n{copy}\n\
             RUN pip install -r requirements.txt\n"
        );
        assert_refused(&flask(&text).file("app.tar", "x"), words);
    }
    let text = "FROM python AS a\nFROM python\nWORKDIR /app\nCOPY . .\nCOPY --from=a /x /y\n\
                RUN pip install -r requirements.txt\n";
    assert_refused(&flask(text), "line 5: the flag `--from=a`");
}

#[test]
fn languages_that_are_not_known() {
    let text = "# escape=\\\n# syntax=example.com/other:1\nFROM python\nWORKDIR /app\nCOPY . .\n\
                RUN pip install -r requirements.txt\n";
    assert_refused(&flask(text), "line 2: `# syntax=example.com/other:1`");
    let upstream = text.replace("example.com/other:1", "docker/dockerfile-upstream:master");
    assert_refused(&flask(&upstream), "line 2: `# syntax=docker/dockerfile-upstream:master`");
}

#[test]
fn what_the_base_image_brings_in_may_hide_the_gain() {
    let text = in_app("COPY . .\nRUN pip install -r requirements.txt");
    let mut project = flask(&text);
    for image in project.images.values_mut() {
        image.on_build.push("COPY . /other".to_owned());
    }
    assert_refused(&project, "did not keep its promise");
    let relative = "FROM python\nWORKDIR app\nCOPY . .\nRUN pip install -r requirements.txt\n";
    assert_refused(&flask(relative).unknown_image(), "working directory is not known");
}

#[test]
fn a_file_that_changes_meanwhile_is_not_trusted() {
    let text = in_app("COPY . .\nRUN pip install -r requirements.txt");
    let project = flask(&text);
    let found = project.optimize();
    assert_eq!(found.rewrites.len(), 1);
    let refused = project.optimize_reading(|_| Ok(b"other\n".to_vec()));
    assert!(refused.explain().unwrap().contains("changed while it was read"));
    let gone = project.optimize_reading(|_| Err(std::io::ErrorKind::NotFound.into()));
    assert!(gone.explain().unwrap().contains("cannot read the manifest"));
}
