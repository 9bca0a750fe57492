//! The files of the context that an instruction selects, and the digest of their content.
//!
//! Follows the engine's content checksum: a plain path counts by content alone, neither its name
//! nor its folder; a pattern counts by the names that it matches, relative to the folder before
//! its first wildcard (`arg-in-copy-path`, `wildcard-new-match`, `copy-glob-dir-sibling`).

use super::key::FieldHasher;
use super::links::{self, At};
use crate::Digest;
use crate::context::content::{ContentScope, content_digest, header_digest};
use crate::context::patterns::PatternMatcher;
use crate::context::{ContextPath, Entry, EntryKind, Snapshot, glob};

/// How many matches of a pattern are looked at each by itself; of more, all of its folder is, for
/// every file of the context is compared with every one of them.
const NAMED_MATCHES: usize = 100;

/// What one source of an instruction asks for.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about a source")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selector {
    /// Relative to the context's root, cleaned; empty for the root.
    pub(super) path: String,
    /// Whether the path may be a pattern.
    pub(super) wildcard: bool,
    /// `--parents`: only what matches, relative to the path.
    pub(super) include: Vec<String>,
    /// `--exclude`.
    pub(super) exclude: Vec<String>,
    /// Whether something has to be there.
    pub(super) required: bool,
    /// Whether of what a pattern or `--exclude` lets through only base names count, in their
    /// order (`copy-glob-moved-up`).
    pub(super) counts_base_names: bool,
    /// Whether the engine follows every link that a pattern or `--exclude` lets through, and not
    /// only what the pattern matches itself (`copy-glob-inner-link-target-edited`).
    pub(super) follows_all_links: bool,
}

/// What was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    /// The digest of its content.
    pub(super) digest: Digest,
    /// The subtrees that it looked at, to find what changed.
    pub(super) roots: Vec<String>,
    /// The folders of patterns that nothing in them matches.
    pub(super) unmatched: Vec<ContextPath>,
}

/// A selector that selects nothing although it must.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Missing {
    /// The link that it takes and that leads to nothing, where that is why.
    pub(super) link: Option<ContextPath>,
}

/// The files that all of `selectors` select, as one digest.
pub(super) fn select(snapshot: &Snapshot, selectors: &[Selector]) -> Result<Selection, Missing> {
    let mut hasher = FieldHasher::new();
    let mut roots = Vec::new();
    let mut unmatched = Vec::new();
    for selector in deduplicated(selectors) {
        let digest = if selector.is_plain() {
            plain(snapshot, &selector, &mut roots)?
        } else {
            filtered(snapshot, &selector, &mut roots, &mut unmatched)?
        };
        hasher.field(digest.as_bytes());
    }
    roots.sort_unstable();
    roots.dedup();
    Ok(Selection { digest: hasher.finish(), roots, unmatched })
}

impl Selector {
    pub(super) fn is_plain(&self) -> bool {
        !self.has_wildcard() && self.include.is_empty() && self.exclude.is_empty()
    }

    fn has_wildcard(&self) -> bool {
        self.wildcard && glob::has_wildcards(self.path.as_bytes())
    }
}

/// In the order of their paths, as the engine digests them; the order of the sources counts in the
/// instruction.
fn deduplicated(selectors: &[Selector]) -> Vec<Selector> {
    let mut selectors = selectors.to_vec();
    selectors.sort_by(|a, b| a.path.cmp(&b.path));
    selectors.dedup();
    selectors
}

fn plain(
    snapshot: &Snapshot,
    selector: &Selector,
    roots: &mut Vec<String>,
) -> Result<Digest, Missing> {
    let path = ContextPath::new(&selector.path);
    roots.push(path.to_string());
    let found = follow(snapshot, &path, true, roots);
    let digest = found.and_then(|path| content_digest(snapshot, &path, ContentScope::Whole));
    match digest {
        Some(digest) => Ok(digest),
        None if selector.required => {
            let is_link = snapshot.get(&path).is_some_and(|it| it.kind == EntryKind::Symlink);
            Err(Missing { link: is_link.then_some(path) })
        }
        None => Ok(Digest::of(b"nothing")),
    }
}

