//! The engines that the engine tests run against, and docker's own readers of files.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use crate::{
    base_image::{self, Kind},
    engine::{self, Engine, Version},
    home::Home,
    plugins,
};

/// All engines, up and with their base images.
#[derive(Debug)]
pub(crate) struct Prepared {
    list: String,
    spares: String,
    busybox: PathBuf,
    plugins: PathBuf,
    /// How long it took, beside everything else.
    pub(super) took: Duration,
}

impl Prepared {
    /// What engine tests read to know their engines, those whose cache they may empty, the tar file
    /// of which they make base images, and the directory of docker's plugins.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("SMARTBUILD_TEST_ENGINES", self.list.clone()),
            ("SMARTBUILD_TEST_SPARE_ENGINES", self.spares.clone()),
            ("SMARTBUILD_TEST_BUSYBOX", self.busybox.display().to_string()),
            ("SMARTBUILD_TEST_DOCKER_PLUGINS", self.plugins.display().to_string()),
        ]
    }
}

/// Brings every engine up, and unpacks the plugins.
///
/// # Errors
///
/// For the first one that does not come up: engine tests are never skipped silently.
pub(crate) fn prepare(home: &Home) -> Result<Prepared> {
    let begun = Instant::now();
    let engines = Version::ALL.map(|version| Engine::new(home.clone(), version).in_memory());
    for engine in &engines {
        engine.up().with_context(|| format!("engine {}", engine.version()))?;
        for kind in kinds(engine.version()) {
            base_image::import(engine, *kind, &[])?;
        }
    }
    let spares = Version::ALL.map(|version| Engine::spare(home.clone(), version).in_memory());
    for spare in &spares {
        spare.up().with_context(|| format!("spare engine {}", spare.version()))?;
        base_image::import(spare, Kind::Busybox, &[])?;
    }
    let (list, spares) = (engine::list(&engines), engine::list(&spares));
    let busybox = base_image::file_system(home, Kind::Busybox)?;
    let plugins = plugins::ensure(home).context("docker's plugins")?;
    Ok(Prepared { list, spares, busybox, plugins, took: begun.elapsed() })
}

/// Python only where the example application is built: it is 240 MB in each engine.
fn kinds(version: Version) -> &'static [Kind] {
    match version {
        Version::V20_10 | Version::V28_5 => &[Kind::Busybox, Kind::Python],
        Version::V26_1 | Version::V28_5Containerd => &[Kind::Busybox],
    }
}
