//! From a keyword, flags and arguments to what the instruction says.

use super::ast::{CommandForm, Flag, Heredoc, InstructionKind, Mount, Transfer};
use super::error::{ErrorKind, Problem};
use super::flags::Flags;
use super::heredoc::HeredocMark;
use super::suggest::closest;
use super::words::{Command, split_blanks, split_blanks_once, split_quoted};
use super::{exec, healthcheck, mount};

/// All keywords in capitals.
pub(super) const KEYWORDS: &[&str] = &[
    "FROM",
    "RUN",
    "COPY",
    "ADD",
    "WORKDIR",
    "ENV",
    "ARG",
    "LABEL",
    "USER",
    "EXPOSE",
    "CMD",
    "ENTRYPOINT",
    "HEALTHCHECK",
    "STOPSIGNAL",
    "SHELL",
    "VOLUME",
    "ONBUILD",
    "MAINTAINER",
];

/// The keyword in capitals, or the error that there is none such.
pub(super) fn keyword(word: &str) -> Result<&'static str, Problem> {
    let capitals = word.to_lowercase().to_ascii_uppercase();
    KEYWORDS.iter().find(|known| **known == capitals).copied().ok_or_else(|| {
        let suggestion = closest(word, KEYWORDS);
        Problem::at(ErrorKind::UnknownInstruction { word: word.into(), suggestion }, word)
    })
}

/// The marks of the heredocs that a line opens. `command` is the line's own command, or the
/// trigger's in an ONBUILD.
pub(super) fn heredoc_marks(line: &str, command: &Command) -> Result<Vec<HeredocMark>, Problem> {
    let can_open = matches!(keyword(&command.keyword), Ok("RUN" | "COPY" | "ADD"));
    if !can_open || matches!(exec::parse(&command.arguments), Ok(Some(_))) {
        return Ok(Vec::new());
    }
    HeredocMark::find_all(line).map_err(|error| ErrorKind::Expand(error).into())
}

/// What the instruction says, for all but ONBUILD. Heredocs that are not sources of a COPY or ADD
/// are taken out of `heredocs`.
pub(super) fn parse(
    keyword: &'static str,
    command: &Command,
    escape: char,
    heredocs: &mut Vec<Heredoc>,
) -> Result<(Vec<Flag>, InstructionKind), Problem> {
    let arguments = command.arguments.as_str();
    let (flags, kind) = match keyword {
        "ARG" => (Flags::unchecked(&command.flags), arg(arguments, escape)?),
        "STOPSIGNAL" => {
            let signal = one_argument(keyword, arguments)?;
            (Flags::unchecked(&command.flags), InstructionKind::Stopsignal(signal))
        }
        "HEALTHCHECK" => healthcheck::parse(&command.flags, arguments)?,
        _ => {
            let flags = Flags::check(keyword, &command.flags)?;
            let kind = match keyword {
                "FROM" => from(arguments, &flags)?,
                "RUN" => run(arguments, &flags)?,
                "COPY" => InstructionKind::Copy(transfer(keyword, arguments, &flags, heredocs)?),
                "ADD" => InstructionKind::Add(transfer(keyword, arguments, &flags, heredocs)?),
                "ENV" => InstructionKind::Env(pairs(keyword, arguments, escape)?),
                "LABEL" => InstructionKind::Label(pairs(keyword, arguments, escape)?),
                "CMD" => InstructionKind::Cmd(command_form(keyword, arguments)?),
                "ENTRYPOINT" => InstructionKind::Entrypoint(command_form(keyword, arguments)?),
                "WORKDIR" => InstructionKind::Workdir(one_argument(keyword, arguments)?),
                "USER" => InstructionKind::User(one_argument(keyword, arguments)?),
                "EXPOSE" => InstructionKind::Expose(some_arguments(keyword, arguments)?),
                "VOLUME" => volume(arguments)?,
                "SHELL" => shell(arguments)?,
                _ => InstructionKind::Maintainer(one_argument(keyword, arguments)?),
            };
            (flags, kind)
        }
    };
    Ok((flags.into_vec(), kind))
}

fn one_argument(keyword: &'static str, arguments: &str) -> Result<String, Problem> {
    if arguments.is_empty() {
        return Err(ErrorKind::MissingArgument { keyword, exactly_one: true }.into());
    }
    Ok(arguments.to_owned())
}

fn some_arguments(keyword: &'static str, arguments: &str) -> Result<Vec<String>, Problem> {
    if arguments.is_empty() {
        return Err(ErrorKind::MissingArgument { keyword, exactly_one: false }.into());
    }
    Ok(split_blanks(arguments))
}

fn exec_form(keyword: &'static str, arguments: &str) -> Result<Option<Vec<String>>, Problem> {
    exec::parse(arguments).map_err(|_| ErrorKind::NotStrings { keyword }.into())
}

fn command_form(keyword: &'static str, arguments: &str) -> Result<CommandForm, Problem> {
    Ok(match exec_form(keyword, arguments)? {
        Some(exec) => CommandForm::Exec(exec),
        None => CommandForm::Shell(arguments.to_owned()),
    })
}

fn from(arguments: &str, flags: &Flags) -> Result<InstructionKind, Problem> {
    let words = split_blanks(arguments);
    let (image, name) = match words.as_slice() {
        [image] => (image, None),
        [image, separator, name] if separator.to_lowercase() == "as" => (image, Some(name)),
        _ => return Err(Problem::at(ErrorKind::FromArguments, arguments)),
    };
    if let Some(name) = name.filter(|name| !is_stage_name(name)) {
        return Err(Problem::at(ErrorKind::StageName { name: name.clone() }, name));
    }
    Ok(InstructionKind::From {
        image: image.clone(),
        name: name.cloned(),
        platform: flags.text("platform"),
    })
}

