//! What builds of an image will most likely miss, by the names of its steps.
//!
//! It spares attempts: most that is copied from a stage was made there by a command. What a file of
//! the repository is called like is not foreseen, as it may well come from the context.

use std::collections::BTreeSet;

use super::{
    dockerfile, forecast,
    missing::{self, Missing},
};

/// Base images, and paths that are copied from stages. `files` are the names of the repository's.
pub(super) fn of<'a>(
    steps: impl Iterator<Item = &'a str>,
    files: &BTreeSet<String>,
) -> BTreeSet<Missing> {
    let mut foreseen = BTreeSet::new();
    for step in steps {
        if let Some(image) = forecast::base(step).filter(|it| *it != "scratch") {
            foreseen.insert(Missing::Image(dockerfile::without_digests(image)));
        } else if step.contains("] COPY --") && step.contains("--from=") {
            let is_made = |path: &String| {
                let name = path.rsplit('/').next().unwrap_or_default();
                !name.is_empty() && !files.contains(name)
            };
            foreseen.extend(missing::sources(step).filter(is_made).map(Missing::Path));
        }
    }
    foreseen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_most_likely_make_is_foreseen() {
        let steps = [
            "[a 1/2] FROM docker.io/library/node:20",
            "FROM docker.io/b/c:1",
            "[a 2/2] COPY . /app",
            "[d 2/3] COPY --from=a --chown=1:1 /app/dist /app/out/ app/package.json /",
            "[d 3/3] COPY --from=a / /whole",
        ];
        let files = BTreeSet::from(["package.json".to_owned()]);
        let images = ["docker.io/library/node:20", "docker.io/b/c:1"];
        let paths = ["/app/dist", "/app/out"];
        let expected: BTreeSet<Missing> = images
            .map(|it| Missing::Image(it.to_owned()))
            .into_iter()
            .chain(paths.map(|it| Missing::Path(it.to_owned())))
            .collect();
        assert_eq!(of(steps.into_iter(), &files), expected);
    }
}
