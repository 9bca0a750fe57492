//! What to look for, as data: a row a thing. Every row is tested.

use super::SuspectKind;
use super::SuspectKind::{BuildOutput, Cache, Dependencies, Editor, VersionControl};

/// A name, or what it begins or ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// The whole name.
    Is(&'static str),
    /// The name begins so.
    Begins(&'static str),
    /// The name ends so.
    Ends(&'static str),
}

/// What makes a directory's name sure. Names such as `build` are also given to what people
/// wrote, so those count only where the tool that makes them shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// The name is sign enough.
    Name,
    /// One of these is beside it.
    Beside(&'static [&'static str]),
    /// One of these is in it.
    Inside(&'static [&'static str]),
}

/// A directory that nearly nobody wants to send.
#[derive(Debug, Clone, Copy)]
pub(super) struct DirectoryRow {
    pub(super) name: Name,
    pub(super) sign: Sign,
    pub(super) kind: SuspectKind,
    pub(super) what: &'static str,
}

/// A file that nearly nobody wants to send.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileRow {
    pub(super) name: Name,
    pub(super) kind: SuspectKind,
    pub(super) what: &'static str,
}

const fn directory(
    name: &'static str,
    sign: Sign,
    kind: SuspectKind,
    what: &'static str,
) -> DirectoryRow {
    DirectoryRow { name: Name::Is(name), sign, kind, what }
}

const fn file(name: Name, kind: SuspectKind, what: &'static str) -> FileRow {
    FileRow { name, kind, what }
}

/// What a Python environment has at its root.
const PYTHON_ENVIRONMENT: Sign = Sign::Inside(&["pyvenv.cfg"]);

/// Where Python, JavaScript and others put what they made.
const PYTHON_PROJECT: &[&str] = &["setup.py", "setup.cfg", "pyproject.toml"];

/// Directories, the more certain rows first.
pub(super) const DIRECTORIES: &[DirectoryRow] = &[
    directory(".git", Sign::Name, VersionControl, "git's history"),
    directory(".hg", Sign::Name, VersionControl, "Mercurial's history"),
    directory(".svn", Sign::Name, VersionControl, "Subversion's copy"),
    directory(".bzr", Sign::Name, VersionControl, "Bazaar's history"),
    directory(".jj", Sign::Name, VersionControl, "Jujutsu's history"),
    directory("node_modules", Sign::Name, Dependencies, "installed Node packages"),
    directory("bower_components", Sign::Name, Dependencies, "installed Bower packages"),
    directory(".venv", Sign::Name, Dependencies, "a Python environment"),
    directory("venv", PYTHON_ENVIRONMENT, Dependencies, "a Python environment"),
    directory("env", PYTHON_ENVIRONMENT, Dependencies, "a Python environment"),
    directory(".eggs", Sign::Name, Dependencies, "installed Python packages"),
    directory("deps", Sign::Beside(&["mix.exs"]), Dependencies, "installed Elixir packages"),
    directory("__pycache__", Sign::Name, Cache, "Python's bytecode"),
    directory(".pytest_cache", Sign::Name, Cache, "pytest's cache"),
    directory(".mypy_cache", Sign::Name, Cache, "mypy's cache"),
    directory(".ruff_cache", Sign::Name, Cache, "ruff's cache"),
    directory(".tox", Sign::Name, Cache, "tox's environments"),
    directory(".nox", Sign::Name, Cache, "nox's environments"),
    directory(".ipynb_checkpoints", Sign::Name, Cache, "Jupyter's checkpoints"),
    directory(".gradle", Sign::Name, Cache, "Gradle's cache"),
    directory(".parcel-cache", Sign::Name, Cache, "Parcel's cache"),
    directory(".turbo", Sign::Name, Cache, "Turborepo's cache"),
    directory(".nyc_output", Sign::Name, Cache, "coverage data"),
    directory(".terraform", Sign::Name, Cache, "Terraform's providers"),
    directory(".zig-cache", Sign::Name, Cache, "Zig's cache"),
    directory("coverage", Sign::Inside(&["lcov.info", "lcov-report"]), Cache, "a coverage report"),
    directory("htmlcov", Sign::Name, Cache, "a coverage report"),
    directory("target", Sign::Inside(&["CACHEDIR.TAG"]), BuildOutput, "Cargo's output"),
    directory("target", Sign::Beside(&["Cargo.toml"]), BuildOutput, "Cargo's output"),
    directory("target", Sign::Beside(&["pom.xml"]), BuildOutput, "Maven's output"),
    directory("target", Sign::Beside(&["build.sbt"]), BuildOutput, "sbt's output"),
    directory(
        "build",
        Sign::Beside(&["build.gradle", "build.gradle.kts"]),
        BuildOutput,
        "Gradle's output",
    ),
    directory("build", Sign::Beside(PYTHON_PROJECT), BuildOutput, "Python's build output"),
    directory("build", Sign::Inside(&["CMakeCache.txt"]), BuildOutput, "CMake's output"),
    directory("dist", Sign::Beside(PYTHON_PROJECT), BuildOutput, "Python distributions"),
    directory("dist", Sign::Beside(&["package.json"]), BuildOutput, "a bundler's output"),
    directory(".next", Sign::Name, BuildOutput, "Next.js's output"),
    directory(".nuxt", Sign::Name, BuildOutput, "Nuxt's output"),
    directory(".svelte-kit", Sign::Name, BuildOutput, "SvelteKit's output"),
    directory(".dart_tool", Sign::Name, BuildOutput, "Dart's output"),
    directory(".stack-work", Sign::Name, BuildOutput, "Stack's output"),
    directory("dist-newstyle", Sign::Name, BuildOutput, "Cabal's output"),
    directory("_build", Sign::Beside(&["mix.exs", "dune-project"]), BuildOutput, "build output"),
    directory("obj", Sign::Inside(&["project.assets.json"]), BuildOutput, ".NET's output"),
    DirectoryRow {
        name: Name::Ends(".egg-info"),
        sign: Sign::Name,
        kind: BuildOutput,
        what: "Python's build output",
    },
    DirectoryRow {
        name: Name::Begins("cmake-build-"),
        sign: Sign::Name,
        kind: BuildOutput,
        what: "CMake's output",
    },
    directory(".idea", Sign::Name, Editor, "JetBrains' settings"),
    directory(".vscode", Sign::Name, Editor, "VS Code's settings"),
    directory(".vs", Sign::Name, Editor, "Visual Studio's files"),
    directory(".fleet", Sign::Name, Editor, "Fleet's settings"),
];

