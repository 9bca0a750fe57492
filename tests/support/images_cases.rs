//! The cases of `tests/images-cases`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One directory of them.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Variables that the tools see, and nothing else of the environment.
    pub(crate) environment: BTreeMap<String, String>,
    /// Targets that are no images here.
    #[allow(dead_code, reason = "the comparison with the tools needs none")]
    pub(crate) left_out: Vec<String>,
    /// What the tool says.
    pub(crate) expected: Value,
    directory: PathBuf,
}

/// All cases, sorted by name.
pub(crate) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images-cases");
    let mut directories: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    directories.sort();
    directories.into_iter().map(read).collect()
}

fn read(directory: PathBuf) -> Case {
    let json = |name: &str| -> Value {
        std::fs::read(directory.join(name))
            .map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap())
    };
    let case = json("case.json");
    let environment = case["environment"].as_object().into_iter().flatten();
    let left_out = case["left_out"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Case {
        name: directory.file_name().unwrap().to_string_lossy().into_owned(),
        environment: environment.map(|(name, value)| (name.clone(), text(value))).collect(),
        left_out: left_out.map(text).collect(),
        expected: json("expected.json"),
        directory,
    }
}

impl Case {
    /// A copy of the case's files, in a directory of the case's name.
    pub(crate) fn copy(&self) -> Copied {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join(&self.name);
        copy(&self.directory, &path);
        Copied { path, _parent: parent }
    }

    /// The context and the Dockerfile of each that is expected.
    #[allow(dead_code, reason = "the comparison with the tools needs none")]
    pub(crate) fn dockerfiles(&self) -> Vec<(String, String)> {
        let entries = self.expected.as_object().into_iter().flatten();
        let pair = |entry: &Value| {
            let text = |key: &str| entry[key].as_str().map(ToOwned::to_owned);
            Some((text("context")?, text("dockerfile")?))
        };
        entries.filter_map(|(_, entry)| pair(entry)).collect()
    }
}

/// A copied case, removed when it is dropped.
pub(crate) struct Copied {
    path: PathBuf,
    _parent: tempfile::TempDir,
}

impl Copied {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
