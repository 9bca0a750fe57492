//! Rewrites verified on real engines: what is equal passes, what differs is found, and nothing is
//! left behind.

use std::future::pending;
use std::panic::AssertUnwindSafe;

use crate::support::{Engine, Project, engines, nonce, project};
use bollard::query_parameters::{ListContainersOptionsBuilder, ListImagesOptionsBuilder};
use futures_util::FutureExt;
use smartbuild::engine::{BuildError, BuildRequest, SourceFile, Trial};
use smartbuild::optimize::verify::{Differences, PathChange, compare};
use smartbuild::{BuiltImage, ImageFileKind, ImagePath};
use tokio::sync::mpsc;

/// A base image that nobody replaces meanwhile.
async fn base(engine: &Engine) -> String {
    let id = engine.api.inspect_image("busybox:local").await.unwrap().id.unwrap();
    let name = engine.tag();
    engine.docker.tag(&id.parse().unwrap(), &name).await.unwrap();
    name
}

/// Builds and reads an image.
async fn built(trial: &Trial<'_>, request: &BuildRequest) -> BuiltImage {
    let (events, _) = mpsc::unbounded_channel();
    let image = trial.build(request, events, pending()).await.unwrap();
    trial.read(&image).await.unwrap()
}

/// The original built twice, and once with another Dockerfile.
async fn verified(engine: &Engine, project: &Project, rewritten: &str) -> Differences {
    let trial = Trial::new(&engine.docker);
    let original = project.request("");
    let content = rewritten.as_bytes().to_vec();
    let dockerfile = SourceFile { name: "Dockerfile".into(), content };
    let rewritten = BuildRequest { dockerfile, ..original.clone() };
    let first = built(&trial, &original).await;
    let second = built(&trial, &original).await;
    let third = built(&trial, &rewritten).await;
    assert!(trial.clean().await.is_empty());
    assert_nothing_is_left(engine, &trial.name()).await;
    compare([&first, &second], &third)
}

async fn assert_nothing_is_left(engine: &Engine, name: &str) {
    let all = ListContainersOptionsBuilder::new().all(true).build();
    let containers = engine.api.list_containers(Some(all)).await.unwrap();
    let names = containers.into_iter().flat_map(|container| container.names.unwrap_or_default());
    assert_eq!(names.filter(|it| it.contains(name)).collect::<Vec<_>>(), [""; 0]);
    let all = ListImagesOptionsBuilder::new().all(true).build();
    let images = engine.api.list_images(Some(all)).await.unwrap();
    let tags = images.into_iter().flat_map(|image| image.repo_tags);
    assert_eq!(tags.filter(|it| it.contains(name)).collect::<Vec<_>>(), [""; 0]);
}

/// The paths that differ and how, a line each.
fn told(differences: &Differences) -> Vec<String> {
    let path = |path: &ImagePath, change: &PathChange| match change {
        PathChange::Added => format!("{path} added"),
        PathChange::Removed => format!("{path} removed"),
        PathChange::Changed(changes) => {
            let aspects: Vec<_> = changes.iter().map(|change| change.aspect.name()).collect();
            format!("{path} {}", aspects.join(" "))
        }
    };
    let paths = differences.paths.iter().map(|it| path(&it.path, &it.change));
    paths.chain(differences.settings.iter().map(|it| it.name.clone())).collect()
}

on_every_engine!(an_equal_rewrite_passes_and_what_differs_by_itself_is_noise, |engine| {
    let base = base(engine).await;
    let p = project(&format!(
        "FROM {base}\nWORKDIR /app\nCOPY . .\n\
         RUN cp list installed && date > log && cat /proc/sys/kernel/random/uuid > random \
         && mkdir -p /tmp && mktemp && ln log second && mkfifo pipe && chmod 4711 installed\n\
         USER nobody\nCMD [\"cat\", \"log\"]\n"
    ))
    .file("list", "one\n")
    .file("main", "main\n")
    .link("link", "main");
    let rewritten = format!(
        "FROM {base}\nWORKDIR /app\nCOPY list .\n\
         RUN cp list installed && date > log && cat /proc/sys/kernel/random/uuid > random \
         && mkdir -p /tmp && mktemp && ln log second && mkfifo pipe && chmod 4711 installed\n\
         COPY . .\nUSER nobody\nCMD [\"cat\", \"log\"]\n"
    );
    let differences = verified(engine, &p, &rewritten).await;
    assert_eq!(told(&differences), [""; 0]);
    // The log under its two names and the number; the temporary file, once in each.
    assert_eq!((differences.noise.contents, differences.noise.names), (3, 2));
    // And what the step wrote besides.
    assert_eq!(differences.noise.times, 2);
    assert!(differences.compared > 10);
});

