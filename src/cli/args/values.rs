//! Values of flags, in docker's notation.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, PathBufValueParser, TypedValueParser};

use crate::plan::{context_name, reference_problem};
use crate::report::progress;

/// A value that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// `=value`, or nothing at all.
    #[error("`{0}` has no name; write NAME=VALUE")]
    NoName(String),
    /// A size.
    #[error("`{0}` is not a size; write bytes, or a number with k, m, g or t, such as 64m")]
    Size(String),
    /// `--secret`.
    #[error("{reason} in `{text}`; write id=NAME,src=FILE or id=NAME,env=VARIABLE")]
    Secret {
        /// As given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `--add-host`.
    #[error("`{0}` is not a host; write NAME:ADDRESS, such as db:10.0.0.5 or db:host-gateway")]
    Host(String),
    /// `--tag`.
    #[error("{reason}; write NAME or NAME:TAG, such as shop:1.2")]
    Tag {
        /// As given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `--ulimit`.
    #[error("`{0}` is not a limit; write NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:2048")]
    Ulimit(String),
    /// A switch with a value.
    #[error("`{0}` is neither on nor off; write true or false, or the flag alone")]
    Switch(String),
    /// `--platform`.
    #[error("smartbuild builds for one platform at a time; give one of `{0}`")]
    Platforms(String),
    /// `--progress`.
    #[error("`{0}` is not a kind of progress; write auto, plain, tty, quiet or rawjson")]
    Progress(String),
    /// `--cache-from`.
    #[error("{reason} in `{text}`; write IMAGE or type=registry,ref=IMAGE")]
    CacheSource {
        /// As given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `--build-context`.
    #[error("{reason} in `{text}`; write NAME=DIRECTORY or NAME=docker-image://IMAGE")]
    NamedContext {
        /// As given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A context that is not a directory.
    #[error("a context from {0} is not supported yet; write it to a directory and give that")]
    Context(&'static str),
}

/// `NAME=VALUE` or `NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Before the first `=`; never empty.
    pub name: String,
    /// After it; `None` where there is no `=`.
    pub value: Option<String>,
}

impl FromStr for Assignment {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        if name.trim().is_empty() {
            return Err(UsageError::NoName(text.to_owned()));
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// `--cache-from`: images whose cache is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSource {
    /// Their names, as given.
    pub images: Vec<String>,
}

impl FromStr for CacheSource {
    type Err = UsageError;

    /// Docker takes a list of images, or `type=…` with its attributes.
    fn from_str(text: &str) -> Result<Self, UsageError> {
        let wrong = |reason: String| UsageError::CacheSource { text: text.to_owned(), reason };
        let fields: Vec<&str> = text.split(',').collect();
        if !text.contains('=') {
            return Ok(Self { images: fields.into_iter().map(ToOwned::to_owned).collect() });
        }
        let mut image = None;
        for field in fields {
            match field.split_once('=') {
                Some(("type", "registry")) => {}
                Some(("type", kind)) => {
                    return Err(wrong(format!("a cache of type {kind} is not supported yet")));
                }
                Some(("ref", name)) if !name.is_empty() => image = Some(name.to_owned()),
                _ => return Err(wrong(format!("`{field}` is not understood"))),
            }
        }
        let image = image.ok_or_else(|| wrong("the image is missing".to_owned()))?;
        Ok(Self { images: vec![image] })
    }
}

/// `--build-context`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedContext {
    /// What the Dockerfile calls it, as the engine looks for it.
    pub name: String,
    /// What it is.
    pub source: ContextSource,
}

/// What a named context is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextSource {
    /// A directory.
    Directory(PathBuf),
    /// The image of this name.
    Image(String),
}

impl FromStr for NamedContext {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let wrong = |reason: String| UsageError::NamedContext { text: text.to_owned(), reason };
        let (name, value) = text
            .split_once('=')
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or_else(|| wrong("the name or the value is missing".to_owned()))?;
        if let Some(problem) = reference_problem(name) {
            return Err(wrong(problem.to_owned()));
        }
        let source = if let Some(image) = value.strip_prefix("docker-image://") {
            if let Some(problem) = reference_problem(image) {
                return Err(wrong(format!("as an image, {problem}")));
            }
            ContextSource::Image(image.to_owned())
        } else if value.contains("://") || value.starts_with("git@") {
            return Err(wrong("a context from there is not supported yet".to_owned()));
        } else {
            ContextSource::Directory(PathBuf::from(value))
        };
        Ok(Self { name: context_name(name), source })
    }
}

/// How a build is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProgressMode {
    /// Live on a terminal, else plain.
    #[default]
    Auto,
    /// A line for each thing that happens.
    Plain,
    /// Live.
    Tty,
    /// Only what failed.
    Quiet,
    /// A JSON object for each thing that happens.
    RawJson,
}

impl FromStr for ProgressMode {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        match text {
            // Docker takes an empty BUILDKIT_PROGRESS as none.
            "" | "auto" => Ok(Self::Auto),
            "plain" => Ok(Self::Plain),
            "tty" => Ok(Self::Tty),
            "quiet" | "none" => Ok(Self::Quiet),
            "rawjson" => Ok(Self::RawJson),
            other => Err(UsageError::Progress(other.to_owned())),
        }
    }
}

