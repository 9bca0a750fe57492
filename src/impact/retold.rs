//! Reasons of a forecast as those know them who changed a file of images.

use super::compared::Version;
use super::{directories, platforms};
use crate::images::{Image, NamedContext};
use crate::predict::{Cause, CauseKind, Forecast, Verdict};

/// The option that has every step of an image run.
pub(super) const NO_CACHE: &str = "no-cache";

/// The one that has those of stages run.
pub(super) const NO_CACHE_FILTER: &str = "no-cache-filter";

/// Tells another platform of a base image, an option that switches the cache off, a directory that
/// takes the place of a base image, and the files that changed in one, as what they are.
pub(super) fn retell(forecast: &mut Forecast, before: Version<'_>, now: Version<'_>) {
    for step in &mut forecast.steps {
        let (Verdict::Rebuild(cause) | Verdict::Depends { cause, .. } | Verdict::Unknown(cause)) =
            &mut step.verdict
        else {
            continue;
        };
        if let Some(kind) = retold(cause, before, now) {
            cause.kind = kind;
        }
    }
}

fn retold(cause: &Cause, before: Version<'_>, now: Version<'_>) -> Option<CauseKind> {
    match &cause.kind {
        kind @ CauseKind::Option { .. } => platforms::named(kind, before.planned, now.planned),
        CauseKind::NoCache => without_cache(before.image, now.image),
        CauseKind::ContextBase { name } => in_place_of(name, before.image, now.image)
            .or_else(|| directories::changed_files(name, before, now)),
        _ => None,
    }
}

/// The option that switches the cache off, where it did not before.
fn without_cache(before: &Image, now: &Image) -> Option<CauseKind> {
    let option = |name: &str, before: Option<String>, after: Option<String>| {
        Some(CauseKind::Option { name: name.to_owned(), before, after })
    };
    if now.no_cache && !before.no_cache {
        return option(NO_CACHE, Some(before.no_cache.to_string()), Some(now.no_cache.to_string()));
    }
    let [old, new] = [before, now].map(|image| &image.no_cache_filter);
    let shown = |list: &[String]| (!list.is_empty()).then(|| list.join(","));
    if old == new { None } else { option(NO_CACHE_FILTER, shown(old), shown(new)) }
}

/// The base image of which a directory takes the place now.
fn in_place_of(name: &str, before: &Image, now: &Image) -> Option<CauseKind> {
    let Some(NamedContext::Directory(directory)) = now.contexts.get(name) else { return None };
    let old = match before.contexts.get(name) {
        None => name.to_owned(),
        Some(NamedContext::Image(text) | NamedContext::Outside(text)) => text.clone(),
        Some(NamedContext::Directory(_)) => return None,
    };
    let after = if directory.is_root() { ".".to_owned() } else { directory.to_string() };
    Some(CauseKind::BaseImage { reference: name.to_owned(), before: Some(old), after: Some(after) })
}
