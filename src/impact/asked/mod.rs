//! One Dockerfile that is asked for by its name, alone or with one of its stages.
//!
//! The name is that of one of the trees. The other may have the same Dockerfile or stage by another
//! name, and a limit must not be kept because it was not found there: what went on is paired, and
//! where nobody can tell, nothing is compared and no limit is kept.

mod file;
mod stage;

use std::collections::BTreeMap;

use super::TreeSide;
use crate::context::git::Tree;
use crate::context::{self, ContextPath, Found, Source as _};
use crate::dockerfile::Dockerfile;
use crate::images::{
    Image, ImageDockerfile, Images, LeftOut, Missing, Origin, Problem, RunLimits, Written,
};
use crate::plan::{self, BuildOptions, Dialect};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The Dockerfile, from the repository's root.
    pub dockerfile: ContextPath,
    /// The directory that is its context.
    pub context: ContextPath,
    /// The stage; `None` for the last.
    pub target: Option<String>,
    /// Build arguments with their values.
    pub args: BTreeMap<String, String>,
}

/// Why nothing can be compared.
#[derive(Debug, thiserror::Error)]
pub enum AskedError {
    /// No tree has the Dockerfile.
    #[error("neither of the two trees has {0}; name a Dockerfile that one of them has")]
    NoDockerfile(ContextPath),
    /// No tree that has it has the stage.
    #[error("{file}: {problem}; name one of the stages with --target")]
    NoStage {
        /// The Dockerfile.
        file: ContextPath,
        /// What stages there are.
        problem: plan::Problem,
    },
    /// A tree cannot be read.
    #[error(transparent)]
    Context(#[from] context::Error),
}

/// What another tree has of something.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Counterpart<T> {
    /// This.
    Found(T),
    /// Nothing.
    Nothing,
    /// Perhaps this, in words.
    Untold(String),
}

impl Asked {
    /// The image as the older and as the newer tree have it.
    ///
    /// # Errors
    ///
    /// Where neither has it: a limit must not be kept by a slip in a name.
    pub fn images(&self, base: &Tree, head: &Tree) -> Result<(Images, Images), AskedError> {
        let path = &self.dockerfile;
        let (in_base, in_head) = match (has(base, path)?, has(head, path)?) {
            (false, false) => return Err(AskedError::NoDockerfile(path.clone())),
            (true, true) => (Counterpart::Found(path.clone()), Counterpart::Found(path.clone())),
            (true, false) => {
                (Counterpart::Found(path.clone()), file::counterpart(path, base, head)?)
            }
            (false, true) => {
                (file::counterpart(path, head, base)?, Counterpart::Found(path.clone()))
            }
        };
        let mut older = self.of_tree(base, TreeSide::Base, in_base);
        let mut newer = self.of_tree(head, TreeSide::Head, in_head);
        let stages = (stages(base, &older)?, stages(head, &newer)?);
        match (self.missing_target(stages.0.as_ref()), self.missing_target(stages.1.as_ref())) {
            (Some(_), None) if stages.1.is_some() => {
                self.pair_stage(&mut older, TreeSide::Base, (&stages.1, &stages.0));
            }
            (None, Some(_)) if stages.0.is_some() => {
                self.pair_stage(&mut newer, TreeSide::Head, (&stages.0, &stages.1));
            }
            (before, Some(problem)) if before.is_some() || older.images.is_empty() => {
                return Err(AskedError::NoStage { file: path.clone(), problem });
            }
            (Some(problem), _) if newer.images.is_empty() => {
                return Err(AskedError::NoStage { file: path.clone(), problem });
            }
            _ => {}
        }
        Ok((older, newer))
    }

    /// What a tree has that has the Dockerfile so.
    fn of_tree(&self, tree: &Tree, side: TreeSide, found: Counterpart<ContextPath>) -> Images {
        match found {
            Counterpart::Found(path) => {
                Images { images: vec![self.image(tree, path)], ..Images::default() }
            }
            Counterpart::Nothing => Images::default(),
            Counterpart::Untold(perhaps) => self.untold(&format!(
                "{} does not have it by this name, and nobody can tell whether it is {perhaps}; \
                 compare without --file, or rename it in a commit of its own",
                tree_word(side)
            )),
        }
    }

