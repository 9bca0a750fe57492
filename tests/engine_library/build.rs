//! Builds on real engines, through the library's own door.

use std::ffi::OsStr;
use std::future::pending;
use std::os::unix::ffi::OsStrExt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use crate::support::{Engine, build, engines, log, nonce, project};
use futures_util::FutureExt;
use smartbuild::Digest;
use smartbuild::engine::{BuildError, Change, Event, ImageStore};
use tokio::sync::mpsc;

on_every_engine!(the_second_build_sends_nothing_and_an_edit_sends_one_file, |engine| {
    let one = nonce();
    let p = project("FROM busybox:local\nCOPY . /src\nRUN cat /src/app/main.txt\n")
        .file("app/main.txt", &one)
        .file("README", "read me");
    let tag = engine.tag();
    let first = p.build_as(engine, &tag).await.unwrap();
    assert_eq!((first.outcome.sent.files, first.outcome.sent.bytes), (2, 19));
    assert!(first.steps().values().all(|cached| !cached), "{:?}", first.steps());
    assert!(log(&first.events).contains(&one));

    let second = p.build_as(engine, &tag).await.unwrap();
    assert_eq!(second.outcome.sent.files, 0);
    if engine.docker.info().await.unwrap().store == ImageStore::GraphDriver {
        // With containerd's store the provenance is part of the image and has its time in it.
        assert_eq!(second.outcome.image, first.outcome.image);
    }
    let names: Vec<_> = second.steps().into_iter().collect();
    let reused = |name: &str| (name.to_owned(), true);
    assert_eq!(names, [reused("[2/3] COPY . /src"), reused("[3/3] RUN cat /src/app/main.txt")]);

    p.edit("app/main.txt", "two, and more");
    let third = p.build_as(engine, &tag).await.unwrap();
    assert_eq!((third.outcome.sent.files, third.outcome.sent.bytes), (1, 13));
    assert_eq!(engine.run(&tag, "cat /src/README /src/app/main.txt").await, "read metwo, and more");
});

on_every_engine!(the_image_is_under_every_name_and_known_by_its_id, |engine| {
    let p = project("FROM busybox:local\nLABEL a=b\nRUN true\n");
    let (one, two, three) = (engine.tag(), engine.tag(), engine.tag());
    let mut request = p.request(&one);
    request.tags.push(two.clone());
    request.labels.insert("team".into(), "build".into());
    let built = build(engine, &request, pending()).await.0.unwrap();
    let id = built.outcome.image.unwrap();
    for tag in [&one, &two] {
        let image = engine.api.inspect_image(tag).await.unwrap();
        assert_eq!(image.id.unwrap(), id.to_string());
        assert_eq!(image.config.unwrap().labels.unwrap()["team"], "build");
    }
    assert!(engine.docker.image_exists(&id).await.unwrap());
    engine.docker.tag(&id, &three).await.unwrap();
    let base = engine.docker.base_image(&three, Some("linux/amd64")).await.unwrap().unwrap();
    assert_eq!(base.id, id.to_string());
    assert!(!base.layers.is_empty() && base.os == "linux");
    assert!(engine.docker.base_image(&three, Some("linux/s390x")).await.unwrap().is_none());
    assert!(engine.docker.base_image("smartbuild-test-none", None).await.unwrap().is_none());
});

