//! Rewrites that were offered as certain once and changed the image.

use super::{Project, assert_refused, flask, project};
use crate::optimize::Risk;

/// `FROM python`, `WORKDIR /app`, then these lines.
fn in_app(lines: &str) -> String {
    format!("FROM python\nWORKDIR /app\n{lines}\n")
}

/// Asserts that nothing is offered without both images being compared.
#[track_caller]
fn assert_not_certain(project: &Project) {
    let found = project.optimize();
    let is_certain = found.rewrites.iter().any(|rewrite| rewrite.risk == Risk::None);
    assert!(!is_certain, "offered:\n{}", found.patch);
}

#[test]
fn the_linker_may_have_been_told_of_the_files() {
    for lines in [
        // By a variable.
        "ENV HERE=/code\nRUN echo \"$HERE/lib\" > /etc/ld.so.conf.d/x.conf\nCOPY . /code\n\
         RUN apt-get install -y gcc",
        "RUN echo /code/lib | tee /etc/ld.so.conf.d/x.conf\nCOPY . /code\nRUN apt-get install -y gcc",
        "RUN sed -i s,/none,/code/lib, /etc/ld.so.conf\nCOPY . /code\nRUN apt-get install -y gcc",
        // The directory above the file that is copied.
        "RUN echo /code > /etc/ld.so.conf.d/x.conf\nCOPY app.py /code/libx.so\nRUN apt-get install -y gcc",
        "COPY x.conf /etc/ld.so.conf.d/\nCOPY app.py /code/libx.so\nRUN apt-get install -y gcc",
    ] {
        let project = flask(&in_app(lines)).file("x.conf", "/code\n");
        let reason = project.refused();
        assert!(reason.contains("where to look"), "of:\n{lines}\n{reason}");
    }
}

#[test]
fn hooks_of_package_managers_may_look_at_everything() {
    for lines in [
        "RUN echo 'DPkg::Post-Invoke {\"find / > /list\";};' > /etc/apt/apt.conf.d/x\n\
         COPY . /code\nRUN apt-get install -y gcc",
        "COPY hook /etc/apt/apt.conf.d/\nCOPY . /code\nRUN apt-get install -y gcc",
        "COPY hook /etc/apk/commit_hooks.d/\nCOPY . /code\nRUN apk add gcc",
        "COPY --from=python /x /etc/apt/apt.conf.d/\nCOPY . /code\nRUN apt-get install -y gcc",
    ] {
        let hook = "DPkg::Post-Invoke {\"find / > /list\";};\n";
        assert_not_certain(&flask(&in_app(lines)).file("hook", hook));
    }
    let harmless = "RUN echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/x\n\
                    COPY . /code\nRUN apt-get install -y gcc";
    assert_eq!(flask(&in_app(harmless)).optimize().rewrites[0].risk, Risk::None);
}

#[test]
fn options_have_files_right_behind_their_letter() {
    for command in [
        "touch --reference=code/app.py /etc/x",
        "touch -rcode /etc/x",
        "cp -tcode /etc/hostname",
        "cp -tcode/lib /etc/hostname",
        "ln -stcode /etc/hostname",
        "install -Dtcode /etc/hostname",
        "useradd -m -kcode x",
        "useradd -m -kcode/skel x",
        "useradd -m --skel=code x",
        "apk add -X code gcc",
        "ldconfig code",
        "ldconfig -f code",
        "update-ca-certificates --localcertsdir code",
        "export CDPATH=/work/code && cd lib && touch x",
    ] {
        let lines = format!("COPY . code\nRUN ldconfig; {command}");
        let text = format!("FROM python\nWORKDIR /work\n{lines}\n");
        let found = flask(&text).optimize();
        assert!(found.rewrites.is_empty(), "offered:\n{}", found.patch);
    }
}

