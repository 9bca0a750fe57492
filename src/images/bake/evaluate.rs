//! Expressions to values.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, Object, ObjectKey, Traversal, TraversalOperator,
    UnaryOperator,
};

use super::functions;
use super::names::Names;
use super::number::Number;
use super::template;
use super::value::Value;

/// How much may be computed for the bake files of a directory.
const BUDGET: usize = 2_000_000;

/// How deep expressions, and the variables in them, may lie in each other.
const DEPTH: usize = 200;

/// Values of names that hold in a part of a file: those of a matrix, a `for` or a function.
pub(super) struct Scope<'s> {
    pub(super) values: BTreeMap<String, Value>,
    pub(super) above: Option<&'s Scope<'s>>,
}

impl Scope<'_> {
    /// No such names.
    pub(super) fn none() -> Self {
        Self { values: BTreeMap::new(), above: None }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).or_else(|| self.above?.get(name))
    }
}

/// Computes, within limits.
pub(super) struct Evaluator<'d> {
    pub(super) names: Names<'d>,
    spent: usize,
    depth: usize,
    /// Reasons for which bake has no value either, so that its `try` goes on. Any other is one of
    /// what is not understood here.
    refused: BTreeSet<String>,
}

impl<'d> Evaluator<'d> {
    pub(super) fn new(names: Names<'d>) -> Self {
        Self { names, spent: 0, depth: 0, refused: BTreeSet::new() }
    }

    /// A reason for which bake has no value either.
    pub(super) fn refuse(&mut self, reason: String) -> String {
        self.refused.insert(reason.clone());
        reason
    }

    /// Whether bake has no value either, for this reason.
    pub(super) fn is_refused(&self, reason: &str) -> bool {
        self.refused.contains(reason)
    }

    /// Counts what was made.
    pub(super) fn spend(&mut self, weight: usize) -> Result<(), String> {
        self.spent = self.spent.saturating_add(weight);
        if self.spent > BUDGET {
            return Err("there is too much to compute: write less of it".to_owned());
        }
        Ok(())
    }

