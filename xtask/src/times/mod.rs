//! `cargo xtask times`: how near the predicted seconds come to the measured ones.
//!
//! Real builds of a copy of `examples/flask-app`, over scripted days of work on it: edits of
//! `app.py` and of `requirements.txt`, a new base image, and builds with nothing changed; first in
//! the example's own order of instructions, then in the order that `smartbuild optimize` writes.
//! Each order has a store of its own, so that both begin with nothing known. What is compared is
//! what a person sees: the seconds of the forecast and how long the build then took.

mod figures;
mod work;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{
    base_image::{self, Kind},
    checks,
    demo::build_release,
    engine::{Engine, Version},
    home::Home,
    ui,
};
use figures::{Figures, Measured};
use work::{Edit, Work};

/// What is done on a day, a build each.
const DAY: [Edit; 8] = [
    Edit::Source,
    Edit::Source,
    Edit::Requirements,
    Edit::Source,
    Edit::Nothing,
    Edit::Base,
    Edit::Source,
    Edit::Requirements,
];

/// The first builds of an order are not counted: nothing, or next to nothing, was known.
const UNCOUNTED: usize = 2;

/// Measures on the engine of this version, and prints every build and the median error.
///
/// # Errors
///
/// When something cannot be set up, or a build fails. How large the error is, is no failure.
pub(crate) fn run(version: Version, days: usize, program: Option<PathBuf>) -> Result<()> {
    let binary = match program {
        Some(program) => program.canonicalize()?,
        None => build_release()?,
    };
    let engine = Engine::new(Home::locate()?, version);
    engine.up()?;
    base_image::import(&engine, Kind::Python, &[])?;
    ui::result(&format!("engine {}, {days} days of {} builds", engine.version(), DAY.len()))?;
    let mut all = Figures::default();
    for is_optimized in [false, true] {
        let title = if is_optimized { "after `optimize --apply`" } else { "as the example is" };
        ui::result(&format!("\n{title}\n{}", figures::HEAD))?;
        let work = Work::begin(&checks::repository(), &binary, &engine.docker_host())?;
        if is_optimized {
            work.optimize()?;
        }
        let mut figures = Figures::default();
        let edits = std::iter::once(Edit::Nothing).chain(DAY.into_iter().cycle());
        for (number, edit) in (1..).zip(edits.take(1 + days * DAY.len())) {
            let (predicted, measured) = work.build_after(edit, number)?;
            let measured = Measured { edit, predicted, measured };
            ui::result(&measured.line(number))?;
            if number > UNCOUNTED {
                figures.add(measured);
            }
        }
        ui::result(&figures.summary())?;
        all.extend(figures);
    }
    ensure!(!all.is_empty(), "give more than no days: nothing was counted");
    ui::result(&format!("\nboth orders\n{}", all.summary()))?;
    Ok(())
}
