//! `cargo xtask pictures`: the two pages that the README shows, of real builds on a real engine.
//!
//! What a bench measures on a copy of `examples/flask-app`, and what the builds of a project of
//! three stages have cost. Nothing of the repository is built in its place, and the records are
//! apart from the user's. Chromium takes the pictures; Debian's optipng makes them small.

mod browser;
mod site;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

use crate::{
    base_image::{self, Kind},
    checks, chromium, command, debian,
    demo::{Project, build_release},
    engine::{Engine, Version},
    home::Home,
    ui,
};
use browser::Picture;
use site::Site;

/// How many builds of each scenario count.
const RUNS: &str = "5";

/// Takes the pictures on an engine of this version, and says where they are.
///
/// # Errors
///
/// When something cannot be set up, a build fails, or a picture is too large.
pub(crate) fn run(version: Version, program: Option<PathBuf>) -> Result<()> {
    let binary = match program {
        Some(program) => program.canonicalize().context("there is no such program")?,
        None => build_release()?,
    };
    let home = Home::locate()?;
    let engine = Engine::new(home.clone(), version);
    engine.up()?;
    base_image::import(&engine, Kind::Python, &[])?;
    debian::ensure_packages(&home, &["optipng"])?;
    let chromium = chromium::ensure(&home)?;
    let repository = checks::repository();
    let images = repository.join("docs/images");
    fs::create_dir_all(&images).context("cannot make docs/images")?;
    let program = Program { binary, docker_host: engine.docker_host() };

    let project = Project::copy_example(&repository)?;
    let page = project.beside("bench.html");
    program.bench(&project, &page)?;
    let taken = [
        Picture { page, file: images.join("bench.png"), height: 1210 },
        Picture {
            page: program.history(&project)?,
            file: images.join("history.png"),
            height: 1256,
        },
    ];
    for picture in taken {
        picture.take(&chromium)?;
        ui::result(&picture.file.display().to_string())?;
    }
    Ok(())
}

/// The program as a user runs it.
struct Program {
    binary: PathBuf,
    docker_host: String,
}

impl Program {
    /// Measures the example in both orders.
    fn bench(&self, project: &Project, page: &Path) -> Result<()> {
        ui::note(ui::dim(format_args!("measuring examples/flask-app in both orders")));
        let scenarios = ["no change", "edit source", "edit manifest"];
        let mut bench = self.command(&project.path(), &project.beside("store"));
        bench.args(["bench", "--optimized", "--format", "html", "--runs", RUNS]);
        for scenario in scenarios {
            bench.args(["--scenario", scenario]);
        }
        fs::write(page, command::output(bench.arg("."))?).context("cannot write the page")
    }

    /// Works on a project of three stages, and writes what its builds have cost.
    fn history(&self, beside: &Project) -> Result<PathBuf> {
        let directory = beside.beside("site");
        let site = Site::new(&directory)?;
        let store = beside.beside("site-store");
        for number in 0..site::BUILDS {
            site.edit(number)?;
            ui::note(ui::dim(format_args!("build {} of {}", number + 1, site::BUILDS)));
            let mut build = self.command(&directory, &store);
            build.args(["build", "--progress", "quiet", "--no-shortcut", "-t", site::IMAGE, "."]);
            command::output(&mut build)?;
        }
        let page = beside.beside("history.html");
        let told = command::output(
            self.command(&directory, &store).args(["history", "--format", "html"]),
        )?;
        // Where a temporary directory lies tells nobody anything.
        let told = told.replace(&directory.display().to_string(), site::SHOWN);
        fs::write(&page, told).context("cannot write the page")?;
        Ok(page)
    }

    fn command(&self, directory: &Path, store: &Path) -> Command {
        let mut program = Command::new(&self.binary);
        program
            .current_dir(directory)
            .env("DOCKER_HOST", &self.docker_host)
            .env("SMARTBUILD_CACHE_DIR", store)
            .stdin(Stdio::null());
        program
    }
}
