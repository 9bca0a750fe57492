//! What Composer and PHP read beside their manifests.

use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Install, Variables};

pub(super) const HABITS: Habits = Habits {
    // The root package's version and commit are asked of these, and kept in `vendor`.
    read_anywhere: &[".git", ".hg", ".svn", ".fslckout", "_FOSSIL_", ".composer"],
    read_at_home: &[".cache", ".config", ".git-credentials", ".gitconfig", ".local", ".ssh"],
    variables: &[
        Variables {
            prefix: "COMPOSER",
            harmless: &[
                "COMPOSER_ALLOW_SUPERUSER",
                "COMPOSER_AUTH",
                // Read by `check`.
                "COMPOSER_BIN_DIR",
                "COMPOSER_DISABLE_XDEBUG_WARN",
                "COMPOSER_DISCARD_CHANGES",
                "COMPOSER_FUND",
                "COMPOSER_IGNORE_PLATFORM_REQ",
                "COMPOSER_IGNORE_PLATFORM_REQS",
                "COMPOSER_MAX_PARALLEL_HTTP",
                "COMPOSER_MEMORY_LIMIT",
                "COMPOSER_NO_AUDIT",
                "COMPOSER_NO_DEV",
                "COMPOSER_NO_INTERACTION",
                "COMPOSER_PROCESS_TIMEOUT",
                "COMPOSER_ROOT_VERSION",
                "COMPOSER_VENDOR_DIR",
                "COMPOSER_VERSION",
            ],
            addresses: &[],
            paths: &["COMPOSER_CACHE_DIR", "COMPOSER_HOME"],
        },
        Variables { prefix: "PHPRC", harmless: &[], addresses: &[], paths: &["PHPRC"] },
        Variables {
            prefix: "PHP_INI_SCAN_DIR",
            harmless: &[],
            addresses: &[],
            paths: &["PHP_INI_SCAN_DIR"],
        },
    ],
    leading: &["PHP", "HTTP_PROXY_"],
    settings: &["composer config", "composer global", "COMPOSER_HOME", "auto_prepend_file"],
};

/// Whether the COPY brings anything to where a variable says that packages go.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    for name in ["COMPOSER_VENDOR_DIR", "COMPOSER_BIN_DIR"] {
        let path = around.variable(install, name).unwrap_or_default();
        if path.is_empty() {
            continue;
        }
        if path.contains(['$', '~']) {
            return Err(Reason::Environment { tool: "composer", name: name.to_owned() });
        }
        let directory = image_path(&around.directory, path.as_bytes());
        let written = around.landing.places().find(|(place, _)| place.starts_with(&directory));
        if let Some((_, file)) = written {
            return Err(Reason::Written { tool: "composer", file: file.clone() });
        }
    }
    Ok(())
}
