//! Frontends: what reads a Dockerfile in place of the engine's own (`# syntax=`, `BUILDKIT_SYNTAX`).

use super::side::Planned;
use crate::dockerfile::is_dockers_frontend;

/// The line and the reason for which nobody can tell what a change of the frontend costs: one that
/// is not Docker's own may make anything of a Dockerfile.
pub(super) fn changed(before: &Planned, now: &Planned) -> Option<(u32, String)> {
    let [older, newer] = [before, now].map(|it| it.options.frontend(&it.dockerfile));
    let is_foreign = |frontend: &&str| !is_dockers_frontend(frontend);
    let frontend = newer.filter(is_foreign).or(older.filter(is_foreign))?;
    (older != newer).then(|| {
        let message = format!(
            "another frontend reads it than before, and what `{frontend}` makes of it only that \
             knows: accept it once"
        );
        (1, message)
    })
}
