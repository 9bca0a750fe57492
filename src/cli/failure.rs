//! How a command ends that did not do what was asked, and with which status.

use std::fmt;
use std::io;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::ui::Ui;
use crate::report::escape;

/// The exit status of a failed build.
const BUILD_FAILED: u8 = 1;

/// The exit status where a gate does not accept what was found.
const GATE_FAILED: u8 = 3;

/// The exit status of wrong use, of a missing engine, and of whatever fails before a build
/// begins, as docker has it.
const NOT_BEGUN: u8 = 125;

/// The exit status after Ctrl-C.
const CANCELLED: u8 = 130;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing was begun.
    NotBegun(anyhow::Error),
    /// A Dockerfile is wrong; shown with the line.
    Dockerfile(Box<dyn Diagnostic + Send + Sync>),
    /// The build failed, and why was shown while it ran or is said here.
    Build(Option<String>),
    /// A gate failed, and why is in the report.
    Gate,
    /// The user cancelled.
    Cancelled,
}

impl Failure {
    /// The exit status.
    pub(super) fn status(&self) -> u8 {
        match self {
            // A reader that went away is not an error of ours.
            Self::NotBegun(_) if self.is_reader_gone() => 0,
            Self::NotBegun(_) | Self::Dockerfile(_) => NOT_BEGUN,
            Self::Build(_) => BUILD_FAILED,
            Self::Gate => GATE_FAILED,
            Self::Cancelled => CANCELLED,
        }
    }

    /// Whether whoever read the results has had enough of them.
    pub(super) fn is_reader_gone(&self) -> bool {
        matches!(self, Self::NotBegun(error) if is_broken_pipe(error))
    }

    /// Says it.
    pub(super) fn say(&self, ui: &mut Ui) -> io::Result<()> {
        match self {
            Self::NotBegun(_) if self.is_reader_gone() => Ok(()),
            Self::NotBegun(error) => ui.error(&chain(error)),
            Self::Dockerfile(diagnostic) => {
                let rendered = render(&**diagnostic, ui);
                ui.status(&rendered)
            }
            Self::Build(Some(message)) => ui.error(message),
            Self::Build(None) | Self::Gate => Ok(()),
            Self::Cancelled => ui.error("the build was cancelled"),
        }
    }
}

/// The error and its causes, each unless it has been said: many errors name their cause.
fn chain(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said.push_str(": ");
            said.push_str(&cause);
        }
    }
    said
}

/// Every error that a command meets before it begins.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::NotBegun(error.into())
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The source line with a caret below it.
fn render(diagnostic: &dyn Diagnostic, ui: &Ui) -> String {
    let capabilities = ui.messages();
    let theme = if capabilities.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(capabilities.width)
        .with_links(false)
        .with_context_lines(1);
    let mut rendered = String::new();
    if handler.render_report(&mut rendered, &Safe(diagnostic)).is_err() {
        return format!("{}\n", Safe(diagnostic));
    }
    let shown = rendered.lines().map(|line| {
        let line = escape::coloured(line);
        // A line of the Dockerfile may have thousands of characters.
        if capabilities.interactive {
            escape::fit(&line, capabilities.width).into_owned()
        } else {
            line
        }
    });
    shown.map(|line| line + "\n").collect()
}

/// A diagnostic whose words may come from a Dockerfile, for a terminal.
#[derive(Debug)]
struct Safe<'a>(&'a dyn Diagnostic);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape::text(&self.0.to_string()))
    }
}

impl std::error::Error for Safe<'_> {}

impl Diagnostic for Safe<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.0.help()?.to_string();
        Some(Box::new(escape::text(&help).into_owned()))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}