    /// What the expression stands for.
    pub(super) fn evaluate(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Result<Value, String> {
        if self.depth >= DEPTH {
            return Err("expressions lie too deep in each other: make them flatter".to_owned());
        }
        self.depth += 1;
        let value = self.evaluate_inner(expression, scope);
        self.depth -= 1;
        let value = value?;
        self.spend(value.weight())?;
        Ok(value)
    }

    fn evaluate_inner(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Result<Value, String> {
        match expression {
            Expression::Null(_) => Ok(Value::Null),
            Expression::Bool(value) => Ok(Value::Bool(*value.value())),
            Expression::Number(number) => number_value(number),
            Expression::String(text) => Ok(Value::Text(text.value().clone())),
            Expression::Array(array) => array
                .iter()
                .map(|it| self.evaluate(it, scope))
                .collect::<Result<_, _>>()
                .map(Value::List),
            Expression::Object(object) => self.object(object, scope),
            Expression::StringTemplate(elements) => {
                template::evaluate(self, elements.iter(), scope, true)
            }
            Expression::HeredocTemplate(heredoc) => {
                template::evaluate(self, heredoc.template.iter(), scope, false)
            }
            Expression::Parenthesis(inner) => self.evaluate(inner.inner(), scope),
            Expression::Variable(name) => self.variable(name.as_str(), scope),
            Expression::Conditional(it) => {
                let is_true = self.evaluate(&it.cond_expr, scope)?.to_bool()?;
                let (chosen, other) = if is_true {
                    (&it.true_expr, &it.false_expr)
                } else {
                    (&it.false_expr, &it.true_expr)
                };
                let chosen = self.evaluate(chosen, scope)?;
                // Both sides have one type: beside a text, a number or a bool becomes one.
                match self.evaluate(other, scope) {
                    Ok(Value::Text(_)) if matches!(chosen, Value::Number(_) | Value::Bool(_)) => {
                        Ok(Value::Text(chosen.to_text()?))
                    }
                    _ => Ok(chosen),
                }
            }
            Expression::FuncCall(call) => self.call(call, scope),
            Expression::Traversal(traversal) => self.traversal(traversal, scope),
            Expression::UnaryOp(it) => {
                let value = self.evaluate(&it.expr, scope)?;
                match it.operator.value() {
                    UnaryOperator::Neg => Ok(Value::Number(value.to_number()?.negate())),
                    UnaryOperator::Not => Ok(Value::Bool(!value.to_bool()?)),
                }
            }
            Expression::BinaryOp(it) => {
                let left = self.evaluate(&it.lhs_expr, scope)?;
                let right = self.evaluate(&it.rhs_expr, scope)?;
                self.operate(*it.operator.value(), &left, &right)
            }
            Expression::ForExpr(it) => self.for_each(it, scope),
        }
    }

    fn object(&mut self, object: &Object, scope: &Scope<'_>) -> Result<Value, String> {
        let mut entries = BTreeMap::new();
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) => name.as_str().to_owned(),
                ObjectKey::Expression(key) => self.evaluate(key, scope)?.to_text()?,
            };
            entries.insert(key, self.evaluate(value.expr(), scope)?);
        }
        Ok(Value::Object(entries))
    }

    fn variable(&mut self, name: &str, scope: &Scope<'_>) -> Result<Value, String> {
        if let Some(value) = scope.get(name) {
            return Ok(value.clone());
        }
        Names::variable(self, name)
    }

    fn call(&mut self, call: &FuncCall, scope: &Scope<'_>) -> Result<Value, String> {
        let name = call.name.name.as_str();
        if call.name.is_namespaced() {
            return Err(format!("there is no function {name}: correct its name"));
        }
        if name == "try" || name == "can" {
            return self.try_each(name, call, scope);
        }
        let mut arguments = Vec::with_capacity(call.args.len());
        for argument in &call.args {
            arguments.push(self.evaluate(argument, scope)?);
        }
        if call.args.expand_final()
            && let Some(last) = arguments.pop()
        {
            arguments.extend_from_slice(last.to_list()?);
        }
        if let Some(value) = functions::call(name, &arguments) {
            return value.map_err(|reason| {
                let told = format!("{name}(): {reason}");
                if reason == functions::NO_MATCH { self.refuse(told) } else { told }
            });
        }
        Names::call(self, name, arguments)
    }

    /// `try` and `can`, as far as it is known whether bake has a value.
    fn try_each(
        &mut self,
        name: &str,
        call: &FuncCall,
        scope: &Scope<'_>,
    ) -> Result<Value, String> {
        let mut reason = format!("{name}() has no argument: give it one");
        for argument in &call.args {
            match self.evaluate(argument, scope) {
                Ok(_) if name == "can" => return Ok(Value::Bool(true)),
                Ok(value) => return Ok(value),
                Err(error) if !self.is_refused(&error) => return Err(error),
                Err(error) => reason = error,
            }
        }
        if name == "can" { Ok(Value::Bool(false)) } else { Err(reason) }
    }

    fn traversal(&mut self, traversal: &Traversal, scope: &Scope<'_>) -> Result<Value, String> {
        let mut operators = traversal.operators.iter().map(hcl_edit::Decorated::value);
        let mut value = match &traversal.expr {
            Expression::Variable(name) if name.as_str() == "target" => {
                let mut name = || match operators.next() {
                    Some(TraversalOperator::GetAttr(name)) => Ok(name.as_str()),
                    _ => Err("`target` alone stands for nothing: write target.NAME.ATTRIBUTE"),
                };
                let (target, attribute) = (name()?, name()?);
                Names::attribute(self, target, attribute)?
            }
            expression => self.evaluate(expression, scope)?,
        };
        let operators: Vec<&TraversalOperator> = operators.collect();
        let mut rest = &*operators;
        while let Some((operator, after)) = rest.split_first() {
            // What counts for each of the items: after `.*` the names alone.
            let names = after.iter().take_while(|it| matches!(it, TraversalOperator::GetAttr(_)));
            let each = match operator {
                TraversalOperator::FullSplat(_) => Some(after),
                TraversalOperator::AttrSplat(_) => Some(&after[..names.count()]),
                _ => None,
            };
            if let Some(each) = each {
                let items = match value {
                    Value::List(list) => list,
                    Value::Null => Vec::new(),
                    other => vec![other],
                };
                let mut list = Vec::with_capacity(items.len());
                for mut item in items {
                    for operator in each {
                        item = self.step(&item, operator, scope)?;
                    }
                    list.push(item);
                }
                value = Value::List(list);
                rest = &after[each.len()..];
            } else {
                value = self.step(&value, operator, scope)?;
                rest = after;
            }
        }
        Ok(value)
    }

    /// One `.name` or `[index]`.
    fn step(
        &mut self,
        value: &Value,
        operator: &TraversalOperator,
        scope: &Scope<'_>,
    ) -> Result<Value, String> {
        let index = match operator {
            TraversalOperator::GetAttr(name) => Value::text(name.as_str()),
            TraversalOperator::Index(index) => self.evaluate(index, scope)?,
            TraversalOperator::LegacyIndex(index) => Value::text(index.value().to_string()),
            _ => return Err("`*` in `*`: take one of them out".to_owned()),
        };
        let found = match value {
            Value::List(list) => list.get(index.to_index()?).cloned(),
            Value::Object(entries) => entries.get(&index.to_text()?).cloned(),
            other => {
                return Err(self.refuse(format!("{} has no parts: correct it", other.kind())));
            }
        };
        found.ok_or_else(|| match index.to_text() {
            Ok(index) => {
                self.refuse(format!("there is no `{index}` in {}: correct it", value.kind()))
            }
            Err(reason) => reason,
        })
    }

    fn operate(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
    ) -> Result<Value, String> {
        if matches!(operator, BinaryOperator::Div)
            && left.to_number()?.is_zero()
            && right.to_number()?.is_zero()
        {
            return Err(self.refuse("zero by zero has no value: correct it".to_owned()));
        }
        operate(operator, left, right)
    }

    fn for_each(&mut self, it: &ForExpr, scope: &Scope<'_>) -> Result<Value, String> {
        let pairs = self.evaluate(&it.intro.collection_expr, scope)?.pairs()?;
        let mut list = Vec::new();
        let mut entries: BTreeMap<String, Value> = BTreeMap::new();
        for (key, value) in pairs {
            let mut inner = Scope { values: BTreeMap::new(), above: Some(scope) };
            if let Some(name) = &it.intro.key_var {
                inner.values.insert(name.as_str().to_owned(), key);
            }
            inner.values.insert(it.intro.value_var.as_str().to_owned(), value);
            if let Some(condition) = &it.cond
                && !self.evaluate(&condition.expr, &inner)?.to_bool()?
            {
                continue;
            }
            let value = self.evaluate(&it.value_expr, &inner)?;
            let Some(key) = &it.key_expr else {
                list.push(value);
                continue;
            };
            let key = self.evaluate(key, &inner)?.to_text()?;
            match (it.grouping, entries.get_mut(&key)) {
                (true, Some(Value::List(group))) => group.push(value),
                (true, _) => _ = entries.insert(key, Value::List(vec![value])),
                (false, Some(_)) => {
                    return Err(format!("the key `{key}` comes out twice: make it unique"));
                }
                (false, None) => _ = entries.insert(key, value),
            }
        }
        Ok(if it.key_expr.is_some() { Value::Object(entries) } else { Value::List(list) })
    }
}

