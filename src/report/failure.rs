//! Why a build failed: in few words, with the lines of the Dockerfile that it came from.

use super::cause::short_name;
use super::escape::{fit, text};
use super::style::Capabilities;

/// Lines of the Dockerfile that are shown; an instruction with a heredoc may have thousands.
const EXCERPT: usize = 12;

/// Columns of a line of the Dockerfile where no terminal would break it.
const LONGEST: usize = 1000;

/// What stands before the number that a command returned.
const EXIT_CODE: &str = "exit code: ";

/// The engine's words without the command that failed, which the step's name has already:
/// `exit code: 1`. Anything else than a command's failure is left as it is.
pub(super) fn without_command(reason: &str) -> &str {
    let is_of_command = ["process \"", "executor failed running ["]
        .iter()
        .any(|beginning| reason.contains(beginning));
    match reason.rfind(EXIT_CODE) {
        Some(at) if is_of_command => &reason[at..],
        _ => reason,
    }
}

/// The last word on a build: which step failed and why, if that is known. Its output stands above.
pub fn failure(step: Option<&str>, reason: &str) -> String {
    let brief = without_command(reason);
    match step {
        Some(step) if brief.len() < reason.len() => {
            format!("step {} failed: {brief}", short_name(step))
        }
        Some(step) => format!("{step}: {reason}"),
        None => reason.to_owned(),
    }
}

/// The lines `first` to `last` of the Dockerfile `name`, each as `Dockerfile:3 | RUN make`; long
/// ones are cut at the terminal's width.
pub fn excerpt(
    name: &str,
    source: &str,
    (first, last): (u32, u32),
    capabilities: &Capabilities,
) -> Vec<String> {
    let width = if capabilities.interactive { capabilities.width } else { LONGEST };
    let lines: Vec<String> = (1u32..)
        .zip(source.lines())
        .filter(|(number, _)| (first..=last).contains(number))
        .map(|(number, line)| {
            fit(&text(&format!("{name}:{number} | {line}").replace('\t', "    ")), width)
                .into_owned()
        })
        .collect();
    let more = lines.len().saturating_sub(EXCERPT);
    let mut shown: Vec<String> = lines.into_iter().take(EXCERPT).collect();
    if more > 0 {
        shown.push(format!("… {more} more lines"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_not_told_again() {
        let step = Some("[build 2/3] RUN make; echo 'exit code: 9'");
        for reason in [
            r#"process "/bin/sh -c make; echo 'exit code: 9'" did not complete successfully: exit code: 2"#,
            "failed to solve: executor failed running [/bin/sh -c make]: exit code: 2",
        ] {
            assert_eq!(failure(step, reason), "step build 2/3 failed: exit code: 2");
        }
        let killed = "process \"x\" did not complete successfully: exit code: 137: out of memory";
        assert_eq!(without_command(killed), "exit code: 137: out of memory");
    }

    #[test]
    fn other_failures_are_told_in_full() {
        assert_eq!(
            failure(Some("[2/2] COPY a b"), "\"/a\": not found"),
            "[2/2] COPY a b: \"/a\": not found"
        );
        assert_eq!(failure(None, "no such frontend"), "no such frontend");
    }

    #[test]
    fn an_excerpt_stays_small() {
        let source = format!("FROM a\nRUN {}\n{}", "x".repeat(10_000), "y\n".repeat(5000));
        let narrow = Capabilities { width: 50, interactive: true, ..Capabilities::PLAIN };
        let lines = excerpt("Dockerfile", &source, (2, 5002), &narrow);
        assert!(lines.iter().all(|line| crate::report::escape::columns(line) <= 50));
        assert_eq!(lines.last().map(String::as_str), Some("… 4989 more lines"));
        assert_eq!(lines.len(), 13);
        assert_eq!(
            excerpt("Dockerfile", "FROM a\n\tRUN b", (2, 2), &narrow),
            ["Dockerfile:2 |     RUN b"]
        );
    }
}
