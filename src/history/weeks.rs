//! How builds went from week to week.

use std::time::{Duration, SystemTime};

use super::{Counts, PastBuild};
use crate::Seconds;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// More weeks than anybody looks at: a clock that was far off must not make millions.
const MOST: usize = 520;

/// Seven days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Week {
    /// Its first moment.
    pub from: SystemTime,
    /// How many builds began in it.
    pub builds: usize,
    /// What they took.
    pub seconds: Seconds,
    /// What became of their steps.
    pub counts: Counts,
}

impl Week {
    /// What a build took on average; nothing without a build.
    pub fn seconds_per_build(&self) -> Option<Seconds> {
        (self.builds > 0).then(|| Seconds::new(self.seconds.get() / self.builds as f64))
    }
}

/// The weeks up to the newest build, which ends the last one; the oldest first.
pub(super) fn weeks(builds: &[PastBuild]) -> Vec<Week> {
    let Some(newest) = builds.iter().map(|build| build.started).max() else { return Vec::new() };
    let mut weeks: Vec<Week> = Vec::new();
    for build in builds {
        let before = newest.duration_since(build.started).unwrap_or_default();
        let at = usize::try_from(before.as_secs() / WEEK.as_secs()).unwrap_or(usize::MAX);
        if at >= MOST {
            continue;
        }
        while weeks.len() <= at {
            let back = u32::try_from(weeks.len() + 1).unwrap_or(u32::MAX);
            let from = newest.checked_sub(WEEK * back).unwrap_or(SystemTime::UNIX_EPOCH);
            weeks.push(Week {
                from: from + Duration::from_secs(1),
                builds: 0,
                seconds: Seconds::ZERO,
                counts: Counts::default(),
            });
        }
        let week = &mut weeks[at];
        week.builds += 1;
        week.seconds = week.seconds + build.seconds;
        week.counts.add(build.counts);
    }
    weeks.reverse();
    weeks
}
