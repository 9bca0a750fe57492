//! The files of a context, as data.

use std::collections::BTreeMap;

use crate::draw::{Draw, SALT};

/// Names that need no quoting in a Dockerfile.
const NAMES: &[&str] =
    &["a", "ab", "b.txt", "c.txt", "src", "lib", "main.py", ".hidden", "README.md", "x-y", "a.b"];

/// Names that are only met inside directories and patterns.
const ODD_NAMES: &[&str] = &["x y", "é", "-dash", "日本", "a'b", "t\tb", "..a", "(p)", "#n", "+"];

const FILE_MODES: &[u32] = &[0o644, 0o644, 0o644, 0o600, 0o755, 0o664, 0o444, 0o4755];
const DIRECTORY_MODES: &[u32] = &[0o755, 0o755, 0o755, 0o700, 0o775, 0o1777, 0o2755];

/// An archive's name: what ADD unpacks.
pub const ARCHIVE: &str = "pack.tar";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Directory {
        mode: u32,
    },
    File {
        content: String,
        mode: u32,
        /// Seconds since 1970.
        modified: u64,
    },
    Link {
        target: String,
    },
    /// Another name of a file.
    Hard {
        of: String,
    },
}

/// Paths relative to the context's root, and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree(pub BTreeMap<String, Node>);

impl Tree {
    pub fn random(draw: &mut Draw) -> Self {
        let mut tree = Self::default();
        for _ in 0..draw.between(3, 12) {
            tree.add(draw);
        }
        if draw.percent(40) {
            tree.0.insert(ARCHIVE.to_owned(), file(draw));
        }
        tree
    }

    /// Whether a directory of both has another mode in the other.
    pub fn directory_modes_differ(&self, other: &Self) -> bool {
        let mode = |tree: &Self, path: &String| match tree.0.get(path) {
            Some(Node::Directory { mode }) => Some(*mode),
            _ => None,
        };
        self.0.keys().any(|path| {
            mode(self, path).zip(mode(other, path)).is_some_and(|(one, two)| one != two)
        })
    }

    /// Adds an entry somewhere.
    pub fn add(&mut self, draw: &mut Draw) {
        let place = if draw.percent(50) { self.directory(draw) } else { None };
        let names = if place.is_some() && draw.percent(25) { ODD_NAMES } else { NAMES };
        let name = draw.pick(names);
        let path = place.map_or_else(|| name.to_owned(), |place| format!("{place}/{name}"));
        if self.0.contains_key(&path) || path.matches('/').count() > 3 {
            return;
        }
        let node = self.node(draw);
        self.0.insert(path.clone(), node);
        if matches!(self.0[&path], Node::Directory { .. }) && draw.percent(80) {
            let name = draw.pick(NAMES);
            let inside = file(draw);
            self.0.insert(format!("{path}/{name}"), inside);
        }
        self.settle();
    }

    fn node(&self, draw: &mut Draw) -> Node {
        match draw.below(20) {
            0..=5 => Node::Directory { mode: draw.pick(DIRECTORY_MODES) },
            6 | 7 => Node::Link { target: self.target(draw) },
            8 => match self.file(draw) {
                Some(of) => Node::Hard { of },
                None => file(draw),
            },
            _ => file(draw),
        }
    }

    /// Where a link may point: mostly to what is there. Never to its own directory: of a context
    /// that is copied by such a link, the engine digests only what it was sent.
    pub fn target(&self, draw: &mut Draw) -> String {
        let known = self.any(draw).filter(|_| draw.percent(60));
        known.unwrap_or_else(|| draw.pick(&["a", "../a", "b.txt", "none", "/src"]).to_owned())
    }

    pub fn any(&self, draw: &mut Draw) -> Option<String> {
        pick_of(draw, &self.0.keys().cloned().collect::<Vec<_>>())
    }

