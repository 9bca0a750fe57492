//! `docker build --progress=rawjson`: a status object of `BuildKit`'s client on every line.
//!
//! Field names are the engine's: `vertexes`, `statuses`, `logs` (with the bytes as base64) and
//! `warnings`. An event carries one thing, so each object has one list with one entry.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::engine::{Event, LogStream};

/// The event as a line, with its line end.
pub(super) fn line(event: &Event) -> String {
    let (list, entry) = match event {
        Event::Step(step) => {
            let mut vertex = Map::new();
            vertex.insert("digest".into(), step.id.0.clone().into());
            if !step.inputs.is_empty() {
                let inputs = step.inputs.iter().map(|id| Value::from(id.0.clone()));
                vertex.insert("inputs".into(), inputs.collect());
            }
            vertex.insert("name".into(), step.name.clone().into());
            if let Some(started) = step.started {
                vertex.insert("started".into(), timestamp(started).into());
            }
            if let Some(completed) = step.completed {
                vertex.insert("completed".into(), timestamp(completed).into());
            }
            if step.cached {
                vertex.insert("cached".into(), true.into());
            }
            if let Some(error) = &step.error {
                vertex.insert("error".into(), error.clone().into());
            }
            ("vertexes", Value::Object(vertex))
        }
        Event::Transfer { step, id, name, current, total, started, completed, at } => {
            let mut status = Map::new();
            status.insert("id".into(), id.clone().into());
            status.insert("vertex".into(), step.0.clone().into());
            if !name.is_empty() {
                status.insert("name".into(), name.clone().into());
            }
            if *total > 0 {
                status.insert("total".into(), (*total).into());
            }
            status.insert("current".into(), (*current).into());
            // Docker's client has a time here whether or not the engine says one.
            status.insert("timestamp".into(), timestamp(at.unwrap_or(UNIX_EPOCH)).into());
            for (name, time) in [("started", started), ("completed", completed)] {
                if let Some(time) = time {
                    status.insert(name.into(), timestamp(*time).into());
                }
            }
            ("statuses", Value::Object(status))
        }
        Event::Log { step, stream, bytes, at } => {
            let stream = match stream {
                LogStream::Stdout => 1,
                LogStream::Stderr => 2,
            };
            let data = BASE64_STANDARD.encode(bytes);
            let entry = json!({
                "vertex": step.0, "stream": stream, "data": data, "timestamp": timestamp(*at),
            });
            ("logs", entry)
        }
        Event::Warning { step, level, text, detail, url, line } => {
            let encode = |text: &String| BASE64_STANDARD.encode(text);
            let detail: Vec<String> = detail.iter().map(encode).collect();
            let range = line.map(|line| json!([{"start": {"line": line}, "end": {"line": line}}]));
            let entry = json!({
                "vertex": step.0, "level": level, "short": encode(text), "detail": detail,
                "url": url, "range": range,
            });
            ("warnings", entry)
        }
    };
    let mut status = Map::new();
    status.insert(list.to_owned(), Value::Array(vec![entry]));
    Value::Object(status).to_string() + "\n"
}

/// RFC 3339 in UTC with nanoseconds.
///
/// The date comes from the count of days by Howard Hinnant's `civil_from_days`.
fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let nanoseconds = since.subsec_nanos();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanoseconds:09}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_right_around_leap_days_and_centuries() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