on_every_engine!(the_context_arrives_as_it_is_on_disk, |engine| {
    let large = "a line that repeats\n".repeat(50_000);
    let p = project("FROM busybox:local\nCOPY . /src\n")
        .file("tool", "#!/bin/sh\n")
        .mode("tool", 0o4755)
        .file("private", "x")
        .mode("private", 0o600)
        .file("large", &large)
        .file("nothing", "")
        .file("deep/er/file", "f")
        .directory("empty")
        .mode("empty", 0o1777)
        .link("link", "deep/er/file")
        .link("dangling", "/no/where");
    let tag = engine.tag();
    let built = p.build_as(engine, &tag).await.unwrap();
    assert_eq!(built.outcome.sent.files, 5);
    let seen = engine
        .run(
            &tag,
            "cd /src && stat -c '%n %a %u:%g %F' tool private empty deep link dangling nothing && \
             readlink link && readlink dangling && cat link && sha256sum large",
        )
        .await;
    let expected = "tool 4755 0:0 regular file\nprivate 600 0:0 regular file\n\
        empty 1777 0:0 directory\ndeep 755 0:0 directory\nlink 777 0:0 symbolic link\n\
        dangling 777 0:0 symbolic link\nnothing 644 0:0 regular empty file\n\
        deep/er/file\n/no/where\nf";
    let digest = Digest::of(large.as_bytes()).to_hex();
    assert_eq!(seen, format!("{expected}{digest}  large\n"));
});

on_every_engine!(hard_links_are_one_file_in_the_image_and_separate_again_when_they_are, |engine| {
    let look = format!("RUN : {}; cd /src && stat -c %h a b c/d\n", nonce());
    let p = project(&format!("FROM busybox:local\nCOPY . /src\n{look}"))
        .file("a", "one and the same")
        .directory("c");
    for name in ["b", "c/d"] {
        std::fs::hard_link(p.path("a"), p.path(name)).unwrap();
    }
    let tag = engine.tag();
    let built = p.build_as(engine, &tag).await.unwrap();
    assert_eq!((built.outcome.sent.files, log(&built.events).as_str()), (1, "3\n3\n3\n"));
    let names = "cd /src && cat a b c/d";
    assert_eq!(engine.run(&tag, names).await, "one and the same".repeat(3));

    p.edit("a", "through any name");
    p.build_as(engine, &tag).await.unwrap();
    assert_eq!(engine.run(&tag, names).await, "through any name".repeat(3));

    // The first name becomes a file of its own; the other two are still one.
    std::fs::remove_file(p.path("a")).unwrap();
    p.edit("a", "alone");
    p.build_as(engine, &tag).await.unwrap();
    assert_eq!(engine.run(&tag, names).await, "alonethrough any namethrough any name");
});

on_every_engine!(a_path_of_four_thousand_bytes_arrives, |engine| {
    let path = format!("{}/{}/file", vec!["d".repeat(250); 15].join("/"), "e".repeat(226));
    let p = project("FROM busybox:local\nCOPY . /src\n").file(&path, "deep");
    let tag = engine.tag();
    match p.build_as(engine, &tag).await {
        Ok(_) => {
            let found = engine.run(&tag, "find /src -type f | wc -c").await;
            assert_eq!(found.trim(), (path.len() + "/src/\n".len()).to_string());
        }
        // Containerd keeps files so deep in directories of its own that Linux takes no such path.
        Err(BuildError::Failed { message, .. }) => {
            assert_eq!(engine.docker.info().await.unwrap().store, ImageStore::Containerd);
            assert!(message.ends_with("file name too long"), "{message}");
        }
        Err(other) => panic!("{other}"),
    }
});

on_every_engine!(a_name_that_is_not_utf8_arrives_or_is_told_of, |engine| {
    let p = project("FROM busybox:local\nCOPY . /src\n");
    p.edit_os(OsStr::from_bytes(b"name-\xff"), "odd");
    let tag = engine.tag();
    match p.build_as(engine, &tag).await {
        Ok(_) => assert_eq!(engine.run(&tag, "cat /src/name-*").await, "odd"),
        Err(BuildError::Name { path }) => assert_eq!(path.as_bytes(), b"name-\xff"),
        Err(other) => panic!("{other}"),
    }
});

on_every_engine!(only_what_is_copied_is_pulled, |engine| {
    let p = project("FROM busybox:local\nCOPY link docs/*.md /got/\n")
        .file("real", "behind the link")
        .file("docs/a.md", "a")
        .file("docs/b.txt", "b")
        .link("link", "real");
    let tag = engine.tag();
    let built = p.build_as(engine, &tag).await.unwrap();
    // The link's target and one document; the link itself has no bytes.
    assert_eq!(built.outcome.sent.files, 2);
    assert_eq!(
        engine.run(&tag, "cat /got/link /got/a.md && ls /got").await,
        "behind the linkaa.md\nlink\n"
    );
});