#[test]
fn a_setting_that_forbids_scripts_may_be_taken_back() {
    let node = || {
        project()
            .image("node")
            .file("package.json", r#"{"scripts":{"postinstall":"node x.js"}}"#)
            .file("x.js", "1\n")
    };
    let npm = |command: &str, before: &str| {
        node()
            .file(".npmrc", "ignore-scripts=true\n")
            .dockerfile(&format!("FROM node\n{before}WORKDIR /app\nCOPY . .\nRUN {command}\n"))
    };
    let certain = npm("npm install --no-package-lock", "").optimize();
    assert_eq!(certain.rewrites[0].risk, Risk::None);
    for (command, before) in [
        ("npm install --no-package-lock --ignore-scripts=false", ""),
        ("npm install --no-package-lock --ignore-scripts --ignore-scripts=false", ""),
        ("npm install --no-package-lock", "ENV NPM_CONFIG_IGNORE_SCRIPTS=false\n"),
        ("npm_config_ignore_scripts=false npm install --no-package-lock", ""),
        // Its later versions read no such setting there.
        ("pnpm install --frozen-lockfile", ""),
    ] {
        assert_refused(&npm(command, before), "runs `postinstall` of package.json");
    }
}

#[test]
fn packages_may_be_installed_through_a_link() {
    let project = project()
        .image("ruby")
        .file("Gemfile", "source \"https://rubygems.org\"\n")
        .file("Gemfile.lock", "GEM\n")
        .file("lib/x.rb", "1\n")
        .link("vendor", "lib")
        .dockerfile(
            "FROM ruby\nWORKDIR /app\nCOPY . .\nRUN bundle install --frozen --path vendor/bundle\n",
        );
    assert_refused(&project, "`vendor` to where bundler installs");
}

#[test]
fn the_destination_may_be_a_link() {
    let install = "COPY . /code/\nRUN pip install -r /code/requirements.txt";
    for earlier in [
        "RUN ln -s /usr/lib/python3/dist-packages /code",
        "RUN ln -s /code/src /usr/lib/python3/dist-packages/src",
        "RUN ln -s ../code /usr/x",
        "RUN make && ln -s /usr/lib/python3/dist-packages /code",
        "RUN cd / && ln -s usr/lib/python3/dist-packages code",
    ] {
        let project = flask(&in_app(&format!("{earlier}\n{install}")));
        assert_refused(&project, "where to look for files");
    }
    let apart = flask(&in_app(&format!("RUN ln -s /usr/bin/python3 /usr/bin/python\n{install}")));
    assert_eq!(apart.optimize().rewrites[0].risk, Risk::None);
    let brought = flask(&in_app(&format!("COPY links /\n{install}")))
        .file("links/x", "")
        .link("links/code", "/usr/lib/python3/dist-packages");
    assert_refused(&brought, "where to look for files");
}

#[test]
fn a_variable_may_name_a_file_of_the_working_directory() {
    let install = "COPY . .\nRUN pip install --user -r requirements.txt";
    for variable in ["PYTHONUSERBASE=lib", "REQUESTS_CA_BUNDLE=ca.pem", "SSL_CERT_FILE=ca.pem"] {
        let project = flask(&in_app(&format!("ENV {variable}\n{install}")))
            .file("lib/python3/x", "")
            .file("ca.pem", "");
        let (name, _) = variable.split_once('=').unwrap();
        assert_refused(&project, &format!("variable {name} "));
    }
    let apart = flask(&in_app(&format!("ENV PYTHONUNBUFFERED=1\n{install}"))).file("lib/x", "");
    assert_eq!(apart.optimize().rewrites[0].risk, Risk::None);
}

#[test]
fn settings_of_one_requirement_may_name_directories() {
    let text = in_app("COPY . .\nRUN pip install -r requirements.txt");
    for option in [
        "--global-option=build_ext --global-option=-I/app/include",
        "--global-option=\"-I./include\"",
        "--config-settings=\"--build-option=-I/app/include\"",
    ] {
        let project = flask(&text).file("requirements.txt", &format!("a==1 {option}\n"));
        assert_refused(&project, "which is not understood");
    }
}

#[test]
fn bun_reads_variables_beside_the_project_that_it_is_led_to() {
    let project = project()
        .image("node")
        .file("web/package.json", "{}")
        .file("web/.env", "BUN_CONFIG_REGISTRY=https://example.com\n")
        .file("x", "")
        .dockerfile("FROM node\nWORKDIR /app\nCOPY . .\nRUN bun install --no-save --cwd web\n");
    assert_refused(&project, "the COPY brings `web/.env`, which bun may read");
}

#[test]
fn a_package_by_path_may_belong_to_another_workspace() {
    let package = |rest: &str| format!("[package]\nname = \"a\"\n{rest}");
    let found = project()
        .image("rust")
        .image_env("CARGO_HOME=/usr/local/cargo")
        .file("app/Cargo.toml", &package("[dependencies]\nx = { path = \"../libs/x\" }\n"))
        .file("app/Cargo.lock", "version = 4\n")
        .file("app/src/main.rs", "")
        .file("libs/Cargo.toml", "[workspace]\nmembers = [\"x\"]\n")
        .file("libs/x/Cargo.toml", &package("version.workspace = true\n"))
        .file("libs/x/src/lib.rs", "")
        .file("README.md", "")
        .dockerfile(
            "FROM rust\nWORKDIR /code/app\nCOPY app .\nCOPY . /code\nRUN cargo fetch --locked\n",
        )
        .optimize();
    assert!(found.text.contains("libs/Cargo.toml"), "{} {:?}", found.text, found.explain());
}