    pub fn file(&self, draw: &mut Draw) -> Option<String> {
        let is_file = |node: &Node| matches!(node, Node::File { .. });
        self.of(draw, |path, node| is_file(node) && path != ARCHIVE)
    }

    pub fn directory(&self, draw: &mut Draw) -> Option<String> {
        self.of(draw, |_, node| matches!(node, Node::Directory { .. }))
    }

    pub fn link(&self, draw: &mut Draw) -> Option<String> {
        self.of(draw, |_, node| matches!(node, Node::Link { .. }))
    }

    /// A path that a Dockerfile can name as it is, and that leads somewhere.
    pub fn nameable(&self, draw: &mut Draw) -> Option<String> {
        self.of(draw, |path, node| {
            let is_plain =
                path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
            is_plain && !matches!(node, Node::Link { .. })
        })
    }

    fn of(&self, draw: &mut Draw, wanted: impl Fn(&str, &Node) -> bool) -> Option<String> {
        let found = self.0.iter().filter(|(path, node)| wanted(path, node));
        let found: Vec<String> = found.map(|(path, _)| path.clone()).collect();
        pick_of(draw, &found)
    }

    /// Removes a path and what is below it.
    pub fn remove(&mut self, path: &str) {
        self.0.retain(|other, _| other != path && !is_below(other, path));
        self.settle();
    }

    /// Moves a path and what is below it, over nothing.
    pub fn rename(&mut self, from: &str, to: &str) {
        if is_below(to, from) || self.0.contains_key(to) {
            return;
        }
        let moved: Vec<_> =
            self.0.keys().filter(|path| *path == from || is_below(path, from)).cloned().collect();
        for path in moved {
            if let Some(node) = self.0.remove(&path) {
                self.0.insert(format!("{to}{}", &path[from.len()..]), node);
            }
        }
        self.settle();
    }

    /// Drops what cannot be: entries in what is no directory, second names of what is no file.
    pub fn settle(&mut self) {
        let all = self.0.clone();
        let is_file = |path: &String| matches!(all.get(path), Some(Node::File { .. }));
        let is_in_directory = |path: &str| match path.rsplit_once('/') {
            Some((above, _)) => matches!(all.get(above), Some(Node::Directory { .. })),
            None => true,
        };
        self.0.retain(|path, node| {
            is_in_directory(path) && !matches!(node, Node::Hard { of } if !is_file(of))
        });
    }
}

fn pick_of(draw: &mut Draw, found: &[String]) -> Option<String> {
    if found.is_empty() { None } else { Some(draw.pick(found)) }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// A new name for `path`: mostly beside it, or the same elsewhere.
pub fn other_name(draw: &mut Draw, tree: &Tree, path: &str) -> String {
    if draw.percent(25)
        && let Some(directory) = tree.directory(draw)
    {
        let name = path.rsplit('/').next().unwrap_or(path);
        return format!("{directory}/{name}");
    }
    let above = path.rsplit_once('/').map(|(above, _)| format!("{above}/")).unwrap_or_default();
    format!("{above}{}", draw.pick(NAMES))
}

pub fn file(draw: &mut Draw) -> Node {
    Node::File { content: content(draw), mode: draw.pick(FILE_MODES), modified: time(draw) }
}

/// All of one size, some of them alike.
pub fn content(draw: &mut Draw) -> String {
    let number = if draw.percent(25) { draw.below(3) as u64 } else { 100 + draw.fresh() };
    format!("{SALT} {number:06}\n")
}

pub fn time(draw: &mut Draw) -> u64 {
    1_600_000_000 + 7 * draw.fresh()
}

pub fn mode(draw: &mut Draw, node: &mut Node) {
    match node {
        Node::File { mode, .. } => *mode = draw.pick(FILE_MODES),
        Node::Directory { mode } => *mode = draw.pick(DIRECTORY_MODES),
        Node::Link { .. } | Node::Hard { .. } => {}
    }
}
