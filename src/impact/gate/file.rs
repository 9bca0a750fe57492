//! The limits in `smartbuild.toml`.
//!
//! ```toml
//! [impact]
//! max_seconds = 60
//! max_image_growth = "10MB"
//! deny = ["base_image"]
//! allow_trailer = "Build-Cost"
//!
//! [[image]]
//! name = "api/Dockerfile"
//!
//! [image.gate]
//! max_seconds = 300
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{ByteSize, Denied, Limits};
use crate::Seconds;
use crate::images::ConfigurationError;
use crate::toml_text::{List, Mistake, TomlText};

/// What `smartbuild.toml` says of costs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileLimits {
    /// Those of every image.
    pub defaults: Limits,
    /// Those of an image, by its name.
    pub images: BTreeMap<String, Limits>,
    /// The trailer of a commit that accepts the cost.
    pub allow_trailer: Option<String>,
}

/// The tables that are about costs; the rest is about which images there are.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    impact: Defaults,
    #[serde(default)]
    image: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    name: Option<String>,
    gate: Option<Table>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Defaults {
    max_seconds: Option<Spanned<Number>>,
    max_steps: Option<Steps>,
    max_image_growth: Option<ByteSize>,
    deny: Option<List<Denied>>,
    allow_trailer: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Table {
    max_seconds: Option<Spanned<Number>>,
    max_steps: Option<Steps>,
    max_image_growth: Option<ByteSize>,
    deny: Option<List<Denied>>,
}

/// Any number; which ones are fine is told with their line.
#[derive(Deserialize)]
#[serde(untagged, expecting = "max_seconds is a number of seconds from 0 on: correct it")]
enum Number {
    Number(f64),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "max_steps is a whole number of steps from 0 on: correct it")]
enum Steps {
    Whole(usize),
}

impl FileLimits {
    /// Reads the file's bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigurationError> {
        let text = TomlText(bytes);
        let document: Document = text.read()?;
        let read = |table: Table| -> Result<Limits, Mistake> {
            let seconds = table.max_seconds.map(|seconds| {
                let (at, Number::Number(value)) = (seconds.span().start, seconds.into_inner());
                if value.is_finite() && value >= 0.0 {
                    return Ok(Seconds::new(value));
                }
                let message = "max_seconds is a number of seconds from 0 on: correct it";
                Err(text.wrong(at, message))
            });
            Ok(Limits {
                max_seconds: seconds.transpose()?,
                max_steps: table.max_steps.map(|Steps::Whole(steps)| steps),
                max_image_growth: table.max_image_growth,
                deny: table.deny.map(|List(kinds)| kinds.into_iter().collect()),
            })
        };
        let Defaults { max_seconds, max_steps, max_image_growth, deny, allow_trailer } =
            document.impact;
        let allow_trailer = allow_trailer.map(|name| {
            let (at, name) = (name.span().start, name.into_inner());
            trailer_name(&name).map_err(|message| text.wrong(at, message))
        });
        let mut images = BTreeMap::new();
        for image in document.image {
            if let (Some(name), Some(table)) = (image.name, image.gate) {
                images.insert(name, read(table)?);
            }
        }
        Ok(Self {
            defaults: read(Table { max_seconds, max_steps, max_image_growth, deny })?,
            images,
            allow_trailer: allow_trailer.transpose()?,
        })
    }
}

/// The name of a trailer as git takes it.
///
/// # Errors
///
/// What is wrong with it, in a sentence.
pub fn trailer_name(name: &str) -> Result<String, String> {
    let is_fine = |it: char| it.is_ascii_alphanumeric() || it == '-';
    if !name.is_empty() && name.chars().all(is_fine) {
        return Ok(name.to_owned());
    }
    Err(format!("`{name}` is no name of a trailer: it has letters, digits and `-`, as Build-Cost"))
}
