//! TOML that people write, as text: `smartbuild.toml`, of which each room reads the tables that it
//! knows, and scenarios of a bench.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

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

/// A list, whose mistakes are told in the words that people write.
#[derive(Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items(PhantomData))
    }
}

struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list: write `[` before it and `]` after it")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(items)).map(List)
    }
}
