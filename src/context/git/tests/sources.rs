//! Files by path, from a disk and from git alike.

use super::*;
use crate::context::{Disk, EntryKind, Found};

/// The same files on disk, in a commit and in the index.
fn sources(project: &Project) -> [Box<dyn Source>; 3] {
    let repository = project.open();
    [
        Box::new(Disk::new(&project.root)),
        Box::new(repository.tree("HEAD").unwrap()),
        Box::new(repository.index().unwrap()),
    ]
}

#[test]
fn a_file_is_read_through_links_that_stay_inside() {
    let project = Project::new()
        .file("dir/file", "text")
        .link("direct", "dir/file")
        .link("absolute", "/dir/file")
        .link("to-dir", "dir")
        .link("out", "../../../../etc/hostname")
        .link("up", "../../dir/../dir/file")
        .link("loop", "loop")
        .committed();
    for source in sources(&project) {
        for name in ["dir/file", "direct", "absolute", "to-dir/file", "up", "loop/../dir/file"] {
            let read = source.read(&path(name)).unwrap();
            assert_eq!(read.as_deref(), Some(&b"text"[..]), "{name} of {source:?}");
        }
        for name in ["dir", "", "none", "dir/file/x", "out", "loop", "to-dir"] {
            assert_eq!(source.read(&path(name)).unwrap(), None, "{name} of {source:?}");
        }
        assert_eq!(source.find(&path("to-dir/file")).unwrap(), None);
        assert_eq!(source.find(&path("dir")).unwrap(), Some(Found::Directory));
        assert_eq!(source.find(&path("to-dir")).unwrap(), Some(Found::Symlink((*b"dir").into())));
    }
}

#[test]
fn a_directory_is_listed_in_order() {
    let project = Project::new().file("b/x", "1").file("a", "2").link("c", "a").committed();
    let [_, tree, index] = sources(&project);
    for source in [tree, index] {
        let names = source.list(&ContextPath::root()).unwrap();
        let names: Vec<_> = names.iter().map(|it| (&*it.name, it.kind)).collect();
        let expected: [(&[u8], EntryKind); 3] =
            [(b"a", EntryKind::File), (b"b", EntryKind::Directory), (b"c", EntryKind::Symlink)];
        assert_eq!(names, expected);
        assert!(source.list(&path("none")).unwrap().is_empty());
        assert!(source.list(&path("a")).unwrap().is_empty());
    }
    let below = Disk::new(&project.root).list(&path("b")).unwrap();
    assert_eq!(&*below[0].name, b"x");
}

#[test]
fn the_ignore_file_is_that_of_the_tree() {
    let project = Project::new()
        .file("app/.dockerignore", "a\n")
        .file("app/two.Dockerfile.dockerignore", "b\n")
        .file("docker/three.dockerignore", "c\n")
        .committed();
    project.write("app/.dockerignore", "edited\n");
    let tree = project.open().tree("HEAD").unwrap();
    let context = tree.at(&path("app")).unwrap();
    let beside = tree.at(&path("docker")).unwrap();
    let first = |rules: IgnoreRules| rules.rules()[0].pattern.clone();
    let of = |name: &str| IgnoreRules::load_from(&context, &path(name)).unwrap();
    assert_eq!(first(of("Dockerfile")), "a");
    assert_eq!(first(of("two.Dockerfile")), "b");
    assert_eq!(first(IgnoreRules::load_beside(&context, &beside, b"three").unwrap()), "c");
    assert_eq!(of("Dockerfile").source(), Some(Path::new("HEAD:app/.dockerignore")));
}

#[test]
fn an_error_in_the_tree_s_ignore_file_names_the_tree() {
    let project = Project::new().file(".dockerignore", "a\n[\n").committed();
    let tree = project.open().tree("HEAD").unwrap();
    let error = message(IgnoreRules::load_from(&tree, &path("Dockerfile")));
    assert!(error.starts_with("HEAD:.dockerignore:2: "), "{error}");
}

#[test]
fn a_disk_is_compared_with_git_as_git_would_have_recorded_it() {
    let project = Project::new().file("docs/a.md", "1").file("run", "2").committed();
    fs::set_permissions(project.path("run"), fs::Permissions::from_mode(0o4711)).unwrap();
    fs::set_permissions(project.path("docs"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir(project.path("empty")).unwrap();
    let rules = IgnoreRules::parse(b"docs/*.md\n.git\n").unwrap();
    let disk = Disk::new(&project.root).snapshot(&rules).unwrap().snapshot;
    let tree = project.open().tree("HEAD").unwrap();
    let tracked = |path: &ContextPath| matches!(tree.find(path), Ok(Some(Found::Directory)));
    let recorded = as_git_records(&disk, tracked);
    let seen: Vec<_> = recorded.entries().iter().map(|it| (it.path.to_string(), it.mode)).collect();
    // The rules emptied `docs`, so the engine gets it in both; `empty` is nothing to git.
    assert_eq!(seen, [("docs".to_owned(), 0o755), ("run".to_owned(), 0o755)]);
    let committed = tree.snapshot(&rules).unwrap().snapshot;
    assert_eq!(committed.get(&path("docs")), recorded.get(&path("docs")));
}

#[test]
fn what_the_rules_leave_out_is_neither_loaded_nor_read() {
    let project = Project::new().file("out/deep/a", "1").file("in", "2").committed();
    let deep = project.git(&["rev-parse", "HEAD:out"]);
    fs::remove_file(project.path(format!(".git/objects/{}/{}", &deep[..2], &deep[2..]))).unwrap();
    let repository = project.open();
    let tree = repository.tree("HEAD").unwrap();
    let taken = tree.snapshot(&IgnoreRules::parse(b"out").unwrap()).unwrap();
    assert_eq!((paths(&taken), taken.snapshot.ignored()), (vec!["in".to_owned()], 1));
    assert_eq!(repository.digests().blobs_read(), 1);
    assert!(tree.snapshot(&IgnoreRules::none()).is_err());
}
