//! What only the engine knows of steps that it found by equal files.

use std::collections::BTreeSet;

use serde_json::Value;

/// Steps by name that the engine reported reused as another stage left what it had left before.
///
/// Nobody asked for their results, which may have been lost before anybody looked at the engine's
/// cache: until such a step runs, or one that takes of it does, only the engine knows whether it has
/// them (ARCHITECTURE.md).
#[derive(Debug, Default)]
pub struct Found(BTreeSet<String>);

impl Found {
    /// Takes a build's report in.
    pub fn learn(&mut self, report: &Value) {
        for step in report["steps"].as_array().into_iter().flatten() {
            let Some(name) = step["name"].as_str() else { continue };
            if step["actual"] == "ran" {
                self.0.remove(name);
            } else if step["verdict"] == "depends" && step["actual"] == "cached" {
                self.0.insert(name.to_owned());
            }
        }
    }

    /// Whether this is one of them, and the forecast's sole reason is that its own result may be lost.
    pub fn may_be_lost(&self, step: &Value) -> bool {
        let cause = &step["cause"];
        let is_own = cause["kind"] == "evicted" && cause["step"] == step["name"];
        is_own && step["name"].as_str().is_some_and(|name| self.0.contains(name))
    }
}
