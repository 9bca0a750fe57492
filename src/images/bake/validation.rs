//! What must hold of variables: where it does not, bake builds nothing of the directory.

use super::document::{Definition, Document, Validation};
use super::evaluate::{Evaluator, Scope};
use super::value::Value;
use crate::images::Problem;

/// What is found of all validations.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// Those for which bake refuses all.
    pub(super) refused: Vec<Problem>,
    /// Those that cannot be told here.
    pub(super) unknown: Vec<Problem>,
}

/// Checks every variable, be it taken by a target or not.
pub(super) fn check<'d>(evaluator: &mut Evaluator<'d>, document: &'d Document) -> Checked {
    let mut checked = Checked::default();
    for (place, variable) in document.variables.iter().enumerate() {
        let is_replaced = document.variables[place + 1..].iter().any(|it| it.name == variable.name);
        if is_replaced {
            continue;
        }
        for validation in &variable.validations {
            match reason(evaluator, validation) {
                Ok(None) => {}
                Ok(Some(Refusal { reason, lacks_value })) => {
                    let message = format!(
                        "variable {}: its `validation` refuses its value ({reason}), and so bake \
                         builds nothing: give it another one in the environment",
                        variable.name
                    );
                    let problem = problem(variable, validation, message);
                    checked.refused.push(Problem { lacks_value, ..problem });
                }
                Err(reason) => {
                    let is_refused = evaluator.is_refused(&reason);
                    let what =
                        if is_refused { "" } else { " is not understood, and taken to hold" };
                    let message =
                        format!("variable {}: its `validation`{what}: {reason}", variable.name);
                    let problem = problem(variable, validation, message);
                    let list = if is_refused { &mut checked.refused } else { &mut checked.unknown };
                    list.push(problem);
                }
            }
        }
    }
    checked
}

/// Why a value is refused.
struct Refusal {
    reason: String,
    /// Whether another value would do.
    lacks_value: bool,
}

/// Why the value is refused; `None` where it is not.
fn reason(
    evaluator: &mut Evaluator<'_>,
    validation: &Validation,
) -> Result<Option<Refusal>, String> {
    let wrong = |reason: String| Ok(Some(Refusal { reason, lacks_value: false }));
    let mut value = |name: &str| match find(validation, name) {
        Some(value) => evaluator.evaluate(value, &Scope::none()),
        None => Ok(Value::Null),
    };
    match value("condition")? {
        Value::Null => {
            return wrong("it has no `condition` that is true or false".to_owned());
        }
        condition => match condition.to_bool() {
            Ok(true) => return Ok(None),
            Ok(false) => {}
            Err(reason) => return wrong(format!("`condition`: {reason}")),
        },
    }
    // What is said is no reason to say nothing.
    let said = value("error_message").ok().and_then(|it| it.to_text().ok());
    let reason = said.unwrap_or_else(|| "it says no reason".to_owned());
    Ok(Some(Refusal { reason, lacks_value: true }))
}

fn find<'v>(validation: &'v Validation, name: &str) -> Option<&'v hcl_edit::expr::Expression> {
    let found = validation.attributes.iter().find(|it| it.name == name)?;
    Some(&found.value)
}

fn problem(variable: &Definition, validation: &Validation, message: String) -> Problem {
    let condition = validation.attributes.iter().find(|it| it.name == "condition");
    let line = condition.map_or(validation.line, |it| it.line);
    Problem::at(&variable.file, line, message)
}
