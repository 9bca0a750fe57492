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

/// What the engine notes on its copy of a directory of a client, and on a cache mount. What a build
/// commits of them, which is listed in their place as long as it is in use, is noted so too but
/// listed as a `regular` record (`cache/refs.go`, `commit`).
const OF_LOCAL_SOURCE: &str = "local source for ";
const OF_CACHE_MOUNT: &str = "cached mount ";

fn record(raw: UsageRecord) -> CacheRecord {
    #[expect(deprecated, reason = "engines before 23.0 know only this field")]
    let parent = raw.parent;
    let parents = if raw.parents.is_empty() { vec![parent] } else { raw.parents };
    CacheRecord {
        id: raw.id,
        kind: match raw.record_type.as_str() {
            "source.local" => RecordKind::LocalSource,
            "regular" | "" if raw.description.starts_with(OF_LOCAL_SOURCE) => {
                RecordKind::LocalSource
            }
            "regular" | "" if !raw.description.starts_with(OF_CACHE_MOUNT) => RecordKind::Layer,
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

    #[test]
    fn what_a_build_commits_of_a_context_or_a_cache_mount_is_no_layer() {
        let listed = |kind: &str, description: &str| {
            let (record_type, description) = (kind.to_owned(), description.to_owned());
            record(UsageRecord { record_type, description, ..UsageRecord::default() }).kind
        };
        assert_eq!(listed("source.local", "local source for context"), RecordKind::LocalSource);
        assert_eq!(listed("regular", "local source for context"), RecordKind::LocalSource);
        assert_eq!(listed("exec.cachemount", "cached mount /c from exec x"), RecordKind::Other);
        assert_eq!(listed("regular", "cached mount /c from exec x"), RecordKind::Other);
        assert_eq!(listed("regular", "mount / from exec x"), RecordKind::Layer);
        assert_eq!(listed("regular", "[2/2] COPY . /local source for x"), RecordKind::Layer);
    }
}
