//! Texts with `${…}` and `%{…}` in them.

use std::collections::BTreeMap;

use hcl_edit::template::{Directive, Element, Strip, Template};

use super::evaluate::{Evaluator, Scope};
use super::value::Value;

/// How `~` takes away blanks of a part of a template.
#[derive(Clone, Copy)]
struct Blanks {
    /// Whether it does at the beginning of the part, and at its end.
    edges: (bool, bool),
    /// Whether it goes no further than the line, as in heredocs.
    is_by_line: bool,
}

/// What a template stands for: a text, or where it is one `${…}` and nothing else (`may_unwrap`)
/// the value of that.
pub(super) fn evaluate<'e>(
    evaluator: &mut Evaluator<'_>,
    elements: impl Iterator<Item = &'e Element>,
    scope: &Scope<'_>,
    may_unwrap: bool,
) -> Result<Value, String> {
    let elements: Vec<&Element> = elements.collect();
    if may_unwrap && let [Element::Interpolation(only)] = elements.as_slice() {
        return evaluator.evaluate(&only.expr, scope);
    }
    // Only a heredoc is never the value of its one `${…}`.
    let blanks = Blanks { edges: (false, false), is_by_line: !may_unwrap };
    text(evaluator, &elements, scope, blanks).map(Value::Text)
}

fn text(
    evaluator: &mut Evaluator<'_>,
    elements: &[&Element],
    scope: &Scope<'_>,
    blanks: Blanks,
) -> Result<String, String> {
    let mut result = String::new();
    for (place, element) in elements.iter().enumerate() {
        match element {
            Element::Literal(literal) => {
                let mut literal = literal.value().as_str();
                let before = place.checked_sub(1).map(|before| strips(elements[before]).1);
                if before.unwrap_or(blanks.edges.0) {
                    literal = blanks.trim_start(literal);
                }
                let after = elements.get(place + 1).map(|next| strips(next).0);
                if after.unwrap_or(blanks.edges.1) {
                    literal = blanks.trim_end(literal);
                }
                result.push_str(literal);
            }
            Element::Interpolation(it) => {
                result.push_str(&evaluator.evaluate(&it.expr, scope)?.to_text()?);
            }
            Element::Directive(directive) => {
                result.push_str(&direct(evaluator, directive, scope, blanks)?);
            }
        }
        evaluator.spend(1 + result.len() / 64)?;
    }
    Ok(result)
}

impl Blanks {
    fn trim_start(self, literal: &str) -> &str {
        let line = literal.find('\n').map_or(literal.len(), |at| at + 1);
        let (line, rest) = literal.split_at(if self.is_by_line { line } else { literal.len() });
        let kept = line.trim_start().len();
        &literal[literal.len() - rest.len() - kept..]
    }

    fn trim_end(self, literal: &str) -> &str {
        let ended = literal.strip_suffix('\n').unwrap_or(literal);
        let line = ended.rfind('\n').map_or(0, |at| at + 1);
        let start = if self.is_by_line { line } else { 0 };
        &literal[..start + literal[start..].trim_end().len()]
    }
}

/// Whether an element takes away the blanks before it and after it.
fn strips(element: &Element) -> (bool, bool) {
    let sides = |strip: Strip| {
        (matches!(strip, Strip::Start | Strip::Both), matches!(strip, Strip::End | Strip::Both))
    };
    match element {
        Element::Literal(_) => (false, false),
        Element::Interpolation(it) => sides(it.strip),
        Element::Directive(directive) => match &**directive {
            Directive::If(it) => (sides(it.if_expr.strip).0, sides(it.endif_expr.strip).1),
            Directive::For(it) => (sides(it.for_expr.strip).0, sides(it.endfor_expr.strip).1),
        },
    }
}

fn direct(
    evaluator: &mut Evaluator<'_>,
    directive: &Directive,
    scope: &Scope<'_>,
    blanks: Blanks,
) -> Result<String, String> {
    let starts = |strip: Strip| matches!(strip, Strip::Start | Strip::Both);
    let ends = |strip: Strip| matches!(strip, Strip::End | Strip::Both);
    // What is between two marks, whose inner sides are its edges.
    let between = |evaluator: &mut Evaluator<'_>,
                   template: &Template,
                   scope: &Scope<'_>,
                   (before, after): (Strip, Strip)| {
        let blanks = Blanks { edges: (ends(before), starts(after)), ..blanks };
        text(evaluator, &template.iter().collect::<Vec<_>>(), scope, blanks)
    };
    match directive {
        Directive::If(it) => {
            let (first, other, last) = (&it.if_expr, &it.else_expr, it.endif_expr.strip);
            if evaluator.evaluate(&first.cond_expr, scope)?.to_bool()? {
                let after = other.as_ref().map_or(last, |it| it.strip);
                return between(evaluator, &first.template, scope, (first.strip, after));
            }
            match other {
                Some(other) => between(evaluator, &other.template, scope, (other.strip, last)),
                None => Ok(String::new()),
            }
        }
        Directive::For(it) => {
            let marks = (it.for_expr.strip, it.endfor_expr.strip);
            let it = &it.for_expr;
            let mut result = String::new();
            for (key, value) in evaluator.evaluate(&it.collection_expr, scope)?.pairs()? {
                let mut values = BTreeMap::new();
                if let Some(name) = &it.key_var {
                    values.insert(name.as_str().to_owned(), key);
                }
                values.insert(it.value_var.as_str().to_owned(), value);
                let scope = Scope { values, above: Some(scope) };
                result.push_str(&between(evaluator, &it.template, &scope, marks)?);
                evaluator.spend(1 + result.len() / 64)?;
            }
            Ok(result)
        }
    }
}
