//! COPY and ADD: their destination, and the digest of what they take.

use serde_json::json;

use super::files;
use crate::context::{ContextPath, EntryKind};
use crate::dockerfile::{Instruction, InstructionKind, Transfer};
use crate::plan::convert::{Builder, StageState};
use crate::plan::draft::{Draft, Fetches, Scope};
use crate::plan::error::{Error, Problem};
use crate::plan::key::FieldHasher;
use crate::plan::selection::Selector;
use crate::plan::stages::Origin;
use crate::plan::transfer::{self, ExpandedTransfer};
use crate::plan::{KeyInput, StepKind, fact};

impl Builder<'_> {
    pub(super) fn classic_transfer(
        &mut self,
        instruction: &Instruction,
        transfer: &Transfer,
        state: &StageState,
        scope: &Scope,
    ) -> Result<Draft, Error> {
        let is_add = matches!(instruction.kind, InstructionKind::Add(_));
        let dialect = self.request.dialect;
        let expanded = transfer::expand(instruction, transfer, is_add, state, self.words, dialect)
            .map_err(|problem| self.at(problem, instruction))?;
        // It counts as written, though a relative one is looked for in the working directory
        // (`destination-respelt`).
        let destination = self.expand(&transfer.destination, state, instruction)?;
        let mut value = json!({
            "keyword": instruction.kind.keyword(), "chown": expanded.chown,
            "destination": destination,
        });
        let mut taken = Vec::new();
        let mut fetches = None;
        match &transfer.from {
            Some(from) => {
                // The files of a stage count with their paths in it (`copy-from-other-path`).
                let paths: Vec<&str> =
                    expanded.selectors.iter().map(|selector| &*selector.path).collect();
                value["sources"] = json!(paths);
                let origin = self.stages.copy_origin(from, scope.index, instruction)?;
                taken.extend(self.classic_origin(&origin, &expanded.selectors));
            }
            // What a URL gives, only the engine can tell.
            None if expanded.remote => {
                fetches = Some(Fetches { value: value.to_string(), is_open: true });
                value["sources"] = json!(transfer.sources);
            }
            None => taken.push(self.classic_files(transfer, &expanded, instruction)?),
        }
        let mut inputs = vec![KeyInput::Instruction { value: value.to_string() }];
        inputs.extend(taken);
        inputs.extend(fact::variables(instruction, &state.environment, self.words));
        let kind = if is_add { StepKind::Add } else { StepKind::Copy };
        let mut draft = self.classic_draft(kind, inputs, state, scope);
        draft.uncertain |= expanded.remote;
        draft.fetches = fetches;
        draft.operation = self.copied(instruction, transfer, &expanded, scope)?;
        Ok(draft)
    }

    fn classic_files(
        &self,
        transfer: &Transfer,
        expanded: &ExpandedTransfer,
        instruction: &Instruction,
    ) -> Result<KeyInput, Error> {
        let missing = |source_path: String| {
            self.at(Problem::MissingSource { source_path, link: None, context: None }, instruction)
        };
        let snapshot = &self.contexts.own;
        let mut parts = files::Parts::default();
        for selector in &expanded.selectors {
            let path = ContextPath::new(&selector.path);
            parts.add(snapshot, &path).map_err(|_| missing(selector.path.clone()))?;
        }
        let source = transfer.sources.join(" ");
        let selection = parts.selection().map_err(|_| missing(source.clone()))?;
        Ok(KeyInput::Files { source, digest: selection.digest, roots: selection.roots })
    }

    /// What counts of the files of a stage or an image.
    fn classic_origin(&mut self, origin: &Origin, selectors: &[Selector]) -> Vec<KeyInput> {
        if let Origin::Stage(stage) = origin
            && let Some(known) = self.classic_known_files(*stage, selectors)
        {
            return vec![known];
        }
        selectors.iter().filter_map(|selector| self.output_input(origin, &selector.path)).collect()
    }

    /// Regular files that COPY and ADD made are known. Directories are not: how one is laid over
    /// another differs from `BuildKit`. Nor is anything where links may lead elsewhere, for this
    /// builder counts what a link leads to.
    fn classic_known_files(&mut self, stage: usize, selectors: &[Selector]) -> Option<KeyInput> {
        let entries = self.contexts.own.entries();
        if entries.iter().any(|entry| entry.kind == EntryKind::Symlink) {
            return None;
        }
        let finished = self.finished.get(&stage)?;
        let tree = self.trees.entry(stage).or_insert_with(|| finished.files.tree(&self.contexts));
        if !selectors.iter().all(|selector| selector.is_plain() && tree.is_file(&selector.path)) {
            return None;
        }
        match self.known_files(stage, selectors)? {
            known @ KeyInput::StageFiles { base: None, .. } => Some(known),
            // On a base that nobody looks into any destination may be a link to another path, and
            // this builder follows it: all of the stage decides.
            KeyInput::StageFiles { step, path, part, roots, .. } => {
                let mut hasher = FieldHasher::new();
                hasher.fields(&["output", &path]);
                hasher.field(self.plan.steps[step.0].key.0.as_bytes());
                let digest = hasher.finish();
                Some(KeyInput::StageFiles { step, path, digest, part, base: Some(step), roots })
            }
            _ => None,
        }
    }
}
