//! Pictures of pages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::command;

/// Pixels of a picture from left to right.
const WIDTH: u32 = 1200;

/// Bytes: whoever reads the README has to fetch it.
const LARGEST: u64 = 150_000;

/// A picture of the beginning of a page.
#[derive(Debug)]
pub(super) struct Picture {
    /// The page.
    pub(super) page: PathBuf,
    /// Where the picture goes.
    pub(super) file: PathBuf,
    /// Pixels from the top of the page.
    pub(super) height: u32,
}

impl Picture {
    /// Takes it, and makes it small.
    ///
    /// # Errors
    ///
    /// When the browser fails, or it cannot be made small enough.
    pub(super) fn take(&self, chromium: &Path) -> Result<()> {
        let mut browser = Command::new(chromium);
        browser
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"])
            .arg(format!("--window-size={WIDTH},{}", self.height))
            .arg(format!("--screenshot={}", self.file.display()))
            .arg(format!("file://{}", self.page.display()));
        command::output(&mut browser)?;
        command::output(
            Command::new("optipng").args(["-quiet", "-o4", "-strip", "all"]).arg(&self.file),
        )?;
        let size = fs::metadata(&self.file)
            .with_context(|| format!("Chromium took no picture {}", self.file.display()))?
            .len();
        ensure!(size <= LARGEST, "{} has {size} bytes: show less of the page", self.file.display());
        Ok(())
    }
}
