//! What a row of the table says, and the effects that follow from it.

use super::super::word::Word;
use super::super::{Effects, place};
use crate::context::ContextPath;
use crate::optimize::tools::is_remote_address;

/// Commands with what they do.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) names: &'static [&'static str],
    pub(super) does: Does,
}

/// What a command does.
#[derive(Debug)]
pub(super) enum Does {
    /// Nothing to any file.
    Nothing,
    /// It reads and writes the files that its operands name.
    Files {
        /// How many operands in front are no files.
        skip: usize,
        /// Options whose value is a word of its own and no file.
        valued: &'static [&'static str],
        /// Whether it looks up names of users.
        names_owner: bool,
    },
    /// The same, and it lists the working directory.
    List,
    /// It tests texts, numbers, and whether files are there.
    Test,
    /// It copies or moves files, links among them.
    Bring,
    /// It makes links.
    Link,
    /// It unpacks or packs an archive.
    Unpack,
    /// The same, as `unzip` has it.
    Unzip,
    /// It replaces text in files (`sed`).
    Substitute,
    /// It adds users and groups, and their home directories.
    Accounts,
    /// It sets up what the system has.
    System,
    /// It installs packages of the system.
    Packages {
        /// Words one of which has to be there.
        verbs: &'static [&'static str],
        /// Options that change nothing about where it reads and writes.
        options: &'static [&'static str],
        /// The same with a value.
        valued: &'static [&'static str],
        /// Options that set anything; what is harmless is told by its name.
        settings: &'static [&'static str],
    },
    /// It fetches from the network.
    Download {
        /// Options of one letter, which may stand together.
        letters: &'static str,
        /// Longer options.
        options: &'static [&'static str],
        /// Options with a value.
        valued: &'static [&'static str],
        /// Options whose value is the file that it writes.
        outputs: &'static [&'static str],
        /// Options whose value is the directory that it writes to.
        directories: &'static [&'static str],
        /// Options that make it write to the working directory.
        here: &'static [&'static str],
        /// Whether it prints where no option says where to write; else it writes to the working
        /// directory.
        prints: bool,
    },
}

/// How settings of apt and dnf begin that say nothing about files.
const HARMLESS_SETTINGS: &[&str] = &[
    "Dpkg::Options::=--force-conf",
    "DPkg::Options::=--force-conf",
    "Dpkg::Use-Pty",
    "Acquire::Retries",
    "Acquire::Check-Valid-Until",
    "APT::Install-",
    "APT::Get::",
    "install_weak_deps=",
    "tsflags=nodocs",
    "keepcache=",
];