fn number_value(number: &hcl_edit::Formatted<hcl_edit::Number>) -> Result<Value, String> {
    let text = number.as_repr().map_or_else(|| number.value().to_string(), |it| it.to_string());
    let number = Number::read(text.trim());
    number.map(Value::Number).ok_or_else(|| format!("the number {text} is too large or too fine"))
}

fn operate(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, String> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let inexact = || "a result that is infinite, has no end or is too large: round it".to_owned();
    let number = |result: Option<Number>| result.map(Value::Number).ok_or_else(inexact);
    let compare = |wanted: &[std::cmp::Ordering]| -> Result<Value, String> {
        let order = left.to_number()?.compare(right.to_number()?).ok_or_else(inexact)?;
        Ok(Value::Bool(wanted.contains(&order)))
    };
    match operator {
        BinaryOperator::Eq => Ok(Value::Bool(left == right)),
        BinaryOperator::NotEq => Ok(Value::Bool(left != right)),
        BinaryOperator::And => Ok(Value::Bool(left.to_bool()? & right.to_bool()?)),
        BinaryOperator::Or => Ok(Value::Bool(left.to_bool()? | right.to_bool()?)),
        BinaryOperator::Plus => number(left.to_number()?.add(right.to_number()?)),
        BinaryOperator::Minus => number(left.to_number()?.add(right.to_number()?.negate())),
        BinaryOperator::Mul => number(left.to_number()?.multiply(right.to_number()?)),
        BinaryOperator::Div => number(left.to_number()?.divide(right.to_number()?)),
        BinaryOperator::Mod => number(left.to_number()?.modulo(right.to_number()?)),
        BinaryOperator::Less => compare(&[Less]),
        BinaryOperator::LessEq => compare(&[Less, Equal]),
        BinaryOperator::Greater => compare(&[Greater]),
        BinaryOperator::GreaterEq => compare(&[Greater, Equal]),
    }
}
