//! bun.

use super::super::{ALREADY_GOOD, Project};
use super::{assert_copies, assert_refused, in_app, node};
use crate::optimize::Risk;

fn shop(lines: &str) -> Project {
    node()
        .file("package.json", r#"{"dependencies":{"hono":"^4"}}"#)
        .file("bun.lock", "{}\n")
        .dockerfile(&in_app(lines))
}

#[test]
fn installs_are_bettered() {
    let both = "COPY bun.lock package.json ./";
    for command in ["bun install --frozen-lockfile", "bun i --production", "bun ci"] {
        assert_copies(&shop(&format!("COPY . .\nRUN {command}")), both, Risk::Verify);
    }
    let nothing = shop("COPY . .\nRUN bun install --frozen-lockfile")
        .file("package.json", "{}")
        .file("bunfig.toml", "[install]\nexact = true\n");
    assert_copies(&nothing, "COPY bun.lock bunfig.toml package.json ./", Risk::None);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY package.json bun.lock ./\nRUN bun install --frozen-lockfile\nCOPY . .",
        "COPY . .\nRUN bun run build",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn traps_are_refused() {
    let install = "COPY . .\nRUN bun install --frozen-lockfile";
    assert_refused(&shop(install).file(".env", "A=b\n"), "the COPY brings `.env`, which bun");
    let global = shop(install).file("bunfig.toml", "[install]\nglobalDir = \"x\"\n");
    assert_refused(&global, "bun's option `globalDir = \"x\"`");
    let script = r#"{"scripts":{"prepare":"node x"}}"#;
    assert_refused(&shop(install).file("package.json", script), "bun runs `prepare`");
    let patched = r#"{"patchedDependencies":{"a@1":"patches/a.patch"}}"#;
    let patched = shop(install).file("package.json", patched);
    assert_refused(&patched, "`/app/patches/a.patch` is not among");
    let copies = "COPY bun.lock package.json ./\nCOPY patches/a.patch patches/";
    assert_copies(&patched.file("patches/a.patch", "x"), copies, Risk::None);
    let brought = shop(install).file("node_modules/a.js", "1\n");
    assert_refused(&brought, "`node_modules/a.js` to where bun installs");
    let local = r#"{"dependencies":{"a":"link:a"}}"#;
    assert_refused(&shop(install).file("package.json", local), "package.json has `link:a`");
    assert_refused(&shop("COPY . .\nRUN bun install; bun test"), "`bun test` is not an install");
}
