//! GitLab's code quality report: an array of findings, of which a merge request shows the new ones.

use std::collections::HashMap;

use serde::Serialize;

use super::finding::{Finding, Level, findings};
use crate::Digest;
use crate::impact::Impact;

#[derive(Serialize)]
struct Entry<'a> {
    description: &'a str,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// The report, which ends with a line end. A fingerprint stays as long as what is found does,
/// whatever the lines and seconds are, and no two in a report are equal.
pub fn gitlab(impact: &Impact) -> String {
    let found = findings(impact);
    let mut seen: HashMap<String, usize> = HashMap::new();
    let entries: Vec<Entry<'_>> = found
        .iter()
        .map(|finding| Entry {
            description: &finding.message,
            check_name: format!("smartbuild/{}", finding.rule),
            fingerprint: fingerprint(finding, &mut seen),
            severity: match finding.level {
                Level::Note => "info",
                Level::Warning => "minor",
                Level::Error => "critical",
            },
            location: Location {
                path: &finding.place.file,
                lines: Lines { begin: finding.place.lines.map_or(1, |(first, _)| first) },
            },
        })
        .collect();
    // Plain data of strings and numbers always becomes JSON.
    serde_json::to_string_pretty(&entries).unwrap_or_else(|_| "[]".to_owned()) + "\n"
}

/// What stays of a finding from commit to commit, as a digest.
pub(super) fn fingerprint(finding: &Finding, seen: &mut HashMap<String, usize>) -> String {
    let identity = format!("{}\0{}\0{}", finding.rule, finding.place.file, finding.identity);
    let count = seen.entry(identity.clone()).or_default();
    *count += 1;
    Digest::of(format!("{identity}\0{count}").as_bytes()).to_hex()
}
