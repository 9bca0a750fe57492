//! `RUN --mount` and `RUN --device`: a line of comma-separated values with keys.

use super::ast::{Mount, MountKind};
use super::expand::ExpandError;
use super::suggest::closest;
use super::values::{parse_bool, parse_id, parse_size, split_csv};

const KEYS: &[&str] = &[
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "required",
    "size",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "env",
];
const KINDS: &[MountKind] =
    &[MountKind::Bind, MountKind::Cache, MountKind::Tmpfs, MountKind::Secret, MountKind::Ssh];

/// What is wrong with the value of `--mount` or `--device`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MountError {
    /// Quotes that the CSV form does not allow.
    #[error("`{0}` is not a line of comma-separated values")]
    Csv(String),
    /// A key without `=` that needs a value.
    #[error("`{0}` must be a key=value pair")]
    NotPair(String),
    /// A key that there is not.
    #[error("unexpected key `{key}` in `{field}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// The whole pair.
        field: String,
        /// A key that looks like it.
        suggestion: Option<&'static str>,
    },
    /// A type that there is not.
    #[error("unsupported mount type `{0}`")]
    UnknownKind(String),
    /// A key that the mount's type does not have.
    #[error("unexpected key `{key}` for a mount of type `{kind}`")]
    NotForKind {
        /// The key.
        key: String,
        /// The type.
        kind: MountKind,
    },
    /// A value that does not fit its key.
    #[error("invalid value `{value}` for `{key}`")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// `from` with a variable.
    #[error("`from` of a mount doesn't support variables")]
    VariableInFrom(String),
    /// A secret without a name.
    #[error("a secret mount needs one of id, source or target")]
    SecretWithoutName,
    /// A secret with two names.
    #[error("a secret mount can have source or id, not both")]
    SecretWithTwoNames,
    /// `name` of a device twice.
    #[error("the device's name is already set to `{0}`")]
    DeviceNamedTwice(String),
    /// A variable in a value could not be expanded.
    #[error(transparent)]
    Expand(#[from] ExpandError),
}

impl MountError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Csv(_) => "put quotes around a whole `key=value`, not around a part of it".into(),
            Self::NotPair(_) => "write `key=value`; only readonly, readwrite and required stand \
                                 alone"
                .into(),
            Self::UnknownKey { suggestion: Some(key), .. } => format!("did you mean `{key}`?"),
            Self::UnknownKey { .. } => "the keys are in the Dockerfile reference under \
                                        `RUN --mount`"
                .into(),
            Self::UnknownKind(_) => "the types are bind, cache, tmpfs, secret and ssh".into(),
            Self::NotForKind { .. } => "remove the key, or put `type=` before it".into(),
            Self::Value { key, .. } => match key.as_str() {
                "sharing" => "write shared, private or locked".into(),
                "mode" => "write an octal number such as 0755".into(),
                "uid" | "gid" => "write a number".into(),
                "size" => "write a size such as 64m".into(),
                _ => "write true or false".into(),
            },
            Self::VariableInFrom(_) => {
                "give the image a stage's name with `FROM $IMAGE AS name`, then mount `from=name`"
                    .into()
            }
            Self::SecretWithoutName => "add `id=NAME`".into(),
            Self::SecretWithTwoNames => "remove `source`".into(),
            Self::DeviceNamedTwice(_) => "use one `--device` for each device".into(),
            Self::Expand(error) => error.help().into(),
        }
    }

    /// The words to point at, if they are known.
    pub(super) fn needle(&self) -> Option<&str> {
        match self {
            Self::Csv(word)
            | Self::NotPair(word)
            | Self::UnknownKind(word)
            | Self::VariableInFrom(word)
            | Self::UnknownKey { field: word, .. }
            | Self::NotForKind { key: word, .. }
            | Self::Value { value: word, .. } => Some(word),
            _ => None,
        }
    }
}

/// How the values of a mount are read.
type Expander<'a> = &'a mut dyn FnMut(&str) -> Result<String, ExpandError>;

impl Mount {
    /// Reads a `--mount` as written. Values that hold a variable, a quote or an escape character
    /// are not yet what the engine will use: text fields keep them as they are, others stay
    /// unset until [`Mount::expand`].
    pub fn parse(text: &str) -> Result<Self, MountError> {
        read(text, None)
    }

    /// The mount with each value passed through `expand`, checked as the engine checks it.
    pub fn expand(
        &self,
        mut expand: impl FnMut(&str) -> Result<String, ExpandError>,
    ) -> Result<Self, MountError> {
        read(&self.text, Some(&mut expand))
    }
}

fn read(text: &str, mut expander: Option<Expander<'_>>) -> Result<Mount, MountError> {
    let mut mount = Mount { text: text.to_owned(), ..Mount::default() };
    let mut is_complete = true;
    for field in split_csv(text).ok_or_else(|| MountError::Csv(text.to_owned()))? {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.to_lowercase(), Some(value)),
            None => (field.to_lowercase(), None),
        };
        let Some(value) = value else {
            set_switch(&mut mount, &key, &field, is_complete)?;
            continue;
        };
        let value = if let Some(expander) = expander.as_mut() {
            expander(value)?
        } else {
            if key == "from" && value.find('$').is_some_and(|at| at + 1 != value.len()) {
                return Err(MountError::VariableInFrom(field));
            }
            if value.contains(['$', '\\', '`', '"', '\'']) {
                is_complete = false;
                set_text(&mut mount, &key, value);
                continue;
            }
            value.to_owned()
        };
        set_value(&mut mount, &key, &value, &field, is_complete)?;
    }
    if is_complete {
        check(&mount)?;
    }
    Ok(mount)
}

