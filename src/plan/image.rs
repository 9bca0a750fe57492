//! The steps of images, and what a stage on one begins with.

use super::convert::{Builder, StageState};
use super::environment::Environment;
use super::key::{FieldHasher, bare_key};
use super::reference::full_reference;
use super::stage_files::StageFiles;
use super::{
    ContentKeys, ImageConfiguration, ImageReference, KeyInput, PLATFORM, Step, StepIndex, StepKind,
    fact,
};
use crate::dockerfile::Instruction;
use crate::{BaseImage, Digest};

impl Builder<'_> {
    /// The step of an image: made once, however often it is used.
    pub(super) fn image_step(
        &mut self,
        wanted: &ImageReference,
        shown: Option<(String, &str, &Instruction)>,
    ) -> StepIndex {
        if let Some(&step) = self.images.get(wanted) {
            return step;
        }
        let ImageReference { name, platform } = wanted;
        let image = self.request.images.get(wanted);
        let digest = image.map_or_else(|| Digest::of(full_reference(name).as_bytes()), layer_chain);
        let full = full_reference(name);
        let (name_shown, label, instruction) = if let Some((shown, label, from)) = shown {
            (shown, label.to_owned(), Some(from))
        } else {
            let context = self.stages.context_with_image(name);
            let shown = context.map(|context| shown_context(context, name));
            (shown.unwrap_or_else(|| format!("FROM {full}")), String::new(), None)
        };
        let configuration = image.map(ImageConfiguration::of);
        let input = |manifest| {
            let configuration = configuration.clone();
            vec![KeyInput::BaseImage { reference: name.clone(), digest, manifest, configuration }]
        };
        let counts = self.request.dialect.knows_manifests;
        let inputs = input(image.filter(|_| counts).map(|image| image.id.clone()));
        let layers_key = self.key(StepKind::From, &input(None));
        let step = self.push_image_step(name_shown, label, instruction, inputs, image.is_none());
        self.plan.steps[step.0].layers_key = layers_key;
        if *platform != self.request.options.build_platform {
            let told = fact::setting(PLATFORM, platform.to_string());
            self.plan.steps[step.0].inputs.extend(told);
        }
        self.images.insert(wanted.clone(), step);
        step
    }

    /// Adds the step of an image.
    pub(super) fn push_image_step(
        &mut self,
        name: String,
        stage: String,
        from: Option<&Instruction>,
        inputs: Vec<KeyInput>,
        uncertain: bool,
    ) -> StepIndex {
        let reference = inputs.iter().find_map(|input| match input {
            KeyInput::BaseImage { reference, .. } => Some(reference.as_str()),
            _ => None,
        });
        let unwritten = || format!("FROM {}", reference.unwrap_or_default());
        // One that no FROM names is told where files are first taken of it.
        let (line, last_line) = from.map_or(self.lines, |from| (from.line, from.last_line));
        let key = self.key(StepKind::From, &inputs);
        self.plan.steps.push(Step {
            name,
            told: None,
            stage,
            line,
            last_line,
            instruction: from.map_or_else(unwritten, |from| from.text.clone()),
            kind: StepKind::From,
            key,
            bare_key: bare_key(StepKind::From, &inputs),
            layers_key: key,
            content_keys: ContentKeys::default(),
            inputs,
            uncertain,
            written_contexts: Vec::new(),
            no_cache: false,
            is_doubted: false,
        });
        StepIndex(self.plan.steps.len() - 1)
    }
}

pub(super) fn image_state(image: Option<&BaseImage>, step: StepIndex) -> StageState {
    let unknown = BaseImage::default();
    let known = image.unwrap_or(&unknown);
    let environment = Environment::of_image(&known.env);
    StageState {
        configured: environment.configured(),
        environment,
        directory: if known.working_dir.is_empty() {
            "/".to_owned()
        } else {
            known.working_dir.clone()
        },
        user: known.user.clone(),
        user_made_of: Vec::new(),
        shell: known.shell.clone(),
        parent: Some(step),
        files: StageFiles::unknown(step),
        uncertain: image.is_none(),
        context: None,
    }
}

/// How the engine shows an image of `--build-context`.
pub(super) fn shown_context(context: &str, image: &str) -> String {
    format!("[context {context}] {image}")
}

/// The digest of an image's layers in their order: same layers under another name or label are
/// the same base (`base-same-layers-new-label`).
fn layer_chain(image: &BaseImage) -> Digest {
    let mut hasher = FieldHasher::new();
    for layer in &image.layers {
        hasher.field(layer.as_bytes());
    }
    hasher.finish()
}
