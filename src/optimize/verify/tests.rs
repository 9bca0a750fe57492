//! Images told in a few words, and what their comparison says.

use super::*;
use crate::{BuiltImage, Digest, ImageFile, ImageFileKind, ImagePath};

/// An image with files and settings.
#[derive(Clone, Default)]
struct Image(BuiltImage);

fn image() -> Image {
    Image::default()
}

fn file(content: &str) -> ImageFile {
    let kind =
        ImageFileKind::File { size: content.len() as u64, digest: Digest::of(content.as_bytes()) };
    ImageFile {
        kind,
        mode: 0o644,
        user: 0,
        group: 0,
        modified: 1_700_000_000,
        attributes: None,
        linked: None,
    }
}

fn other(kind: ImageFileKind) -> ImageFile {
    ImageFile { kind, ..file("") }
}

fn link(target: &str) -> ImageFile {
    other(ImageFileKind::Symlink { target: target.as_bytes().into() })
}

impl Image {
    fn with(mut self, path: &str, file: ImageFile) -> Self {
        self.0.tree.insert(ImagePath::new(path.as_bytes()), file);
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.with(path, file(content))
    }

    fn directory(self, path: &str) -> Self {
        self.with(path, other(ImageFileKind::Directory))
    }

    fn setting(mut self, name: &str, value: &str) -> Self {
        self.0.configuration.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// A path or setting a line.
fn told(differences: &Differences) -> Vec<String> {
    let path = |difference: &PathDifference| {
        let path = &difference.path;
        match &difference.change {
            PathChange::Added => vec![format!("{path} added")],
            PathChange::Removed => vec![format!("{path} removed")],
            PathChange::Changed(changes) => changes
                .iter()
                .map(|it| {
                    let (aspect, old, new) = (it.aspect.name(), &it.original, &it.rewritten);
                    format!("{path} {aspect}: {old} -> {new}")
                })
                .collect(),
        }
    };
    let setting = |difference: &SettingDifference| {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "unset".to_owned());
        let (old, new) = (value(&difference.original), value(&difference.rewritten));
        format!("{}: {old} -> {new}", difference.name)
    };
    differences
        .paths
        .iter()
        .flat_map(path)
        .chain(differences.settings.iter().map(setting))
        .collect()
}

/// What a rewrite changes of an image that is built alike every time.
fn changed(original: &Image, rewritten: &Image) -> Vec<String> {
    let differences = compare([&original.0, &original.0], &rewritten.0);
    assert_eq!(differences.noise, Noise::default());
    told(&differences)
}

fn one(before: ImageFile, after: ImageFile) -> Vec<String> {
    changed(&image().with("x", before), &image().with("x", after))
}

#[test]
fn equal_images_have_no_differences() {
    let same = image().directory("").file("a", "a").setting("user", "app");
    let differences = compare([&same.0, &same.0], &same.0);
    assert!(differences.are_none());
    assert_eq!(differences.compared, 2);
}

#[test]
fn every_aspect_of_a_path_counts() {
    let device = |minor| other(ImageFileKind::CharacterDevice { major: 1, minor });
    let with_attribute = ImageFile { attributes: Some(Digest::of(b"x")), ..file("a") };
    let linked = ImageFile { linked: Some(ImagePath::new(b"w")), ..file("a") };
    let found = [
        one(file("a"), link("a")),
        one(file("a"), ImageFile { mode: 0o4755, ..file("a") }),
        one(file("a"), ImageFile { user: 1000, ..file("a") }),
        one(file("a"), ImageFile { group: 50, ..file("a") }),
        one(file("a"), file("longer")),
        one(link("a"), link("b")),
        one(device(3), device(5)),
        one(file("a"), linked),
        one(file("a"), with_attribute),
        one(file("a"), ImageFile { modified: 1_700_000_001, ..file("a") }),
    ];
    insta::assert_snapshot!(found.concat().join("\n"), @r"
    /x kind: file -> symbolic link
    /x mode: 0644 -> 4755
    /x owner: 0:0 -> 1000:0
    /x owner: 0:0 -> 0:50
    /x content: 1 B sha256:ca978112ca1b -> 6 B sha256:73834addcec7
    /x target: a -> b
    /x device: 1:3 -> 1:5
    /x names: the only name -> one file with /w
    /x attributes: none -> sha256:2d711642b726
    /x modified: 2023-11-14T22:13:20Z -> 2023-11-14T22:13:21Z
    ");
}

#[test]
fn the_time_of_a_directory_does_not_count() {
    let directory = other(ImageFileKind::Directory);
    let later = ImageFile { modified: 1_800_000_000, ..directory.clone() };
    assert!(one(directory, later).is_empty());
}

#[test]
fn new_and_missing_paths_are_named() {
    let original = image().directory("d").file("d/kept", "").file("d/gone", "");
    let rewritten =
        image().directory("d").file("d/kept", "").directory("d/new").file("d/new/x", "");
    assert_eq!(
        changed(&original, &rewritten),
        ["/d/gone removed", "/d/new added", "/d/new/x added"]
    );
}

#[test]
fn settings_count_one_by_one() {
    let original =
        image().setting("user", "app").setting("env PATH", "/bin").setting("command", "[\"a\"]");
    let rewritten = image()
        .setting("env PATH", "/usr/bin")
        .setting("command", "[\"a\"]")
        .setting("port 80", "set");
    assert_eq!(
        changed(&original, &rewritten),
        ["env PATH: /bin -> /usr/bin", "port 80: unset -> set", "user: app -> unset"]
    );
}

#[test]
fn what_differs_by_itself_is_noise_and_nothing_else_of_it() {
    let at = |modified, content: &str| ImageFile { modified, ..file(content) };
    let built = |modified, text: &str| {
        image()
            .with("log", at(modified, text))
            .with("made", at(modified, "same"))
            .setting("label at", text)
    };
    let (first, second) = (built(100, "10:00"), built(160, "10:01"));
    let third = built(220, "10:02");
    let differences = compare([&first.0, &second.0], &third.0);
    assert_eq!(told(&differences), [""; 0]);
    let noise = Noise { names: 0, contents: 1, times: 1, settings: 1 };
    assert_eq!(differences.noise, noise);

    let third =
        third.with("log", ImageFile { mode: 0o600, ..at(220, "10:02") }).file("made", "other");
    let differences = compare([&first.0, &second.0], &third.0);
    insta::assert_snapshot!(told(&differences).join("\n"), @r"
    /log mode: 0644 -> 0600
    /made content: 4 B sha256:0967115f2813 -> 5 B sha256:d9298a10d1b0
    ");
}

#[test]
fn random_names_are_noise_where_the_original_has_them() {
    let built =
        |name: &str| image().directory("tmp").directory("etc").file(&format!("tmp/{name}"), name);
    let (first, second) = (built("a1"), built("b2"));
    let differences = compare([&first.0, &second.0], &built("c3").0);
    assert_eq!(told(&differences), [""; 0]);
    assert_eq!(differences.noise.names, 2);
    let found = |third: Image| told(&compare([&first.0, &second.0], &third.0));
    // Another place, another number and another kind are not what chance does.
    assert_eq!(found(built("c3").file("etc/d4", "")), ["/etc/d4 added"]);
    assert_eq!(found(built("c3").file("tmp/d4", "")), ["/tmp/c3 added", "/tmp/d4 added"]);
    assert_eq!(
        found(image().directory("tmp").directory("etc").directory("tmp/c3").file("tmp/c3/x", "")),
        ["/tmp/c3 added", "/tmp/c3/x added"]
    );
    assert_eq!(found(image().directory("tmp").directory("etc")), ["/tmp/a1 removed"]);
}

#[test]
fn a_directory_with_a_random_name_is_noise_with_what_is_in_it() {
    let built = |name: &str| {
        image().directory("t").directory(&format!("t/{name}")).file(&format!("t/{name}/x"), "")
    };
    let differences = compare([&built("a").0, &built("b").0], &built("c").0);
    assert_eq!(told(&differences), [""; 0]);
    assert_eq!(differences.noise.names, 4);
}

#[test]
fn what_only_one_of_the_originals_has_may_be_there_or_not() {
    let without = image().directory("d");
    let with = image().directory("d").file("d/sometimes", "");
    for third in [&with, &without] {
        assert!(compare([&with.0, &without.0], &third.0).are_none());
        assert!(compare([&without.0, &with.0], &third.0).are_none());
    }
}

#[test]
fn a_rewrite_passes_only_if_nothing_differs_and_the_check_ends_alike() {
    let run = |status| crate::CommandRun { status, output: Vec::new(), is_cut: false };
    let check = |original, rewritten| Check {
        command: "true".to_owned(),
        original: run(original),
        rewritten: run(rewritten),
    };
    let same = |check| Verification::Compared { differences: Differences::default(), check };
    assert!(same(None).is_passed());
    assert!(same(Some(check(0, 0))).is_passed());
    assert!(same(Some(check(3, 3))).is_passed());
    assert!(!same(Some(check(0, 1))).is_passed());
    assert!(!same(Some(check(1, 0))).is_passed());
    assert!(!Verification::NotBuilt { message: String::new() }.is_passed());
    let differences = compare([&image().0, &image().0], &image().file("a", "").0);
    assert!(!Verification::Compared { differences, check: None }.is_passed());
}
