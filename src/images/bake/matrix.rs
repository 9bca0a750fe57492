//! The targets that a block gives by its matrix.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Definition;
use super::evaluate::{Evaluator, Scope};
use super::names::Instance;
use super::target::Fault;
use super::value::Value;

/// More combinations than this nobody builds.
const LIMIT: usize = 1000;

/// One target, or one for each combination.
pub(super) fn instances<'d>(
    evaluator: &mut Evaluator<'d>,
    block: &'d Definition,
) -> Result<Vec<Instance<'d>>, Fault> {
    check_name(&block.name).map_err(|reason| (block.line, reason))?;
    let Some(matrix) = block.get("matrix") else {
        if let Some(name) = block.get("name") {
            return Err((name.line, "`name` without `matrix`: add one or take it out".to_owned()));
        }
        let name = block.name.clone();
        return Ok(vec![Instance { name, block, matrix: BTreeMap::new() }]);
    };
    let combinations = evaluator
        .evaluate(&matrix.value, &Scope::none())
        .and_then(|value| combinations(&value))
        .map_err(|reason| (matrix.line, format!("`matrix`: {reason}")))?;
    let Some(name) = block.get("name") else {
        return Err((matrix.line, "`matrix` without `name`: say how each is named".to_owned()));
    };
    let mut names = BTreeSet::new();
    let mut instances = Vec::with_capacity(combinations.len());
    for values in combinations {
        let scope = Scope { values: values.clone(), above: None };
        let instance = evaluator.evaluate(&name.value, &scope).and_then(|value| {
            let name = value.to_text()?;
            check_name(&name)?;
            if !names.insert(name.clone()) {
                return Err(format!("two are named {name}: make the names differ"));
            }
            Ok(Instance { name, block, matrix: values })
        });
        instances.push(instance.map_err(|reason| (name.line, format!("`name`: {reason}")))?);
    }
    Ok(instances)
}

fn combinations(matrix: &Value) -> Result<Vec<BTreeMap<String, Value>>, String> {
    let mut all = vec![BTreeMap::new()];
    for (key, values) in matrix.to_object()? {
        let values: Vec<Value> = values.pairs()?.into_iter().map(|(_, value)| value).collect();
        if all.len().saturating_mul(values.len()) > LIMIT {
            return Err(format!("more than {LIMIT} combinations: make them fewer"));
        }
        let with = |before: &BTreeMap<String, Value>, value: &Value| {
            let mut after = before.clone();
            after.insert(key.clone(), value.clone());
            after
        };
        all = values.iter().flat_map(|value| all.iter().map(|it| with(it, value))).collect();
    }
    Ok(all)
}

fn check_name(name: &str) -> Result<(), String> {
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    if !name.is_empty() && name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(format!("`{name}` is no name of a target: use letters, digits, `_` and `-`"))
}
