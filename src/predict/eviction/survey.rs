//! What is listed now against what was listed after the last build.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use super::others::others_have_built;
use crate::store::{Holding, Sight, nanoseconds};
use crate::{CacheRecord, RecordKind};

/// The engine's cache as it is now, compared with what it was.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    listed: HashMap<String, CacheRecord>,
    /// Whether a layer has gone or, where it forgets everything for it, anything.
    is_lost: bool,
    renamed: HashMap<String, String>,
    /// Copies of contexts and cache mounts of which it cannot be told whether they are there under
    /// another identifier.
    unsure: HashSet<String>,
    fresh: HashSet<String>,
    /// Whether anybody looked before.
    pub(super) has_past: bool,
    /// [`Sight::losses`] then.
    pub(super) losses: i64,
    /// Whether the engine forgets everything as soon as it loses anything.
    pub(super) forgets_all: bool,
    number: i64,
    /// [`Sight::newest`] then.
    newest: i64,
}

/// The records of layers on which results stand.
pub type Layers = HashSet<String>;

/// What a listing tells of the engine's copy of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextCopy {
    /// It is gone.
    Gone,
    /// It is there, and nobody holds it.
    Free,
    /// Some build holds it or may, or has not let go of it yet: one that begins now may get another.
    Held,
    /// Which record it is, of several or of those that nobody knows, cannot be told.
    Unsure,
}

/// Whether the engine has what it had when a key was last certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// Nothing has gone since.
    Yes,
    /// It is not known when that was.
    Perhaps,
    /// Something has gone since, and everything with it.
    No,
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
        survey.newest = sight.newest;
        let known: HashSet<&str> = sight.records.iter().map(|old| old.id.as_str()).collect();
        let mut unseen: Vec<&CacheRecord> =
            survey.listed.values().filter(|record| !known.contains(record.id.as_str())).collect();
        unseen.sort_unstable_by(|a, b| a.created.cmp(&b.created).then(a.id.cmp(&b.id)));
        let missing = || sight.records.iter().filter(|old| !survey.listed.contains_key(&old.id));
        let pairs = Pairs::new(missing(), &unseen, sight.newest);
        let is_lost = pairs.gone.iter().any(|old| forgets_all || old.kind == RecordKind::Layer);
        let renamed = pairs.renamed;
        let unsure = pairs.unsure;
        let explained: HashSet<&String> = renamed.values().collect();
        let is_fresh = |record: &&&CacheRecord| !explained.contains(&record.id);
        let fresh = unseen.iter().filter(is_fresh).map(|record| record.id.clone()).collect();
        Self { is_lost, renamed, unsure, fresh, ..survey }
    }

    /// Whether something that was there has gone: what is not known to be there may have.
    pub const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether an engine that forgets everything at once can have forgotten what this tells of.
    pub fn remembers(&self, holding: Option<&Holding>) -> Remembered {
        if !self.has_past || !self.forgets_all {
            return Remembered::Yes;
        }
        match holding.map_or(-1, |holding| holding.losses) {
            _ if self.is_lost => Remembered::No,
            losses if losses == self.losses => Remembered::Yes,
            ..0 if self.losses > 0 => Remembered::Perhaps,
            ..0 => Remembered::Yes,
            _ => Remembered::No,
        }
    }

    /// Whether all of `records` are there, as far as anybody knows them.
    pub fn holds_all(&self, records: &[String]) -> bool {
        records.iter().all(|record| self.holds(record))
    }

    /// What became of the copy of a context that was one of these records after the last build.
    pub fn context_copy(&self, records: &[String]) -> ContextCopy {
        let held: Vec<&CacheRecord> = records.iter().filter_map(|id| self.get(id)).collect();
        match (records, held.as_slice()) {
            ([], _) => ContextCopy::Unsure,
            _ if records.iter().any(|id| self.is_unsure(id)) => ContextCopy::Held,
            (_, []) => ContextCopy::Gone,
            // Whoever builds also lists, and holds all that is new to measure it. Each build reads
            // a copy, of the Dockerfile if of nothing else; layers the engine may keep in use for
            // ever, long after a build has ended.
            ([_], [_]) if self.is_anybody_building() => ContextCopy::Held,
            ([_], [_]) => ContextCopy::Free,
            _ => ContextCopy::Unsure,
        }
    }

    /// Whether some build holds a copy of a context at this moment, as each does.
    pub(super) fn is_anybody_building(&self) -> bool {
        self.records().any(is_copy_in_use)
    }

    /// Whether it is a copy of a context of which nothing can be told.
    pub(super) fn is_unsure(&self, record: &str) -> bool {
        self.unsure.contains(record)
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

    /// What the engine noted on the layers that came between the last look and this time, so by
    /// builds that nobody recorded; where the time is not known, by any.
    pub fn made_by_others(&self, before: Option<SystemTime>) -> Vec<String> {
        let is_layer = |record: &&CacheRecord| record.kind == RecordKind::Layer;
        let is_older = |record: &&CacheRecord| before.is_none_or(|time| record.created < time);
        let fresh = self.records().filter(|record| self.is_fresh(&record.id));
        let layers = fresh.filter(is_layer).filter(is_older);
        layers.map(|record| record.description.clone()).collect()
    }

    /// Whether others than those to whom these records belong have built
    /// ([`others_have_built`]); one that has another identifier by now is still theirs.
    pub fn others_have_built(&self, own: &HashSet<String>) -> bool {
        let own: HashSet<&String> =
            own.iter().map(|id| self.renamed.get(id).unwrap_or(id)).collect();
        others_have_built(self.records(), |id| own.contains(id))
    }

    /// What to remember of the listing: all but what a running build may drop again.
    pub fn lasting(&self) -> Vec<CacheRecord> {
        let may_drop = |record: &CacheRecord| record.is_in_use && record.is_mutable;
        let is_lasting = |record: &&CacheRecord| !may_drop(record);
        self.listed.values().filter(is_lasting).cloned().collect()
    }

    /// The records that these stand on.
    pub fn stood_on<'a>(&self, records: impl Iterator<Item = &'a String>) -> Layers {
        let listed = records.filter_map(|id| self.get(id));
        listed.flat_map(|record| record.parents.iter().cloned()).collect()
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

    /// Whether it was made after the cache was last looked at. What was being made then was not
    /// listed either.
    pub(super) fn is_new(&self, record: &CacheRecord) -> bool {
        self.is_fresh(&record.id) && nanoseconds(record.created) > self.newest
    }
}