/// One entry that a pattern lets through.
struct Included<'a> {
    /// Relative to the folder before the first wildcard.
    relative: &'a [u8],
    digest: Digest,
}

fn filtered(
    snapshot: &Snapshot,
    selector: &Selector,
    roots: &mut Vec<String>,
    unmatched: &mut Vec<ContextPath>,
) -> Result<Digest, Missing> {
    let prefix = literal_prefix(selector);
    // A link that `--exclude` is given as its source counts by all that it leads to, what is left
    // out included (`copy-exclude-behind-a-link-edited`).
    let is_link_itself = !selector.has_wildcard() && selector.include.is_empty();
    let Some(resolved) = follow(snapshot, &prefix, !is_link_itself, roots) else {
        roots.push(prefix.to_string());
        return if selector.required { Err(Missing::default()) } else { Ok(Digest::of(b"")) };
    };
    let include = matcher(&selector.include);
    let exclude = matcher(&selector.exclude);
    let pattern = selector.has_wildcard().then(|| {
        let whole = ContextPath::new(&selector.path);
        below(whole.as_bytes(), &prefix).to_vec()
    });
    let mut included: Vec<Included<'_>> = Vec::new();
    let mut open_directories: Vec<(&Entry, bool)> = Vec::new();
    let mut matched: Option<&ContextPath> = None;
    let mut named: Vec<String> = Vec::new();
    for entry in snapshot.subtree(&resolved) {
        let relative = below(entry.path.as_bytes(), &resolved);
        if relative.is_empty() && pattern.is_some() {
            continue;
        }
        let base = match &pattern {
            None => &resolved,
            Some(pattern) => {
                if !matched.is_some_and(|base| entry.path.starts_with(base)) {
                    if !glob::matches(pattern, relative).unwrap_or(false) {
                        continue;
                    }
                    matched = Some(&entry.path);
                    named.push(entry.path.to_string());
                }
                matched.unwrap_or(&resolved)
            }
        };
        while open_directories.last().is_some_and(|(dir, _)| !entry.path.starts_with(&dir.path)) {
            open_directories.pop();
        }
        let candidate = below(entry.path.as_bytes(), base);
        let is_base = candidate.is_empty();
        let wanted = include.as_ref().is_none_or(|include| !is_base && include.matches(candidate))
            && !exclude.as_ref().is_some_and(|exclude| {
                // `*` leaves out the source itself (`copy-exclude-all-behind-a-link-edited`).
                !(is_base && pattern.is_some()) && exclude.matches(candidate)
            });
        if wanted {
            for (directory, listed) in &mut open_directories {
                if !std::mem::replace(listed, true) {
                    let relative = below(directory.path.as_bytes(), &resolved);
                    included.push(Included { relative, digest: header_digest(directory) });
                }
            }
            // In the root itself nothing stands above a link, so that it counts as a match
            // (`copy-exclude-root-link-retargeted`).
            let is_in_root = pattern.is_none() && resolved.is_root() && !candidate.contains(&b'/');
            let is_followed = is_base || is_in_root || selector.follows_all_links;
            let digest = if is_followed && entry.kind == EntryKind::Symlink {
                // The engine takes none that leads nowhere.
                let target = follow(snapshot, &entry.path, true, roots)
                    .ok_or_else(|| Missing { link: Some(entry.path.clone()) })?;
                content_digest(snapshot, &target, ContentScope::Whole)
            } else {
                None
            };
            let digest = digest.unwrap_or_else(|| header_digest(entry));
            included.push(Included { relative, digest });
        }
        if entry.kind == EntryKind::Directory {
            open_directories.push((entry, wanted));
        }
    }
    if included.is_empty() && selector.required {
        let is_there = pattern.is_none() && include.is_none();
        // The engine only asks for the pattern's folder, and for a pattern that it understands.
        let is_pattern = pattern.as_ref().is_some_and(|it| glob::matches(it, b"").is_ok());
        if include.is_some() || !(is_pattern || is_there) {
            return Err(Missing::default());
        }
        if is_pattern {
            unmatched.push(resolved.clone());
        }
    }
    // The engine is sent what matches, and has nothing of what lies beside it.
    if pattern.is_some() && named.len() <= NAMED_MATCHES {
        roots.extend(named);
    } else {
        roots.push(prefix.to_string());
    }
    Ok(list_digest(selector, &included))
}

