//! What the parts of the room share while they look for images.

use std::collections::BTreeSet;

use super::draft::{Draft, Finished, finish};
use super::place::shown;
use super::{Image, ImageDockerfile, LeftOut, Missing, Problem, Variables};
use crate::context::{ContextPath, EntryKind, Error, Source};

/// Longer than this, no compose or bake file is that a person wrote.
const LONGEST: usize = 1 << 20;

/// A tree, the environment, and what was found until now.
pub(super) struct Finder<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) variables: &'a Variables,
    pub(super) images: Vec<Image>,
    pub(super) problems: BTreeSet<Problem>,
    pub(super) notices: BTreeSet<Problem>,
    pub(super) left_out: Vec<LeftOut>,
    /// Links that images name as their Dockerfiles.
    pub(super) named_links: BTreeSet<String>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(source: &'a dyn Source, variables: &'a Variables) -> Self {
        Self {
            source,
            variables,
            images: Vec::new(),
            problems: BTreeSet::new(),
            notices: BTreeSet::new(),
            left_out: Vec::new(),
            named_links: BTreeSet::new(),
        }
    }

    /// The text of a file, or why it cannot be used.
    pub(super) fn text(&self, file: &ContextPath) -> Result<String, Problem> {
        let wrong = |message: String| Problem::of(file, message);
        let bytes = match self.source.read(file) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(wrong("no such file: add it or correct its name".to_owned())),
            Err(error) => return Err(wrong(error.to_string())),
        };
        if bytes.len() > LONGEST {
            return Err(wrong("it is longer than 1 MiB: make it shorter".to_owned()));
        }
        String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.split(|&byte| byte == b'\n').count();
            Problem::at(file, line, "it is not UTF-8: save it as UTF-8")
        })
    }

    /// Whether a regular file, or a link, is at the path.
    pub(super) fn has(&self, file: &ContextPath) -> Result<bool, Error> {
        let (Some(parent), Some(name)) = (file.parent(), file.file_name()) else {
            return Ok(false);
        };
        let is_it = |kind| matches!(kind, EntryKind::File | EntryKind::Symlink);
        let names = self.source.list(&parent)?;
        Ok(names.iter().any(|it| it.name.as_ref() == name && is_it(it.kind)))
    }

    /// Looks up what a draft names, and keeps what it gives.
    pub(super) fn add(
        &mut self,
        draft: Draft,
        sibling: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Error> {
        let (file, line) = (draft.origin.file.clone(), draft.origin.line);
        let name = draft.name.clone();
        match finish(self.source, draft, sibling)? {
            Finished::Image { image, link } => {
                self.named_links.extend(link.as_ref().map(shown));
                self.images.push(*image);
            }
            Finished::Broken(message) => {
                self.leave_out(Missing::Image(name), Problem::at(&file, line, message));
            }
            Finished::Elsewhere(message) => {
                let problem = Problem::at(&file, line, message);
                self.notices.insert(problem.clone());
                self.left_out.push(LeftOut::new(Missing::Elsewhere(name), problem));
            }
        }
        Ok(())
    }

    /// The same of what may be no image: it is kept where it can be built, and not just as another.
    pub(super) fn add_where_it_is_another(
        &mut self,
        draft: Draft,
        sibling: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Error> {
        let Finished::Image { image, link } = finish(self.source, draft, sibling)? else {
            return Ok(());
        };
        if !self.images.iter().any(|other| other.is_built_as(&image)) {
            self.named_links.extend(link.as_ref().map(shown));
            self.images.push(*image);
        }
        Ok(())
    }

    /// Keeps what is wrong, and what is not found for it.
    pub(super) fn leave_out(&mut self, what: Missing, problem: Problem) {
        self.problems.insert(problem.clone());
        self.left_out.push(LeftOut::new(what, problem));
    }

    /// The Dockerfiles of the images that were found until now.
    pub(super) fn dockerfiles(&self) -> BTreeSet<String> {
        let files = self.images.iter().filter_map(|image| match &image.dockerfile {
            ImageDockerfile::File(path) => Some(shown(path)),
            ImageDockerfile::Inline(_) => None,
        });
        files.collect()
    }
}
