//! Texts with `${…}` and `%{…}` in them.

use std::collections::BTreeMap;

use hcl_edit::template::{Directive, Element, Strip, Template};

use super::evaluate::{Evaluator, Scope};
use super::value::Value;

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
    text(evaluator, &elements, scope).map(Value::Text)
}

fn text(
    evaluator: &mut Evaluator<'_>,
    elements: &[&Element],
    scope: &Scope<'_>,
) -> Result<String, String> {
    let mut result = String::new();
    for (place, element) in elements.iter().enumerate() {
        match element {
            Element::Literal(literal) => {
                let mut literal = literal.value().as_str();
                if place > 0 && strips(elements[place - 1]).1 {
                    literal = literal.trim_start();
                }
                if elements.get(place + 1).is_some_and(|next| strips(next).0) {
                    literal = literal.trim_end();
                }
                result.push_str(literal);
            }
            Element::Interpolation(it) => {
                result.push_str(&evaluator.evaluate(&it.expr, scope)?.to_text()?);
            }
            Element::Directive(directive) => {
                result.push_str(&direct(evaluator, directive, scope)?);
            }
        }
        evaluator.spend(1 + result.len() / 64)?;
    }
    Ok(result)
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
) -> Result<String, String> {
    let is_stripped = match directive {
        Directive::If(it) => {
            it.if_expr.strip != Strip::None
                || it.endif_expr.strip != Strip::None
                || it.else_expr.as_ref().is_some_and(|it| it.strip != Strip::None)
        }
        Directive::For(it) => {
            it.for_expr.strip != Strip::None || it.endfor_expr.strip != Strip::None
        }
    };
    if is_stripped {
        return Err("`~` in `%{…}` is not understood here: write it without".to_owned());
    }
    let inner = |evaluator: &mut Evaluator<'_>, template: &Template, scope: &Scope<'_>| {
        text(evaluator, &template.iter().collect::<Vec<_>>(), scope)
    };
    match directive {
        Directive::If(it) => {
            if evaluator.evaluate(&it.if_expr.cond_expr, scope)?.to_bool()? {
                return inner(evaluator, &it.if_expr.template, scope);
            }
            match &it.else_expr {
                Some(other) => inner(evaluator, &other.template, scope),
                None => Ok(String::new()),
            }
        }
        Directive::For(it) => {
            let it = &it.for_expr;
            let mut result = String::new();
            for (key, value) in evaluator.evaluate(&it.collection_expr, scope)?.pairs()? {
                let mut values = BTreeMap::new();
                if let Some(name) = &it.key_var {
                    values.insert(name.as_str().to_owned(), key);
                }
                values.insert(it.value_var.as_str().to_owned(), value);
                let scope = Scope { values, above: Some(scope) };
                result.push_str(&inner(evaluator, &it.template, &scope)?);
                evaluator.spend(1 + result.len() / 64)?;
            }
            Ok(result)
        }
    }
}