impl From<ProgressMode> for progress::Mode {
    fn from(mode: ProgressMode) -> Self {
        match mode {
            ProgressMode::Auto => Self::Auto,
            ProgressMode::Plain => Self::Plain,
            ProgressMode::Tty => Self::Tty,
            ProgressMode::Quiet => Self::Quiet,
            ProgressMode::RawJson => Self::RawJson,
        }
    }
}

/// `--secret`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What the Dockerfile calls it.
    pub id: String,
    /// Where its value is.
    pub source: SecretSource,
}

/// Where a secret's value is. It is read by the caller, once, when the build begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
    /// Only the id was given: in the variable of that name if it is set, else in the file.
    Named,
}

impl FromStr for Secret {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let fail = |reason: String| UsageError::Secret { text: text.to_owned(), reason };
        let (mut id, mut kind, mut file, mut variable) = (None, None, None, None);
        for field in text.split(',') {
            let (name, value) = field
                .split_once('=')
                .ok_or_else(|| fail(format!("`{field}` is not NAME=VALUE")))?;
            match name.to_ascii_lowercase().as_str() {
                "id" => id = Some(value),
                "type" => kind = Some(value),
                "src" | "source" => file = Some(value),
                "env" => variable = Some(value),
                other => return Err(fail(format!("unknown field `{other}`"))),
            }
        }
        let id = id.filter(|id| !id.is_empty()).ok_or_else(|| fail("no id".to_owned()))?;
        let source = match (kind, file, variable) {
            (_, Some(_), Some(_)) => return Err(fail("both src and env".to_owned())),
            // With type=env docker reads src as the variable's name.
            (Some("env"), Some(name), None) | (None | Some("env"), None, Some(name)) => {
                SecretSource::Environment(name.to_owned())
            }
            (None | Some("file"), Some(path), None) => SecretSource::File(path.into()),
            (Some("env"), None, None) => SecretSource::Environment(id.to_owned()),
            (Some("file"), None, None) => SecretSource::File(id.into()),
            (None, None, None) => SecretSource::Named,
            (Some("file"), None, Some(_)) => return Err(fail("type=file with env".to_owned())),
            (Some(other), ..) => return Err(fail(format!("unknown type `{other}`"))),
        };
        Ok(Self { id: id.to_owned(), source })
    }
}

/// Bytes from docker's notation: units are powers of 1024, with or without `b` or `ib`.
pub(super) fn size(text: &str) -> Result<u64, UsageError> {
    let fail = || UsageError::Size(text.to_owned());
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = &lower[digits.len()..];
    let power = match unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(unit) {
        "" if unit != "ib" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(fail()),
    };
    let factor = 1024_u64.pow(power);
    let number = digits.trim_end();
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).ok_or_else(fail);
    }
    let is_decimal = number.chars().all(|character| character.is_ascii_digit() || character == '.');
    let value: f64 = number.parse().map_err(|_| fail())?;
    let bytes = value * factor as f64;
    // Below 2^53 every whole number is exact.
    if is_decimal && bytes < 9.0e15 {
        Ok(std::time::Duration::from_secs_f64(bytes.floor()).as_secs())
    } else {
        Err(fail())
    }
}

/// `NAME:ADDRESS` from that, `NAME=ADDRESS`, or either with an address in brackets.
pub(super) fn host(text: &str) -> Result<String, UsageError> {
    let fail = || UsageError::Host(text.to_owned());
    let (name, address) = text.split_once('=').or_else(|| text.split_once(':')).ok_or_else(fail)?;
    let bare =
        address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
    let is_address = bare == "host-gateway" || bare.parse::<std::net::IpAddr>().is_ok();
    if name.is_empty() || !is_address { Err(fail()) } else { Ok(format!("{name}:{bare}")) }
}

/// A limit as given, once its form is right.
pub(super) fn ulimit(text: &str) -> Result<String, UsageError> {
    let is_limit = |text: &str| text.parse::<i64>().is_ok_and(|limit| limit >= -1);
    let is_right = text.split_once('=').is_some_and(|(name, limits)| {
        let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
        !name.is_empty() && is_limit(soft) && is_limit(hard)
    });
    if is_right { Ok(text.to_owned()) } else { Err(UsageError::Ulimit(text.to_owned())) }
}

/// On or off, in the words of Go's `strconv.ParseBool`, which docker reads its switches with.
pub(super) fn switch(text: &str) -> Result<bool, UsageError> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        other => Err(UsageError::Switch(other.to_owned())),
    }
}

/// One platform.
pub(super) fn platform(text: &str) -> Result<String, UsageError> {
    if text.contains(',') {
        return Err(UsageError::Platforms(text.to_owned()));
    }
    Ok(text.to_owned())
}

/// A path that may be empty.
pub(super) fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// A directory, of whatever bytes its name is; whether it exists is found when it is read.
pub(super) fn context() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let text = path.to_string_lossy();
        if text == "-" {
            return Err(UsageError::Context("standard input"));
        }
        let remote = ["http://", "https://", "git://", "ssh://", "git@", "github.com/"];
        if remote.iter().any(|prefix| text.starts_with(prefix)) {
            return Err(UsageError::Context("a URL"));
        }
        Ok(path)
    })
}
