//! What a plan is made for: options, platforms, and the engine's dialect.

use std::collections::BTreeMap;
use std::fmt;

use super::BaseImages;
use crate::context::Snapshot;
use crate::dockerfile::Dockerfile;

/// Everything that decides the plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The Dockerfile.
    pub dockerfile: &'a Dockerfile,
    /// The context as the engine will have it, with those of `--build-context` that are directories
    /// ([`context::join`](crate::context::join)).
    pub snapshot: &'a Snapshot,
    /// The base images that are known. Steps on an image that is not among them are uncertain.
    pub images: &'a BaseImages,
    /// The build's options.
    pub options: &'a BuildOptions,
    /// How the engine's version reads Dockerfiles.
    pub dialect: Dialect,
}

/// The options of a build that count for its steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildOptions {
    /// `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// `--target`.
    pub target: Option<String>,
    /// What is built for.
    pub platform: Platform,
    /// What the engine runs on.
    pub build_platform: Platform,
    /// `--no-cache`.
    pub no_cache: bool,
    /// `--no-cache-filter`, as given: joined with commas, and taken apart there.
    pub no_cache_filter: Vec<String>,
    /// `--network`.
    pub network: Option<String>,
    /// `--add-host`, `NAME:ADDRESS`; only names count.
    pub add_hosts: Vec<String>,
    /// `--shm-size` in bytes.
    pub shm_size: Option<u64>,
    /// `--ulimit`, as given.
    pub ulimits: Vec<String>,
    /// `--cgroup-parent`.
    pub cgroup_parent: Option<String>,
    /// `--build-context`, by name.
    pub contexts: BTreeMap<String, NamedContext>,
    /// `--label`: to the classic builder each is a step.
    pub labels: BTreeMap<String, String>,
}

impl BuildOptions {
    /// The image of the frontend that reads the Dockerfile in place of the engine's own, where one
    /// is named: that of the build (`BUILDKIT_SYNTAX`) counts before that of the file.
    pub fn frontend<'a>(&'a self, dockerfile: &'a Dockerfile) -> Option<&'a str> {
        let given = self.build_args.get("BUILDKIT_SYNTAX");
        let given = given.map(|line| line.split_whitespace().next().unwrap_or_default());
        given.or_else(|| dockerfile.syntax())
    }
}

impl BuildOptions {
    /// Whether the stage of this name, in lower case, is built without cache.
    ///
    /// The clients join all filters with commas, and the engine takes them apart there: an empty
    /// name is that of the stages that have none, and nothing but one empty name is every stage
    /// (`IsNoCache` in `BuildKit`'s `dockerui`).
    pub(super) fn is_without_cache(&self, stage: Option<&str>) -> bool {
        let filters = &self.no_cache_filter;
        let mut names = filters.iter().flat_map(|filter| filter.split(','));
        let is_every_stage = filters.len() == 1 && filters[0].is_empty();
        self.no_cache
            || is_every_stage
            || names.any(|name| name.to_lowercase() == stage.unwrap_or_default())
    }
}

/// What stands for a name in FROM, `COPY --from` and mounts (`--build-context`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedContext {
    /// An image.
    Image(String),
    /// A directory; its files are in the snapshot.
    Directory,
}

/// The systems that the engine knows by their names alone.
const SYSTEMS: [&str; 17] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "windows",
    "zos",
];

/// An operating system and a processor, such as `linux/arm64/v8`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// `linux`
    pub os: String,
    /// `amd64`
    pub architecture: String,
    /// `v8`; empty where there is none.
    pub variant: String,
}

impl Platform {
    /// As [`Self::parse`], where a system alone is that system on the processor of `engine`.
    pub fn parse_on(engine: &Self, text: &str) -> Option<Self> {
        let os = text.to_lowercase();
        let os = if os == "macos" { "darwin".to_owned() } else { os };
        if !SYSTEMS.contains(&&*os) {
            return Self::parse(text);
        }
        let Self { architecture, variant, .. } = engine.clone();
        let variant = if architecture == "arm" { variant } else { String::new() };
        Some(Self { os, architecture, variant })
    }

