//! What people see: results on standard output, everything else on standard error.
//!
//! Colour follows the stream: none where it is no terminal or `NO_COLOR` is set.

use std::{
    fmt::Display,
    io::{self, Write as _},
    time::Duration,
};

use console::{StyledObject, style};

/// One line of result on standard output.
pub(crate) fn result(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// One line of news on standard error.
///
/// A closed standard error is no reason to stop a task, so a failed write is let go.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// What went wrong.
pub(crate) fn red(text: impl Display) -> StyledObject<String> {
    style(text.to_string()).for_stderr().red().bold()
}

/// What needs a look.
pub(crate) fn yellow(text: impl Display) -> StyledObject<String> {
    style(text.to_string()).for_stderr().yellow()
}

/// A heading.
pub(crate) fn bold(text: impl Display) -> StyledObject<String> {
    style(text.to_string()).for_stderr().bold()
}

/// What matters less.
pub(crate) fn dim(text: impl Display) -> StyledObject<String> {
    style(text.to_string()).for_stderr().dim()
}

/// A duration as people say it: `0.4 s`, `38 s`, `2 min 5 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 119.5 {
        format!("{seconds:.0} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_as_many_digits_as_matter() {
        assert_eq!(seconds(Duration::from_millis(430)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(38_200)), "38 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }
}
