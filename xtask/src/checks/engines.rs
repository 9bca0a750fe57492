//! The engines that the engine tests run against.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::{
    base_image::{self, Kind},
    engine::{self, Engine, Version},
    home::Home,
};

/// All engines, up and with their base images.
#[derive(Debug)]
pub(crate) struct Prepared {
    list: String,
    spares: String,
    busybox: String,
    /// How long it took, beside everything else.
    pub(super) took: Duration,
}

impl Prepared {
    /// What engine tests read to know their engines, those whose cache they may empty, and the tar
    /// file of which they make base images.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 3] {
        [
            ("SMARTBUILD_TEST_ENGINES", &self.list),
            ("SMARTBUILD_TEST_SPARE_ENGINES", &self.spares),
            ("SMARTBUILD_TEST_BUSYBOX", &self.busybox),
        ]
    }
}

/// Brings every engine up.
///
/// # Errors
///
/// For the first one that does not come up: engine tests are never skipped silently.
pub(crate) fn prepare(home: &Home) -> Result<Prepared> {
    let begun = Instant::now();
    let engines = Version::ALL.map(|version| Engine::new(home.clone(), version));
    for engine in &engines {
        engine.up().with_context(|| format!("engine {}", engine.version()))?;
        for kind in kinds(engine.version()) {
            base_image::import(engine, *kind, &[])?;
        }
    }
    let spares = Version::ALL.map(|version| Engine::spare(home.clone(), version));
    for spare in &spares {
        spare.up().with_context(|| format!("spare engine {}", spare.version()))?;
        base_image::import(spare, Kind::Busybox, &[])?;
    }
    let (list, spares) = (engine::list(&engines), engine::list(&spares));
    let busybox = base_image::file_system(home, Kind::Busybox)?.display().to_string();
    Ok(Prepared { list, spares, busybox, took: begun.elapsed() })
}

/// Python only where the example application is built: it is 240 MB in each engine.
fn kinds(version: Version) -> &'static [Kind] {
    match version {
        Version::V20_10 | Version::V28_5 => &[Kind::Busybox, Kind::Python],
        Version::V26_1 | Version::V28_5Containerd => &[Kind::Busybox],
    }
}
