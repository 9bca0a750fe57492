//! Which lines of bake files give an expression its value.
//!
//! Told from the text alone: what it names counts, whether or not the value came by way of it.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, FuncCall};
use hcl_edit::visit::{Visit, visit_expr, visit_func_call};

use super::document::{Attribute, Definition, Document};
use super::names::Instance;
use crate::context::ContextPath;
use crate::images::{Origin, written};

/// More names than these are not followed.
const MOST: usize = 64;

/// What gives names their values.
pub(super) struct Writing<'d> {
    document: &'d Document,
    /// The line of each name that was looked at, and the names that stand there.
    known: BTreeMap<String, Vec<(Origin, Vec<String>)>>,
}

impl<'d> Writing<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, known: BTreeMap::new() }
    }

    /// For each key of the object that an attribute is the line that sets it, then the lines of
    /// what it names. `keys` are those that came out.
    pub(super) fn of_keys<'k>(
        &mut self,
        instance: &Instance<'_>,
        attribute: &Attribute,
        keys: impl Iterator<Item = &'k String>,
    ) -> written::Lines {
        let mut parts: BTreeMap<String, &Expression> = BTreeMap::new();
        if let Expression::Object(object) = &attribute.value {
            for (key, value) in object {
                parts.extend(super::document::key_text(key).map(|key| (key, value.expr())));
            }
        }
        let mut of_whole = None;
        let mut lines = written::Lines::new();
        for key in keys {
            let line = attribute.keys.get(key).copied().unwrap_or(attribute.line);
            let mut all = vec![origin(&instance.block.file, line)];
            if let Some(part) = parts.get(key) {
                written::add(&mut all, &self.of(instance, part));
            } else {
                let whole = of_whole.get_or_insert_with(|| self.of(instance, &attribute.value));
                written::add(&mut all, &*whole);
            }
            lines.insert(key.clone(), all);
        }
        lines
    }

    /// The line of an attribute, those of its keys, and those of what it names.
    pub(super) fn of_attribute(
        &mut self,
        instance: &Instance<'_>,
        attribute: &Attribute,
    ) -> Vec<Origin> {
        let file = &instance.block.file;
        let mut lines = vec![origin(file, attribute.line)];
        let keys: Vec<Origin> = attribute.keys.values().map(|line| origin(file, *line)).collect();
        written::add(&mut lines, &keys);
        written::add(&mut lines, &self.of(instance, &attribute.value));
        lines
    }

    /// The lines of all that an expression names, by way of others too.
    fn of(&mut self, instance: &Instance<'_>, expression: &Expression) -> Vec<Origin> {
        let mut lines = Vec::new();
        let mut ahead = names_in(expression);
        let mut seen = BTreeSet::new();
        if let Some(matrix) = instance.block.get("matrix") {
            for name in ahead.iter().filter(|name| instance.matrix.contains_key(*name)) {
                let line = matrix.keys.get(name).copied().unwrap_or(matrix.line);
                written::add(&mut lines, &[origin(&instance.block.file, line)]);
            }
            ahead.retain(|name| !instance.matrix.contains_key(name));
        }
        while let Some(name) = ahead.pop() {
            if seen.len() >= MOST || !seen.insert(name.clone()) {
                continue;
            }
            for (line, names) in self.named(&name) {
                written::add(&mut lines, [line]);
                ahead.extend(names.iter().cloned());
            }
        }
        lines
    }

    /// The lines that say what a name is, and the names there.
    fn named(&mut self, name: &str) -> &[(Origin, Vec<String>)] {
        let document = self.document;
        self.known.entry(name.to_owned()).or_insert_with(|| {
            let is_it = |it: &&Definition| it.name == name;
            let part = |block: &Definition, key: &str| match block.get(key) {
                Some(part) => (origin(&block.file, part.line), names_in(&part.value)),
                None => (origin(&block.file, block.line), Vec::new()),
            };
            let attribute = document.attributes.iter().rfind(|it| it.1.name == name);
            let attribute =
                attribute.map(|(file, it)| (origin(file, it.line), names_in(&it.value)));
            let variable = || document.variables.iter().rfind(is_it).map(|it| part(it, "default"));
            let function = document.functions.iter().rfind(is_it).map(|it| part(it, "result"));
            attribute.or_else(variable).into_iter().chain(function).collect()
        })
    }
}

fn origin(file: &ContextPath, line: usize) -> Origin {
    Origin { file: file.clone(), line }
}

/// The names of variables and functions in an expression.
fn names_in(expression: &Expression) -> Vec<String> {
    let mut names = NamesIn::default();
    names.visit_expr(expression);
    names.0
}

#[derive(Default)]
struct NamesIn(Vec<String>);

impl NamesIn {
    fn add(&mut self, name: &str) {
        if self.0.len() < MOST && !self.0.iter().any(|it| it == name) {
            self.0.push(name.to_owned());
        }
    }
}

impl Visit for NamesIn {
    fn visit_expr(&mut self, expression: &Expression) {
        if let Expression::Variable(name) = expression {
            self.add(name.as_str());
        }
        visit_expr(self, expression);
    }

    fn visit_func_call(&mut self, call: &FuncCall) {
        self.add(call.name.name.as_str());
        visit_func_call(self, call);
    }
}
