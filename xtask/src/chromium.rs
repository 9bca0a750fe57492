//! The browser that pages are tested in, unpacked from Debian's packages.
//!
//! Nothing of it is installed: it runs out of a directory of the home, with libraries and fonts of
//! its own, so that a page is laid out alike on every machine. Only the C library is the machine's.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{command, debian, home::Home, ui};

/// The oldest suite that has it: what was built there also runs with a newer C library.
const SUITE: &str = "bookworm";

/// What is unpacked, with what it needs: some 170 MB to fetch and 560 MB on disk.
const PACKAGES: &str = "chromium-headless-shell,fontconfig-config,fonts-dejavu-core";

/// What it may be called where somebody has installed it.
const INSTALLED: [&str; 4] =
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/// The program, made on first use. Who is not root gets the one in `PATH`.
///
/// # Errors
///
/// When the packages cannot be had or do not run here.
pub(crate) fn ensure(home: &Home) -> Result<PathBuf> {
    let root = home.join(format!("chromium-{SUITE}"));
    let program = root.join("chromium");
    if program.exists() {
        return Ok(program);
    }
    if !rustix::process::geteuid().is_root() {
        let installed = INSTALLED.into_iter().find(|program| answers(Path::new(program)));
        let missing = "pages are tested in Chromium: install Debian's chromium, or run this as root \
                       once, which unpacks it";
        return installed.map(PathBuf::from).context(missing);
    }
    debian::ensure_packages(home, &["mmdebstrap", "ca-certificates"])?;
    let _lock = home.lock("chromium")?;
    if program.exists() {
        return Ok(program);
    }
    if root.exists() {
        fs::remove_dir_all(&root).context("cannot remove the half-made directory of Chromium")?;
    }
    ui::note(ui::dim(format_args!("unpacking {PACKAGES} of Debian {SUITE}")));
    debian::unpack(SUITE, PACKAGES, &root)?;
    remove_c_library(&root)?;
    // The program is what marks the directory as whole.
    let made = root.join("chromium.new");
    fs::write(&made, script(&root)).context("cannot write the program that starts Chromium")?;
    fs::set_permissions(&made, fs::Permissions::from_mode(0o755))
        .context("cannot make the program that starts Chromium runnable")?;
    if !answers(&made) {
        bail!("Chromium of Debian {SUITE} does not run here; try {} by hand", made.display());
    }
    fs::rename(&made, &program).context("cannot mark the directory of Chromium as whole")?;
    Ok(program)
}

fn answers(program: &Path) -> bool {
    command::succeeds(Command::new(program).arg("--version"))
}

/// The directory of libraries below `lib` and `usr/lib`.
fn libraries() -> String {
    format!("{}-linux-gnu", std::env::consts::ARCH)
}

/// Leaves only the machine's C library, which belongs to the machine's own loader.
fn remove_c_library(root: &Path) -> Result<()> {
    const C_LIBRARY: [&str; 13] = [
        "ld-linux",
        "libanl.",
        "libc.",
        "libc_malloc",
        "libdl.",
        "libm.",
        "libmvec.",
        "libnss_",
        "libpthread.",
        "libresolv.",
        "librt.",
        "libthread_db.",
        "libutil.",
    ];
    let directory = root.join("lib").join(libraries());
    for entry in fs::read_dir(&directory).context("the packages hold no libraries")? {
        let entry = entry.context("cannot read the directory of libraries")?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if C_LIBRARY.iter().any(|library| name.starts_with(library)) {
            fs::remove_file(entry.path()).with_context(|| format!("cannot remove {name}"))?;
        }
    }
    Ok(())
}

/// Starts it with its own libraries and fonts.
fn script(root: &Path) -> String {
    let (root, libraries) = (root.display(), libraries());
    format!(
        "#!/bin/sh\n\
         root='{root}'\n\
         export LD_LIBRARY_PATH=\"$root/usr/lib/{libraries}:$root/usr/lib/{libraries}/pulseaudio:$root/lib/{libraries}\"\n\
         export FONTCONFIG_SYSROOT=\"$root\"\n\
         exec \"$root/usr/lib/chromium/chromium-headless-shell\" \"$@\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_libraries_only_those_of_the_machine_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("lib").join(libraries());
        fs::create_dir_all(&directory).unwrap();
        for name in ["libc.so.6", "ld-linux-x86-64.so.2", "libcap.so.2", "libdbus-1.so.3"] {
            fs::write(directory.join(name), "").unwrap();
        }
        remove_c_library(root.path()).unwrap();
        let left = fs::read_dir(&directory).unwrap().map(|it| it.unwrap().file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, ["libcap.so.2", "libdbus-1.so.3"]);
    }
}
