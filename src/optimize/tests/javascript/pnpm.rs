//! pnpm.

use super::super::{ALREADY_GOOD, Project};
use super::{assert_copies, assert_refused, in_app, node};
use crate::optimize::Risk;

fn shop(lines: &str) -> Project {
    node()
        .file("package.json", r#"{"packageManager":"pnpm@9.1.0","dependencies":{"express":"^4"}}"#)
        .file("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")
        .dockerfile(&in_app(lines))
}

#[test]
fn installs_are_bettered() {
    let both = "COPY package.json pnpm-lock.yaml ./";
    for (command, risk) in [
        ("corepack enable && pnpm install --frozen-lockfile", Risk::Verify),
        ("npm install -g pnpm@9 && pnpm i --frozen-lockfile --prod", Risk::Verify),
        ("pnpm install --frozen-lockfile --ignore-scripts", Risk::None),
        ("corepack prepare pnpm@9.1.0 --activate && pnpm fetch --ignore-scripts", Risk::None),
        ("pnpm install --ignore-scripts", Risk::Verify),
    ] {
        assert_copies(&shop(&format!("COPY . .\nRUN {command}")), both, risk);
    }
    let cached = "COPY . .\nRUN --mount=type=cache,id=pnpm,target=/pnpm/store \
                  pnpm install --frozen-lockfile";
    assert_copies(&shop(cached).image_env("PNPM_HOME=/pnpm"), both, Risk::Verify);
}

#[test]
fn a_workspace_brings_manifests_settings_and_patches() {
    let found = shop("COPY . .\nRUN pnpm install --frozen-lockfile --ignore-scripts")
        .file(
            "pnpm-workspace.yaml",
            "packages:\n  - apps/*\n  - '!apps/old'\npatchedDependencies:\n  \
             express@4.19.0: patches/express.patch\ncatalog:\n  react: ^18\n",
        )
        .file(".npmrc", "shamefully-hoist=true\n")
        .file("patches/express.patch", "x")
        .file(
            "apps/web/package.json",
            r#"{"dependencies":{"api":"workspace:*","react":"catalog:"}}"#,
        )
        .file("apps/web/.npmrc", "save-exact=true\n")
        .file("apps/api/package.json", "{}")
        .file("apps/old/package.json", "{}")
        .optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites[0].risk, Risk::None);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY package.json pnpm-lock.yaml ./\nRUN pnpm install --frozen-lockfile\nCOPY . .",
        "COPY pnpm-lock.yaml ./\nRUN pnpm fetch\nCOPY package.json ./\nRUN pnpm i --offline\nCOPY . .",
        "COPY . .\nRUN pnpm build",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn traps_are_refused() {
    let install = "COPY . .\nRUN pnpm install --frozen-lockfile";
    let hooks = shop(install).file(".pnpmfile.cjs", "const x = require('./hooks')\n");
    assert_refused(&hooks, ".pnpmfile.cjs has `require`");
    let plain = shop("COPY . .\nRUN pnpm i --frozen-lockfile --ignore-scripts")
        .file(".pnpmfile.cjs", "module.exports = {}\n");
    assert_copies(&plain, "COPY .pnpmfile.cjs package.json pnpm-lock.yaml ./", Risk::Verify);
    for (settings, words) in [
        ("storeDir: ./store\n", "pnpm's option `storeDir`"),
        ("injectWorkspacePackages: true\n", "pnpm's option `injectWorkspacePackages`"),
        ("overrides:\n  a: link:./a\n", "pnpm-workspace.yaml has `link:./a`"),
        ("patchedDependencies:\n  a: patches/a.patch\n", "`/app/patches/a.patch` is not among"),
    ] {
        assert_refused(&shop(install).file("pnpm-workspace.yaml", settings), words);
    }
    for package in [
        r#"{"pnpm":{"overrides":{"a":"file:./a"}}}"#,
        r#"{"dependenciesMeta":{"a":{"injected":true}}}"#,
    ] {
        let project = shop(install).file("package.json", package);
        assert_refused(&project, "installs from the project's own files");
    }
    let other = shop(install).file("package.yaml", "name: x\n");
    assert_refused(&other, "the COPY brings `package.yaml`");
    let script = r#"{"scripts":{"pnpm:devPreinstall":"node x"}}"#;
    assert_refused(&shop(install).file("package.json", script), "pnpm runs `pnpm:devPreinstall`");
    assert_refused(&shop("COPY . .\nRUN pnpm i --store-dir .s"), "pnpm's option `--store-dir .s`");
    assert_refused(&shop("COPY . .\nRUN pnpm -r build && pnpm i"), "`pnpm -r build` is not");
    let prisma = shop(install)
        .file("pnpm-lock.yaml", "packages:\n  '@prisma/client@5.0.0':\n")
        .file("prisma/schema.prisma", "x");
    assert_refused(&prisma, "pnpm runs `postinstall` of @prisma/client");
}

#[test]
fn a_workspace_may_have_no_package_of_its_own() {
    let part = |command: &str| {
        node()
            .file("pnpm-workspace.yaml", "packages:\n  - web\n")
            .file("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")
            .file("web/package.json", "{}")
            .dockerfile(&in_app(&format!("COPY . .\nRUN {command}")))
    };
    let copies = "COPY pnpm-lock.yaml pnpm-workspace.yaml ./\nCOPY web/package.json web/";
    assert_copies(&part("pnpm -r install --frozen-lockfile"), copies, Risk::Verify);
    assert_refused(&part("pnpm install --frozen-lockfile"), "the manifest `/app/package.json`");
    let script = part("pnpm -r install --frozen-lockfile")
        .file("web/package.json", r#"{"scripts":{"postinstall":"node x.js"}}"#);
    assert_refused(&script, "runs `postinstall` of web/package.json");
}
