//! Where engines, base images and tools are kept between runs.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use crate::ui;

/// The environment variable that moves the whole of it.
pub(crate) const VARIABLE: &str = "SMARTBUILD_ENGINES_DIR";

/// The directory for everything that outlives a run. It works when empty.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

/// Held until dropped; also let go by the system when the process ends.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "holding the open file is the lock")] File);

impl Home {
    /// `SMARTBUILD_ENGINES_DIR`, else a cache directory of the system (as root) or of the user.
    ///
    /// # Errors
    ///
    /// When there is no home directory to fall back to, or the directory cannot be made.
    pub(crate) fn locate() -> Result<Self> {
        let path = if let Some(chosen) = std::env::var_os(VARIABLE).filter(|it| !it.is_empty()) {
            std::path::absolute(&chosen).with_context(|| format!("{VARIABLE} is no path"))?
        } else if rustix::process::geteuid().is_root() {
            PathBuf::from("/var/cache/smartbuild-engines")
        } else {
            std::env::home_dir()
                .with_context(|| format!("no home directory; set {VARIABLE}"))?
                .join(".cache/smartbuild-engines")
        };
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot make {}; {VARIABLE} moves it", path.display()))?;
        Ok(Self(path))
    }

    /// A home at this path, which must exist.
    #[cfg(test)]
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Waits until no other run holds the lock of this name, and holds it.
    ///
    /// # Errors
    ///
    /// When the lock's file cannot be opened.
    pub(crate) fn lock(&self, name: &str) -> Result<Lock> {
        let path = self.join(format!("{name}.lock"));
        let file =
            File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
            ui::note(ui::dim(format_args!("waiting for another run's work on {name}")));
            flock(&file, FlockOperation::LockExclusive)
                .with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Ok(Lock(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_gets_the_lock_when_the_first_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let first = home.lock("root-sid").unwrap();
        let held = File::open(home.join("root-sid.lock")).unwrap();
        let try_now = || flock(&held, FlockOperation::NonBlockingLockExclusive);
        assert_eq!(try_now(), Err(Errno::WOULDBLOCK));
        drop(first);
        assert_eq!(try_now(), Ok(()));
    }
}
