//! Projects of several packages, with any of the tools.

use super::super::Project;
use super::{assert_refused, in_app, node};
use crate::optimize::Risk;

fn monorepo() -> Project {
    node()
        .file("package.json", r#"{"private":true,"workspaces":["packages/*","!packages/old"]}"#)
        .file(
            "package-lock.json",
            r#"{"lockfileVersion":3,"packages":{"node_modules/api":{"resolved":"packages/api","link":true}}}"#,
        )
        .file("packages/api/package.json", r#"{"name":"api","dependencies":{"lib":"*"}}"#)
        .file("packages/api/index.js", "1\n")
        .file("packages/lib/package.json", r#"{"name":"lib"}"#)
        .file("packages/old/package.json", r#"{"name":"old"}"#)
        .file("packages/api/test/project/package.json", "{}")
        .dockerfile(&in_app("COPY . .\nRUN npm ci"))
}

#[test]
fn the_manifest_of_every_workspace_is_copied() {
    let found = monorepo().optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites[0].risk, Risk::None);
}

#[test]
fn workspaces_may_need_their_sources() {
    for (package, words) in [
        (r#"{"bin":"cli.js"}"#, "has `bin`"),
        (r#"{"directories":{"bin":"x"}}"#, "has `bin`"),
        (r#"{"scripts":{"prepare":"tsc"}}"#, "npm runs `prepare` of packages/lib/package.json"),
        (r#"{"dependencies":{"a":"file:../a"}}"#, "packages/lib/package.json has `file:../a`"),
    ] {
        let project = monorepo().file("packages/lib/package.json", package);
        assert_refused(&project, words);
    }
    let addon = monorepo().file("packages/lib/binding.gyp", "{}");
    assert_refused(&addon, "`node-gyp rebuild`");
    let brought = monorepo().file("packages/lib/node_modules/x/index.js", "1\n");
    assert_refused(&brought, "`packages/lib/node_modules/x/index.js` to where npm installs");
    let linked = monorepo().link("packages/other", "../src");
    assert_refused(&linked, "`packages/other` is no regular file");
}

#[test]
fn too_many_directories_for_lines_are_refused() {
    let mut project = monorepo();
    for number in 0..50 {
        project = project.file(&format!("packages/p{number}/package.json"), "{}");
    }
    assert_refused(&project, "manifests in 53 directories");
}
