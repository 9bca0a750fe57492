//! `smartbuild.toml`: names, excludes and parametrises images.
//!
//! ```
//! use smartbuild::images::Configuration;
//!
//! let configuration = Configuration::parse(
//!     br#"
//!     exclude = ["examples/**"]
//!
//!     [[image]]
//!     name = "api"
//!     dockerfile = "docker/api.Dockerfile"
//!     context = "services/api"
//!     args = { MODE = "release" }
//!     "#,
//! )?;
//! assert_eq!(configuration.images[0].name, "api");
//! assert!(configuration.excludes("examples/tour/Dockerfile"));
//! # Ok::<(), smartbuild::images::ConfigurationError>(())
//! ```

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use crate::toml_text::{List, Mistake, TomlText};

/// What `smartbuild.toml` says of images. Its tables `impact` and `image.gate` say what an image
/// may cost, and are read by those who measure that.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The images that it names.
    pub images: Vec<ConfiguredImage>,
    excluded: GlobSet,
}

/// One `[[image]]`: of what it does not say, an image of this name that was found keeps its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredImage {
    /// The name of an image that is found, or a new one.
    pub name: String,
    /// The Dockerfile, from the root of the repository.
    pub dockerfile: Option<String>,
    /// The context, from the root of the repository.
    pub context: Option<String>,
    /// The stage to build.
    pub target: Option<String>,
    /// Build arguments, added to those that it has.
    pub args: BTreeMap<String, String>,
    /// Named contexts, added to those that it has: a directory from the root of the repository, or
    /// `docker-image://…`.
    pub contexts: BTreeMap<String, String>,
    /// Where it stands, counted from 1.
    pub line: usize,
}

/// Why `smartbuild.toml` is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("smartbuild.toml, line {line}: {message}")]
pub struct ConfigurationError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl From<Mistake> for ConfigurationError {
    fn from(Mistake { line, message }: Mistake) -> Self {
        Self { line, message }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    image: Vec<Spanned<Entry>>,
    #[serde(default)]
    exclude: List<Spanned<String>>,
    #[serde(default, rename = "impact")]
    _impact: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    dockerfile: Option<String>,
    context: Option<String>,
    target: Option<String>,
    #[serde(default)]
    args: BTreeMap<String, String>,
    #[serde(default)]
    contexts: BTreeMap<String, String>,
    #[serde(default, rename = "gate")]
    _gate: Option<IgnoredAny>,
}

impl Configuration {
    /// This one, which leaves out what the other does.
    #[must_use]
    pub fn excluding_as(self, other: &Self) -> Self {
        Self { excluded: other.excluded.clone(), ..self }
    }

    /// Reads the file's bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigurationError> {
        let text = TomlText(bytes);
        let document: Document = text.read()?;
        let mut excluded = GlobSetBuilder::new();
        for pattern in &document.exclude.0 {
            let glob = GlobBuilder::new(pattern.get_ref()).literal_separator(true).build();
            excluded.add(glob.map_err(|error| {
                let message = format!("a pattern that cannot be read, correct it: {error}");
                text.wrong(pattern.span().start, message)
            })?);
        }
        let excluded = excluded.build().map_err(|error| {
            text.wrong(
                0,
                format!("the patterns of `exclude` are too much, make them simpler: {error}"),
            )
        })?;
        let mut images: Vec<ConfiguredImage> = Vec::with_capacity(document.image.len());
        for entry in document.image {
            let (start, entry) = (entry.span().start, entry.into_inner());
            if images.iter().any(|image| image.name == entry.name) {
                let message =
                    format!("a second image named `{}`: give it another name", entry.name);
                return Err(text.wrong(start, message).into());
            }
            images.push(ConfiguredImage {
                name: entry.name,
                dockerfile: entry.dockerfile,
                context: entry.context,
                target: entry.target,
                args: entry.args,
                contexts: entry.contexts,
                line: text.line_of(start),
            });
        }
        Ok(Self { images, excluded })
    }

    /// Whether an image is left out: by its name, or by its Dockerfile's path.
    pub fn excludes(&self, name: &str) -> bool {
        self.excluded.is_match(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Configuration::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_about_cost_is_left_to_others() {
        let text = "[impact]\nmax_seconds = 3\n[[image]]\nname = \"a\"\n[image.gate]\nx = 1\n";
        let read = Configuration::parse(text.as_bytes()).unwrap();
        assert_eq!((read.images[0].name.as_str(), read.images[0].line), ("a", 3));
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let mistakes = [
            "[[image]]\nname = \"api\"\n\n[[image]]\nname = \"web\"\nrecipe = \"x\"\n",
            "without = []\n",
            "[[image]]\nname = \"a\"\n[[image]]\nname = \"a\"\n",
            "[[image]]\ncontext = \".\"\n",
            "\n\nexclude = [\"[\"]\n",
            "exclude = \"a\"\n",
            "a = \n",
        ];
        insta::assert_snapshot!(mistakes.map(error).join("\n"));
        assert_eq!(Configuration::parse(b"\n\xff").unwrap_err().line, 2);
    }

    #[test]
    fn a_star_stays_in_its_directory() {
        let read = Configuration::parse(b"exclude = [\"*/Dockerfile\", \"c.yaml:*\"]").unwrap();
        assert!(read.excludes("a/Dockerfile") && read.excludes("c.yaml:web"));
        assert!(!read.excludes("a/b/Dockerfile") && !read.excludes("Dockerfile"));
    }
}
