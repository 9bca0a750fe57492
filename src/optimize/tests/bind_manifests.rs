//! Manifests that an install is shown, and that are copied behind it.

use super::{Project, project, risk};
use crate::optimize::Risk;

/// `# syntax=…` of mounts, `FROM node`, `WORKDIR /app`, then these lines.
fn service(lines: &str) -> Project {
    project()
        .image("node")
        .file("package.json", "{\"name\": \"a\"}\n")
        .file("package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {}}\n")
        .file("requirements.txt", "six==1.17.0\n")
        .file("other/package.json", "{}\n")
        .file("index.js", "\n")
        .dockerfile(&format!("# syntax=docker/dockerfile:1\nFROM node\nWORKDIR /app\n{lines}\n"))
}

#[test]
fn what_is_copied_again_is_mounted_for_the_install() {
    let found = service(
        "# packages\nCOPY package.json package-lock.json ./\nRUN npm ci --omit=dev\n# all\nCOPY . .\n\
         CMD [\"node\", \"index.js\"]",
    )
    .optimize();
    assert_eq!(found.rewrites.len(), 1, "{}", found.patch);
    insta::assert_snapshot!(found.patch);
    assert_eq!(risk(&found), Risk::Verify);
}

#[test]
fn what_anybody_else_may_miss_is_copied() {
    let copy = "COPY package.json package-lock.json ./";
    for lines in [
        // Nothing brings it again, or not the same, or not as it is.
        &*format!("{copy}\nRUN npm ci"),
        &format!("{copy}\nRUN npm ci\nCOPY index.js ."),
        &format!("{copy}\nRUN npm ci\nCOPY other ."),
        &format!("{copy}\nRUN npm ci\nCOPY --chmod=600 . ."),
        "COPY --chown=1 package.json package-lock.json ./\nRUN npm ci\nCOPY . .",
        // Somebody reads it first.
        &format!("{copy}\nRUN npm ci\nRUN cat package.json\nCOPY . ."),
        &format!("{copy}\nRUN npm ci && npm run build\nCOPY . ."),
        // The install writes it, or does not read it.
        &format!("{copy}\nRUN npm install\nCOPY . ."),
        "COPY package.json package-lock.json index.js ./\nRUN npm ci\nCOPY . .",
        // Something stands between.
        &format!("{copy}\nENV A=b\nRUN npm ci\nCOPY . ."),
        &format!("{copy}\nRUN npm ci\nUSER node\nRUN id\nCOPY . ."),
    ] {
        let found = service(lines).optimize();
        let is_bound = found.rewrites.iter().any(|rewrite| rewrite.id == "bind-manifests");
        assert!(!is_bound, "{lines}:\n{}", found.patch);
    }
}

#[test]
fn nobody_who_did_not_ask_for_mounts_gets_one() {
    let lines = "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .";
    let text = format!("FROM node\nWORKDIR /app\n{lines}\n");
    assert!(service("").dockerfile(&text).optimize().rewrites.is_empty());
}
