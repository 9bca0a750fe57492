//! Why a build failed, from what the engine sends with the error.

use bollard_buildkit_proto::google::rpc;
use prost::Message;
use serde::Deserialize;
use tonic::Status;

use super::error::{BuildError, SourceLocation};
use super::types::{Asked, StepId};

/// What the engine says before the number that a command returned.
const EXIT_CODE: &str = "exit code: ";

/// What the engine says before the number of a line that it cannot read.
const PARSE_ERROR: &str = "parse error line ";

/// The detail that says where in the Dockerfile the error is, as JSON.
#[derive(Deserialize)]
struct SourceDetail {
    info: Option<SourceInfo>,
    #[serde(default)]
    ranges: Vec<SourceRange>,
}

#[derive(Deserialize)]
struct SourceInfo {
    #[serde(default)]
    filename: String,
}

#[derive(Deserialize)]
struct SourceRange {
    start: Option<SourcePosition>,
    end: Option<SourcePosition>,
}

#[derive(Deserialize)]
struct SourcePosition {
    #[serde(default)]
    line: i64,
}

/// The detail that names the step.
#[derive(Deserialize)]
struct VertexDetail {
    #[serde(default)]
    digest: String,
}

/// The error of a `Solve` that the engine ended with `status`. `step_name` finds the name of a
/// step that the status stream told of; `failed_step` is the last one that it told an error of;
/// `dockerfile` is the Dockerfile's name, and `asked` what it asked for of the contexts.
pub(super) fn failure(
    status: &Status,
    dockerfile: &str,
    step_name: impl Fn(&StepId) -> Option<String>,
    failed_step: Option<String>,
    asked: Asked,
) -> BuildError {
    // Details that are no protobuf are as good as none.
    let details = rpc::Status::decode(status.details()).unwrap_or_default().details;
    let detail = |kind: &'static str| {
        let all = details.iter().filter(move |detail| {
            detail.type_url.strip_suffix("+json").unwrap_or(&detail.type_url).ends_with(kind)
        });
        all.map(|detail| detail.value.as_slice())
    };
    let location =
        detail("errdefs.Source").find_map(|json| location(&serde_json::from_slice(json).ok()?));
    let step = detail("errdefs.Vertex")
        .filter_map(|json| serde_json::from_slice::<VertexDetail>(json).ok())
        .find_map(|vertex| step_name(&StepId(vertex.digest)))
        .or(failed_step);
    let message = status.message().to_owned();
    let location = location.or_else(|| location_in(&message, dockerfile));
    BuildError::Failed { step, exit_code: exit_code(&message), message, location, asked }
}

fn location(source: &SourceDetail) -> Option<SourceLocation> {
    let line = |position: Option<&SourcePosition>| {
        position.and_then(|position| u32::try_from(position.line).ok()).filter(|&line| line > 0)
    };
    let first = line(source.ranges.first()?.start.as_ref())?;
    let last = source.ranges.iter().filter_map(|range| line(range.end.as_ref())).max();
    Some(SourceLocation {
        file: source.info.as_ref().map(|info| info.filename.clone()).unwrap_or_default(),
        line: first,
        last_line: last.unwrap_or(first).max(first),
    })
}

/// The line that a message names. Engines before 23.0 send no details.
fn location_in(message: &str, dockerfile: &str) -> Option<SourceLocation> {
    let (_, after) = message.split_once(PARSE_ERROR)?;
    let line = after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    Some(SourceLocation { file: dockerfile.to_owned(), line, last_line: line })
}

/// The number behind the last `exit code: `.
fn exit_code(message: &str) -> Option<i32> {
    let (_, after) = message.rsplit_once(EXIT_CODE)?;
    let digits = after.split(|c: char| !c.is_ascii_digit() && c != '-').next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use bollard_buildkit_proto::google::protobuf::Any;

    use super::*;

    fn status(message: &str, details: &[(&str, &str)]) -> Status {
        let details = details.iter().map(|(kind, json)| Any {
            type_url: format!("github.com/moby/buildkit/errdefs.{kind}+json"),
            value: json.as_bytes().to_vec(),
        });
        let all = rpc::Status { details: details.collect(), ..rpc::Status::default() };
        Status::with_details(tonic::Code::Unknown, message, all.encode_to_vec().into())
    }

    #[test]
    fn the_step_its_code_and_its_line_are_found() {
        let status = status(
            r#"process "/bin/sh -c exit 3" did not complete successfully: exit code: 3"#,
            &[
                ("Vertex", r#"{"digest":"sha256:2"}"#),
                (
                    "Source",
                    r#"{"info":{"filename":"Dockerfile","data":"QQ=="},
                    "ranges":[{"start":{"line":4},"end":{"line":6}}]}"#,
                ),
            ],
        );
        let named = |id: &StepId| (id.0 == "sha256:2").then(|| "[2/2] RUN exit 3".to_owned());
        let BuildError::Failed { step, exit_code, location, .. } =
            failure(&status, "Dockerfile", named, None, Asked::default())
        else {
            panic!()
        };
        assert_eq!((step.as_deref(), exit_code), (Some("[2/2] RUN exit 3"), Some(3)));
        let location = location.unwrap();
        assert_eq!(
            (location.file.as_str(), location.line, location.last_line),
            ("Dockerfile", 4, 6)
        );
    }

    #[test]
    fn strange_details_are_left_aside() {
        let strange = status("no such stage", &[("Vertex", "[]"), ("Source", "{\"ranges\":[{}]}")]);
        let BuildError::Failed { step, exit_code, location, .. } =
            failure(&strange, "Dockerfile", |_| None, Some("last".into()), Asked::default())
        else {
            panic!()
        };
        assert_eq!((step.as_deref(), exit_code, location), (Some("last"), None, None));
    }

    #[test]
    fn the_line_of_an_old_engines_message_counts() {
        let status = status("failed: dockerfile parse error line 12: unknown instruction", &[]);
        let ended = failure(&status, "Dockerfile.dev", |_| None, None, Asked::default());
        let BuildError::Failed { location: Some(location), .. } = ended else { panic!() };
        assert_eq!((location.file.as_str(), location.line), ("Dockerfile.dev", 12));
    }

    #[test]
    fn codes_are_read_from_the_end() {
        assert_eq!(exit_code("exit code: 1 failed: exit code: 137: context canceled"), Some(137));
        assert_eq!(exit_code("exit code: x"), None);
    }
}
