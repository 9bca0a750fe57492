//! The model against `tests/cache-cases`, without an engine: what real engines did with each case.

#[path = "../support/mod.rs"]
mod support;

mod buildkit;
mod classic;