fn set_switch(
    mount: &mut Mount,
    key: &str,
    field: &str,
    is_complete: bool,
) -> Result<(), MountError> {
    match key {
        "readonly" | "ro" => mount.read_only = Some(true),
        "readwrite" | "rw" => mount.read_only = Some(false),
        "required" => {
            allow_required(mount, key, is_complete)?;
            mount.required = Some(true);
        }
        _ => return Err(MountError::NotPair(field.to_owned())),
    }
    Ok(())
}

/// Sets a field that is text; says whether `key` names one.
fn set_text(mount: &mut Mount, key: &str, value: &str) -> bool {
    let field = match key {
        "from" => &mut mount.from,
        "source" | "src" => &mut mount.source,
        "target" | "dst" | "destination" => &mut mount.target,
        "id" => &mut mount.id,
        "env" => &mut mount.env,
        _ => return false,
    };
    *field = Some(value.to_owned());
    true
}

fn set_value(
    mount: &mut Mount,
    key: &str,
    value: &str,
    field: &str,
    is_complete: bool,
) -> Result<(), MountError> {
    if set_text(mount, key, value) {
        return Ok(());
    }
    let invalid = || MountError::Value { key: key.to_owned(), value: value.to_owned() };
    match key {
        "type" => {
            let name = value.to_lowercase();
            let kind = KINDS.iter().find(|kind| kind.as_str() == name);
            mount.kind = *kind.ok_or_else(|| MountError::UnknownKind(value.to_owned()))?;
        }
        "readonly" | "ro" => mount.read_only = Some(parse_bool(value).ok_or_else(invalid)?),
        "readwrite" | "rw" => mount.read_only = Some(!parse_bool(value).ok_or_else(invalid)?),
        "required" => {
            allow_required(mount, key, is_complete)?;
            mount.required = Some(parse_bool(value).ok_or_else(invalid)?);
        }
        "size" => {
            if is_complete && mount.kind != MountKind::Tmpfs {
                return Err(not_for(mount, key));
            }
            mount.size = Some(parse_size(value).ok_or_else(invalid)?);
        }
        "sharing" => {
            let sharing = value.to_lowercase();
            if !matches!(sharing.as_str(), "shared" | "private" | "locked") {
                return Err(invalid());
            }
            mount.sharing = Some(sharing);
        }
        "mode" => {
            let digits = Some(value).filter(|value| !value.starts_with('+')).ok_or_else(invalid)?;
            mount.mode = Some(u32::from_str_radix(digits, 8).map_err(|_| invalid())?);
        }
        "uid" => mount.uid = Some(parse_id(value).ok_or_else(invalid)?),
        "gid" => mount.gid = Some(parse_id(value).ok_or_else(invalid)?),
        _ => {
            return Err(MountError::UnknownKey {
                key: key.to_owned(),
                field: field.to_owned(),
                suggestion: closest(key, KEYS),
            });
        }
    }
    Ok(())
}

/// The engine knows only the keys before this one here, so `required` must follow `type`.
fn allow_required(mount: &Mount, key: &str, is_complete: bool) -> Result<(), MountError> {
    if !is_complete || matches!(mount.kind, MountKind::Secret | MountKind::Ssh) {
        return Ok(());
    }
    Err(not_for(mount, key))
}

fn not_for(mount: &Mount, key: &str) -> MountError {
    MountError::NotForKind { key: key.to_owned(), kind: mount.kind }
}

/// What can be said only when all keys are read.
fn check(mount: &Mount) -> Result<(), MountError> {
    let is_filled = |value: &Option<String>| value.as_ref().is_some_and(|text| !text.is_empty());
    if matches!(mount.kind, MountKind::Bind | MountKind::Tmpfs) {
        let given = [
            ("mode", mount.mode.is_some()),
            ("uid", mount.uid.is_some()),
            ("gid", mount.gid.is_some()),
        ];
        if let Some((key, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
            return Err(not_for(mount, key));
        }
    }
    if mount.kind == MountKind::Secret {
        if is_filled(&mount.from) {
            return Err(not_for(mount, "from"));
        }
        if ![&mount.source, &mount.target, &mount.id].into_iter().any(is_filled) {
            return Err(MountError::SecretWithoutName);
        }
        if is_filled(&mount.source) && is_filled(&mount.id) {
            return Err(MountError::SecretWithTwoNames);
        }
    }
    if mount.sharing.is_some() && mount.kind != MountKind::Cache {
        return Err(not_for(mount, "sharing"));
    }
    Ok(())
}

/// Checks a `--device`: a name, or `name=…`, and `required`.
pub(super) fn check_device(text: &str) -> Result<(), MountError> {
    let mut name = String::new();
    for field in split_csv(text).ok_or_else(|| MountError::Csv(text.to_owned()))? {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.to_lowercase(), Some(value)),
            None => (field.to_lowercase(), None),
        };
        match (key.as_str(), value) {
            ("required", None) => {}
            ("required", Some(value)) => {
                parse_bool(value)
                    .ok_or_else(|| MountError::Value { key, value: value.to_owned() })?;
            }
            ("name", Some(_)) if !name.is_empty() => {
                return Err(MountError::DeviceNamedTwice(name));
            }
            ("name", Some(value)) => value.clone_into(&mut name),
            _ if name.is_empty() => name = field,
            (_, None) => return Err(MountError::NotPair(field)),
            (_, Some(_)) => {
                let suggestion = closest(&key, &["name", "required"]);
                return Err(MountError::UnknownKey { key, field, suggestion });
            }
        }
    }
    Ok(())
}
