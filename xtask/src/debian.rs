//! What Debian gives: packages on the machine itself, and whole suites in a directory.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::{command, home::Home, ui};

/// The machine's certificates, which engines and `RUN` need to reach registries.
pub(crate) const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Makes sure that these Debian packages are installed.
///
/// # Errors
///
/// When one is missing and this is no Debian, not root, or apt fails.
pub(crate) fn ensure_packages(home: &Home, packages: &[&str]) -> Result<()> {
    if missing(packages)?.is_empty() {
        return Ok(());
    }
    let _lock = home.lock("packages")?;
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !rustix::process::geteuid().is_root() {
        bail!("Debian packages are missing; as root: apt-get install {list}");
    }
    ui::note(ui::dim(format_args!("installing {list}")));
    command::output(&mut apt(&["update"])).context("cannot read the lists of Debian packages")?;
    let mut install = apt(&["install", "--yes", "--no-install-recommends"]);
    command::output(install.args(&missing)).with_context(|| format!("cannot install {list}"))?;
    Ok(())
}

/// Says so where this is not root.
///
/// # Errors
///
/// When it is not.
pub(crate) fn ensure_root() -> Result<()> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    bail!(
        "engines need root: they mount, make a network bridge and install Debian packages. \
         Run it as root, or leave the engine out: cargo xtask test --fast"
    )
}

/// Installs a Debian suite with these packages into an empty directory.
///
/// # Errors
///
/// With the end of what mmdebstrap said.
pub(crate) fn bootstrap(suite: &str, packages: &str, root: &Path) -> Result<()> {
    let mut mmdebstrap = Command::new("mmdebstrap");
    mmdebstrap
        .args(["--quiet", "--variant=apt", "--aptopt=APT::Install-Recommends \"false\""])
        // A mirror may lag behind; the signature still has to be right.
        .arg("--aptopt=Acquire::Check-Valid-Until \"false\"")
        .arg(format!("--include={packages}"))
        .arg(suite)
        .arg(root);
    command::output(&mut mmdebstrap)
        .with_context(|| format!("cannot install Debian {suite} into {}", root.display()))?;
    fs::copy(CERTIFICATES, root.join(&CERTIFICATES[1..]))
        .with_context(|| format!("cannot copy {CERTIFICATES}"))?;
    let downloads = root.join("var/cache/apt/archives");
    command::run(Command::new("find").arg(downloads).args(["-name", "*.deb", "-delete"]))
}

/// Unpacks packages of a Debian suite, with what they need, into an empty directory, and runs
/// nothing of them.
///
/// # Errors
///
/// With the end of what mmdebstrap said.
pub(crate) fn unpack(suite: &str, packages: &str, root: &Path) -> Result<()> {
    let mut mmdebstrap = Command::new("mmdebstrap");
    mmdebstrap
        .args(["--quiet", "--variant=extract", "--aptopt=APT::Install-Recommends \"false\""])
        .arg("--aptopt=Acquire::Check-Valid-Until \"false\"")
        .arg(format!("--include={packages}"))
        .arg(suite)
        .arg(root);
    command::output(&mut mmdebstrap)
        .with_context(|| format!("cannot unpack {packages} of Debian {suite}"))?;
    Ok(())
}

fn apt(arguments: &[&str]) -> Command {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .args(["--quiet", "-o", "DPkg::Lock::Timeout=600"])
        .args(arguments);
    apt
}

fn missing<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    if !command::is_installed("dpkg-query") {
        bail!(
            "this is no Debian machine (no dpkg-query), and engines are made of Debian's packages; \
             needs Debian 12 or newer with: {}",
            packages.join(" ")
        );
    }
    let is_missing = |package: &&&str| {
        let status = ["--show", "--showformat", "${db:Status-Status}", package];
        !command::output(Command::new("dpkg-query").args(status))
            .is_ok_and(|status| status == "installed")
    };
    Ok(packages.iter().filter(is_missing).copied().collect())
}
