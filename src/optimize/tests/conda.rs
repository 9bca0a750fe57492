//! Projects of conda.

use super::{ALREADY_GOOD, Project, assert_refused, project, risk};
use crate::optimize::Risk;

const ENVIRONMENT: &str = "name: shop\nchannels:\n- conda-forge\ndependencies:\n- python=3.12\n\
                           - numpy\n";

/// A project with these lines below `WORKDIR /app`.
fn shop(lines: &str) -> Project {
    project()
        .file("environment.yml", ENVIRONMENT)
        .file("requirements.txt", "idna\n")
        .file("shop.py", "print(1)\n")
        .dockerfile(&format!("FROM python\nWORKDIR /app\n{lines}\n"))
}

const INSTALL: &str = "COPY . .\nRUN conda env create -f environment.yml && conda clean -afy";

#[test]
fn the_environment_is_made_before_the_project() {
    let found = shop(&format!("ENV CONDA_DIR=/opt/conda\n{INSTALL}")).optimize();
    assert_eq!(risk(&found), Risk::None);
    insta::assert_snapshot!(found.patch);
    for command in [
        "mamba env update -n base --file environment.yml",
        "micromamba install -y -n base -f environment.yml && micromamba clean --all --yes",
        "conda update -n base -y conda && conda env create",
    ] {
        let project = shop(&format!("COPY . .\nRUN {command}"));
        let expected = format!("COPY environment.yml .\nRUN {command}\nCOPY . .\n");
        assert!(project.bettered().contains(&expected), "{command}");
    }
}

#[test]
fn what_pip_installs_for_it_is_followed_and_asks_for_verification() {
    let pip = format!("{ENVIRONMENT}- pip\n- pip:\n  - flask\n  - -r requirements.txt\n");
    let found = shop(INSTALL).file("environment.yml", &pip).optimize();
    assert_eq!(risk(&found), Risk::Verify);
    insta::assert_snapshot!(found.patch);
    let local = format!("{ENVIRONMENT}- pip:\n  - flask\n  - -e .\n");
    let project = shop(INSTALL).file("environment.yml", &local);
    assert_refused(&project, "environment.yml:9 has `-e .`, which installs from the project's own");
    let nested = shop(INSTALL).file("environment.yml", &pip).file("requirements.txt", "./lib\n");
    assert_refused(&nested, "requirements.txt:1 has `./lib`");
}

#[test]
fn a_good_order_is_left_alone_without_a_word() {
    for lines in [
        "COPY environment.yml .\nRUN conda env create -f environment.yml\nCOPY . .",
        "COPY env*.yml ./\nRUN micromamba install -y -n base -f environment.yml\nCOPY . .\nRUN make",
        "RUN conda install -y numpy\nCOPY . .",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "of:\n{lines}");
    }
}

#[test]
fn what_may_lead_conda_to_the_files_stays() {
    for (text, words) in [
        ("channels: [./channel]\n", "environment.yml:1 has `./channel`"),
        ("dependencies: [./a.conda]\n", "installs from the project's own files"),
        ("dependencies: &a [x]\n", "environment.yml:1 has `an anchor"),
        ("dependencies: [\n", "environment.yml:"),
    ] {
        assert_refused(&shop(INSTALL).file("environment.yml", text), words);
    }
    let within = format!("{ENVIRONMENT}prefix: /app/env\n");
    let brought = shop(INSTALL).file("environment.yml", &within).file("env/bin/python", "");
    assert_refused(&brought, "the COPY brings `env");
    for variable in ["CONDARC=/app/condarc", "CONDA_PKGS_DIRS=/app/pkgs", "CONDA_CHANNELS=/x"] {
        let project = shop(&format!("ENV {variable}\n{INSTALL}"));
        assert_refused(&project, "environment variable CONDA");
    }
    assert_refused(&shop(INSTALL).file(".condarc", ""), "the COPY brings `.condarc`");
    let inside = shop("COPY . .\nRUN conda env create -p /app/env");
    assert_refused(&inside, "conda's option `-p /app/env`");
    let told = shop(&format!("RUN conda config --add channels file:///app/x\n{INSTALL}"));
    assert_refused(&told, "may tell conda where to look for files");
    let run = shop("COPY . .\nRUN conda env create; conda run -n shop pip install -e .");
    assert_refused(&run, "`conda run -n shop pip install -e .`");
}