on_every_engine!(ignored_files_stay_here, |engine| {
    let p = project("FROM busybox:local\nCOPY . /src\n")
        .ignoring("secret*\nlogs\n!logs/keep\n.dockerignore\n")
        .file(".dockerignore", "secret*\nlogs\n!logs/keep\n.dockerignore\n")
        .file("secret.txt", "hush")
        .file("logs/old", "o")
        .file("logs/keep", "k")
        .file("main", "m");
    let tag = engine.tag();
    let built = p.build_as(engine, &tag).await.unwrap();
    assert_eq!(built.outcome.sent.files, 2);
    assert_eq!(engine.run(&tag, "cd /src && find . -type f | sort").await, "./logs/keep\n./main\n");
});

on_every_engine!(a_failing_command_is_told_with_its_step_and_line, |engine| {
    let p = project("FROM busybox:local\nRUN true\nRUN echo before; \\\n    exit 42\n");
    let (ended, events) = build(engine, &p.request(&engine.tag()), pending()).await;
    let BuildError::Failed { step, exit_code, message, location, .. } = ended.unwrap_err() else {
        panic!("not a failed step")
    };
    assert_eq!(step.as_deref(), Some("[3/3] RUN echo before;     exit 42"));
    assert_eq!(exit_code, Some(42));
    assert!(message.contains("exit code: 42"), "{message}");
    assert!(log(&events).contains("before"));
    if engine.version == "20.10" {
        // It sends no details.
        return assert_eq!(location, None);
    }
    let location = location.unwrap();
    assert_eq!((location.file.as_str(), location.line, location.last_line), ("Dockerfile", 3, 4));
});

on_every_engine!(a_wrong_dockerfile_is_told_with_its_line, |engine| {
    let p = project("FROM busybox:local\nRUNN true\n");
    let ended = p.build_as(engine, &engine.tag()).await;
    let BuildError::Failed { message, location, .. } = ended.unwrap_err() else { panic!() };
    assert!(message.to_lowercase().contains("unknown instruction"), "{message}");
    assert_eq!(location.unwrap().line, 2);
});

on_every_engine!(cancelling_ends_the_command_on_the_engine, |engine| {
    // Found again among the processes of this machine, where the engine runs.
    let seconds = 100_000 + rand::random::<u32>() % 100_000;
    let p = project(&format!("FROM busybox:local\nRUN echo started; sleep {seconds}\n"));
    let request = p.request(&engine.tag());
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let started = async {
        while let Some(event) = receiver.recv().await {
            let is_output =
                matches!(&event, Event::Log { bytes, .. } if bytes.starts_with(b"started"));
            if is_output {
                break;
            }
        }
        // What printed is not yet what sleeps.
        while !sleeps(seconds) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ended = engine.docker.build(&request, sender, started).await;
    assert!(matches!(ended, Err(BuildError::Cancelled)), "{ended:?}");
    let deadline = Instant::now() + Duration::from_secs(10);
    while sleeps(seconds) {
        assert!(Instant::now() < deadline, "the command still runs");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
});

/// Whether `sleep <seconds>` runs anywhere on this machine.
fn sleeps(seconds: u32) -> bool {
    let wanted = format!("sleep\0{seconds}\0");
    std::fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        command == wanted.as_bytes()
    })
}

