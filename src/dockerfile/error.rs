//! What can be wrong with a Dockerfile, and where.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use super::ast::Span;
use super::expand::ExpandError;
use super::mount::MountError;

/// An error in a Dockerfile: what, in which file, at which line, with the words to underline.
///
/// It renders with its source line and a caret through [`miette`].
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Located>);

#[derive(Debug, Clone, thiserror::Error)]
#[error("{name}:{line}: {kind}")]
struct Located {
    name: String,
    line: u32,
    span: Span,
    kind: ErrorKind,
    source_code: NamedSource<Arc<str>>,
}

impl Error {
    pub(super) fn new(name: &str, source: &Arc<str>, failure: Failure) -> Self {
        let Failure { kind, span } = failure;
        let before = source.get(..span.start).unwrap_or(source);
        // A file of 2^32 lines does not fit the engine's limits, nor most memories.
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        let source_code = NamedSource::new(name, shown(source)).with_language("Dockerfile");
        Self(Box::new(Located { name: name.to_owned(), line, span, kind, source_code }))
    }

    /// The file's name as it was given.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The line of the words that are wrong, counted from 1.
    pub fn line(&self) -> u32 {
        self.0.line
    }

    /// The bytes of the words that are wrong.
    pub fn span(&self) -> Span {
        self.0.span
    }

    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }
}

/// The source as it can be shown: a byte that acts on a terminal becomes one that does not, so
/// that every place stays where it is.
pub(super) fn shown(source: &Arc<str>) -> Arc<str> {
    let acts = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t');
    if source.contains(acts) { source.replace(acts, "?").into() } else { Arc::clone(source) }
}

impl Diagnostic for Error {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.0.kind.help()))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        // Where there is nothing, there is no line to show; one that is too long tells nobody
        // anything.
        let has_line = !matches!(self.0.kind, ErrorKind::NoInstructions | ErrorKind::LineTooLong);
        has_line.then_some(&self.0.source_code as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.source_code()?;
        let Span { start, end } = self.0.span;
        let span = SourceSpan::from((start, end.saturating_sub(start)));
        let label = Some(self.0.kind.label().to_owned());
        Some(Box::new(std::iter::once(miette::LabeledSpan::new_with_span(label, span))))
    }
}

