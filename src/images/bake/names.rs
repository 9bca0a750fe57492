//! What the names in expressions stand for: variables, functions, attributes of other targets.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::Expression;

use super::document::{Definition, Document};
use super::evaluate::{Evaluator, Scope};
use super::target;
use super::types::{self, Type};
use super::value::Value;
use super::written::Writing;
use crate::images::Variables;

/// A target that a block gives: one, or one for each combination of its matrix.
#[derive(Debug, Clone)]
pub(super) struct Instance<'d> {
    pub(super) name: String,
    pub(super) block: &'d Definition,
    /// The values of the matrix.
    pub(super) matrix: BTreeMap<String, Value>,
}

/// The names of the bake files of a directory.
pub(super) struct Names<'d> {
    document: &'d Document,
    environment: &'d Variables,
    /// Which lines say so.
    pub(super) writing: Writing<'d>,
    /// What has been computed of variables.
    values: BTreeMap<String, Result<Value, String>>,
    /// What is being computed.
    open: BTreeSet<String>,
    /// The targets, once they are known.
    pub(super) instances: Vec<Instance<'d>>,
}

impl<'d> Names<'d> {
    pub(super) fn new(document: &'d Document, environment: &'d Variables) -> Self {
        Self {
            document,
            environment,
            writing: Writing::new(document),
            values: BTreeMap::new(),
            open: BTreeSet::new(),
            instances: Vec::new(),
        }
    }

    /// The value of a variable.
    pub(super) fn variable(evaluator: &mut Evaluator<'d>, name: &str) -> Result<Value, String> {
        if let Some(value) = evaluator.names.values.get(name) {
            return value.clone();
        }
        evaluator.names.begin(format!("variable {name}"))?;
        let value = Self::compute(evaluator, name);
        evaluator.names.open.remove(&format!("variable {name}"));
        evaluator.names.values.insert(name.to_owned(), value.clone());
        value
    }

    fn begin(&mut self, what: String) -> Result<(), String> {
        if self.open.contains(&what) {
            return Err(format!("{what} is needed for itself: break the circle"));
        }
        self.open.insert(what);
        Ok(())
    }

    fn compute(evaluator: &mut Evaluator<'d>, name: &str) -> Result<Value, String> {
        match name {
            "BAKE_CMD_CONTEXT" => return Ok(Value::text("cwd://")),
            "BAKE_LOCAL_PLATFORM" if cfg!(target_arch = "x86_64") => {
                return Ok(Value::text("linux/amd64"));
            }
            "BAKE_LOCAL_PLATFORM" => {
                return Err("BAKE_LOCAL_PLATFORM is not known here: name the platform".to_owned());
            }
            _ => {}
        }
        let document = evaluator.names.document;
        if let Some(attribute) = document.attributes.iter().rfind(|it| it.1.name == name) {
            return evaluator.evaluate(&attribute.1.value, &Scope::none());
        }
        let Some(block) = document.variables.iter().rfind(|it| it.name == name) else {
            return Err(evaluator.refuse(format!("there is no variable {name}: define it")));
        };
        let declared = match block.get("type") {
            Some(attribute) => Some(types::read(&attribute.value)?),
            None => None,
        };
        let mut default = None;
        if let Some(attribute) = block.get("default") {
            let value = evaluator.evaluate(&attribute.value, &Scope::none())?;
            default = Some(match &declared {
                Some(declared) => types::convert(value, declared)?,
                None => value,
            });
        }
        let (given, is_json) = evaluator.names.given(name, declared.is_some());
        let Some(given) = given else {
            return Ok(default.unwrap_or(match declared {
                Some(_) => Value::Null,
                None => Value::text(""),
            }));
        };
        let read = match (&declared, &default) {
            (Some(declared), _) if is_json => types::from_json(&given, declared),
            (Some(declared), _) => types::from_text(&given, declared),
            (None, None | Some(Value::Null | Value::Text(_))) => Ok(Value::Text(given)),
            (None, Some(Value::Bool(_))) => types::from_text(&given, &Type::Bool),
            (None, Some(Value::Number(_))) => types::from_text(&given, &Type::Number),
            (None, Some(other)) => {
                Err(format!("the environment cannot replace {}: give it a `type`", other.kind()))
            }
        };
        read.map_err(|reason| format!("variable {name}: {reason}"))
    }

    /// What the environment says of a variable, and whether that is JSON.
    fn given(&self, name: &str, prefers_json: bool) -> (Option<String>, bool) {
        let plain = self.environment.get(name);
        let json_name = format!("{name}_JSON");
        if plain.is_none() || prefers_json {
            let is_defined = self.document.variables.iter().any(|it| it.name == json_name);
            if !is_defined && let Some(json) = self.environment.get(&json_name) {
                return (Some(json.clone()), true);
            }
        }
        (plain.cloned(), false)
    }

    /// Calls a function that the files define.
    pub(super) fn call(
        evaluator: &mut Evaluator<'d>,
        name: &str,
        arguments: Vec<Value>,
    ) -> Result<Value, String> {
        let document = evaluator.names.document;
        let Some(function) = document.functions.iter().rfind(|it| it.name == name) else {
            return Err(format!(
                "the function {name}() is not known here: correct its name, or do without it"
            ));
        };
        let missing = |what: &str| format!("function {name} has no `{what}`: add it");
        let params = function.get("params").ok_or_else(|| missing("params"))?;
        let result = function.get("result").ok_or_else(|| missing("result"))?;
        let Expression::Array(params) = &params.value else {
            return Err(format!("`params` of function {name} must be a list: correct it"));
        };
        let mut values = BTreeMap::new();
        let mut arguments = arguments.into_iter();
        for param in params {
            let argument = arguments.next().ok_or_else(|| {
                format!("{name}() is given too few arguments: give it one for each of its `params`")
            })?;
            values.insert(keyword(param)?, argument);
        }
        let rest: Vec<Value> = arguments.collect();
        match function.get("variadic_params") {
            Some(variadic) => _ = values.insert(keyword(&variadic.value)?, Value::List(rest)),
            None if rest.is_empty() => {}
            None => return Err(format!("{name}() is given too many arguments: take some away")),
        }
        let what = format!("function {name}");
        evaluator.names.begin(what.clone())?;
        let value = evaluator.evaluate(&result.value, &Scope { values, above: None });
        evaluator.names.open.remove(&what);
        value
    }

    /// The value of an attribute of a target, as its own block has it.
    pub(super) fn attribute(
        evaluator: &mut Evaluator<'d>,
        name: &str,
        attribute: &str,
    ) -> Result<Value, String> {
        if attribute == "name" {
            return Ok(Value::text(name));
        }
        let instance = evaluator.names.instances.iter().rfind(|it| it.name == name).cloned();
        let Some(instance) = instance else {
            return Err(format!("there is no target {name} to take from: correct its name"));
        };
        let Some(found) = instance.block.get(attribute) else {
            return Err(format!("target {name} has no `{attribute}` of its own: add it"));
        };
        let what = format!("target.{name}.{attribute}");
        evaluator.names.begin(what.clone())?;
        let scope = Scope { values: instance.matrix, above: None };
        let value = evaluator.evaluate(&found.value, &scope);
        evaluator.names.open.remove(&what);
        target::convert(attribute, value?)
    }
}

/// A name where HCL wants one: bare, or in quotes as JSON has it.
fn keyword(expression: &Expression) -> Result<String, String> {
    match expression {
        Expression::Variable(name) => Ok(name.as_str().to_owned()),
        Expression::String(name) => Ok(name.value().clone()),
        _ => Err("a parameter that is no name: write a name".to_owned()),
    }
}