/// Files by their names alone.
pub(super) const FILES: &[FileRow] = &[
    file(Name::Is(".DS_Store"), Editor, "macOS's folder settings"),
    file(Name::Is("Thumbs.db"), Editor, "Windows's thumbnails"),
    file(Name::Is("desktop.ini"), Editor, "Windows's folder settings"),
    file(Name::Ends(".swp"), Editor, "Vim's swap files"),
    file(Name::Ends(".swo"), Editor, "Vim's swap files"),
    file(Name::Ends("~"), Editor, "an editor's backups"),
    file(Name::Begins(".#"), Editor, "Emacs's locks"),
    file(Name::Ends(".pyc"), Cache, "Python's bytecode"),
    file(Name::Ends(".pyo"), Cache, "Python's bytecode"),
    file(Name::Ends(".tsbuildinfo"), Cache, "TypeScript's cache"),
    file(Name::Is(".coverage"), Cache, "coverage data"),
    file(Name::Is(".eslintcache"), Cache, "ESLint's cache"),
    file(Name::Begins("npm-debug.log"), Cache, "npm's logs"),
    file(Name::Begins("yarn-error.log"), Cache, "yarn's logs"),
    file(Name::Ends(".hprof"), Cache, "Java heap dumps"),
];

impl Name {
    pub(super) fn matches(self, name: &[u8]) -> bool {
        match self {
            Self::Is(whole) => name == whole.as_bytes(),
            Self::Begins(start) => name.starts_with(start.as_bytes()),
            // A name that is nothing but its ending is something else.
            Self::Ends(end) => name.len() > end.len() && name.ends_with(end.as_bytes()),
        }
    }

    /// The name in the language of ignore files.
    pub(super) fn glob(self) -> String {
        match self {
            Self::Is(whole) => whole.to_owned(),
            Self::Begins(start) => format!("{start}*"),
            Self::Ends(end) => format!("*{end}"),
        }
    }

    /// A name that it matches.
    #[cfg(test)]
    pub(super) fn example(self) -> String {
        self.glob().replace('*', "x")
    }
}

impl DirectoryRow {
    pub(super) fn glob(&self) -> String {
        self.name.glob()
    }
}
