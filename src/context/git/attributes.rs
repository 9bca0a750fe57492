//! Which attributes apply to a path: what decides how a checkout writes it.
//!
//! In: the `.gitattributes` of each directory, as a walk enters and leaves it, and the files beside
//! the repository. Out: for each file, how its bytes are converted. All files come from the tree
//! that is being read, as they do for a checkout of it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use gix::attrs::search::{MetadataCollection, Outcome};
use gix::attrs::{Search, Source, StateRef};
use gix::bstr::ByteSlice;
use gix::filter::plumbing::eol::{AutoCrlf, Configuration, Mode};
use gix::glob::pattern::Case;

use super::GitError;
use super::convert::{Encoding, EndOfLine, Form};
use super::notice::NoticeReason;
use super::store::{Store, reason};

/// The file's name.
pub(super) const FILE: &[u8] = b".gitattributes";

/// Git reads no larger attributes.
pub(super) const SIZE_LIMIT: usize = 100 * 1024 * 1024;

/// What is asked for, in the order of [`Answer`].
const NAMES: [&str; 6] = ["crlf", "text", "eol", "ident", "working-tree-encoding", "filter"];

/// The attributes that apply in one repository, at one place of a walk.
pub(super) struct Attributes {
    /// The built-in ones, the system's, the user's, and those of the directories entered.
    search: Search,
    /// `info/attributes`, which comes before all others.
    own: Search,
    names: MetadataCollection,
    outcome: Outcome,
    case: Case,
    eol: Configuration,
    /// The filters that the configuration has a command for.
    filters: BTreeSet<Vec<u8>>,
    /// For each directory entered, whether it has attributes of its own.
    entered: Vec<bool>,
    /// How many lists of patterns there are before any directory's.
    base: usize,
    /// Whether files can only be written as they are.
    plain: bool,
}

/// How one file is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Treatment {
    pub(super) form: Form,
    /// Whether the bytes may be a pointer to a large file.
    pub(super) large: bool,
    /// What a checkout would do that is not done here.
    pub(super) notice: Option<NoticeReason>,
}

impl Attributes {
    /// What applies at the root of the repository, before its own files are read.
    pub(super) fn of(store: &Store, repository: &gix::Repository) -> Result<Self, GitError> {
        let setting = |error: gix::Error| GitError::Setting {
            name: "core.autocrlf, core.eol or filter",
            reason: reason(&error),
        };
        let options = gix::filter::Pipeline::options(repository).map_err(setting)?;
        let mut names = MetadataCollection::default();
        let mut buffer = Vec::new();
        let mut globals = |files: Vec<PathBuf>, names: &mut MetadataCollection| {
            let first = files.first().cloned().unwrap_or_default();
            Search::new_globals(files, &mut buffer, names)
                .map_err(|reason| GitError::File { path: first, reason })
        };
        let search = globals(global_files(store, repository)?, &mut names)?;
        let own =
            globals(vec![repository.common_dir().join("info").join("attributes")], &mut names)?;
        let filters = options.drivers.iter();
        let filters = filters.filter(|it| it.smudge.is_some() || it.process.is_some());
        let case = match repository.config_snapshot().boolean("core.ignoreCase") {
            Some(true) => Case::Fold,
            _ => Case::Sensitive,
        };
        let base = search.num_pattern_lists();
        let mut attributes = Self {
            search,
            own,
            names,
            outcome: Outcome::default(),
            case,
            eol: options.eol_config,
            filters: filters.map(|it| it.name.to_vec()).collect(),
            entered: Vec::new(),
            base,
            plain: false,
        };
        attributes.renew();
        Ok(attributes)
    }

    /// Goes into the directory at `path` (from the repository's root), which has this file.
    pub(super) fn enter(&mut self, path: &[u8], file: Option<&[u8]>) -> Result<(), GitError> {
        self.entered.push(file.is_some());
        let Some(text) = file else { return Ok(()) };
        let directory = PathBuf::from(OsString::from_vec(path.to_vec()));
        let source = directory.join(".gitattributes");
        // Macros are for the whole repository, and so are read at its root only.
        self.search
            .add_patterns_buffer(
                text,
                source.clone(),
                Some(Path::new("")),
                &mut self.names,
                path.is_empty(),
            )
            .map_err(|reason| GitError::File { path: source, reason })?;
        self.renew();
        Ok(())
    }

    /// Leaves the directory entered last.
    pub(super) fn leave(&mut self) {
        if self.entered.pop() == Some(true) {
            self.search.pop_pattern_list();
            self.renew();
        }
    }

    /// How the file at `path` (from the repository's root) is written.
    pub(super) fn treatment(&mut self, path: &[u8]) -> Treatment {
        if self.plain {
            return Treatment::default();
        }
        self.outcome.reset();
        let path = path.as_bstr();
        self.own.pattern_matching_relative_path(path, self.case, Some(false), &mut self.outcome);
        if !self.outcome.is_done() {
            self.search.pattern_matching_relative_path(
                path,
                self.case,
                Some(false),
                &mut self.outcome,
            );
        }
        self.decide()
    }

