//! Moments as people and machines read them.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Seconds;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// A twelfth of a year.
const MONTH: u64 = 2_629_746;

/// What time it is, and where: both are handed in, so that the same input gives the same text.
#[derive(Debug, Clone)]
pub struct Clock {
    /// The moment that is now.
    pub now: SystemTime,
    /// The zone that people read times in.
    pub zone: TimeZone,
}

impl Clock {
    /// `2026-11-24 10:12, 2 days ago`; without the second part where the moment is still to come.
    pub fn moment(&self, time: SystemTime) -> String {
        let at = Timestamp::try_from(time).unwrap_or_default().to_zoned(self.zone.clone());
        let at = at.strftime("%Y-%m-%d %H:%M");
        match self.ago(time) {
            Some(ago) => format!("{at}, {ago}"),
            None => at.to_string(),
        }
    }

    /// `2 days ago`; `None` where the moment is still to come, as after the clock was set back.
    pub fn ago(&self, time: SystemTime) -> Option<String> {
        let seconds = self.now.duration_since(time).ok()?.as_secs();
        let (count, unit) = match seconds {
            0..MINUTE => return Some("just now".to_owned()),
            MINUTE..HOUR => return Some(format!("{} min ago", seconds / MINUTE)),
            HOUR..DAY => return Some(format!("{} h ago", seconds / HOUR)),
            DAY.. if seconds < 2 * MONTH => (seconds / DAY, "day"),
            _ if seconds < 24 * MONTH => (seconds / MONTH, "month"),
            _ => (seconds / (12 * MONTH), "year"),
        };
        Some(format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" }))
    }

    /// Seconds from the moment until now, none where it is still to come.
    pub(super) fn since(&self, time: SystemTime) -> Seconds {
        self.now.duration_since(time).map_or(Seconds::ZERO, Seconds::from)
    }
}

/// The moment for machines: `2026-11-24T10:12:05Z`.
pub(super) fn timestamp(time: SystemTime) -> String {
    let at = Timestamp::try_from(time).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_moment_has_its_date_and_its_distance() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let clock = Clock { now: at(1_764_144_000), zone: TimeZone::UTC };
        let moments: Vec<String> = [0, 59, 300, 7_200, DAY, 5 * DAY, 100 * DAY, 800 * DAY]
            .into_iter()
            .map(|ago| clock.moment(at(1_764_144_000 - ago)))
            .collect();
        assert_eq!(
            moments,
            [
                "2025-11-26 08:00, just now",
                "2025-11-26 07:59, just now",
                "2025-11-26 07:55, 5 min ago",
                "2025-11-26 06:00, 2 h ago",
                "2025-11-25 08:00, 1 day ago",
                "2025-11-21 08:00, 5 days ago",
                "2025-08-18 08:00, 3 months ago",
                "2023-09-18 08:00, 2 years ago",
            ]
        );
        assert_eq!(clock.moment(at(1_764_144_060)), "2025-11-26 08:01");
        assert_eq!(timestamp(at(1_764_144_005)), "2025-11-26T08:00:05Z");
    }
}
