//! The caches of package managers and compilers, as data: a row each.
//!
//! Only those whose work ends up elsewhere: `go mod download`, `cargo fetch`, Maven, Gradle and
//! `dotnet restore` leave nothing but their cache, which later steps need, and Poetry keeps its
//! environments beside its cache.

/// A tool that keeps a cache below the home directory.
#[derive(Debug)]
pub(super) struct Row {
    /// Its name, for people.
    pub(super) tool: &'static str,
    /// The programs.
    pub(super) programs: &'static [&'static str],
    /// The commands that fill the cache.
    pub(super) verbs: &'static [&'static str],
    /// The cache, below the home directory.
    pub(super) place: &'static str,
    /// Options that keep the cache out of the layer, and make it of no use.
    pub(super) against: &'static [&'static str],
    /// How variables begin that put the cache elsewhere or switch it off.
    pub(super) variables: &'static [&'static str],
}

pub(super) const ROWS: &[Row] = &[
    Row {
        tool: "pip",
        programs: &["pip", "pip3"],
        verbs: &["install", "wheel"],
        place: ".cache/pip",
        against: &["--no-cache-dir"],
        variables: &["PIP_CACHE", "PIP_NO_CACHE", "PIP_CONFIG"],
    },
    Row {
        tool: "uv",
        programs: &["uv"],
        verbs: &["sync", "pip"],
        place: ".cache/uv",
        against: &["--no-cache", "-n"],
        variables: &["UV_CACHE", "UV_NO_CACHE", "UV_CONFIG", "UV_LINK_MODE"],
    },
    Row {
        tool: "npm",
        programs: &["npm"],
        verbs: &["ci", "i", "install", "clean-install"],
        place: ".npm",
        against: &[],
        variables: &["NPM_CONFIG_CACHE", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_PREFIX"],
    },
    Row {
        tool: "go",
        programs: &["go"],
        verbs: &["build", "install", "test"],
        place: ".cache/go-build",
        against: &[],
        variables: &["GOCACHE", "GOENV"],
    },
];
