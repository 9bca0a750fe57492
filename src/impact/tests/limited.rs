//! Limits that must not be passed over in silence.

use super::gate::{Denied, FileLimits};
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const GATE: &str = "[image.gate]\nmax_steps = 0\n";

/// A project with this `smartbuild.toml`, which is in both trees.
fn limited(toml: &str) -> Project {
    project()
        .configured(toml)
        .file("web/Dockerfile", "FROM a\nRUN one\nCOPY x .\nRUN two\n")
        .file("web/x", "1")
}

fn named(name: &str) -> String {
    format!("[[image]]\nname = \"{name}\"\n{GATE}")
}

/// What the limits of the file refuse.
fn refused(project: &Project, toml: &str) -> Vec<String> {
    let file = FileLimits::parse(toml.as_bytes()).unwrap();
    let gates = Gates { file, ..Gates::default() };
    gates.judge(&project.impact()).reasons.iter().map(report::reason).collect()
}

/// The same where this kind of cause is denied.
fn denied(project: &Project, kind: &str) -> Vec<String> {
    let deny = Some(BTreeSet::from([kind.parse::<Denied>().unwrap()]));
    let command_line = Limits { deny, ..Limits::default() };
    let gates = Gates { command_line, ..Gates::default() };
    gates.judge(&project.impact()).reasons.iter().map(report::reason).collect()
}

#[test]
fn a_limit_for_a_service_of_a_file_that_is_broken_in_both_trees_is_not_kept() {
    let toml = named("compose.yaml:web");
    let project = limited(&toml).file("compose.yaml", "services:\n\tweb:\n").committed();
    insta::assert_snapshot!(refused(&project, &toml).join("\n"));
    let other = named("web/Dockerfile");
    assert_eq!(refused(&project.configured(&other), &other), Vec::<String>::new());
}

#[test]
fn a_limit_for_a_name_that_nothing_has_is_not_kept() {
    let toml = named("web/Dockerfil");
    let project = limited(&toml).committed();
    insta::assert_snapshot!(refused(&project, &toml).join("\n"));
    // Without a limit it is a mistake as others are.
    let toml = "[[image]]\nname = \"web/Dockerfil\"\n";
    assert_eq!(refused(&project.configured(toml), toml), Vec::<String>::new());
}

#[test]
fn a_limit_goes_on_with_what_is_renamed_and_ends_with_what_is_gone() {
    let toml = named("web/Dockerfile");
    let project = limited(&toml).committed();
    project.git(&["mv", "web", "shop"]);
    assert_eq!(refused(&project, &toml), Vec::<String>::new());
    project.write("shop/x", "2");
    assert_eq!(refused(&project, &toml).len(), 1);
    let project = limited(&toml).committed();
    project.git(&["rm", "-q", "-r", "web"]);
    assert_eq!(refused(&project, &toml), Vec::<String>::new());
    let service = |name: &str| format!("services:\n  {name}:\n    build: web\n");
    let toml = named("compose.yaml:web");
    let project = limited(&toml).file("compose.yaml", service("web")).committed();
    project.write("compose.yaml", service("shop"));
    assert_eq!(refused(&project, &toml), Vec::<String>::new());
    project.write("web/x", "2");
    assert_eq!(refused(&project, &toml).len(), 1);
}

#[test]
fn an_install_that_may_run_is_denied() {
    let dockerfile = |word: &str| {
        format!(
            "FROM a AS made\nRUN make {word}\nFROM b\nCOPY --from=made /list /list\nRUN pip install -r /list\n"
        )
    };
    let project = project().file("Dockerfile", dockerfile("one")).committed();
    project.write("Dockerfile", dockerfile("two"));
    insta::assert_snapshot!(denied(&project, "dependency_layer").join("\n"));
}

