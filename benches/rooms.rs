//! How long the rooms take that every forecast goes through: `cargo bench`.
//!
//! Trees are of 4 KiB files in a temporary directory, 100 in a directory, in the page cache. Those
//! of 1,000,000 files are made only where `SMARTBUILD_BENCH_MILLION` is set. How long whole commands
//! take beside `find`, `sha256sum`, git and docker is for `cargo xtask bench`.

use std::collections::BTreeMap;

use divan::{Bencher, black_box};
use smartbuild::context::{IgnoreRules, Index, snapshot, snapshot_with_index};
use smartbuild::dockerfile::Dockerfile;
use smartbuild::plan::{BuildOptions, Dialect, PlanRequest, plan};

/// As projects have them; nothing in a tree is left out.
const RULES: &str = ".git\n**/.DS_Store\n**/*.swp\n**/node_modules\n**/__pycache__\n**/*.py[cod]\n\
                     .venv\ndist\nbuild/*\n!build/keep\ntarget\n**/coverage\n**/*.log\n.env*\n\
                     !.env.example\n**/*.pem\ndocs/**/*.md\n!docs/README.md\nDockerfile*\n";

const DOCKERFILE: &str = "FROM base AS build\nWORKDIR /src\nCOPY d0 d0\nRUN make deps\nCOPY . .\n\
                          RUN make\nFROM base\nCOPY --from=build /src/out /out\nCMD [\"/out\"]\n";

fn main() {
    divan::main();
}

/// How many files the trees have.
fn sizes() -> Vec<usize> {
    let is_asked = std::env::var_os("SMARTBUILD_BENCH_MILLION").is_some();
    [1_000, 10_000, 100_000].into_iter().chain(is_asked.then_some(1_000_000)).collect()
}

/// A tree of `count` files.
fn tree(count: usize) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for number in 0..count {
        let folder = directory.path().join(format!("d{}", number / 100));
        if number % 100 == 0 {
            std::fs::create_dir(&folder).expect("a directory");
        }
        let content = format!("{number:04096}");
        std::fs::write(folder.join(format!("f{number}")), content).expect("a file");
    }
    directory
}

fn rules() -> IgnoreRules {
    IgnoreRules::parse(RULES.as_bytes()).expect("rules")
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn read_every_file(bencher: Bencher<'_, '_>, count: usize) {
    let (directory, rules) = (tree(count), rules());
    bencher.bench_local(|| snapshot(directory.path(), &rules).expect("a snapshot"));
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn read_no_file_again(bencher: Bencher<'_, '_>, count: usize) {
    let (directory, rules) = (tree(count), rules());
    // What is younger than the file system's clock can tell is read again.
    age();
    let (_, index) =
        snapshot_with_index(directory.path(), &rules, Some(&Index::default())).expect("a snapshot");
    bencher.bench_local(|| {
        snapshot_with_index(directory.path(), &rules, index.as_ref()).expect("a snapshot")
    });
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn read_one_edited_file(bencher: Bencher<'_, '_>, count: usize) {
    let (directory, rules) = (tree(count), rules());
    age();
    let (_, index) =
        snapshot_with_index(directory.path(), &rules, Some(&Index::default())).expect("a snapshot");
    let mut edits = 0_u64..;
    bencher
        .with_inputs(|| {
            let text = format!("edit {:?}", edits.next());
            std::fs::write(directory.path().join("d0/f0"), text).expect("a file");
        })
        .bench_local_values(|()| {
            snapshot_with_index(directory.path(), &rules, index.as_ref()).expect("a snapshot")
        });
}

#[divan::bench(args = sizes(), sample_count = 20)]
fn match_ignore_rules(bencher: Bencher<'_, '_>, count: usize) {
    let directory = tree(count);
    let snapshot = snapshot(directory.path(), &IgnoreRules::none()).expect("a snapshot");
    let filter = rules().filter();
    bencher.bench_local(|| filter.select(black_box(&snapshot)).len());
}

#[divan::bench(args = sizes(), sample_count = 20)]
fn digest_the_whole_context(bencher: Bencher<'_, '_>, count: usize) {
    let directory = tree(count);
    let snapshot = snapshot(directory.path(), &IgnoreRules::none()).expect("a snapshot");
    bencher.bench_local(|| black_box(&snapshot).digest());
}

#[divan::bench(args = sizes(), sample_count = 20)]
fn plan_with_the_content_of_every_copy(bencher: Bencher<'_, '_>, count: usize) {
    let directory = tree(count);
    let snapshot = snapshot(directory.path(), &rules()).expect("a snapshot");
    let dockerfile = Dockerfile::parse("Dockerfile", DOCKERFILE).expect("a Dockerfile");
    let (images, options) = (BTreeMap::new(), BuildOptions::default());
    let request = PlanRequest {
        dockerfile: &dockerfile,
        snapshot: &snapshot,
        images: &images,
        options: &options,
        dialect: Dialect::default(),
    };
    bencher.bench_local(|| plan(black_box(request)).expect("a plan"));
}

#[divan::bench]
fn parse_a_dockerfile() -> Dockerfile {
    Dockerfile::parse("Dockerfile", black_box(DOCKERFILE)).expect("a Dockerfile")
}

/// Waits until the files are older than the index needs them to be.
fn age() {
    std::thread::sleep(std::time::Duration::from_secs(3));
}