impl Does {
    /// Files without any names of owners.
    pub(super) const fn files(skip: usize, valued: &'static [&'static str]) -> Self {
        Self::Files { skip, valued, names_owner: false }
    }

    /// Adds the effects of a command with these arguments; `None` where they are not certain.
    pub(super) fn add(
        &self,
        arguments: &[Word],
        directory: Option<&ContextPath>,
        effects: &mut Effects,
    ) -> Option<()> {
        match self {
            Self::Nothing => {}
            Self::Files { skip, valued, names_owner } => {
                if *names_owner {
                    effects.reads.push(ContextPath::new("etc"));
                }
                files(arguments, *skip, valued, directory, effects)?;
            }
            Self::List => {
                effects.reads.push(directory?.clone());
                files(arguments, 0, &[], directory, effects)?;
            }
            Self::Test => test(arguments, directory, effects)?,
            Self::Bring => {
                let valued = &["-t", "--target-directory", "-S", "--suffix"];
                effects.leads = true;
                // The target directory is a file like the others.
                let operands: Vec<Word> = arguments
                    .iter()
                    .filter(|word| !valued.contains(&&*word.text))
                    .cloned()
                    .collect();
                files(&operands, 0, &[], directory, effects)?;
            }
            Self::Link => link(arguments, directory, effects)?,
            Self::Unzip => unzip(arguments, directory, effects)?,
            Self::Unpack => unpack(arguments, directory, effects)?,
            Self::Substitute => substitute(arguments, directory, effects)?,
            Self::Accounts => accounts(arguments, directory, effects)?,
            Self::System => {
                for word in arguments.iter().filter(|word| word.text.contains('/')) {
                    let path = if word.text.starts_with('-') {
                        path_in(&word.text)?
                    } else {
                        word.clone()
                    };
                    effects.touch(path.place(directory)?);
                }
                system(effects);
            }
            Self::Packages { verbs, options, valued, settings } => {
                let known = Known { verbs, options, valued, settings };
                packages(arguments, &known, directory, effects)?;
                effects.network = true;
                effects.packages += 1;
                system(effects);
            }
            Self::Download { .. } => self.download(arguments, directory, effects)?,
        }
        Some(())
    }

    fn download(
        &self,
        arguments: &[Word],
        directory: Option<&ContextPath>,
        effects: &mut Effects,
    ) -> Option<()> {
        let Self::Download { letters, options, valued, outputs, directories, here, prints } = self
        else {
            return None;
        };
        let mut rest = arguments.iter();
        let mut is_told = false;
        while let Some(word) = rest.next() {
            let text = &*word.text;
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            let is_long = name.starts_with("--");
            if is_remote_address(text) {
                continue;
            }
            // Letters may stand before an option that takes a value: `-fsSLo`, `-qO-`.
            let cluster = text.strip_prefix('-').filter(|_| !is_long).unwrap_or_default();
            let flagless = cluster.trim_start_matches(|letter| letters.contains(letter));
            let short = flagless.get(..1).map(|letter| format!("-{letter}"));
            let option = if is_long { name } else { short.as_deref().unwrap_or_default() };
            let attached = if is_long { value } else { flagless.get(1..).unwrap_or_default() };
            if outputs.contains(&option) || directories.contains(&option) {
                is_told = true;
                let file = match attached {
                    "" => rest.next()?.clone(),
                    attached => Word::literal(attached),
                };
                if file.text != "-" && !file.is_device() {
                    effects.touch(file.place(directory)?);
                }
            } else if here.contains(&option) && attached.is_empty() {
                is_told = true;
                effects.touch(directory?.clone());
            } else if valued.contains(&option) {
                if attached.is_empty() {
                    rest.next()?;
                }
            } else if !(options.contains(&name) || !cluster.is_empty() && flagless.is_empty()) {
                return None;
            }
        }
        if !is_told && !prints {
            effects.touch(directory?.clone());
        }
        effects.reads.extend(["etc", "root", "home", "usr"].map(ContextPath::new));
        effects.network = true;
        effects.is_costly = true;
        Some(())
    }
}

/// Long options of tar that neither run programs nor lead out of the directory.
const TAR: &[&str] = &[
    "--directory",
    "--extract",
    "--file",
    "--gzip",
    "--xz",
    "--verbose",
    "--strip-components",
    "--strip",
    "--no-same-owner",
    "--create",
    "--bzip2",
];

fn system(effects: &mut Effects) {
    place::system().for_each(|place| effects.touch(place));
    effects.perhaps.extend(place::by_exception());
    effects.is_costly = true;
}

/// The path in an option, such as `--target=/x` or `-C/x`; `None` where it does not begin at the
/// root.
fn path_in(option: &str) -> Option<Word> {
    let value = match option.strip_prefix("--") {
        Some(long) => long.split_once('=')?.1,
        None => option.get(2..)?,
    };
    value.starts_with('/').then(|| Word::literal(value))
}

/// Options of those commands whose first operand is no file.
const PLAIN: &[&str] = &[
    "-R",
    "-v",
    "-f",
    "-c",
    "-h",
    "-Rf",
    "-Rv",
    "-fR",
    "-vR",
    "--recursive",
    "--verbose",
    "--no-dereference",
];

fn files(
    arguments: &[Word],
    skip: usize,
    valued: &[&str],
    directory: Option<&ContextPath>,
    effects: &mut Effects,
) -> Option<()> {
    let mut operands = 0;
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if word.text.starts_with('-') && word.text.len() > 1 {
            // `-pm 755`: the last letter may take the value as well.
            let last = word.text.chars().next_back().map(|letter| format!("-{letter}"));
            let is_long = word.text.starts_with("--");
            // `chmod -x FILE` has its mode where others have an option.
            if skip > 0 && !PLAIN.contains(&&*word.text) {
                return None;
            }
            let name = if is_long { Some(&*word.text) } else { last.as_deref() };
            if name.is_some_and(|name| valued.contains(&name)) {
                rest.next()?;
            } else if word.text.contains('/') {
                effects.touch(path_in(&word.text)?.place(directory)?);
            } else if is_long && word.text.contains('=') && !word.text.starts_with("--mode=") {
                return None;
            }
            continue;
        }
        operands += 1;
        if operands > skip && !word.is_device() && word.text != "-" {
            effects.touch(word.place(directory)?);
        }
    }
    Some(())
}

