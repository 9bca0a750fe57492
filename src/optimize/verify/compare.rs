//! Three images, compared.

use std::collections::{BTreeMap, BTreeSet};

use super::names::new_names;
use super::types::{
    Aspect, AspectChange, Differences, Noise, PathChange, PathDifference, SettingDifference,
};
use crate::{
    BuiltImage, Digest, ImageConfiguration, ImageFile, ImageFileKind, ImagePath, ImageTree,
};

/// What `rewritten` changes beyond what differs between two builds of the original.
///
/// The two must have been begun in different seconds: a step that ran in both has then left
/// different times, which says that its times mean nothing.
pub fn compare(original: [&BuiltImage; 2], rewritten: &BuiltImage) -> Differences {
    let [first, second] = original;
    let mut noise = Noise::default();
    let settings = settings(
        [&first.configuration, &second.configuration],
        &rewritten.configuration,
        &mut noise,
    );
    let mut paths = Vec::new();
    for (path, file) in &first.tree {
        let Some(again) = second.tree.get(path) else { continue };
        let by_itself: BTreeSet<Aspect> =
            aspects(file, again).iter().map(|change| change.aspect).collect();
        match (by_itself.len(), by_itself.contains(&Aspect::Modified)) {
            (0, _) => {}
            (1, true) => noise.times += 1,
            _ => noise.contents += 1,
        }
        let Some(new) = rewritten.tree.get(path) else {
            paths.push(PathDifference { path: path.clone(), change: PathChange::Removed });
            continue;
        };
        // What a path is decides all else of it.
        if by_itself.contains(&Aspect::Kind) {
            continue;
        }
        let mut changes = aspects(file, new);
        changes.retain(|change| !by_itself.contains(&change.aspect));
        if !changes.is_empty() {
            let change = PathChange::Changed(changes);
            paths.push(PathDifference { path: path.clone(), change });
        }
    }
    noise.names = only_in(&first.tree, &second.tree) + only_in(&second.tree, &first.tree);
    paths.extend(new_names([&first.tree, &second.tree], &rewritten.tree));
    paths.sort_by(|a, b| a.path.cmp(&b.path));
    Differences { paths, settings, compared: rewritten.tree.len(), noise }
}

fn only_in(tree: &ImageTree, other: &ImageTree) -> usize {
    tree.keys().filter(|path| !other.contains_key(*path)).count()
}

fn settings(
    original: [&ImageConfiguration; 2],
    rewritten: &ImageConfiguration,
    noise: &mut Noise,
) -> Vec<SettingDifference> {
    let [first, second] = original;
    let names: BTreeSet<&String> =
        [first, second, rewritten].into_iter().flat_map(BTreeMap::keys).collect();
    let mut differences = Vec::new();
    for name in names {
        let (original, again, new) = (first.get(name), second.get(name), rewritten.get(name));
        if original != again {
            noise.settings += 1;
        } else if original != new {
            differences.push(SettingDifference {
                name: name.clone(),
                original: original.cloned(),
                rewritten: new.cloned(),
            });
        }
    }
    differences
}

/// In what two files differ.
fn aspects(original: &ImageFile, rewritten: &ImageFile) -> Vec<AspectChange> {
    use ImageFileKind::{BlockDevice, CharacterDevice, Directory, File, Symlink};
    let mut changes = Changes(Vec::new());
    let (old, new) = (&original.kind, &rewritten.kind);
    if std::mem::discriminant(old) != std::mem::discriminant(new) {
        changes.add(Aspect::Kind, old.name().to_owned(), new.name().to_owned());
        return changes.0;
    }
    let both = (original, rewritten);
    changes.compare(Aspect::Mode, both, |file| format!("{:04o}", file.mode));
    changes.compare(Aspect::Owner, both, |file| format!("{}:{}", file.user, file.group));
    match (old, new) {
        (File { digest: old, .. }, File { digest: new, .. }) if old != new => {
            changes.add(Aspect::Content, content(original), content(rewritten));
        }
        (Symlink { target: old }, Symlink { target: new }) if old != new => {
            changes.add(Aspect::Target, shown(old), shown(new));
        }
        (CharacterDevice { .. } | BlockDevice { .. }, _) if old != new => {
            changes.add(Aspect::Device, device(old), device(new));
        }
        _ => {}
    }
    changes.compare(Aspect::Names, both, |file| match &file.linked {
        Some(first) => format!("one file with {first}"),
        None => "the only name".to_owned(),
    });
    changes.compare(Aspect::Attributes, both, |file| {
        file.attributes.map_or_else(|| "none".to_owned(), |digest| short(&digest))
    });
    if !matches!(old, Directory) {
        changes.compare(Aspect::Modified, both, |file| time(file.modified));
    }
    changes.0
}

struct Changes(Vec<AspectChange>);

impl Changes {
    fn add(&mut self, aspect: Aspect, original: String, rewritten: String) {
        self.0.push(AspectChange { aspect, original, rewritten });
    }

    fn compare(
        &mut self,
        aspect: Aspect,
        (original, rewritten): (&ImageFile, &ImageFile),
        say: impl Fn(&ImageFile) -> String,
    ) {
        let (original, rewritten) = (say(original), say(rewritten));
        if original != rewritten {
            self.add(aspect, original, rewritten);
        }
    }
}

/// A file's bytes, told by their number and the beginning of their digest.
fn content(file: &ImageFile) -> String {
    let ImageFileKind::File { size, digest } = &file.kind else { return String::new() };
    format!("{size} B {}", short(digest))
}

/// The beginning of a digest, which no two files of an image share by chance.
fn short(digest: &Digest) -> String {
    digest.to_string().chars().take("sha256:".len() + 12).collect()
}

fn device(kind: &ImageFileKind) -> String {
    match kind {
        ImageFileKind::CharacterDevice { major, minor }
        | ImageFileKind::BlockDevice { major, minor } => format!("{major}:{minor}"),
        _ => String::new(),
    }
}

fn shown(target: &[u8]) -> String {
    String::from_utf8_lossy(target).into_owned()
}

/// Seconds since 1970 as a date where they are one.
fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}

/// The directory that a path is in, and of the root itself the root.
pub(super) fn directory(path: &ImagePath) -> ImagePath {
    path.parent().unwrap_or_default()
}
