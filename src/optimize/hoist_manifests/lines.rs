//! The text of the rewrite: which lines come where.

use std::collections::BTreeMap;

use crate::context::ContextPath;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::{Dockerfile, Instruction, Span, Transfer};
use crate::optimize::Reason;
use crate::optimize::text::{block, indentation, is_plain, line_end, newline};
use crate::optimize::tools::Manifests;

/// The COPY lines that bring the manifests to where `copy` would bring them, one for each
/// directory, with its flags.
pub(super) fn copies(
    copy: &Instruction,
    transfer: &Transfer,
    destination: &ContextPath,
    manifests: &Manifests,
) -> Result<Vec<String>, Reason> {
    let written = &transfer.destination;
    // A variable stays as written, so that the rewrite follows its value.
    if !is_plain(&written.replace(['$', '{', '}'], "_")) {
        return Err(Reason::DestinationText(written.clone()));
    }
    let mut prefix = String::from("COPY ");
    for flag in &copy.flags {
        let value = flag.value.as_deref().map(|value| format!("={value}")).unwrap_or_default();
        let text = format!("--{}{value}", flag.name);
        if !is_plain(&value.replace([':', '$', '{', '}'], "_")) && !value.is_empty() {
            return Err(Reason::Flag(text));
        }
        prefix.push_str(&text);
        prefix.push(' ');
    }
    let mut by_directory: BTreeMap<ContextPath, Vec<&str>> = BTreeMap::new();
    for (place, source) in manifests {
        let name = source.as_str().filter(|name| is_plain(name));
        let name = name.ok_or_else(|| Reason::ManifestName(source.clone()))?;
        // A COPY to a directory keeps the name; none of its sources can have brought another one.
        if place.file_name() != source.file_name() || !place.starts_with(destination) {
            return Err(Reason::ManifestName(source.clone()));
        }
        by_directory.entry(place.parent().unwrap_or_default()).or_default().push(name);
    }
    let lines = by_directory.into_iter().map(|(directory, names)| {
        let below = &directory.to_string()[destination.as_bytes().len()..];
        let below = below.trim_start_matches('/');
        let target = target(written, below, names.len() > 1);
        format!("{prefix}{} {target}", names.join(" "))
    });
    Ok(lines.collect())
}

/// The destination in the style of the one that is written, ending in a slash so that it is a
/// directory; a single file may go to `.`.
fn target(written: &str, below: &str, several: bool) -> String {
    match (written.trim_end_matches('/'), below) {
        (".", "") if written == "." && !several => ".".to_owned(),
        (".", "") => "./".to_owned(),
        (".", below) => format!("{below}/"),
        (root, "") => format!("{root}/"),
        (root, below) => format!("{}/{below}/", root.strip_suffix("/.").unwrap_or(root)),
    }
}

/// Puts what goes along, the new lines and the installs above the COPY, with the comments right above
/// each.
///
/// Blank lines between the COPY and the installs are kept on both sides of them. A USER that is taken
/// back is said above the installs too, and the one before it below them.
pub(super) fn edits(
    dockerfile: &Dockerfile,
    copy: &Instruction,
    along: &[&Instruction],
    installs: &[&Instruction],
    lines: &[String],
    back: Option<(&Instruction, &str)>,
) -> Vec<Edit> {
    let source = dockerfile.source();
    let newline = newline(source);
    let top = block(source, copy.span).start;
    let indent = indentation(source, copy.span.start);
    let mut new = String::new();
    for line in lines {
        new.push_str(indent);
        new.push_str(line);
        new.push_str(newline);
    }
    // What goes along may stand between the installs, and keeps its place there.
    let first = installs.first().map_or(0, |install| install.line);
    let repeated = back.map(|(user, _)| user);
    let mut all: Vec<&Instruction> =
        along.iter().chain(installs).copied().chain(repeated).collect();
    all.sort_by_key(|instruction| instruction.line);
    let mut moved = String::new();
    let mut edits = Vec::new();
    let mut end_of_last = line_end(source, copy.span.end);
    let mut gap_below = "";
    for (position, install) in all.into_iter().enumerate() {
        if install.line == first {
            moved.push_str(&new);
        }
        if repeated.is_some_and(|user| user.line == install.line) {
            moved.extend([indent, &*install.text, newline]);
            continue;
        }
        let mut block = block(source, install.span);
        block.start = block.start.max(end_of_last);
        let gap = source.get(end_of_last..block.start).unwrap_or_default();
        let is_blank = gap.trim().is_empty();
        let gap = if is_blank { gap } else { "" };
        if position == 0 {
            gap_below = gap;
        }
        moved.push_str(gap);
        moved.push_str(source.get(block.start..block.end).unwrap_or_default());
        if !moved.ends_with('\n') {
            moved.push_str(newline);
        }
        let start = block.start - gap.len();
        edits.push(Edit::replace(Span { start, end: block.end }, ""));
        end_of_last = block.end;
    }
    if let Some((_, user)) = back {
        moved.extend([indent, "USER ", user, newline]);
    }
    moved.push_str(gap_below);
    edits.push(Edit::replace(Span { start: top, end: top }, moved));
    edits
}