/// What is wrong with a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nothing but blanks and comments.
    #[error("the file has no instructions")]
    NoInstructions,
    /// Only ARG instructions.
    #[error("the file has no FROM, so there is no stage to build")]
    NoStage,
    /// An instruction other than ARG above the first FROM.
    #[error("{keyword} before the first FROM")]
    BeforeFirstFrom {
        /// The keyword in capitals.
        keyword: &'static str,
    },
    /// No command, file name or value can have one, so that no engine builds it.
    #[error("the instruction has a null byte")]
    NullByte,
    /// The engine reads lines of up to 65535 bytes.
    #[error("the line is longer than 65535 bytes")]
    LineTooLong,
    /// The same parser directive twice.
    #[error("only one {name} parser directive can be used")]
    DuplicateDirective {
        /// The directive's name.
        name: String,
    },
    /// An `escape` directive with another value.
    #[error("`{value}` cannot be the escape character")]
    InvalidEscape {
        /// The value as written.
        value: String,
    },
    /// A keyword that there is not.
    #[error("unknown instruction `{word}`")]
    UnknownInstruction {
        /// The word as written.
        word: String,
        /// An instruction that looks like it.
        suggestion: Option<&'static str>,
    },
    /// A flag that the instruction does not have.
    #[error("{keyword} has no flag `--{flag}`")]
    UnknownFlag {
        /// The keyword in capitals.
        keyword: &'static str,
        /// The flag's name.
        flag: String,
        /// A flag that looks like it.
        suggestion: Option<&'static str>,
        /// All flags that the instruction has.
        allowed: Vec<&'static str>,
    },
    /// A flag twice that can be given once.
    #[error("`--{flag}` is given twice")]
    DuplicateFlag {
        /// The flag's name.
        flag: String,
    },
    /// A flag without the value that it needs.
    #[error("`--{flag}` needs a value")]
    FlagWithoutValue {
        /// The flag's name.
        flag: String,
    },
    /// A flag with a value that it cannot have.
    #[error("`{value}` is not a value for `--{flag}`")]
    FlagValue {
        /// The flag's name.
        flag: &'static str,
        /// The value as written.
        value: String,
        /// What it can be.
        expected: &'static str,
    },
    /// An instruction without arguments.
    #[error("{keyword} requires {}", if *.exactly_one { "exactly one argument" } else { "at least one argument" })]
    MissingArgument {
        /// The keyword in capitals.
        keyword: &'static str,
        /// Whether it takes one argument only.
        exactly_one: bool,
    },
    /// COPY or ADD without two arguments.
    #[error("{keyword} requires at least two arguments, a source and the destination")]
    NoDestination {
        /// The keyword in capitals.
        keyword: &'static str,
    },
    /// FROM with two or more than three arguments.
    #[error("FROM requires either one argument or three, `IMAGE AS NAME`")]
    FromArguments,
    /// A stage's name that cannot be one.
    #[error("`{name}` cannot be a stage's name")]
    StageName {
        /// The name as written.
        name: String,
    },
    /// A JSON array with something other than strings.
    #[error("the JSON array of {keyword} has something other than strings")]
    NotStrings {
        /// The keyword in capitals.
        keyword: &'static str,
    },
    /// SHELL in shell form.
    #[error("SHELL requires its arguments as a JSON array")]
    ShellNotExec,
    /// `ENV A=1 B`.
    #[error("`{word}` has no `=`")]
    NoEquals {
        /// The keyword in capitals.
        keyword: &'static str,
        /// The word as written.
        word: String,
    },
    /// `ENV A`.
    #[error("{keyword} must have two arguments, a name and a value")]
    NoValue {
        /// The keyword in capitals.
        keyword: &'static str,
    },
    /// `ENV =1`.
    #[error("{keyword} has a name that is blank")]
    BlankName {
        /// The keyword in capitals.
        keyword: &'static str,
    },
    /// `VOLUME [""]`.
    #[error("VOLUME has a path that is empty")]
    BlankVolume,
    /// A heredoc without its last line.
    #[error("the heredoc `{name}` does not end")]
    UnterminatedHeredoc {
        /// The delimiter.
        name: String,
    },
    /// `COPY a <<EOF`.
    #[error("{keyword} cannot have a heredoc as its destination")]
    HeredocDestination {
        /// The keyword in capitals.
        keyword: &'static str,
    },
    /// HEALTHCHECK with something other than CMD or NONE.
    #[error("HEALTHCHECK has no form `{word}`")]
    HealthcheckForm {
        /// The word as written.
        word: String,
    },
    /// HEALTHCHECK NONE with more behind it.
    #[error("HEALTHCHECK NONE takes no arguments")]
    HealthcheckNoneArguments,
    /// HEALTHCHECK CMD with nothing behind it.
    #[error("HEALTHCHECK CMD has no command")]
    HealthcheckNoCommand,
    /// ONBUILD ONBUILD, ONBUILD FROM and ONBUILD MAINTAINER.
    #[error("{keyword} isn't allowed as an ONBUILD trigger")]
    ForbiddenTrigger {
        /// The keyword in capitals.
        keyword: &'static str,
    },
    /// A trigger that is not one instruction.
    #[error("an ONBUILD trigger must be a single instruction")]
    TriggerNotSingle,
    /// A `--mount` or `--device` that is wrong.
    #[error(transparent)]
    Mount(#[from] MountError),
    /// A variable that cannot be expanded.
    #[error(transparent)]
    Expand(#[from] ExpandError),
}

impl ErrorKind {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::NoInstructions | Self::NoStage => {
                "start with `FROM image` or `FROM scratch`".into()
            }
            Self::BeforeFirstFrom { .. } => "only ARG may stand before the first FROM; move this \
                                             instruction below it"
                .into(),
            Self::NullByte => "remove it; a file with many of them is in another encoding, such \
                               as UTF-16, or no Dockerfile: save it as UTF-8"
                .into(),
            Self::LineTooLong => {
                "break the line with the escape character at its end, or move the \
                                  text into a file and COPY it"
                    .into()
            }
            Self::DuplicateDirective { .. } => "remove one of the two".into(),
            Self::InvalidEscape { .. } => "write `# escape=\\` or `# escape=`` (a backtick)".into(),
            Self::UnknownInstruction { suggestion: Some(word), .. } => {
                format!("did you mean `{word}`?")
            }
            Self::UnknownInstruction { .. } => "to continue the line above, end it with the \
                                                escape character; a comment begins with `#`"
                .into(),
            Self::UnknownFlag { suggestion: Some(flag), .. } => format!("did you mean `--{flag}`?"),
            Self::UnknownFlag { keyword, allowed, .. } => {
                if allowed.is_empty() {
                    format!("{keyword} has no flags")
                } else {
                    format!("its flags are --{}", allowed.join(", --"))
                }
            }
            Self::DuplicateFlag { .. } => "keep the one you mean".into(),
            Self::FlagWithoutValue { flag } => format!("write `--{flag}=VALUE`, without a blank"),
            Self::FlagValue { expected, .. } => format!("write {expected}"),
            Self::MissingArgument { keyword, .. } => match *keyword {
                "SHELL" => {
                    "write the shell and its options: `SHELL [\"/bin/bash\", \"-c\"]`".into()
                }
                "HEALTHCHECK" => "write `HEALTHCHECK CMD command` or `HEALTHCHECK NONE`".into(),
                keyword => format!("write what {keyword} is for behind it, or remove the line"),
            },
            Self::NoDestination { keyword } => format!(
                "write `{keyword} SOURCE DESTINATION`; `.` as destination is the working directory"
            ),
            Self::FromArguments => "write `FROM image` or `FROM image AS name`".into(),
            Self::StageName { .. } => "a stage's name begins with a letter and has only letters, \
                                       digits, `-`, `_` and `.`"
                .into(),
            Self::NotStrings { .. } => "put every element into double quotes".into(),
            Self::ShellNotExec => "write `SHELL [\"/bin/bash\", \"-c\"]`".into(),
            Self::NoEquals { keyword, .. } => {
                format!("write `{keyword} NAME=value`, the value in quotes if it has blanks")
            }
            Self::NoValue { keyword } => format!("write `{keyword} NAME=value`"),
            Self::BlankName { .. } => "write a name before `=`".into(),
            Self::BlankVolume => "write the path of a directory, or remove it".into(),
            Self::UnterminatedHeredoc { name } => format!(
                "end it with a line that has `{name}` and nothing else; only `<<-` allows tabs \
                 before it"
            ),
            Self::HeredocDestination { .. } => "write the path of the new file last".into(),
            Self::HealthcheckForm { .. } => "write `HEALTHCHECK CMD command` or \
                                             `HEALTHCHECK NONE`"
                .into(),
            Self::HealthcheckNoneArguments => "remove what follows NONE".into(),
            Self::HealthcheckNoCommand => "write the command that says whether the container is \
                                           well"
                .into(),
            Self::ForbiddenTrigger { .. } => "a trigger can be any instruction but FROM, ONBUILD \
                                              and MAINTAINER"
                .into(),
            Self::TriggerNotSingle => "build the base image again with one instruction for each \
                                       ONBUILD"
                .into(),
            Self::Mount(error) => error.help(),
            Self::Expand(error) => error.help().into(),
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::UnknownInstruction { .. } => "not an instruction",
            Self::UnterminatedHeredoc { .. } => "begins here",
            Self::UnknownFlag { .. } => "not a flag of this instruction",
            Self::BeforeFirstFrom { .. } => "no stage yet",
            _ => "here",
        }
    }
}

/// What is wrong, before the file's name is known.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) span: Span,
}

/// What is wrong with an instruction, before its place is known.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) kind: ErrorKind,
    /// The words to look for in the instruction and to point at.
    pub(super) needle: Option<String>,
}

impl Problem {
    pub(super) fn at(kind: ErrorKind, needle: impl Into<String>) -> Self {
        Self { kind, needle: Some(needle.into()) }
    }
}

impl From<ErrorKind> for Problem {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, needle: None }
    }
}

impl From<MountError> for Problem {
    fn from(error: MountError) -> Self {
        let needle = error.needle().map(str::to_owned);
        Self { kind: error.into(), needle }
    }
}
