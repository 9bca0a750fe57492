//! A Dockerfile that another tree has by another name.

use super::super::likeness::{ALIKE, Lines};
use super::{Counterpart, has};
use crate::context::git::Tree;
use crate::context::{self, ContextPath, Source as _};
use crate::dockerfile::Dockerfile;

/// So many files that only the other tree has are looked at.
const MOST: usize = 256;

/// Files with more bytes are no Dockerfiles.
const LONGEST: usize = 1024 * 1024;

/// What `other` has of the Dockerfile that `own` has at this path: of the Dockerfiles that `own`
/// has not, the one with most of its lines.
pub(super) fn counterpart(
    path: &ContextPath,
    own: &Tree,
    other: &Tree,
) -> Result<Counterpart<ContextPath>, context::Error> {
    let text = own.read(path)?.unwrap_or_default();
    let lines = Lines::of(&text);
    let mut alike: Option<(usize, ContextPath)> = None;
    let mut perhaps = Vec::new();
    let mut looked_at = 0;
    for changed in other.differences_from(own)?.paths {
        if has(own, &changed)? || !has(other, &changed)? {
            continue;
        }
        looked_at += 1;
        if looked_at > MOST {
            perhaps.push(format!("one of more than {MOST} files"));
            break;
        }
        let Some(text) = dockerfile(&changed, other)? else { continue };
        let likeness = lines.likeness(&Lines::of(text.as_bytes()));
        // Of equal ones the first remains.
        if likeness >= ALIKE && alike.as_ref().is_none_or(|(most, _)| likeness > *most) {
            alike = Some((likeness, changed.clone()));
        }
        perhaps.push(changed.to_string());
    }
    Ok(match (alike, &*perhaps) {
        (Some((_, found)), _) => Counterpart::Found(found),
        (None, []) => Counterpart::Nothing,
        (None, [only]) => Counterpart::Untold(only.clone()),
        (None, [first, more @ ..]) => {
            Counterpart::Untold(format!("{first} or one of {} more", more.len()))
        }
    })
}

/// The text at the path, where it is a Dockerfile's.
fn dockerfile(path: &ContextPath, tree: &Tree) -> Result<Option<String>, context::Error> {
    let bytes = tree.read(path)?.filter(|bytes| bytes.len() <= LONGEST);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.filter(|text| Dockerfile::parse(&path.to_string(), text).is_ok()))
}