    /// Reads `OS/ARCHITECTURE[/VARIANT]`, with the engine's usual other names for processors, or a
    /// processor alone. `None` where it has neither form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(str::to_lowercase);
        let (first, second) = (parts.next()?, parts.next());
        let (os, architecture) = match second {
            Some(architecture) => (first, architecture),
            None => ("linux".to_owned(), first),
        };
        let variant = parts.next().unwrap_or_default();
        if parts.next().is_some() || os.is_empty() || architecture.is_empty() {
            return None;
        }
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("x86_64" | "x86-64" | "amd64", variant) => {
                ("amd64", if variant == "v1" { "" } else { variant })
            }
            ("aarch64" | "arm64", "8" | "v8" | "") => ("arm64", ""),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("i386" | "i486" | "i586" | "i686", _) => ("386", ""),
            (architecture, variant) => (architecture, variant),
        };
        Some(Self { os, architecture: architecture.to_owned(), variant: variant.to_owned() })
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: String::new() }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

/// Which of an engine's builders builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuilderKind {
    /// `BuildKit`: a graph of steps.
    #[default]
    BuildKit,
    /// The one before it (`DOCKER_BUILDKIT=0`): every instruction is a step, and makes an image.
    Classic,
}

/// Where engines differ in how they read Dockerfiles, as data.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about an engine")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Which builder reads them. Not a matter of the version: [`Dialect::with_builder`] tells it.
    pub builder: BuilderKind,
    /// Whether a cache mount's id and sharing are part of the key (`run-cache-mount-id`): until
    /// `BuildKit` 0.13, which came with dockerd 26.0.
    pub cache_mount_options_count: bool,
    /// Whether a cache mount's uid and gid are part of the key (`run-cache-mount-owner`).
    pub cache_mount_owner_counts: bool,
    /// Whether `--shm-size`, `--ulimit`, `--cgroup-parent` and `BUILDKIT_SANDBOX_HOSTNAME` reach
    /// a RUN, and so count (`option-shm-size`, `option-ulimit`, `option-cgroup-parent`,
    /// `option-hostname`).
    pub run_limits_count: bool,
    /// Whether `BUILDKIT_SBOM_SCAN_CONTEXT` and `BUILDKIT_SBOM_SCAN_STAGE` speak to the frontend
    /// alone and are no variables of a RUN (`arg-sbom-changed`): since `BuildKit` 0.11.
    pub knows_sbom_arguments: bool,
    /// Whether every RUN mount makes a single unnamed stage show as `stage-0`
    /// (`run-bind-mount-other`); older engines do so for cache mounts and `from` only.
    pub every_mount_is_a_source: bool,
    /// Whether `SOURCE_DATE_EPOCH` sets the time of what WORKDIR makes, and so counts for it
    /// (`source-date-epoch`).
    pub source_date_epoch_counts: bool,
    /// Whether the engine may digest a directory wrongly once another beside it is gone whose name
    /// went on after the first one's (`yy` beside `y`): found on 20.10 (`dir-renamed-back`).
    pub mistakes_renamed_directories: bool,
    /// Whether what a pattern matches, and what `--exclude` leaves, counts as a list of base names
    /// with their content (`copy-glob-moved-up`).
    pub patterns_count_base_names: bool,
    /// Whether the links inside a directory that a pattern matches, and those that `--exclude`
    /// leaves, count by what they lead to (`copy-glob-inner-link-target-edited`).
    pub patterns_follow_all_links: bool,
    /// Whether `--chmod` may say what changes (`u=rwX`), since `BuildKit` 0.17; before 0.16 what is no
    /// octal number does not count at all (`stage-files-symbolic-mode-edited`).
    pub symbolic_modes_count: bool,
    /// Whether the engine's store can merge layers, and so heeds `--link`
    /// (`copy-link-left-out`). Not a matter of the version: [`Dialect::with_merging`] tells it.
    pub merges: bool,
    /// Whether the engine knows an image by its manifest first, and by its layers only where it
    /// does not know that manifest, as with containerd's store: what is built on an image that it
    /// knows is not found on another one with the same layers (`base-made-then-new-label`). Goes
    /// with [`Dialect::merges`].
    pub knows_manifests: bool,
    /// Whether ONBUILD triggers are counted in a step's `n` and shown with `ONBUILD `
    /// (`base-onbuild`).
    pub marks_onbuild: bool,
    /// Whether a RUN that mounts the stage which it stands on counts by the content of that, and
    /// not by its steps (`stage-below-mounted`).
    pub mounts_decide_for_the_stage_below: bool,
    /// Whether a secret, and an ssh agent, counts as a mount of all of the stage that a RUN stands on
    /// (`stage-below-a-secret`): such mounts named no input of their own until `BuildKit` 0.15.
    pub secrets_mount_the_stage_below: bool,
    /// Whether `--build-context` reaches the frontend; an old one passes it by.
    pub has_named_contexts: bool,
    /// Whether a file's owner is part of its content (`stage-files-chown-edited`). The classic
    /// builder always looks at it.
    pub owners_count: bool,
    /// Whether the ONBUILD triggers of an image that takes a stage's place run for what is built
    /// on that stage (`context-image-with-triggers-for-a-stage`). The frontend leaves them from
    /// `BuildKit` 0.18 on, which came with dockerd 28.0.
    pub replaced_stages_have_triggers: bool,
    /// Whether those that the replaced stage's own instructions set run there
    /// (`context-for-a-stage-with-its-own-trigger`): since the frontend looks for ONBUILD in the
    /// stages below, with `BuildKit` 0.17.
    pub replaced_stages_set_triggers: bool,
    /// Whether a copy from a stage is found by its content where an equal step of the same build has
    /// just copied that (`stage-copied-on-in-one-build`), without cache too, and what stands on it
    /// by that. Seen on 20.10, and not on 26.1; what is between them was not asked, and is taken to
    /// do so. On `scratch` a copy is found everywhere.
    pub finds_copies_of_one_build: bool,
    /// Whether a mount of all of a context or stage counts where a RUN mounts a part of the same as
    /// well (`run-bind-all-and-a-part-other-edited`); since `BuildKit` 0.13.
    pub whole_mounts_count_beside_parts: bool,
    /// Whether the classic builder cleans an absolute path of WORKDIR (`workdir-respelt`).
    pub cleans_directories: bool,
}