/// Tests of one file.
const OF_FILES: &[&str] = &[
    "-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-p", "-r", "-s", "-u", "-w", "-x", "-G",
    "-L", "-N", "-O", "-S",
];

/// A test reads what it asks for; texts and numbers are no files.
fn test(arguments: &[Word], directory: Option<&ContextPath>, effects: &mut Effects) -> Option<()> {
    let compares_files = |word: &Word| ["-ef", "-nt", "-ot"].contains(&&*word.text);
    if arguments.iter().any(compares_files) {
        return None;
    }
    for pair in arguments.windows(2) {
        if OF_FILES.contains(&&*pair[0].text) {
            effects.reads.push(pair[1].place(directory)?);
        }
    }
    Some(())
}

fn link(arguments: &[Word], directory: Option<&ContextPath>, effects: &mut Effects) -> Option<()> {
    effects.leads = true;
    let operands: Vec<&Word> =
        arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
    let (last, targets) = operands.split_last()?;
    let link = last.place(directory)?;
    // A target that is relative is so to where the link is.
    let around = if targets.is_empty() { directory.cloned() } else { link.parent() };
    for word in &operands {
        effects.touch(word.place(around.as_ref())?);
        effects.touch(word.place(Some(&link))?);
    }
    if targets.is_empty() {
        effects.touch(directory?.clone());
    }
    files(arguments, 0, &[], directory, effects)
}

fn unpack(
    arguments: &[Word],
    directory: Option<&ContextPath>,
    effects: &mut Effects,
) -> Option<()> {
    effects.leads = true;
    // `tar xzf` has its letters without a dash.
    let is_letters = |word: &Word| word.text.chars().all(|c| c.is_ascii_alphabetic());
    let skip = usize::from(arguments.first().is_some_and(is_letters));
    let mut goes_elsewhere = false;
    let mut words = Vec::new();
    for (position, word) in arguments.iter().enumerate() {
        let text = &*word.text;
        if text.starts_with("--") {
            let name = text.split_once('=').map_or(text, |(name, _)| name);
            TAR.contains(&name).then_some(())?;
            goes_elsewhere |= name == "--directory";
            if name.starts_with("--strip") && text.contains('=') {
                continue;
            }
        } else if position < skip || text.starts_with('-') {
            // `P` keeps absolute names; `I`, `F` and others run programs.
            let letters = text.split('/').next().unwrap_or_default();
            letters.chars().all(|c| "-xcztvfjJCpok".contains(c)).then_some(())?;
            goes_elsewhere |= letters.ends_with('C');
        }
        if position >= skip {
            words.push(word.clone());
        }
    }
    files(&words, 0, &["--strip-components", "--strip"], directory, effects)?;
    if !goes_elsewhere {
        effects.touch(directory?.clone());
    }
    Some(())
}

/// `unzip ARCHIVE -d DIRECTORY`; it unpacks all, into the working directory where none is named.
fn unzip(arguments: &[Word], directory: Option<&ContextPath>, effects: &mut Effects) -> Option<()> {
    effects.leads = true;
    let mut options = arguments.iter().map(|word| &*word.text).filter(|text| text.starts_with('-'));
    let known = ["-q", "-qq", "-o", "-n", "-j", "-d"];
    options.clone().all(|option| known.contains(&option)).then_some(())?;
    if !options.any(|option| option == "-d") {
        effects.touch(directory?.clone());
    }
    files(arguments, 0, &[], directory, effects)
}

