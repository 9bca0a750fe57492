//! Random Dockerfiles, as stages of lines.

use crate::draw::Draw;
use crate::instructions::{Scene, instruction, salted_copy};
use crate::settings::{CONTEXT, Features};
use crate::tree::Tree;

const STAGE_NAMES: &[&str] = &["alpha", "beta", "gamma", "delta", "omega"];
const OTHER_NAMES: &[&str] = &["build", "Deps", "x1", "run-time", "Final"];

/// What a stage stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    Image,
    Scratch,
    Stage(usize),
    /// The named context, where that is a directory.
    Context,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// None is shown by its number.
    pub name: Option<String>,
    pub base: Base,
    pub platform: Option<&'static str>,
    /// Instructions, comments and blanks, each as it is written.
    pub lines: Vec<String>,
}

/// A Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Of the file.
    pub name: String,
    /// What stands before the first FROM.
    pub head: Vec<String>,
    pub stages: Vec<Stage>,
}

impl Recipe {
    pub fn random(draw: &mut Draw, name: &str, tree: &Tree, features: Features) -> Self {
        let mut recipe = Self { name: name.to_owned(), head: Vec::new(), stages: Vec::new() };
        for variable in ["A", "B"] {
            if draw.percent(40) {
                recipe.head.push(format!("ARG {variable}={}", draw.below(3)));
            }
        }
        if draw.percent(20) {
            recipe.head.push("ARG IMAGE=@BASE@".to_owned());
        }
        for _ in 0..draw.weighted(&[(2, 1), (3, 2), (4, 3), (3, 4), (2, 5)]) {
            recipe.add_stage(draw, tree, features);
        }
        recipe
    }

    pub fn add_stage(&mut self, draw: &mut Draw, tree: &Tree, features: Features) {
        let index = self.stages.len();
        let named: Vec<usize> =
            (0..index).filter(|&stage| self.stages[stage].name.is_some()).collect();
        let base = match draw.below(10) {
            0..=3 if !named.is_empty() => Base::Stage(draw.pick(&named)),
            4 => Base::Scratch,
            5 if features.has_context => Base::Context,
            _ => Base::Image,
        };
        let name =
            (draw.percent(80) && index < STAGE_NAMES.len()).then(|| STAGE_NAMES[index].to_owned());
        let platforms = [None, None, None, None, Some("$BUILDPLATFORM"), Some("linux/amd64")];
        let platform = draw.pick(&platforms).filter(|_| base == Base::Image);
        self.stages.push(Stage { name, base, platform, lines: Vec::new() });
        if self.is_on_nothing(index) && base == Base::Scratch {
            let line = salted_copy(draw, tree);
            self.stages[index].lines.push(line);
        }
        for _ in 0..draw.between(3, 9) {
            let line = self.line(draw, index, tree, features);
            self.stages[index].lines.push(line);
        }
    }

    /// A random instruction for this stage.
    pub fn line(&self, draw: &mut Draw, stage: usize, tree: &Tree, features: Features) -> String {
        let others = (0..stage)
            .map(|other| (other, self.stages[other].name.is_some(), self.is_on_nothing(other)));
        let scene = Scene {
            tree,
            features,
            is_on_nothing: self.is_on_nothing(stage),
            stages: others.collect(),
        };
        instruction(draw, &scene)
    }

    /// Whether there is no shell in this stage.
    pub fn is_on_nothing(&self, stage: usize) -> bool {
        match self.stages[stage].base {
            Base::Scratch | Base::Context => true,
            Base::Image => false,
            Base::Stage(below) => self.is_on_nothing(below),
        }
    }

    /// As the engine shows a stage.
    pub fn label(&self, stage: usize) -> String {
        let name = self.stages[stage].name.as_ref().map(|name| name.to_lowercase());
        name.unwrap_or_else(|| format!("stage-{stage}"))
    }

    /// The name or the number that a line refers to a stage by.
    pub fn reference(&self, stage: usize) -> String {
        self.stages[stage].name.clone().unwrap_or_else(|| stage.to_string())
    }

    pub fn rename_stage(&mut self, draw: &mut Draw) {
        let stage = draw.below(self.stages.len());
        let taken =
            |name: &str| self.stages.iter().any(|other| other.name.as_deref() == Some(name));
        let name = draw.pick(OTHER_NAMES);
        if self.stages[stage].name.is_some() && !taken(name) {
            self.stages[stage].name = Some(name.to_owned());
        }
    }

    /// The file, with `@SALT@` and `@BASE@` in it.
    pub fn text(&self) -> String {
        let mut lines = self.head.clone();
        let names_image = self.head.iter().any(|line| line.starts_with("ARG IMAGE="));
        for (index, stage) in self.stages.iter().enumerate() {
            let base = match stage.base {
                Base::Image if names_image && index % 2 == 1 => "${IMAGE}".to_owned(),
                Base::Image => "@BASE@".to_owned(),
                Base::Scratch => "scratch".to_owned(),
                Base::Context => CONTEXT.to_owned(),
                Base::Stage(below) => self.reference(below),
            };
            let platform = stage.platform.map(|it| format!("--platform={it} ")).unwrap_or_default();
            let name = stage.name.as_ref().map(|name| format!(" AS {name}")).unwrap_or_default();
            lines.push(format!("FROM {platform}{base}{name}"));
            for line in &stage.lines {
                let mut line = line.clone();
                for other in 0..index {
                    line = line.replace(&format!("@NUMBER{other}@"), &other.to_string());
                    line = line.replace(&format!("@STAGE{other}@"), &self.reference(other));
                }
                lines.push(line);
            }
        }
        lines.join("\n") + "\n"
    }

    /// A stage that has something to change, and the place of it.
    pub fn place(&self, draw: &mut Draw) -> Option<(usize, usize)> {
        let stage = draw.below(self.stages.len());
        // The first line of a stage on nothing keeps it apart from other projects' stages.
        let first = usize::from(self.stages[stage].base == Base::Scratch);
        let lines = self.stages[stage].lines.len();
        (lines > first).then(|| (stage, draw.between(first, lines - 1)))
    }
}
