//! Base images made of Debian's packages, for machines that reach no image registry.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::{
    command, curl,
    debian::{self, CERTIFICATES},
    engine::Engine,
    home::Home,
    ui,
};

/// What a base image has in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Kind {
    /// One static binary, as busybox:local
    Busybox,
    /// A small Debian, as debian:bookworm-slim
    Debian,
    /// Python, pip and venv, as python:3.12-slim; the Python is Debian's 3.11
    Python,
    /// Node and npm, as node:20-slim; the Node is Debian's 18
    Node,
    /// The Go compiler, as golang:1.19-bookworm
    Go,
}

impl Kind {
    /// The name that Dockerfiles use for it.
    pub(crate) fn usual_tag(self) -> &'static str {
        match self {
            Self::Busybox => "busybox:local",
            Self::Debian => "debian:bookworm-slim",
            Self::Python => "python:3.12-slim",
            Self::Node => "node:20-slim",
            Self::Go => "golang:1.19-bookworm",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Busybox => "busybox",
            Self::Debian => "debian",
            Self::Python => "python",
            Self::Node => "node",
            Self::Go => "go",
        }
    }

    fn packages(self) -> &'static str {
        match self {
            Self::Busybox | Self::Debian => "ca-certificates",
            Self::Python => "ca-certificates,python3,python3-pip,python3-venv",
            Self::Node => "ca-certificates,nodejs,npm",
            Self::Go => "ca-certificates,golang-go",
        }
    }
}

/// Gives a running engine the image under these names, or its usual one, where it lacks them.
///
/// An image that is there stays: importing it anew would give it another id.
///
/// # Errors
///
/// When the file system cannot be made or the engine refuses it.
pub(crate) fn import(engine: &Engine, kind: Kind, tags: &[String]) -> Result<Vec<String>> {
    let tags = if tags.is_empty() { vec![kind.usual_tag().to_owned()] } else { tags.to_vec() };
    for tag in &tags {
        give(engine.home(), &engine.socket(), kind, tag)?;
    }
    Ok(tags)
}

/// Gives whatever engine listens on this socket the image under this name, where it lacks it.
///
/// # Errors
///
/// As [`import`].
pub(crate) fn give(home: &Home, socket: &Path, kind: Kind, tag: &str) -> Result<()> {
    if is_local(socket, tag) {
        return Ok(());
    }
    let tar = file_system(home, kind)?;
    curl::post_tar(socket, &import_path(tag), &tar)
        .with_context(|| format!("cannot import {tag} into {}", socket.display()))
}

/// Whether the engine behind this socket has an image of this name.
pub(crate) fn is_local(socket: &Path, tag: &str) -> bool {
    curl::get(socket, &format!("/images/{tag}/json"), Duration::from_secs(10)).is_ok()
}

/// The path and query of an import. The image knows where its certificates are, so that pip, npm
/// and what uses OpenSSL reach registries that the machine reaches.
fn import_path(tag: &str) -> String {
    let (repository, tag) = tag.rsplit_once(':').unwrap_or((tag, "latest"));
    let certificates = format!(
        "ENV PIP_CERT={CERTIFICATES} SSL_CERT_FILE={CERTIFICATES} NODE_EXTRA_CA_CERTS={CERTIFICATES}"
    );
    let changes = [
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        certificates.as_str(),
    ]
    .map(|change| format!("&changes={}", curl::escape(change)))
    .concat();
    let (repository, tag) = (curl::escape(repository), curl::escape(tag));
    format!("/images/create?fromSrc=-&repo={repository}&tag={tag}{changes}")
}

/// The image's file system as a tar file, made once and kept.
///
/// # Errors
///
/// When it cannot be made.
pub(crate) fn file_system(home: &Home, kind: Kind) -> Result<PathBuf> {
    let images = home.join("images");
    fs::create_dir_all(&images).context("cannot make the directory for images")?;
    let tar = images.join(format!("{}.tar", kind.name()));
    let _lock = home.lock(&format!("image-{}", kind.name()))?;
    if tar.exists() {
        return Ok(tar);
    }
    debian::ensure_root()?;
    ui::note(ui::dim(format_args!("making {} of Debian's packages", kind.usual_tag())));
    let root = tempfile::Builder::new()
        .prefix("make-")
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in(&images)
        .context("cannot make a directory for the image")?;
    if kind == Kind::Busybox {
        fill_with_busybox(home, root.path())?;
    } else {
        fill_with_debian(home, kind, root.path())?;
    }
    let part = tar.with_extension("part");
    let mut pack = Command::new("tar");
    pack.args(["--sort=name", "--numeric-owner", "--create", "--file"]).arg(&part);
    command::output(pack.arg("--directory").arg(root.path()).arg("."))?;
    fs::rename(&part, &tar).context("cannot keep the image's file system")?;
    Ok(tar)
}

fn fill_with_busybox(home: &Home, root: &Path) -> Result<()> {
    const BUSYBOX: &str = "/bin/busybox";
    debian::ensure_packages(home, &["busybox-static"])?;
    let fill = || -> std::io::Result<()> {
        for directory in ["bin", "etc", "tmp"] {
            fs::create_dir(root.join(directory))?;
        }
        fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
        fs::copy(BUSYBOX, root.join("bin/busybox"))?;
        fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")?;
        fs::write(root.join("etc/group"), "root:x:0:\n")
    };
    fill().with_context(|| format!("cannot fill {}", root.display()))?;
    let applets = command::output(Command::new(BUSYBOX).arg("--list"))?;
    for applet in applets.lines().filter(|it| *it != "busybox") {
        symlink("busybox", root.join("bin").join(applet))
            .with_context(|| format!("cannot link busybox as {applet}"))?;
    }
    Ok(())
}

fn fill_with_debian(home: &Home, kind: Kind, root: &Path) -> Result<()> {
    debian::ensure_packages(home, &["mmdebstrap", "ca-certificates"])?;
    debian::bootstrap("bookworm", kind.packages(), root)?;
    if kind == Kind::Python {
        // As in the official image, pip may install into the system and `python` is a command.
        let marker = root.join("usr/lib/python3.11/EXTERNALLY-MANAGED");
        fs::remove_file(marker).context("cannot let pip install into the image")?;
        symlink("python3", root.join("usr/bin/python")).context("cannot link python")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_port_is_not_taken_for_a_tag() {
        let path = import_path("127.0.0.1:5000/base:v1");
        assert!(path.contains("repo=127.0.0.1%3A5000%2Fbase&tag=v1&"), "{path}");
    }

    #[test]
    fn pip_is_told_of_the_certificates() {
        let path = import_path("python:3.12-slim");
        assert!(path.contains("PIP_CERT%3D%2Fetc%2Fssl"), "{path}");
    }
}
