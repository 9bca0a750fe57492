//! Stories of stages: what another stage sees of them, and what of it is certain.

use super::select::Selected;
use super::*;
use crate::Digest;
use crate::context::{ContextPath, Entry, EntryKind, ModifiedTime, Snapshot};
use crate::plan::chmod::Chmod;
use crate::plan::selection::Selector;

/// The step of a base that nobody can look into.
const BASE: StepIndex = StepIndex(0);

/// A stage and its context, before anything is computed.
#[derive(Clone)]
struct Stage {
    context: Vec<Entry>,
    files: StageFiles,
}

fn entry(path: &str, kind: EntryKind, text: &str) -> Entry {
    let is_file = kind == EntryKind::File;
    Entry {
        path: ContextPath::new(path),
        kind,
        mode: if is_file { 0o644 } else { 0o755 },
        size: if is_file { text.len() as u64 } else { 0 },
        modified: ModifiedTime::default(),
        digest: is_file.then(|| Digest::of(text.as_bytes())),
        target: (kind == EntryKind::Symlink).then(|| text.as_bytes().into()),
    }
}

fn of(path: &str) -> Source {
    Source { path: path.to_owned(), ..Source::default() }
}

fn copied(sources: &str, destination: &str) -> Copied {
    Copied {
        origin: FilesOf::Context,
        sources: sources.split(' ').map(|source| of(source.trim_matches('.'))).collect(),
        documents: Vec::new(),
        destination: destination.to_owned(),
        owner: None,
        mode: None,
        link: false,
        unpacks: false,
    }
}

impl Stage {
    /// On nothing, with files `a` and `b`, a directory `d` of `x` and `s/y`, and a link `d/l` to `s`.
    fn on_scratch() -> Self {
        let (file, directory) = (EntryKind::File, EntryKind::Directory);
        let context = vec![
            entry("a", file, "a"),
            entry("b", file, "b"),
            entry("d", directory, ""),
            entry("d/l", EntryKind::Symlink, "s"),
            entry("d/s", directory, ""),
            entry("d/s/y", file, "y"),
            entry("d/x", file, "x"),
        ];
        Self { context, files: StageFiles::default() }
    }

    fn on_base() -> Self {
        Self { files: StageFiles::unknown(BASE), ..Self::on_scratch() }
    }

    fn does(mut self, operation: Operation) -> Self {
        let step = StepIndex(self.files.operations.len() + 1);
        self.files.push(step, Some(operation));
        self
    }

    fn copy(self, sources: &str, destination: &str) -> Self {
        self.does(Operation::Copy(copied(sources, destination)))
    }

    fn edit(mut self, path: &str, text: &str) -> Self {
        let path = ContextPath::new(path);
        for entry in self.context.iter_mut().filter(|entry| entry.path == path) {
            entry.digest = Some(Digest::of(text.as_bytes()));
        }
        self
    }

    fn select(&self, path: &str) -> Option<Selected> {
        let path = path.trim_start_matches('/').to_owned();
        let selector = Selector { path, wildcard: true, required: true, ..Selector::default() };
        let context = Snapshot::new(self.context.clone(), 0);
        let tree = self.files.tree(&Contexts::of(&context));
        tree.select(&[selector])
    }

    fn digest(&self, path: &str) -> Digest {
        self.select(path).expect("something is there").digest
    }

    /// Whether all of the path's content is known.
    fn knows(&self, path: &str) -> bool {
        self.select(path).is_some_and(|selected| selected.base.is_none())
    }

    /// Whether an edit changes what is selected, for certain, not at all, or nobody knows.
    fn after(&self, edited: &str, path: &str) -> &'static str {
        let (before, after) =
            (self.select(path).unwrap(), self.clone().edit(edited, "new").select(path).unwrap());
        match (before.digest == after.digest, before.part == after.part) {
            (true, true) => "same",
            (false, true) => "open",
            (false, false) => "new",
            (true, false) => "wrong",
        }
    }
}

#[test]
fn on_nothing_every_path_is_known() {
    let stage = Stage::on_scratch().copy("a", "/one/a").copy("b", "/two/").copy("d", "/tree");
    assert!(stage.knows("/two") && stage.knows("/tree/s") && stage.knows("/"));
    assert_eq!(stage.after("a", "/two"), "same");
    assert_eq!(stage.after("b", "/two/b"), "new");
    assert_eq!(stage.after("d/s/y", "/tree/s"), "new");
    assert_eq!(stage.after("d/s/y", "/tree/x"), "same");
    assert_eq!(stage.after("d/s/y", "/tree/l/y"), "new");
    assert_eq!(stage.select("/nowhere"), None);
}

#[test]
fn how_it_came_about_does_not_count() {
    let at_once = Stage::on_scratch().copy("a b", "/in/");
    let owner = Owner::default();
    let slowly = Stage::on_scratch()
        .does(Operation::Directory { path: "/in".into(), owner })
        .copy("b", "/in/b")
        .copy("a", "/in");
    assert_eq!(at_once.digest("/in"), slowly.digest("/in"));
    assert_ne!(at_once.digest("/in"), slowly.clone().copy("b", "/in/c").digest("/in"));
}

