//! What is drawn, without an engine: a storm that never draws a flag says nothing of it.

use std::collections::BTreeSet;

use crate::change;
use crate::draw::Draw;
use crate::options;
use crate::settings::Features;
use crate::state::State;

/// What is drawn for every engine, with ` | ` between.
const EVERYWHERE: &[&str] = &[
    "FROM scratch | FROM ${IMAGE} | type=ssh | ONBUILD RUN | ENV PATH=",
    "COPY --from=0 out | FROM --platform=$BUILDPLATFORM | FROM alpha | ARG A= | ENV E=",
    "LABEL  | USER  | SHELL  | WORKDIR sub | WORKDIR /d | VOLUME  | EXPOSE ",
    "HEALTHCHECK  | STOPSIGNAL  | ONBUILD COPY | ONBUILD ENV | RUN [ | RUN true",
    "type=bind,from= | type=bind,source= | type=cache,target | type=cache,id=",
    "type=tmpfs | type=secret | COPY --from=0  | COPY --from=alpha  | COPY --from=@BASE@",
    "--chown= | --chmod= | ADD pack.tar | COPY * | COPY . | CMD  | ENTRYPOINT  | edited",
    "size and time kept | renamed to | removed | mode of | touched | points to",
    "in .dockerignore | in other.Dockerfile.dockerignore | inserted | deleted | moved",
    "respelt | in the head | a stage renamed | the other Dockerfile | base image",
    "all back to | files back to | Dockerfiles back to | with its times",
    "became something else | longer | !src | --build-arg A= | SOURCE_DATE_EPOCH=",
    "HTTP_PROXY= | --target  | --network none | --add-host  | --label  | --shm-size ",
    "--ulimit  | --platform  | --secret  | --no-cache | --no-cache-filter ",
    "-f other.Dockerfile",
];

/// What is drawn for the newest alone.
const ON_NEW: &[&str] = &[
    "RUN <<EOF",
    "COPY <<EOF",
    "--link",
    "RUN --network=none",
    ",rw",
    "--exclude=",
    "--unpack=false",
    "<<two",
    "#!/bin/sh",
    "--chmod=go-w",
    "COPY --from=extra",
    "type=bind,from=extra",
    "FROM extra",
    "--build-context extra=.",
    "--build-context alpha=",
    "=docker-image://",
];

/// The texts of a project's Dockerfiles, its changes in words, and its command lines.
fn project(number: u64, features: Features) -> Vec<String> {
    let mut draw = Draw::new(7, number);
    let mut history = vec![State::random(&mut draw, features)];
    let mut all = Vec::new();
    for _ in 0..12 {
        let (state, told) = change::next(&mut draw, &history, features);
        all.extend(state.recipes.iter().map(crate::recipe::Recipe::text));
        all.extend(told);
        all.extend(state.ignore_texts().filter_map(|(_, text)| text));
        let once = options::once(&mut draw, state.recipe());
        all.push([state.options.words(state.recipe()), once].concat().join(" "));
        history.push(state);
    }
    all
}

#[test]
fn the_same_seed_makes_the_same_project() {
    let features = Features::of("28.5");
    assert_eq!(project(3, features), project(3, features));
    assert_ne!(project(3, features), project(4, features));
}

#[test]
fn everything_that_an_engine_knows_is_drawn() {
    let drawn = |version: &str| -> BTreeSet<String> {
        let features = |number| Features::of_project(version, number);
        (0..150).flat_map(|number| project(number, features(number))).collect()
    };
    let has = |drawn: &BTreeSet<String>, what: &str| drawn.iter().any(|text| text.contains(what));
    let (new, old) = (drawn("28.5"), drawn("20.10"));
    for what in EVERYWHERE.iter().flat_map(|line| line.split(" | ")) {
        assert!(has(&new, what) && has(&old, what), "`{what}` is never drawn");
    }
    for what in ON_NEW {
        assert!(has(&new, what), "`{what}` is never drawn");
        // It knows writable mounts, of stages alone.
        assert!(*what == ",rw" || !has(&old, what), "`{what}` is drawn for an engine without it");
    }
}