impl Dialect {
    /// The dialect of dockerd at `version`, such as `28.5.2`; the newest for what is no number.
    pub fn of_version(version: &str) -> Self {
        let mut numbers = version.split(['.', '-', '+']).map_while(|part| part.parse().ok());
        let at = (numbers.next().unwrap_or(u32::MAX), numbers.next().unwrap_or(0));
        Self {
            builder: BuilderKind::BuildKit,
            cache_mount_options_count: at < (26, 0),
            cache_mount_owner_counts: at >= (23, 0),
            run_limits_count: at >= (23, 0),
            knows_sbom_arguments: at >= (24, 0),
            every_mount_is_a_source: at >= (23, 0),
            source_date_epoch_counts: at >= (27, 0),
            mistakes_renamed_directories: at < (23, 0),
            patterns_count_base_names: at >= (23, 0),
            patterns_follow_all_links: ((23, 0)..(28, 5)).contains(&at),
            symbolic_modes_count: at >= (27, 4),
            merges: false,
            knows_manifests: false,
            marks_onbuild: at >= (27, 4),
            mounts_decide_for_the_stage_below: at >= (26, 0),
            secrets_mount_the_stage_below: ((26, 0)..(27, 1)).contains(&at),
            has_named_contexts: at >= (23, 0),
            owners_count: at >= (23, 0),
            replaced_stages_have_triggers: at < (28, 0),
            replaced_stages_set_triggers: at >= (27, 4),
            finds_copies_of_one_build: at < (26, 1),
            whole_mounts_count_beside_parts: at >= (26, 0),
            cleans_directories: at >= (26, 1),
        }
    }

