//! SARIF 2.1.0, which code scanning services read.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::finding::{Finding, Level, findings};
use super::gitlab::fingerprint;
use crate::impact::Impact;

/// Every rule with what it means.
const RULES: &[(&str, &str, &str)] = &[
    ("files", "FilesChanged", "Steps run again as files that they take have changed."),
    (
        "instruction",
        "InstructionChanged",
        "Steps run again as an instruction was edited or is new.",
    ),
    ("argument", "ArgumentChanged", "Steps run again as a build argument has another value."),
    ("environment", "EnvironmentChanged", "Steps run again as a variable has another value."),
    ("base_image", "BaseImageChanged", "Steps run again as they stand on another base image."),
    ("option", "OptionChanged", "Steps run again as an option of the build differs."),
    ("gate", "LimitBroken", "A limit on what a change may cost the build cache is broken."),
    ("problem", "NotCompared", "Something could not be read, so that an image is not compared."),
    ("other", "StepsLost", "Steps run again."),
];

/// The log file, which ends with a line end.
pub fn sarif(impact: &Impact) -> String {
    let mut seen = HashMap::new();
    let results: Vec<Value> =
        findings(impact).iter().map(|finding| result(finding, &mut seen)).collect();
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(id, name, text)| json!({"id": id, "name": name, "shortDescription": {"text": text}}))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "smartbuild",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    // Plain data of strings and numbers always becomes JSON.
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn result(finding: &Finding, seen: &mut HashMap<String, usize>) -> Value {
    let known = RULES.iter().position(|(id, ..)| *id == finding.rule);
    let index = known.unwrap_or(RULES.len() - 1);
    let level = match finding.level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let mut place = json!({
        "artifactLocation": {"uri": uri(&finding.place.file), "uriBaseId": "%SRCROOT%"},
    });
    if let Some((first, last)) = finding.place.lines {
        // Lines are counted from 1, and the last is never above the first.
        let first = first.max(1);
        place["region"] = json!({"startLine": first, "endLine": last.max(first)});
    }
    json!({
        "ruleId": RULES[index].0,
        "ruleIndex": index,
        "level": level,
        "message": {"text": text(&finding.message)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"smartbuild/v1": fingerprint(finding, seen)},
    })
}

/// Text in which braces name no value to fill in, and brackets begin no link.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '{' | '}' => safe.extend([character, character]),
            '[' | ']' | '\\' => safe.extend(['\\', character]),
            other => safe.push(other),
        }
    }
    safe
}

/// A path as a relative reference: everything that has a meaning in an address is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => push!(uri, "%{other:02X}"),
        }
    }
    uri
}