fn is_stage_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| {
            character.is_ascii_lowercase()
                || character.is_ascii_digit()
                || matches!(character, '-' | '_' | '.')
        })
}

fn run(arguments: &str, flags: &Flags) -> Result<InstructionKind, Problem> {
    let choice = |flag: &'static str, choices: &[&str], expected| match flags.value(flag) {
        Some(value) if !choices.contains(&value.as_str()) => {
            let needle = format!("--{flag}={value}");
            Err(Problem::at(ErrorKind::FlagValue { flag, value, expected }, needle))
        }
        value => Ok(value),
    };
    let devices: Vec<_> = flags.all("device").collect();
    devices.iter().try_for_each(|device| mount::check_device(device))?;
    Ok(InstructionKind::Run {
        command: command_form("RUN", arguments)?,
        mounts: flags.all("mount").map(|text| Mount::parse(&text)).collect::<Result<_, _>>()?,
        network: choice("network", &["default", "none", "host"], "default, none or host")?,
        security: choice("security", &["insecure", "sandbox"], "insecure or sandbox")?,
        devices,
    })
}

fn transfer(
    keyword: &'static str,
    arguments: &str,
    flags: &Flags,
    heredocs: &mut Vec<Heredoc>,
) -> Result<Transfer, Problem> {
    let mut words = exec_form(keyword, arguments)?.unwrap_or_else(|| split_blanks(arguments));
    let destination = words.pop().filter(|_| !words.is_empty());
    let destination = destination.ok_or(ErrorKind::NoDestination { keyword })?;
    if HeredocMark::parse(&destination).is_some() {
        return Err(Problem::at(ErrorKind::HeredocDestination { keyword }, destination));
    }
    let mut sources = Vec::new();
    let mut inline = Vec::new();
    for word in words {
        match HeredocMark::parse(&word) {
            Some(mark) => inline.push(find_body(mark, heredocs)),
            None => sources.push(word),
        }
    }
    *heredocs = inline;
    Ok(Transfer {
        sources,
        destination,
        from: flags.text("from"),
        chown: flags.text("chown"),
        chmod: flags.text("chmod"),
        link: flags.switch("link").unwrap_or(false),
        parents: flags.switch("parents").unwrap_or(false),
        exclude: flags.all("exclude").collect(),
        checksum: flags.text("checksum"),
        keep_git_dir: flags.switch("keep-git-dir"),
        unpack: flags.switch("unpack"),
    })
}

/// The engine looks bodies up by their delimiter: of two with the same one the last counts, and
/// one that the line's lexer did not see is empty.
fn find_body(mark: HeredocMark, heredocs: &[Heredoc]) -> Heredoc {
    let body = heredocs.iter().rev().find(|heredoc| heredoc.name == mark.name);
    Heredoc {
        content: body.map(|body| body.content.clone()).unwrap_or_default(),
        span: body.map_or(super::ast::Span { start: 0, end: 0 }, |body| body.span),
        name: mark.name,
        expand: mark.expand,
        strip_tabs: mark.strip_tabs,
        file_descriptor: mark.file_descriptor,
    }
}

fn pairs(
    keyword: &'static str,
    arguments: &str,
    escape: char,
) -> Result<Vec<(String, String)>, Problem> {
    let words = split_quoted(arguments, escape);
    let Some(first) = words.first() else {
        return Err(ErrorKind::MissingArgument { keyword, exactly_one: false }.into());
    };
    if !first.contains('=') {
        let (name, value) = split_blanks_once(arguments).ok_or(ErrorKind::NoValue { keyword })?;
        return Ok(vec![(name.to_owned(), value.to_owned())]);
    }
    let pair = |word: String| match word.split_once('=') {
        Some(("", _)) => Err(Problem::at(ErrorKind::BlankName { keyword }, word)),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => {
            let needle = word.clone();
            Err(Problem::at(ErrorKind::NoEquals { keyword, word }, needle))
        }
    };
    words.into_iter().map(pair).collect()
}

fn arg(arguments: &str, escape: char) -> Result<InstructionKind, Problem> {
    let keyword = "ARG";
    let words = split_quoted(arguments, escape);
    if words.is_empty() {
        return Err(ErrorKind::MissingArgument { keyword, exactly_one: false }.into());
    }
    let pair = |word: String| match word.split_once('=') {
        Some(("", _)) => Err(Problem::at(ErrorKind::BlankName { keyword }, word)),
        Some((name, value)) => Ok((name.to_owned(), Some(value.to_owned()))),
        None => Ok((word, None)),
    };
    words.into_iter().map(pair).collect::<Result<_, _>>().map(InstructionKind::Arg)
}

fn volume(arguments: &str) -> Result<InstructionKind, Problem> {
    let words = match exec_form("VOLUME", arguments)? {
        Some(words) if words.is_empty() => some_arguments("VOLUME", "")?,
        Some(words) => words,
        None => some_arguments("VOLUME", arguments)?,
    };
    let paths: Vec<String> = words.iter().map(|word| word.trim().to_owned()).collect();
    if paths.iter().any(String::is_empty) {
        return Err(ErrorKind::BlankVolume.into());
    }
    Ok(InstructionKind::Volume(paths))
}

fn shell(arguments: &str) -> Result<InstructionKind, Problem> {
    match exec_form("SHELL", arguments)? {
        Some(words) if !words.is_empty() => Ok(InstructionKind::Shell(words)),
        None if !arguments.is_empty() => Err(Problem::at(ErrorKind::ShellNotExec, arguments)),
        _ => Err(ErrorKind::MissingArgument { keyword: "SHELL", exactly_one: false }.into()),
    }
}
