//! What a build on hollow images missed, read from what the engine says of its failure.

use std::collections::BTreeSet;

use super::docker::Failure;

/// Something that a real base image, or a command that ran on it, would have brought.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Missing {
    /// An image of this name.
    Image(String),
    /// Something at this path, from the root.
    Path(String),
    /// A program, by its path or its name alone.
    Program(String),
    /// A user of this name.
    User(String),
    /// A group of this name.
    Group(String),
}

/// What the failed build missed; nothing where the fault is another.
pub(super) fn of(failure: &Failure) -> BTreeSet<Missing> {
    let of_steps = failure.steps.iter().filter_map(|(name, error)| of_step(name, error));
    image(&failure.message).into_iter().chain(of_steps).collect()
}

/// `NAME: failed to resolve source metadata for FULL-NAME: …`
fn image(message: &str) -> Option<Missing> {
    let (_, rest) = message.split_once("failed to resolve source metadata for ")?;
    let (name, _) = rest.split_once(": ")?;
    Some(Missing::Image(name.to_owned()))
}

fn of_step(name: &str, error: &str) -> Option<Missing> {
    let named = |before: &str| {
        let (_, rest) = error.split_once(before)?;
        Some(rest.split_once(':')?.0.to_owned())
    };
    if let Some(user) = named("unable to find user ") {
        return Some(Missing::User(user));
    }
    if let Some(group) = named("unable to find group ") {
        return Some(Missing::Group(group));
    }
    if error.contains("not found") || error.contains("no such file") {
        // What the context lacks, only the repository could bring.
        return path(name, error).filter(|_| name.contains("from=")).map(Missing::Path);
    }
    let command = error.strip_prefix("process \"").filter(|it| it.contains("exit code"))?;
    let program = command.split([' ', '"']).next()?;
    Some(Missing::Program(program.to_owned()))
}

/// The path that is not there: `"/path": not found`, `open /path: no such file or directory`, or,
/// where the engine names only a directory above it, the first source of the step itself.
fn path(name: &str, error: &str) -> Option<String> {
    let quoted = || error.split_once('"')?.1.split_once("\": not found").map(|it| it.0.to_owned());
    let opened =
        || error.split_once("open ")?.1.split_once(": no such file").map(|it| it.0.to_owned());
    let path = quoted().or_else(opened);
    path.map_or_else(|| sources(name).next(), |path| absolute(&path))
}

/// What a COPY of this name takes, as paths from the root.
pub(super) fn sources(name: &str) -> impl Iterator<Item = String> {
    let instruction = name.split_once("] COPY ").map_or("", |it| it.1);
    let mut words: Vec<&str> =
        instruction.split(' ').filter(|word| !word.starts_with("--")).collect();
    words.pop();
    words.into_iter().filter_map(absolute)
}

/// The path, or one that the pattern matches, from the root; nothing where it is the root itself.
fn absolute(path: &str) -> Option<String> {
    let path = matched(path.trim_matches('/'));
    (!path.is_empty()).then(|| format!("/{path}"))
}

/// A path that the pattern matches.
fn matched(pattern: &str) -> String {
    let mut path = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => path.push_str("hollow"),
            '?' => path.push('x'),
            '[' => {
                path.extend(letters.next());
                letters.by_ref().find(|it| *it == ']');
            }
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(name: &str, error: &str) -> Vec<Missing> {
        let steps = vec![(name.to_owned(), error.to_owned())];
        of(&Failure { message: String::new(), steps }).into_iter().collect()
    }

    #[test]
    fn an_image_is_missed_by_its_full_name() {
        let message = "node:20: failed to resolve source metadata for docker.io/library/node:20: \
                       failed to do request: Head";
        let failure = Failure { message: message.to_owned(), steps: Vec::new() };
        let expected = Missing::Image("docker.io/library/node:20".to_owned());
        assert_eq!(of(&failure), BTreeSet::from([expected]));
    }

    #[test]
    fn what_a_stage_lacks_is_missed() {
        let path = |text: &str| vec![Missing::Path(text.to_owned())];
        let copy = "[stage-1 2/3] COPY --from=build --link /app/x*.js /app/[abc]d/e? /there/";
        for (name, error, expected) in [
            (
                copy,
                "failed to calculate checksum of ref 1::2: \"/app/dist\": not found",
                "/app/dist",
            ),
            (copy, "lstat /app: no such file or directory", "/app/xhollow.js"),
            (
                "[2/2] RUN --mount=from=a,source=/gone,target=/x y",
                "process \"/bin/sh -c y\" did not complete successfully: open /gone: no such file or directory",
                "/gone",
            ),
        ] {
            assert_eq!(missing(name, error), path(expected), "{error}");
        }
        assert_eq!(matched("app/[abc]d/e?"), "app/ad/ex");
    }

    #[test]
    fn what_the_context_lacks_is_no_business_of_a_base_image() {
        let error = "failed to calculate checksum of ref 1::2: \"/dist\": not found";
        assert_eq!(missing("[2/3] COPY dist /app", error), []);
        let whole = "failed to calculate checksum of ref 1::2: \"/\": not found";
        assert_eq!(missing("[2/3] COPY --from=a / /app", whole), []);
    }

    #[test]
    fn users_groups_and_programs_are_missed_by_name() {
        let failed = |command: &str, end: &str| {
            missing(
                "[2/2] RUN x",
                &format!("process \"{command}\" did not complete successfully: {end}"),
            )
        };
        let shell = "/bin/sh -c x";
        let user = failed(shell, "unable to find user joe: no matching entries in passwd file");
        assert_eq!(user, [Missing::User("joe".to_owned())]);
        let group = failed(shell, "unable to find group jim: no matching entries in group file");
        assert_eq!(group, [Missing::Group("jim".to_owned())]);
        assert_eq!(failed("apk add", "exit code: 1"), [Missing::Program("apk".to_owned())]);
        assert_eq!(
            failed("/bin/zsh -c x", "exit code: 1"),
            [Missing::Program("/bin/zsh".to_owned())]
        );
    }
}
