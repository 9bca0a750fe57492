//! The file of an environment.
//!
//! It is read event by event: no value is made of it, so that aliases, which are not followed,
//! cannot make it grow.

use saphyr_parser::{Event, Parser};

use crate::optimize::Reason;
use crate::optimize::tools::python::is_local;
use crate::optimize::tools::view::Manifest;

/// What an environment needs besides packages of a channel.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// Where it was once, which some commands take for where it shall be.
    pub(super) prefix: Option<String>,
    /// The lines for pip, with their numbers in the file.
    pip: Vec<(usize, String)>,
}

/// A collection that is open: of a mapping its last key.
enum Open {
    Mapping(Option<String>),
    Sequence,
}

/// Names of variables that would change what is read.
const LEADING: &[&str] = &["PIP", "PYTHON", "CONDA", "MAMBA", "PATH", "LD_"];

/// Packages as files.
const ARCHIVES: &[&str] = &[".conda", ".tar.bz2", ".whl", ".tar.gz"];

impl Environment {
    /// Reads a file.
    pub(super) fn parse(manifest: &Manifest) -> Result<Self, Reason> {
        let refused = |line: usize, text: &str| Reason::NotUnderstood {
            place: format!("{}:{line}", manifest.source),
            text: text.to_owned(),
        };
        let text = std::str::from_utf8(&manifest.content)
            .map_err(|_| refused(1, "an encoding other than UTF-8"))?;
        let mut found = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) =
                event.map_err(|error| refused(error.marker().line(), error.info()))?;
            let line = span.start.line();
            match event {
                Event::DocumentStart(_) => documents += 1,
                Event::MappingStart(0, None) if is_key_known(&open) => {
                    open.push(Open::Mapping(None));
                }
                Event::SequenceStart(0, None) if is_key_known(&open) => open.push(Open::Sequence),
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    value_ends(&mut open);
                }
                Event::Scalar(text, _, 0, None) => {
                    if let Some(Open::Mapping(key @ None)) = open.last_mut() {
                        *key = Some(text.into_owned());
                    } else {
                        let place = manifest.source.to_string();
                        found.value(&keys(&open), &text, line, &place)?;
                        value_ends(&mut open);
                    }
                }
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
                _ => return Err(refused(line, "an anchor, an alias, a tag or a key of several")),
            }
            if open.len() > 4 || documents > 1 {
                return Err(refused(line, "more than an environment has"));
            }
        }
        Ok(found)
    }

    /// Whether pip installs anything.
    pub(super) fn has_pip(&self) -> bool {
        !self.pip.is_empty()
    }

    /// The lines for pip, each where it is in the file.
    pub(super) fn requirements(&self) -> String {
        let mut text = String::new();
        let mut line = 1;
        for (number, requirement) in &self.pip {
            while line < *number {
                text.push('\n');
                line += 1;
            }
            text.push_str(requirement);
            text.push('\n');
            line += 1;
        }
        text
    }

    fn value(&mut self, keys: &[&str], text: &str, line: usize, file: &str) -> Result<(), Reason> {
        let place = || format!("{file}:{line}");
        let text = text.trim();
        let said = || text.to_owned();
        let needs_sources = || Err(Reason::NeedsSources { place: place(), text: said() });
        let is_archive = ARCHIVES.iter().any(|end| text.ends_with(end));
        match keys {
            ["name"] if !text.contains('/') => Ok(()),
            ["prefix"] if text.starts_with('/') => {
                self.prefix = Some(said());
                Ok(())
            }
            ["channels" | "dependencies"]
                if is_local(text) || is_archive || text.contains("file:") =>
            {
                needs_sources()
            }
            ["channels" | "dependencies" | "platforms"] => Ok(()),
            ["dependencies", "pip"] if text.contains(['\n', '\r']) => {
                Err(Reason::NotUnderstood { place: place(), text: said() })
            }
            ["dependencies", "pip"] => {
                self.pip.push((line, said()));
                Ok(())
            }
            ["variables", name] if !LEADING.iter().any(|start| name.starts_with(start)) => Ok(()),
            _ => {
                let text = format!("{}: {text}", keys.join("."));
                Err(Reason::NotUnderstood { place: place(), text })
            }
        }
    }
}

/// Whether a collection may begin: not as the key of a mapping.
fn is_key_known(open: &[Open]) -> bool {
    !matches!(open.last(), Some(Open::Mapping(None)))
}

/// The value of a mapping's key is complete, so that a key is next.
fn value_ends(open: &mut [Open]) {
    if let Some(Open::Mapping(key)) = open.last_mut() {
        *key = None;
    }
}

fn keys(open: &[Open]) -> Vec<&str> {
    let named = open.iter().filter_map(|one| match one {
        Open::Mapping(key) => key.as_deref(),
        Open::Sequence => None,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextPath;

    fn parse(text: &str) -> Result<Environment, Reason> {
        let source = ContextPath::new("environment.yml");
        Environment::parse(&Manifest { source, content: text.as_bytes().to_vec() })
    }

    #[test]
    fn lines_for_pip_keep_their_numbers() {
        let text = "name: shop # me\nchannels: [conda-forge, defaults]\ndependencies:\n\
                    - python=3.12\n- conda-forge::numpy>=2 # [linux]\n- pip\n- pip:\n  - idna\n\
                    \n  - \"-r requirements.txt\"\nprefix: /opt/conda/envs/shop\n\
                    variables:\n  MODE: fast\n";
        let environment = parse(text).unwrap();
        let expected = [(8, "idna".to_owned()), (10, "-r requirements.txt".to_owned())];
        assert_eq!(environment.pip, expected);
        assert_eq!(environment.requirements(), "\n\n\n\n\n\n\nidna\n\n-r requirements.txt\n");
        assert_eq!(environment.prefix.as_deref(), Some("/opt/conda/envs/shop"));
    }

    #[test]
    fn what_is_local_or_not_known_is_refused() {
        for text in [
            "channels: [./channel]\n",
            "channels: [\"file:///app/channel\"]\n",
            "dependencies: [./a.conda]\n",
            "dependencies: [a.tar.bz2]\n",
        ] {
            assert!(matches!(parse(text), Err(Reason::NeedsSources { .. })), "{text}");
        }
        let deep = "[".repeat(100_000);
        for text in [
            "a: &a [x]\n",
            "dependencies: [*a]\n",
            "dependencies: !x [a]\n",
            "? [a]\n: b\n",
            "other: 1\n",
            "name: ../x\n",
            "variables:\n  PIP_TARGET: x\n",
            "dependencies:\n- pip:\n  - |\n    a\n    -e .\n",
            "dependencies:\n- npm: [a]\n",
            "prefix: env\n",
            "a: b: c\n",
            "--- a\n--- b\n",
            &deep,
        ] {
            assert!(matches!(parse(text), Err(Reason::NotUnderstood { .. })), "{text:.80}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_content_makes_it_panic(text in "(name|dependencies|pip|[-:\\[\\]{}&*!|>#'\" \n,?a]){0,40}") {
            let _ = parse(&text);
        }
    }
}
