//! What `smartbuild impact` says of two commits.

use std::{collections::BTreeMap, path::Path, process::Command};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::checkout::Pair;
use crate::command;

/// The program, which knows no engine and no record.
#[derive(Debug)]
pub(super) struct Program<'a> {
    /// The binary.
    pub(super) binary: &'a Path,
    /// Where it keeps what it learns.
    pub(super) store: &'a Path,
}

/// An image of a repository.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Image {
    /// By what the program tells it from others.
    pub(super) name: String,
    /// Its Dockerfile, from the repository's root.
    pub(super) dockerfile: String,
    /// Its context, from the repository's root.
    pub(super) context: String,
    /// The stage that is built, where one is named.
    pub(super) target: Option<String>,
    /// The file that names it: the Dockerfile itself, or one that can give it arguments, too.
    pub(super) origin: String,
}

/// What is said of a step of the newer commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Step {
    /// Its name, as the engine shows it.
    pub(super) name: String,
    /// `cached`, `rebuild`, `depends` or `unknown`.
    pub(super) verdict: String,
    /// What the program knows it by. The engine makes one of steps of the same key.
    pub(super) key: String,
}

/// What is said of an image of which something is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Said {
    /// It is built otherwise: each step of the newer commit but FROM.
    Steps(Vec<Step>),
    /// Only one of the trees has it.
    OneSided,
    /// It cannot be compared, for this reason.
    Problem(String),
}

/// An image that only one of the commits has, or that is built otherwise.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The image.
    pub(super) image: Image,
    /// Whether both commits have it.
    has_both_sides: bool,
    steps: Vec<Step>,
}

/// What is said of two commits. Images that are not in it are built as before.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    /// The images of which something is said.
    pub(super) images: Vec<Told>,
    /// What is wrong with images, by their names.
    problems: BTreeMap<String, String>,
}

impl Image {
    /// Whether its Dockerfile alone makes it what it is, and no file gives it arguments.
    pub(super) fn is_plain(&self) -> bool {
        self.origin == self.dockerfile
    }

    /// What tells apart how images are built here.
    pub(super) fn recipe(&self) -> (&str, &str, Option<&str>) {
        (&self.dockerfile, &self.context, self.target.as_deref())
    }
}

impl Told {
    /// The names of all steps, FROM with them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }

    fn said(&self) -> Said {
        if !self.has_both_sides {
            return Said::OneSided;
        }
        let steps = self.steps.iter().filter(|step| base(&step.name).is_none());
        Said::Steps(steps.cloned().collect())
    }
}

impl Forecast {
    /// What is said of the image; nothing where it is built as before.
    pub(super) fn of(&self, image: &Image) -> Option<Said> {
        let problem = || Some(Said::Problem(self.problems.get(&image.name)?.clone()));
        let told = || Some(self.images.iter().find(|it| it.image.name == image.name)?.said());
        problem().or_else(told)
    }
}

/// The image that a step of this name brings.
pub(super) fn base(name: &str) -> Option<&str> {
    name.strip_prefix("FROM ").or_else(|| Some(name.split_once("] FROM ")?.1))
}

impl Program<'_> {
    /// Asks it about all images of the pair.
    ///
    /// # Errors
    ///
    /// When it fails or prints no JSON.
    pub(super) fn impact(&self, repository: &Path, pair: &Pair) -> Result<Forecast> {
        self.ask(repository, pair, &[])
    }

    /// Asks it about one image by its Dockerfile and context alone, as it is built here: without
    /// the arguments that a compose or bake file gives it.
    ///
    /// # Errors
    ///
    /// When it fails or prints no JSON.
    pub(super) fn impact_alone(
        &self,
        repository: &Path,
        pair: &Pair,
        image: &Image,
    ) -> Result<Forecast> {
        let mut arguments = vec!["--file", &image.dockerfile];
        if let Some(target) = &image.target {
            arguments.extend(["--target", target]);
        }
        arguments.push(&image.context);
        let mut forecast = self.ask(repository, pair, &arguments)?;
        for told in &mut forecast.images {
            told.image = image.clone();
        }
        let problems = std::mem::take(&mut forecast.problems);
        forecast.problems = problems.into_values().map(|it| (image.name.clone(), it)).collect();
        Ok(forecast)
    }

    fn ask(&self, repository: &Path, pair: &Pair, arguments: &[&str]) -> Result<Forecast> {
        let mut program = Command::new(self.binary);
        program
            .args(["impact", "--format", "json", &format!("{}..{}", pair.before, pair.after)])
            .args(arguments)
            .current_dir(repository)
            .env("SMARTBUILD_CACHE_DIR", self.store)
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .env_remove("DOCKER_CONTEXT");
        let said = command::output(&mut program)?;
        let said = serde_json::from_str(&said).context("`smartbuild impact` printed no JSON")?;
        Ok(read(&said))
    }
}

