//! Which targets groups have.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::evaluate::{Evaluator, Scope};
use super::value::Value;
use crate::images::Problem;

/// The targets of all groups. A group that cannot be read is a problem, and takes none in.
pub(super) fn read<'d>(
    evaluator: &mut Evaluator<'d>,
    document: &'d Document,
    problems: &mut BTreeSet<Problem>,
) -> BTreeSet<String> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for group in &document.groups {
        let Some(attribute) = group.get("targets") else {
            let message = format!("group {}: it has no `targets`: add them", group.name);
            problems.insert(Problem::at(&group.file, group.line, message));
            continue;
        };
        let value = evaluator.evaluate(&attribute.value, &Scope::none());
        let names = value.and_then(|value| {
            value.to_list()?.iter().map(Value::to_text).collect::<Result<Vec<_>, _>>()
        });
        match names {
            // A later group of the name takes the place of the earlier one.
            Ok(names) => _ = groups.insert(group.name.clone(), names),
            Err(reason) => {
                let message = format!("group {}: {reason}", group.name);
                problems.insert(Problem::at(&group.file, attribute.line, message));
            }
        }
    }
    // A target with a matrix is a group of all that it gives.
    for instance in evaluator.names.instances.iter().filter(|it| it.name != it.block.name) {
        groups.entry(instance.block.name.clone()).or_default().push(instance.name.clone());
    }
    let by_matrix = |name: &String| !document.groups.iter().any(|group| group.name == *name);
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&String> =
        groups.iter().filter(|(name, _)| !by_matrix(name)).flat_map(|(_, names)| names).collect();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        match groups.get(name) {
            Some(names) => open.extend(names),
            None => _ = found.insert(name.clone()),
        }
    }
    found
}
