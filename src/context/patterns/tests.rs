//! The engine's traps in a table, and the fast matcher against a plain reading of the rules.

use proptest::prelude::*;

use super::*;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot, glob};

fn matcher(patterns: &[&str]) -> PatternMatcher {
    PatternMatcher::new(patterns).unwrap()
}

/// Walks down to the path as the engine does, never stopping at a matched directory.
fn matches_in_walk(matcher: &PatternMatcher, path: &str) -> bool {
    let mut parent = ParentMatches::default();
    for (end, _) in path.match_indices('/') {
        parent = matcher.matches_below(&path.as_bytes()[..end], &parent).1;
    }
    matcher.matches_leaf(path.as_bytes(), &parent)
}

#[test]
fn one_pattern_matches_a_path_or_its_parents() {
    for (pattern, path, expected) in [
        ("**", "file", true),
        ("**/", "dir/file", true),
        ("**/**", "dir/file", true),
        ("dir", "dir/file", true),
        ("dir", "sub/dir/file", false),
        ("dir/", "dir/file", true),
        ("./dir/../dir", "dir/file", true),
        ("/dir", "dir", false),
        ("../dir", "dir", false),
        ("dir/**", "dir", false),
        ("dir/**", "dir/dir2/file", true),
        ("dir**", "directory/file", true),
        ("**/dir", "dir", true),
        ("**/dir", "a/b/dir/file", true),
        ("**/dir", "a/mydir", false),
        ("**file", "a/myfile", true),
        ("**/dir2/*", "dir/dir2/file", true),
        ("**/dir2/**", "dir/dir2/dir3/file", true),
        ("**/file*txt", "dir/dir/file.txt", true),
        ("**/**/*.txt", "file.txt", true),
        ("**/**/*.txt2", "dir/dir/file.txt", false),
        ("a**/*.txt", "a/dir/dir/file.txt", true),
        ("a/*.txt", "a/dir/file.txt", false),
        ("a/*.txt**", "a/file.txt", true),
        ("*/file", "a/b/file", false),
        ("a[b-d]e", "aae", false),
        ("a[b-d]e", "ace", true),
        ("a[^b-d]e", "aze", true),
        ("a[!b]e", "abe", true),
        (".*", ".foo", true),
        (".*", "foo", false),
        ("*.*", "a", false),
        ("abc.def", "abcZdef", false),
        ("abc?def", "abc/def", false),
        ("a\\\\", "a\\", true),
        ("a\\*b", "a*b", true),
        ("a\\*b", "axb", false),
        ("**/.foo", "bar.foo", false),
        ("a(b)c/d", "a(b)c/d", true),
        ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
        ("a?b", "a☺b", true),
        ("a???b", "a☺b", false),
        ("[a-ζ]*", "α", true),
        ("  spaced\t", "spaced", true),
        ("#name", "#name", true),
        ("Case", "case", false),
        (".", "a", false),
    ] {
        let matcher = matcher(&[pattern]);
        assert_eq!(matcher.matches(path.as_bytes()), expected, "{pattern} alone on {path}");
        assert_eq!(matches_in_walk(&matcher, path), expected, "{pattern} walking to {path}");
    }
}

