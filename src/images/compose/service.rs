//! A service as one file has it: what of it decides about its image.

use std::collections::BTreeMap;

use super::super::place::Reference;
use super::super::written::{self, Lines};
use super::super::{InlineText, Origin, Problem, RunLimits};
use super::scalar::Scalar;
use super::variables::Known;
use super::yaml::{Fault, Mark, Node, Value};
use crate::context::ContextPath;

/// What files said of a service until now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// The file that names it first, and the line there.
    pub(super) file: ContextPath,
    pub(super) line: usize,
    pub(super) build: Option<Build>,
    pub(super) image: Option<String>,
    pub(super) platform: Option<String>,
    /// The lines that give its platform.
    pub(super) platform_lines: Vec<Origin>,
    pub(super) extends: Option<Extends>,
    /// Whether it says by what it runs: an image, a build, or something else that provides it.
    pub(super) has_source: bool,
    /// What is wrong with it.
    pub(super) problem: Option<Problem>,
}

/// Its `build:`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Build {
    pub(super) context: Option<Reference>,
    pub(super) dockerfile: Option<String>,
    pub(super) inline: Option<Inline>,
    pub(super) target: Option<String>,
    pub(super) args: BTreeMap<String, Given>,
    pub(super) contexts: BTreeMap<String, Reference>,
    pub(super) cache_from: Vec<String>,
    pub(super) platforms: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) network: Option<String>,
    pub(super) no_cache: Option<bool>,
    pub(super) limits: RunLimits,
    pub(super) pull: Option<bool>,
    /// The lines of the keys that decide about the image, by the key.
    pub(super) lines: Lines,
    /// Whether it has an `x-bake`.
    pub(super) has_bake_extension: bool,
    /// Variables in it without a value, each with its line.
    pub(super) unset: Vec<(String, Origin)>,
}

/// Its `dockerfile_inline:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inline {
    pub(super) text: String,
    pub(super) place: InlineText,
}

/// A value that is given to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// Without one it takes the environment's.
    pub(super) value: Option<String>,
    /// The line that gives it, then those that give the variables in it.
    pub(super) lines: Vec<Origin>,
}

/// Its `extends:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extends {
    pub(super) service: String,
    pub(super) file: Option<String>,
    pub(super) line: usize,
}

/// How a service is read.
pub(super) struct Reading<'a> {
    pub(super) file: &'a ContextPath,
    /// The directory from which its paths count.
    pub(super) base: &'a ContextPath,
    pub(super) variables: &'a Known,
}

/// The keys by which a service says what it runs by.
const SOURCES: &[&str] = &["build", "image", "provider", "extends"];

/// The keys of `build:`; others are a mistake.
const BUILD_KEYS: &[&str] = &[
    "context",
    "dockerfile",
    "dockerfile_inline",
    "target",
    "args",
    "additional_contexts",
    "cache_from",
    "platforms",
    "tags",
    "no_cache",
    "pull",
    "cache_to",
    "entitlements",
    "extra_hosts",
    "isolation",
    "labels",
    "network",
    "privileged",
    "provenance",
    "sbom",
    "secrets",
    "shm_size",
    "ssh",
    "ulimits",
];

/// Those that no step of the image rests on.
const IDLE_KEYS: &[&str] =
    &["cache_from", "cache_to", "labels", "pull", "provenance", "sbom", "tags"];

/// What decides about no step is nothing where only a value of it is not at hand.
fn unless_lacking<T: Default>(read: Result<T, Fault>) -> Result<T, Fault> {
    match read {
        Err(fault) if fault.lacks_value => Ok(T::default()),
        read => read,
    }
}

