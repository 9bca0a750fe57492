//! Commits of one image, built one after the other on base images that no engine has seen before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use anyhow::{Context as _, Result};

use super::{
    checkout::{Checkout, Pair},
    docker::{self, Build, Failure, Request},
    dockerfile,
    forecast::Image,
    hollow::Hollow,
    missing::{self, Missing},
    site::Site,
};
use crate::curl;

/// How often something may be missing before a build is given up: a long Dockerfile copies from
/// dozens of places.
const ATTEMPTS: usize = 60;

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// Both were built: whether each step of the second was reused, by its name.
    Built(BTreeMap<String, bool>),
    /// One could not be built, for this reason.
    NotBuilt(String),
}

/// Where an image is built again and again. What its builds missed is kept from one to the next.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    site: &'a Site,
    checkout: &'a Checkout,
    /// For what is written down between checkout and engine.
    scratch: &'a Path,
    hollow: Hollow,
    /// The commits that the engine has built on the base images that it has now.
    built: Vec<String>,
    /// Whether more was put in the base images than builds missed.
    is_foreseen: bool,
}

impl<'a> Trial<'a> {
    /// A trial of an image whose builds will most likely miss this.
    pub(super) fn new(
        site: &'a Site,
        checkout: &'a Checkout,
        scratch: &'a Path,
        foreseen: BTreeSet<Missing>,
    ) -> Self {
        let hollow = Hollow::with(foreseen);
        Self { site, checkout, scratch, hollow, built: Vec::new(), is_foreseen: true }
    }

    /// Builds both commits, on base images in which more and more is put as long as builds miss it.
    ///
    /// # Errors
    ///
    /// When the engine cannot be talked to or files cannot be written.
    pub(super) fn build(&mut self, pair: &Pair, image: &Image) -> Result<Outcome> {
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            let failure = match self.attempt(pair, image)? {
                Build::Done(steps) => return Ok(Outcome::Built(steps)),
                Build::Failed(failure) => failure,
            };
            self.built.clear();
            reason.clone_from(&failure.message);
            if self.hollow.learn(missing::of(&failure)) {
                continue;
            }
            if !std::mem::take(&mut self.is_foreseen) {
                break;
            }
            // What was foreseen may stand in the way of what the context brings.
            self.hollow = Hollow::default();
        }
        Ok(Outcome::NotBuilt(reason))
    }

    /// Builds the older commit, unless it is the one that was built last, and then the newer one.
    ///
    /// What was built before the older one makes no difference as long as the newer one goes back
    /// to nothing of it; else the engine must begin anew.
    fn attempt(&mut self, pair: &Pair, image: &Image) -> Result<Build> {
        let follows = match self.built.split_last() {
            Some((last, earlier)) => {
                *last == pair.before && !self.checkout.goes_back(pair, earlier)?
            }
            None => false,
        };
        if !follows {
            self.built.clear();
            self.begin_anew()?;
            if let failed @ Build::Failed(_) = self.build_commit(&pair.before, image)? {
                return Ok(failed);
            }
            self.built.push(pair.before.clone());
        }
        self.built.push(pair.after.clone());
        self.build_commit(&pair.after, image)
    }

    /// Makes the engine forget everything, and gives it base images that are new to it.
    fn begin_anew(&self) -> Result<()> {
        let socket = self.site.engine()?.socket();
        // All that no container uses, and so every image and every record.
        let all = curl::escape(r#"{"dangling":["false"]}"#);
        curl::post(&socket, &format!("/images/prune?filters={all}"))?;
        curl::post(&socket, "/build/prune?all=1")?;
        let salt = salt()?;
        let tar = self.scratch.join("hollow.tar");
        for name in self.hollow.images() {
            fs::write(&tar, self.hollow.file_system(&format!("{salt} {name}"))?)
                .context("cannot write a hollow image")?;
            curl::post_tar(&socket, &import_path(name), &tar)
                .with_context(|| format!("cannot import a hollow {name}"))?;
        }
        Ok(())
    }

    fn build_commit(&self, commit: &str, image: &Image) -> Result<Build> {
        let failed = |message: String| Ok(Build::Failed(Failure { message, steps: Vec::new() }));
        if let Err(error) = self.checkout.check_out(commit) {
            let cause = error.to_string();
            let last = cause.lines().last().unwrap_or_default().trim();
            return failed(format!("no checkout: {last}"));
        }
        let source = self.checkout.files().join(&image.dockerfile);
        let Ok(text) = fs::read_to_string(&source) else {
            return failed(format!("no Dockerfile {}", image.dockerfile));
        };
        // Elsewhere, so that the context keeps the Dockerfile that it has.
        let dockerfile = self.scratch.join("Dockerfile");
        let (rules, own_rules) = (ignore_file(&source), ignore_file(&dockerfile));
        let write = || -> std::io::Result<()> {
            fs::write(&dockerfile, dockerfile::without_registry(&text))?;
            match fs::read(&rules) {
                Ok(rules) => fs::write(&own_rules, rules),
                Err(_) if own_rules.exists() => fs::remove_file(&own_rules),
                Err(_) => Ok(()),
            }
        };
        write().context("cannot write the Dockerfile to build")?;
        docker::build(
            self.site.engine()?,
            Request {
                context: &self.checkout.files().join(&image.context),
                dockerfile: &dockerfile,
                target: image.target.as_deref(),
            },
        )
    }
}

/// The ignore file that belongs to this Dockerfile alone.
fn ignore_file(dockerfile: &Path) -> std::path::PathBuf {
    let mut path = dockerfile.as_os_str().to_owned();
    path.push(".dockerignore");
    path.into()
}

/// The path and query of an import. The image has no settings, as a forecast knows none of it.
fn import_path(name: &str) -> String {
    let colon = name.rfind(':').filter(|at| !name[*at..].contains('/'));
    let (repository, tag) = colon.map_or((name, "latest"), |at| (&name[..at], &name[at + 1..]));
    let (repository, tag) = (curl::escape(repository), curl::escape(tag));
    format!("/images/create?fromSrc=-&repo={repository}&tag={tag}")
}

/// Letters that no image has had in it before.
fn salt() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("cannot read random bytes")?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_registry_is_no_tag() {
        let path = import_path("registry.test:5000/base");
        assert!(path.ends_with("repo=registry.test%3A5000%2Fbase&tag=latest"), "{path}");
        let path = import_path("docker.io/library/node:20");
        assert!(path.ends_with("repo=docker.io%2Flibrary%2Fnode&tag=20"), "{path}");
    }

    #[test]
    fn no_salt_comes_twice() {
        assert_ne!(salt().unwrap(), salt().unwrap());
    }
}
