//! Data sets, archives and media: found by their endings, told by their size.

use std::collections::BTreeMap;

use super::line;
use crate::context::survey::Item;

/// What such files are called.
pub(super) const WHAT: &str = "large data";

/// Data of this size is told whatever else is sent: from here on hashing and sending take longer
/// than the rest of a build that reuses everything.
const LARGE: u64 = 10_000_000;

/// Data that is smaller than this is never told: it is sent in no time.
const SMALL: u64 = 1_000_000;

/// Between the two, data is told when it is at least this share of all that is sent: then it is
/// what there is to save.
const SHARE: f64 = 0.25;

/// The endings, in lower case.
const ENDINGS: &[&str] = &[
    "7z",
    "arrow",
    "avi",
    "avro",
    "bak",
    "bz2",
    "ckpt",
    "csv",
    "db",
    "dump",
    "feather",
    "flac",
    "gguf",
    "gz",
    "h5",
    "hdf5",
    "img",
    "iso",
    "jsonl",
    "mkv",
    "mov",
    "mp3",
    "mp4",
    "ndjson",
    "npy",
    "npz",
    "onnx",
    "orc",
    "parquet",
    "pickle",
    "pkl",
    "psd",
    "pt",
    "pth",
    "qcow2",
    "rar",
    "safetensors",
    "sql",
    "sqlite",
    "sqlite3",
    "tar",
    "tfrecord",
    "tgz",
    "tif",
    "tiff",
    "tsv",
    "vmdk",
    "wav",
    "webm",
    "xz",
    "zip",
    "zst",
];

/// Files that look like data, by the line that would leave them out.
#[derive(Debug, Default)]
pub(super) struct Candidates(BTreeMap<String, Vec<Item>>);

impl Candidates {
    /// Takes the file in, if its ending is one of data.
    pub(super) fn consider(&mut self, item: &Item) {
        let name = item.path.file_name().unwrap_or_default();
        let Some(dot) = name.iter().rposition(|&byte| byte == b'.').filter(|&dot| dot > 0) else {
            return;
        };
        let Ok(ending) = std::str::from_utf8(&name[dot + 1..]) else { return };
        if item.size == 0 || !ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
            return;
        }
        let directory = item.path.parent().filter(|parent| !parent.is_root());
        let above = directory.map(|it| format!("{}/", line::exact(&it))).unwrap_or_default();
        self.0.entry(format!("{above}*.{ending}")).or_default().push(item.clone());
    }

    /// What is large enough, in a context of so many bytes, with the line for each. A file alone
    /// is named.
    pub(super) fn worth_a_word(self, sent: u64) -> impl Iterator<Item = (String, Vec<Item>)> {
        self.0.into_iter().filter_map(move |(line, items)| {
            let bytes: u64 = items.iter().map(|item| item.size).sum();
            let is_told = bytes >= LARGE || (bytes >= SMALL && bytes as f64 >= sent as f64 * SHARE);
            let line = match &items[..] {
                [item] => line::exact(&item.path),
                _ => line,
            };
            is_told.then_some((line, items))
        })
    }
}
