//! What `smartbuild impact` takes.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::gates::GateFlags;
use super::values::Assignment;

/// `smartbuild impact`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct ImpactArgs {
    /// Compare the index, which is the next commit, with HEAD
    #[arg(long, conflicts_with = "since")]
    pub staged: bool,
    /// Compare the working tree with the commit from which REV and HEAD went apart
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Compare this Dockerfile alone (default PATH/Dockerfile where one of these options is given)
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The stage of that one Dockerfile
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// A build argument of that one Dockerfile; may be given several times
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub build_args: Vec<Assignment>,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: ImpactFormat,
    /// What each image may cost.
    #[command(flatten)]
    pub gates: GateFlags,
    /// Two commits, `A..B`, in place of the working tree and HEAD (`A...B` is from where they went
    /// apart); and the directory whose images are compared
    #[arg(value_name = "A..B|PATH", num_args = 0..=2)]
    pub words: Vec<String>,
}

/// How an impact is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImpactFormat {
    /// For people.
    Text,
    /// For machines, with a schema that stays.
    Json,
    /// A page with charts: one file that fetches nothing.
    Html,
    /// A comment on a pull request.
    Markdown,
    /// Annotations of a GitHub workflow.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// The code quality of GitLab.
    Gitlab,
}

/// Two trees to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trees {
    /// `HEAD` and the working tree.
    Working,
    /// `HEAD` and the index.
    Staged,
    /// Where this revision and `HEAD` went apart, and the working tree.
    Since(String),
    /// Two revisions.
    Between {
        /// The older one.
        base: String,
        /// The newer one.
        head: String,
        /// Whether it begins where the two went apart.
        from_merge_base: bool,
    },
}

/// What the words of `smartbuild impact` cannot mean.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImpactUsage {
    /// Two ranges, or two directories.
    #[error("`{0}` is one too many: give one A..B and one directory at most")]
    TooMany(String),
    /// A range with `--staged` or `--since`.
    #[error("`{0}` names both trees; leave out --staged and --since")]
    Conflict(String),
}

impl ImpactArgs {
    /// The trees, and the directory where one is named.
    pub fn trees(&self) -> Result<(Trees, Option<PathBuf>), ImpactUsage> {
        let (mut range, mut path) = (None, None);
        for word in &self.words {
            let place = match between(word) {
                Some(found) if !Path::new(word).exists() => range.replace(found).is_some(),
                _ => path.replace(PathBuf::from(word)).is_some(),
            };
            if place {
                return Err(ImpactUsage::TooMany(word.clone()));
            }
        }
        let trees = match (range, &self.since) {
            (Some(_), since) if self.staged || since.is_some() => {
                return Err(ImpactUsage::Conflict(self.words.join(" ")));
            }
            (Some(range), _) => range,
            (None, Some(revision)) => Trees::Since(revision.clone()),
            (None, None) if self.staged => Trees::Staged,
            (None, None) => Trees::Working,
        };
        Ok((trees, path))
    }

    /// Whether one Dockerfile alone is asked for.
    pub fn is_single(&self) -> bool {
        self.file.is_some() || self.target.is_some() || !self.build_args.is_empty()
    }
}

/// The two ends of `A..B` or `A...B`; one that is left out is `HEAD`, as git has it.
fn between(word: &str) -> Option<Trees> {
    let (base, head, from_merge_base) = match word.split_once("...") {
        Some((base, head)) => (base, head, true),
        None => word.split_once("..").map(|(base, head)| (base, head, false))?,
    };
    let is_path =
        head.starts_with('/') || base.ends_with('/') || base.is_empty() && head.is_empty();
    let end = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    (!is_path).then(|| Trees::Between { base: end(base), head: end(head), from_merge_base })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_told_from_a_path() {
        let ends = |word: &str| match between(word)? {
            Trees::Between { base, head, from_merge_base } => {
                Some(format!("{base} {head} {from_merge_base}"))
            }
            _ => None,
        };
        assert_eq!(ends("a..b").as_deref(), Some("a b false"));
        assert_eq!(ends("origin/main...").as_deref(), Some("origin/main HEAD true"));
        assert_eq!(ends("..b").as_deref(), Some("HEAD b false"));
        assert_eq!(ends("HEAD~3..HEAD^2").as_deref(), Some("HEAD~3 HEAD^2 false"));
        for path in ["..", "../app", "app/../web", ".", "app"] {
            assert_eq!(ends(path), None, "{path}");
        }
    }
}
