//! A blob's bytes as a checkout writes them: git's own conversions, never a program.

use gix::ObjectId;
use gix::filter::plumbing::eol;

use super::store::reason;

/// The conversions that apply to a file, in the order in which git makes them: the blob's own name
/// filled in, line ends, the encoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) ident: bool,
    pub(super) end_of_line: EndOfLine,
    pub(super) encoding: Option<Encoding>,
}

/// How a line feed is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum EndOfLine {
    #[default]
    AsIs,
    CrLf,
    /// As CR LF where the bytes look like text that has no CR yet.
    CrLfIfText,
}

/// An encoding that text in UTF-8 is written in, byte for byte as git with the GNU C library does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-16 in this order of bytes, with or without its mark.
    Utf16 { big: bool, mark: bool },
    /// UTF-32, likewise.
    Utf32 { big: bool, mark: bool },
    /// ISO 8859-1.
    Latin1,
}

impl Form {
    /// A number for each form: the same bytes in the same form are the same file.
    pub(super) fn number(self) -> u32 {
        let lines = match self.end_of_line {
            EndOfLine::AsIs => 0,
            EndOfLine::CrLf => 1,
            EndOfLine::CrLfIfText => 2,
        };
        let encoding = match self.encoding {
            None => 0,
            Some(Encoding::Latin1) => 1,
            Some(Encoding::Utf16 { big, mark }) => 4 + u32::from(big) + 2 * u32::from(mark),
            Some(Encoding::Utf32 { big, mark }) => 8 + u32::from(big) + 2 * u32::from(mark),
        };
        lines | u32::from(self.ident) << 2 | encoding << 3
    }

    /// The blob of this id as it is written; unchanged where a conversion does not apply to its
    /// bytes.
    pub(super) fn apply(self, mut bytes: Vec<u8>, id: ObjectId) -> Result<Vec<u8>, String> {
        let mut buffer = Vec::new();
        if self.ident {
            bytes = with_id(&bytes, &id.to_string());
        }
        let rule = match self.end_of_line {
            EndOfLine::AsIs => None,
            EndOfLine::CrLf => Some(eol::AttributesDigest::TextCrlf),
            EndOfLine::CrLfIfText => Some(eol::AttributesDigest::TextAutoCrlf),
        };
        if let Some(rule) = rule {
            let settings = eol::Configuration::default();
            let changed = eol::convert_to_worktree(&bytes, rule, &mut buffer, settings);
            if changed.map_err(|error| reason(&error))? {
                std::mem::swap(&mut bytes, &mut buffer);
            }
        }
        Ok(match self.encoding.and_then(|encoding| encoding.encode(&bytes)) {
            Some(encoded) => encoded,
            None => bytes,
        })
    }
}

/// The text with the id in every `$Id$`, and in place of what another checkout put into one.
///
/// Git leaves alone what has a line's end or a blank inside, which is some other system's.
fn with_id(text: &[u8], id: &str) -> Vec<u8> {
    let mut filled = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
        let (before, after) = rest.split_at(dollar + 1);
        filled.extend(before);
        rest = after;
        if let Some(length) = keyword(after) {
            filled.extend([b"Id: ", id.as_bytes(), b" $"].concat());
            rest = &after[length..];
        }
    }
    filled.extend(rest);
    filled
}

/// The bytes of an `Id$` or an `Id: … $` that the text begins with.
fn keyword(text: &[u8]) -> Option<usize> {
    let value = text.strip_prefix(b"Id")?;
    if value.starts_with(b"$") {
        return Some(3);
    }
    let value = value.strip_prefix(b":")?;
    let end = value.iter().position(|&byte| byte == b'$')?;
    let value = &value[..end];
    let inner = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
    (!value.contains(&b'\n') && !inner.contains(&b' ')).then_some(end + 4)
}

impl Encoding {
    /// The encoding that a `working-tree-encoding` names; `None` for git's own, UTF-8.
    pub(super) fn of_name(name: &str) -> Result<Option<Self>, ()> {
        let with = |wide: bool, big: bool, mark: bool| {
            Ok(Some(if wide { Self::Utf32 { big, mark } } else { Self::Utf16 { big, mark } }))
        };
        match &*name.to_ascii_uppercase() {
            "" | "UTF-8" | "UTF8" => Ok(None),
            // The library writes the mark, and then in the processor's order.
            "UTF-16" | "UTF16" => with(false, cfg!(target_endian = "big"), true),
            "UTF-16LE" => with(false, false, false),
            "UTF-16BE" => with(false, true, false),
            "UTF-16LE-BOM" | "UTF16LE-BOM" => with(false, false, true),
            "UTF-16BE-BOM" | "UTF16BE-BOM" => with(false, true, true),
            "UTF-32" | "UTF32" => with(true, cfg!(target_endian = "big"), true),
            "UTF-32LE" => with(true, false, false),
            "UTF-32BE" => with(true, true, false),
            "ISO-8859-1" | "ISO8859-1" | "LATIN1" => Ok(Some(Self::Latin1)),
            _ => Err(()),
        }
    }

    /// The text in this encoding; `None` where git leaves the bytes as they are: nothing to
    /// encode, no UTF-8, or a character that the encoding lacks.
    fn encode(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
        let mark = |mark: bool| mark.then_some('\u{feff}').into_iter();
        match self {
            Self::Latin1 => text.chars().map(|it| u8::try_from(u32::from(it)).ok()).collect(),
            Self::Utf16 { big, mark: marked } => {
                let mut units = [0; 2];
                let mut encoded = Vec::with_capacity(2 * text.len() + 2);
                for character in mark(marked).chain(text.chars()) {
                    for unit in character.encode_utf16(&mut units) {
                        encoded.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
                    }
                }
                Some(encoded)
            }
            Self::Utf32 { big, mark: marked } => {
                let units = mark(marked).chain(text.chars()).map(u32::from);
                Some(
                    units
                        .flat_map(|it| if big { it.to_be_bytes() } else { it.to_le_bytes() })
                        .collect(),
                )
            }
        }
    }
}
