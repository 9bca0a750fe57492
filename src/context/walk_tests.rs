//! Walks over real directories, one trap each.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::context::read::{Reader, Stamp};

/// A context in a temporary directory.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: impl AsRef<[u8]>) -> PathBuf {
        self.0.path().join(OsStr::from_bytes(name.as_ref()))
    }

    fn file(self, name: impl AsRef<[u8]>, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn directory(self, name: &str) -> Self {
        fs::create_dir_all(self.path(name)).unwrap();
        self
    }

    fn link(self, name: &str, target: &str) -> Self {
        symlink(target, self.path(name)).unwrap();
        self
    }

    fn snapshot(&self, rules: &str) -> Snapshot {
        snapshot(self.0.path(), &IgnoreRules::parse(rules.as_bytes()).unwrap()).unwrap()
    }

    fn paths(&self, rules: &str) -> Vec<String> {
        self.snapshot(rules).entries().iter().map(|entry| entry.path.to_string()).collect()
    }
}

#[test]
fn everything_is_found_hidden_files_and_git_ignored_ones_too() {
    let project = Project::new()
        .file(".gitignore", "*\n")
        .file(".ignore", "*\n")
        .file(".git/HEAD", "x")
        .file("src/main.rs", "fn main() {}")
        .directory("empty");
    let expected = [".git", ".git/HEAD", ".gitignore", ".ignore", "empty", "src", "src/main.rs"];
    assert_eq!(project.paths(""), expected);
}

#[test]
fn an_entry_says_what_lstat_says() {
    let project = Project::new().file("run.sh", "echo").link("link", "../out");
    fs::set_permissions(project.path("run.sh"), fs::Permissions::from_mode(0o4755)).unwrap();
    let snapshot = project.snapshot("");
    let script = snapshot.get(&ContextPath::new("run.sh")).unwrap();
    assert_eq!((script.kind, script.mode, script.size), (EntryKind::File, 0o4755, 4));
    assert_eq!(script.digest, Some(Digest::of(b"echo")));
    assert!(script.modified.seconds > 1_600_000_000);
    let link = snapshot.get(&ContextPath::new("link")).unwrap();
    assert_eq!((link.kind, link.size, link.digest), (EntryKind::Symlink, 0, None));
    assert_eq!(link.target.as_deref(), Some(b"../out".as_slice()));
}

#[test]
fn links_are_kept_as_links_and_never_followed() {
    let outside = Project::new().file("secret", "x");
    let project = Project::new().file("a/b", "x").link("loop", ".").link("dangling", "nowhere");
    symlink(outside.0.path(), project.path("out")).unwrap();
    assert_eq!(project.paths(""), ["a", "a/b", "dangling", "loop", "out"]);
}

#[test]
fn a_context_that_is_a_link_is_the_directory_behind_it() {
    let project = Project::new().file("real/a", "x").link("link", "real");
    let through_link = snapshot(&project.path("link"), &IgnoreRules::none()).unwrap();
    assert_eq!(through_link, snapshot(&project.path("real"), &IgnoreRules::none()).unwrap());
    assert_eq!(through_link.files(), 1);
}

#[test]
fn names_are_bytes() {
    let project = Project::new().file(b"a\xff\n", "x").file("é", "x");
    let snapshot = project.snapshot("");
    let names: Vec<_> = snapshot.entries().iter().map(|entry| entry.path.as_bytes()).collect();
    assert_eq!(names, [b"a\xff\n".as_slice(), "é".as_bytes()]);
}

#[test]
fn what_is_taken_back_brings_its_directories_and_nothing_else() {
    let project = Project::new()
        .file("docs/a/keep/x", "x")
        .file("docs/a/drop/x", "x")
        .file("docs/b/x", "x")
        .file("src/x", "x");
    let rules = "docs\n!docs/a/keep\n";
    assert_eq!(
        project.paths(rules),
        ["docs", "docs/a", "docs/a/keep", "docs/a/keep/x", "src", "src/x"]
    );
    assert_eq!(project.paths("*\n!docs/*/x\n"), ["docs", "docs/b", "docs/b/x"]);
    assert_eq!(project.paths("docs\n!docs/*/none\n"), ["src", "src/x"]);
}

#[test]
fn directories_left_unread_count_once() {
    let project =
        Project::new().file("node_modules/a", "").file("node_modules/b", "").file("c", "");
    assert_eq!(project.snapshot("node_modules\n").ignored(), 1);
    assert_eq!(project.snapshot("**/a\n**/b\n").ignored(), 2);
}

#[test]
fn a_walk_and_a_lone_question_agree() {
    let project = Project::new()
        .file("a/b/c", "")
        .file("a/b/d.txt", "")
        .file("a/e", "")
        .file("f/a/b", "")
        .link("f/l", "a");
    for rules in ["a\n!a/b/c", "**/b\n!f", "*\n!a/*\na/e", "*/l", "a\n!a/*/**", "*/b\n!f\n!a", "?"]
    {
        let parsed = IgnoreRules::parse(rules.as_bytes()).unwrap();
        let walked = project.snapshot(rules);
        for entry in project.snapshot("").entries() {
            if entry.kind != EntryKind::Directory {
                let taken = walked.get(&entry.path).is_some();
                assert_eq!(taken, !parsed.excludes(&entry.path, false), "{rules:?} {}", entry.path);
            }
        }
    }
}