fn is_copy_in_use(record: &CacheRecord) -> bool {
    record.kind == RecordKind::LocalSource && record.is_in_use
}

/// What became of records that are not listed any more.
#[derive(Default)]
struct Pairs<'a> {
    renamed: HashMap<String, String>,
    unsure: HashSet<String>,
    gone: Vec<&'a CacheRecord>,
}

impl<'a> Pairs<'a> {
    /// Looks for each of `missing` among the records that were `unseen` before, oldest first.
    fn new(
        missing: impl Iterator<Item = &'a CacheRecord>,
        unseen: &[&'a CacheRecord],
        newest: i64,
    ) -> Self {
        let (layers, others): (Vec<_>, Vec<_>) =
            missing.partition(|old| old.kind == RecordKind::Layer);
        let mut pairs = Self::default();
        let mut taken: HashSet<&str> = HashSet::new();
        for old in layers {
            let is_free = |new: &&&CacheRecord| !taken.contains(new.id.as_str());
            match unseen.iter().filter(is_free).find(|new| is_twin(old, new, newest)) {
                Some(twin) => {
                    taken.insert(&twin.id);
                    pairs.renamed.insert(old.id.clone(), twin.id.clone());
                }
                None => pairs.gone.push(old),
            }
        }
        let mut alike: HashMap<&str, Vec<&CacheRecord>> = HashMap::new();
        for old in others {
            alike.entry(old.description.as_str()).or_default().push(old);
        }
        for group in alike.values() {
            pairs.take_alike(group, unseen, newest);
        }
        pairs
    }

    /// Copies of contexts, and cache mounts, have nothing that tells one from another of its kind:
    /// a pair is one only where no other could be.
    fn take_alike(&mut self, group: &[&'a CacheRecord], unseen: &[&'a CacheRecord], newest: i64) {
        let mut twins: HashSet<&str> = HashSet::new();
        let mut open = 0;
        for old in group {
            let mut found = unseen.iter().filter(|new| is_twin(old, new, newest));
            let Some(first) = found.next() else {
                self.gone.push(old);
                continue;
            };
            open += 1;
            twins.insert(&first.id);
            twins.extend(found.map(|new| new.id.as_str()));
            if group.len() == 1 && twins.len() == 1 {
                self.renamed.insert(old.id.clone(), first.id.clone());
            } else {
                self.unsure.insert(old.id.clone());
            }
        }
        if open > twins.len() {
            self.gone.extend(group);
        }
    }
}

/// Whether `new` is what was listed as `old`: the engine keeps some results twice, and lists the
/// one or the other.
///
/// Of a layer, the other one was made before the last look, and was not listed then. A copy of a
/// context, or a cache mount, is committed to a new record by every build: as long as that is in
/// use, the old one is not listed. Where a stage is built on a copy of a context, what was committed
/// becomes a layer, and the old one does not come back.
fn is_twin(old: &CacheRecord, new: &CacheRecord, newest: i64) -> bool {
    let became_layer = old.kind == RecordKind::LocalSource && new.kind == RecordKind::Layer;
    let is_alike = (old.kind == new.kind || became_layer)
        && old.parents == new.parents
        && old.description == new.description;
    let switched = old.is_mutable != new.is_mutable && nanoseconds(new.created) <= newest;
    let is_other_copy = old.kind != RecordKind::Layer && !new.is_mutable;
    is_alike && (switched || is_other_copy)
}
