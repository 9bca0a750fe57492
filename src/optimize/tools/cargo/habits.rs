//! What Cargo reads beside manifests and settings.

use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Install, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: &[],
    read_at_home: &[".config", ".git-credentials", ".gitconfig", ".rustup", ".ssh"],
    variables: &[
        Variables {
            prefix: "CARGO_",
            harmless: &[
                "CARGO_BUILD_JOBS",
                "CARGO_HTTP_MULTIPLEXING",
                "CARGO_HTTP_TIMEOUT",
                "CARGO_INCREMENTAL",
                "CARGO_NET_GIT_FETCH_WITH_CLI",
                "CARGO_NET_OFFLINE",
                "CARGO_NET_RETRY",
                "CARGO_PROFILE_RELEASE_LTO",
                "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
                "CARGO_TARGET_DIR",
                "CARGO_TERM_COLOR",
                "CARGO_TERM_QUIET",
                "CARGO_TERM_VERBOSE",
            ],
            addresses: &[],
            paths: &["CARGO_HOME"],
        },
        Variables {
            prefix: "RUSTUP_",
            harmless: &["RUSTUP_VERSION"],
            addresses: &["RUSTUP_DIST_SERVER", "RUSTUP_UPDATE_ROOT"],
            paths: &["RUSTUP_HOME"],
        },
        Variables { prefix: "RUSTC", harmless: &[], addresses: &[], paths: &[] },
    ],
    leading: &[],
    settings: &[".cargo/config", "rustup override", "rustup toolchain link", "CARGO_HOME"],
};

/// Whether what is copied may be Cargo's home, where it keeps packages.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    if around.variable(install, "CARGO_HOME").is_some() {
        return Ok(());
    }
    for (place, entry) in around.landing.iter() {
        let is_kept = place.components().any(|component: &[u8]| component == b".cargo")
            && !matches!(place.file_name(), Some(b"config.toml" | b"config"));
        if is_kept {
            return Err(Reason::Reads { tool: "cargo", file: entry.path.clone() });
        }
    }
    Ok(())
}
