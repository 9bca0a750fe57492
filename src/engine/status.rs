//! The engine's status messages as [`Event`]s.
//!
//! Everything here comes from the engine and, through logs and names, from whatever the build
//! runs: nothing in it is trusted to be in range, in order or sensible.

use std::time::{Duration, SystemTime};

use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::{
    StatusResponse, Vertex, VertexLog, VertexStatus, VertexWarning,
};

use super::types::{Event, LogStream, StepId, StepUpdate};

/// The number of standard error among the streams of a log.
const STDERR: i64 = 2;

/// The events of one message: steps first, so that what follows finds them.
pub(super) fn events(message: StatusResponse) -> impl Iterator<Item = Event> {
    let steps = message.vertexes.into_iter().map(|vertex| Event::Step(step(vertex)));
    let transfers = message.statuses.into_iter().map(transfer);
    let logs = message.logs.into_iter().map(log);
    let warnings = message.warnings.into_iter().map(warning);
    steps.chain(transfers).chain(logs).chain(warnings)
}

fn step(vertex: Vertex) -> StepUpdate {
    StepUpdate {
        id: StepId(vertex.digest),
        name: vertex.name,
        inputs: vertex.inputs.into_iter().map(StepId).collect(),
        started: vertex.started.and_then(|time| system_time(&time)),
        completed: vertex.completed.and_then(|time| system_time(&time)),
        cached: vertex.cached,
        error: Some(vertex.error).filter(|error| !error.is_empty()),
        group: vertex.progress_group.map(|group| group.name).filter(|name| !name.is_empty()),
    }
}

fn transfer(status: VertexStatus) -> Event {
    Event::Transfer {
        step: StepId(status.vertex),
        id: status.id,
        name: status.name,
        current: u64::try_from(status.current).unwrap_or_default(),
        total: u64::try_from(status.total).unwrap_or_default(),
        started: status.started.and_then(|time| system_time(&time)),
        // Done at a time that cannot be is done all the same.
        completed: status
            .completed
            .map(|time| system_time(&time).unwrap_or(SystemTime::UNIX_EPOCH)),
        at: status.timestamp.and_then(|time| system_time(&time)),
    }
}

fn log(log: VertexLog) -> Event {
    Event::Log {
        step: StepId(log.vertex),
        stream: if log.stream == STDERR { LogStream::Stderr } else { LogStream::Stdout },
        bytes: log.msg,
        at: log.timestamp.and_then(|time| system_time(&time)).unwrap_or(SystemTime::UNIX_EPOCH),
    }
}

fn warning(warning: VertexWarning) -> Event {
    let line = warning.ranges.first().and_then(|range| range.start).map(|start| start.line);
    let text = String::from_utf8_lossy(&warning.short).into_owned();
    // Some have their line in the text, too.
    let text = match line.and_then(|line| text.strip_suffix(&format!(" (line {line})"))) {
        Some(text) => text.to_owned(),
        None => text,
    };
    Event::Warning {
        step: StepId(warning.vertex),
        level: warning.level,
        text,
        detail: warning
            .detail
            .iter()
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect(),
        url: warning.url,
        line: line.and_then(|line| u32::try_from(line).ok()).filter(|&line| line > 0),
    }
}

/// A time, if it is one that this machine can hold.
pub(super) fn system_time(time: &Timestamp) -> Option<SystemTime> {
    let nanoseconds = u32::try_from(time.nanos).ok().filter(|&nanos| nanos < 1_000_000_000)?;
    let seconds = Duration::from_secs(time.seconds.unsigned_abs());
    let whole = if time.seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(seconds)?
    } else {
        SystemTime::UNIX_EPOCH.checked_add(seconds)?
    };
    whole.checked_add(Duration::from_nanos(nanoseconds.into()))
}

#[cfg(test)]
mod tests {
    use bollard_buildkit_proto::pb::{Position, ProgressGroup, Range};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_becomes_events_with_the_steps_first() {
        let message = StatusResponse {
            vertexes: vec![Vertex {
                digest: "sha256:1".into(),
                name: "[2/2] RUN true".into(),
                inputs: vec!["sha256:0".into()],
                cached: true,
                completed: Some(Timestamp { seconds: 5, nanos: 500_000_000 }),
                progress_group: Some(ProgressGroup {
                    name: "COPY a b".into(),
                    ..Default::default()
                }),
                ..Vertex::default()
            }],
            logs: vec![VertexLog {
                vertex: "sha256:1".into(),
                stream: 2,
                msg: b"oh\xff".to_vec(),
                ..VertexLog::default()
            }],
            ..StatusResponse::default()
        };
        let events: Vec<_> = events(message).collect();
        let Event::Step(step) = &events[0] else { panic!("{events:?}") };
        assert!(step.cached && step.started.is_none() && step.error.is_none());
        assert_eq!(step.completed, Some(SystemTime::UNIX_EPOCH + Duration::from_millis(5500)));
        assert_eq!(step.inputs, [StepId("sha256:0".into())]);
        assert_eq!(step.group.as_deref(), Some("COPY a b"));
        let Event::Log { stream, bytes, .. } = &events[1] else { panic!("{events:?}") };
        assert_eq!((*stream, bytes.as_slice()), (LogStream::Stderr, b"oh\xff".as_slice()));
    }

    #[test]
    fn a_warning_has_its_line() {
        let start = Some(Position { line: 3, character: 0 });
        let raw = VertexWarning {
            short: b"FromAsCasing".to_vec(),
            ranges: vec![Range { start, end: start }],
            ..VertexWarning::default()
        };
        let Event::Warning { text, line, .. } = warning(raw) else { panic!() };
        assert_eq!((text.as_str(), line), ("FromAsCasing", Some(3)));
        let raw = VertexWarning {
            short: b"FromAsCasing: casing (line 3)".to_vec(),
            ranges: vec![Range { start, end: start }],
            ..VertexWarning::default()
        };
        let Event::Warning { text, .. } = warning(raw) else { panic!() };
        assert_eq!(text, "FromAsCasing: casing");
    }

    proptest! {
        #[test]
        fn no_number_is_too_strange(seconds: i64, nanos: i32, current: i64, line: i32) {
            let time = Some(Timestamp { seconds, nanos });
            let start = Some(Position { line, character: line });
            let message = StatusResponse {
                vertexes: vec![Vertex { started: time, completed: time, ..Vertex::default() }],
                statuses: vec![VertexStatus { current, total: current, ..VertexStatus::default() }],
                logs: vec![VertexLog { timestamp: time, stream: current, ..VertexLog::default() }],
                warnings: vec![VertexWarning {
                    ranges: vec![Range { start, end: start }],
                    ..VertexWarning::default()
                }],
            };
            prop_assert_eq!(events(message).count(), 4);
        }
    }
}
