//! What is listed now against what was listed after the last build.

use std::collections::{HashMap, HashSet};

use crate::store::{Sight, nanoseconds};
use crate::{CacheRecord, RecordKind};

/// The engine's cache as it is now, compared with what it was.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    listed: HashMap<String, CacheRecord>,
    /// Whether a layer has gone or, where it forgets everything for it, anything.
    is_lost: bool,
    renamed: HashMap<String, String>,
    fresh: HashSet<String>,
    /// Whether anybody looked before.
    pub(super) has_past: bool,
    /// [`Sight::losses`] then.
    pub(super) losses: i64,
    /// Whether the engine forgets everything as soon as it loses anything.
    pub(super) forgets_all: bool,
    number: i64,
}

impl Survey {
    /// Compares `listing` with what was there after the last build. `forgets_all` is true of an
    /// engine with containerd's image store.
    pub fn new(sight: Option<&Sight>, listing: Vec<CacheRecord>, forgets_all: bool) -> Self {
        let listed: HashMap<String, CacheRecord> =
            listing.into_iter().map(|record| (record.id.clone(), record)).collect();
        let mut survey = Self { listed, forgets_all, ..Self::default() };
        let Some(sight) = sight else { return survey };
        survey.has_past = true;
        survey.losses = sight.losses;
        survey.number = sight.number;
        let known: HashSet<&str> = sight.records.iter().map(|old| old.id.as_str()).collect();
        let mut unseen: Vec<&CacheRecord> =
            survey.listed.values().filter(|record| !known.contains(record.id.as_str())).collect();
        unseen.sort_unstable_by(|a, b| a.created.cmp(&b.created).then(a.id.cmp(&b.id)));
        let mut explained: HashSet<&str> = HashSet::new();
        for old in &sight.records {
            if survey.listed.contains_key(&old.id) {
                continue;
            }
            let twin = unseen.iter().find(|new| {
                !explained.contains(new.id.as_str()) && is_twin(old, new, sight.newest)
            });
            if let Some(twin) = twin {
                explained.insert(&twin.id);
                survey.renamed.insert(old.id.clone(), twin.id.clone());
            } else {
                survey.is_lost |= forgets_all || old.kind == RecordKind::Layer;
            }
        }
        survey.fresh = unseen
            .iter()
            .filter(|record| !explained.contains(record.id.as_str()))
            .map(|record| record.id.clone())
            .collect();
        survey
    }

    /// Whether something that was there has gone: what is not known to be there may have.
    pub const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether all of `records` are there, as far as anybody knows them.
    pub fn holds_all(&self, records: &[String]) -> bool {
        records.iter().all(|record| self.holds(record))
    }

    /// The records whose identifier has changed, old and new.
    pub fn renamed(&self) -> Vec<(String, String)> {
        let pairs = self.renamed.iter().map(|(old, new)| (old.clone(), new.clone()));
        pairs.collect()
    }

    /// [`Sight::number`] of what it was compared with.
    pub const fn number(&self) -> i64 {
        self.number
    }

    /// What to remember of the listing: all but what a running build may drop again. Where the
    /// absence of one tells that all are gone, nothing that is in use is remembered.
    pub fn lasting(&self) -> Vec<CacheRecord> {
        let may_drop =
            |record: &CacheRecord| record.is_in_use && (record.is_mutable || self.forgets_all);
        let is_lasting = |record: &&CacheRecord| !may_drop(record);
        self.listed.values().filter(is_lasting).cloned().collect()
    }

    pub(super) fn holds(&self, record: &str) -> bool {
        let record = self.renamed.get(record).map_or(record, String::as_str);
        self.listed.contains_key(record)
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &CacheRecord> {
        self.listed.values()
    }

    pub(super) fn get(&self, record: &str) -> Option<&CacheRecord> {
        self.listed.get(self.renamed.get(record).map_or(record, String::as_str))
    }

    /// Whether it was not there, in no form, when the cache was last looked at.
    pub(super) fn is_fresh(&self, record: &str) -> bool {
        self.fresh.contains(record)
    }
}

/// Whether `new` is what was listed as `old`: the engine keeps some results twice, and lists the
/// one or the other.
///
/// Of a layer, the other one was made before the last look, and was not listed then. A copy of a
/// context is written to a new one of its kind by every build: as long as that is in use, or once
/// something was built on it, the old one is not listed.
fn is_twin(old: &CacheRecord, new: &CacheRecord, newest: i64) -> bool {
    let is_alike =
        old.kind == new.kind && old.parents == new.parents && old.description == new.description;
    let switched = old.is_mutable != new.is_mutable && nanoseconds(new.created) <= newest;
    let is_other_copy = new.kind == RecordKind::LocalSource && !new.is_mutable;
    is_alike && (switched || is_other_copy)
}
