//! TOML that people write, as text: `smartbuild.toml`, of which each room reads the tables that it
//! knows, and scenarios of a bench.

use serde::de::DeserializeOwned;

/// More than anybody writes by hand: whoever sends a change may send a file of any size.
const LONGEST: usize = 1 << 20;

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) message: String,
}

/// The file's bytes, and where in them a mistake is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TomlText<'a>(pub(crate) &'a [u8]);

impl TomlText<'_> {
    /// The tables that `T` knows.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Mistake> {
        if self.0.len() > LONGEST {
            return Err(self.wrong(0, "it is longer than 1 MiB: make it shorter"));
        }
        let text = std::str::from_utf8(self.0).map_err(|error| {
            self.wrong(error.valid_up_to(), "it is not UTF-8: save it as UTF-8")
        })?;
        toml::from_str(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            self.wrong(error.span().map_or(0, |span| span.start), message)
        })
    }

    /// A mistake at a byte.
    pub(crate) fn wrong(self, at: usize, message: impl Into<String>) -> Mistake {
        Mistake { line: self.line_of(at), message: message.into() }
    }

    /// The line of a byte, counted from 1.
    pub(crate) fn line_of(self, at: usize) -> usize {
        1 + self.0.iter().take(at).filter(|&&byte| byte == b'\n').count()
    }
}
