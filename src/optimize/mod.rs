//! The optimizer: rewrites of a Dockerfile that rebuild less and build the same.
//!
//! In: everything that a plan is made for, a way to read files of the context, and what past
//! builds changed and how long steps took ([`Request`]). Out: an [`Optimization`]: the rewrites
//! with their reason, proof and saving, the new text and a patch, and for what was looked at and
//! left alone a [`Refusal`] that names the line. Everything is computed; only [`apply()`] writes.
//!
//! Each rewrite is a room of its own and finds candidates, and `combine` makes one result of them.
//! `hoist-manifests` installs a project's packages before the rest of the project is copied:
//!
//! ```text
//! COPY . .                                    COPY requirements.txt .
//! RUN pip install -r requirements.txt   ->    RUN pip install -r requirements.txt
//!                                             COPY . .
//! ```
//!
//! `sink-copy` moves a COPY down past the steps that do not notice it, such as an install of the
//! system's packages. `split-run` gives the install at the beginning of a RUN a RUN of its own, where
//! one of these can move it then. `chown-copy` has COPYs give their files to an owner
//! in place of a `chown -R` below them, and `lower-run` lets a step that opens a stage be done in the
//! stage below. `sink-setting` moves an ARG whose value changes from build to build
//! down past the steps that do not ask for it. `split-copy` gives large files that seldom change a
//! COPY of their own. `join-update` fetches the lists of packages in the RUN that installs from them,
//! `cache-mount` keeps the cache of a package manager on the engine, and `bind-manifests` shows an
//! install its manifests without a layer for them.
//!
//! Each is offered only where every part is understood: the command (`shell`, `tools`, and
//! `effects` for what is no install of a project's packages), what the COPY brings where
//! (`landing`), and all that could make the command notice which files are there already
//! (`surroundings`). What is not understood refuses the rewrite; nothing is guessed. In the end
//! the plan is asked (`proof`): a freed step must be the same step with the same inputs, and its
//! key must no longer change with the other files. What remains open is closed by building both:
//! [`verify`] compares the images.

mod apply;
mod arguments;
mod bind_manifests;
mod cache_mount;
mod candidate;
mod chown_copy;
mod combine;
mod dependencies;
mod effects;
mod error;
pub mod history;
mod hoist_manifests;
mod join_update;
mod landing;
mod lower_run;
mod patch;
mod planned;
mod proof;
mod proven;
mod reason;
mod savings;
mod shell;
mod sink_copy;
mod sink_setting;
mod split_copy;
mod split_run;
mod surroundings;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod tools;
mod types;
mod typical;
mod variables;
pub mod verify;

pub use apply::{ApplyError, apply};
pub use dependencies::installs_packages;
pub use error::Error;
pub(crate) use patch::unified;
pub use reason::Reason;
pub use types::{
    Basis, History, Optimization, Past, PastBuild, Proof, ReadFile, Refusal, Request, Rewrite,
    Risk, Saves, Timing,
};
pub use typical::seconds as typical_seconds;

use crate::dockerfile::edit;
use crate::plan::plan;

/// Whether a file of this name says to a package manager what is installed.
pub fn is_manifest(name: &str) -> bool {
    tools::is_manifest(name)
}

/// The rewrites for a Dockerfile, the one that saves most first.
///
/// # Errors
///
/// Where the Dockerfile cannot be planned as it is. What can be planned and not be bettered is no
/// error: [`Optimization::rewrites`] is empty then, and [`Optimization::explain`] says why.
pub fn optimize(request: &Request<'_>) -> Result<Optimization, Error> {
    let original = plan(request.plan)?;
    let dockerfile = request.plan.dockerfile;
    let found = combine::find(request, &original);
    let savings = savings::measure(request, &original, found.candidates)?;
    let text = savings.text;
    let mut rewrites = Vec::with_capacity(savings.kept.len());
    for (candidate, saving) in savings.kept {
        let alone = edit::apply(dockerfile, &candidate.edits)?;
        let patch = patch::unified(dockerfile.name(), dockerfile.source(), &alone);
        rewrites.push(candidate.into_rewrite(&saving, patch));
    }
    let mut refusals = found.refusals;
    refusals.extend(savings.dropped);
    refusals.sort_by_key(|refusal| refusal.line);
    rewrites.sort_by(|a, b| {
        b.saves.seconds_per_build.get().total_cmp(&a.saves.seconds_per_build.get())
    });
    Ok(Optimization {
        patch: patch::unified(dockerfile.name(), dockerfile.source(), &text),
        rewrites,
        refusals,
        before: savings.before,
        after: savings.after,
        basis: savings.basis,
        text,
    })
}
