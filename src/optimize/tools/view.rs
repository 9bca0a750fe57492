//! What a COPY brings, as an install sees it.

use crate::Digest;
use crate::context::{ContextPath, EntryKind};
use crate::optimize::landing::Landing;
use crate::optimize::{ReadFile, Reason};

/// What one COPY brings where, to the eyes of an install.
pub(in crate::optimize) struct View<'a> {
    /// The line of the COPY.
    pub(in crate::optimize) copy: u32,
    /// What it brings.
    pub(in crate::optimize) landing: &'a Landing<'a>,
    /// The install's working directory.
    pub(in crate::optimize) directory: ContextPath,
    /// Reads a file of the context.
    pub(in crate::optimize) read: &'a ReadFile<'a>,
}

/// A file that an install reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::optimize) struct Manifest {
    /// Where the context has it.
    pub(in crate::optimize) source: ContextPath,
    /// Its content.
    pub(in crate::optimize) content: Vec<u8>,
}

impl View<'_> {
    /// The file that the COPY brings to a place in the image.
    pub(in crate::optimize) fn file(&self, place: &ContextPath) -> Result<Manifest, Reason> {
        self.find(place)?
            .ok_or_else(|| Reason::MissingManifest { file: format!("/{place}"), copy: self.copy })
    }

    /// The same, where it need not be there.
    pub(in crate::optimize) fn find(
        &self,
        place: &ContextPath,
    ) -> Result<Option<Manifest>, Reason> {
        let entry = match self.landing.at(place) {
            [] => return Ok(None),
            [entry] => *entry,
            _ => return Err(Reason::WrittenTwice(place.clone())),
        };
        if entry.kind != EntryKind::File {
            return Err(Reason::IrregularManifest(entry.path.clone()));
        }
        let unreadable =
            |reason: String| Reason::UnreadableManifest { file: entry.path.clone(), reason };
        let content = (self.read)(&entry.path).map_err(|error| unreadable(error.to_string()))?;
        if entry.digest != Some(Digest::of(&content)) {
            let reason = "it changed while it was read; run the command again";
            return Err(unreadable(reason.to_owned()));
        }
        Ok(Some(Manifest { source: entry.path.clone(), content }))
    }
}