#[test]
fn what_an_earlier_cause_masks_is_denied() {
    let dockerfile = |mode: &str, level: &str| {
        format!("FROM a\nCOPY x .\nRUN one\nENV MODE={mode}\nARG LEVEL={level}\nRUN two\n")
    };
    let project = project().file("Dockerfile", dockerfile("1", "1")).file("x", "1").committed();
    project.write("x", "2");
    assert_eq!(denied(&project, "environment"), Vec::<String>::new());
    project.write("Dockerfile", dockerfile("2", "1"));
    assert_eq!(denied(&project, "environment").len(), 1);
    assert_eq!(denied(&project, "argument"), Vec::<String>::new());
    project.write("Dockerfile", dockerfile("1", "2"));
    insta::assert_snapshot!(denied(&project, "argument").join("\n"));
    // What only the base image sets is the base image's.
    let of = |value: &str| BaseImage { env: vec![format!("V={value}")], ..base(value) };
    let text = |tag: &str| format!("FROM a:{tag}\nRUN one\nRUN two\n");
    let project = project_on(of("1"), of("2")).file("Dockerfile", text("1")).committed();
    project.write("Dockerfile", text("2"));
    assert_eq!(denied(&project, "environment"), Vec::<String>::new());
    assert_eq!(denied(&project, "base_image").len(), 1);
}

fn project_on(one: BaseImage, two: BaseImage) -> Project {
    project().base("a:1", one).base("a:2", two)
}

#[test]
fn each_reason_of_one_step_is_denied() {
    let dockerfile = |arg: &str, env: &str, user: &str| {
        format!(
            "FROM a\nARG LEVEL={arg}\nENV MODE={env}\nUSER {user}\n\
             RUN --mount=target=/x,source=x two\n"
        )
    };
    let older = dockerfile("1", "1", "1");
    let project = project().file("Dockerfile", &older).file("x", "1").committed();
    project.write("Dockerfile", dockerfile("2", "1", "1"));
    for kind in ["environment", "option", "files"] {
        assert_eq!(denied(&project, kind), Vec::<String>::new(), "{kind}");
    }
    project.write("x", "2");
    project.write("Dockerfile", dockerfile("2", "2", "2"));
    for (kind, place) in
        [("argument", ":2"), ("environment", ":3"), ("option", ":4"), ("files", "x:1")]
    {
        let reasons = denied(&project, kind);
        assert!(reasons.len() == 1 && reasons[0].contains(place), "{kind}: {reasons:?}");
    }
    assert_eq!(project.impact().images[0].causes.len(), 1);
}

#[test]
fn an_option_that_switches_the_cache_off_is_denied_at_its_line() {
    let compose = |flag: &str| {
        format!("services:\n  a:\n    build:\n      context: .\n      no_cache: {flag}\n")
    };
    let bake = |stage: &str| {
        format!("target \"a\" {{\n  context = \".\"\n  no-cache-filter = [\"{stage}\"]\n}}\n")
    };
    for (file, older, newer, line) in [
        ("compose.yaml", compose("false"), compose("true"), 5),
        ("docker-bake.hcl", bake("none"), bake("made"), 3),
    ] {
        let project = project()
            .configured("")
            .file("Dockerfile", "FROM a AS made\nRUN one\n")
            .file(file, older)
            .committed();
        project.write(file, newer);
        let reasons = denied(&project, "option");
        assert!(
            reasons.len() == 1 && reasons[0].contains(&format!("{file}:{line}")),
            "{reasons:?}"
        );
    }
}

#[test]
fn a_directory_in_the_place_of_a_base_image_is_another_base_image() {
    let compose = |more: &str| format!("services:\n  a:\n    build:\n      context: .\n{more}");
    let contexts = "      additional_contexts:\n        other: ./web\n";
    let given = format!("{contexts}        alpine: ./web\n");
    let bake = |more: &str| {
        format!("target \"a\" {{\n  contexts = {{\n    other = \"./web\"\n{more}  }}\n}}\n")
    };
    for (file, older, newer, line) in [
        ("compose.yaml", compose(contexts), compose(&given), 7),
        ("docker-bake.hcl", bake(""), bake("    alpine = \"./web\"\n"), 4),
    ] {
        let project = project()
            .configured("")
            .file("Dockerfile", "FROM alpine\nCOPY x /\nRUN one\n")
            .file("x", "1")
            .file("web/y", "1")
            .file(file, older)
            .committed();
        project.write(file, newer);
        let reasons = denied(&project, "base_image");
        let place = format!("{file}:{line}");
        assert!(reasons.len() == 1 && reasons[0].contains(&place), "{reasons:?}");
        assert_eq!(denied(&project, "option"), Vec::<String>::new());
    }
}

