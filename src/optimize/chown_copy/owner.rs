//! `chown -R`: to whom a RUN gives which directories with all in them.

use crate::context::ContextPath;
use crate::dockerfile::Instruction;
use crate::optimize::landing::image_path;
use crate::optimize::planned::{arguments, directory, step_at};
use crate::optimize::shell;
use crate::plan::Plan;

/// A RUN with `chown -R` in it, all of whose commands are read.
pub(super) struct Giving {
    pub(super) chowns: Vec<Chown>,
    /// Whether it does nothing else.
    pub(super) is_alone: bool,
    /// Whether it names a place by the working directory.
    pub(super) is_relative: bool,
}

/// One `chown -R`.
pub(super) struct Chown {
    /// The owner as `COPY --chown` has it: what comes from the context belongs to the group 0
    /// unless a group is named.
    pub(super) owner: String,
    /// Whether the owner is looked up by name.
    pub(super) is_by_name: bool,
    /// Whether it names a group; else files keep the one that they have.
    pub(super) has_group: bool,
    /// The directories, as paths in the image.
    pub(super) places: Vec<ContextPath>,
    /// The command without its directories, as it is written.
    pub(super) words: Vec<String>,
}

/// What a RUN gives to whom; `None` for a RUN that gives nothing, or is not understood.
pub(super) fn read(plan: &Plan, run: &Instruction) -> Option<Giving> {
    if !run.text.contains("chown") || !run.heredocs.is_empty() || !run.flags.is_empty() {
        return None;
    }
    let step = step_at(plan, run)?;
    let commands = shell::commands(&arguments(step)?, &[]).ok().filter(|all| all.is_chain)?;
    let directory = directory(step);
    let mut giving = Giving { chowns: Vec::new(), is_alone: true, is_relative: false };
    for command in &commands.all {
        let program = command.words.first().map(String::as_str).unwrap_or_default();
        // What is there may be another `chown`, or somewhere else.
        if program == "cd" || program == "." || !command.assignments.is_empty() {
            return None;
        }
        if program == "chown" || program == "/bin/chown" {
            giving.is_relative |= command.words.iter().skip(2).any(|word| is_relative(word));
            giving.chowns.push(chown(&command.words, &directory)?);
        } else {
            giving.is_alone = false;
        }
    }
    let places = || giving.chowns.iter().flat_map(|chown| &chown.places).enumerate();
    let is_apart = |(at, place): (usize, &ContextPath)| {
        let mut others = places().filter(|(other, _)| *other != at);
        others.all(|(_, other)| !other.starts_with(place) && !place.starts_with(other))
    };
    (!giving.chowns.is_empty() && places().all(is_apart)).then_some(giving)
}

fn is_relative(word: &str) -> bool {
    !word.starts_with(['/', '-'])
}

/// `chown -R OWNER PLACE…`, the option anywhere. None of those that follow links, or take the owner
/// from elsewhere.
fn chown(words: &[String], directory: &ContextPath) -> Option<Chown> {
    let mut is_recursive = false;
    let mut operands = Vec::new();
    let mut command = Vec::new();
    for word in words {
        match &**word {
            "--recursive" => is_recursive = true,
            "--verbose" | "--silent" | "--quiet" | "--changes" | "--no-dereference" => {}
            long if long.starts_with("--") => return None,
            short if short.starts_with('-') => {
                let letters = short.get(1..)?;
                if letters.is_empty() || !letters.chars().all(|letter| "Rfvch".contains(letter)) {
                    return None;
                }
                is_recursive |= letters.contains('R');
            }
            operand => {
                operands.push(operand);
                if operands.len() > 2 {
                    continue;
                }
            }
        }
        command.push(word.clone());
    }
    let [_, owner, places @ ..] = &*operands else { return None };
    let (owner, is_by_name) = copied(owner)?;
    let places: Option<Vec<_>> = places.iter().map(|place| self::place(place, directory)).collect();
    let places = places.filter(|places| is_recursive && !places.is_empty())?;
    let has_group = operands.get(1).is_some_and(|owner| owner.contains(':'));
    Some(Chown { owner, is_by_name, has_group, places, words: command })
}

/// The owner as a COPY has it, and whether it is one by name. `USER:` means the user's own group,
/// which no COPY can say, and some read a dot as a colon.
fn copied(owner: &str) -> Option<(String, bool)> {
    let (user, group) = owner.split_once(':').unwrap_or((owner, "0"));
    let is_plain = |id: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        !id.is_empty() && id.chars().all(is_part)
    };
    let is_number = |id: &str| id.parse::<u32>().is_ok();
    let is_by_name = !is_number(user) || !is_number(group);
    (is_plain(user) && is_plain(group)).then(|| (format!("{user}:{group}"), is_by_name))
}

/// A directory that is not one of the system's own.
fn place(word: &str, directory: &ContextPath) -> Option<ContextPath> {
    if word.split('/').any(|component| component == "..") {
        return None;
    }
    let place = image_path(directory, word.as_bytes());
    let is_own = match place.components().count() {
        0 => false,
        1 => !crate::optimize::effects::is_standard(&place),
        _ => true,
    };
    is_own.then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, bool, String)> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let chown = chown(&words, &ContextPath::new("app"))?;
        let places: Vec<_> = chown.places.iter().map(ToString::to_string).collect();
        Some((chown.owner, chown.is_by_name, places.join(" ")))
    }

    #[test]
    fn an_owner_and_places_are_read() {
        for (text, owner, is_by_name, places) in [
            ("chown -R node /srv/x", "node:0", true, "srv/x"),
            ("chown node:node -R . /data", "node:node", true, "app data"),
            ("chown --recursive 1000:1000 x/", "1000:1000", false, "app/x"),
            ("chown -Rf 1000 /app", "1000:0", false, "app"),
            ("chown -hR 1:app /app", "1:app", true, "app"),
        ] {
            let expected = Some((owner.to_owned(), is_by_name, places.to_owned()));
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_certain_is_not_read() {
        for text in [
            "chown node /app",
            "chown -R node: /app",
            "chown -R :node /app",
            "chown -R node.node /app",
            "chown -RL node /app",
            "chown -RH node /app",
            "chown -R --from=root node /app",
            "chown -R --reference=/x /app",
            "chown -R node",
            "chown -R node ../x",
            "chown -R node /",
            "chown -R node /etc",
            "chown -R node /usr/",
            "chown - node /app",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