impl Reading<'_> {
    /// Reads a service. What is wrong with it is kept in it, so that the others are found.
    pub(super) fn service(&self, name: &str, node: &Node) -> Service {
        let mut service = Service {
            file: self.file.clone(),
            line: node.line,
            build: None,
            image: None,
            platform: None,
            platform_lines: Vec::new(),
            extends: None,
            has_source: SOURCES.iter().any(|key| present(node, key).is_some()),
            problem: None,
        };
        if let Err(fault) = self.fill(&mut service, node) {
            let message = format!("service {name}: {}", fault.message);
            service.problem = Some(Fault { message, ..fault }.of(self.file));
        }
        service
    }

    fn fill(&self, service: &mut Service, node: &Node) -> Result<(), Fault> {
        if node.is_null() {
            return Ok(());
        }
        if !matches!(node.value, Value::Mapping(_)) {
            return Err(Fault::new(node.line, "it is no mapping: write one"));
        }
        service.image = unless_lacking(self.optional(node, "image"))?;
        service.platform = self.optional(node, "platform")?;
        if let Some(platform) = present(node, "platform") {
            service.platform_lines = self.lines_of(platform);
        }
        if let Some(extends) = present(node, "extends") {
            service.extends = Some(self.extends(extends)?);
        }
        if let Some(build) = present(node, "build") {
            service.build = Some(self.build(build)?);
        }
        Ok(())
    }

    fn extends(&self, node: &Node) -> Result<Extends, Fault> {
        let line = node.line;
        if !matches!(node.value, Value::Mapping(_)) {
            return Ok(Extends { service: self.text(node)?, file: None, line });
        }
        let service = self.optional(node, "service")?;
        let file = self.optional(node, "file")?;
        let service = service
            .ok_or_else(|| Fault::new(line, "`extends` names no service: add `service:`"))?;
        Ok(Extends { service, file, line })
    }

    fn build(&self, node: &Node) -> Result<Build, Fault> {
        let Value::Mapping(entries) = &node.value else {
            if node.is_null() {
                return Err(Fault::new(node.line, "`build` says nothing: give it a context"));
            }
            let context = Reference::read(self.base, &self.text(node)?, "service:");
            let unset = self.unset(node);
            return Ok(Build { context: Some(context), unset, ..Build::default() });
        };
        let unknown = |key: &&(String, Node)| {
            !BUILD_KEYS.contains(&key.0.as_str()) && !key.0.starts_with("x-")
        };
        if let Some((key, value)) = entries.iter().find(unknown) {
            return Err(Fault::new(value.line, format!("`build` has no `{key}`: correct it")));
        }
        let context = self.optional(node, "context")?;
        let mut contexts = BTreeMap::new();
        for (key, given) in self.pairs(node, "additional_contexts")? {
            let value = given.value.unwrap_or_default();
            contexts.insert(key, Reference::read(self.base, &value, "service:"));
        }
        Ok(Build {
            context: context.map(|text| Reference::read(self.base, &text, "service:")),
            dockerfile: self.optional(node, "dockerfile")?,
            inline: present(node, "dockerfile_inline").map(|it| self.inline(it)).transpose()?,
            target: self.optional(node, "target")?,
            args: self.pairs(node, "args")?,
            contexts,
            cache_from: unless_lacking(self.texts(node, "cache_from"))?,
            platforms: self.texts(node, "platforms")?,
            tags: unless_lacking(self.texts(node, "tags"))?,
            network: self.optional(node, "network")?,
            no_cache: self.flag(node, "no_cache")?,
            limits: self.limits(node)?,
            pull: self.flag(node, "pull")?,
            lines: self.lines(node),
            has_bake_extension: node.get("x-bake").is_some(),
            unset: self.unset(node),
        })
    }

    /// The variables that have no value in all that decides about an image.
    fn unset(&self, build: &Node) -> Vec<(String, Origin)> {
        let mut found = Vec::new();
        let decides = |key: &str| BUILD_KEYS.contains(&key) && !IDLE_KEYS.contains(&key);
        let entries = build.entries().iter().filter(|(key, _)| decides(key)).map(|(_, it)| it);
        let mut open: Vec<&Node> = entries.rev().collect();
        if matches!(build.value, Value::Scalar(_)) {
            open.push(build);
        }
        while let Some(node) = open.pop() {
            match &node.value {
                _ if node.tag == Mark::Reset => {}
                Value::List(list) => open.extend(list.iter().rev()),
                Value::Mapping(entries) => open.extend(entries.iter().rev().map(|(_, it)| it)),
                Value::Scalar(Scalar::Text(text)) => {
                    let names = self.variables.unset(text).into_iter();
                    found.extend(names.map(|name| (name, self.origin(node.line))));
                }
                Value::Scalar(_) => {}
            }
        }
        found
    }

    /// The lines of what each key says.
    fn lines(&self, build: &Node) -> Lines {
        let told = build.entries().iter().filter(|(_, value)| value.tag != Mark::Reset);
        told.map(|(key, value)| (key.clone(), self.lines_of(value))).collect()
    }

    /// The line of a value, and of all that it is made of.
    pub(super) fn lines_of(&self, node: &Node) -> Vec<Origin> {
        let mut lines = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            let own = self.written(node).map_or_else(|_| vec![self.origin(node.line)], |it| it.1);
            written::add(&mut lines, &own);
            match &node.value {
                Value::List(list) => open.extend(list.iter().rev()),
                Value::Mapping(entries) => open.extend(entries.iter().rev().map(|(_, it)| it)),
                Value::Scalar(_) => {}
            }
        }
        lines
    }

    fn inline(&self, node: &Node) -> Result<Inline, Fault> {
        let text = self.text(node)?;
        let lines = |text: &str| text.matches('\n').count();
        // A variable may bring lines of its own.
        let is_as_written =
            matches!(&node.value, Value::Scalar(Scalar::Text(raw)) if lines(raw) == lines(&text));
        let line = node.block.filter(|_| is_as_written);
        let origin = self.origin(line.unwrap_or(node.line));
        Ok(Inline { text, place: InlineText { origin, is_line_by_line: line.is_some() } })
    }

    fn origin(&self, line: usize) -> Origin {
        Origin { file: self.file.clone(), line }
    }

    pub(super) fn text(&self, node: &Node) -> Result<String, Fault> {
        Ok(self.written(node)?.0)
    }

    /// A text, and the lines that give it: its own first.
    fn written(&self, node: &Node) -> Result<(String, Vec<Origin>), Fault> {
        let Value::Scalar(Scalar::Text(text)) = &node.value else {
            return Err(Fault::new(node.line, "a value that must be a text: put it in quotes"));
        };
        let replaced = self.variables.replace(text);
        let (text, of_variables) =
            replaced.map_err(|refusal| Fault::refused(node.line, &refusal))?;
        let mut lines = vec![self.origin(node.line)];
        written::add(&mut lines, &of_variables);
        Ok((text, lines))
    }

    fn optional(&self, node: &Node, key: &str) -> Result<Option<String>, Fault> {
        present(node, key).map(|value| self.text(value)).transpose()
    }

    fn texts(&self, node: &Node, key: &str) -> Result<Vec<String>, Fault> {
        match present(node, key) {
            None => Ok(Vec::new()),
            Some(Node { value: Value::List(list), .. }) => {
                list.iter().map(|item| self.text(item)).collect()
            }
            Some(other) => Err(Fault::new(other.line, format!("`{key}` must be a list"))),
        }
    }

    /// A mapping, or a list of `KEY=VALUE` and `KEY`.
    fn pairs(&self, node: &Node, key: &str) -> Result<BTreeMap<String, Given>, Fault> {
        let mut pairs = BTreeMap::new();
        match present(node, key).map(|it| (it, &it.value)) {
            None => {}
            Some((_, Value::Mapping(entries))) => {
                for (name, value) in entries {
                    if value.tag == Mark::Reset {
                        continue;
                    }
                    let own = || vec![self.origin(value.line)];
                    let (value, lines) = match &value.value {
                        Value::Scalar(Scalar::Null) => (None, own()),
                        Value::Scalar(Scalar::Bool(flag)) => (Some(flag.to_string()), own()),
                        Value::Scalar(Scalar::Other(text)) => (Some(text.clone()), own()),
                        _ => {
                            let (text, lines) = self.written(value)?;
                            (Some(text), lines)
                        }
                    };
                    pairs.insert(name.clone(), Given { value, lines });
                }
            }
            Some((_, Value::List(list))) => {
                for item in list {
                    let (text, lines) = self.written(item)?;
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                        None => (text, None),
                    };
                    pairs.insert(name, Given { value, lines });
                }
            }
            Some((other, Value::Scalar(_))) => {
                let message = format!("`{key}` must be a mapping, or a list of KEY=VALUE");
                return Err(Fault::new(other.line, message));
            }
        }
        Ok(pairs)
    }

    fn flag(&self, node: &Node, key: &str) -> Result<Option<bool>, Fault> {
        let Some(value) = present(node, key) else { return Ok(None) };
        if let Value::Scalar(Scalar::Bool(flag)) = value.value {
            return Ok(Some(flag));
        }
        match self.text(value)?.as_str() {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Some(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Some(false)),
            _ => Err(Fault::new(value.line, format!("`{key}` must be true or false"))),
        }
    }
}