/// A single match with the pattern's own base name counts as that file, so that `COPY a*.txt`
/// and its one match by name are not told apart where the engine does not.
fn list_digest(selector: &Selector, included: &[Included<'_>]) -> Digest {
    let base_name = |path: &[u8]| path.rsplit(|&byte| byte == b'/').next().map(<[u8]>::to_vec);
    if let [only] = included
        && base_name(selector.path.as_bytes()) == base_name(only.relative)
    {
        return only.digest;
    }
    let mut hasher = FieldHasher::new();
    for entry in included {
        let name = base_name(entry.relative).filter(|_| selector.counts_base_names);
        hasher.field(name.as_deref().unwrap_or(entry.relative));
        hasher.field(entry.digest.as_bytes());
    }
    hasher.finish()
}

fn matcher(patterns: &[String]) -> Option<PatternMatcher> {
    if patterns.is_empty() { None } else { PatternMatcher::new(patterns).ok() }
}

/// The components before the first that has a wildcard; the whole path where none may have one.
fn literal_prefix(selector: &Selector) -> ContextPath {
    let path = ContextPath::new(&selector.path);
    if !selector.wildcard {
        return path;
    }
    let literal: Vec<_> =
        path.components().take_while(|component| !glob::has_wildcards(component)).collect();
    ContextPath::new(literal.join(&b'/'))
}

/// What is left of `path` below `base`, without a leading slash.
fn below<'a>(path: &'a [u8], base: &ContextPath) -> &'a [u8] {
    let rest = path.get(base.as_bytes().len()..).unwrap_or_default();
    rest.strip_prefix(b"/").unwrap_or(rest)
}

/// Where a path leads, every link followed, the last one where `follow_last`; added to `roots`,
/// for what is there is selected.
fn follow(
    snapshot: &Snapshot,
    path: &ContextPath,
    follow_last: bool,
    roots: &mut Vec<String>,
) -> Option<ContextPath> {
    let found = resolve(snapshot, path, follow_last, roots)?;
    if found != *path {
        roots.push(found.to_string());
    }
    Some(found)
}

