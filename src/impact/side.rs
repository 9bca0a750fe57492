//! One of the two trees: its images, read and planned.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::absent::{self, Absent};
use super::facts::Facts;
use super::missing;
use super::platforms;
use super::standing::shown_reference;
use super::types::{Problem, TreeSide};
use crate::context::git::{Notice, Tree};
use crate::context::{self, ContextPath, IgnoreRules, Snapshot, Source as _};
use crate::dockerfile::Dockerfile;
use crate::images::{Image, ImageDockerfile, Images, LeftOut, Missing, NamedContext};
use crate::plan::{
    self, BaseImages, BuildOptions, ContextSource, ImageReference, Plan, PlanRequest, Platform,
};
use crate::predict::{FileTable, file_table};
use crate::{BaseImage, Digest};

/// A tree to be compared, with the images that it names.
#[derive(Debug, Clone)]
pub struct Side {
    /// What it is called: `HEAD`, a revision, `the index`.
    pub label: String,
    /// Its root. Both must be made [comparable](crate::context::git::Repository::comparable).
    pub tree: Tree,
    /// The images.
    pub images: Images,
}

/// Contexts by their directory and the bytes of their rules.
type Contexts = HashMap<(ContextPath, Vec<u8>), Arc<Context>>;

/// A tree with what was read of it.
pub(super) struct Files<'a> {
    pub(super) tree: &'a Tree,
    which: TreeSide,
    facts: &'a dyn Facts,
    images: &'a Images,
    /// Many images have the same.
    contexts: RefCell<Contexts>,
    /// What other images of the tree are to those that stand on them, by name and, where it is not
    /// the only one, by platform.
    made: RefCell<HashMap<(String, Option<String>), BaseImage>>,
    /// Where the tree may not have what a checkout would.
    pub(super) notices: RefCell<BTreeSet<Notice>>,
}

/// A context, read.
pub(super) struct Context {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) table: FileTable,
    /// Submodules that count as empty directories.
    pub(super) absent: Absent,
}

/// An image's Dockerfile and rules.
pub(super) struct Definition {
    pub(super) dockerfile: Dockerfile,
    pub(super) rules: IgnoreRules,
}

/// An image with its plan.
pub(super) struct Planned {
    pub(super) dockerfile: Dockerfile,
    pub(super) rules: IgnoreRules,
    pub(super) context: Arc<Context>,
    pub(super) options: BuildOptions,
    /// The base images that are known.
    pub(super) bases: BaseImages,
    /// The names of those that are not.
    pub(super) unknown: Vec<String>,
    /// Base images that are among them only to be told apart from those for another platform.
    pub(super) invented: BTreeSet<ImageReference>,
    /// What it takes that git ignores. It counts as the same in both trees.
    pub(super) outside: Vec<ContextPath>,
    pub(super) plan: Plan,
}

/// Images that stand on each other are followed this far at once.
const DEPTH: usize = 64;

impl<'a> Files<'a> {
    pub(super) fn new(side: &'a Side, which: TreeSide, facts: &'a dyn Facts) -> Self {
        Self {
            tree: &side.tree,
            which,
            facts,
            images: &side.images,
            contexts: RefCell::default(),
            made: RefCell::default(),
            notices: RefCell::default(),
        }
    }

