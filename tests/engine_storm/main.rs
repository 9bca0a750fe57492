//! The storm: random projects, built, changed at random and built again on a real engine. What the
//! program said before each build is compared with what the engine then did, step for step.
//!
//! In: the variables that `cargo xtask storm` sets, see [`settings`]; without them a short storm,
//! always the same. Out: every disagreement with what is needed to run it again, and one line with
//! the numbers. A project is known by the seed and its number, and can be run alone.
//!
//! Where a disagreement is found, a cache case is made of it and the engine asked again, before
//! anything is mended; see CONTRIBUTING.md.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, unreachable_pub)]

mod change;
mod disk;
mod draw;
mod drawn;
mod found;
mod instructions;
mod options;
mod recipe;
mod rewrite;
mod settings;
mod state;
mod tally;
mod tree;
mod trial;
#[path = "../support/engine.rs"]
mod workshop;

use std::sync::Mutex;
use std::time::Instant;

use settings::Settings;
use tally::Tally;
use trial::Trial;
use workshop::{SpareEngine, TestEngine, engine, spare};

/// What all projects of a storm came to.
#[derive(Default)]
struct Sum {
    next: u64,
    tally: Tally,
    wrong: Vec<String>,
}

/// Where a storm blows.
enum Place {
    /// An engine that others build on.
    Shared(TestEngine),
    /// One that nobody else does, while it is held.
    Own(SpareEngine),
}

impl Place {
    fn engine(&self) -> &TestEngine {
        match self {
            Self::Shared(engine) => engine,
            Self::Own(spare) => &spare.engine,
        }
    }
}

/// Storms on the engine of this version: so many projects on an engine of its own, where the
/// environment says nothing.
fn blow(version: &str, projects: u64) {
    let told = Settings::of_environment(projects);
    let place = match told {
        Some(_) => Place::Shared(engine(version)),
        None => Place::Own(spare(version)),
    };
    let settings = told.unwrap_or_else(|| Settings::short(projects));
    let engine = place.engine();
    let begun = Instant::now();
    let sum = Mutex::new(Sum::default());
    std::thread::scope(|scope| {
        for _ in 0..settings.jobs {
            scope.spawn(|| {
                while let Some(number) = next(&settings, &sum, begun) {
                    run(&settings, engine, number, &sum);
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap();
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let (seed, tally) = (settings.seed, &sum.tally);
    eprintln!(
        "storm on {version}: {tally}; seed {seed}, projects 0 to {}, {minutes:.1} min, {:.0} \
         steps a minute",
        sum.next.saturating_sub(1),
        tally.steps as f64 / minutes,
    );
    let wrong = &sum.wrong;
    assert!(tally.is_clean(), "{} builds were forecast wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tally.steps > 0, "no step was compared");
}

/// The number of the next project, as long as the storm goes on.
fn next(settings: &Settings, sum: &Mutex<Sum>, begun: Instant) -> Option<u64> {
    let mut sum = sum.lock().unwrap();
    if let Some(project) = settings.project {
        let is_first = sum.next == 0;
        sum.next = project + 1;
        return is_first.then_some(project);
    }
    let is_over = sum.next >= settings.projects
        || settings.steps.is_some_and(|steps| sum.tally.steps >= steps)
        || settings.time.is_some_and(|time| begun.elapsed() >= time);
    if is_over {
        return None;
    }
    sum.next += 1;
    Some(sum.next - 1)
}

fn run(settings: &Settings, engine: &TestEngine, number: u64, sum: &Mutex<Sum>) {
    let result = Trial::new(settings, engine, number).run();
    let mut sum = sum.lock().unwrap();
    sum.tally.add(&result.tally);
    sum.wrong.extend(result.wrong);
}

#[test]
fn storm_on_28_5() {
    blow("28.5", 14);
}

#[test]
fn storm_on_28_5_containerd() {
    blow("28.5-containerd", 5);
}

#[test]
fn storm_on_26_1() {
    blow("26.1", 5);
}

#[test]
fn storm_on_20_10() {
    blow("20.10", 5);
}
