//! A terminal behind any writer, for indicatif to draw on.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::TermLike;

/// Rows that are assumed: the live part is kept well below it.
const ROWS: u16 = 24;

/// Draws with the usual ANSI sequences.
pub(super) struct WriterTerm {
    writer: Mutex<Box<dyn Write + Send>>,
    width: u16,
}

impl WriterTerm {
    pub(super) fn new(writer: Box<dyn Write + Send>, width: usize) -> Self {
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        Self { writer: Mutex::new(writer), width }
    }

    /// A panic elsewhere does not make the writer unusable.
    fn writer(&self) -> MutexGuard<'_, Box<dyn Write + Send>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_cursor(&self, count: usize, direction: char) -> io::Result<()> {
        if count == 0 { Ok(()) } else { write!(self.writer(), "\u{1b}[{count}{direction}") }
    }
}

impl fmt::Debug for WriterTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterTerm").field("width", &self.width).finish_non_exhaustive()
    }
}

impl TermLike for WriterTerm {
    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        ROWS
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        writeln!(self.writer(), "{s}")
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.writer().write_all(s.as_bytes())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.writer().write_all(b"\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        self.writer().flush()
    }
}
