//! Command lines that people type.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn parsed(line: &str) -> Command {
    parse(std::iter::once("smartbuild").chain(line.split_whitespace())).unwrap().command
}

fn refused(line: &str) -> String {
    let typed = std::iter::once("smartbuild").chain(line.split_whitespace());
    parse(typed).unwrap_err().to_string()
}

fn build(line: &str) -> BuildArgs {
    match parsed(line) {
        Command::Build(args) => args,
        other => panic!("{line} is not a build but {other:?}"),
    }
}

#[test]
fn the_definitions_are_sound() {
    refused::define(Cli::command()).debug_assert();
}

#[test]
fn no_command_means_build() {
    assert_eq!(build("."), build("build ."));
    assert_eq!(build("-t shop ."), build("build . -t shop"));
    assert_eq!(build("--no-cache .").path, PathBuf::from("."));
}

#[test]
fn a_directory_called_like_a_command_stays_usable() {
    assert_eq!(build("./predict").path, PathBuf::from("./predict"));
    assert_eq!(build("-t shop predict").path, PathBuf::from("predict"));
    assert_eq!(build("build predict").path, PathBuf::from("predict"));
    assert!(
        matches!(parsed("predict predict"), Command::Predict(args) if args.path.as_os_str() == "predict")
    );
}

#[cfg(unix)]
#[test]
fn a_directory_may_have_any_name() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    let cli = parse(["smartbuild".as_ref(), "build".as_ref(), name]).unwrap();
    assert!(matches!(cli.command, Command::Build(args) if args.path.as_os_str() == name));
}

#[test]
fn every_flag_of_docker_arrives() {
    let args = build(
        "-t shop:1 --tag shop:2 -f sub/Dockerfile --build-arg A=1=2 --build-arg B --target run \
         --cache-from shop:ci,shop:main --cache-from type=registry,ref=x.io/shop \
         --build-context lib=../lib --build-context busybox:latest=docker-image://alpine:3 \
         --no-cache --no-cache-filter a,b --pull --label x=y -q --iidfile id --platform \
         linux/arm64 --network none --add-host db=10.0.0.5 --shm-size 64m --ulimit \
         nofile=1:2 --cgroup-parent /g --secret id=k,src=key --load --report out.json ctx",
    );
    let text = |text: &str| Some(text.to_owned());
    let assignment =
        |name: &str, value: Option<String>| Assignment { name: name.to_owned(), value };
    let context = |name: &str, source| NamedContext { name: name.to_owned(), source };
    let flags = BuildFlags {
        tags: vec!["shop:1".into(), "shop:2".into()],
        file: Some("sub/Dockerfile".into()),
        build_args: vec![assignment("A", text("1=2")), assignment("B", None)],
        contexts: vec![
            context("lib", ContextSource::Directory("../lib".into())),
            context("busybox", ContextSource::Image("alpine:3".into())),
        ],
        cache_from: [&["shop:ci", "shop:main"][..], &["x.io/shop"]]
            .map(|images| CacheSource { images: images.iter().map(ToString::to_string).collect() })
            .into(),
        target: text("run"),
        no_cache: true,
        no_cache_filter: vec!["a".into(), "b".into()],
        pull: true,
        labels: vec![assignment("x", text("y"))],
        quiet: true,
        iidfile: Some("id".into()),
        platform: text("linux/arm64"),
        network: text("none"),
        add_hosts: vec!["db:10.0.0.5".into()],
        shm_size: Some(64 << 20),
        ulimits: vec!["nofile=1:2".into()],
        cgroup_parent: text("/g"),
        secrets: vec![Secret { id: "k".into(), source: SecretSource::File("key".into()) }],
        load: true,
    };
    assert_eq!(args.flags, flags);
    assert_eq!((args.path, args.report), ("ctx".into(), Some("out.json".into())));
}

#[test]
fn the_other_commands() {
    let Command::Why(why) = parsed("why :12 ctx --target run --format json") else { panic!() };
    assert_eq!((why.step.as_str(), why.path), (":12", PathBuf::from("ctx")));
    assert_eq!((why.format, why.flags.target.as_deref()), (Format::Json, Some("run")));
    let Command::Predict(predict) = parsed("predict -t x --build-arg A") else { panic!() };
    assert_eq!((predict.path, predict.format), (PathBuf::from("."), DrawnFormat::Text));
    let Command::Optimize(optimize) = parsed("optimize --apply --dry-run") else { panic!() };
    assert!(optimize.apply && optimize.dry_run && !optimize.diff && !optimize.verify);
    let Command::Optimize(optimize) = parsed("optimize --verify --check-cmd true") else {
        panic!()
    };
    assert!(optimize.verify && optimize.check_cmd.as_deref() == Some("true"));
}

#[test]
fn switches_have_values_and_the_last_flag_counts_as_with_docker() {
    let flags = |line: &str| build(line).flags;
    assert!(!flags("--no-cache=false .").no_cache && flags("--no-cache=T .").no_cache);
    assert!(flags("-q -q --pull=1 .").pull && !flags("-q --quiet=0 .").quiet);
    assert_eq!(flags("-f a -f b .").file, Some("b".into()));
    assert_eq!(build("--progress tty --progress plain .").progress(), ProgressMode::Plain);
    assert_eq!(flags("-t a -t b .").tags, ["a", "b"]);
    assert_eq!(flags("--rm --force-rm=false --compress ."), flags("."));
    assert!(refused("--no-cache=maybe .").contains("neither on nor off"));
}