#[test]
fn a_base_image_for_another_platform_is_another_one() {
    let from = |platform: &str| format!("FROM a\nRUN one\nFROM --platform={platform} b\nRUN two\n");
    let project = project().file("Dockerfile", from("linux/amd64")).committed();
    project.write("Dockerfile", from("linux/arm64"));
    let reasons = denied(&project, "base_image");
    assert!(reasons.len() == 1 && reasons[0].contains("Dockerfile:3"), "{reasons:?}");
}

#[test]
fn a_base_image_that_an_argument_names_is_another_one() {
    let with = |base: &str| format!("ARG BASE={base}\nFROM ${{BASE}}\nRUN one\nCOPY x .\n");
    for known in [false, true] {
        let mut project = project().file("Dockerfile", with("a:1")).file("x", "1").committed();
        if known {
            project = project.base("a:1", base("1")).base("a:2", base("2"));
        }
        project.write("Dockerfile", with("a:2"));
        let impact = project.impact();
        let cause = &impact.images[0].causes[0];
        assert_eq!((cause.kind.word(), cause.lost.len()), ("base_image", 2), "{impact:?}");
        assert_eq!(cause.places[0].lines, Some((1, 1)));
        let reasons = denied(&project, "base_image");
        assert!(reasons.len() == 1 && reasons[0].contains("2 steps"), "{reasons:?}");
    }
}

#[test]
fn a_base_image_that_a_compose_file_names_by_an_argument_is_another_one() {
    let compose = |base: &str| {
        format!(
            "services:\n  a:\n    build:\n      context: .\n      args:\n        BASE: {base}\n"
        )
    };
    let project = project()
        .configured("")
        .file("Dockerfile", "ARG BASE\nFROM ${BASE}\nARG BASE\nRUN one\nRUN two\n")
        .file("compose.yaml", compose("a:1"))
        .committed();
    project.write("compose.yaml", compose("a:2"));
    let reasons = denied(&project, "base_image");
    assert!(reasons.len() == 1 && reasons[0].contains("2 steps"), "{reasons:?}");
    assert!(reasons[0].contains("compose.yaml:6"), "{reasons:?}");
}

/// `app`, which stands on another image of the tree.
fn standing(base_text: &str, app: &str) -> Project {
    project()
        .context("app/Dockerfile", "mybase", NamedContext::Image("base/Dockerfile".to_owned()))
        .base("alpine", base("alpine"))
        .base("debian", base("debian"))
        .file("base/Dockerfile", base_text)
        .file("base/f", "1")
        .file("app/Dockerfile", app)
        .committed()
}

#[test]
fn what_stands_on_another_image_is_lost_for_what_changed_there() {
    let copying = "FROM alpine\nCOPY f /\n";
    for app in ["FROM mybase\nRUN one\n", "FROM debian\nCOPY --from=mybase /f /\nRUN one\n"] {
        let project = standing(copying, app);
        project.write("base/f", "2");
        assert_eq!(denied(&project, "base_image"), Vec::<String>::new(), "{app}");
        let reasons = denied(&project, "files");
        assert!(reasons.iter().any(|it| it.starts_with("app/Dockerfile: base/f")), "{reasons:?}");
        assert!(!project.text().contains(".invalid/"), "{}", project.text());
    }
    let app = "FROM mybase\nRUN one\n";
    let project = standing(copying, app);
    project.write("base/Dockerfile", copying.replace("alpine", "debian"));
    assert_eq!(denied(&project, "base_image").len(), 2);
    let project = standing("FROM alpine\nENV A=1\n", app);
    project.write("base/Dockerfile", "FROM alpine\nENV A=2\n");
    assert_eq!(denied(&project, "base_image"), Vec::<String>::new());
    let reasons = denied(&project, "instruction");
    assert!(reasons.len() == 1 && reasons[0].contains("base/Dockerfile:2"), "{reasons:?}");
}

#[test]
fn an_image_on_another_says_which_that_is() {
    let project = standing("FROM alpine\nCOPY f /\n", "FROM mybase\nRUN one\n");
    project.write("base/f", "2");
    insta::assert_snapshot!(project.text());
}

/// A tar archive with one file of so many bytes.
fn archive(size: usize) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(size as u64);
    header.set_cksum();
    builder.append_data(&mut header, "in/file", &*vec![0; size]).unwrap();
    builder.into_inner().unwrap()
}

