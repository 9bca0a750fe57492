//! The one writer of output: results to standard output, everything else to standard error.
//!
//! What the environment says is handed in as [`Surroundings`], so that tests can say otherwise.

use std::io::{self, Write};

use serde::Serialize;

use crate::report::{Capabilities, Role, escape};

/// Columns below which a terminal breaks our lines: less has no room for a name.
const NARROWEST: usize = 20;

/// What is known of the place that output goes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// The terminal's columns, where they are known.
    pub width: Option<usize>,
    /// `NO_COLOR`: any value but the empty one means none.
    pub no_color: Option<String>,
    /// `CLICOLOR_FORCE`: any value but the empty one and `0` means colour, terminal or not.
    pub clicolor_force: Option<String>,
    /// `TERM`: a `dumb` one neither has colours nor can rewrite its lines.
    pub term: Option<String>,
}

impl Surroundings {
    /// What is true of this process.
    pub fn of_this_process() -> Self {
        let (stdout, stderr) = (console::Term::stdout(), console::Term::stderr());
        let variable =
            |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        // A result is often read through a pipe; then the terminal is the one of the messages.
        let size = stdout.size_checked().or_else(|| stderr.size_checked());
        Self {
            stdout_is_terminal: stdout.is_term(),
            stderr_is_terminal: stderr.is_term(),
            width: size.map(|(_, columns)| columns.into()),
            no_color: variable("NO_COLOR"),
            clicolor_force: variable("CLICOLOR_FORCE"),
            term: variable("TERM"),
        }
    }

    fn capabilities(&self, is_terminal: bool) -> Capabilities {
        let is_set =
            |variable: &Option<String>| variable.as_ref().is_some_and(|value| !value.is_empty());
        let forced = is_set(&self.clicolor_force) && self.clicolor_force.as_deref() != Some("0");
        let able = is_terminal && self.term.as_deref() != Some("dumb");
        Capabilities {
            color: !is_set(&self.no_color) && (able || forced),
            // Narrower than this nothing can be said in columns.
            width: self
                .width
                .filter(|_| is_terminal)
                .unwrap_or(Capabilities::PLAIN.width)
                .max(NARROWEST),
            interactive: able,
        }
    }
}

/// Writes on as long as it can, and is silent about what cannot be written: no build ends, and no
/// exit status changes, because nobody reads its messages any more.
pub struct Heedless<W>(pub W);

impl<W: Write> Write for Heedless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // As in `write`.
        let _ = self.0.flush();
        Ok(())
    }
}

/// Writes results and messages. A reader of results that went away is not an error of ours: the
/// methods return it, and the caller ends quietly on [`io::ErrorKind::BrokenPipe`].
pub struct Ui {
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    results: Capabilities,
    messages: Capabilities,
}

impl Ui {
    /// A writer of results to `stdout` and of messages to `stderr`.
    pub fn new(
        surroundings: &Surroundings,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
    ) -> Self {
        let results = surroundings.capabilities(surroundings.stdout_is_terminal);
        let messages = surroundings.capabilities(surroundings.stderr_is_terminal);
        Self { stdout, stderr, results, messages }
    }

    /// The writer of this process.
    pub fn of_this_process() -> Self {
        let surroundings = Surroundings::of_this_process();
        Self::new(&surroundings, Box::new(io::stdout()), Box::new(Heedless(io::stderr())))
    }

    /// What standard output can show: for what goes to [`Ui::result`].
    pub const fn results(&self) -> &Capabilities {
        &self.results
    }

    /// What standard error can show: for what goes to [`Ui::status`].
    pub const fn messages(&self) -> &Capabilities {
        &self.messages
    }

    /// Writes a rendered result, which ends with a line end.
    pub fn result(&mut self, rendered: &str) -> io::Result<()> {
        self.stdout.write_all(rendered.as_bytes())?;
        self.stdout.flush()
    }

    /// Writes a result that need not be text, such as a list of file names.
    pub fn bytes(&mut self, result: &[u8]) -> io::Result<()> {
        self.stdout.write_all(result)?;
        self.stdout.flush()
    }

