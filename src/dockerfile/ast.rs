//! What a Dockerfile says, before any variable is expanded.
//!
//! Every value here is the text as written after continuation lines are joined; nothing is
//! expanded and nothing is looked up. The words follow the Dockerfile reference.

use std::fmt;

/// A range of bytes in the Dockerfile's text, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A parser directive at the top of the file, such as `# syntax=docker/dockerfile:1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The name in lower case: `syntax`, `escape` or `check`.
    pub name: String,
    /// The value as written, without blanks around it.
    pub value: String,
    /// The whole line without its newline.
    pub span: Span,
}

/// One instruction with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// From the keyword's first byte (or that of an escape character alone on a line before it) to the end of the last line that belongs to the
    /// instruction (heredoc terminators included), without the final newline.
    pub span: Span,
    /// The first line, counted from 1.
    pub line: u32,
    /// The last line (a heredoc's terminator counts), counted from 1.
    pub last_line: u32,
    /// The instruction's text with continuation lines joined and comments between them
    /// removed, keyword and flags included, heredoc bodies not, blanks around it cut: what the
    /// engine shows as a step's name before it expands variables (`BuildKit`'s `Node.Original`).
    pub text: String,
    /// The flags, in the order written.
    pub flags: Vec<Flag>,
    /// The heredocs that this instruction opens, in the order written.
    pub heredocs: Vec<Heredoc>,
    /// What it says.
    pub kind: InstructionKind,
}

/// A flag such as `--from=build` or `--link`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The name without dashes.
    pub name: String,
    /// What stands after `=`, if anything does.
    pub value: Option<String>,
}

/// A here-document: `<<EOF`, `<<-EOF`, `<<"EOF"`, `3<<EOF`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter, quotes removed.
    pub name: String,
    /// Whether variables in the body are expanded (the delimiter is not quoted).
    pub expand: bool,
    /// Whether leading tabs of each line are dropped (`<<-`).
    pub strip_tabs: bool,
    /// The file descriptor before `<<`; 0 where there is none.
    pub file_descriptor: u32,
    /// The body as written, tabs included, final newline included, terminator excluded.
    pub content: String,
    /// The body's bytes in the file.
    pub span: Span,
}

/// What an instruction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstructionKind {
    /// `FROM [--platform=P] IMAGE [AS NAME]`
    From {
        /// The base: an image, an earlier stage's name, or `scratch`.
        image: String,
        /// The stage's name as written; names compare without regard to case.
        name: Option<String>,
        /// `--platform`.
        platform: Option<String>,
    },
    /// `RUN [flags] COMMAND`
    Run {
        /// What is run.
        command: CommandForm,
        /// `--mount` flags in order.
        mounts: Vec<Mount>,
        /// `--network`.
        network: Option<String>,
        /// `--security`.
        security: Option<String>,
        /// `--device` values in order.
        devices: Vec<String>,
    },
    /// `COPY [flags] SOURCE… DESTINATION`
    Copy(Transfer),
    /// `ADD [flags] SOURCE… DESTINATION`
    Add(Transfer),
    /// `WORKDIR PATH`
    Workdir(String),
    /// `ENV K=V …` or `ENV K V`
    Env(Vec<(String, String)>),
    /// `ARG NAME[=DEFAULT] …`
    Arg(Vec<(String, Option<String>)>),
    /// `LABEL K=V …`
    Label(Vec<(String, String)>),
    /// `USER USER[:GROUP]`
    User(String),
    /// `EXPOSE PORT…`
    Expose(Vec<String>),
    /// `CMD COMMAND`
    Cmd(CommandForm),
    /// `ENTRYPOINT COMMAND`
    Entrypoint(CommandForm),
    /// `HEALTHCHECK [flags] CMD COMMAND`, or `None` for `HEALTHCHECK NONE`. Its flags
    /// (`interval`, `timeout`, `start-period`, `start-interval`, `retries`) are in
    /// [`Instruction::flags`], checked.
    Healthcheck(Option<CommandForm>),
    /// `STOPSIGNAL SIGNAL`
    Stopsignal(String),
    /// `SHELL ["…", …]`
    Shell(Vec<String>),
    /// `VOLUME PATH…` or `VOLUME ["PATH", …]`
    Volume(Vec<String>),
    /// `ONBUILD INSTRUCTION`
    Onbuild {
        /// The trigger's text, as it is kept in the image's configuration.
        text: String,
        /// The trigger, parsed; its spans are those in this file.
        instruction: Box<Instruction>,
    },
    /// `MAINTAINER NAME`
    Maintainer(String),
}

