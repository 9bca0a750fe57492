//! A bake file cut into what it defines, whichever language it is written in.

use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::Element;

use super::json;
use crate::context::ContextPath;
use crate::images::Problem;

/// What all bake files of a directory define, in their order.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) variables: Vec<Definition>,
    pub(super) functions: Vec<Definition>,
    pub(super) targets: Vec<Definition>,
    pub(super) groups: Vec<Definition>,
    /// What is set outside of any block, and counts as a variable.
    pub(super) attributes: Vec<(ContextPath, Attribute)>,
}

/// A block with a name.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) file: ContextPath,
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) attributes: Vec<Attribute>,
    /// What must hold of a variable.
    pub(super) validations: Vec<Validation>,
}

/// A block `validation`.
#[derive(Debug)]
pub(super) struct Validation {
    pub(super) line: usize,
    pub(super) attributes: Vec<Attribute>,
}

/// A key and what stands for its value.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: Expression,
    pub(super) line: usize,
    /// The lines of the keys of an object.
    pub(super) keys: BTreeMap<String, usize>,
    /// The first line of a text whose lines are those of the file, and how many it has there.
    pub(super) block: Option<(usize, usize)>,
}

impl Definition {
    pub(super) fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

impl Document {
    /// Adds what a file defines.
    pub(super) fn read(&mut self, file: &ContextPath, text: &str) -> Result<(), Problem> {
        if file.as_bytes().ends_with(b".json") {
            return json::read(self, file, text);
        }
        let body = hcl_edit::parser::parse_body(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let message = format!("this is no HCL: {message}");
            Problem::at(file, error.location().line(), message)
        })?;
        let lines = Lines(text);
        for structure in &body {
            match structure {
                Structure::Attribute(attribute) => {
                    self.attributes.push((file.clone(), lines.attribute(attribute)));
                }
                Structure::Block(block) => self.add(file, block, &lines)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &ContextPath, block: &Block, lines: &Lines<'_>) -> Result<(), Problem> {
        let line = lines.of(block.span());
        let [label] = block.labels.as_slice() else {
            let message = format!("a `{}` without one name: give it one", block.ident.as_str());
            return Err(Problem::at(file, line, message));
        };
        let definition = Definition {
            file: file.clone(),
            line,
            name: label.as_str().to_owned(),
            attributes: attributes(&block.body, lines),
            validations: validations(&block.body, lines),
        };
        self.insert(block.ident.as_str(), definition)
    }

    /// Adds a block by what it is.
    pub(super) fn insert(&mut self, kind: &str, definition: Definition) -> Result<(), Problem> {
        match kind {
            "variable" => self.variables.push(definition),
            "function" => self.functions.push(definition),
            "target" => self.targets.push(definition),
            "group" => self.groups.push(definition),
            _ => {
                let message = format!("a bake file has no block `{kind}`: correct it");
                return Err(Problem::at(&definition.file, definition.line, message));
            }
        }
        Ok(())
    }
}

/// A key of an object that needs no computing.
pub(super) fn key_text(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(Expression::String(text)) => Some(text.value().clone()),
        ObjectKey::Expression(_) => None,
    }
}

/// What must hold of a variable. Other blocks in a block decide about no image.
fn validations(body: &Body, lines: &Lines<'_>) -> Vec<Validation> {
    let is_it = |block: &&Block| block.ident.as_str() == "validation";
    let validation = |block: &Block| Validation {
        line: lines.of(block.span()),
        attributes: attributes(&block.body, lines),
    };
    body.blocks().filter(is_it).map(validation).collect()
}

/// The attributes of a block.
fn attributes(body: &Body, lines: &Lines<'_>) -> Vec<Attribute> {
    body.attributes().map(|it| lines.attribute(it)).collect()
}

/// Tells lines from places in a text.
struct Lines<'t>(&'t str);

impl Lines<'_> {
    fn attribute(&self, it: &hcl_edit::structure::Attribute) -> Attribute {
        let mut keys = BTreeMap::new();
        if let Expression::Object(object) = &it.value {
            for (key, _) in object {
                keys.extend(key_text(key).map(|text| (text, self.of(key.span()))));
            }
        }
        Attribute {
            name: it.key.as_str().to_owned(),
            value: it.value.clone(),
            line: self.of(it.span()),
            keys,
            block: self.block(&it.value),
        }
    }

    /// Where the text of a heredoc begins, and how many lines it has.
    fn block(&self, value: &Expression) -> Option<(usize, usize)> {
        let Expression::HeredocTemplate(heredoc) = value else { return None };
        let span = value.span()?;
        let has_directive = heredoc.template.iter().any(|it| matches!(it, Element::Directive(_)));
        let text = self.0.get(span.clone())?.trim_end();
        // The first line has the mark that the last one repeats.
        let count = text.matches('\n').count().checked_sub(1)?;
        (!has_directive).then(|| (self.of(Some(span)) + 1, count))
    }

    fn of(&self, span: Option<std::ops::Range<usize>>) -> usize {
        let start = span.map_or(0, |span| span.start).min(self.0.len());
        self.0.as_bytes()[..start].split(|&byte| byte == b'\n').count()
    }
}
