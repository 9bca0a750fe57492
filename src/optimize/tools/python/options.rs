//! Command lines, read strictly: an option that is not in a list refuses.

use crate::optimize::Reason;
use crate::optimize::tools::{Directory, is_remote_address};

/// The options of a command.
#[derive(Debug)]
pub(in crate::optimize::tools) struct Options {
    /// The tool, for people.
    pub(in crate::optimize::tools) tool: &'static str,
    /// Those without a value that change no file which is read or written.
    pub(in crate::optimize::tools) plain: &'static [&'static str],
    /// Those without a value that decide what is read.
    pub(in crate::optimize::tools) deciding: &'static [&'static str],
    /// Those whose value is a word, never a path.
    pub(in crate::optimize::tools) with_word: &'static [&'static str],
    /// Those whose value is an address; a local one is refused.
    pub(in crate::optimize::tools) with_address: &'static [&'static str],
    /// Those whose value is a version or an absolute path.
    pub(in crate::optimize::tools) with_program: &'static [&'static str],
    /// Those whose value is an absolute path.
    pub(in crate::optimize::tools) with_directory: &'static [&'static str],
    /// Those whose value is a manifest.
    pub(in crate::optimize::tools) with_file: &'static [&'static str],
}

/// What a command line says.
#[derive(Debug, Default)]
pub(in crate::optimize::tools) struct Arguments {
    /// The words that are no options.
    pub(in crate::optimize::tools) words: Vec<String>,
    /// The options that decide what is read.
    pub(in crate::optimize::tools) deciding: Vec<&'static str>,
    /// The manifests.
    pub(in crate::optimize::tools) files: Vec<String>,
    /// The places that it names.
    pub(in crate::optimize::tools) directories: Vec<Directory>,
}

impl Options {
    /// No option at all.
    pub(in crate::optimize::tools) const fn of(tool: &'static str) -> Self {
        Self {
            tool,
            plain: &[],
            deciding: &[],
            with_word: &[],
            with_address: &[],
            with_program: &[],
            with_directory: &[],
            with_file: &[],
        }
    }

    /// Reads what stands behind the command's own name.
    pub(in crate::optimize::tools) fn read(&self, words: &[&str]) -> Result<Arguments, Reason> {
        let mut read = Arguments::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !word.starts_with('-') {
                read.words.push((*word).to_owned());
                continue;
            }
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => (name, Some(value)),
                _ => (*word, None),
            };
            let decides = self.deciding.iter().find(|one| **one == name);
            if attached.is_none() && (self.plain.contains(&name) || decides.is_some()) {
                read.deciding.extend(decides);
                continue;
            }
            let value = attached.or_else(|| words.next().copied()).unwrap_or_default();
            self.value(name, value, &mut read)?;
        }
        Ok(read)
    }

    fn value(&self, name: &str, value: &str, read: &mut Arguments) -> Result<(), Reason> {
        let directory = Directory { option: name.to_owned(), path: value.to_owned() };
        let is_plain = !value.is_empty() && !value.starts_with('-');
        let is_word = is_plain && !value.contains('/') && !value.starts_with('.');
        let is_version = value.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let is_version = is_word && is_version.starts_with(|c: char| c.is_ascii_digit());
        if self.with_word.contains(&name) && is_word
            || self.with_address.contains(&name) && is_remote_address(value)
            || self.with_program.contains(&name) && is_version
        {
            return Ok(());
        }
        let takes_path = self.with_directory.contains(&name) || self.with_program.contains(&name);
        if takes_path && value.starts_with('/') {
            read.directories.push(directory);
            return Ok(());
        }
        if self.with_file.contains(&name) && is_plain && !value.contains(':') {
            read.files.push(value.to_owned());
            return Ok(());
        }
        let text = format!("{name} {value}").trim().to_owned();
        Err(Reason::Option { tool: self.tool, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options {
        plain: &["-q", "--quiet"],
        deciding: &["--frozen"],
        with_word: &["--group"],
        with_address: &["--index"],
        with_program: &["--python"],
        with_directory: &["--cache-dir"],
        with_file: &["-r"],
        ..Options::of("tool")
    };

    fn read(line: &str) -> Result<Arguments, Reason> {
        OPTIONS.read(&line.split(' ').collect::<Vec<_>>())
    }

    #[test]
    fn each_kind_of_option_is_read() {
        let line = "a --frozen -q --group=dev --index https://x.org --python 3.12 -r b.txt \
                    --python=/usr/bin/python3 --cache-dir /c --group test --python cpython3.11";
        let read = read(line).unwrap();
        assert_eq!(read.words, ["a"]);
        assert_eq!(read.deciding, ["--frozen"]);
        assert_eq!(read.files, ["b.txt"]);
        let places: Vec<_> = read.directories.iter().map(|place| &*place.path).collect();
        assert_eq!(places, ["/usr/bin/python3", "/c"]);
    }

    #[test]
    fn all_else_is_refused() {
        for line in [
            "--unknown",
            "--frozen=x",
            "--quiet=1",
            "--group",
            "--group ./a",
            "--group -q",
            "--index ./wheels",
            "--index file:///x",
            "--python venv",
            "--python ./python3",
            "--cache-dir cache",
            "-r https://x.org/r.txt",
            "-r -",
            "-rb.txt",
            "--fro",
        ] {
            assert!(matches!(read(line), Err(Reason::Option { tool: "tool", .. })), "{line}");
        }
    }
}