    /// The image of this name.
    pub(super) fn named(&self, name: &str) -> Option<&'a Image> {
        self.images.named(name)
    }

    /// Reads what an image's instructions and ignore rules are.
    pub(super) fn definition(&self, image: &Image) -> Result<Definition, Problem> {
        let wrong = |error: context::Error| self.problem(image, None, &error.to_string());
        let context = self.tree.at(&image.context).map_err(|error| wrong(error.into()))?;
        let name = dockerfile_name(image);
        let (text, rules) = match &image.dockerfile {
            ImageDockerfile::Inline(text) => {
                // None is beside it: it comes to the engine in a directory of its own.
                let rules = IgnoreRules::load_from(&context, &ContextPath::root());
                (text.clone(), rules.map_err(|error| self.wrong_rules(image, &error))?)
            }
            ImageDockerfile::File(path) => {
                let bytes = self.tree.read(path).map_err(wrong)?;
                let bytes = bytes.ok_or_else(|| {
                    let message = "it is not there; correct the path, or commit the file";
                    self.problem(image, None, message)
                })?;
                let text = String::from_utf8(bytes).map_err(|error| {
                    let (valid, _) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
                    let line = valid.split(|byte| *byte == b'\n').count();
                    let message = "it is not text in UTF-8; save it as UTF-8, or let \
                                   smartbuild.toml exclude it";
                    self.problem(image, u32::try_from(line).ok(), message)
                })?;
                let named = image.named_dockerfile().unwrap_or(path);
                let beside = self.tree.at(&named.parent().unwrap_or_default());
                let beside = beside.map_err(|error| wrong(error.into()))?;
                let own = named.file_name().unwrap_or_default();
                let rules = IgnoreRules::load_beside(&context, &beside, own);
                (text, rules.map_err(|error| self.wrong_rules(image, &error))?)
            }
        };
        let dockerfile = Dockerfile::parse(&name, &text).map_err(|error| {
            let line = Some(error.line());
            self.problem(image, line, &format!("{}; {}", error.kind(), error.kind().help()))
        })?;
        Ok(Definition { dockerfile, rules })
    }

    /// Plans an image for one of its platforms.
    pub(super) fn plan(&self, image: &Image, platform: Option<&str>) -> Result<Planned, Problem> {
        self.plan_at(image, platform, 0)
    }

    fn plan_at(
        &self,
        image: &Image,
        platform: Option<&str>,
        depth: usize,
    ) -> Result<Planned, Problem> {
        let Definition { dockerfile, rules } = self.definition(image)?;
        let own = self.context(image, &image.context, &rules)?;
        let mut context = self.with_named(image, own)?;
        let dialect = self.facts.dialect(&image.context);
        let options = self.options(image, platform)?;
        let absent = context.absent.clone();
        let wrong = |error: &plan::Error| self.refused(image, error, &rules, &absent);
        let wanted =
            plan::base_images(&dockerfile, &options, dialect).map_err(|error| wrong(&error))?;
        let mut bases = BaseImages::new();
        let mut unknown = Vec::new();
        for reference in &wanted {
            match self.base_image(image, reference, depth)? {
                Some(found) => drop(bases.insert(reference.clone(), found)),
                None => unknown.push(shown_reference(&reference.name, &[image])),
            }
        }
        let invented = platforms::tell_apart(&mut bases, &wanted, &options.build_platform);
        let mut outside = Vec::new();
        let plan = loop {
            let request = PlanRequest {
                dockerfile: &dockerfile,
                snapshot: &context.snapshot,
                images: &bases,
                options: &options,
                dialect,
            };
            let error = match plan::plan(request) {
                Ok(plan) => break plan,
                Err(error) => error,
            };
            let source = self.outside(image, &error, &rules);
            let source = source.filter(|it| outside.len() < missing::MOST && !outside.contains(it));
            let Some(source) = source else { return Err(wrong(&error)) };
            context = Arc::new(context.with(&source));
            outside.push(source);
        };
        Ok(Planned { dockerfile, rules, context, options, bases, unknown, invented, outside, plan })
    }

    /// The options that the image is built with for a platform; `None` for the builder's own.
    fn options(&self, image: &Image, wanted: Option<&str>) -> Result<BuildOptions, Problem> {
        let platform = self.facts.platform(&image.context);
        let hosts = image.limits.extra_hosts.iter();
        let hosts = hosts.flat_map(|(name, all)| all.iter().map(move |it| (name, it)));
        let mut options = BuildOptions {
            platform: platform.clone(),
            build_platform: platform,
            build_args: image.args.clone(),
            target: image.target.clone(),
            no_cache: image.no_cache,
            no_cache_filter: image.no_cache_filter.clone(),
            network: image.network.clone(),
            shm_size: image.limits.shm_size,
            ulimits: with_values(image.limits.ulimits.iter()),
            add_hosts: with_values(hosts),
            ..BuildOptions::default()
        };
        if let Some(text) = wanted {
            options.platform =
                Platform::parse_on(&options.build_platform, text).ok_or_else(|| {
                    let message =
                        format!("`{text}` is not a platform; write one such as linux/amd64");
                    self.problem(image, None, &message)
                })?;
        }
        for (name, context) in &image.contexts {
            let context = match context {
                NamedContext::Directory(_) => plan::NamedContext::Directory,
                NamedContext::Image(other) => plan::NamedContext::Image(stand_in("image", other)),
                NamedContext::Outside(text) => {
                    let image = text.strip_prefix("docker-image://");
                    let image = image.filter(|name| plan::reference_problem(name).is_none());
                    let image = image.map_or_else(|| stand_in("outside", text), str::to_owned);
                    plan::NamedContext::Image(image)
                }
            };
            options.contexts.insert(name.clone(), context);
        }
        Ok(options)
    }

    /// What is known of a base image.
    fn base_image(
        &self,
        image: &Image,
        reference: &ImageReference,
        depth: usize,
    ) -> Result<Option<BaseImage>, Problem> {
        let found = self.of_this_tree(image, reference, depth)?;
        Ok(found.or_else(|| self.facts.base_image(&image.context, reference)))
    }

    /// Whether no engine can have built an image, whatever a checkout has that git has not.
    pub(super) fn is_refused(&self, image: &Image) -> bool {
        let Ok(Definition { dockerfile, .. }) = self.definition(image) else {
            return !self.is_unreadable(image);
        };
        let Ok(options) = self.options(image, first_platform(image)) else { return true };
        let dialect = self.facts.dialect(&image.context);
        plan::check_target(&dockerfile, &options, dialect).is_err()
            || plan::base_images(&dockerfile, &options, dialect).is_err()
    }

    /// Whether the tree has files that define the image, and nobody can read them.
    fn is_unreadable(&self, image: &Image) -> bool {
        let common = image.context.join(".dockerignore");
        let file = image.named_dockerfile().cloned();
        let mut files = file.into_iter().chain(image.own_ignore_file()).chain([common]);
        files.any(|file| self.tree.read(&file).is_err())
    }

    /// What the image takes of contexts, as far as its instructions tell.
    pub(super) fn context_sources(
        &self,
        image: &Image,
        dockerfile: &Dockerfile,
    ) -> Result<Vec<ContextSource>, Problem> {
        let options = self.options(image, first_platform(image))?;
        plan::context_sources(dockerfile, &options, self.facts.dialect(&image.context))
            .map_err(|error| self.problem(image, None, &error.problem.to_string()))
    }

    /// Whether a base image has triggers, which may copy what the Dockerfile does not name.
    pub(super) fn has_triggers(&self, image: &Image, dockerfile: &Dockerfile) -> bool {
        let Ok(options) = self.options(image, first_platform(image)) else { return true };
        let dialect = self.facts.dialect(&image.context);
        let Ok(wanted) = plan::base_images(dockerfile, &options, dialect) else { return true };
        wanted.iter().any(|reference| {
            let found = self.facts.base_image(&image.context, reference);
            found.is_some_and(|base| !base.on_build.is_empty())
        })
    }

    /// What a base image is that is another of this tree's images: one whose layers are the steps
    /// that make it, as far as two trees are compared.
    fn of_this_tree(
        &self,
        image: &Image,
        reference: &ImageReference,
        depth: usize,
    ) -> Result<Option<BaseImage>, Problem> {
        let named = image.contexts.values().find_map(|context| match context {
            NamedContext::Image(other) if stand_in("image", other) == reference.name => Some(other),
            _ => None,
        });
        let Some(name) = named else { return Ok(None) };
        // One that is built for several platforms is there for each.
        let platform = reference.platform.to_string();
        let platform = (!self.is_for_one(name)).then_some(&*platform);
        let key = (name.clone(), platform.map(str::to_owned));
        if let Some(known) = self.made.borrow().get(&key) {
            return Ok(Some(known.clone()));
        }
        let Some(other) = self.images.named(name) else {
            let is_elsewhere = |it: &LeftOut| it.what == Missing::Elsewhere(name.clone());
            if self.images.left_out.iter().any(is_elsewhere) {
                return Ok(None);
            }
            let message = format!(
                "it stands on {name}, of which nothing tells how it is built; correct what is \
                 wrong there"
            );
            return Err(self.problem(image, None, &message));
        };
        if depth >= DEPTH {
            let message = format!(
                "more than {DEPTH} images stand on each other here, too many to follow; let it \
                 stand on fewer"
            );
            return Err(self.problem(image, None, &message));
        }
        let planned = self.plan_at(other, platform.or(first_platform(other)), depth + 1)?;
        let request = PlanRequest {
            dockerfile: &planned.dockerfile,
            snapshot: &planned.context.snapshot,
            images: &planned.bases,
            options: &planned.options,
            dialect: self.facts.dialect(&other.context),
        };
        let configured = plan::made_configuration(request).map_err(|error| {
            let line = (error.line > 0).then_some(error.line);
            self.problem(other, line, &error.problem.to_string())
        })?;
        let keys = planned.plan.steps.iter().flat_map(|step| *step.key.0.as_bytes());
        let made = Digest::of(&keys.collect::<Vec<u8>>());
        // An engine that knows images by their manifests looks at all that is in them, and so at
        // instructions that are no steps.
        let texts = planned.dockerfile.instructions().iter().map(|it| it.text.as_str());
        let mut whole: Vec<&str> = texts.collect();
        let layers = made.to_string();
        whole.push(&layers);
        whole.extend(configured.env.iter().map(String::as_str));
        let id = Digest::of(whole.join("\0").as_bytes()).to_string();
        let made = BaseImage { id, layers: vec![made], ..configured };
        self.made.borrow_mut().insert(key, made.clone());
        Ok(Some(made))
    }

    /// Whether the image is built for one platform, be it the builder's own.
    fn is_for_one(&self, name: &str) -> bool {
        self.images.named(name).is_none_or(|image| image.platforms.len() < 2)
    }

    /// The context at the directory, by these rules.
    fn context(
        &self,
        image: &Image,
        directory: &ContextPath,
        rules: &IgnoreRules,
    ) -> Result<Arc<Context>, Problem> {
        let name = (directory.clone(), rules.bytes().to_vec());
        if let Some(known) = self.contexts.borrow().get(&name) {
            return Ok(Arc::clone(known));
        }
        let taken = self.tree.at(directory).map_err(context::Error::from);
        let taken = taken
            .and_then(|tree| tree.snapshot(rules))
            .map_err(|error| self.problem(image, None, &error.to_string()))?;
        let absent = absent::absent(&taken.notices);
        let placed = taken
            .notices
            .into_iter()
            .map(|notice| Notice { path: directory.join(notice.path.as_bytes()), ..notice });
        self.notices.borrow_mut().extend(placed);
        let table = file_table(&taken.snapshot);
        let context = Arc::new(Context { snapshot: Arc::new(taken.snapshot), table, absent });
        self.contexts.borrow_mut().insert(name, Arc::clone(&context));
        Ok(context)
    }

    /// The context with the named ones that are directories.
    fn with_named(&self, image: &Image, own: Arc<Context>) -> Result<Arc<Context>, Problem> {
        let mut named = BTreeMap::new();
        for (name, context) in &image.contexts {
            let NamedContext::Directory(directory) = context else { continue };
            let wrong = |error: context::Error| self.problem(image, None, &error.to_string());
            let tree = self.tree.at(directory).map_err(|error| wrong(error.into()))?;
            let rules = IgnoreRules::load_from(&tree, &ContextPath::root());
            let rules = rules.map_err(|error| self.wrong_rules(image, &error))?;
            let context = self.context(image, directory, &rules)?;
            named.insert(name.clone(), (*context.snapshot).clone());
        }
        if named.is_empty() {
            return Ok(own);
        }
        let snapshot = context::join(Arc::clone(&own.snapshot), named);
        let table = file_table(&snapshot);
        Ok(Arc::new(Context { snapshot, table, absent: own.absent.clone() }))
    }

    /// Something wrong with an ignore file, told there.
    fn wrong_rules(&self, image: &Image, error: &context::Error) -> Problem {
        let message = error.to_string();
        let (context::Error::Pattern { file, line, .. } | context::Error::LongLine { file, line }) =
            error
        else {
            return self.problem(image, None, &message);
        };
        let tree = self.tree.place(&ContextPath::root());
        let from_the_root = tree.to_str().and_then(|tree| file.strip_prefix(tree));
        let own = message.strip_prefix(&format!("{file}:{line}: "));
        Problem {
            file: from_the_root.unwrap_or(file).to_owned(),
            line: u32::try_from(*line).ok(),
            ..self.problem(image, None, own.unwrap_or(&message))
        }
    }

    /// Something wrong with an image.
    pub(super) fn problem(&self, image: &Image, line: Option<u32>, message: &str) -> Problem {
        let inline = image.written.inline.as_ref();
        let inline = inline.filter(|_| matches!(image.dockerfile, ImageDockerfile::Inline(_)));
        Problem {
            side: self.which,
            file: inline.map_or_else(|| dockerfile_name(image), |it| it.origin.file.to_string()),
            line: inline.map_or(line, |inline| line.and_then(|line| inline.line(line))),
            image: Some(image.name.clone()),
            message: message.to_owned(),
            lacks_value: false,
        }
    }
}