#[test]
fn an_empty_value_is_none_as_with_docker() {
    let typed = ["smartbuild", "--target", "", "--platform=", "-f", "", "--iidfile", "", "."];
    let Command::Build(args) = parse(typed).unwrap().command else { panic!() };
    assert_eq!(args, build("."));
}

#[test]
fn quiet_is_a_kind_of_progress() {
    assert_eq!(build("-q .").progress(), ProgressMode::Quiet);
    assert_eq!(build("--progress rawjson .").progress(), ProgressMode::RawJson);
    assert!(refused("-q --progress=plain .").contains("cannot be used together"));
    assert_eq!(build("-q --progress=quiet .").progress(), ProgressMode::Quiet);
}

#[test]
fn what_is_not_honoured_is_refused_by_name() {
    for line in [
        "--push .",
        "-o out .",
        "--output=type=local,dest=x .",
        "--ssh default .",
        "--squash=false .",
        "-m 1g .",
        "predict --sbom=true .",
    ] {
        let message = refused(line);
        assert!(message.contains("does not support `--"), "{line}: {message}");
    }
    insta::assert_snapshot!(refused("--push ."));
}

#[test]
fn wrong_use_gets_a_helpful_answer() {
    let all = [
        "",
        "build",
        "--no-cahce .",
        ". more",
        "--shm-size lots .",
        "--secret src=x .",
        "--add-host db .",
        "--ulimit nofile .",
        "--build-arg =x .",
        "--progress loud .",
        "--platform linux/amd64,linux/arm64 .",
        "--build-context lib .",
        "--build-context Lib=. .",
        "--build-context a=https://example.com/b.git .",
        "--build-context a=docker-image://B .",
        "--cache-from type=local,src=x .",
        "--cache-from type=registry .",
        "-",
        "https://example.com/repo.git",
        "predict --format xml",
        "impact --max-seconds -1",
        "impact --max-steps -1",
        "impact --max-image-growth -1",
    ];
    let answers: Vec<String> =
        all.iter().map(|line| format!("$ smartbuild {line}\n{}", refused(line))).collect();
    insta::assert_snapshot!(answers.join("\n"));
}

#[test]
fn sizes_are_dockers() {
    for (text, bytes) in [
        ("0", 0),
        ("1024", 1024),
        ("64m", 64 << 20),
        ("64MB", 64 << 20),
        ("1 GiB", 1 << 30),
        ("1.5g", 3 << 29),
        ("2k", 2048),
        ("7b", 7),
    ] {
        assert_eq!(values::size(text), Ok(bytes), "{text}");
    }
    for text in ["", "m", "-1", "1e3", "1ib", "1x", "inf", "nan", "99999999999g", "1.2.3m"] {
        assert!(values::size(text).is_err(), "{text}");
    }
}

#[test]
fn secrets_are_dockers() {
    let source = |text: &str| text.parse::<Secret>().map(|secret| secret.source);
    let variable = |name: &str| Ok(SecretSource::Environment(name.to_owned()));
    assert_eq!(source("id=a,src=f"), Ok(SecretSource::File("f".into())));
    assert_eq!(source("type=file,id=a,source=f"), Ok(SecretSource::File("f".into())));
    assert_eq!(source("id=a,env=V"), variable("V"));
    assert_eq!(source("type=env,id=a"), variable("a"));
    assert_eq!(source("type=env,id=a,src=V"), variable("V"));
    assert_eq!(source("id=a"), Ok(SecretSource::Named));
    for text in ["", "id=", "src=f", "id=a,src=f,env=V", "id=a,type=ssh", "id=a,mode=1", "a"] {
        assert!(source(text).is_err(), "{text}");
    }
}

#[test]
fn hosts_and_limits() {
    assert_eq!(values::host("a:10.0.0.1"), Ok("a:10.0.0.1".into()));
    assert_eq!(values::host("a=[::1]"), Ok("a:::1".into()));
    assert_eq!(values::host("a:host-gateway"), Ok("a:host-gateway".into()));
    for text in ["a", ":10.0.0.1", "a:b", "a="] {
        assert!(values::host(text).is_err(), "{text}");
    }
    for text in ["nofile=1", "nofile=1:2", "core=-1"] {
        assert_eq!(values::ulimit(text).as_deref(), Ok(text));
    }
    for text in ["nofile", "=1", "nofile=x", "nofile=1:", "nofile=-2"] {
        assert!(values::ulimit(text).is_err(), "{text}");
    }
}

#[test]
fn help_names_the_commands_and_hides_what_is_refused() {
    let help = refused("--help");
    assert!(help.contains("predict") && help.contains("optimize"), "{help}");
    let help = refused("build --help");
    assert!(help.contains("--no-cache-filter") && !help.contains("--push"), "{help}");
}
