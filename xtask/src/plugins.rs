//! Docker's own readers of compose and bake files, unpacked from Debian's packages.
//!
//! They only print what they read, so that they need no engine and no installation: the packages
//! are unpacked into a directory of the home.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{command, debian, home::Home, ui};

/// The suite that has both.
const SUITE: &str = "sid";

/// What is unpacked, with what it needs.
const PACKAGES: &str = "docker-compose,docker-buildx";

/// What must be in the directory.
const PROGRAMS: [&str; 2] = ["docker-compose", "docker-buildx"];

/// The directory with `docker-compose` and `docker-buildx`, made on first use.
///
/// # Errors
///
/// When the packages cannot be had, or no longer hold the programs.
pub(crate) fn ensure(home: &Home) -> Result<PathBuf> {
    let root = home.join("docker-plugins");
    let programs = root.join("usr/libexec/docker/cli-plugins");
    if is_whole(&root, &programs) {
        return Ok(programs);
    }
    debian::ensure_root()?;
    debian::ensure_packages(home, &["mmdebstrap", "ca-certificates"])?;
    let _lock = home.lock("docker-plugins")?;
    if is_whole(&root, &programs) {
        return Ok(programs);
    }
    if root.exists() {
        fs::remove_dir_all(&root).context("cannot remove the half-made directory of plugins")?;
    }
    ui::note(ui::dim(format_args!("unpacking {PACKAGES} of Debian {SUITE}")));
    debian::unpack(SUITE, PACKAGES, &root)?;
    for program in PROGRAMS {
        let told = command::output(Command::new(programs.join(program)).arg("version"))
            .with_context(|| format!("{program} of Debian {SUITE} does not run here"))?;
        if told.trim().is_empty() {
            bail!("{program} of Debian {SUITE} does not tell its version");
        }
    }
    fs::write(mark(&root), "").context("cannot mark the directory of plugins as whole")?;
    Ok(programs)
}

fn is_whole(root: &Path, programs: &Path) -> bool {
    mark(root).exists() && PROGRAMS.iter().all(|program| programs.join(program).exists())
}

fn mark(root: &Path) -> PathBuf {
    root.join(".ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interrupted_run_left_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let programs = dir.path().join("programs");
        fs::create_dir(&programs).unwrap();
        for program in PROGRAMS {
            fs::write(programs.join(program), "").unwrap();
        }
        assert!(!is_whole(dir.path(), &programs));
        fs::write(mark(dir.path()), "").unwrap();
        assert!(is_whole(dir.path(), &programs));
    }
}
