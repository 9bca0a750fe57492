//! Requirement files, followed as pip follows them.

use super::FILE_OPTIONS;
use super::requirement::{Requirement, classify};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::tools::view::Manifest;
use crate::optimize::tools::{Manifests, is_remote_address};

/// Gives what lies at a path in the image.
type Read<'a> = dyn Fn(&ContextPath) -> Result<Manifest, Reason> + 'a;

/// Adds a requirement file and all that it includes to `found`.
///
/// `file` is a path in the image.
pub(in crate::optimize::tools) fn follow(
    file: &ContextPath,
    read: &Read<'_>,
    found: &mut Manifests,
) -> Result<(), Reason> {
    let mut open = vec![file.clone()];
    while let Some(file) = open.pop() {
        if found.contains_key(&file) {
            continue;
        }
        let Manifest { source, content } = read(&file)?;
        let text = decode(&source, &content)?;
        let directory = file.parent().unwrap_or_default();
        for (number, line) in logical_lines(text) {
            let place = format!("{source}:{number}");
            open.extend(
                include(&line, &place)?.map(|path| image_path(&directory, path.as_bytes())),
            );
        }
        found.insert(file, source);
    }
    Ok(())
}

/// The text, where pip reads it as we do: UTF-8, and no line ends but the usual.
fn decode<'a>(source: &ContextPath, content: &'a [u8]) -> Result<&'a str, Reason> {
    let not_understood =
        |text: &str| Reason::NotUnderstood { place: source.to_string(), text: text.to_owned() };
    let text =
        std::str::from_utf8(content).map_err(|_| not_understood("an encoding other than UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let odd = ['\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
    if text.contains(odd) || text.replace("\r\n", "\n").contains('\r') {
        return Err(not_understood("an unusual line end"));
    }
    Ok(text)
}

/// The lines with continuations joined and comments removed, each with its first line's number.
///
/// A comment ends a continuation, and a `#` begins a comment only at the start or after a blank.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut joined = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        let (number, mut whole) = open.take().unwrap_or((index + 1, String::new()));
        if line.ends_with('\\') && !is_comment {
            whole.push_str(line.trim_matches('\\'));
            open = Some((number, whole));
            continue;
        }
        if is_comment {
            whole.push(' ');
        }
        whole.push_str(line);
        joined.push((number, whole));
    }
    joined.extend(open);
    for (_, line) in &mut joined {
        let comment = line.char_indices().find(|(position, character)| {
            let before = line[..*position].chars().next_back();
            *character == '#' && before.is_none_or(char::is_whitespace)
        });
        if let Some((position, _)) = comment {
            line.truncate(position);
        }
        *line = line.trim().to_owned();
    }
    joined.retain(|(_, line)| !line.is_empty());
    joined
}