#[test]
fn the_last_pattern_wins() {
    for (patterns, path, expected) in [
        (&["!a.go", "*.go"][..], "a.go", true),
        (&["*.go", "!a.go"], "a.go", false),
        (&["docs", "!docs/README.md"], "docs/README.md", false),
        (&["docs", "!docs/README.md"], "docs/other", true),
        (&["docs/*", "!docs/README.md", "docs/R*"], "docs/README.md", true),
        (&["**", "!util/docker/web"], "util/docker/web/foo", false),
        (&["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", true),
        (&["*", "!src", "src/*.tmp"], "src/a.tmp", true),
        (&["*", "!src", "src/*.tmp"], "src/sub/a.tmp", false),
        (&["", "a"], "a", true),
        (&["!a"], "a", false),
        (&["a", "!b/../a"], "a", true),
        (&["b", "!b/../a"], "a", true),
    ] {
        let matcher = matcher(patterns);
        assert_eq!(matcher.matches(path.as_bytes()), expected, "{patterns:?} alone on {path}");
        assert_eq!(matches_in_walk(&matcher, path), expected, "{patterns:?} walking to {path}");
    }
}

#[test]
fn a_walk_forgets_exceptions_that_a_directory_had_no_use_for() {
    let matcher = matcher(&["*/x", "!dir"]);
    assert!(matches_in_walk(&matcher, "dir/x"));
    assert!(!matcher.matches(b"dir/x"));
}

#[test]
fn a_walk_forgets_patterns_that_a_matched_directory_had_no_use_for() {
    let matcher = matcher(&["d*", "!*/x", "dir"]);
    assert!(!matches_in_walk(&matcher, "dir/x"));
    assert!(matcher.matches(b"dir/x"));
}

#[test]
fn the_deciding_pattern_is_told_by_its_place() {
    let matcher = matcher(&["", "docs", "", "!docs/keep"]);
    let parent = matcher.matches_below(b"docs", &ParentMatches::default()).1;
    assert_eq!(matcher.deciding(b"docs/keep", &parent), Some((3, false)));
    assert_eq!(matcher.deciding(b"docs/other", &parent), Some((1, true)));
    assert_eq!(matcher.deciding(b"other", &ParentMatches::default()), None);
}

#[test]
fn directories_are_left_unread_as_the_engine_leaves_them() {
    for (patterns, directory, expected) in [
        (&["a"][..], "a", false),
        (&["a", "!a/b"], "a", true),
        (&["a", "!a/b/c"], "a/b", true),
        (&["a", "!a/b"], "a/c", false),
        (&["a", "!ab/c"], "a", false),
        (&["a", "!b"], "a", false),
        (&["a", "!a/*"], "a", true),
        (&["a", "!a/**"], "a", true),
        // The engine cuts both wildcards here, and so never reads `a/b`.
        (&["a", "!a/*/**"], "a/b", false),
        (&["a", "!**/keep"], "a/b", true),
        (&["a", "!z/x*y"], "a/b", true),
    ] {
        let matcher = matcher(patterns);
        assert_eq!(
            matcher.exception_below(directory.as_bytes()),
            expected,
            "{patterns:?} {directory}"
        );
    }
}

#[test]
fn the_classic_builder_reads_only_directories_that_exceptions_spell_out() {
    for (patterns, directory, expected) in [
        (&["a", "!a/b/c"][..], "a/b", true),
        (&["a", "!a"], "a", true),
        (&["a", "!a/*"], "a", true),
        (&["a", "!ab/c"], "a", false),
        (&["a", "!**/keep"], "a", false),
        (&["a", "!a/*/x"], "a/b", false),
    ] {
        let matcher = matcher(patterns).for_classic_builder();
        let reads = matcher.exception_below(directory.as_bytes());
        assert_eq!(reads, expected, "{patterns:?} {directory}");
    }
}

#[test]
fn refused_patterns_name_themselves() {
    let refused = |patterns: &[&str]| PatternMatcher::new(patterns).unwrap_err();
    assert_eq!(refused(&["a", "!"]), PatternError::LoneException { place: 1 });
    for text in ["[", "a[]", "a\\", "[x-]", "[-]"] {
        assert_eq!(refused(&[text]), PatternError::Syntax { place: 0, pattern: text.into() });
    }
    // Passes the engine's first check and fails when it is first compared with a path.
    let text = "[Local-Only]/";
    assert_eq!(refused(&[text]), PatternError::Unreadable { place: 0, pattern: text.into() });
}

#[test]
fn includes_keep_what_leads_to_a_match() {
    let filter = PathFilter::new(&["a/b/*.txt", "c"], &["c/secret"]).unwrap();
    let directory = |path: &str| filter.visit_directory(path.as_bytes(), &Visited::default());
    assert!(!directory("a").kept && directory("a").descend);
    assert!(directory("c").kept);
    let selects = |path: &str| filter.selects(&ContextPath::new(path), false);
    assert!(selects("a/b/x.txt") && selects("c/x"));
    assert!(!selects("a/b/x") && !selects("c/secret") && !selects("d"));

    let prefixes = PathFilter::new(&["a/b"], &[]).unwrap();
    assert!(prefixes.visit_directory(b"a", &Visited::default()).descend);
    assert!(!prefixes.visit_directory(b"ab", &Visited::default()).descend);
}

#[test]
fn a_selection_has_parents_of_what_it_takes_and_no_others() {
    let snapshot = tree(&["a/", "a/x", "a/y", "b/", "b/c/", "b/c/z", "d/"]);
    let filter = PathFilter::new(&["*/x", "**/z"], &[]).unwrap();
    assert_eq!(paths(&filter.select(&snapshot)), ["a", "a/x", "b", "b/c", "b/c/z"]);
    let rules = PathFilter::new(&[], &["b", "!b/c/z", "a"]).unwrap();
    assert_eq!(paths(&rules.select(&snapshot)), ["b", "b/c", "b/c/z", "d"]);
}

fn tree(paths: &[&str]) -> Snapshot {
    let entries = paths.iter().map(|path| Entry {
        path: ContextPath::new(path),
        kind: if path.ends_with('/') { EntryKind::Directory } else { EntryKind::File },
        mode: 0o644,
        size: 0,
        modified: ModifiedTime::default(),
        digest: None,
        target: None,
    });
    Snapshot::new(entries.collect(), 0)
}

fn paths(entries: &[&Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.path.to_string()).collect()
}

/// The rules said plainly, for patterns of letters, `/`, `*`, `?`, `[ab]` and `**`.
mod plain {
    pub(super) fn matches(patterns: &[String], path: &str) -> bool {
        let mut matched = false;
        for pattern in patterns {
            let (exception, pattern) = match pattern.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, pattern.as_str()),
            };
            let parents = path.match_indices('/').map(|(end, _)| &path[..end]);
            if parents.chain([path]).any(|path| is(pattern, path)) {
                matched = !exception;
            }
        }
        matched
    }

    /// `**` at the end is anything, `**` elsewhere anything up to a slash or nothing; at the
    /// start of an otherwise plain pattern it is anything at all.
    fn is(pattern: &str, path: &str) -> bool {
        let plain = |text: &str| !text.contains(['*', '?', '[']);
        match pattern.strip_prefix("**") {
            Some(rest) if plain(rest) => {
                path.ends_with(rest) || rest.strip_prefix('/') == Some(path)
            }
            _ => go(pattern.as_bytes(), path.as_bytes()),
        }
    }

    fn go(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => path.is_empty(),
            b"**" | b"**/" => true,
            [b'*', b'*', rest @ ..] => {
                let rest = rest.strip_prefix(b"/").unwrap_or(rest);
                go(rest, path)
                    || (0..path.len()).any(|end| path[end] == b'/' && go(rest, &path[end + 1..]))
            }
            [b'*', rest @ ..] => {
                let name = path.iter().take_while(|&&byte| byte != b'/').count();
                (0..=name).any(|end| go(rest, &path[end..]))
            }
            [b'?', rest @ ..] => {
                path.split_first().is_some_and(|(&first, path)| first != b'/' && go(rest, path))
            }
            [b'[', b'a', b'b', b']', rest @ ..] => path
                .split_first()
                .is_some_and(|(first, path)| b"ab".contains(first) && go(rest, path)),
            [first, rest @ ..] => path.strip_prefix(&[*first]).is_some_and(|path| go(rest, path)),
        }
    }
}

