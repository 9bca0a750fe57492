//! Instructions that change nothing but the image's configuration. Each records what it sets.

use serde_json::json;

use super::ClassicStage;
use crate::dockerfile::{CommandForm, Instruction, InstructionKind, nanoseconds};
use crate::plan::convert::Builder;
use crate::plan::draft::{Draft, Scope};
use crate::plan::environment::{Value, Variable};
use crate::plan::error::Error;
use crate::plan::{KeyInput, StepKind, run};

impl Builder<'_> {
    /// The step of such an instruction, which is carried out on `stage`.
    pub(super) fn setting(
        &self,
        instruction: &Instruction,
        stage: &mut ClassicStage,
        scope: &Scope,
    ) -> Result<Draft, Error> {
        let before = &stage.state;
        let expand = |text: &String| self.expand(text, before, instruction);
        let all = |texts: &[String]| texts.iter().map(expand).collect::<Result<Vec<_>, _>>();
        let value = |text: &String| self.value(text, before, instruction);
        let pairs = |pairs: &[(String, String)]| {
            let variable = |(name, text): &(String, String)| Ok((expand(name)?, value(text)?));
            pairs.iter().map(variable).collect::<Result<Vec<_>, Error>>()
        };
        let command = |command: &CommandForm| run::arguments(instruction, command, &before.shell);
        let said: serde_json::Value = match &instruction.kind {
            InstructionKind::Env(variables) => {
                let variables = pairs(variables)?;
                let kept = json!(kept(&variables));
                for (name, value) in variables {
                    stage.variables.set(&name, value);
                }
                kept
            }
            InstructionKind::Label(names) => {
                let input = labels(&kept(&pairs(names)?));
                return Ok(self.classic_draft(StepKind::Setting, vec![input], before, scope));
            }
            InstructionKind::Arg(arguments) => {
                let mut declared = Vec::new();
                for (name, default) in arguments {
                    declared.push((name, default.as_ref().map(value).transpose()?));
                }
                let said = |(name, default): &(&String, Option<Value>)| {
                    let default = default.as_ref().map(|value| counted(name, value));
                    ((*name).clone(), default)
                };
                let kept = json!(declared.iter().map(said).collect::<Vec<_>>());
                for (name, default) in declared {
                    stage.variables.declare(name, default);
                }
                kept
            }
            InstructionKind::User(user) => json!(expand(user)?),
            // The words are sorted before they are expanded (`expose-swapped`,
            // `expose-list-in-variable`), and one may become several.
            InstructionKind::Expose(ports) => {
                let mut ports = ports.clone();
                ports.sort();
                let words = all(&ports)?;
                json!(words.iter().flat_map(|word| word.split_whitespace()).collect::<Vec<_>>())
            }
            InstructionKind::Volume(paths) => json!(all(paths)?),
            InstructionKind::Stopsignal(signal) => json!(expand(signal)?),
            InstructionKind::Shell(shell) => json!(shell),
            InstructionKind::Cmd(form) | InstructionKind::Entrypoint(form) => json!(command(form)),
            InstructionKind::Healthcheck(check) => healthcheck(instruction, check.as_ref()),
            InstructionKind::Maintainer(name) => json!(name),
            InstructionKind::Onbuild { text, instruction } => {
                stage.triggers.push((**instruction).clone());
                json!(text)
            }
            // These are no settings.
            InstructionKind::From { .. }
            | InstructionKind::Run { .. }
            | InstructionKind::Copy(_)
            | InstructionKind::Add(_)
            | InstructionKind::Workdir(_) => json!(instruction.text),
        };
        match &instruction.kind {
            InstructionKind::Shell(shell) => stage.state.shell.clone_from(shell),
            InstructionKind::User(_) => {
                said.as_str().unwrap_or_default().clone_into(&mut stage.state.user);
            }
            _ => {}
        }
        let input = input(instruction.kind.keyword(), &said);
        Ok(self.classic_draft(StepKind::Setting, vec![input], &stage.state, scope))
    }
}

/// What is kept of the values that an instruction sets.
fn kept(pairs: &[(String, Value)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.clone(), counted(name, value))).collect()
}

fn counted(name: &str, value: &Value) -> String {
    let (name, value) = (name.to_owned(), value.clone());
    Variable { name, value, argument: false, made_of: Vec::new() }.counted_value()
}

/// What LABEL records, its names in their order (`label-swapped`).
pub(super) fn labels(pairs: &[(String, String)]) -> KeyInput {
    input("LABEL", &json!(pairs))
}

fn input(keyword: &str, value: &serde_json::Value) -> KeyInput {
    KeyInput::Instruction { value: json!({ "keyword": keyword, "value": value }).to_string() }
}

/// Durations count by their length, however they are written (`healthcheck-interval-respelt`).
fn healthcheck(instruction: &Instruction, check: Option<&CommandForm>) -> serde_json::Value {
    let Some(command) = check else { return json!("NONE") };
    let test = match command {
        CommandForm::Shell(text) => json!(["CMD-SHELL", text]),
        CommandForm::Exec(words) => json!(["CMD", words]),
    };
    let mut flags: Vec<(&str, String)> = Vec::new();
    for flag in &instruction.flags {
        let given = flag.value.clone().unwrap_or_default();
        let length = if flag.name == "retries" { None } else { nanoseconds(&given) };
        flags.push((&flag.name, length.map_or(given, |length| length.to_string())));
    }
    flags.sort();
    json!({ "test": test, "flags": flags })
}
