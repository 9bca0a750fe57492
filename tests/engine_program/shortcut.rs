//! An image that nothing changed is kept, and is the one that the engine would have given.

use std::process::Command;

use crate::report::{assert_agreed, assert_all_reused};
use crate::workshop::{TestEngine, Workshop, engine};
use serde_json::Value;

on_engines!(
    the_image_is_the_one_that_the_engine_would_have_given,
    whatever_decides_the_image_builds_it,
    the_time_of_the_environment_is_the_builds,
    an_image_that_is_gone_or_was_made_again_is_built,
    what_others_made_again_is_built,
    what_others_made_again_stays_known,
    a_file_that_is_told_again_as_it_was_changes_nothing,
    names_and_files_are_given_without_a_build,
);

/// Its steps are called by the salt: others on the engine would be taken for those of this project.
const DOCKERFILE: &str = "\
FROM busybox:local AS made
COPY source.txt /SALT.txt
RUN cat /SALT.txt > /made.txt
FROM busybox:local
LABEL who=we
COPY --from=made /made.txt /SALT.txt
RUN cat /SALT.txt
CMD [\"true\"]
";

fn project(engine: &TestEngine) -> (Workshop, String) {
    let shop = Workshop::new(engine);
    shop.file("source.txt", &shop.salt());
    shop.file("Dockerfile", &DOCKERFILE.replace("SALT", &shop.salt()));
    let image = shop.image_name("kept");
    (shop, image)
}

fn is_kept(report: &Value) -> bool {
    report["shortcut"] == true
}

fn request(engine: &TestEngine, method: &str, path: &str) -> String {
    let socket = engine.host.trim_start_matches("unix://");
    let done = Command::new("curl")
        .args(["-sS", "-X", method, "--unix-socket", socket])
        .arg(format!("http://engine{path}"))
        .output()
        .expect("curl runs");
    String::from_utf8(done.stdout).expect("text")
}

/// The id that an image's name stands for.
fn id_of(engine: &TestEngine, name: &str) -> Value {
    let told = request(engine, "GET", &format!("/images/{name}/json"));
    serde_json::from_str::<Value>(&told).expect("JSON")["Id"].clone()
}

fn the_image_is_the_one_that_the_engine_would_have_given(engine: &TestEngine) {
    for dockerfile in [DOCKERFILE, "FROM busybox:local\nLABEL only=SALT\n", "FROM busybox:local\n"]
    {
        let (shop, image) = project(engine);
        shop.file("Dockerfile", &dockerfile.replace("SALT", &shop.salt()));
        let first = shop.build(&["-t", &image]);
        assert!(!is_kept(&first), "{first:#}");
        let kept = shop.build(&["-t", &image]);
        assert!(is_kept(&kept), "{kept:#}");
        assert_all_reused(&kept);
        let built = shop.build(&["--no-shortcut", "-t", &image]);
        assert!(!is_kept(&built), "{built:#}");
        assert_all_reused(&built);
        assert_eq!((&kept["image"], &built["image"]), (&first["image"], &first["image"]));
        assert_eq!(id_of(engine, &image), first["image"]);
    }
}

fn whatever_decides_the_image_builds_it(engine: &TestEngine) {
    let (shop, image) = project(engine);
    shop.build(&["-t", &image]);
    let build_again = |what: &str, arguments: &[&str]| {
        let report = shop.build(&[&["-t", &image], arguments].concat());
        assert!(!is_kept(&report), "{what}: {report:#}");
        assert_agreed(&report);
        report["image"].clone()
    };
    build_again("a label", &["--label", "by=them"]);
    build_again("a platform", &["--platform", "linux/amd64"]);
    build_again("another target", &["--target", "made"]);
    build_again("no cache", &["--no-cache"]);
    build_again("no cache of one stage", &["--no-cache-filter", "made"]);
    build_again("no cache of every stage", &["--no-cache-filter", ""]);
    shop.build(&["-t", &image]);
    for (before, after) in [("who=we", "who=you"), ("\"true\"", "\"false\"")] {
        let edited = shop.read("Dockerfile").replace(before, after);
        shop.file("Dockerfile", &edited);
        build_again(after, &[]);
        let kept = shop.build(&["-t", &image]);
        assert!(is_kept(&kept), "{after}: {kept:#}");
    }
    shop.append("source.txt", "more\n");
    build_again("a file", &[]);
}

/// Docker's client gives each build the time that its environment sets.
fn the_time_of_the_environment_is_the_builds(engine: &TestEngine) {
    let (shop, image) = project(engine);
    let first = shop.build(&["-t", &image]);
    let build = |time: &str, arguments: &[&str]| {
        let report = shop.context().with_extension("report");
        let mut command = shop.command();
        command.env("SOURCE_DATE_EPOCH", time).args(["build", "-q", "-t", &image, "--report"]);
        let done = command.arg(&report).args(arguments).arg(".").output().expect("it runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        crate::workshop::json(&report)
    };
    assert!(is_kept(&build("", &[])));
    let dated = build("1", &[]);
    assert!(!is_kept(&dated), "{dated:#}");
    // 20.10 does not heed it.
    let is_same = dated["image"] == first["image"];
    assert_eq!(is_same, engine.version.starts_with("20.10"), "{dated:#}");
    assert_agreed(&dated);
    let given = build("2", &["--build-arg", "SOURCE_DATE_EPOCH=1"]);
    assert_eq!((is_kept(&given), &given["image"]), (true, &dated["image"]), "{given:#}");
}

fn an_image_that_is_gone_or_was_made_again_is_built(engine: &TestEngine) {
    let (shop, image) = project(engine);
    shop.build(&["-t", &image]);
    request(engine, "DELETE", &format!("/images/{image}?force=1"));
    let report = shop.build(&["-t", &image]);
    assert!(!is_kept(&report), "{report:#}");
    assert_all_reused(&report);
    // A name that went to another image comes back.
    let dockerfile = shop.read("Dockerfile");
    shop.file("Dockerfile", &dockerfile.replace("who=we", "who=you"));
    let other = shop.build(&["-t", &image]);
    shop.file("Dockerfile", &dockerfile);
    let kept = shop.build(&["-t", &image]);
    assert!(is_kept(&kept), "{kept:#}");
    assert_ne!(kept["image"], other["image"]);
    assert_eq!(id_of(engine, &image), kept["image"]);
    // Files of before the last build are for the engine to take in.
    shop.append("source.txt", "more\n");
    shop.build(&["-t", &image]);
    shop.file("source.txt", shop.read("source.txt").trim_end_matches("more\n"));
    let report = shop.build(&["-t", &image]);
    assert!(!is_kept(&report), "{report:#}");
    assert_all_reused(&report);
    assert_eq!(report["image"], kept["image"]);
    // Made again with the same keys, its layers have other times.
    let again = shop.image_name("again");
    shop.build(&["--no-cache", "-t", &again]);
    let report = shop.build(&["-t", &image]);
    assert!(!is_kept(&report), "{report:#}");
    assert_eq!(id_of(engine, &image), report["image"]);
}

/// By docker's own client, or by someone else's smartbuild.
fn what_others_made_again_is_built(engine: &TestEngine) {
    let (shop, image) = project(engine);
    let old = shop.build(&["-t", &image])["image"].clone();
    let others = tempfile::tempdir().expect("a directory");
    let other = shop.image_name("others");
    let made = shop
        .command()
        .env("SMARTBUILD_CACHE_DIR", others.path())
        .args(["build", "--no-cache", "-t", &other, "."])
        .output()
        .expect("the program runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let report = shop.build(&["-t", &image]);
    assert!(!is_kept(&report), "{report:#}");
    assert_eq!(report["image"], id_of(engine, &other));
    assert_ne!(report["image"], old);
    let kept = shop.build(&["-t", &image]);
    assert!(is_kept(&kept), "{kept:#}");
    assert_eq!(kept["image"], report["image"]);
}

/// What they made is seen by a build of another Dockerfile first.
fn what_others_made_again_stays_known(engine: &TestEngine) {
    let (shop, image) = project(engine);
    shop.build(&["-t", &image]);
    let others = tempfile::tempdir().expect("a directory");
    let other = shop.image_name("others");
    let mut command = shop.command();
    command.env("SMARTBUILD_CACHE_DIR", others.path());
    let made = command.args(["build", "--no-cache", "-t", &other, "."]).output();
    assert!(made.expect("the program runs").status.success());
    shop.file("Other", &format!("FROM {}\nRUN echo {}\n", shop.base(), shop.salt()));
    shop.build(&["-f", "Other"]);
    let report = shop.build(&["-t", &image]);
    assert!(!is_kept(&report), "{report:#}");
    assert_eq!(report["image"], id_of(engine, &other));
}

fn a_file_that_is_told_again_as_it_was_changes_nothing(engine: &TestEngine) {
    let (shop, image) = project(engine);
    let old = shop.build(&["-t", &image])["image"].clone();
    let path = shop.context().join("source.txt");
    let modified = path.metadata().and_then(|it| it.modified()).expect("a time");
    let edited: String = shop.read("source.txt").chars().rev().collect();
    std::fs::write(&path, edited).expect("a file");
    let file = std::fs::File::options().write(true).open(&path).expect("the file");
    file.set_modified(modified).expect("a time");
    let built = shop.build(&["-t", &image]);
    assert!(!is_kept(&built), "{built:#}");
    assert_ne!(built["image"], old);
    // A busy engine lets go of its copy of the context a moment after the build.
    let kept = (0..3).map(|_| shop.build(&["-t", &image])).find(is_kept).expect("it is kept");
    assert_eq!(kept["image"], built["image"]);
}

fn names_and_files_are_given_without_a_build(engine: &TestEngine) {
    let (shop, image) = project(engine);
    let built = shop.build(&["-t", &image]);
    let id = built["image"].as_str().expect("an id");
    let (other, file) = (shop.image_name("other"), shop.beside("id"));
    let path = file.to_str().expect("a path in UTF-8");
    let said = shop.run(&["build", "-q", "-t", &other, "--iidfile", path, "."]);
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), id);
    assert_eq!(std::fs::read_to_string(&file).expect("the id"), id);
    assert_eq!(id_of(engine, &other), id);
    let said = shop.run(&["build", "."]);
    let text = String::from_utf8_lossy(&said.stderr);
    let last = text.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("kept      {} in ", &id[..19])), "{text}");
    assert!(last.ends_with("; nothing to build"), "{text}");
}

/// There each build writes its own times into the image.
#[test]
fn with_containerd_every_build_is_made() {
    let engine = engine("28.5-containerd");
    let (shop, image) = project(&engine);
    shop.build(&["-t", &image]);
    let report = shop.build(&["-t", &image]);
    assert!(!is_kept(&report), "{report:#}");
    assert_all_reused(&report);
}