/// The file that a line includes, if it is such a line.
fn include(line: &str, place: &str) -> Result<Option<String>, Reason> {
    let needs_sources = || Reason::NeedsSources { place: place.to_owned(), text: line.to_owned() };
    let not_understood =
        || Reason::NotUnderstood { place: place.to_owned(), text: line.to_owned() };
    let is_option = |word: &&str| word.starts_with('-');
    let requirement: Vec<&str> = line.split(' ').take_while(|word| !is_option(word)).collect();
    let requirement = requirement.join(" ");
    let options = line[requirement.len()..].trim();
    if !requirement.trim().is_empty() {
        // Hashes and build settings of one requirement; nothing else may follow one.
        let settings = ["--hash", "--config-setting", "--global-option", "--install-option"];
        let are_settings = options
            .split_whitespace()
            .filter(is_option)
            .all(|option| settings.iter().any(|setting| option.starts_with(setting)));
        // A setting may name directories for the compiler.
        let leads = !options.split_whitespace().all(|word| word.starts_with("--hash"))
            && (options.contains('/') || options.contains("-I") || options.contains("-L"));
        return match classify(&requirement) {
            Requirement::Remote if are_settings && !leads => Ok(None),
            Requirement::Local => Err(needs_sources()),
            _ => Err(not_understood()),
        };
    }
    if options.contains(['"', '\'', '\\']) {
        return Err(not_understood());
    }
    let words: Vec<&str> = options.split_whitespace().collect();
    let (name, value) = match words.as_slice() {
        [word] if word.starts_with("--") => match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*word, None),
        },
        // `-rbase.txt`
        [word] if word.len() > 2 && word.is_char_boundary(2) => (&word[..2], Some(&word[2..])),
        [name, value] => (*name, Some(*value)),
        _ => return Err(not_understood()),
    };
    match (name, value) {
        (_, Some(path)) if FILE_OPTIONS.contains(&name) => {
            if path.contains("://") || path.contains("${") || path.starts_with("file:") {
                return Err(not_understood());
            }
            Ok(Some(path.to_owned()))
        }
        ("-i" | "--index-url" | "--pypi-url" | "--extra-index-url", Some(address))
            if is_remote_address(address) =>
        {
            Ok(None)
        }
        ("-f" | "--find-links", Some(address)) if is_remote_address(address) => Ok(None),
        ("-e" | "--editable" | "--no-index" | "-f" | "--find-links", _) => Err(needs_sources()),
        ("--no-binary" | "--only-binary" | "--trusted-host" | "--use-feature", Some(_))
        | ("--prefer-binary" | "--require-hashes" | "--pre", None) => Ok(None),
        _ => Err(not_understood()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_comments_removed_as_pip_does() {
        let text = "a \\\n  b\n# c \\\nd#e\nf # g\n\nh \\\n# i\nj\n";
        let lines = logical_lines(text);
        let lines: Vec<_> = lines.iter().map(|(number, line)| (*number, line.as_str())).collect();
        assert_eq!(lines, [(1, "a   b"), (4, "d#e"), (5, "f"), (7, "h"), (9, "j")]);
    }

    #[test]
    fn includes_are_found_in_every_spelling() {
        for line in ["-r b.txt", "-rb.txt", "--requirement b.txt", "--constraint=b.txt", "-c b.txt"]
        {
            assert_eq!(include(line, "r:1"), Ok(Some("b.txt".into())), "{line}");
        }
    }

    #[test]
    fn what_reads_the_sources_is_told_from_what_does_not() {
        for line in [
            "flask",
            "a==1 --hash=sha256:00 --hash=sha256:11",
            "--pre",
            "-i https://x.org/simple",
            "--find-links https://x.org",
            "--only-binary :all:",
            "a ; python_version < '3'",
            "--extra-index-url https://${USER}@x.org/simple",
        ] {
            assert_eq!(include(line, "r:1"), Ok(None), "{line}");
        }
        for line in [
            "-e .",
            "-e git+https://x.org/a#egg=a",
            "./lib",
            ".",
            "--find-links ./wheels",
            "-f wheels",
            "--no-index",
            "a @ file:///app",
            "a.whl",
            "--editable=.",
        ] {
            assert!(matches!(include(line, "r:1"), Err(Reason::NeedsSources { .. })), "{line}");
        }
        for line in [
            "a -r b.txt",
            "-r a.txt -r b.txt",
            "-r 'b.txt'",
            "--unknown",
            "-r ${X}.txt",
            "${X}",
            "-r https://x.org/r.txt",
            "-i ./index",
            "a b",
        ] {
            assert!(matches!(include(line, "r:1"), Err(Reason::NotUnderstood { .. })), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_content_makes_it_panic(
            text in "(-r|-c|--hash=|[ -~é\\\\\n]| |\n|#|;|@|\\[|a|\\./){0,30}",
        ) {
            let file = ContextPath::new("r.txt");
            // Only the first file is there: the same text everywhere would include ever deeper.
            let read = |path: &ContextPath| {
                let text = if *path == file { text.as_str() } else { "" };
                Ok(Manifest { source: path.clone(), content: text.as_bytes().to_vec() })
            };
            let mut found = Manifests::new();
            if follow(&file, &read, &mut found).is_ok() {
                proptest::prop_assert!(found.contains_key(&file));
            }
        }
    }
}
