//! Commands of a GitHub workflow, which become annotations on the lines at fault.
//!
//! A line is `::warning file=F,line=N::TEXT`; percent signs and line ends are escaped in the text,
//! colons and commas in properties too. So no name or text can end the command or begin another.

use super::super::escape;
use super::finding::{Finding, Level, findings};
use crate::impact::Impact;

/// What the annotations are called.
const TITLE: &str = "Build cache";

/// One command a line; nothing where nothing is lost. The last line may be followed by others.
pub fn github(impact: &Impact) -> String {
    findings(impact).iter().map(command).collect()
}

fn command(finding: &Finding) -> String {
    let name = match finding.level {
        Level::Note => "notice",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let mut line = format!("::{name} file={}", property(&finding.place.file));
    if let Some((first, last)) = finding.place.lines {
        push!(line, ",line={first},endLine={last}");
    }
    push!(line, ",title={}::{}\n", property(TITLE), data(&finding.message));
    line
}

fn data(raw: &str) -> String {
    raw.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(raw: &str) -> String {
    let safe = data(raw).replace(':', "%3A").replace(',', "%2C");
    escape::text(&safe).into_owned()
}
