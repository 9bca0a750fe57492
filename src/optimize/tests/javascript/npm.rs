//! npm.

use super::super::{ALREADY_GOOD, Project};
use super::{assert_copies, assert_refused, in_app, node};
use crate::optimize::Risk;

/// A lock file that names these packages as those with scripts.
fn lock(with_scripts: &[&str]) -> String {
    let packages = with_scripts.iter().map(|name| {
        format!(
            r#","node_modules/{name}":{{"version":"1.0.0","resolved":"https://example.com/{name}.tgz","hasInstallScript":true}}"#
        )
    });
    let packages: String = packages.collect();
    format!(r#"{{"lockfileVersion":3,"packages":{{"":{{}}{packages}}}}}"#)
}

fn shop(lines: &str) -> Project {
    node()
        .file("package.json", r#"{"name":"shop","dependencies":{"express":"^4.19.0"}}"#)
        .file("package-lock.json", &lock(&[]))
        .dockerfile(&in_app(lines))
}

#[test]
fn what_people_write_is_bettered() {
    let found = shop(
        "# the project\nCOPY --chown=node:node . .\n\n# its packages\n\
         RUN --mount=type=cache,target=/root/.npm \\\n    npm ci --omit=dev --no-audit && \\\n    \
         npm cache clean --force\nCMD [\"node\", \"src/index.js\"]",
    )
    .optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites[0].risk, Risk::None);
    for command in [
        "npm ci",
        "npm ci --only=production --silent",
        "npm clean-install --legacy-peer-deps",
        "npm install --no-package-lock",
        "npm config set fund false && npm ci",
        "npm install -g npm@10 && npm ci",
        "corepack enable && npm ci",
        "npm --prefix /app ci",
    ] {
        let project = shop(&format!("COPY . .\nRUN {command}"));
        assert_copies(&project, "COPY package-lock.json package.json ./", Risk::None);
    }
}

#[test]
fn settings_and_a_part_of_a_repository_come_along() {
    let project = shop("COPY . .\nRUN npm ci")
        .file(".npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}\nengine-strict=true\n");
    assert_copies(&project, "COPY .npmrc package-lock.json package.json ./", Risk::None);
    let part = node()
        .file("web/package.json", "{}")
        .file("web/package-lock.json", &lock(&[]))
        .file("web/index.js", "1\n")
        .file("package.json", "{}")
        .dockerfile("FROM node\nCOPY . /srv\nWORKDIR /srv\nRUN npm --prefix web ci\n");
    let copies = "COPY package.json /srv/\nCOPY web/package-lock.json web/package.json /srv/web/";
    assert_eq!(part.optimize().rewrites[0].risk, Risk::Verify);
    assert!(part.bettered().starts_with(&format!("FROM node\nWORKDIR /srv\n{copies}\nRUN")));
    let part = part.dockerfile("FROM node\nWORKDIR /srv\nCOPY . .\nRUN npm --prefix web ci\n");
    let copies = "COPY package.json .\nCOPY web/package-lock.json web/package.json web/";
    assert_copies(&part, copies, Risk::None);
    let below = part.file("package.json", r#"{"workspaces":["web"]}"#);
    assert_refused(&below, "the COPY brings `package.json`, which npm may read");
}

/// A project of two parts, with these lines.
fn parts(lines: &str) -> Project {
    let mut project =
        node().file("docs/a.md", "a\n").link("linked", "client").dockerfile(&in_app(lines));
    for part in ["client", "server"] {
        project = project
            .file(&format!("{part}/package.json"), r#"{"dependencies":{"express":"^4.19.0"}}"#)
            .file(&format!("{part}/package-lock.json"), &lock(&[]));
    }
    project
}

#[test]
fn each_part_of_a_repository_is_installed_where_it_is() {
    let client = "COPY client/package-lock.json client/package.json client/";
    let both = format!("{client}\nCOPY server/package-lock.json server/package.json server/");
    for (command, copies) in [
        ("cd client && npm ci && cd ../server && npm ci", &*both),
        ("cd /app/client && npm ci && cd /app/server && npm ci", &both),
        ("set -ex && cd ./client/ && npm ci && npm cache clean --force", client),
    ] {
        let project = parts(&format!("COPY . .\nRUN {command}\nRUN cd client && npm run build"));
        assert_copies(&project, copies, Risk::Verify);
        let text = project.optimize().text;
        let again = project.dockerfile(&text);
        assert_eq!(again.refused(), ALREADY_GOOD, "{command}");
    }
}

#[test]
fn what_stands_above_a_part_may_be_another_project() {
    let above = |workspaces: &str| {
        parts("COPY . .\nRUN cd client && npm ci")
            .file("package.json", &format!(r#"{{"name":"all","workspaces":{workspaces}}}"#))
            .file("package-lock.json", &lock(&[]))
    };
    let copies = "COPY package.json .\nCOPY client/package-lock.json client/package.json client/";
    assert_copies(&above("[]"), copies, Risk::None);
    assert_copies(&above("null"), copies, Risk::None);
    // A project of pnpm, of which npm reads nothing.
    let of_pnpm = |project: Project| {
        project.file("pnpm-workspace.yaml", "packages: [client]\n").file("pnpm-lock.yaml", "a: 1\n")
    };
    assert_copies(&of_pnpm(above("null")), copies, Risk::None);
    let yarn =
        of_pnpm(above("null")).dockerfile(&in_app("COPY . .\nRUN cd client && yarn install"));
    assert_refused(&yarn, "which yarn may read");
    let settings = of_pnpm(above("null")).file(".npmrc", "ignore-scripts=true\n");
    assert_refused(&settings, "`.npmrc`, which npm may read");
    assert_refused(&above(r#"["client"]"#), "`package.json`, which npm may read");
    assert_refused(&above("{}"), "`package.json`, which npm may read");
    let yarn = above("[]").dockerfile(&in_app("COPY . .\nRUN cd client && yarn install"));
    assert_refused(&yarn, "which yarn may read");
}

#[test]
fn packages_for_all_projects_need_none() {
    for (command, risk) in [("npm i -g pnpm@9", Risk::None), ("npm i -g x", Risk::Verify)] {
        let project = shop(&format!("COPY . .\nRUN {command}\nRUN pnpm build"));
        let project = project.file(".npmrc", "loglevel=error\n");
        let found = project.optimize();
        assert_eq!(found.text, in_app(&format!("RUN {command}\nCOPY . .\nRUN pnpm build")));
        assert_eq!(found.rewrites[0].risk, risk);
    }
    for command in ["npm i -g .", "npm i -g ./x", "npm i -g file:x", "npm i -g x.tgz"] {
        assert_eq!(shop(&format!("COPY . .\nRUN {command}")).refused(), ALREADY_GOOD, "{command}");
    }
}

#[test]
fn a_part_that_is_not_certain_is_not_entered() {
    for (command, words) in [
        // A failed `cd` is passed over, and the install runs somewhere else.
        ("cd client; npm ci", "`cd client`"),
        ("cd client && npm ci || true", "`cd client`"),
        ("cd client || npm ci", "`cd client`"),
        ("cd .. && npm ci", "`cd ..`"),
        ("cd client/../.. && npm ci", "`cd client/../..`"),
        ("cd /srv && npm ci", "`cd /srv`"),
        ("cd - && npm ci", "`cd -`"),
        ("cd && npm ci", "`cd`"),
        ("CDPATH=/srv cd client && npm ci", "`cd client`"),
        ("cd $PART && npm ci", "`cd $PART"),
        // What is entered on the way is not there yet above the COPY.
        ("cd docs && cd ../client && npm ci", "`cd docs`"),
        ("cd missing && npm ci", "the manifest `/app/missing/package.json`"),
        ("cd linked && npm ci", "the manifest `/app/linked/package.json`"),
        ("cd client && make && npm ci", "`make`"),
    ] {
        assert_refused(&parts(&format!("COPY . .\nRUN {command}")), words);
    }
    let led = parts("ENV CDPATH=/srv\nCOPY . .\nRUN cd client && npm ci");
    assert_refused(&led, "`cd client`");
    let written = parts("COPY . .\nRUN cd client && npm ci").file("client/node_modules/a", "");
    assert_refused(&written, "client/node_modules");
}

#[test]
fn steps_before_the_install_move_with_it() {
    let project =
        shop("COPY . .\nRUN corepack enable\nRUN npm i -g npm@10\nRUN npm ci\nRUN npm run build");
    let copies = "COPY package-lock.json package.json ./";
    assert_copies(&project, copies, Risk::Verify);
    let text = project.optimize().text;
    assert!(text.ends_with("RUN npm ci\nCOPY . .\nRUN npm run build\n"), "{text}");
    let unknown = shop("COPY . .\nRUN npm i -g somebodys && npm ci");
    assert_copies(&unknown, copies, Risk::Verify);
    // Where the project lies in a home directory, its settings are written.
    let settings = shop("COPY . .\nRUN npm config set fund false && npm ci").file(".npmrc", "");
    assert_copies(&settings, "COPY .npmrc package-lock.json package.json ./", Risk::Verify);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY package*.json ./\nRUN npm ci\nCOPY . .",
        "COPY package.json package-lock.json ./\nRUN npm ci && npm run prepare\nCOPY . .",
        "COPY package.json .\nRUN npm install\nCOPY . .\nRUN npm run build",
        "COPY . .\nRUN npm run build",
        "RUN apk add npm yarn\nCOPY . .",
    ] {
        assert_eq!(shop(lines).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn a_missing_lock_file_leaves_it_open_what_is_installed() {
    let project = node()
        .file("package.json", r#"{"dependencies":{"express":"^4"}}"#)
        .dockerfile(&in_app("COPY package.json ./\nCOPY . .\nRUN npm install"));
    let found = project.optimize();
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
    assert!(found.text.ends_with("COPY package.json ./\nRUN npm install\nCOPY . .\n"));
    let without_scripts = project.dockerfile(&in_app("COPY . .\nRUN npm i --ignore-scripts"));
    assert_copies(&without_scripts, "COPY package.json .", Risk::None);
    let nothing = node().file("package.json", "{}").dockerfile(&in_app("COPY . .\nRUN npm i"));
    assert_copies(&nothing, "COPY package.json .", Risk::None);
}

#[test]
fn a_lock_file_that_may_be_written_again_asks_for_verification() {
    let both = "COPY package-lock.json package.json ./";
    assert_copies(&shop("COPY . .\nRUN npm install"), both, Risk::Verify);
    let left = shop("COPY . .\nRUN npm install").file(".npmrc", "package-lock=false\n");
    assert_copies(&left, "COPY .npmrc package-lock.json package.json ./", Risk::None);
}

#[test]
fn scripts_of_packages_are_known_or_verified() {
    let both = "COPY package-lock.json package.json ./";
    let with =
        |names: &[&str]| shop("COPY . .\nRUN npm ci").file("package-lock.json", &lock(names));
    assert_copies(&with(&["esbuild", "fsevents"]), both, Risk::None);
    assert_copies(&with(&["esbuild", "somebodys"]), both, Risk::Verify);
    let silent = with(&["somebodys"]).file(".npmrc", "ignore-scripts=true\n");
    assert_copies(&silent, "COPY .npmrc package-lock.json package.json ./", Risk::None);
    let old = with(&[]).file("package-lock.json", r#"{"lockfileVersion":1,"dependencies":{}}"#);
    assert_copies(&old, both, Risk::Verify);
    // Its client is generated from the schema, if there is one by then.
    let prisma = with(&["@prisma/client"]);
    assert_copies(&prisma, both, Risk::Verify);
    let prisma = prisma.file("prisma/schema.prisma", "x");
    assert_refused(&prisma, "npm runs `postinstall` of @prisma/client as it installs");
    let hooks = with(&["husky"]).file(".git/HEAD", "x");
    assert_refused(&hooks, "npm runs `postinstall` of husky");
}

#[test]
fn scripts_of_the_project_need_its_sources() {
    for event in ["preinstall", "install", "postinstall", "prepublish", "prepare", "postprepare"] {
        let scripts = format!(r#"{{"scripts":{{"{event}":"node build.js"}}}}"#);
        let project = shop("COPY . .\nRUN npm ci").file("package.json", &scripts);
        assert_refused(&project, &format!("npm runs `{event}` of package.json as it installs"));
        let silent = project.dockerfile(&in_app("COPY . .\nRUN npm ci --ignore-scripts"));
        assert_copies(&silent, "COPY package-lock.json package.json ./", Risk::None);
    }
    let addon = shop("COPY . .\nRUN npm ci").file("binding.gyp", "{}");
    assert_refused(&addon, "npm runs `node-gyp rebuild` of binding.gyp");
    let others =
        r#"{"scripts":{"build":"x","test":"y","preinstall":"npx only-allow npm","prepare":""}}"#;
    let project = shop("COPY . .\nRUN npm ci").file("package.json", others);
    assert_copies(&project, "COPY package-lock.json package.json ./", Risk::None);
    let patched = shop("COPY . .\nRUN npm ci")
        .file("package.json", r#"{"scripts":{"postinstall":"patch-package"}}"#)
        .file("patches/express+4.19.0.patch", "x");
    let copies = "COPY package-lock.json package.json ./\n\
                  COPY patches/express+4.19.0.patch patches/";
    assert_copies(&patched, copies, Risk::None);
}

#[test]
fn packages_from_the_project_need_its_sources() {
    for package in [
        r#"{"dependencies":{"a":"file:lib/a"}}"#,
        r#"{"devDependencies":{"a":"./lib/a"}}"#,
        r#"{"optionalDependencies":{"a":"vendor/a.tgz"}}"#,
        r#"{"overrides":{"x":{"a":"file:lib/a"}}}"#,
    ] {
        let project = shop("COPY . .\nRUN npm ci").file("package.json", package);
        assert_refused(&project, "package.json has `");
        assert_refused(&project, "installs from the project's own files");
    }
    for lock in [
        r#"{"lockfileVersion":3,"packages":{"node_modules/a":{"resolved":"lib/a","link":true}}}"#,
        r#"{"lockfileVersion":3,"packages":{"node_modules/a":{"resolved":"file:a.tgz"}}}"#,
        r#"{"lockfileVersion":1,"dependencies":{"b":{"version":"1.0.0","dependencies":{"a":{"version":"file:a"}}}}}"#,
    ] {
        let project = shop("COPY . .\nRUN npm ci").file("package-lock.json", lock);
        assert_refused(&project, "package-lock.json has `");
    }
    let odd =
        shop("COPY . .\nRUN npm ci").file("package.json", r#"{"dependencies":{"a":"odd:b"}}"#);
    assert_refused(&odd, "package.json has `odd:b`, which is not understood");
}

#[test]
fn what_is_in_the_way_of_an_install_is_told() {
    let brought = shop("COPY . .\nRUN npm ci").file("node_modules/a/index.js", "1\n");
    assert_refused(&brought, "`node_modules/a/index.js` to where npm installs");
    assert_refused(
        &shop("COPY . .\nRUN npm ci; npm run build"),
        "`npm run build` is not an install",
    );
    assert_refused(&shop("COPY . .\nRUN npm install express"), "`npm install express` is not");
    assert_refused(&shop("COPY . .\nRUN npm ci --cache .npm"), "npm's option `--cache .npm`");
    assert_refused(
        &shop("COPY . .\nRUN cd web && npm ci"),
        "`package-lock.json`, which npm may read",
    );
    let ignored = shop("COPY . .\nRUN npm ci").file(".dockerignore", "package.json\n");
    assert_refused(&ignored, "`/app/package.json` is not among");
    let linked = shop("COPY . .\nRUN npm ci").link(".npmrc", "src/index.js");
    assert_refused(&linked, "`.npmrc` is no regular file");
    for (line, key) in [("cache=.npm", "cache"), ("script-shell=./sh", "script-shell")] {
        let configured = shop("COPY . .\nRUN npm ci").file(".npmrc", line);
        assert_refused(&configured, &format!("npm's option `{key}`"));
    }
    let earlier = shop("RUN npm config set prefix /app/x\nCOPY . .\nRUN npm ci");
    assert_refused(&earlier, "may tell npm where to look");
    for variable in [
        "NPM_CONFIG_CACHE=/app/c",
        "npm_config_userconfig=/app/rc",
        "NODE_OPTIONS=-r ./x",
        "HOME=/app/h",
        "NODE_PATH=/app/lib",
    ] {
        let led = shop("COPY . .\nRUN npm ci").image_env(variable);
        assert_refused(&led, "the environment variable ");
    }
    let harmless = shop(
        "ENV NODE_ENV=production NPM_CONFIG_LOGLEVEL=warn NODE_OPTIONS=--max-old-space-size=4096\nCOPY . .\nRUN npm ci",
    );
    assert_copies(&harmless, "COPY package-lock.json package.json ./", Risk::None);
    for text in ["{", "[]", "\u{feff}{"] {
        let broken = shop("COPY . .\nRUN npm ci").file("package.json", text);
        assert_refused(&broken, "package.json has `no JSON");
    }
    let shims =
        shop("COPY . .\nRUN npm ci").file(".nvmrc", "20").image_env("PATH=/root/.asdf/shims:/bin");
    assert_refused(&shims, "the COPY brings `.nvmrc`");
}
