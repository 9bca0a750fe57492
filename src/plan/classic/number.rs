//! The numbers of the classic builder's steps: one row over the whole Dockerfile.

use crate::dockerfile::Stage;

/// Counts the steps of a build, and names them.
#[derive(Debug)]
pub(super) struct Numbers {
    next: usize,
    total: usize,
}

impl Numbers {
    /// For these stages, with so many ARGs before the first of them and LABELs at their end.
    ///
    /// An ARG before the first FROM has a number, though it makes no image.
    pub(super) fn new<'a>(
        global_args: usize,
        stages: impl Iterator<Item = Stage<'a>>,
        labels: usize,
    ) -> Self {
        let steps: usize = stages.map(|stage| 1 + stage.instructions.len()).sum();
        Self { next: global_args + 1, total: global_args + steps + labels }
    }

    /// `Step 3/7 : COPY . .`, as the engine prints it.
    pub(super) fn name(&mut self, text: &str) -> String {
        let name = format!("Step {}/{} : {text}", self.next, self.total);
        self.next += 1;
        name
    }
}