    /// This dialect as the builder of this kind has it.
    #[must_use]
    pub const fn with_builder(self, builder: BuilderKind) -> Self {
        match builder {
            BuilderKind::BuildKit => Self { builder, ..self },
            // It sends the whole context each time, and has one way to store an image.
            BuilderKind::Classic => Self {
                builder,
                merges: false,
                mistakes_renamed_directories: false,
                owners_count: true,
                ..self
            },
        }
    }

    /// This dialect where the Dockerfile or the build names a frontend of its own (`# syntax=`,
    /// `BUILDKIT_SYNTAX`): that reads the file in place of the engine's. What frontends decide is
    /// then as in the newest one, and what only some of them count, counts.
    #[must_use]
    pub(super) fn read_by(self, dockerfile: &Dockerfile, options: &BuildOptions) -> Self {
        if options.frontend(dockerfile).is_none() || self.builder == BuilderKind::Classic {
            return self;
        }
        Self {
            cache_mount_owner_counts: true,
            run_limits_count: true,
            knows_sbom_arguments: false,
            every_mount_is_a_source: true,
            source_date_epoch_counts: true,
            symbolic_modes_count: true,
            marks_onbuild: true,
            has_named_contexts: true,
            secrets_mount_the_stage_below: false,
            replaced_stages_have_triggers: false,
            replaced_stages_set_triggers: true,
            ..self
        }
    }

    /// This dialect on an engine whose store can merge layers, as containerd's can, or cannot.
    #[must_use]
    pub const fn with_merging(self, merges: bool) -> Self {
        Self { merges, knows_manifests: merges, ..self }
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::of_version("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_have_one_spelling() {
        let spelled = |text: &str| Platform::parse(text).map(|platform| platform.to_string());
        assert_eq!(spelled("linux/x86_64").as_deref(), Some("linux/amd64"));
        assert_eq!(spelled("arm64").as_deref(), Some("linux/arm64"));
        assert_eq!(spelled("linux/arm64/v8").as_deref(), Some("linux/arm64"));
        assert_eq!(spelled("linux/arm/v6").as_deref(), Some("linux/arm/v6"));
        assert_eq!(spelled("linux/"), None);
        assert_eq!(spelled("a/b/c/d"), None);
    }

    #[test]
    fn a_system_alone_is_on_the_engines_processor() {
        let engine = Platform::parse("linux/arm64").unwrap();
        let spelled = |text: &str| Platform::parse_on(&engine, text).map(|it| it.to_string());
        assert_eq!(spelled("linux").as_deref(), Some("linux/arm64"));
        assert_eq!(spelled("Windows").as_deref(), Some("windows/arm64"));
        assert_eq!(spelled("amd64").as_deref(), Some("linux/amd64"));
        assert_eq!(spelled("linux/386").as_deref(), Some("linux/386"));
    }

    #[test]
    fn dialects_follow_the_version() {
        assert!(Dialect::of_version("20.10.24").cache_mount_options_count);
        assert!(Dialect::of_version("25.0.3").cache_mount_options_count);
        assert!(!Dialect::of_version("26.1.5+dfsg1").cache_mount_options_count);
        assert!(!Dialect::of_version("26.1.5+dfsg1").marks_onbuild);
        assert!(Dialect::of_version("28.5.2").marks_onbuild);
        assert!(Dialect::of_version("dev").marks_onbuild);
    }
}