#[test]
fn the_last_copy_wins() {
    let stage = Stage::on_scratch().copy("a", "/file").copy("b", "/file");
    assert_eq!(stage.after("a", "/file"), "same");
    assert_eq!(stage.after("b", "/file"), "new");
}

#[test]
fn owners_and_modes_count() {
    let owned = |text: &str| Copied { owner: Owner::parse(text), ..copied("a", "/a") };
    let of = |copied| Stage::on_scratch().does(Operation::Copy(copied)).digest("/a");
    assert_eq!(of(owned("0:0")), of(copied("a", "/a")));
    assert_eq!(of(owned("7")), of(owned("7:7")));
    assert_ne!(of(owned("7")), of(owned("7:8")));
    let moded = |mode| Copied { mode: Chmod::parse(mode), ..copied("a", "/a") };
    assert_eq!(of(moded("644")), of(copied("a", "/a")));
    assert_ne!(of(moded("755")), of(copied("a", "/a")));
    assert_eq!(of(moded("u=rw,go=r")), of(copied("a", "/a")));
    assert_eq!(of(moded("+x")), of(moded("755")));
    assert_eq!(Owner::parse("www-data"), None);
}

#[test]
fn a_link_in_the_destination_is_followed_where_all_is_known() {
    let copied = |stage: Stage| stage.copy("d", "/in").copy("a", "/in/l/");
    assert_eq!(copied(Stage::on_scratch()).after("a", "/in/s"), "new");
    // Elsewhere the link may lead anywhere: that step is one that nobody looks into.
    assert_eq!(copied(Stage::on_base()).select("/in/s").unwrap().base, Some(StepIndex(2)));
}

#[test]
fn a_file_in_a_directory_is_exactly_there_on_every_base() {
    let stage = Stage::on_base().copy("a b", "/in/");
    assert!(stage.knows("/in/a"));
    assert_eq!(stage.digest("/in/a"), Stage::on_scratch().copy("a", "/x/").digest("/x/a"));
    assert_eq!(stage.after("a", "/in/a"), "new");
    assert_eq!(stage.after("b", "/in/a"), "same");
    // What else is in the directory only the base knows.
    assert!(!stage.knows("/in"));
    assert_eq!(stage.after("a", "/in"), "new");
}

#[test]
fn what_may_have_been_a_directory_before_is_not_exact() {
    let stage = Stage::on_base().copy("a", "/a");
    assert!(!stage.knows("/a"));
    assert_eq!(stage.after("a", "/a"), "new");
}

#[test]
fn another_directory_of_a_base_may_be_the_same_one() {
    let stage = Stage::on_base().copy("a", "/in/").copy("b", "/alias/");
    assert_eq!(stage.after("b", "/in"), "open");
    assert_eq!(stage.after("b", "/in/a"), "open");
    assert!(!stage.knows("/in/a"));
    // The later one is written last, whatever it is.
    assert!(stage.knows("/alias/b"));
    // A link inside is not followed, so that even this may be elsewhere.
    let outside = Stage::on_base().copy("a", "/in/sub/");
    assert_eq!(outside.after("a", "/in"), "open");
}

#[test]
fn what_nobody_copied_counts_by_the_base() {
    let stage = Stage::on_base().copy("a", "/in/");
    assert_eq!(stage.after("a", "/etc"), "open");
    assert_eq!(stage.select("/etc").unwrap().base, Some(BASE));
}

#[test]
fn a_directory_that_was_copied_is_no_link() {
    let stage = Stage::on_base().copy("d", "/in").copy("a", "/in/s/");
    assert_eq!(stage.after("d/x", "/in/s/a"), "same");
    assert_eq!(stage.after("a", "/in/x"), "same");
    assert_eq!(stage.after("a", "/in/s"), "new");
}

#[test]
fn stages_hand_on_what_is_known() {
    let first = Stage::on_scratch().copy("a b", "/in/");
    let from = |sources, destination| {
        let origin = FilesOf::Stage(first.files.clone());
        Operation::Copy(Copied { origin, ..copied(sources, destination) })
    };
    let second = Stage::on_scratch().does(from("in/a", "/a")).does(from("in", "/all"));
    assert_eq!(second.after("b", "/a"), "same");
    assert_eq!(second.after("b", "/all"), "new");
    assert_eq!(second.select("/a").unwrap().roots, ["a"]);
}

#[test]
fn the_files_behind_a_selection_are_told() {
    let stage = Stage::on_scratch().copy("d", "/tree").copy("a", "/tree/").copy(".", "/all");
    assert_eq!(stage.select("/tree/s").unwrap().roots, ["d/s"]);
    assert_eq!(stage.select("/tree").unwrap().roots, ["a", "d"]);
    assert_eq!(stage.select("/all/b").unwrap().roots, ["b"]);
}

