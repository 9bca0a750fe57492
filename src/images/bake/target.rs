//! A target as its blocks have it, and what targets take over from each other.

use std::collections::BTreeMap;

use super::evaluate::{Evaluator, Scope};
use super::names::Instance;
use super::value::Value;
use crate::context::ContextPath;
use crate::images::draft::Draft;
use crate::images::limits::{RunLimits, size};
use crate::images::place::{Reference, shown};
use crate::images::written::{self, Lines};
use crate::images::{InlineText, Origin};

/// What decides about a target's image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_field_names, reason = "bake calls a stage so")]
pub(super) struct Target {
    pub(super) inherits: Vec<String>,
    pub(super) context: Option<String>,
    pub(super) dockerfile: Option<String>,
    pub(super) inline: Option<String>,
    pub(super) target: Option<String>,
    pub(super) args: BTreeMap<String, String>,
    /// The lines that give the arguments.
    pub(super) lines: Lines,
    /// The lines of attributes, by the key as compose writes it.
    pub(super) settings: Lines,
    pub(super) inline_text: Option<InlineText>,
    pub(super) contexts: BTreeMap<String, String>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) platforms: Option<Vec<String>>,
    pub(super) cache_from: Vec<String>,
    pub(super) no_cache: Option<bool>,
    pub(super) no_cache_filter: Vec<String>,
    pub(super) network: Option<String>,
    pub(super) limits: RunLimits,
    pub(super) pull: Option<bool>,
}

/// What is wrong with a target, and the line.
pub(super) type Fault = (usize, String);

/// Attributes that decide about an image. Bake takes no notice of names that it does not know.
const ATTRIBUTES: &[&str] = &[
    "args",
    "cache-from",
    "context",
    "contexts",
    "dockerfile",
    "dockerfile-inline",
    "extra-hosts",
    "inherits",
    "network",
    "no-cache",
    "no-cache-filter",
    "platforms",
    "pull",
    "shm-size",
    "tags",
    "target",
    "ulimits",
];

/// Reads what an instance's block says.
pub(super) fn read(
    evaluator: &mut Evaluator<'_>,
    instance: &Instance<'_>,
) -> Result<Target, Fault> {
    let scope = Scope { values: instance.matrix.clone(), above: None };
    let mut target = Target::default();
    for attribute in &instance.block.attributes {
        let line = attribute.line;
        let name = attribute.name.as_str();
        if !ATTRIBUTES.contains(&name) {
            continue;
        }
        let value = evaluator
            .evaluate(&attribute.value, &scope)
            .and_then(|value| convert(name, value))
            .and_then(|value| target.set(name, value));
        value.map_err(|reason| (line, format!("`{name}`: {reason}")))?;
        let key = match name {
            "contexts" => "additional_contexts".to_owned(),
            "platforms" => "platform".to_owned(),
            _ => name.replace('-', "_"),
        };
        target.settings.insert(key, evaluator.names.writing.of_attribute(instance, attribute));
        match name {
            "args" => {
                let names = target.args.keys();
                target.lines = evaluator.names.writing.of_keys(instance, attribute, names);
            }
            "dockerfile-inline" => {
                let count = target.inline.as_deref().map(|text| text.matches('\n').count());
                let block = attribute.block.filter(|(_, lines)| Some(*lines) == count);
                let file = instance.block.file.clone();
                target.inline_text = Some(InlineText {
                    origin: Origin { file, line: block.map_or(line, |(first, _)| first) },
                    is_line_by_line: block.is_some(),
                });
            }
            _ => {}
        }
    }
    Ok(target)
}

/// The value of an attribute as bake keeps it, and as others see it.
pub(super) fn convert(attribute: &str, value: Value) -> Result<Value, String> {
    if value == Value::Null {
        return Ok(value);
    }
    Ok(match attribute {
        "context" | "dockerfile" | "dockerfile-inline" | "network" | "shm-size" | "target" => {
            Value::Text(value.to_text()?)
        }
        "args" | "labels" | "contexts" | "extra-hosts" => {
            let entry = |(key, value): (&String, &Value)| match value {
                Value::Null => Ok((key.clone(), Value::Null)),
                value => Ok((key.clone(), Value::Text(value.to_text()?))),
            };
            Value::Object(value.to_object()?.iter().map(entry).collect::<Result<_, String>>()?)
        }
        "inherits" | "tags" | "platforms" | "no-cache-filter" | "ulimits" => Value::List(
            value
                .to_list()?
                .iter()
                .map(|item| item.to_text().map(Value::Text))
                .collect::<Result<_, _>>()?,
        ),
        "no-cache" | "pull" => Value::Bool(value.to_bool()?),
        _ => value,
    })
}