/// The platform that counts where nothing is compared.
pub(super) fn first_platform(image: &Image) -> Option<&str> {
    image.platforms.first().map(String::as_str)
}

/// The file that has an image's instructions.
pub(super) fn dockerfile_name(image: &Image) -> String {
    match &image.dockerfile {
        ImageDockerfile::File(path) => path.to_string(),
        ImageDockerfile::Inline(_) => image.origin.file.to_string(),
    }
}

/// The file whose rules count for the image; the usual one where there is none yet.
pub(super) fn ignore_file(image: &Image, rules: &IgnoreRules) -> ContextPath {
    let source = rules.source().map(|it| it.as_os_str().as_encoded_bytes());
    let is_source = |own: &ContextPath| {
        let name = own.file_name().unwrap_or_default();
        source.is_some_and(|source| source.ends_with(name))
    };
    let own = image.own_ignore_file().filter(is_source);
    own.unwrap_or_else(|| image.context.join(".dockerignore"))
}

/// `NAME=VALUE`, as the command line has it.
fn with_values<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    pairs.map(|(name, value)| format!("{name}={value}")).collect()
}

/// A name for what has none that an image can have.
pub(super) fn stand_in(what: &str, of: &str) -> String {
    let digest = Digest::of(of.as_bytes()).to_hex();
    format!("{what}.invalid/{}", &digest[..16])
}
