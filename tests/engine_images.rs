//! What the cases of `tests/images-cases` expect is what docker's own tools say.
//!
//! `SMARTBUILD_TEST_DOCKER_PLUGINS` names a directory with `docker-compose` and `docker-buildx`,
//! which `cargo xtask test` makes of Debian's packages. Both only print; no engine is asked.
//! With `SMARTBUILD_UPDATE_CASES=1` what they say is written to `expected.json`.

#![allow(clippy::unwrap_used, reason = "a case that cannot be read fails the test")]

#[path = "support/images_cases.rs"]
mod images_cases;

use std::path::{Path, PathBuf};
use std::process::Command;

use images_cases::{Case, cases};
use serde_json::{Map, Value, json};
use smartbuild::context::ContextPath;

fn plugins() -> PathBuf {
    let directory = std::env::var_os("SMARTBUILD_TEST_DOCKER_PLUGINS");
    directory.expect("SMARTBUILD_TEST_DOCKER_PLUGINS is not set; run: cargo xtask test").into()
}

/// What the tool says of a case: of each service or target what its image is built of.
fn told(case: &Case) -> Value {
    let directory = case.copy();
    let is_compose = case.name.starts_with("compose");
    let (program, arguments): (_, &[&str]) = if is_compose {
        ("docker-compose", &["--profile", "*", "config", "--format", "json"])
    } else {
        ("docker-buildx", &["bake", "--print", "*"])
    };
    let output = Command::new(plugins().join(program))
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .env("HOME", directory.path().parent().unwrap())
        .envs(&case.environment)
        .output()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        let is_refusal = case.name.contains("broken");
        assert!(is_refusal, "{}: {program} refuses it: {reason}", case.name);
        return json!({"error": true});
    }
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = directory.path();
    let described = if is_compose {
        let services = printed["services"].as_object().into_iter().flatten();
        services
            .filter(|(_, service)| service["build"].is_object())
            .map(|(name, service)| (name.clone(), of_service(root, service)))
            .collect()
    } else {
        let targets = printed["target"].as_object().into_iter().flatten();
        targets.map(|(name, target)| (name.clone(), of_target(root, target))).collect()
    };
    Value::Object(described)
}

fn of_service(root: &Path, service: &Value) -> Value {
    let build = &service["build"];
    let plain = |value: &Value| texts(value, |text| text.replace("$$", "$"));
    let mut tags: Vec<Value> = service["image"].as_str().map(|it| json!(it)).into_iter().collect();
    tags.extend(build["tags"].as_array().into_iter().flatten().cloned());
    let platforms = match (&build["platforms"], &service["platform"]) {
        (Value::Null, platform @ Value::String(_)) => json!([platform]),
        (platforms, _) => platforms.clone(),
    };
    present(json!({
        "context": texts(&build["context"], |text| relative(root, text)),
        "dockerfile": build["dockerfile"],
        "inline": plain(&build["dockerfile_inline"]),
        "target": build["target"],
        "args": plain(&build["args"]),
        "contexts": texts(&build["additional_contexts"], |text| relative(root, text)),
        "cache_from": build["cache_from"],
        "platforms": platforms,
        "no_cache": build["no_cache"],
        "pull": build["pull"],
        "tags": tags,
    }))
}

fn of_target(root: &Path, target: &Value) -> Value {
    let plain = |value: &Value| texts(value, |text| text.replace("$${", "${").replace("%%{", "%{"));
    let inline = plain(&target["dockerfile-inline"]);
    let dockerfile = if inline.is_null() { target["dockerfile"].clone() } else { Value::Null };
    let from_root = |text: &str| relative(root, text.strip_prefix("cwd://").unwrap_or(text));
    present(json!({
        "context": texts(&target["context"], from_root),
        "dockerfile": dockerfile,
        "inline": inline,
        "target": target["target"],
        "args": plain(&target["args"]),
        "contexts": texts(&target["contexts"], from_root),
        "platforms": target["platforms"],
        "no_cache": target["no-cache"],
        "no_cache_filter": target["no-cache-filter"],
        "pull": target["pull"],
        "tags": target["tags"],
    }))
}

/// The value with a change made to each text in it, keys left alone.
fn texts(value: &Value, change: impl Fn(&str) -> String + Copy) -> Value {
    match value {
        Value::String(text) => json!(change(text)),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), texts(value, change));
            Value::Object(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}

/// A path from the case's directory.
fn relative(root: &Path, text: &str) -> String {
    if text.contains("://") || text.starts_with("service:") || text.starts_with("target:") {
        return text.to_owned();
    }
    // A path that goes up and comes back by the directory's own name.
    let path = ContextPath::new(root.join(text).to_str().unwrap());
    let root = ContextPath::new(root.to_str().unwrap());
    let inside = path.as_str().unwrap().strip_prefix(root.as_str().unwrap());
    let inside = inside.unwrap_or_else(|| panic!("{text} is outside of the case"));
    let inside = inside.trim_start_matches('/');
    if inside.is_empty() { ".".to_owned() } else { inside.to_owned() }
}

/// Without what is not said.
fn present(value: Value) -> Value {
    let Value::Object(entries) = value else { return value };
    let is_said = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        _ => true,
    };
    Value::Object(entries.into_iter().filter(|(_, it)| is_said(it)).collect::<Map<_, _>>())
}

#[test]
fn the_tools_say_what_the_cases_expect() {
    let is_update = std::env::var_os("SMARTBUILD_UPDATE_CASES").is_some_and(|it| it == "1");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images-cases");
    let mut differing = Vec::new();
    for case in cases() {
        let told = told(&case);
        if is_update {
            let text = format!("{told:#}\n");
            std::fs::write(root.join(&case.name).join("expected.json"), text).unwrap();
        } else if told != case.expected {
            differing.push(format!("{}: the tool says\n{told:#}", case.name));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}