#[test]
fn two_walks_are_equal_and_times_do_not_change_the_digest() {
    let mut project = Project::new();
    for number in 0..300 {
        project = project.file(format!("d{}/f{number}", number % 7), &number.to_string());
    }
    let (first, second) = (project.snapshot(""), project.snapshot(""));
    assert_eq!(first, second);
    let file = fs::File::options().write(true).open(project.path("d0/f0")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let third = project.snapshot("");
    assert_ne!(first, third);
    assert_eq!(first.digest(), third.digest());
    fs::write(project.path("d0/f0"), "1").unwrap();
    assert_ne!(first.digest(), project.snapshot("").digest());
}

#[test]
fn sockets_are_listed_and_pipes_do_not_block() {
    let project = Project::new();
    let _listener = std::os::unix::net::UnixListener::bind(project.path("socket")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let pipe = project.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let snapshot = project.snapshot("");
    let kinds: Vec<_> = snapshot.entries().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Fifo, EntryKind::Socket]);
}

/// Only root can make devices, so those of the system serve.
#[test]
fn devices_are_told_apart_by_their_numbers() {
    let device = |path: &str| {
        let stat = rustix::fs::stat(path).unwrap();
        describe(ContextPath::new("device"), kind_of(&stat), &stat)
    };
    assert_eq!(device("/dev/null").kind, EntryKind::CharacterDevice);
    assert!(device("/dev/null").digest.is_some());
    assert_ne!(device("/dev/null").digest, device("/dev/zero").digest);
}

#[test]
fn hard_links_are_files_that_are_known_to_be_one() {
    let project = Project::new().file("a", "x").file("alone", "x").file("out/a", "y");
    fs::hard_link(project.path("a"), project.path("b")).unwrap();
    fs::hard_link(project.path("out/a"), project.path("in")).unwrap();
    let snapshot = project.snapshot("out\n");
    let of = |path: &str| snapshot.get(&ContextPath::new(path)).unwrap().digest;
    assert_eq!((snapshot.files(), of("a")), (4, of("b")));
    // The other name of `in` is ignored.
    let links = snapshot.hard_links();
    let id = |path: &str| links.get(&ContextPath::new(path));
    assert_eq!((links.len(), id("a")), (2, id("b")));
}

