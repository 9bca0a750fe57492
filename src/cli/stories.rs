//! What git and the ignore rules tell of the files that are a reason.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::Project;
use crate::Digest;
use crate::context::git::{GitOptions, LastChange, Repository};
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, named_root};
use crate::predict::CauseKind;
use crate::report::FileStory;

/// Of how many files the history is searched.
const TOLD: usize = 5;

/// The stories of the files of a cause, or of the Dockerfile where its text is the cause. None
/// where no repository is.
pub(super) fn of(project: &Project, cause: &CauseKind) -> BTreeMap<String, FileStory> {
    let root = &project.source.root;
    let wanted: Vec<Wanted> = match cause {
        CauseKind::Files { files, .. } => {
            // A name that is not UTF-8 is told with other characters than it has.
            let files = files.iter().filter(|file| !file.path.contains('\u{fffd}'));
            files.take(TOLD).map(|file| Wanted::of_context(project, &file.path)).collect()
        }
        CauseKind::Instruction { .. } => Wanted::of_dockerfile(project).into_iter().collect(),
        _ => Vec::new(),
    };
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let left_out = |wanted: &Wanted| {
        let is_there = wanted.on_disk.is_none() && wanted.full.symlink_metadata().is_ok();
        let (rule, _) = project.source.rules.deciding(wanted.in_context.as_ref()?)?;
        let file = project.source.rules.source()?.file_name()?.to_string_lossy();
        is_there.then(|| format!("{file}:{} {}", rule.line, rule.pattern))
    };
    let mut stories: BTreeMap<String, FileStory> = BTreeMap::new();
    let mut in_git: Vec<(&Wanted, ContextPath)> = Vec::new();
    let repository = Repository::open(root, &GitOptions::default()).ok();
    let top = repository.as_ref().and_then(Repository::work_tree);
    let top = top.and_then(|top| top.canonicalize().ok());
    for wanted in &wanted {
        let place = top.as_ref().and_then(|top| wanted.full.strip_prefix(top).ok());
        match (left_out(wanted), place) {
            (Some(rule), _) => {
                let story = FileStory { left_out: Some(rule), ..FileStory::default() };
                stories.insert(wanted.name.clone(), story);
            }
            (None, Some(place)) => {
                in_git.push((wanted, ContextPath::new(place.as_os_str().as_encoded_bytes())));
            }
            (None, None) => {}
        }
    }
    let Some(repository) = repository else { return stories };
    let paths: Vec<ContextPath> = in_git.iter().map(|(_, path)| path.clone()).collect();
    for ((wanted, path), change) in in_git.into_iter().zip(repository.last_changes(&paths)) {
        let story = FileStory {
            is_committed: repository.is_committed(&path, wanted.on_disk.as_ref()),
            last_commit: match change {
                LastChange::Commit(commit) => Some(commit),
                LastChange::Never | LastChange::Unknown => None,
            },
            left_out: None,
        };
        stories.insert(wanted.name.clone(), story);
    }
    stories
}

/// A file that is asked about.
struct Wanted {
    /// As the cause has it.
    name: String,
    full: std::path::PathBuf,
    in_context: Option<ContextPath>,
    on_disk: Option<Entry>,
}

impl Wanted {
    fn of_context(project: &Project, name: &str) -> Self {
        let path = ContextPath::new(name);
        let named = project.source.directories.iter().find_map(|(context, directory)| {
            let rest = name.strip_prefix(&**context)?.strip_prefix(':')?;
            Some((named_root(context).join(rest), ContextPath::new(rest).on_disk(&directory.root)))
        });
        if let Some((path, full)) = named.filter(|_| project.snapshot.get(&path).is_none()) {
            let on_disk = project.snapshot.get(&path).cloned();
            return Self { name: name.to_owned(), full, on_disk, in_context: None };
        }
        Self {
            name: name.to_owned(),
            full: path.on_disk(&project.source.root),
            on_disk: project.snapshot.get(&path).cloned(),
            in_context: Some(path),
        }
    }

    fn of_dockerfile(project: &Project) -> Option<Self> {
        let found = project.source.path.as_deref()?;
        let parent = found.parent().filter(|parent| !parent.as_os_str().is_empty());
        let full = parent.unwrap_or(Path::new(".")).canonicalize().ok()?.join(found.file_name()?);
        let content = &project.source.file.content;
        let on_disk = Entry {
            path: ContextPath::root(),
            kind: EntryKind::File,
            mode: mode(&full),
            size: content.len() as u64,
            modified: ModifiedTime::default(),
            digest: Some(Digest::of(content)),
            target: None,
        };
        let name = project.source.file.name.clone();
        Some(Self { name, full, in_context: None, on_disk: Some(on_disk) })
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().map_or(0o644, |metadata| metadata.permissions().mode() & 0o7777)
}
