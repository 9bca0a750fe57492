//! Repositories that nobody means well with.

use std::io::Write;
use std::process::Stdio;

use super::*;

impl Project {
    /// Writes an object whatever its bytes are, and gives its id.
    fn object(&self, kind: &str, bytes: &[u8]) -> String {
        let mut child = std::process::Command::new("git")
            .current_dir(&self.root)
            .args(["hash-object", "--literally", "-w", "--stdin", "-t", kind])
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A tree of these entries, in this order.
    fn tree_of(&self, entries: &[(&str, &[u8], &str)]) -> String {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend([mode.as_bytes(), b" ", name, b"\0"].concat());
            bytes.extend(hex::decode(id).unwrap());
        }
        self.object("tree", &bytes)
    }

    fn refused(&self, revision: &str) -> String {
        message(self.open().tree(revision).unwrap().snapshot(&IgnoreRules::none()))
    }
}

#[test]
fn names_that_git_would_not_check_out_are_refused() {
    let project = Project::new();
    let blob = project.object("blob", b"x");
    let long = [b'a'; 256];
    for name in [&b".."[..], b".", b".git", b".GiT", b"git~1", b"a/b", b"/etc", b"", &long] {
        let tree = project.tree_of(&[("100644", name, &blob)]);
        let error = project.refused(&tree);
        assert!(error.contains("is refused") || error.contains("is damaged"), "{name:?}: {error}");
        let outer = project.tree_of(&[("40000", b"sub", &tree)]);
        assert!(!project.refused(&outer).is_empty());
        assert!(project.open().tree(&outer).unwrap().at(&path("sub/x")).is_err());
    }
    let link = project.tree_of(&[("120000", b".gitmodules", &blob)]);
    assert!(project.refused(&link).contains("is refused"));
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    let project = Project::new();
    let blob = project.object("blob", b"x");
    let empty = project.object("tree", b"");
    let tree = project.tree_of(&[("100644", b"a", &blob), ("40000", b"a", &empty)]);
    assert!(project.refused(&tree).contains("it is there twice"));
}

#[test]
fn a_damaged_tree_is_named() {
    let project = Project::new();
    for bytes in [&b"100644 a\0short"[..], b"nonsense", b"999999999999 a\0aaaaaaaaaaaaaaaaaaaa"] {
        let tree = project.object("tree", bytes);
        let error = project.refused(&tree);
        assert!(error.contains(&tree) || error.contains("is refused"), "{error}");
    }
    let blob = project.object("blob", b"x");
    let tree = project.tree_of(&[("40000", b"a", &blob)]);
    assert!(project.refused(&tree).contains("it is a blob and should be a tree"));
    let other = project.tree_of(&[("100644", b"a", &tree)]);
    assert!(project.refused(&other).contains("it is a tree and should be a blob"));
}

#[test]
fn a_damaged_or_missing_blob_is_named_with_its_path() {
    let project = Project::new().file("dir/a", "some text that is kept").committed();
    let id = project.git(&["rev-parse", "HEAD:dir/a"]);
    let file = project.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 6;
    bytes[last] ^= 0xff;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, bytes).unwrap();
    let error = project.refused("HEAD");
    assert!(error.starts_with(&format!("the object {id} (HEAD:dir/a) is damaged: ")), "{error}");
    fs::remove_file(&file).unwrap();
    let error = project.refused("HEAD");
    assert!(error.starts_with(&format!("the object {id} (HEAD:dir/a) is not in the")), "{error}");
}

#[test]
fn a_tree_nested_without_end_is_refused() {
    let project = Project::new();
    let blob = project.object("blob", b"x");
    let mut tree = project.tree_of(&[("100644", b"a", &blob)]);
    let repository = gix::open(&project.root).unwrap();
    for _ in 0..2100 {
        let mut bytes = b"40000 d\0".to_vec();
        bytes.extend(hex::decode(&tree).unwrap());
        let written = gix::objs::Write::write_buf(&repository.objects, Kind::Tree, &bytes);
        tree = written.unwrap().to_string();
    }
    assert!(project.refused(&tree).contains("more than 2048 directories in one another"));
}

#[test]
fn an_index_that_leads_out_is_refused() {
    let project = Project::new().file("aaaa/b", "1").committed();
    let index = project.path(".git/index");
    let mut bytes = fs::read(&index).unwrap();
    let place = bytes.windows(6).position(|it| it == b"aaaa/b").unwrap();
    bytes[place..place + 6].copy_from_slice(b"../../");
    let body = bytes.len() - 20;
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(&bytes[..body]);
    let sum = hasher.try_finalize().unwrap();
    bytes[body..].copy_from_slice(sum.as_slice());
    fs::write(&index, bytes).unwrap();
    let error = message(project.open().index());
    assert!(error.contains("the index: the name"), "{error}");
}