    /// Writes a result for machines, as one object on lines of its own.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.stdout, value)?;
        self.stdout.write_all(b"\n")?;
        self.stdout.flush()
    }

    /// Writes a rendered message about what is going on, which ends with a line end.
    pub fn status(&mut self, rendered: &str) -> io::Result<()> {
        self.stderr.write_all(rendered.as_bytes())?;
        self.stderr.flush()
    }

    /// Says what does not hinder, but should be known.
    pub fn warning(&mut self, text: &str) -> io::Result<()> {
        self.message("warning", Role::Runs, text)
    }

    /// Says what would help.
    pub fn hint(&mut self, text: &str) -> io::Result<()> {
        self.message("hint", Role::Open, text)
    }

    /// Says what went wrong.
    pub fn error(&mut self, text: &str) -> io::Result<()> {
        self.message("error", Role::Wrong, text)
    }

    fn message(&mut self, title: &str, role: Role, text: &str) -> io::Result<()> {
        // A message may have several lines; each may name a file.
        let lines: Vec<_> = text.trim_end().lines().map(escape::text).collect();
        let said = format!("{title}: {}", lines.join("\n"));
        // A terminal would break words; a log is searched for whole lines.
        let broken: Vec<String> = if self.messages.interactive {
            said.lines().flat_map(|line| escape::wrapped(line, self.messages.width)).collect()
        } else {
            vec![said]
        };
        let said = broken.join("\n");
        let rest = said.strip_prefix(title).unwrap_or_default();
        self.status(&format!("{}{rest}\n", self.messages.paint(role, title)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::{Arc, Mutex};

    use super::*;

    /// A writer whose text can be read by the test.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn terminal() -> Surroundings {
        Surroundings {
            stdout_is_terminal: true,
            stderr_is_terminal: true,
            width: Some(120),
            ..Surroundings::default()
        }
    }

    fn capabilities(surroundings: &Surroundings) -> Capabilities {
        *Ui::new(surroundings, Box::new(io::sink()), Box::new(io::sink())).results()
    }

    #[test]
    fn results_and_messages_do_not_mix() {
        let (stdout, stderr) = (Page::default(), Page::default());
        let mut ui =
            Ui::new(&Surroundings::default(), Box::new(stdout.clone()), Box::new(stderr.clone()));
        ui.result("result\n").unwrap();
        ui.json(&[1]).unwrap();
        ui.status("status\n").unwrap();
        ui.warning("no records in a\u{1b}b").unwrap();
        ui.hint("two\nlines").unwrap();
        assert_eq!(stdout.text(), "result\n[\n  1\n]\n");
        assert_eq!(stderr.text(), "status\nwarning: no records in a\\u{1b}b\nhint: two\nlines\n");
    }

    #[test]
    fn a_message_is_broken_between_words_on_a_terminal_alone() {
        let said = |surroundings: Surroundings| {
            let page = Page::default();
            let mut ui = Ui::new(&surroundings, Box::new(io::sink()), Box::new(page.clone()));
            ui.error("cannot read the context nowhere\n  kept").unwrap();
            page.text()
        };
        let width = Some(24);
        assert_eq!(
            said(Surroundings { no_color: Some("1".into()), width, ..terminal() }),
            "error: cannot read the\ncontext nowhere\n  kept\n"
        );
        assert_eq!(
            said(Surroundings::default()),
            "error: cannot read the context nowhere\n  kept\n"
        );
    }

    #[test]
    fn colour_is_for_terminals_unless_said_otherwise() {
        let set = |value: &str| Some(value.to_owned());
        assert!(capabilities(&terminal()).color);
        assert!(!capabilities(&Surroundings::default()).color);
        assert!(!capabilities(&Surroundings { no_color: set("1"), ..terminal() }).color);
        assert!(capabilities(&Surroundings { no_color: set(""), ..terminal() }).color);
        assert!(!capabilities(&Surroundings { term: set("dumb"), ..terminal() }).color);
        let forced = Surroundings { clicolor_force: set("1"), ..Surroundings::default() };
        assert!(capabilities(&forced).color && !capabilities(&forced).interactive);
        assert!(!capabilities(&Surroundings { no_color: set("1"), ..forced }).color);
        let unforced = Surroundings { clicolor_force: set("0"), ..Surroundings::default() };
        assert!(!capabilities(&unforced).color);
    }

    #[test]
    fn the_width_is_the_terminals_or_80() {
        assert_eq!(capabilities(&terminal()).width, 120);
        assert_eq!(capabilities(&Surroundings { width: Some(3), ..terminal() }).width, 20);
        assert_eq!(
            capabilities(&Surroundings { stdout_is_terminal: false, ..terminal() }).width,
            80
        );
    }
}
