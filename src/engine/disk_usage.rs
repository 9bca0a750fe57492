//! What the engine's build cache holds.
//!
//! `BuildKit`'s own `DiskUsage` and not `GET /system/df`: it never looks at images, containers and
//! volumes, which engines before 23.0 always add up on that path, and it names the records that a
//! record stands on, whose field newer engines misspell there. With 500 records either answers
//! within some 30 ms; only the first time after a build the engine measures what is new, some 2 ms
//! a record.

use std::time::{Duration, SystemTime};

use bollard_buildkit_proto::moby::buildkit::v1::{DiskUsageRequest, UsageRecord};
use tokio::time::timeout;

use super::control::{broke, control, is_broken};
use super::docker::Docker;
use super::error::Error;
use super::status::system_time;
use crate::{CacheRecord, RecordKind};

impl Docker {
    /// Every record of the engine's build cache, if it answers within `patience`: it may have to
    /// measure thousands that other clients made.
    pub async fn cache_records(&self, patience: Duration) -> Result<Vec<CacheRecord>, Error> {
        const DOING: &str = "listing its build cache";
        let mut control = control(self).await?;
        let refused = |message: String| Error::Refused { doing: DOING, message };
        let answer = timeout(patience, control.disk_usage(DiskUsageRequest::default()))
            .await
            .map_err(|_| refused(format!("no answer within {} s", patience.as_secs())))?
            .map_err(|status| {
                if is_broken(&status) {
                    return broke(self, &status);
                }
                refused(status.message().to_owned())
            })?;
        Ok(answer.into_inner().record.into_iter().map(record).collect())
    }
}

fn record(raw: UsageRecord) -> CacheRecord {
    #[expect(deprecated, reason = "engines before 23.0 know only this field")]
    let parent = raw.parent;
    let parents = if raw.parents.is_empty() { vec![parent] } else { raw.parents };
    CacheRecord {
        id: raw.id,
        kind: match raw.record_type.as_str() {
            "regular" | "" => RecordKind::Layer,
            "source.local" => RecordKind::LocalSource,
            _ => RecordKind::Other,
        },
        parents: parents.into_iter().filter(|parent| !parent.is_empty()).collect(),
        description: raw.description,
        created: raw
            .created_at
            .and_then(|time| system_time(&time))
            .unwrap_or(SystemTime::UNIX_EPOCH),
        used: raw.last_used_at.and_then(|time| system_time(&time)),
        is_in_use: raw.in_use,
        is_mutable: raw.mutable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(deprecated, reason = "engines before 23.0 know only this field")]
    fn old_and_new_engines_name_the_record_below() {
        let old = UsageRecord {
            id: "b".into(),
            parent: "a".into(),
            record_type: "regular".into(),
            ..UsageRecord::default()
        };
        let new = UsageRecord {
            id: "b".into(),
            parents: vec!["a".into()],
            record_type: "regular".into(),
            ..UsageRecord::default()
        };
        assert_eq!(record(old.clone()), record(new));
        assert_eq!(record(old).parents, ["a"]);
        assert!(record(UsageRecord::default()).parents.is_empty());
    }
}