#[test]
fn a_root_that_is_missing_or_a_file_is_named() {
    let project = Project::new().file("file", "x");
    for name in ["missing", "file"] {
        let error = snapshot(&project.path(name), &IgnoreRules::none()).unwrap_err();
        assert!(matches!(error, Error::Root { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn large_files_are_digested_whole() {
    // In several pieces, and read ahead: just at the border, and with a rest.
    for length in [640_000, 8 * 1024 * 1024, 9_000_001] {
        let text: String = ('!'..='~').cycle().take(length).collect();
        let project = Project::new().file("large", &text);
        assert_eq!(project.snapshot("").entries()[0].digest, Some(Digest::of(text.as_bytes())));
    }
}

/// What the walk would have seen of the file a moment ago.
fn seen(path: &Path) -> Stamp {
    Stamp::of(&statat(rustix::fs::CWD, path, AtFlags::SYMLINK_NOFOLLOW).unwrap())
}

#[test]
fn a_file_that_changes_between_walk_and_read_is_told() {
    let project = Project::new().file("grown", "a").file("replaced", "a").file("linked", "a");
    let digest = |name: &str, before: &Stamp| {
        Reader::new().digest(fs::File::open(project.path("")).unwrap(), name.as_bytes(), before)
    };

    let before = seen(&project.path("grown"));
    fs::write(project.path("grown"), "ab").unwrap();
    assert!(matches!(digest("grown", &before), Err(ProblemReason::Changed)));

    let before = seen(&project.path("replaced"));
    fs::write(project.path("new"), "b").unwrap();
    fs::rename(project.path("new"), project.path("replaced")).unwrap();
    assert!(matches!(digest("replaced", &before), Err(ProblemReason::Changed)));

    let before = seen(&project.path("linked"));
    fs::remove_file(project.path("linked")).unwrap();
    assert!(matches!(digest("linked", &before), Err(ProblemReason::Vanished)));
    symlink("grown", project.path("linked")).unwrap();
    assert!(matches!(digest("linked", &before), Err(ProblemReason::Changed)));
}

#[test]
fn every_problem_is_named_in_one_message() {
    let problem = |path: &str, reason| Problem { path: ContextPath::new(path), reason };
    let found = Found {
        problems: vec![
            problem("b\x1b[31m", ProblemReason::Vanished),
            problem("a", io::Error::from(io::ErrorKind::PermissionDenied).into()),
        ],
        ..Found::default()
    };
    assert_eq!(
        found.into_snapshot().unwrap_err().to_string(),
        "cannot read these paths of the context:\n  \"a\": permission denied\n  \
         \"b\\u{1b}[31m\": it vanished while the context was read\n\
         wait until nothing writes to the context and run this again\n\
         make them readable (chmod a+r, for directories a+rx)\n\
         or leave them out with a line in .dockerignore"
    );
}

/// Waits until what was written is old enough for an index.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(2100));
}

#[test]
fn a_file_that_the_index_knows_is_not_read_again_and_a_changed_one_is() {
    let project = Project::new().file("same", "a").file("edited", "a").file("chmod", "a");
    settle();
    let walk = |index: Option<&Index>| {
        snapshot_with_index(project.0.path(), &IgnoreRules::none(), index).unwrap()
    };
    let (before, index) = walk(None);
    let index = index.unwrap();
    assert_eq!(index.len(), 3);
    assert_eq!(walk(Some(&index)), (before, None));

    // A false digest in the index comes back exactly where the file is taken for unread.
    let told = Digest::of(b"told by the index");
    let told_index = index.with_digests(told);
    fs::write(project.path("edited"), "b").unwrap();
    fs::set_permissions(project.path("chmod"), fs::Permissions::from_mode(0o600)).unwrap();
    let (after, next) = walk(Some(&told_index));
    let digest = |name| after.get(&ContextPath::new(name)).unwrap().digest.unwrap();
    assert_eq!(digest("same"), told);
    assert_eq!(digest("edited"), Digest::of(b"b"));
    assert_eq!(digest("chmod"), Digest::of(b"a"));
    // The two fresh states are too young to be kept.
    assert_eq!(next.unwrap().len(), 1);
}

#[test]
fn an_edit_that_keeps_size_and_mtime_is_seen() {
    let project = Project::new().file("a", "old");
    let file = fs::File::options().write(true).open(project.path("a")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    settle();
    let (_, index) = snapshot_with_index(project.0.path(), &IgnoreRules::none(), None).unwrap();
    fs::write(project.path("a"), "new").unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let (after, _) =
        snapshot_with_index(project.0.path(), &IgnoreRules::none(), index.as_ref()).unwrap();
    assert_eq!(after.entries()[0].digest, Some(Digest::of(b"new")));
}

#[test]
fn an_edit_in_the_second_of_the_index_is_read_again() {
    let project = Project::new().file("a", "old");
    let saved = project.0.path().with_extension("index");
    let walk = |index: Option<&Index>| {
        snapshot_with_index(project.0.path(), &IgnoreRules::none(), index).unwrap()
    };
    walk(None).1.unwrap().save(&saved).unwrap();
    fs::write(project.path("a"), "new").unwrap();
    let (index, _) = Index::load(&saved);
    fs::remove_file(&saved).unwrap();
    // Nothing is known of a file that may have two contents in one tick of the clock.
    assert!(index.is_empty());
    assert_eq!(walk(Some(&index)).0.entries()[0].digest, Some(Digest::of(b"new")));
}

#[test]
fn a_hundred_thousand_files_in_one_directory_are_all_found() {
    const FILES: u32 = 100_000;
    let project = Project::new().directory("d");
    for number in 0..FILES {
        fs::File::create(project.path(format!("d/{number}"))).unwrap();
    }
    let snapshot = project.snapshot("d/*7\n");
    assert_eq!(snapshot.files(), u64::from(FILES - FILES / 10));
    assert_eq!(snapshot.ignored(), u64::from(FILES / 10));
    assert!(snapshot.entries().is_sorted_by(|a, b| a.path < b.path));
}

/// Makes directories of 250 letters below `root`, `depth` deep, with a file at the end.
fn deep(root: &Path, depth: usize) {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let (name, flags) = ("d".repeat(250), OFlags::DIRECTORY | OFlags::RDONLY);
    let mut at = openat(CWD, root, flags, Mode::empty()).unwrap();
    for _ in 0..depth {
        mkdirat(&at, &*name, Mode::RWXU).unwrap();
        at = openat(&at, &*name, flags, Mode::empty()).unwrap();
    }
    let file = openat(&at, "file", OFlags::CREATE | OFlags::WRONLY, Mode::RWXU).unwrap();
    rustix::io::write(&file, b"deep").unwrap();
}

#[test]
fn a_path_of_four_thousand_bytes_is_read() {
    let project = Project::new();
    deep(project.0.path(), 15);
    let below = "d".repeat(226);
    let end = vec!["d".repeat(250); 15].join("/");
    let path = format!("{end}/{below}/file");
    fs::create_dir(project.path(format!("{end}/{below}"))).unwrap();
    fs::write(project.path(&path), "deep").unwrap();
    let snapshot = project.snapshot("");
    let entry = snapshot.get(&ContextPath::new(&path)).unwrap();
    assert_eq!((path.len(), entry.digest), (3996, Some(Digest::of(b"deep"))));
}

#[test]
fn a_path_longer_than_the_system_takes_is_named_and_never_left_out_in_silence() {
    let project = Project::new();
    deep(project.0.path(), 20);
    let error = snapshot(project.0.path(), &IgnoreRules::none()).unwrap_err();
    assert!(error.to_string().to_lowercase().contains("name too long"), "{error}");
    // The rules may leave it out, as any other.
    assert!(project.paths("d*").is_empty());
}