/// The same, packed by gzip.
fn packed(archive: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(archive).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_add_unpacks_counts_as_it_is_in_the_image() {
    let grown = |name: &str, text: &str, bytes: Vec<u8>| {
        let dockerfile = format!("FROM a\n{text}\n");
        let project = project().file("Dockerfile", dockerfile).file(name, "1").committed();
        project.write(name, bytes);
        let limits = Limits { max_image_growth: Some("1kB".parse().unwrap()), ..Limits::default() };
        let gates = Gates { command_line: limits, ..Gates::default() };
        let impact = project.impact();
        let reasons: Vec<String> =
            gates.judge(&impact).reasons.iter().map(report::reason).collect();
        (impact.images[0].bytes_added, reasons.len(), reasons.concat())
    };
    assert_eq!(grown("x.tar", "ADD x.tar /", archive(5_000)).0, 4_999);
    let as_it_is = i64::try_from(archive(5_000).len()).unwrap();
    assert_eq!(grown("x.tar", "COPY x.tar /", archive(5_000)).0, as_it_is - 1);
    assert_eq!(grown("d/x.tar", "ADD d /", archive(5_000)).0, as_it_is - 1);
    assert_eq!(grown("d/x.tar", "ADD d/*.tar /", archive(5_000)).0, 4_999);
    let mut packed = packed(&archive(9_000));
    let length = packed.len();
    packed[length - 4..].copy_from_slice(&1_u32.to_le_bytes());
    assert_eq!(grown("x.tgz", "ADD x.tgz /", packed.clone()).0, 8_999);
    packed.truncate(length / 2);
    let (_, _, reason) = grown("x.tgz", "ADD x.tgz /", packed);
    assert!(reason.contains("nobody knows how much") || reason.contains("at least"), "{reason}");
    let (_, count, reason) = grown("x.txz", "ADD x.txz /", b"\xfd7zXZ\0 packed".to_vec());
    assert!(count == 1 && reason.contains("nobody knows how much"), "{reason}");
    assert_eq!(grown("x.txz", "COPY x.txz /", b"\xfd7zXZ\0 packed".to_vec()).1, 0);
}

/// What is said of an image whose Dockerfile has this line more, where nothing may be added.
fn said_of_growth(line: &str) -> Vec<String> {
    let project = project().file("Dockerfile", "FROM a\nCOPY --from=old / /old\n").committed();
    project.write("Dockerfile", format!("FROM a\nCOPY --from=old / /old\n{line}"));
    let command_line =
        Limits { max_image_growth: Some("1kB".parse().unwrap()), ..Limits::default() };
    let gates = Gates { command_line, ..Gates::default() };
    gates.judge(&project.impact()).reasons.iter().map(report::reason).collect()
}

#[test]
fn the_text_of_a_heredoc_is_brought_too() {
    let text = format!("COPY <<EOF /x\n{}\nEOF\n", "x".repeat(5_000));
    let said = said_of_growth(&text);
    assert!(said[0].contains("bring 5.0 kB more"), "{said:?}");
    assert_eq!(said_of_growth("COPY <<EOF /x\nshort\nEOF\n"), [""; 0]);
}

#[test]
fn what_comes_from_elsewhere_keeps_no_limit_of_growth() {
    for line in ["COPY --from=alpine / /q\n", "ADD https://x.y/z /q\n"] {
        let said = said_of_growth(line);
        assert!(said.len() == 1 && said[0].contains("nobody knows how much"), "{said:?}");
    }
    assert_eq!(said_of_growth("RUN make\n"), [""; 0], "that of before is no growth");
}

#[test]
fn a_limit_of_an_image_that_is_excluded_is_not_dropped() {
    let toml = format!("exclude = [\"web/**\"]\n{}", named("web/Dockerfile"));
    let project = limited(&toml).committed().configured(&toml);
    project.write("web/x", "2");
    let said = refused(&project, &toml);
    assert!(said.len() == 1 && said[0].contains("excludes it and sets limits"), "{said:?}");
}

#[test]
fn open_steps_are_counted_beside_those_that_are_lost() {
    let project = project()
        .file(
            "Dockerfile",
            "FROM a AS b\nCOPY f .\nRUN one\nFROM a\nCOPY --from=b /o /o\nRUN two\n",
        )
        .file("f", "1")
        .committed();
    project.write("f", "2");
    let said = denied(&project, "files");
    assert!(said[0].contains("so that 2 steps run again and 2 may"), "{said:?}");
    assert!(project.text().contains("loses 2 steps (2 open)"), "{}", project.text());
}
