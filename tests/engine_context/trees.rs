//! Random trees with random ignore files, the same for the same seed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Names that patterns hit, miss and are taken for.
const NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "ab",
    "A",
    "a.b",
    ".a",
    "b.a",
    "a b",
    " a",
    "a ",
    "-a",
    "#a",
    "!a",
    "[a]",
    "[ab]",
    "*",
    "?",
    "**",
    "\\",
    "\\a",
    "a\\",
    "^a",
    "a^",
    "(a)",
    "a+",
    "{a}",
    "$a",
    "a|b",
    "é",
    "☺",
    "日本",
    "a\nb",
    "\u{feff}a",
    "..a",
    "a..",
    "...",
    "Dockerfile",
    ".dockerignore",
    "README.md",
];

/// What components of patterns are made of.
const PIECES: &[&str] = &[
    "a", "b", "c", "a", "b", "*", "*", "?", "**", "[a-c]", "[^a]", "[ab]", "[a]", "[!a]", "\\*",
    "\\?", "\\[a\\]", "\\\\", ".", ".a", "é", "[é☺]", "^", "$", "(a)", "+", "{a}", "|", " ", "-",
    "#", "!", "[a*]", "[.a]", "{2}", "{0,1}", "{1,}",
];

/// Whole components that have a meaning of their own.
const COMPONENTS: &[&str] = &["**", "**", "*", "*", ".", "..", "", "a", "b", "c", "a", "b"];

/// Makes the tree with this number below `root`: files, links, and mostly an ignore file.
pub fn plant(seed: u64, number: u64, root: &Path) {
    let mut random = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number));
    fill(&mut random, root, 0);
    let _ = fs::remove_dir_all(root.join("Dockerfile"));
    let _ = fs::remove_file(root.join("Dockerfile"));
    fs::write(root.join("Dockerfile"), "FROM scratch\nCOPY . /\n").unwrap();
    let _ = fs::remove_dir_all(root.join(".dockerignore"));
    let _ = fs::remove_file(root.join(".dockerignore"));
    fs::write(root.join(".dockerignore"), ignore_file(&mut random)).unwrap();
}

fn fill(random: &mut StdRng, directory: &Path, depth: usize) {
    let entries = random.random_range(if depth == 0 { 2..8 } else { 0..5 });
    for _ in 0..entries {
        let names = if random.random_bool(0.6) { &NAMES[..6] } else { NAMES };
        let path = directory.join(pick(random, names));
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match random.random_range(0..20) {
            0..=9 if depth < 4 => {
                fs::create_dir(&path).unwrap();
                fill(random, &path, depth + 1);
                mode(random, &path, &[0o755, 0o755, 0o700, 0o1777, 0o2775, 0o555]);
            }
            10 | 11 => {
                let targets =
                    ["a", "b", "..", ".", "../a", "/a", "../../../../etc", "none", "a\nb"];
                symlink(pick(random, &targets), &path).unwrap();
            }
            12 if random.random_bool(0.1) => drop(UnixListener::bind(&path)),
            _ => {
                fs::write(&path, path.display().to_string()).unwrap();
                mode(random, &path, &[0o644, 0o644, 0o644, 0o600, 0o755, 0o4755, 0o444, 0o000]);
            }
        }
    }
}

fn mode(random: &mut StdRng, path: &Path, modes: &[u32]) {
    let mode = *modes.choose(random).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn pick<'a>(random: &mut StdRng, texts: &[&'a str]) -> &'a str {
    texts.choose(random).unwrap()
}

/// An ignore file: every rule of its grammar, in any order.
pub fn ignore_file(random: &mut StdRng) -> String {
    let mut text = String::new();
    if random.random_bool(0.1) {
        text.push('\u{feff}');
    }
    for _ in 0..random.random_range(0..7) {
        match random.random_range(0..12) {
            0 => text.push_str(pick(random, &["# comment", "", "   ", "\t", " # a", "#a"])),
            1..=4 => text.extend([blank(random), &exception(random)]),
            _ => text.extend([blank(random), &pattern(random)]),
        }
        text.push_str(pick(random, &["\n", "\n", "\n", "\r\n", " \n", "\t\r\n"]));
    }
    if random.random_bool(0.2) {
        text.truncate(text.trim_end().len());
    }
    text
}

fn blank(random: &mut StdRng) -> &'static str {
    pick(random, &["", "", "", "", " ", "\t "])
}

fn exception(random: &mut StdRng) -> String {
    let blank = if random.random_bool(0.1) { " " } else { "" };
    format!("!{blank}{}", pattern(random))
}

fn pattern(random: &mut StdRng) -> String {
    let components = (0..random.random_range(1..5)).map(|_| component(random));
    let mut text = components.collect::<Vec<_>>().join("/");
    if random.random_bool(0.15) {
        text.insert(0, '/');
    }
    if random.random_bool(0.15) {
        text.push('/');
    }
    text
}

fn component(random: &mut StdRng) -> String {
    match random.random_range(0..10) {
        0..=3 => pick(random, COMPONENTS).to_owned(),
        4..=6 => pick(random, &NAMES[..6]).to_owned(),
        7 => pick(random, NAMES).replace('\n', "?"),
        _ => (0..random.random_range(1..4)).map(|_| pick(random, PIECES)).collect(),
    }
}
