//! States to disk: only what differs is touched, as a person or a checkout would.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::draw::SALT;
use crate::state::State;
use crate::tree::{ARCHIVE, Node, Tree};

/// What takes the place of what only the run knows.
#[derive(Debug, Clone)]
pub struct Salt {
    /// Text that no other run has, so that no engine has its steps already.
    pub text: String,
    /// The base image's name.
    pub base: String,
}

impl Salt {
    pub fn fill(&self, text: &str) -> String {
        text.replace(SALT, &self.text).replace("@BASE@", &self.base)
    }
}

/// Makes the directory, which holds `old`, hold `new`.
pub fn write(root: &Path, old: &State, new: &State, salt: &Salt) {
    write_tree(root, &old.tree, &new.tree, salt);
    for (before, after) in old.recipes.iter().zip(&new.recipes) {
        let text = salt.fill(&after.text());
        let path = root.join(&after.name);
        if salt.fill(&before.text()) != text || !path.exists() {
            fs::write(path, text).expect("a Dockerfile");
        }
    }
    for ((name, text), (_, before)) in new.ignore_texts().zip(old.ignore_texts()) {
        let path = root.join(name);
        match text {
            None if path.exists() => fs::remove_file(&path).expect("the ignore file goes"),
            Some(text) if before.as_ref() != Some(&text) => {
                fs::write(&path, text).expect("an ignore file");
            }
            _ => {}
        }
    }
}

fn write_tree(root: &Path, old: &Tree, new: &Tree, salt: &Salt) {
    let is_other = |path: &String| old.0.get(path) != new.0.get(path);
    let is_directory =
        |tree: &Tree, path: &String| matches!(tree.0.get(path), Some(Node::Directory { .. }));
    let stays = |path: &String| is_directory(old, path) && is_directory(new, path);
    // A file that is written anew takes its other names along.
    let is_rewritten = |path: &String| match new.0.get(path).or_else(|| old.0.get(path)) {
        Some(Node::Hard { of }) => is_other(path) || is_other(of),
        _ => is_other(path),
    };
    for path in old.0.keys().rev().filter(|path| is_rewritten(path) && !stays(path)) {
        let full = root.join(path);
        if is_directory(old, path) {
            fs::remove_dir(&full).expect("an empty directory goes");
        } else {
            fs::remove_file(&full).expect("a file goes");
        }
    }
    let changed: Vec<_> = new.0.iter().filter(|(path, _)| is_rewritten(path)).collect();
    for &(path, node) in &changed {
        let full = root.join(path);
        match node {
            Node::Directory { .. } if !stays(path) => fs::create_dir(&full).expect("a directory"),
            Node::File { content, mode, modified } => {
                let bytes = bytes(path, &salt.fill(content));
                fs::write(&full, bytes).expect("a file");
                fs::set_permissions(&full, fs::Permissions::from_mode(*mode)).expect("a mode");
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(*modified);
                let file = fs::File::open(&full).expect("the file");
                file.set_modified(time).expect("a time");
            }
            Node::Link { target } => symlink(target, &full).expect("a link"),
            Node::Directory { .. } | Node::Hard { .. } => {}
        }
    }
    for (path, node) in changed {
        let full = root.join(path);
        match node {
            Node::Hard { of } => fs::hard_link(root.join(of), full).expect("a second name"),
            Node::Directory { mode } => {
                fs::set_permissions(full, fs::Permissions::from_mode(*mode)).expect("a mode");
            }
            _ => {}
        }
    }
}

fn bytes(path: &str, content: &str) -> Vec<u8> {
    if path == ARCHIVE { archive(content) } else { content.as_bytes().to_vec() }
}

/// A tar of one file, `in-pack`, with this content.
fn archive(content: &str) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put =
        |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, "in-pack");
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", content.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend(content.as_bytes());
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}