#[test]
fn a_file_that_may_be_an_archive_is_not_looked_into() {
    let added = |sources| Copied { unpacks: true, ..copied(sources, "/in/") };
    let of = |copied| Stage::on_scratch().does(Operation::Copy(copied));
    assert!(!of(added("a")).knows("/in"));
    assert!(of(added("d")).knows("/in"));
}

#[test]
fn heredocs_are_files_of_their_own() {
    let document = |text: &str| {
        let documents = vec![("EOF".to_owned(), text.to_owned())];
        let copied = Copied { sources: Vec::new(), documents, ..copied("", "/in/") };
        Stage::on_scratch().does(Operation::Copy(copied))
    };
    assert_eq!(document("b").digest("/in/EOF"), Stage::on_scratch().copy("b", "/b").digest("/b"));
    assert_ne!(document("b").digest("/in/EOF"), document("c").digest("/in/EOF"));
}

#[test]
fn only_what_is_let_through_is_copied() {
    let all = |source: Source| {
        let copied = Copied { sources: vec![source], ..copied("", "/in/") };
        Stage::on_scratch().does(Operation::Copy(copied))
    };
    let patterns = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let without = all(Source { exclude: patterns(&["*/x", "b"]), ..of("") });
    assert_eq!(without.select("/in/d/x"), None);
    assert_eq!(without.after("b", "/in"), "same");
    assert_eq!(without.after("d/s/y", "/in"), "new");
    let parents = all(Source { include: patterns(&["d/s/y"]), ..of("") });
    assert_eq!(parents.after("d/s/y", "/in/d"), "new");
    assert_eq!(parents.after("d/x", "/in"), "same");
    assert_eq!(parents.select("/in/d/l"), None);
    // The way to it is made of the directories themselves.
    let by_hand = Stage::on_scratch().copy("d/s/y", "/in/d/s/y");
    assert_eq!(parents.digest("/in"), by_hand.digest("/in"));
    let pivot = all(Source { include: patterns(&["s"]), ..of("d") });
    assert_eq!(pivot.digest("/in/s"), Stage::on_scratch().copy("d/s", "/s").digest("/s"));
}

#[test]
fn an_owner_reaches_the_way_only_where_the_copy_makes_it() {
    let include = vec!["d/x".to_owned()];
    let sources = vec![Source { include, ..of("") }];
    let owned = Copied { sources, owner: Owner::parse("7"), ..copied("", "/in/") };
    let owned = Operation::Copy(owned);
    let there = Stage::on_scratch().copy("d", "/in/d").does(owned.clone());
    let made = Stage::on_scratch().does(owned.clone()).copy("d", "/in/d");
    assert_ne!(there.digest("/in/d"), made.digest("/in/d"));
    // Nobody knows whose it was on a base.
    assert!(Stage::on_base().does(owned.clone()).knows("/in/d/x"));
    assert!(!Stage::on_base().does(owned).knows("/in/d"));
}

fn linked(sources: &str, destination: &str) -> Operation {
    Operation::Copy(Copied { link: true, ..copied(sources, destination) })
}

#[test]
fn a_linked_copy_replaces_links_in_its_way() {
    let stage = Stage::on_scratch().copy("d", "/in").does(linked("a", "/in/l/"));
    assert_eq!(stage.after("a", "/in/s"), "same");
    assert_eq!(stage.after("a", "/in/l"), "new");
    assert_eq!(stage.after("d/x", "/in/x"), "new");
    // So does one that puts a file in a directory's place.
    let replaced = Stage::on_scratch().copy("d", "/in").does(linked("a", "/in/s"));
    assert_eq!(replaced.after("d/s/y", "/in"), "same");
    assert_eq!(replaced.after("a", "/in/s"), "new");
}

#[test]
fn directories_of_a_linked_copy_are_its_own() {
    let directory = Operation::Directory { path: "/in".into(), owner: Owner::parse("7").unwrap() };
    let stage = Stage::on_scratch().does(directory).does(linked("a", "/in/"));
    assert_eq!(stage.digest("/in"), Stage::on_scratch().copy("a", "/in/").digest("/in"));
}

#[test]
fn a_linked_copy_is_just_there_on_every_base() {
    let stage = Stage::on_base().does(linked("a", "/in/")).does(linked("b", "/other"));
    assert!(stage.knows("/in/a") && stage.knows("/other"));
    assert_eq!(stage.after("b", "/in/a"), "same");
    // What else lies there nobody knows, and that lies there still.
    assert!(!stage.knows("/in"));
    assert_eq!(stage.after("b", "/in"), "same");
    assert_eq!(stage.after("a", "/in"), "new");
}

#[test]
fn what_was_copied_before_may_be_behind_a_link_that_is_gone() {
    let stage = Stage::on_base().copy("a", "/in/").does(linked("b", "/in/"));
    assert!(!stage.knows("/in/a"));
    assert_eq!(stage.after("a", "/in/a"), "open");
    assert!(stage.knows("/in/b"));
    assert!(Stage::on_base().copy("a", "/").does(linked("b", "/in/")).knows("/a"));
}