/// The value of a key that is there and has not been taken away by `!reset`.
pub(super) fn present<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| value.tag != Mark::Reset)
}

impl Service {
    /// Lays over it what a later file, or a service that extends it, says.
    pub(super) fn merge(&mut self, over: Self) {
        self.build = match (self.build.take(), over.build) {
            (Some(mut build), Some(over)) => {
                build.merge(over);
                Some(build)
            }
            (build, over) => over.or(build),
        };
        self.image = over.image.or(self.image.take());
        self.platform = over.platform.or(self.platform.take());
        written::add(&mut self.platform_lines, &over.platform_lines);
        self.extends = over.extends;
        self.has_source |= over.has_source;
        self.problem = over.problem.or(self.problem.take());
    }
}

impl Build {
    fn merge(&mut self, over: Self) {
        let replace = |old: &mut Option<String>, new: Option<String>| {
            if new.is_some() {
                *old = new;
            }
        };
        self.context = over.context.or(self.context.take());
        self.inline = over.inline.or(self.inline.take());
        replace(&mut self.dockerfile, over.dockerfile);
        replace(&mut self.target, over.target);
        replace(&mut self.network, over.network);
        self.args.extend(over.args);
        self.limits.merge(over.limits);
        self.contexts.extend(over.contexts);
        for (key, lines) in &over.lines {
            written::add(self.lines.entry(key.clone()).or_default(), lines);
        }
        self.cache_from.extend(over.cache_from);
        self.platforms.extend(over.platforms);
        for tag in over.tags {
            if !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
        self.no_cache = over.no_cache.or(self.no_cache);
        self.pull = over.pull.or(self.pull);
        self.has_bake_extension |= over.has_bake_extension;
        self.unset.extend(over.unset);
    }
}