    fn decide(&self) -> Treatment {
        let mut states = [StateRef::Unspecified; NAMES.len()];
        for (state, found) in states.iter_mut().zip(self.outcome.iter_selected()) {
            *state = found.assignment.state;
        }
        let [crlf, text, eol, ident, encoding, filter] = states;
        let mut treatment = Treatment::default();
        treatment.form.end_of_line =
            end_of_line(line_rule(crlf).or(line_rule(text)), eol, self.eol);
        treatment.form.ident = ident == StateRef::Set;
        if let StateRef::Value(name) = encoding {
            let name = name.as_bstr().to_str_lossy();
            if let Ok(encoding) = Encoding::of_name(&name) {
                treatment.form.encoding = encoding;
            } else {
                let encoding = name.into_owned();
                treatment.notice = Some(NoticeReason::EncodingUnknown { encoding });
            }
        }
        if let StateRef::Value(name) = filter {
            let name = name.as_bstr();
            if name == "lfs" {
                treatment.large = true;
            } else if self.filters.contains(name.as_bytes()) {
                let filter = name.to_str_lossy().into_owned();
                treatment.notice = Some(NoticeReason::FilterNotRun { filter });
            }
        }
        treatment
    }

    /// Takes account of lists that came or went.
    fn renew(&mut self) {
        self.outcome = Outcome::default();
        self.outcome.initialize_with_selection(&self.names, NAMES);
        // Of the lists before any directory's, the built-in one alone changes nothing.
        let lists = self.search.num_pattern_lists() + self.own.num_pattern_lists();
        self.plain = lists == 2 && self.base == 1 && self.eol.auto_crlf != AutoCrlf::Enabled;
    }
}

/// What `text`, or the older `crlf`, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineRule {
    Text,
    Binary,
    Input,
    Auto,
}

fn line_rule(state: StateRef<'_>) -> Option<LineRule> {
    match state {
        StateRef::Set => Some(LineRule::Text),
        StateRef::Unset => Some(LineRule::Binary),
        StateRef::Value(value) if value.as_bstr() == "input" => Some(LineRule::Input),
        StateRef::Value(value) if value.as_bstr() == "auto" => Some(LineRule::Auto),
        StateRef::Value(_) | StateRef::Unspecified => None,
    }
}

/// How line ends are written (git's `convert_attrs` and `output_eol`).
fn end_of_line(rule: Option<LineRule>, eol: StateRef<'_>, settings: Configuration) -> EndOfLine {
    let named = match eol {
        StateRef::Value(value) if value.as_bstr() == "lf" => Some(Mode::Lf),
        StateRef::Value(value) if value.as_bstr() == "crlf" => Some(Mode::CrLf),
        _ => None,
    };
    let usual = || match settings.auto_crlf {
        AutoCrlf::Enabled => Mode::CrLf,
        AutoCrlf::Input => Mode::Lf,
        AutoCrlf::Disabled => settings.eol.unwrap_or(Mode::Lf),
    };
    let (mode, auto) = match (rule, named) {
        (Some(LineRule::Binary), _) | (Some(LineRule::Input), None) => return EndOfLine::AsIs,
        (Some(LineRule::Auto), Some(mode)) => (mode, true),
        (_, Some(mode)) => (mode, false),
        (Some(LineRule::Auto), None) => (usual(), true),
        (Some(LineRule::Text), None) => (usual(), false),
        (None, None) if settings.auto_crlf == AutoCrlf::Enabled => (Mode::CrLf, true),
        (None, None) => return EndOfLine::AsIs,
    };
    match (mode, auto) {
        (Mode::Lf, _) => EndOfLine::AsIs,
        (Mode::CrLf, false) => EndOfLine::CrLf,
        (Mode::CrLf, true) => EndOfLine::CrLfIfText,
    }
}

/// The attributes of the system and of the user, the weakest first.
fn global_files(store: &Store, repository: &gix::Repository) -> Result<Vec<PathBuf>, GitError> {
    let named = repository.config_snapshot().trusted_path("core.attributesFile");
    let named = named.map_err(|error| GitError::Setting {
        name: "core.attributesFile",
        reason: reason(&error),
    })?;
    if !store.options.user_configuration {
        return Ok(named.into_iter().collect());
    }
    let variable = |name: &str| {
        matches!(name, "HOME" | "XDG_CONFIG_HOME").then(|| std::env::var_os(name)).flatten()
    };
    let user = named.or_else(|| Source::Git.storage_location(&mut { variable }));
    Ok([Some(PathBuf::from("/etc/gitattributes")), user].into_iter().flatten().collect())
}
