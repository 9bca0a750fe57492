//! Projects of JavaScript.

mod bun;
mod npm;
mod pnpm;
mod workspaces;
mod yarn;

use super::{Project, project};
use crate::optimize::Risk;

/// An empty project on an image as node's are.
fn node() -> Project {
    let mut project = project();
    let mut image = project.images["python"].clone();
    image.env =
        ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_VERSION=20.1.0", "YARN_VERSION=1.22.22"]
            .map(str::to_owned)
            .to_vec();
    project.images = [("node".to_owned(), image)].into();
    project.file("src/index.js", "console.log(1)\n")
}

/// `FROM node`, `WORKDIR /app`, then these lines.
fn in_app(lines: &str) -> String {
    format!("FROM node\nWORKDIR /app\n{lines}\n")
}

/// Why it is refused has these words.
#[track_caller]
fn assert_refused(project: &Project, words: &str) {
    let reason = project.refused();
    assert!(reason.contains(words), "`{words}` is not in: {reason}");
}

/// It is bettered by these manifests, and at this risk.
#[track_caller]
fn assert_copies(project: &Project, copies: &str, risk: Risk) {
    let found = project.optimize();
    assert_eq!(found.explain(), None);
    let added: Vec<_> = found
        .patch
        .lines()
        .filter_map(|line| line.strip_prefix('+'))
        .filter(|line| line.starts_with("COPY ") && !line.starts_with("COPY . "))
        .collect();
    assert_eq!(added.join("\n"), copies, "in:\n{}", found.patch);
    assert_eq!(found.rewrites[0].risk, risk);
}
