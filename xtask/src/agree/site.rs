//! The engine that builds, started when the first build is asked for.

use std::cell::OnceCell;

use anyhow::Result;

use crate::{
    engine::{Engine, Version},
    home::{Home, Lock},
};

/// Where builds are made. As long as all that they gave is kept, no engine is needed.
#[derive(Debug)]
pub(super) struct Site {
    home: Home,
    version: Version,
    engine: OnceCell<(Engine, Lock)>,
}

impl Site {
    /// A site whose engine is not up yet.
    pub(super) fn new(home: Home, version: Version) -> Self {
        Self { home, version, engine: OnceCell::new() }
    }

    /// The engine, up, and no other run's: each makes it forget everything.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub(super) fn engine(&self) -> Result<&Engine> {
        if let Some((engine, _)) = self.engine.get() {
            return Ok(engine);
        }
        let lock = self.home.lock("agree")?;
        let engine = Engine::offline(self.home.clone(), self.version);
        engine.up()?;
        Ok(&self.engine.get_or_init(|| (engine, lock)).0)
    }
}
