//! What each instruction says.

use super::super::{CommandForm, InstructionKind, Mount, MountKind, Transfer, parse_trigger};
use super::{kind, last, run, shell};

fn exec(words: &[&str]) -> CommandForm {
    CommandForm::Exec(words.iter().map(|word| (*word).to_owned()).collect())
}

fn mounts(text: &str) -> Vec<Mount> {
    match kind(text) {
        InstructionKind::Run { mounts, .. } => mounts,
        other => panic!("not a RUN: {other:?}"),
    }
}

fn transfer(text: &str) -> Transfer {
    match kind(text) {
        InstructionKind::Copy(transfer) | InstructionKind::Add(transfer) => transfer,
        other => panic!("not a COPY or ADD: {other:?}"),
    }
}

fn env(text: &str) -> Vec<(String, String)> {
    match kind(text) {
        InstructionKind::Env(pairs) | InstructionKind::Label(pairs) => pairs,
        other => panic!("not an ENV or LABEL: {other:?}"),
    }
}

#[test]
fn exec_form_is_taken_exactly_when_it_is_json() {
    let table = [
        (r#"RUN ["a", "b c"]"#, exec(&["a", "b c"])),
        (r#"RUN  [ "a" ] "#, exec(&["a"])),
        ("RUN [\"a\",\\\n  \"b\"]", exec(&["a", "b"])),
        (r#"RUN ["a\u0041\ud83d\ude00\ud800x\n"]"#, exec(&["aA😀\u{fffd}x\n"])),
        ("RUN []", exec(&[])),
        ("RUN ['a']", shell("['a']")),
        (r#"RUN ["a"] b"#, shell(r#"["a"] b"#)),
        (r#"RUN ["a",]"#, shell(r#"["a",]"#)),
        (r#"RUN ["\d"]"#, shell(r#"["\d"]"#)),
        (r"RUN [ -f x ] && y", shell("[ -f x ] && y")),
        ("RUN", shell("")),
    ];
    for (text, command) in table {
        assert_eq!(run(text), command, "{text:?}");
    }
}

#[test]
fn from_has_an_image_a_name_and_a_platform() {
    let InstructionKind::From { image, name, platform } =
        kind("FROM --platform=$BUILDPLATFORM python:${V:-3} aS Build-1.x_y")
    else {
        panic!("not a FROM")
    };
    assert_eq!(image, "python:${V:-3}");
    assert_eq!(name.as_deref(), Some("Build-1.x_y"));
    assert_eq!(platform.as_deref(), Some("$BUILDPLATFORM"));
}

#[test]
fn env_and_label_have_two_spellings() {
    let table: [(&str, &[(&str, &str)]); 9] = [
        ("ENV A=1", &[("A", "1")]),
        ("ENV A=1 B=\"x y\"  C='z w'", &[("A", "1"), ("B", "\"x y\""), ("C", "'z w'")]),
        ("ENV A=x\\ y B=", &[("A", "x\\ y"), ("B", "")]),
        ("ENV A=\"x\\\" y\" B=$A", &[("A", "\"x\\\" y\""), ("B", "$A")]),
        ("ENV A a  value = x ", &[("A", "a  value = x")]),
        ("ENV A\t 'b'", &[("A", "'b'")]),
        ("ENV A=1 \\\n    B=2", &[("A", "1"), ("B", "2")]),
        ("LABEL \"a b\"=c d.e=f=g", &[("\"a b\"", "c"), ("d.e", "f=g")]),
        ("ENV A=x\\", &[("A", "x")]),
    ];
    for (text, pairs) in table {
        let expected: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(env(text), expected, "{text:?}");
    }
}

#[test]
fn arg_has_names_with_and_without_a_default() {
    let InstructionKind::Arg(arguments) = kind("ARG A B= C='d e'") else { panic!("not an ARG") };
    let expected = [("A", None), ("B", Some("")), ("C", Some("'d e'"))]
        .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
    assert_eq!(arguments, expected);
}

#[test]
fn copy_and_add_have_sources_a_destination_and_flags() {
    let copy = transfer(
        "COPY --from=build --chown=1:2 --chmod=755 --link --parents=TRUE --exclude=*.md \
         --exclude=b a  b\tc/",
    );
    let expected = Transfer {
        sources: vec!["a".into(), "b".into()],
        destination: "c/".into(),
        from: Some("build".into()),
        chown: Some("1:2".into()),
        chmod: Some("755".into()),
        link: true,
        parents: true,
        exclude: vec!["*.md".into(), "b".into()],
        ..Transfer::default()
    };
    assert_eq!(copy, expected);
    let add = transfer(
        r#"ADD --checksum=sha256:1 --keep-git-dir --unpack=false --link=false ["a b", "c"]"#,
    );
    let expected = Transfer {
        sources: vec!["a b".into()],
        destination: "c".into(),
        checksum: Some("sha256:1".into()),
        keep_git_dir: Some(true),
        unpack: Some(false),
        ..Transfer::default()
    };
    assert_eq!(add, expected);
}

#[test]
fn flags_lose_their_quotes_and_escapes_and_end_at_the_first_other_word() {
    let flags = |text: &str| -> Vec<(String, Option<String>)> {
        last(text).flags.into_iter().map(|flag| (flag.name, flag.value)).collect()
    };
    let from = |value: &str| vec![("from".to_owned(), Some(value.to_owned()))];
    assert_eq!(flags("COPY --from=\"a b\" c d"), from("a b"));
    assert_eq!(flags("COPY --from=a\\ b c d"), from("a b"));
    assert_eq!(flags("COPY --from=a -- --link c d"), from("a"));
    assert_eq!(flags("COPY --from=a x --link d"), from("a"));
    assert_eq!(run("RUN -- --mount=x"), shell("--mount=x"));
    assert_eq!(run("RUN --network=none --security=insecure --device=a/b,required x"), shell("x"));
}

#[test]
fn run_mounts_are_read_by_key() {
    let [cache, secret, bind] = &mounts(
        "RUN --mount=type=cache,dst=/c,id=i,sharing=locked,mode=0755,uid=1,gid=2,from=a,src=/s \
         --mount=type=secret,id=s,required,env=TOKEN,mode=0400 --mount=target=/b,rw true",
    )[..] else {
        panic!("three mounts")
    };
    let expected = Mount {
        kind: MountKind::Cache,
        target: Some("/c".into()),
        source: Some("/s".into()),
        from: Some("a".into()),
        id: Some("i".into()),
        sharing: Some("locked".into()),
        mode: Some(0o755),
        uid: Some(1),
        gid: Some(2),
        text: cache.text.clone(),
        ..Mount::default()
    };
    assert_eq!(*cache, expected);
    assert_eq!(secret.kind, MountKind::Secret);
    assert_eq!((secret.required, secret.env.as_deref()), (Some(true), Some("TOKEN")));
    assert_eq!(secret.mode, Some(0o400));
    assert_eq!((bind.kind, bind.read_only), (MountKind::Bind, Some(false)));
}

#[test]
fn mount_values_with_variables_wait_for_them() {
    let [mount] = &mounts("RUN --mount=type=$T,target=/c/$N,uid=$U true")[..] else {
        panic!("one mount")
    };
    assert_eq!((mount.kind, mount.uid), (MountKind::Bind, None));
    assert_eq!(mount.target.as_deref(), Some("/c/$N"));
    let expanded = mount
        .expand(|value| Ok(value.replace("$T", "cache").replace("$N", "x").replace("$U", "7")))
        .expect("the values fit");
    assert_eq!((expanded.kind, expanded.uid), (MountKind::Cache, Some(7)));
    assert_eq!(expanded.target.as_deref(), Some("/c/x"));
    assert!(mount.expand(|value| Ok(value.replace("$U", "me"))).is_err());
}

#[test]
fn mounts_are_csv() {
    let [mount] = &mounts(
        r#"RUN --mount='type=cache,"target=/a,b",size=1' true"#.replace(",size=1", "").as_str(),
    )[..] else {
        panic!("one mount")
    };
    assert_eq!(mount.target.as_deref(), Some("/a,b"));
    let sizes = [("64m", 64 << 20), ("1.5 KiB", 1536), ("7", 7), ("2gb", 2 << 30), ("3b", 3)];
    for (size, bytes) in sizes {
        let mount = Mount::parse(&format!("type=tmpfs,target=/t,size={size}")).expect(size);
        assert_eq!(mount.size, Some(bytes), "{size}");
    }
}

#[test]
fn healthcheck_has_none_or_a_command() {
    assert_eq!(kind("HEALTHCHECK none"), InstructionKind::Healthcheck(None));
    let check = last("HEALTHCHECK --interval=1m30s --retries=3 cmd  curl  x");
    assert_eq!(check.kind, InstructionKind::Healthcheck(Some(shell("curl  x"))));
    assert_eq!(check.flags.len(), 2);
    // Only ASCII blanks part the form from the command.
    let check = kind("HEALTHCHECK CMD \u{85} x");
    assert_eq!(check, InstructionKind::Healthcheck(Some(shell("\u{85} x"))));
    let check = kind(r#"HEALTHCHECK CMD ["curl", "x"]"#);
    assert_eq!(check, InstructionKind::Healthcheck(Some(exec(&["curl", "x"]))));
}

#[test]
fn the_other_instructions_take_their_argument_as_it_is() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let table = [
        ("WORKDIR  /a b ", InstructionKind::Workdir("/a b".into())),
        ("USER $U:g", InstructionKind::User("$U:g".into())),
        ("STOPSIGNAL 9", InstructionKind::Stopsignal("9".into())),
        ("MAINTAINER a <b>", InstructionKind::Maintainer("a <b>".into())),
        ("EXPOSE 80 443/udp", InstructionKind::Expose(words(&["80", "443/udp"]))),
        ("VOLUME /a /b", InstructionKind::Volume(words(&["/a", "/b"]))),
        (r#"VOLUME ["/a b"]"#, InstructionKind::Volume(words(&["/a b"]))),
        (r#"SHELL ["sh", "-ec"]"#, InstructionKind::Shell(words(&["sh", "-ec"]))),
        ("CMD a  b", InstructionKind::Cmd(shell("a  b"))),
        ("CMD []", InstructionKind::Cmd(exec(&[]))),
        (r#"ENTRYPOINT ["a"]"#, InstructionKind::Entrypoint(exec(&["a"]))),
        ("USER <<E", InstructionKind::User("<<E".into())),
    ];
    for (text, expected) in table {
        assert_eq!(kind(text), expected, "{text:?}");
    }
}

#[test]
fn onbuild_keeps_the_text_and_reads_the_trigger() {
    let text = "FROM a\nonbuild \\\n  RUN <<E cat\nx\nE\n";
    let dockerfile = super::parse(text);
    let onbuild = &dockerfile.instructions()[1];
    let InstructionKind::Onbuild { text: kept, instruction } = &onbuild.kind else {
        panic!("not an ONBUILD")
    };
    assert_eq!(kept, "RUN <<E cat\nx\nE");
    assert_eq!((instruction.line, instruction.last_line), (3, 5));
    assert_eq!(&text[instruction.span.start..instruction.span.end], "RUN <<E cat\nx\nE");
    assert_eq!(instruction.heredocs, onbuild.heredocs);
    let trigger = parse_trigger(kept).expect("it was read before");
    assert_eq!(trigger.kind, instruction.kind);
    assert_eq!(trigger.text, "RUN <<E cat");
}

#[test]
fn a_trigger_is_one_instruction_that_is_allowed() {
    for text in ["", "FROM a", "ONBUILD RUN x", "MAINTAINER x", "RUN a\nRUN b"] {
        assert!(parse_trigger(text).is_err(), "{text:?}");
    }
}
