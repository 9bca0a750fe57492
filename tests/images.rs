//! Compose and bake files against what docker's own tools make of them.
//!
//! Each directory of `tests/images-cases` is a case: its files, `expected.json` (what the tool says
//! each service or target is built of, or that it refuses the files), and where it is needed
//! `case.json` (`environment`, and `left_out`: targets that are no images here since they are only
//! there to be inherited). `tests/engine_images.rs` compares `expected.json` with the real tools.

#![allow(clippy::unwrap_used, reason = "a case that cannot be read fails the test")]

#[path = "support/images_cases.rs"]
mod images_cases;

use std::collections::BTreeMap;

use images_cases::{Case, cases};
use serde_json::{Map, Value, json};
use smartbuild::context::{ContextPath, Disk};
use smartbuild::images::{Configuration, Image, ImageDockerfile, NamedContext, find};

/// What this program makes of a case, in the words of `expected.json`.
fn found(case: &Case) -> Value {
    let directory = case.copy();
    for (context, dockerfile) in case.dockerfiles() {
        let file = directory.path().join(context).join(dockerfile);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "FROM scratch\n").unwrap();
    }
    let source = Disk::new(directory.path());
    let images = find(&source, &case.environment, &Configuration::default()).unwrap();
    if !images.problems.is_empty() {
        return json!({"error": true});
    }
    let described = images.images.iter().filter_map(|image| {
        let (_, name) = image.name.split_once(':')?;
        Some((name.to_owned(), describe(image)))
    });
    Value::Object(described.collect())
}

fn describe(image: &Image) -> Value {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(list) => list.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            _ => false,
        };
        if !is_empty {
            all.insert(name.to_owned(), value);
        }
    };
    let context = image.context.as_str().unwrap();
    put("context", json!(if context.is_empty() { "." } else { context }));
    match &image.dockerfile {
        ImageDockerfile::File(path) => put("dockerfile", json!(path.as_str().unwrap())),
        ImageDockerfile::Inline(text) => put("inline", json!(text)),
    }
    put("target", json!(image.target));
    put("args", json!(image.args));
    let contexts = image.contexts.iter().map(|(name, context)| {
        let text = match context {
            NamedContext::Directory(path) => path.as_str().unwrap().to_owned(),
            NamedContext::Image(image) => format!("@{}", image.split_once(':').unwrap().1),
            NamedContext::Outside(text) => text.clone(),
        };
        (name.clone(), text)
    });
    put("contexts", json!(contexts.collect::<BTreeMap<_, _>>()));
    put("platforms", json!(image.platforms));
    put("no_cache", json!(image.no_cache));
    put("no_cache_filter", json!(image.no_cache_filter));
    put("pull", json!(image.pull));
    put("tags", json!(image.tags));
    put("cache_from", json!(image.cache_from));
    Value::Object(all)
}

/// `expected.json` with Dockerfiles from the root, and without what is left out here.
fn expected(case: &Case) -> Value {
    let mut expected = case.expected.clone();
    let Some(entries) = expected.as_object_mut() else { return expected };
    for name in &case.left_out {
        assert!(entries.remove(name).is_some(), "{}: no target {name}", case.name);
    }
    for entry in entries.values_mut().filter_map(Value::as_object_mut) {
        let context = entry["context"].as_str().unwrap().to_owned();
        if let Some(dockerfile) = entry.get_mut("dockerfile") {
            let path = ContextPath::new(context).join(dockerfile.as_str().unwrap());
            *dockerfile = json!(path.as_str().unwrap());
        }
        for text in entry.get_mut("contexts").and_then(Value::as_object_mut).into_iter().flatten() {
            for prefix in ["service:", "target:"] {
                if let Some(name) = text.1.as_str().and_then(|it| it.strip_prefix(prefix)) {
                    *text.1 = json!(format!("@{name}"));
                    break;
                }
            }
        }
    }
    expected
}

#[test]
fn compose_and_bake_files_are_read_as_docker_reads_them() {
    let cases = cases();
    assert!(cases.len() >= 25, "{} cases", cases.len());
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let (found, expected) = (found(case), expected(case));
            (found != expected)
                .then(|| format!("{}:\n{found:#}\nexpected:\n{expected:#}", case.name))
        })
        .collect();
    assert!(differing.is_empty(), "{} differ\n{}", differing.len(), differing.join("\n\n"));
}