on_every_engine!(a_file_that_changes_before_it_is_sent_ends_the_build, |engine| {
    let p = project("FROM busybox:local\nCOPY . /src\n")
        .file("stable", "s")
        .file("app/moving", "old content");
    let tag = engine.tag();
    let changed = async |edit: &dyn Fn()| {
        let request = p.request(&tag);
        edit();
        build(engine, &request, pending()).await.0.unwrap_err()
    };
    let error = changed(&|| p.edit("app/moving", "new and longer content")).await;
    let BuildError::ContextChanged { path, change } = error else { panic!("{error:?}") };
    assert_eq!((path.to_string().as_str(), change), ("app/moving", Change::Stat("size")));

    // The same size and the same time: only the bytes tell.
    let error = changed(&|| p.edit_secretly("app/moving", "new and LONGER content")).await;
    let BuildError::ContextChanged { change, .. } = error else { panic!("{error:?}") };
    assert_eq!(change, Change::Content);

    let error = changed(&|| std::fs::remove_file(p.path("app/moving")).unwrap()).await;
    let BuildError::ContextChanged { change, .. } = error else { panic!("{error:?}") };
    assert_eq!(change, Change::Missing);

    // Whatever the engine had of it by then is not used.
    p.edit("app/moving", "new and Longer content");
    p.build_as(engine, &tag).await.unwrap();
    assert_eq!(engine.run(&tag, "cat /src/app/moving").await, "new and Longer content");
});

on_every_engine!(secrets_are_mounted_and_not_kept, |engine| {
    let secret = nonce();
    let digest = Digest::of(secret.as_bytes()).to_hex();
    let p = project(&format!(
        "FROM busybox:local\nRUN --mount=type=secret,id=token \
         sha256sum /run/secrets/token && sha256sum /run/secrets/token | grep -q {digest}\n"
    ))
    .secret("token", &secret);
    let tag = engine.tag();
    let built = p.build_as(engine, &tag).await.unwrap();
    assert!(log(&built.events).contains(&digest));
    assert_eq!(engine.run(&tag, "cat /run/secrets/token 2>/dev/null; echo end").await, "end\n");

    let mut without = project(&format!(
        "FROM busybox:local\nRUN --mount=type=secret,id=token,required=true cat /run/secrets/token # {digest}\n"
    ));
    for secrets in [&[][..], &[("other", "x")]] {
        for (id, value) in secrets {
            without = without.secret(id, value);
        }
        let ended = without.build_as(engine, &tag).await;
        assert!(matches!(ended, Err(BuildError::Failed { .. })), "{ended:?}");
    }
});

on_every_engine!(options_reach_the_frontend, |engine| {
    let p = project(
        "FROM busybox:local AS one\nARG WHO=nobody\nRUN echo $WHO > /who && grep '10.1.2.3.*db' /etc/hosts\nFROM one AS two\nRUN false\n",
    );
    let tag = engine.tag();
    let mut request = p.request(&tag);
    request.target = Some("one".into());
    request.build_args.insert("WHO".into(), "me".into());
    request.add_hosts = vec!["db:10.1.2.3".into()];
    request.network = Some("none".into());
    build(engine, &request, pending()).await.0.unwrap();
    assert_eq!(engine.run(&tag, "cat /who").await, "me\n");
    request.no_cache = true;
    let again = build(engine, &request, pending()).await.0.unwrap();
    assert!(again.steps().values().all(|cached| !cached), "{:?}", again.steps());
});

on_every_engine!(thousands_of_small_files_are_sent, |engine| {
    let mut p = project("FROM busybox:local\nCOPY . /src\n");
    for number in 0..6000 {
        p = p.file(&format!("d{}/f{number}", number % 50), &number.to_string());
    }
    let tag = engine.tag();
    let built = p.build_as(engine, &tag).await.unwrap();
    assert_eq!(built.outcome.sent.files, 6000);
    assert_eq!(
        engine.run(&tag, "find /src -type f | wc -l; cat /src/d49/f5999").await,
        "6000\n5999"
    );
});

on_every_engine!(the_engine_tells_who_it_is, |engine| {
    let info = engine.docker.info().await.unwrap();
    assert_eq!((info.name.as_str(), info.builder.as_str()), ("docker", "buildkit"));
    let version = Engine::number(&engine.version);
    assert!(info.version.starts_with(version), "{} is not {version}", info.version);
    assert!(!info.id.is_empty() && info.platform.starts_with("linux/"));
});
