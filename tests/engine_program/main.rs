//! The program on real engines: what it builds, what it forecasts, and what it says where
//! something is wrong.
//!
//! One program of many tests, so that a run has something to do while one of them waits for its
//! engine.

#[path = "../support/container.rs"]
mod container;
#[macro_use]
#[path = "../support/on_engines.rs"]
mod on_engines;
#[path = "../support/report.rs"]
mod report;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/engine.rs"]
mod workshop;

mod bad_input;
mod bench;
mod cases;
mod classic;
mod contexts;
mod fetched;
mod prune;
mod records;
mod sharing;
mod shortcut;
mod story;
mod timelines;
mod unrecorded;
mod verify;
mod why;
