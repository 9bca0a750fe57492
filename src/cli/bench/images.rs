//! The images that a bench builds: each variant has its newest, and in the end none is left.

use anyhow::Context as _;

use super::super::failure::Failure;
use super::super::ui::Ui;
use crate::engine::Docker;

/// The label that every image of a bench has.
const LABEL: &str = "smartbuild.bench";

/// The images of one bench, on the engine that builds them.
pub(super) struct Images<'a> {
    docker: &'a Docker,
    /// Of the bench among all.
    id: String,
    /// Names of those that are there.
    built: Vec<String>,
}

impl<'a> Images<'a> {
    pub(super) fn new(docker: &'a Docker, id: &str) -> Self {
        Self { docker, id: id.to_owned(), built: Vec::new() }
    }

    /// `name=value`, by which they are found.
    pub(super) fn label(&self) -> String {
        format!("{LABEL}={}", self.id)
    }

    /// The name of a variant's image that is built now.
    pub(super) fn begin(&mut self, variant: usize, number: usize) -> String {
        let name = format!("{}{number}", self.prefix(variant));
        self.built.push(name.clone());
        name
    }

    /// Removes those of a variant but this one: a build without a change finds its own.
    pub(super) async fn keep_only(&mut self, variant: usize, image: &str) -> anyhow::Result<()> {
        let prefix = self.prefix(variant);
        let is_old = |it: &String| it.starts_with(&prefix) && it != image;
        let (mut old, kept): (Vec<String>, Vec<String>) =
            std::mem::take(&mut self.built).into_iter().partition(is_old);
        self.built = kept;
        while let Some(image) = old.last() {
            let removed = self.docker.remove_image(image).await;
            if let Err(error) = removed.with_context(|| format!("cannot remove {image}")) {
                // They are tried again in the end.
                self.built.append(&mut old);
                return Err(error);
            }
            old.pop();
        }
        Ok(())
    }

    /// Removes all that are left.
    pub(super) async fn clean(&mut self, ui: &mut Ui) -> Result<(), Failure> {
        for image in std::mem::take(&mut self.built) {
            if let Err(error) = self.docker.remove_image(&image).await {
                ui.warning(&format!(
                    "{error}: {image} is still there; remove it with `docker rmi {image}`"
                ))?;
            }
        }
        Ok(())
    }

    fn prefix(&self, variant: usize) -> String {
        format!("smartbuild-bench-{}:{variant}-", self.id)
    }
}