    /// The image of which a tree does not tell what becomes of it.
    fn untold(&self, message: &str) -> Images {
        let problem = Problem {
            file: self.dockerfile.clone(),
            line: None,
            message: message.to_owned(),
            lacks_value: false,
        };
        let what = Missing::Image(self.dockerfile.to_string());
        Images { left_out: vec![LeftOut::new(what, problem)], ..Images::default() }
    }

    fn image(&self, tree: &Tree, dockerfile: ContextPath) -> Image {
        let beside = |of: &ContextPath| of.parent().unwrap_or_default();
        // A directory that was renamed took its context along.
        let is_moved = self.context == beside(&self.dockerfile) && tree.at(&self.context).is_err();
        let context = if is_moved { beside(&dockerfile) } else { self.context.clone() };
        Image {
            // The same in both trees, whatever the file is called there.
            name: self.dockerfile.to_string(),
            dockerfile: ImageDockerfile::File(dockerfile.clone()),
            dockerfile_link: None,
            context,
            target: self.target.clone(),
            args: self.args.clone(),
            contexts: BTreeMap::new(),
            platforms: Vec::new(),
            no_cache: false,
            no_cache_filter: Vec::new(),
            network: None,
            limits: RunLimits::default(),
            pull: false,
            tags: Vec::new(),
            cache_from: Vec::new(),
            origin: Origin { file: dockerfile, line: 1 },
            project: None,
            written: Written::default(),
        }
    }

    /// What is wrong with the target in a Dockerfile that has not its stage.
    fn missing_target(&self, dockerfile: Option<&Dockerfile>) -> Option<plan::Problem> {
        let options = BuildOptions { target: self.target.clone(), ..BuildOptions::default() };
        match plan::check_target(dockerfile?, &options, Dialect::default()) {
            Err(error) if matches!(error.problem, plan::Problem::NoTarget { .. }) => {
                Some(error.problem)
            }
            _ => None,
        }
    }

    /// Lets the image of the tree that has not the stage be the stage that it was, or is now. The
    /// Dockerfiles are the one that has it, and the one that has not.
    fn pair_stage(
        &self,
        images: &mut Images,
        side: TreeSide,
        (own, other): (&Option<Dockerfile>, &Option<Dockerfile>),
    ) {
        let (Some(own), Some(other), Some(target)) = (own, other, &self.target) else { return };
        match stage::counterpart(target, own, other) {
            Counterpart::Found(name) => {
                for image in &mut images.images {
                    image.target.clone_from(&name);
                }
            }
            Counterpart::Nothing => *images = Images::default(),
            Counterpart::Untold(perhaps) => {
                *images = self.untold(&format!(
                    "{} does not have the stage `{target}`, and nobody can tell whether it is \
                     {perhaps}; name the stage in a commit of its own",
                    tree_word(side)
                ));
            }
        }
    }
}

fn tree_word(side: TreeSide) -> &'static str {
    match side {
        TreeSide::Base => "the older tree",
        TreeSide::Head => "the newer tree",
    }
}

fn has(tree: &Tree, path: &ContextPath) -> Result<bool, context::Error> {
    Ok(matches!(tree.find(path)?, Some(Found::File(_) | Found::Symlink(_))))
}

/// The Dockerfile of the only image. What is no Dockerfile is told where it is compared.
fn stages(tree: &Tree, images: &Images) -> Result<Option<Dockerfile>, context::Error> {
    let Some(Image { dockerfile: ImageDockerfile::File(path), .. }) = images.images.first() else {
        return Ok(None);
    };
    let bytes = tree.read(path)?.unwrap_or_default();
    Ok(Dockerfile::parse(&path.to_string(), &String::from_utf8_lossy(&bytes)).ok())
}