fn read(said: &Value) -> Forecast {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let images = list(&said["images"]).iter().map(of_image).collect();
    let problem = |told: &Value| Some((told["image"].as_str()?.to_owned(), text(&told["message"])));
    let problems = list(&said["problems"]).iter().filter_map(problem).collect();
    Forecast { images, problems }
}

fn image(told: &Value) -> Image {
    Image {
        name: text(&told["name"]),
        dockerfile: text(&told["dockerfile"]),
        context: text(&told["context"]),
        target: told["target"].as_str().map(str::to_owned),
        origin: text(&told["origin"]),
    }
}

fn of_image(told: &Value) -> Told {
    let steps = told["steps"].as_array().into_iter().flatten();
    Told {
        image: image(told),
        has_both_sides: told["change"] == "changed",
        steps: steps.map(step).collect(),
    }
}

fn step(told: &Value) -> Step {
    let of = |field: &str| text(&told[field]);
    Step { name: of("name"), verdict: of("verdict"), key: of("key") }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use serde_json::json;

    use super::*;

    #[test]
    fn each_image_has_its_steps_or_a_reason_why_not() {
        let told = |name: &str, change: &str| {
            json!({
                "name": name, "dockerfile": "Dockerfile", "context": ".", "target": null,
                "origin": "Dockerfile", "change": change,
                "steps": [
                    { "name": "[a 1/2] FROM docker.io/library/alpine", "verdict": "cached" },
                    { "name": "FROM docker.io/library/node", "verdict": "cached" },
                    { "name": "[a 2/2] RUN x", "verdict": "rebuild", "key": "1" },
                ],
            })
        };
        let problem = json!({ "image": "c", "file": "c/Dockerfile", "message": "no FROM" });
        let elsewhere = json!({ "image": null, "file": "compose.yaml", "message": "no YAML" });
        let forecast = read(&json!({
            "images": [told("a", "changed"), told("b", "new")],
            "problems": [problem, elsewhere],
        }));
        let named = |name: &str| Image { name: name.to_owned(), ..image(&told("x", "new")) };
        let [name, verdict, key] = ["[a 2/2] RUN x", "rebuild", "1"].map(str::to_owned);
        let steps = vec![Step { name, verdict, key }];
        assert_eq!(forecast.of(&named("a")), Some(Said::Steps(steps)));
        assert_eq!(forecast.of(&named("b")), Some(Said::OneSided));
        assert_eq!(forecast.of(&named("c")), Some(Said::Problem("no FROM".to_owned())));
        assert_eq!(forecast.of(&named("d")), None);
        let bases: Vec<_> = forecast.images[1].names().filter_map(base).collect();
        assert_eq!(bases, ["docker.io/library/alpine", "docker.io/library/node"]);
    }
    #[test]
    fn an_image_of_a_compose_file_is_asked_about_by_its_dockerfile_alone() {
        let directory = tempfile::tempdir().unwrap();
        let binary = directory.path().join("smartbuild");
        let script = "#!/bin/sh\n\
                      printf '{\"problems\":[{\"image\":\"x\",\"message\":\"%s\"}]}' \"$*\"\n";
        fs::write(&binary, script).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        let program = Program { binary: &binary, store: directory.path() };
        let pair = Pair { before: "a".to_owned(), after: "b".to_owned() };
        let web = Image {
            name: "compose.yaml:web".to_owned(),
            dockerfile: "web/Dockerfile".to_owned(),
            context: "web".to_owned(),
            target: Some("run".to_owned()),
            origin: "compose.yaml".to_owned(),
        };
        let of = |forecast: Result<Forecast>| forecast.unwrap().of(&web);
        let arguments = "impact --format json a..b --file web/Dockerfile --target run web";
        let alone = program.impact_alone(directory.path(), &pair, &web);
        assert_eq!(of(alone), Some(Said::Problem(arguments.to_owned())));
        assert_eq!(of(program.impact(directory.path(), &pair)), None);
    }
}
