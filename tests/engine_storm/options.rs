//! Options of a build.

use std::collections::BTreeMap;

use crate::draw::Draw;
use crate::recipe::Recipe;
use crate::settings::{CONTEXT, Features};

/// The options that stay from build to build until they are changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Which of the two Dockerfiles.
    pub recipe: usize,
    pub build_args: BTreeMap<String, String>,
    /// A stage by its number, as far as it has a name.
    pub target: Option<usize>,
    pub others: BTreeMap<&'static str, String>,
    /// `--build-context`, by name.
    pub contexts: BTreeMap<String, &'static str>,
}

/// Directories of the context that a named one may be.
const DIRECTORIES: &[&str] = &[".", ".", "src", "lib"];

/// Values of the options that are a name and a value.
const OTHERS: &[(&str, &[&str])] = &[
    ("--network", &["none", "default"]),
    ("--add-host", &["one:127.0.0.1", "one:127.0.0.2", "two:127.0.0.1"]),
    ("--label", &["x=1", "x=2"]),
    ("--shm-size", &["32m", "64m"]),
    ("--ulimit", &["nofile=1024:1024", "nofile=512"]),
    ("--platform", &["linux/amd64"]),
    ("--secret", &["id=s,env=HOME", "id=s,env=PATH"]),
];

const ARGUMENTS: &[&str] = &["A", "B", "C", "A", "B", "HTTP_PROXY", "SOURCE_DATE_EPOCH", "UNUSED"];

impl Options {
    /// Those that a project begins with.
    pub fn random(draw: &mut Draw, features: Features) -> Self {
        let mut options = Self::default();
        if features.has_context {
            options.contexts.insert(CONTEXT.to_owned(), draw.pick(DIRECTORIES));
        }
        options
    }

    /// Changes what a named context is, or which stage has one in its place.
    fn change_context(&mut self, draw: &mut Draw, recipe: &Recipe) -> String {
        let named = recipe.stages.iter().filter_map(|stage| stage.name.clone());
        let stages: Vec<String> = named.collect();
        let name = match draw.below(3) {
            0 | 1 if !stages.is_empty() => draw.pick(&stages).to_lowercase(),
            _ => CONTEXT.to_owned(),
        };
        if name != CONTEXT && self.contexts.remove(&name).is_some() {
            return format!("no context {name}");
        }
        let images = ["docker-image://@BASE@"];
        let values = if name != CONTEXT && draw.percent(30) { &images[..] } else { DIRECTORIES };
        let value = draw.pick(values);
        let told = format!("context {name}={value}");
        self.contexts.insert(name, value);
        told
    }

    /// Changes one of them, and says what.
    pub fn change(&mut self, draw: &mut Draw, recipe: &Recipe) -> String {
        if !self.contexts.is_empty() && draw.percent(60) {
            return self.change_context(draw, recipe);
        }
        match draw.below(10) {
            0..=3 => {
                let name = draw.pick(ARGUMENTS);
                if self.build_args.contains_key(name) && draw.percent(50) {
                    self.build_args.remove(name);
                    return format!("no argument {name}");
                }
                let value = draw.pick(&["1", "2", "0"]).to_owned();
                self.build_args.insert(name.to_owned(), value.clone());
                format!("argument {name}={value}")
            }
            4..=6 => {
                let named: Vec<_> = (0..recipe.stages.len())
                    .filter(|&it| recipe.stages[it].name.is_some())
                    .collect();
                self.target = if named.is_empty() || draw.percent(40) {
                    None
                } else {
                    Some(draw.pick(&named))
                };
                format!("target {:?}", self.target)
            }
            _ => {
                let (name, values) = draw.pick(OTHERS);
                if self.others.remove(name).is_some() && draw.percent(60) {
                    return format!("no {name}");
                }
                let value = draw.pick(values).to_owned();
                let said = format!("{name} {value}");
                self.others.insert(name, value);
                said
            }
        }
    }

    /// As the command line has them.
    pub fn words(&self, recipe: &Recipe) -> Vec<String> {
        let mut words = vec!["-f".to_owned(), recipe.name.clone()];
        for (name, value) in &self.build_args {
            words.extend(["--build-arg".to_owned(), format!("{name}={value}")]);
        }
        if let Some(name) = self.target.and_then(|it| recipe.stages.get(it)?.name.clone()) {
            words.extend(["--target".to_owned(), name]);
        }
        for (name, value) in &self.contexts {
            words.extend(["--build-context".to_owned(), format!("{name}={value}")]);
        }
        for (name, value) in &self.others {
            words.extend([(*name).to_owned(), value.clone()]);
        }
        words
    }
}

/// Options of one build alone.
pub fn once(draw: &mut Draw, recipe: &Recipe) -> Vec<String> {
    if draw.percent(97) {
        return Vec::new();
    }
    let names: Vec<String> = recipe.stages.iter().filter_map(|stage| stage.name.clone()).collect();
    if names.is_empty() || draw.percent(40) {
        vec!["--no-cache".to_owned()]
    } else {
        vec!["--no-cache-filter".to_owned(), draw.pick(&names)]
    }
}
