//! What cannot be planned, and where in the Dockerfile it stands.

use crate::dockerfile::{Instruction, Span};

/// A Dockerfile that parses and still cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{dockerfile}{}: {problem}", at_line(*line))]
pub struct Error {
    /// The Dockerfile's name.
    pub dockerfile: String,
    /// The instruction's first line, counted from 1; 0 where no line is to blame.
    pub line: u32,
    /// The instruction's bytes.
    pub span: Span,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with an instruction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no FROM.
    #[error("there is no FROM, so there is nothing to build")]
    NoStage,
    /// `--target` names no stage.
    #[error("the target stage `{target}` does not exist; {}", listed(stages))]
    NoTarget {
        /// What was asked for.
        target: String,
        /// What there is.
        stages: Vec<String>,
    },
    /// `COPY --from` or a mount names a stage that comes later, or itself.
    #[error("stage `{0}` is used before it is defined")]
    StageNotYetDefined(String),
    /// `COPY --from=7` where there are fewer stages.
    #[error("there is no stage number {0}")]
    NoStageNumber(usize),
    /// The base image's name is empty after expansion.
    #[error("the base image's name `{0}` is empty once its variables are expanded")]
    EmptyBase(String),
    /// The name of an image that no image can have.
    #[error("`{name}` names no image: {reason}")]
    Reference {
        /// The name, expanded.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
        /// A stage that is called so but for its letters' case.
        stage: Option<String>,
    },
    /// `COPY --from` with a variable.
    #[error("`--from` of COPY doesn't support variables")]
    VariableInFrom(String),
    /// A platform that is none.
    #[error("`{0}` is not a platform; write one such as linux/amd64")]
    Platform(String),
    /// A source that is not in the context.
    #[error("{} the build context{}", not_in(source_path, link.as_ref()), named(context.as_ref()))]
    MissingSource {
        /// The source as expanded.
        source_path: String,
        /// The link that it takes and that leads to nothing, where that is why.
        link: Option<String>,
        /// The name of `--build-context`, where it is not the build's own.
        context: Option<String>,
    },
    /// What only `BuildKit` has.
    #[error("the classic builder has no {0}; unset DOCKER_BUILDKIT to build with BuildKit")]
    NeedsBuildKit(String),
    /// A stage called like an earlier one, which the classic builder does not take.
    #[error("there is a stage `{0}` already; the classic builder takes each name once")]
    NameTaken(String),
    /// A word that grows without measure.
    #[error("`{0}` grows to more than 1 MiB once its variables are expanded; shorten their values")]
    ExpansionTooLong(String),
    /// A variable that cannot be expanded.
    #[error("{0}")]
    Expansion(String),
    /// An ONBUILD trigger of the base image that does not parse.
    #[error("the base image's ONBUILD trigger `{trigger}` cannot be read: {reason}")]
    Trigger {
        /// The trigger.
        trigger: String,
        /// Why.
        reason: String,
    },
}

fn at_line(line: u32) -> String {
    if line == 0 { String::new() } else { format!(":{line}") }
}

fn not_in(source_path: &str, link: Option<&String>) -> String {
    match link {
        Some(link) => format!("the link `{link}` leads to nothing in"),
        None => format!("`{source_path}` is not in"),
    }
}

fn named(context: Option<&String>) -> String {
    context.map_or_else(String::new, |name| format!(" `{name}`"))
}

fn listed(stages: &[String]) -> String {
    match stages {
        [] => "no stage has a name: write FROM … AS NAME".to_owned(),
        [only] => format!("the one stage with a name is `{only}`"),
        several => format!("the stages are {}", several.join(", ")),
    }
}

impl Problem {
    /// The words of the instruction that are wrong, as far as they stand in it as they are.
    pub fn words(&self) -> &str {
        match self {
            Self::StageNotYetDefined(words)
            | Self::EmptyBase(words)
            | Self::VariableInFrom(words)
            | Self::Platform(words) => words,
            Self::Reference { name, .. } => name,
            Self::MissingSource { source_path, .. } => source_path,
            _ => "",
        }
    }

    /// What to do about it, where the message does not say it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Reference { stage: Some(stage), .. } => {
                Some(format!("did you mean the stage `{stage}`? FROM tells capitals apart"))
            }
            Self::Reference { name, reason, .. } if reason.contains("upper-case") => {
                // A tag may have capitals, and is another one without them.
                let path = name.rfind('/').unwrap_or(0);
                let end = name[path..].find([':', '@']).map_or(name.len(), |at| path + at);
                let (path, rest) = name.split_at(end);
                Some(format!("write it in lower case: `{}{rest}`", path.to_lowercase()))
            }
            Self::VariableInFrom(_) => Some(
                "give the image a stage's name with `FROM $IMAGE AS name`, then copy \
                 `--from=name`"
                    .into(),
            ),
            Self::Reference { .. } => {
                Some("write NAME, NAME:TAG or REGISTRY/NAME:TAG, such as `busybox:1.36`".into())
            }
            _ => None,
        }
    }

    /// The problem at an instruction.
    pub(super) fn at(self, dockerfile: &str, instruction: &Instruction) -> Error {
        Error {
            dockerfile: dockerfile.to_owned(),
            line: instruction.line,
            span: instruction.span,
            problem: self,
        }
    }

    /// The problem of the whole file.
    pub(super) fn in_file(self, dockerfile: &str) -> Error {
        Error {
            dockerfile: dockerfile.to_owned(),
            line: 0,
            span: Span { start: 0, end: 0 },
            problem: self,
        }
    }
}
