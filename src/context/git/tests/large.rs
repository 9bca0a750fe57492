//! Large files.

use super::*;
use crate::Digest;

/// A project whose `a.bin` is a pointer to these bytes.
fn with_pointer(bytes: &[u8]) -> (Project, PathBuf) {
    let oid = Digest::of(bytes).to_hex();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n",
        bytes.len()
    );
    let project = Project::new()
        .file(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
        .file("a.bin", pointer)
        .file("no-pointer.bin", "committed as it is")
        .committed();
    let object = project.path(format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]));
    (project, object)
}

fn put(object: &Path, bytes: &[u8]) {
    fs::create_dir_all(object.parent().unwrap()).unwrap();
    fs::write(object, bytes).unwrap();
}

#[test]
fn a_large_file_at_hand_counts_with_its_bytes() {
    let (project, object) = with_pointer(b"large");
    put(&object, b"large");
    let taken = project.taken("HEAD", "");
    assert!(taken.notices.is_empty());
    let file = taken.snapshot.get(&path("a.bin")).unwrap();
    assert_eq!((file.size, file.digest), (5, Some(Digest::of(b"large"))));
    let plain = taken.snapshot.get(&path("no-pointer.bin")).unwrap();
    assert_eq!(plain.digest, Some(Digest::of(b"committed as it is")));
    let tree = project.open().tree("HEAD").unwrap();
    assert_eq!(tree.read(&path("a.bin")).unwrap().as_deref(), Some(&b"large"[..]));
}

#[test]
fn a_large_file_that_is_not_at_hand_counts_as_its_pointer_and_is_noted() {
    let (project, object) = with_pointer(b"large");
    project.assert_as_checked_out("HEAD", "");
    for wrong in [&b""[..], b"short", b"LARGE"] {
        put(&object, &wrong[..wrong.len().min(if wrong == b"short" { 4 } else { 5 })]);
        let noted = project.taken("HEAD", "").notices;
        assert_eq!(noted.len(), 1, "{wrong:?}");
        assert!(noted[0].to_string().contains("so its pointer counts; `git lfs fetch`"));
    }
}

#[test]
fn a_large_file_may_come_and_go_between_two_snapshots() {
    let (project, object) = with_pointer(b"large");
    let repository = project.open();
    let tree = repository.tree("HEAD").unwrap();
    let size = || {
        let taken = tree.snapshot(&IgnoreRules::none()).unwrap();
        (taken.snapshot.get(&path("a.bin")).unwrap().size, taken.notices.len())
    };
    let absent = size();
    assert_eq!(absent.1, 1);
    put(&object, b"large");
    assert_eq!(size(), (5, 0));
    let read = repository.digests().blobs_read();
    assert_eq!(size(), (5, 0));
    assert_eq!(repository.digests().blobs_read(), read);
    fs::remove_file(&object).unwrap();
    assert_eq!(size(), absent);
}

#[test]
fn a_large_file_that_becomes_a_plain_one_with_the_same_bytes_is_named_alike() {
    let (project, _) = with_pointer(b"large");
    let is_named_alike = |bytes: &[u8]| {
        project.write(".gitattributes", "");
        fs::write(project.path("a.bin"), bytes).unwrap();
        project.commit();
        let repository = project.open();
        let trees = ["HEAD~1", "HEAD"].map(|it| repository.tree(it).unwrap());
        for trees in [[&trees[0], &trees[1]], [&trees[1], &trees[0]]] {
            let [older, newer] = repository.comparable(trees.map(Clone::clone));
            let changes = newer.differences_from(&older).unwrap();
            newer.match_large_files(&older, &changes);
            let digest = |tree: &Tree| {
                let snapshot = tree.snapshot(&IgnoreRules::none()).unwrap().snapshot;
                snapshot.get(&path("a.bin")).unwrap().digest
            };
            assert_eq!(digest(&older) == digest(&newer), bytes == b"large", "{changes:?}");
        }
        project.git(&["reset", "-q", "--hard", "HEAD~1"]);
    };
    is_named_alike(b"large");
    is_named_alike(b"other");
}