on_every_engine!(a_changed_image_is_found_with_its_paths, |engine| {
    let base = base(engine).await;
    let p = project(&format!(
        "FROM {base}\nWORKDIR /app\nCOPY . .\nRUN ls > list && echo same > same\n\
         ENV A=b\nEXPOSE 80\n"
    ))
    .file("one", "1")
    .file("two", "2");
    // What listed the directory has seen less of it; and more.
    let rewritten = format!(
        "FROM {base}\nWORKDIR /app\nCOPY one .\n\
         RUN ls > list && echo same > same\nCOPY --chown=7:8 two .\n\
         RUN mkdir new && touch new/x && rm one && ln -s x new/y\nENV A=c\nEXPOSE 80\nUSER 7\n"
    );
    let differences = verified(engine, &p, &rewritten).await;
    assert_eq!(
        told(&differences),
        [
            "/app/list content",
            "/app/new added",
            "/app/new/x added",
            "/app/new/y added",
            "/app/one removed",
            "/app/two owner",
            "env A",
            "user",
        ]
    );
});

on_every_engine!(an_image_of_scratch_with_volumes_and_without_a_command_is_read, |engine| {
    let p = project(
        "FROM busybox:local AS tools\nFROM scratch\nCOPY data /data/\nVOLUME /data\n\
         WORKDIR /made/here\nUSER no:body\n",
    )
    .file("data/file", "kept\n")
    .mode("data/file", 0o640);
    let volumes = || async {
        let all = None::<bollard::query_parameters::ListVolumesOptions>;
        engine.api.list_volumes(all).await.unwrap().volumes.unwrap_or_default().len()
    };
    let before = volumes().await;
    let trial = Trial::new(&engine.docker);
    let image = built(&trial, &p.request("")).await;
    assert!(volumes().await <= before, "the container's volume is gone with it");
    assert!(trial.clean().await.is_empty());
    let at = |path: &str| &image.tree[&ImagePath::new(path.as_bytes())];
    let size = |path| match at(path).kind {
        ImageFileKind::File { size, .. } => size,
        ref other => panic!("{other:?}"),
    };
    assert_eq!((size("data/file"), at("data/file").mode), (5, 0o640));
    assert!(!image.tree.contains_key(&ImagePath::new(b"etc/hosts")), "it is the engine's");
    assert_eq!(at("made/here").kind, ImageFileKind::Directory);
    assert_eq!(image.configuration["user"], "no:body");
    assert_eq!(image.configuration["working directory"], "/made/here");
    assert_eq!(image.configuration["volume /data"], "set");
    assert!(!image.configuration.contains_key("label smartbuild.trial"));
});

on_every_engine!(a_command_runs_in_an_image_with_its_output_bounded, |engine| {
    let p = project("FROM busybox:local\nENTRYPOINT [\"false\"]\nUSER 65534\n");
    let trial = Trial::new(&engine.docker);
    let (events, _) = mpsc::unbounded_channel();
    let image = trial.build(&p.request(""), events, pending()).await.unwrap();
    let run = trial.run(&image, "id -u; echo wrong >&2; exit 7").await.unwrap();
    assert_eq!(run.status, 7);
    let output = String::from_utf8(run.output).unwrap();
    assert!(output.contains("65534\n") && output.contains("wrong\n"), "{output}");
    let run = trial.run(&image, "seq 100000").await.unwrap();
    assert_eq!((run.status, run.is_cut, run.output.len()), (0, true, 16 << 10));
    assert!(run.output.ends_with(b"\n100000\n"));
    assert!(trial.clean().await.is_empty());
    assert_nothing_is_left(engine, &trial.name()).await;
});

on_every_engine!(what_is_given_up_is_removed_too, |engine| {
    let p = project(&format!("FROM busybox:local\nRUN : {}\n", nonce()));
    let trial = Trial::new(&engine.docker);
    let (events, _) = mpsc::unbounded_channel();
    let image = trial.build(&p.request(""), events, pending()).await.unwrap();
    // Given up at once, while the container is made; and while a command runs in another.
    assert!(trial.read(&image).now_or_never().is_none());
    let forever = trial.run(&image, "sleep 1000");
    let second = std::time::Duration::from_secs(1);
    assert!(tokio::time::timeout(second, forever).await.is_err());

    let slow = project("FROM busybox:local\nRUN sleep 1000\n");
    let (events, _) = mpsc::unbounded_channel();
    let cancel = tokio::time::sleep(3 * second);
    let ended = trial.build(&slow.request(""), events, cancel).await;
    assert!(matches!(ended, Err(BuildError::Cancelled)), "{ended:?}");
    assert!(trial.clean().await.is_empty());
    assert_nothing_is_left(engine, &trial.name()).await;
});
