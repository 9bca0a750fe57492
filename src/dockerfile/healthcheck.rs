//! HEALTHCHECK: its two forms and the values of its flags.

use super::ast::{CommandForm, InstructionKind};
use super::error::{ErrorKind, Problem};
use super::exec;
use super::flags::Flags;
use super::words::split_blanks_once;

const KEYWORD: &str = "HEALTHCHECK";

pub(super) fn parse(
    words: &[String],
    arguments: &str,
) -> Result<(Flags, InstructionKind), Problem> {
    let (form, rest) = split_blanks_once(arguments).unwrap_or((arguments, ""));
    match form.to_uppercase().as_str() {
        "" => Err(ErrorKind::MissingArgument { keyword: KEYWORD, exactly_one: false }.into()),
        "NONE" => {
            if !rest.is_empty() && exec::parse(rest) != Ok(Some(Vec::new())) {
                return Err(Problem::at(ErrorKind::HealthcheckNoneArguments, rest));
            }
            Ok((Flags::unchecked(words), InstructionKind::Healthcheck(None)))
        }
        "CMD" => {
            let flags = Flags::check(KEYWORD, words)?;
            let not_strings = |_| Problem::from(ErrorKind::NotStrings { keyword: KEYWORD });
            let command = match exec::parse(rest).map_err(not_strings)? {
                Some(exec) if exec.is_empty() => None,
                Some(exec) => Some(CommandForm::Exec(exec)),
                None if rest.is_empty() => None,
                None => Some(CommandForm::Shell(rest.to_owned())),
            };
            let command = command.ok_or(ErrorKind::HealthcheckNoCommand)?;
            check_values(&flags)?;
            Ok((flags, InstructionKind::Healthcheck(Some(command))))
        }
        _ => Err(Problem::at(ErrorKind::HealthcheckForm { word: form.to_owned() }, form)),
    }
}

fn check_values(flags: &Flags) -> Result<(), Problem> {
    let wrong = |flag, value: String, expected| {
        let needle = value.clone();
        Err(Problem::at(ErrorKind::FlagValue { flag, value, expected }, needle))
    };
    for flag in ["interval", "timeout", "start-period", "start-interval"] {
        if let Some(value) = flags.text(flag) {
            let fits = nanoseconds(&value).is_some_and(|time| time == 0.0 || time >= 1e6);
            if !fits {
                return wrong(flag, value, "a duration of at least 1ms, such as 30s or 1m30s");
            }
        }
    }
    if let Some(value) = flags.text("retries")
        && !value.parse::<i32>().is_ok_and(|retries| retries >= 0)
    {
        return wrong("retries", value, "a number of at least 0");
    }
    Ok(())
}

/// A duration in Go's form, `1h30m`, `1.5s`; `None` where it is not one.
pub(crate) fn nanoseconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let is_number = |character: char| character.is_ascii_digit() || character == '.';
        let (number, after) = rest.split_at(rest.find(|c| !is_number(c))?);
        let (unit, after) = after.split_at(after.find(is_number).unwrap_or(after.len()));
        let size = match unit {
            "ns" => 1.0,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 6e10,
            "h" => 3.6e12,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * size;
        rest = after;
    }
    // Go counts nanoseconds in 63 bits.
    (total <= 9.22e18).then_some(sign * total)
}
