//! What a COPY brings, as an install sees it.

use crate::Digest;
use crate::context::{ContextPath, EntryKind};
use crate::optimize::landing::Landing;
use crate::optimize::tools::Needs;
use crate::optimize::{ReadFile, Reason};

/// What one COPY brings where, to the eyes of an install.
pub(in crate::optimize) struct View<'a> {
    /// The line of the COPY.
    pub(in crate::optimize) copy: u32,
    /// What it brings.
    pub(in crate::optimize) landing: &'a Landing<'a>,
    /// The install's working directory.
    pub(in crate::optimize) directory: ContextPath,
    /// The install's environment, without the command's own variables.
    pub(in crate::optimize) environment: &'a [(&'a str, &'a str)],
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

    /// Adds the file that the COPY brings to a place to what an install needs, and gives its text.
    pub(in crate::optimize) fn require(
        &self,
        place: &ContextPath,
        needs: &mut Needs,
    ) -> Result<String, Reason> {
        let text = self.note(place, needs)?;
        text.ok_or_else(|| Reason::MissingManifest { file: format!("/{place}"), copy: self.copy })
    }

    /// The same, where the file need not be there.
    pub(in crate::optimize) fn note(
        &self,
        place: &ContextPath,
        needs: &mut Needs,
    ) -> Result<Option<String>, Reason> {
        let Some(manifest) = self.find(place)? else { return Ok(None) };
        let text = String::from_utf8(manifest.content).map_err(|_| Reason::NotUnderstood {
            place: manifest.source.to_string(),
            text: "an encoding other than UTF-8".to_owned(),
        })?;
        needs.manifests.insert(place.clone(), manifest.source);
        Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
    }

    /// Adds a file whose content is of no interest here, where the COPY brings it.
    pub(in crate::optimize) fn note_file(
        &self,
        place: &ContextPath,
        needs: &mut Needs,
    ) -> Result<(), Reason> {
        if let Some(manifest) = self.find(place)? {
            needs.manifests.insert(place.clone(), manifest.source);
        }
        Ok(())
    }
}
