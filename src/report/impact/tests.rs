//! Each format as a snapshot, and each with words that would like to be more than words.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::*;
use crate::Seconds;
use crate::context::git::Trailer;
use crate::impact::example::{files, image, impact, place, whole};
use crate::impact::gate::FileLimits;
use crate::impact::{Advice, Gates, ImageImpact, Impact, NotCompared, Patch, Problem, TreeSide};
use crate::predict::{CauseKind, ChangeKind};

/// The example under limits that it breaks, each once.
fn refused() -> Impact {
    let toml = "[impact]\nmax_seconds = 30\nmax_steps = 2\nmax_image_growth = \"10MB\"\n\
                deny = [\"base_image\", \"dependency_layer\"]\n";
    let file = FileLimits::parse(toml.as_bytes()).unwrap();
    let mut impact = impact();
    let problem = impact.problems[0].clone();
    impact.not_compared =
        vec![NotCompared { image: "broken/compose.yaml:web".to_owned(), problem }];
    impact.images[0].was_named = Some("old/api/Dockerfile".to_owned());
    impact.images[3].built_as = Some("api/Dockerfile".to_owned());
    impact.gate = Gates { file, ..Gates::default() }.judge(&impact);
    impact
}

fn accepted() -> Impact {
    let mut impact = refused();
    let of = |text: &str| text.to_owned();
    let (commit, name, value) = (of("1a2b3c4"), of("Build-Cost"), of("accepted"));
    impact.gate.accepted_by = Some(Trailer { commit, name, value });
    impact
}

/// What a hostile repository calls its files.
const HOSTILE: &str = "a`|b\n::error::x,y%0A@all <b>[l](https://e.x)</b> \u{1b}[2J``{0}";

fn hostile() -> Impact {
    let edited =
        CauseKind::Instruction { before: Some(HOSTILE.to_owned()), after: HOSTILE.to_owned() };
    let image = image(HOSTILE, HOSTILE)
        .step(&format!("RUN {HOSTILE}"), 2.0, Some((0, edited)))
        .at(&[place(HOSTILE, 3)])
        .step("COPY . .", 0.1, Some((1, files(&[(HOSTILE, ChangeKind::Modified)]))))
        .at(&[whole(HOSTILE)]);
    let problem = Problem {
        side: TreeSide::Base,
        file: HOSTILE.to_owned(),
        line: Some(1),
        image: None,
        message: HOSTILE.to_owned(),
        lacks_value: true,
    };
    let image = ImageImpact {
        was_named: Some(HOSTILE.to_owned()),
        built_as: Some(HOSTILE.to_owned()),
        ..image
    };
    let mut impact = Impact {
        images: vec![image],
        not_compared: vec![NotCompared { image: HOSTILE.to_owned(), problem }],
        problems: vec![Problem {
            side: TreeSide::Head,
            file: HOSTILE.to_owned(),
            line: None,
            image: None,
            message: HOSTILE.to_owned(),
            lacks_value: false,
        }],
        notices: vec![HOSTILE.to_owned()],
        advice: vec![Advice::Rewrite {
            images: vec![HOSTILE.to_owned()],
            dockerfile: HOSTILE.to_owned(),
            line: 1,
            id: "sink-copy",
            title: HOSTILE.to_owned(),
            patch: Patch::OfFile(format!("```\n{HOSTILE}\n````")),
            seconds: Seconds::new(1.0),
        }],
        ..Impact::default()
    };
    let toml = "[impact]\ndeny = [\"files\"]\n";
    let file = FileLimits::parse(toml.as_bytes()).unwrap();
    impact.gate = Gates { file, ..Gates::default() }.judge(&impact);
    impact
}

#[test]
fn reasons_are_sentences() {
    let reasons: Vec<String> = refused().gate.reasons.iter().map(reason).collect();
    insta::assert_snapshot!(reasons.join("\n"));
}

#[test]
fn a_comment_for_a_pull_request() {
    insta::assert_snapshot!("markdown", markdown(&refused()));
    insta::assert_snapshot!("markdown_hostile", markdown(&hostile()));
    insta::assert_snapshot!(
        "markdown_of_nothing",
        markdown(&Impact { unchanged: 1, ..Impact::default() })
    );
}

#[test]
fn a_comment_says_what_a_change_gains() {
    let mut impact = impact();
    assert!(!markdown(&impact).contains("less without cache"));
    impact.images[0].summary.seconds_gained = Seconds::new(30.0);
    let comment = markdown(&impact);
    let row = comment.lines().find(|line| line.starts_with("| `api/Dockerfile`")).unwrap();
    assert!(row.ends_with("30 s less without cache |"), "{row}");
}

#[test]
fn a_new_image_that_is_wrong_is_counted_in_every_headline() {
    let wrong =
        |name: &str| Problem { image: Some(name.to_owned()), ..impact().problems[0].clone() };
    let mut new = Impact { problems: vec![wrong("new"), wrong("new")], ..Impact::default() };
    assert!(sum(&new).ends_with(": 1 image could not be compared"));
    assert!(markdown(&new).contains("### Build cache: 1 image could not be compared\n"));
    // One that is told, as it was wrong in the older tree only, is compared in its way.
    new.images = impact().images;
    new.problems.push(wrong(&new.images[0].name));
    assert!(sum(&new).ends_with("; 1 image could not be compared"));
}

