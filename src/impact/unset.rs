//! Variables of compose files to which nothing gives a value.
//!
//! Compose takes each for an empty text. Another machine may have a value for it, in an env file
//! that git does not have or in its environment, and build otherwise there.

use crate::images::Image;

/// What to say of those that the images take.
pub(super) fn notice(images: &[Image]) -> Option<String> {
    let all = images.iter().flat_map(|image| &image.written.unset);
    let mut told: Vec<(&str, String)> = Vec::new();
    for (name, origin) in all {
        if told.iter().all(|(other, _)| other != name) {
            told.push((name, format!("{}:{}", origin.file, origin.line)));
        }
    }
    let ((name, place), others) = told.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    Some(format!(
        "{place} takes the variable {name}, which has no value here{more}: it counts as empty, and \
         a machine that has one may lose other steps; set it, or give it a default"
    ))
}
