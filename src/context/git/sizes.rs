//! How large blobs are, without reading them.
//!
//! The index knows the size of nearly every file, so that objects are only asked for the rest.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::index::State;
use gix::index::entry::Mode;

use super::store::Store;

/// The bytes of blobs by their names; the same for all trees of a comparison.
#[derive(Debug, Default)]
pub(super) struct BlobSizes {
    recorded: HashMap<ObjectId, u64>,
    others: Mutex<HashMap<ObjectId, u64>>,
}

impl BlobSizes {
    /// Those that the index knows.
    pub(super) fn of(index: &State) -> Self {
        let files = index.entries().iter().filter(|entry| {
            // Git writes 0 where it is not sure of a file.
            matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) && entry.stat.size > 0
        });
        let recorded = files.map(|entry| (entry.id, u64::from(entry.stat.size))).collect();
        Self { recorded, others: Mutex::default() }
    }

    /// The bytes of the blob; 0 where nobody can tell.
    pub(super) fn get(&self, store: &Store, repository: &gix::Repository, id: ObjectId) -> u64 {
        if let Some(&size) = self.recorded.get(&id) {
            return size;
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let known = others.entry(id);
        *known.or_insert_with(|| store.blob_size(repository, id).unwrap_or_default())
    }
}
