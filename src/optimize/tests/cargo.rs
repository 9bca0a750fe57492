//! Projects of Cargo.

use super::{ALREADY_GOOD, Project, assert_refused, project};
use crate::optimize::Risk;

const PACKAGE: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nbuild = \"build.rs\"\n";

fn service(lines: &str) -> Project {
    project()
        .image("rust")
        .image_env("CARGO_HOME=/usr/local/cargo")
        .image_env("RUSTUP_HOME=/usr/local/rustup")
        .image_env("RUST_VERSION=1.88.0")
        .file("Cargo.toml", PACKAGE)
        .file("Cargo.lock", "version = 4\n")
        .file("build.rs", "fn main() {}\n")
        .file("src/main.rs", "mod api;\nfn main() {}\n")
        .file("src/api.rs", "\n")
        .dockerfile(&format!("FROM rust\nWORKDIR /app\n{lines}\n"))
}

#[test]
fn a_package_needs_one_target_to_be_there() {
    let found = service("COPY . .\nRUN cargo fetch --locked\nRUN cargo build --release --offline")
        .file("rust-toolchain.toml", "[toolchain]\nchannel = \"1.88\"\n")
        .file(".cargo/config.toml", "[net]\ngit-fetch-with-cli = true\n")
        .optimize();
    insta::assert_snapshot!(found.patch);
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
}

#[test]
fn targets_with_paths_need_no_file() {
    let manifest = format!("{PACKAGE}[[bin]]\nname = \"app\"\npath = \"src/main.rs\"\n");
    let found = service("COPY . .\nRUN cargo fetch").file("Cargo.toml", &manifest).optimize();
    insta::assert_snapshot!(found.patch);
    // Without --locked the lock file may be written again.
    assert_eq!(found.rewrites[0].risk, Risk::Verify);
}

#[test]
fn a_workspace_with_members_path_dependencies_and_patches() {
    let root = "[workspace]\nmembers = [\"crates/*\", \"tools/gen\"]\n\
                [workspace.dependencies]\nshared = { path = \"shared\" }\n\
                [patch.crates-io]\nserde = { path = \"third/serde\" }\n";
    let member = |name: &str| format!("[package]\nname = \"{name}\"\n");
    let found = service("COPY . .\nRUN cargo fetch --locked")
        .file("Cargo.toml", root)
        .file("crates/a/Cargo.toml", &(member("a") + "[dependencies]\nb = { path = \"../b\" }\n"))
        .file("crates/a/src/lib.rs", "")
        .file("crates/b/Cargo.toml", &(member("b") + "[lib]\n[[bin]]\nname = \"c\"\n"))
        .file("crates/b/src/lib.rs", "")
        .file("crates/b/src/bin/c/main.rs", "")
        .file("tools/gen/Cargo.toml", &member("gen"))
        .file("tools/gen/src/bin/one.rs", "")
        .file("shared/Cargo.toml", &(member("shared") + "[target.'cfg(unix)'.dependencies]\n"))
        .file("shared/src/lib.rs", "")
        .file("third/serde/Cargo.toml", &member("serde"))
        .file("third/serde/src/lib.rs", "")
        .file("unrelated/Cargo.toml", "not even toml")
        .optimize();
    insta::assert_snapshot!(found.patch);
}

#[test]
fn a_good_order_is_left_alone() {
    for lines in [
        "COPY Cargo.toml Cargo.lock ./\nCOPY src/main.rs src/\nRUN cargo fetch\nCOPY . .\n\
         RUN cargo build --release",
        "COPY Cargo.toml Cargo.lock ./\n\
         RUN mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release\n\
         COPY . .\nRUN cargo build --release",
        "RUN cargo install cargo-chef\nCOPY --from=planner /app/recipe.json .\n\
         RUN cargo chef cook --release\nCOPY . .\nRUN cargo build --release",
        "COPY . .\nRUN --mount=type=cache,target=/app/target cargo build --release",
    ] {
        let planned =
            format!("FROM rust AS planner\nWORKDIR /app\nFROM rust\nWORKDIR /app\n{lines}\n");
        assert_eq!(service("").dockerfile(&planned).refused(), ALREADY_GOOD, "{lines}");
    }
}

#[test]
fn what_compiles_reads_the_sources() {
    for command in ["cargo build --release", "cargo fetch; cargo build", "cargo install --path ."] {
        let project = service(&format!("COPY . .\nRUN {command}"));
        assert_refused(&project, "reads the project's own files");
        assert_refused(&project, "as cargo chef does, or give the RUN cache mounts");
    }
}

#[test]
fn manifests_that_are_not_followed() {
    let with = |manifest: &str| service("COPY . .\nRUN cargo fetch").file("Cargo.toml", manifest);
    let gone = format!("{PACKAGE}[dependencies]\na = {{ path = \"gone\" }}\n");
    assert_refused(&with(&gone), "`/app/gone/Cargo.toml` is not among");
    let outside = format!("{PACKAGE}[dependencies]\na = {{ path = \"../outside\" }}\n");
    assert_refused(&with(&outside), "`/outside/Cargo.toml` is not among");
    let target = format!("{PACKAGE}[[example]]\nname = \"gone\"\n");
    assert_refused(&with(&target), "Cargo.toml has `gone`, which is not understood");
    for members in ["\"crates/a*\"", "\"**\"", "\"../*\""] {
        let manifest = format!("[workspace]\nmembers = [{members}]\n");
        assert_refused(&with(&manifest), &format!("has `{members}`, which is not understood"));
    }
    assert_refused(&with("[package\n"), "Cargo.toml:1 has `");
    let empty = project().image("rust").file("Cargo.toml", PACKAGE).file("a.rs", "");
    let empty = empty.dockerfile("FROM rust\nWORKDIR /app\nCOPY . .\nRUN cargo fetch\n");
    assert_refused(&empty, "`a package without a target`");
    let linked = service("COPY . .\nRUN cargo fetch").file(".dockerignore", "src/main.rs\n");
    let linked = linked.link("src/lib.rs", "api.rs");
    assert_refused(&linked, "`src/lib.rs` is no regular file");
}

#[test]
fn settings_and_variables_that_lead_elsewhere() {
    for settings in [
        "paths = [\"vendored\"]",
        "[source.crates-io]\nreplace-with = \"vendored\"",
        "include = \"other.toml\"",
        "[build]\nrustc-wrapper = \"./wrap\"",
        "[build]\ntarget = \"my.json\"",
        "[registries.own]\nindex = \"file:///app/index\"",
        "[http]\ncainfo = \"ca.pem\"",
        "[patch.crates-io]\na = { path = \"a\" }",
    ] {
        let project = service("COPY . .\nRUN cargo fetch").file(".cargo/config.toml", settings);
        assert_refused(&project, ".cargo/config.toml has `");
    }
    let toolchain =
        service("COPY . .\nRUN cargo fetch").file("rust-toolchain", "[toolchain]\npath = \"t\"\n");
    assert_refused(&toolchain, "rust-toolchain has `path`");
    for (name, value) in
        [("CARGO_HOME", "/app/home"), ("RUSTC_WRAPPER", "x"), ("CARGO_SOURCE_X_DIRECTORY", "v")]
    {
        let project = service(&format!("ENV {name}={value}\nCOPY . .\nRUN cargo fetch"));
        assert_refused(&project, &format!("environment variable {name} "));
    }
}