/// `sed` of one plain substitution: others may read, write and run.
fn substitute(
    arguments: &[Word],
    directory: Option<&ContextPath>,
    effects: &mut Effects,
) -> Option<()> {
    let is_option = |word: &&Word| ["-i", "-E", "-r"].contains(&&*word.text);
    let mut operands = arguments.iter().filter(|word| !is_option(word));
    let script = &operands.next()?.text;
    let mut rest = script.strip_prefix('s')?.chars();
    let delimiter = rest.next().filter(char::is_ascii_punctuation)?;
    let parts: Vec<&str> = rest.as_str().split(delimiter).collect();
    let is_plain = delimiter != '\\'
        && matches!(*parts, [from, _, "" | "g"] if !from.ends_with('\\'))
        && !script.contains('\n');
    let operands: Vec<Word> = operands.cloned().collect();
    let has_more = operands.iter().any(|word| word.text.starts_with('-'));
    (is_plain && !has_more).then_some(())?;
    files(&operands, 0, &[], directory, effects)
}

fn accounts(
    arguments: &[Word],
    directory: Option<&ContextPath>,
    effects: &mut Effects,
) -> Option<()> {
    let places = ["-d", "-h", "-b", "-k", "--home", "--home-dir", "--base-dir", "--skel"];
    let mut is_place = false;
    for word in arguments {
        let text = &*word.text;
        if ["-R", "-P", "--root", "--prefix", "--conf"].iter().any(|no| text.starts_with(no)) {
            return None;
        }
        // A letter that takes a place has it right behind it, and it begins nowhere certain.
        let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with(['-', '/']));
        let has_place = |letters: &str| {
            letters.find(['d', 'h', 'b', 'k']).is_some_and(|at| at + 1 < letters.len())
        };
        let names_place = || {
            let (name, value) = text.split_once('=').unwrap_or((text, "/"));
            places.contains(&name) && !value.starts_with('/')
        };
        if names_place() || !text.contains('/') && letters.is_some_and(has_place) {
            return None;
        }
        match text.find('/') {
            Some(0) => effects.touch(word.place(directory)?),
            Some(_) if text.starts_with('-') => effects.touch(path_in(text)?.place(directory)?),
            Some(_) => return None,
            None if is_place => return None,
            None => {}
        }
        is_place = places.contains(&text)
            || text.starts_with('-')
                && !text.starts_with("--")
                && text.ends_with(['d', 'h', 'b', 'k']);
    }
    for place in ["etc", "var", "usr", "home"] {
        effects.touch(ContextPath::new(place));
    }
    Some(())
}

/// The words that a package manager of the system is known to take.
struct Known<'a> {
    verbs: &'a [&'a str],
    options: &'a [&'a str],
    valued: &'a [&'a str],
    settings: &'a [&'a str],
}

fn packages(
    arguments: &[Word],
    known: &Known<'_>,
    directory: Option<&ContextPath>,
    effects: &mut Effects,
) -> Option<()> {
    let is_harmless =
        |setting: &str| HARMLESS_SETTINGS.iter().any(|harmless| setting.starts_with(harmless));
    let mut rest = arguments.iter();
    let mut has_verb = false;
    while let Some(word) = rest.next() {
        let text = &*word.text;
        let (name, value) = text.split_once('=').map_or((text, None), |(n, v)| (n, Some(v)));
        if known.settings.contains(&name) || known.valued.contains(&name) {
            let value = match value {
                Some(value) => value,
                None => &rest.next()?.text,
            };
            let is_fine = if known.settings.contains(&name) {
                is_harmless(value)
            } else if ["-X", "--repository"].contains(&name) {
                is_remote_address(value)
            } else {
                !value.contains('/') || is_remote_address(value)
            };
            is_fine.then_some(())?;
        } else if known.options.contains(&text) {
            // It changes nothing that counts here.
        } else if !has_verb {
            known.verbs.contains(&text).then_some(())?;
            has_verb = true;
        } else if text.starts_with('-') {
            return None;
        } else if is_file(word) && !is_remote_address(text) {
            effects.touch(word.place(directory)?);
        }
    }
    has_verb.then_some(())
}

/// Whether a word names the file of a package rather than a package.
fn is_file(word: &Word) -> bool {
    let is_archive = [".deb", ".rpm", ".apk", ".dsc"].iter().any(|end| word.text.ends_with(end));
    // `package/release` is apt's, and no file unless it begins with a dot or a slash; with either
    // it stands for all below it.
    is_archive || word.text.contains('/')
}