#[test]
fn what_a_trailer_accepts_is_said_to_be_accepted() {
    let comment = markdown(&accepted());
    assert!(comment.contains("**Accepted** by `Build-Cost: accepted` of `1a2b3c4`:"), "{comment}");
    let commands = github(&accepted());
    assert!(commands.contains("::notice ") && !commands.contains("::error "), "{commands}");
}

#[test]
fn a_comment_of_any_repository_has_a_length_that_is_taken() {
    let mut impact = refused();
    let names = (0..400).map(|number| image(&format!("{number}{}", "x".repeat(100)), "Dockerfile"));
    let lost = |image: crate::impact::ImageImpact| {
        image.step("RUN true", 1.0, Some((0, files(&[("a", ChangeKind::Added)]))))
    };
    impact.images.extend(names.map(lost));
    let comment = markdown(&impact);
    assert!(comment.chars().count() < 65_536);
    assert!(
        comment.contains("304 more images are not shown")
            && comment.contains("too long for a comment")
    );
    assert!(comment.ends_with("</details>\n"));
}

#[test]
fn nothing_foreign_can_leave_its_piece_of_a_comment() {
    let comment = markdown(&hostile());
    // Outside of code there is no tag but ours, and no mention.
    assert!(!comment.contains('\u{1b}'), "{comment}");
    let outside: Vec<&str> = comment.lines().filter(|line| line.starts_with("- ")).collect();
    assert!(outside.iter().any(|line| line.contains("@\u{200b}all &lt;b&gt;")), "{comment}");
}

#[test]
fn annotations_of_a_workflow() {
    insta::assert_snapshot!("github", github(&refused()));
    let commands = github(&hostile());
    insta::assert_snapshot!("github_hostile", commands);
    for line in commands.lines() {
        assert!(line.starts_with("::warning file=") || line.starts_with("::error file="), "{line}");
        assert_eq!(line.matches(",title=Build cache::").count(), 1, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    assert_eq!(github(&Impact::default()), "");
}

#[test]
fn code_quality_of_gitlab() {
    insta::assert_snapshot!("gitlab", gitlab(&refused()));
    assert_eq!(gitlab(&Impact::default()), "[]\n");
}

fn fingerprints(impact: &Impact) -> Vec<String> {
    let entries: Vec<Value> = serde_json::from_str(&gitlab(impact)).unwrap();
    let of = |entry: &Value| entry["fingerprint"].as_str().unwrap().to_owned();
    entries.iter().map(of).collect()
}

#[test]
fn a_fingerprint_stays_when_lines_and_seconds_move() {
    let before = fingerprints(&refused());
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len());
    let mut moved = refused();
    for image in &mut moved.images {
        for cause in &mut image.causes {
            cause.seconds = Seconds::new(1.0);
            for place in &mut cause.places {
                place.lines = place.lines.map(|(first, last)| (first + 7, last + 7));
            }
        }
    }
    assert_eq!(fingerprints(&moved), before);
}

#[test]
fn a_file_that_several_images_take_is_said_once() {
    let mut impact = impact();
    impact.problems.clear();
    let changed = || files(&[("README.md", ChangeKind::Modified)]);
    impact.images = ["a", "b", "c", "d", "e"]
        .map(|name| {
            image(name, name)
                .step("COPY . .", 1.0, Some((0, changed())))
                .at(&[place("README.md", 1)])
        })
        .into();
    insta::assert_snapshot!(github(&impact), @"::warning file=README.md,line=1,endLine=1,title=Build cache::README.md modified: 5 steps run again in a, b, c, 2 more, about 5.0 s");
}

#[test]
fn code_scanning_reads_it() {
    insta::with_settings!({filters => [(r#""semanticVersion": "[^"]+""#, r#""semanticVersion": "[version]""#)]}, {
        insta::assert_snapshot!("sarif", sarif(&refused()));
    });
    let log: Value = serde_json::from_str(&sarif(&hostile())).unwrap();
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        ["uri"];
    let escaped = "a%60%7Cb%0A%3A%3Aerror%3A%3Ax%2Cy%250A%40all%20%3Cb%3E%5Bl%5D%28https%3A//e.x%29\
                   %3C/b%3E%20%1B%5B2J%60%60%7B0%7D";
    assert_eq!(uri, escaped);
}

/// The schema of SARIF 2.1.0, which a crate brings that is only there for it.
fn schema() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let text = std::fs::read(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Value = serde_json::from_slice(&text).unwrap();
    // A bracket too many, which only JavaScript takes; we write no language.
    for part in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][part]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    schema
}

#[test]
fn every_log_validates_against_the_schema() {
    let validator =
        jsonschema::draft7::options().should_validate_formats(true).build(&schema()).unwrap();
    for impact in [Impact::default(), refused(), accepted(), hostile()] {
        let log: Value = serde_json::from_str(&sarif(&impact)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&log)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0]);
    }
    // The schema is one that refuses.
    let mut log: Value = serde_json::from_str(&sarif(&refused())).unwrap();
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&log));
}
