//! The root file system of a Debian suite, with an engine's programs in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::Version;
use crate::{command, debian, home::Home, ui};

/// The root of this version, made or not.
pub(super) fn path(home: &Home, version: Version) -> PathBuf {
    home.join(format!("root-{}", version.suite()))
}

/// Makes the root unless it is whole already; what an interrupted run left is made anew.
///
/// # Errors
///
/// When Debian's packages cannot be had, with the end of what mmdebstrap said, or when the suite
/// has moved on to another release of docker.
pub(super) fn ensure(home: &Home, version: Version) -> Result<()> {
    let suite = version.suite();
    let root = path(home, version);
    let _lock = home.lock(&format!("root-{suite}"))?;
    let mark = root.join(".ready");
    if mark.exists() {
        return Ok(());
    }
    remove(&root)?;
    ui::note(ui::dim(format_args!("installing engine {version} from Debian {suite}")));
    debian::bootstrap(suite, version.packages(), &root)?;
    let release =
        command::output(Command::new("chroot").arg(&root).args(["dockerd", "--version"]))?;
    if !is_release(&release, version) {
        bail!(
            "Debian {suite} now has `{}`, not {}: correct the table in xtask/src/engine/version.rs",
            release.trim(),
            version.release()
        );
    }
    fs::write(&mark, release).context("cannot mark the root as whole")
}

fn remove(root: &Path) -> Result<()> {
    match fs::remove_dir_all(root) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error)
            .with_context(|| format!("cannot remove the half-made root {}", root.display())),
        _ => Ok(()),
    }
}

/// Whether `dockerd --version` tells the release that the table promises.
fn is_release(told: &str, version: Version) -> bool {
    told.split("version ")
        .nth(1)
        .and_then(|rest| rest.strip_prefix(version.release()))
        .is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_that_moved_on_is_noticed() {
        let told = |release: &str| format!("Docker version {release}+dfsg1, build abc");
        assert!(is_release(&told("28.5.2"), Version::V28_5));
        assert!(!is_release(&told("29.0.1"), Version::V28_5));
        assert!(!is_release(&told("28.51.0"), Version::V28_5Containerd));
        assert!(!is_release("", Version::V20_10));
    }
}