/// The path with every link on the way followed inside the context; the last component too where
/// `follow_last`. `None` where nothing is there. Every link passed is added to `roots`, for a
/// changed link changes what is selected.
pub(super) fn resolve(
    snapshot: &Snapshot,
    path: &ContextPath,
    follow_last: bool,
    roots: &mut Vec<String>,
) -> Option<ContextPath> {
    let look = |next: &ContextPath, is_last: bool| match &snapshot.get(next).ok_or(())?.target {
        Some(target) if follow_last || !is_last => {
            roots.push(next.to_string());
            Ok(At::Link(target))
        }
        _ => Ok(At::Stay),
    };
    links::follow(path, (), look).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ModifiedTime;

    fn entry(path: &str, kind: EntryKind, target: Option<&str>) -> Entry {
        Entry {
            path: ContextPath::new(path),
            kind,
            mode: 0o644,
            size: 0,
            modified: ModifiedTime::default(),
            digest: (kind == EntryKind::File).then(|| Digest::of(path.as_bytes())),
            target: target.map(|target| target.as_bytes().into()),
        }
    }

    /// `d/link` and `link` lead to `a`.
    fn snapshot() -> Snapshot {
        let entries = vec![
            entry("a", EntryKind::File, None),
            entry("d", EntryKind::Directory, None),
            entry("d/link", EntryKind::Symlink, Some("../a")),
            entry("link", EntryKind::Symlink, Some("a")),
        ];
        Snapshot::new(entries, 0)
    }

    fn roots(selector: Selector) -> Vec<String> {
        select(&snapshot(), &[selector]).expect("it is there").roots
    }

    #[test]
    fn what_a_link_leads_to_is_looked_at() {
        let selector = Selector { wildcard: true, required: true, ..Selector::default() };
        let path = |path: &str| Selector { path: path.to_owned(), ..selector.clone() };
        assert_eq!(roots(path("link")), ["a", "link"]);
        assert_eq!(roots(path("l*")), ["a", "link"]);
        assert_eq!(roots(path("[d]")), ["d"]);
        let follows = Selector { follows_all_links: true, ..path("[d]") };
        assert_eq!(roots(follows), ["a", "d", "d/link"]);
    }

    #[test]
    fn a_link_to_nothing_is_named() {
        let entries = vec![entry("z", EntryKind::Symlink, Some("nowhere"))];
        let snapshot = Snapshot::new(entries, 0);
        let link = |path: &str, exclude: &[&str]| {
            let selector = Selector {
                path: path.to_owned(),
                wildcard: true,
                exclude: exclude.iter().map(ToString::to_string).collect(),
                required: true,
                ..Selector::default()
            };
            select(&snapshot, &[selector]).expect_err("it leads to nothing").link
        };
        for (path, exclude) in [("z", &[][..]), ("z*", &[]), ("z", &["y"]), ("", &["y"])] {
            assert_eq!(link(path, exclude), Some(ContextPath::new("z")), "{path}");
        }
        assert_eq!(link("y", &[]), None);
    }

    /// `q` leads to `r`, `r/o` to `t`; in both is a `file`.
    fn linked(edited: &str) -> Snapshot {
        let file = |path: &str| {
            let digest = Digest::of(if path == edited { b"new" } else { b"old" });
            Entry { digest: Some(digest), ..entry(path, EntryKind::File, None) }
        };
        let entries = vec![
            entry("q", EntryKind::Symlink, Some("r")),
            entry("r", EntryKind::Directory, None),
            file("r/file"),
            entry("r/o", EntryKind::Symlink, Some("../t")),
            entry("t", EntryKind::Directory, None),
            file("t/file"),
        ];
        Snapshot::new(entries, 0)
    }

    /// Whether an edit of a file counts where a path is copied without what `exclude` says.
    fn counts_beside(exclude: &str, path: &str, edited: &str) -> bool {
        let selector = Selector {
            path: path.to_owned(),
            wildcard: true,
            exclude: vec![exclude.to_owned()],
            required: true,
            counts_base_names: true,
            ..Selector::default()
        };
        let digest = |edited: &str| {
            select(&linked(edited), std::slice::from_ref(&selector)).expect("it is there").digest
        };
        digest(edited) != digest("")
    }

    #[test]
    fn what_is_left_out_counts_behind_a_link_that_is_the_source() {
        let counts = |path: &str, edited: &str| counts_beside("file", path, edited);
        assert!(counts("q", "r/file"));
        assert!(counts("q/o", "t/file"));
        assert!(counts("r/o", "t/file"));
        assert!(!counts("q", "t/file"));
        assert!(!counts("r", "r/file"));
        assert!(counts("[q]", "r/file"));
    }

    #[test]
    fn a_star_leaves_out_the_source_itself() {
        for exclude in ["*", "**", "**/*"] {
            assert!(!counts_beside(exclude, "q", "r/file"), "{exclude}");
            assert!(!counts_beside(exclude, "r", "r/file"), "{exclude}");
            assert!(!counts_beside(exclude, "r/file", "r/file"), "{exclude}");
        }
        for exclude in ["?*", "file*", "r"] {
            assert!(counts_beside(exclude, "q", "r/file"), "{exclude}");
        }
    }
}