/// The two ways to write a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandForm {
    /// Shell form: one string for SHELL. Continuation lines joined, leading and trailing
    /// blanks cut, everything else as written; heredocs are in [`Instruction::heredocs`].
    Shell(String),
    /// Exec form: a JSON array.
    Exec(Vec<String>),
}

/// `--mount=type=…,…` of a RUN. Values are as written, variables not expanded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mount {
    /// `bind` where no type is given.
    pub kind: MountKind,
    /// `target`, `dst` or `destination`.
    pub target: Option<String>,
    /// `source` or `src`.
    pub source: Option<String>,
    /// `from`.
    pub from: Option<String>,
    /// `id`.
    pub id: Option<String>,
    /// `readonly`/`ro` as `Some(true)`, `readwrite`/`rw` as `Some(false)`.
    pub read_only: Option<bool>,
    /// `sharing`: `shared`, `private` or `locked`.
    pub sharing: Option<String>,
    /// `required`.
    pub required: Option<bool>,
    /// `env`: the environment variable that a secret is put into.
    pub env: Option<String>,
    /// `mode`, an octal number.
    pub mode: Option<u32>,
    /// `uid`.
    pub uid: Option<u64>,
    /// `gid`.
    pub gid: Option<u64>,
    /// `size` in bytes.
    pub size: Option<u64>,
    /// The flag's value as written. A value above that holds a variable, a quote or an escape is
    /// still unread where its field is not text; [`Mount::expand`] reads it.
    pub text: String,
}

/// The type of a RUN mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MountKind {
    /// Files of the context, a stage or an image.
    #[default]
    Bind,
    /// A directory that the engine keeps between builds.
    Cache,
    /// Memory.
    Tmpfs,
    /// A secret's file.
    Secret,
    /// An ssh agent's socket.
    Ssh,
}

/// The sources, the destination and the flags of COPY and ADD.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transfer {
    /// The sources in order, heredocs not among them (they are in [`Instruction::heredocs`]).
    pub sources: Vec<String>,
    /// The destination.
    pub destination: String,
    /// `--from` (COPY).
    pub from: Option<String>,
    /// `--chown`.
    pub chown: Option<String>,
    /// `--chmod`.
    pub chmod: Option<String>,
    /// `--link`.
    pub link: bool,
    /// `--parents` (COPY).
    pub parents: bool,
    /// `--exclude` patterns in order.
    pub exclude: Vec<String>,
    /// `--checksum` (ADD).
    pub checksum: Option<String>,
    /// `--keep-git-dir` (ADD).
    pub keep_git_dir: Option<bool>,
    /// `--unpack` (ADD).
    pub unpack: Option<bool>,
}

impl InstructionKind {
    /// The keyword in capitals.
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::From { .. } => "FROM",
            Self::Run { .. } => "RUN",
            Self::Copy(_) => "COPY",
            Self::Add(_) => "ADD",
            Self::Workdir(_) => "WORKDIR",
            Self::Env(_) => "ENV",
            Self::Arg(_) => "ARG",
            Self::Label(_) => "LABEL",
            Self::User(_) => "USER",
            Self::Expose(_) => "EXPOSE",
            Self::Cmd(_) => "CMD",
            Self::Entrypoint(_) => "ENTRYPOINT",
            Self::Healthcheck(_) => "HEALTHCHECK",
            Self::Stopsignal(_) => "STOPSIGNAL",
            Self::Shell(_) => "SHELL",
            Self::Volume(_) => "VOLUME",
            Self::Onbuild { .. } => "ONBUILD",
            Self::Maintainer(_) => "MAINTAINER",
        }
    }
}

impl MountKind {
    /// The word that the Dockerfile uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Cache => "cache",
            Self::Tmpfs => "tmpfs",
            Self::Secret => "secret",
            Self::Ssh => "ssh",
        }
    }
}

impl fmt::Display for MountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
