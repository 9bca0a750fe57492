//! The build arguments that past builds had.

use std::collections::BTreeMap;

use super::{Line, Memory};
use crate::optimize::history::changing_arguments;
use crate::plan::KeyInput;
use crate::store::BuildRecord;

impl Memory {
    /// The names of arguments that the last builds of this line had otherwise from one to the next, as
    /// far as a RUN saw them.
    pub(in super::super) fn changing_arguments(&self, line: &Line, builds: usize) -> Vec<String> {
        let builds = self.read(|store| {
            let target = line.target.as_deref();
            store.latest_builds(&line.engine, &line.project, &line.dockerfile, target, builds)
        });
        let given: Vec<_> = builds.unwrap_or_default().iter().map(given).collect();
        changing_arguments(&given)
    }
}

/// The arguments that the steps of a build had; of secret ones the digests of their values.
fn given(build: &BuildRecord) -> BTreeMap<String, String> {
    let inputs = build
        .steps
        .iter()
        .flat_map(|step| serde_json::from_str::<Vec<KeyInput>>(&step.inputs).unwrap_or_default());
    let arguments = inputs.filter_map(|input| match input {
        KeyInput::Environment { name, value, argument: true } => Some((name, value)),
        _ => None,
    });
    arguments.collect()
}
