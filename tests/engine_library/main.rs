//! The library's own door to real engines: builds, and images that are built for a short time and
//! read.
//!
//! The engines come from `SMARTBUILD_TEST_ENGINES`: pairs `version=unix:///path`, separated by
//! spaces. They run on this machine and have the image `busybox:local`.
#![allow(clippy::unwrap_used, missing_docs)]

/// Runs a story on every engine, names the engine when it fails, and removes its images then too.
macro_rules! on_every_engine {
    ($name:ident, |$engine:ident| $story:block) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for $engine in &engines().await {
                let story = AssertUnwindSafe(async { $story }).catch_unwind().await;
                $engine.clean().await;
                assert!(story.is_ok(), "on the engine {}", $engine.version);
            }
        }
    };
}

mod build;
mod support;
mod verify;
