//! Builds that were not needed: kept for the history, and for no forecast.

use super::Memory;
use crate::store::UpToDate;

impl Memory {
    /// Keeps a build that was not needed. Of one that cannot be kept nothing is said: no forecast
    /// will miss it, and whoever asked has the image.
    pub(in super::super) fn record_up_to_date(&mut self, build: &UpToDate) {
        let Some(store) = self.store.as_mut().filter(|_| !self.is_closed) else { return };
        if let Err(error) = store.record_up_to_date(build) {
            tracing::debug!(%error, "the history will lack a build that was not needed");
        }
    }
}
