//! YAML as compose reads it: every value with its line, aliases and merge keys carried out.
//!
//! A file of a few lines can stand for billions of values, so all that is made is counted.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::interpolate::Refusal;
use super::scalar::{self, Scalar};
use crate::context::ContextPath;
use crate::images::Problem;

/// How deep values may lie in each other.
const DEPTH: usize = 64;

/// How much a file may stand for: a value counts one, and each 32 bytes of text one more.
const BUDGET: usize = 200_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) tag: Mark,
    pub(super) value: Value,
    /// The first line of a text that stands as it is below a `|`.
    pub(super) block: Option<usize>,
    cost: usize,
}

/// Compose's own tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    /// `!reset`: what earlier files say here is void, and so is this.
    Reset,
    /// `!override`: what earlier files say here is void.
    Override,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file; no key is there twice.
    Mapping(Vec<(String, Node)>),
}

/// What is wrong and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
    /// Whether it is nothing but a value that is not at hand here.
    pub(super) lacks_value: bool,
}

impl Fault {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), lacks_value: false }
    }

    /// Of a text whose variables cannot be replaced.
    pub(super) fn refused(line: usize, refusal: &Refusal) -> Self {
        let lacks_value = matches!(refusal, Refusal::Required { .. });
        Self { line, message: refusal.message(), lacks_value }
    }

    /// As a problem of the file.
    pub(super) fn of(self, file: &ContextPath) -> Problem {
        let lacks_value = self.lacks_value;
        Problem { lacks_value, ..Problem::at(file, self.line, self.message) }
    }
}

impl Node {
    /// The value of a key of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        if let Value::Mapping(entries) = &self.value { entries } else { &[] }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Scalar(Scalar::Null))
    }
}

/// A list or a mapping that is not at its end yet.
struct Open {
    line: usize,
    tag: Mark,
    anchor: usize,
    cost: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Mapping { entries: Vec<(String, Node)>, key: Option<(String, usize)>, merged: Vec<Node> },
}

struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    documents: Vec<Node>,
    spent: usize,
}

/// The documents of a text.
pub(super) fn read(text: &str) -> Result<Vec<Node>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        Reader { open: Vec::new(), anchors: HashMap::new(), documents: Vec::new(), spent: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            Fault::new(error.marker().line(), format!("this is no YAML, {}", error.info()))
        })?;
        reader.take(event, span.start.line())?;
    }
    Ok(reader.documents)
}

impl Reader {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let (mark, is_text) = read_tag(tag.as_deref());
                // The line is that of the first one that is not empty.
                let empty = text.bytes().take_while(|&byte| byte == b'\n').count();
                let block = (style == ScalarStyle::Literal).then(|| line.saturating_sub(empty));
                let scalar = if is_text || style != ScalarStyle::Plain {
                    Scalar::Text(text.into_owned())
                } else {
                    scalar::resolve(&text)
                };
                let cost = 1 + scalar.length() / 32;
                let node = Node { line, tag: mark, value: Value::Scalar(scalar), block, cost };
                self.finish(node, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(line, anchor, tag.as_deref(), Kind::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                let kind = Kind::Mapping { entries: Vec::new(), key: None, merged: Vec::new() };
                self.begin(line, anchor, tag.as_deref(), kind)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let (node, anchor) = close(open)?;
                    self.finish(node, anchor)?;
                }
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(Fault::new(line, "an alias of what it lies in: take it out"));
                };
                // Counted before it is copied.
                if self.spent + node.cost > BUDGET {
                    return Err(too_much(line));
                }
                self.finish(node.clone(), 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(
        &mut self,
        line: usize,
        anchor: usize,
        tag: Option<&Tag>,
        kind: Kind,
    ) -> Result<(), Fault> {
        if self.open.len() >= DEPTH {
            return Err(Fault::new(line, "values lie too deep in each other: make it flatter"));
        }
        self.open.push(Open { line, tag: read_tag(tag).0, anchor, cost: 1, kind });
        Ok(())
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.spent += node.cost;
        if self.spent > BUDGET {
            return Err(too_much(node.line));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.cost += node.cost;
        match &mut open.kind {
            Kind::List(list) => list.push(node),
            Kind::Mapping { entries, key, merged } => match key.take() {
                None => *key = Some((key_text(&node)?, node.line)),
                Some((name, _)) if name == "<<" => merged.push(node),
                Some((name, line)) if entries.iter().any(|(other, _)| *other == name) => {
                    let message = format!("`{name}` is here a second time: keep one of them");
                    return Err(Fault::new(line, message));
                }
                Some((name, line)) => entries.push((name, Node { line, ..node })),
            },
        }
        Ok(())
    }
}

fn too_much(line: usize) -> Fault {
    Fault::new(line, "its aliases stand for more than can be read: write less with them")
}

fn key_text(node: &Node) -> Result<String, Fault> {
    match &node.value {
        Value::Scalar(Scalar::Text(text)) => Ok(text.clone()),
        _ => Err(Fault::new(node.line, "a key that is no text: put it in quotes")),
    }
}

/// Puts the entries of merge keys below those that are written out; of two merged ones the first
/// counts.
fn close(open: Open) -> Result<(Node, usize), Fault> {
    let Open { line, tag, anchor, mut cost, kind } = open;
    let value = match kind {
        Kind::List(list) => Value::List(list),
        Kind::Mapping { mut entries, merged, .. } => {
            for node in merged {
                let sources = match node.value {
                    Value::List(list) => list,
                    _ => vec![node],
                };
                for source in sources {
                    let Value::Mapping(more) = source.value else {
                        let message = "`<<` takes in mappings only: give it one, or a list of them";
                        return Err(Fault::new(source.line, message));
                    };
                    for (name, value) in more {
                        if !entries.iter().any(|(other, _)| *other == name) {
                            cost += value.cost;
                            entries.push((name, value));
                        }
                    }
                }
            }
            Value::Mapping(entries)
        }
    };
    Ok((Node { line, tag, value, block: None, cost }, anchor))
}

/// Compose's mark, and whether a scalar is a text whatever it looks like.
fn read_tag(tag: Option<&Tag>) -> (Mark, bool) {
    match tag {
        None => (Mark::None, false),
        Some(tag) if tag.is_yaml_core_schema() => (Mark::None, tag.suffix == "str"),
        Some(tag) if tag.handle == "!" && tag.suffix == "reset" => (Mark::Reset, false),
        Some(tag) if tag.handle == "!" && tag.suffix == "override" => (Mark::Override, false),
        Some(_) => (Mark::None, true),
    }
}