fn path_text() -> impl Strategy<Value = String> {
    "[ab.]{1,3}(/[ab]{1,2}){0,3}".prop_filter("clean", |path| {
        !path.split('/').any(|component| component == "." || component == "..")
    })
}

fn pattern_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ab]{1,2}",
        2 => Just("*".to_owned()),
        1 => Just("?".to_owned()),
        1 => Just("[ab]".to_owned()),
        2 => Just("**".to_owned()),
    ];
    let component = proptest::collection::vec(piece, 1..3).prop_map(|pieces| pieces.concat());
    (any::<bool>(), proptest::collection::vec(component, 1..4)).prop_map(|(exception, parts)| {
        let text = parts.join("/");
        if exception { format!("!{text}") } else { text }
    })
}

proptest! {
    #[test]
    fn the_fast_matcher_says_what_the_plain_rules_say(
        patterns in proptest::collection::vec(pattern_text(), 1..5),
        path in path_text(),
    ) {
        let fast = PatternMatcher::new(&patterns).unwrap();
        prop_assert_eq!(fast.matches(path.as_bytes()), plain::matches(&patterns, &path));
    }

    #[test]
    fn a_directory_left_unread_holds_nothing_that_lone_exceptions_take_back(
        name in "[ab]{1,2}",
        exception in "![ab]{1,2}(/[ab]{1,2}){0,2}",
        below in path_text(),
    ) {
        let matcher = PatternMatcher::new([&name, &exception]).unwrap();
        if !matcher.exception_below(name.as_bytes()) {
            let path = format!("{name}/{below}");
            prop_assert!(matcher.matches(path.as_bytes()), "{} of {:?}", path, matcher);
        }
    }

    #[test]
    fn any_text_is_matched_or_refused(pattern in "\\PC{0,12}", path in "\\PC{0,12}") {
        if let Ok(matcher) = PatternMatcher::new([&pattern]) {
            matcher.matches(path.as_bytes());
        }
        let _ = glob::matches(pattern.as_bytes(), path.as_bytes());
    }
}