impl Target {
    fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        match (name, value) {
            ("context", Value::Text(text)) => self.context = Some(text),
            ("dockerfile", Value::Text(text)) => self.dockerfile = Some(text),
            ("dockerfile-inline", Value::Text(text)) => self.inline = Some(text),
            ("network", Value::Text(text)) => self.network = Some(text),
            ("target", Value::Text(text)) => self.target = Some(text),
            ("args", Value::Object(entries)) => self.args = texts(entries),
            ("contexts", Value::Object(entries)) => self.contexts = texts(entries),
            ("shm-size", Value::Text(text)) => self.limits.shm_size = size(&text)?,
            ("ulimits", value) => {
                for text in items(&value)? {
                    self.limits.add_ulimit(&text)?;
                }
            }
            ("extra-hosts", Value::Object(entries)) => {
                for (name, addresses) in texts(entries) {
                    self.limits.add_host(&name, &addresses);
                }
            }
            ("inherits", value) => self.inherits = items(&value)?,
            ("tags", value) => self.tags = Some(items(&value)?),
            ("platforms", value) => self.platforms = Some(items(&value)?),
            ("no-cache-filter", value) => self.no_cache_filter = items(&value)?,
            ("cache-from", value) => self.cache_from = caches(&value)?,
            ("no-cache", Value::Bool(flag)) => self.no_cache = Some(flag),
            ("pull", Value::Bool(flag)) => self.pull = Some(flag),
            (_, Value::Null) => {}
            (_, other) => return Err(format!("{} is nothing for it: correct it", other.kind())),
        }
        Ok(())
    }

    /// Lays another target, or another block of the same one, over it.
    pub(super) fn merge(&mut self, over: &Self) {
        let replace = |old: &mut Option<String>, new: &Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        replace(&mut self.context, &over.context);
        replace(&mut self.dockerfile, &over.dockerfile);
        replace(&mut self.inline, &over.inline);
        if over.inline.is_some() {
            self.inline_text.clone_from(&over.inline_text);
        }
        replace(&mut self.target, &over.target);
        replace(&mut self.network, &over.network);
        let entries = |it: &BTreeMap<String, String>| {
            it.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
        };
        self.args.extend(entries(&over.args));
        self.lines.extend(over.lines.iter().map(|(key, lines)| (key.clone(), lines.clone())));
        for (key, lines) in &over.settings {
            written::add(self.settings.entry(key.clone()).or_default(), lines);
        }
        self.limits.merge(over.limits.clone());
        self.contexts.extend(entries(&over.contexts));
        if over.tags.is_some() {
            self.tags.clone_from(&over.tags);
        }
        if over.platforms.is_some() {
            self.platforms.clone_from(&over.platforms);
        }
        add_new(&mut self.cache_from, &over.cache_from);
        add_new(&mut self.no_cache_filter, &over.no_cache_filter);
        self.no_cache = over.no_cache.or(self.no_cache);
        self.pull = over.pull.or(self.pull);
        self.inherits.extend(over.inherits.iter().cloned());
    }
}

/// A service of a compose file as a target.
pub(super) fn of_service(directory: &ContextPath, draft: Draft) -> Target {
    let up = "../".repeat(directory.components().count());
    let text = |reference: Reference| match reference {
        Reference::Inside(path) => format!("{up}{}", shown(&path)),
        Reference::Sibling(name) => format!("target:{}", name.replace('.', "_")),
        Reference::Outside(text) | Reference::Remote(text) => text,
    };
    let several = |list: Vec<String>| (!list.is_empty()).then_some(list);
    Target {
        inherits: Vec::new(),
        context: Some(text(draft.context)),
        dockerfile: draft.dockerfile,
        inline: draft.inline,
        target: draft.target,
        args: draft.args,
        lines: draft.written.args,
        settings: draft.written.settings,
        inline_text: draft.written.inline,
        contexts: draft.contexts.into_iter().map(|(key, it)| (key, text(it))).collect(),
        tags: several(draft.tags),
        platforms: several(draft.platforms),
        cache_from: draft.cache_from,
        no_cache: draft.no_cache.then_some(true),
        no_cache_filter: draft.no_cache_filter,
        network: draft.network,
        limits: draft.limits,
        pull: draft.pull.then_some(true),
    }
}

fn add_new(list: &mut Vec<String>, more: &[String]) {
    for item in more {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

fn texts(entries: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let text = |(key, value)| if let Value::Text(text) = value { Some((key, text)) } else { None };
    entries.into_iter().filter_map(text).collect()
}

fn items(value: &Value) -> Result<Vec<String>, String> {
    if *value == Value::Null {
        return Ok(Vec::new());
    }
    value.to_list()?.iter().map(Value::to_text).collect()
}

/// Caches as texts, which objects become: `type=gha,scope=x`.
fn caches(value: &Value) -> Result<Vec<String>, String> {
    let cache = |item: &Value| match item {
        Value::Object(entries) => {
            let mut parts = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let part = format!("{key}={}", value.to_text()?);
                if key == "type" { parts.insert(0, part) } else { parts.push(part) }
            }
            Ok(parts.join(","))
        }
        other => other.to_text(),
    };
    if *value == Value::Null {
        return Ok(Vec::new());
    }
    value.to_list()?.iter().map(cache).filter(|it| *it != Ok(String::new())).collect()
}
