//! Builds on real engines, through the library's own door.
//!
//! The engines come from `SMARTBUILD_TEST_ENGINES`: pairs `version=unix:///path`, separated by
//! spaces. Every one of them needs the image `busybox:local`.
#![allow(clippy::unwrap_used, missing_docs)]

mod engine_support;

use engine_support::{engines, project};

#[tokio::test(flavor = "multi_thread")]
async fn a_build_gives_a_tagged_image_and_the_next_one_sends_nothing() {
    for engine in engines().await {
        let p = project("FROM busybox:local\nCOPY . /src\nRUN cat /src/app/main.txt\n")
            .file("app/main.txt", "one")
            .file("README", "read me");
        let tag = engine.tag();
        let first = p.build_as(&engine, &tag).await.unwrap();
        println!("{:?}", first.outcome);
        println!("{:?}", first.events);
        assert_eq!(first.outcome.sent.files, 2);
        let second = p.build_as(&engine, &tag).await.unwrap();
        assert_eq!(second.outcome.sent.files, 0);
        assert_eq!(second.outcome.image, first.outcome.image);
    }
}
