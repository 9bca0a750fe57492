//! yarn, the first version and the later ones.

use super::super::{ALREADY_GOOD, Project};
use super::{assert_copies, assert_refused, in_app, node};
use crate::optimize::Risk;

const FIRST_LOCK: &str = "# yarn lockfile v1\n\n\nexpress@^4.19.0:\n  version \"4.19.0\"\n";
const LATER_LOCK: &str =
    "# x\n\n__metadata:\n  version: 8\n\n\"express@npm:^4\":\n  version: 4.19.0\n";

fn shop(lines: &str) -> Project {
    node()
        .file(
            "package.json",
            r#"{"packageManager":"yarn@1.22.22","dependencies":{"express":"^4.19.0"}}"#,
        )
        .file("yarn.lock", FIRST_LOCK)
        .dockerfile(&in_app(lines))
}

fn later(lines: &str) -> Project {
    shop(lines)
        .file(
            "package.json",
            r#"{"packageManager":"yarn@4.1.0","scripts":{"prepare":"husky"},"dependencies":{"express":"^4"}}"#,
        )
        .file("yarn.lock", LATER_LOCK)
        .file(".yarnrc.yml", "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.1.0.cjs\n")
        .file(".yarn/releases/yarn-4.1.0.cjs", "1\n")
        .file(".yarn/sdks/x.js", "1\n")
}

#[test]
fn the_first_version_is_bettered() {
    let both = "COPY package.json yarn.lock ./";
    for command in [
        "yarn --frozen-lockfile",
        "yarn install --frozen-lockfile --production=true --network-timeout 100000",
        "yarn install --pure-lockfile && yarn cache clean",
        "corepack enable && yarn install --frozen-lockfile",
    ] {
        assert_copies(&shop(&format!("COPY . .\nRUN {command}")), both, Risk::Verify);
    }
    let silent = shop("COPY . .\nRUN yarn --frozen-lockfile --ignore-scripts");
    assert_copies(&silent, both, Risk::None);
    // Without a promise to leave the lock file alone it may be written again.
    assert_copies(&shop("COPY . .\nRUN yarn --ignore-scripts"), both, Risk::Verify);
    let configured = silent
        .file(
            ".yarnrc",
            "# x\nregistry \"https://example.com\"\nyarn-path \".yarn/releases/y.cjs\"\n",
        )
        .file(".yarn/releases/y.cjs", "1\n");
    let copies = "COPY .yarnrc package.json yarn.lock ./\n\
                  COPY .yarn/releases/y.cjs .yarn/releases/";
    assert_copies(&configured, copies, Risk::None);
}

#[test]
fn later_versions_bring_their_program_and_patches() {
    let project = later("COPY . .\nRUN yarn install --immutable")
        .file(".yarn/patches/express.patch", "x")
        .file(".yarn/plugins/p.cjs", "1\n")
        .file(
            ".yarnrc.yml",
            "yarnPath: .yarn/releases/yarn-4.1.0.cjs\nplugins:\n  - path: .yarn/plugins/p.cjs\n    \
             spec: \"@yarnpkg/plugin-workspace-tools\"\n",
        );
    let found = project.optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
    let focused = later("COPY . .\nRUN yarn workspaces focus --production");
    let copies = "COPY .yarnrc.yml package.json yarn.lock ./\n\
                  COPY .yarn/releases/yarn-4.1.0.cjs .yarn/releases/";
    assert_copies(&focused, copies, Risk::Verify);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY package.json yarn.lock ./\nRUN yarn install --frozen-lockfile\nCOPY . .\nRUN yarn build",
        "COPY .yarnrc.yml package.json yarn.lock ./\nCOPY .yarn/releases .yarn/releases\n\
         RUN yarn --immutable\nCOPY . .",
        "COPY . .\nRUN yarn build",
    ] {
        assert_eq!(later(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn traps_are_refused() {
    let script = r#"{"scripts":{"prepare":"husky install"}}"#;
    let prepared = shop("COPY . .\nRUN yarn").file("package.json", script);
    assert_refused(&prepared, "yarn runs `prepare` of package.json");
    let cached = later("COPY . .\nRUN yarn --immutable").file(".yarn/cache/a.zip", "x");
    assert_refused(&cached, "`.yarn/cache/a.zip` to where yarn installs");
    let pnp = later("COPY . .\nRUN yarn --immutable").file(".pnp.cjs", "x");
    assert_refused(&pnp, "`.pnp.cjs` to where yarn installs");
    for (settings, words) in [
        ("cacheFolder: ./.cache-of-yarn\n", "yarn's option `cacheFolder`"),
        ("enableConstraintsChecks: true\n", "yarn's option `enableConstraintsChecks`"),
        ("yarnPath: /app/yarn.cjs\n", "yarn's option `yarnPath`"),
        ("yarnPath: .yarn/releases/missing.cjs\n", "missing.cjs` is not among"),
        ("a: &b 1\n", "YAML of an unusual form"),
        ("packageExtensions:\n  a@*:\n    dependencies:\n      b: file:./b\n", "has `file:./b`"),
    ] {
        let project = later("COPY . .\nRUN yarn --immutable").file(".yarnrc.yml", settings);
        assert_refused(&project, words);
    }
    for specifier in ["portal:../a", "link:./a", "exec:./a.js"] {
        let package = format!(r#"{{"resolutions":{{"a":"{specifier}"}}}}"#);
        let project = later("COPY . .\nRUN yarn --immutable").file("package.json", &package);
        assert_refused(&project, &format!("package.json has `{specifier}`"));
    }
    let mirror = shop("COPY . .\nRUN yarn").file(".yarnrc", "yarn-offline-mirror \"./mirror\"\n");
    assert_refused(&mirror, "yarn's option `yarn-offline-mirror");
    let led = shop("COPY . .\nRUN yarn").image_env("YARN_CACHE_FOLDER=.yarn-cache");
    assert_refused(&led, "the environment variable YARN_CACHE_FOLDER");
    let linked = node()
        .file("package.json", "{}")
        .link(".yarn", "src")
        .dockerfile(&in_app("COPY . .\nRUN yarn"));
    assert_refused(&linked, "`.yarn` is no regular file");
    assert_refused(&shop("COPY . .\nRUN yarn; yarn build"), "`yarn build` is not an install");
}

#[test]
fn a_patch_is_copied_with_the_manifest_that_names_it() {
    let package =
        r#"{"packageManager":"yarn@4.1.0","dependencies":{"a":"patch:a@npm%3A1#./fix/a.patch"}}"#;
    let project = shop("COPY . .\nRUN yarn --immutable")
        .file("package.json", package)
        .file("fix/a.patch", "x");
    let copies = "COPY package.json yarn.lock ./\nCOPY fix/a.patch fix/";
    assert_copies(&project, copies, Risk::Verify);
}
