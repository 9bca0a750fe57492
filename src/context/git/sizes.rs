//! How large blobs are, without reading them.
//!
//! The index knows the size of nearly every file, so that objects are only asked for the rest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gix::ObjectId;
use gix::index::State;
use gix::index::entry::Mode;

use super::lfs::Pointer;
use super::stage;
use super::store::Store;

/// The bytes of blobs by their names; the same for all trees of a comparison.
#[derive(Debug)]
pub(super) struct BlobSizes {
    store: Arc<Store>,
    /// As the index knows them, once anybody asks.
    recorded: OnceLock<HashMap<ObjectId, u64>>,
    others: Mutex<HashMap<ObjectId, u64>>,
    /// Blobs that have the bytes of a large file, with its pointer.
    large_files: Mutex<HashMap<ObjectId, Pointer>>,
}

impl BlobSizes {
    /// Those that the index of this repository knows, and all others from their objects.
    pub(super) fn of(store: &Arc<Store>) -> Self {
        let store = Arc::clone(store);
        Self {
            store,
            recorded: OnceLock::new(),
            others: Mutex::default(),
            large_files: Mutex::default(),
        }
    }

    /// The bytes of the blob; 0 where nobody can tell.
    pub(super) fn get(&self, store: &Store, repository: &gix::Repository, id: ObjectId) -> u64 {
        let recorded = self.recorded.get_or_init(|| {
            // Without an index each object is asked.
            stage::read(&self.store).map(|index| recorded(&index)).unwrap_or_default()
        });
        if let Some(&size) = recorded.get(&id) {
            return size;
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let known = others.entry(id);
        *known.or_insert_with(|| store.blob_size(repository, id).unwrap_or_default())
    }

    /// From now on the blob counts as this large file.
    pub(super) fn set_large_file(&self, blob: ObjectId, pointer: Pointer) {
        self.large_files.lock().unwrap_or_else(PoisonError::into_inner).insert(blob, pointer);
    }

    /// The large file that the blob counts as.
    pub(super) fn large_file(&self, blob: ObjectId) -> Option<Pointer> {
        self.large_files.lock().unwrap_or_else(PoisonError::into_inner).get(&blob).copied()
    }
}

fn recorded(index: &State) -> HashMap<ObjectId, u64> {
    let files = index.entries().iter().filter(|entry| {
        // Git writes 0 where it is not sure of a file.
        matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) && entry.stat.size > 0
    });
    files.map(|entry| (entry.id, u64::from(entry.stat.size))).collect()
}
