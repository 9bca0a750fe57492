//! What Bundler and Ruby read beside Gemfiles, and where gems are installed to.

use super::arguments::paths;
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::landing::image_path;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Install, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: &[".bundle", ".gemrc"],
    read_at_home: &[
        ".cargo",
        ".config",
        ".gem",
        ".git-credentials",
        ".gitconfig",
        ".local",
        ".netrc",
        ".ssh",
    ],
    variables: &[
        Variables {
            prefix: "BUNDLE_",
            harmless: &[
                "BUNDLE_CLEAN",
                "BUNDLE_DEPLOYMENT",
                "BUNDLE_DISABLE_VERSION_CHECK",
                "BUNDLE_FORCE_RUBY_PLATFORM",
                "BUNDLE_FROZEN",
                // Read by `check`.
                "BUNDLE_GEMFILE",
                "BUNDLE_JOBS",
                "BUNDLE_NO_PRUNE",
                "BUNDLE_PATH",
                "BUNDLE_RETRY",
                "BUNDLE_SILENCE_ROOT_WARNING",
                "BUNDLE_TIMEOUT",
                "BUNDLE_WITH",
                "BUNDLE_WITHOUT",
            ],
            addresses: &[],
            paths: &["BUNDLE_APP_CONFIG", "BUNDLE_BIN", "BUNDLE_USER_CACHE", "BUNDLE_USER_HOME"],
        },
        Variables { prefix: "GEM_HOME", harmless: &[], addresses: &[], paths: &["GEM_HOME"] },
        Variables { prefix: "RUBYLIB", harmless: &[], addresses: &[], paths: &["RUBYLIB"] },
        Variables {
            prefix: "RUBYGEMS_",
            harmless: &["RUBYGEMS_VERSION"],
            addresses: &[],
            paths: &[],
        },
    ],
    leading: &["RUBY", "GEM", "RBENV", "CARGO", "RUSTUP", "MAKE"],
    settings: &[],
};

/// The variables whose value decides, what chooses an interpreter, and what lies where gems are
/// installed or found.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    let led = |name: &str| Err(Reason::Environment { tool: "bundler", name: name.to_owned() });
    let value = |name: &str| around.variable(install, name).unwrap_or_default();
    let gemfile = around.directory.join("Gemfile");
    if !matches!(value("BUNDLE_GEMFILE"), "" | "Gemfile")
        && ContextPath::new(value("BUNDLE_GEMFILE")) != gemfile
    {
        return led("BUNDLE_GEMFILE");
    }
    let is_known_flag = |flag: &str| {
        ["-W", "--yjit", "--jit", "--enable", "--disable"]
            .iter()
            .any(|known| flag.starts_with(known))
    };
    if !value("RUBYOPT").split_whitespace().all(is_known_flag) {
        return led("RUBYOPT");
    }
    let mut installed: Vec<ContextPath> =
        paths(install).map(|path| image_path(&around.directory, path.as_bytes())).collect();
    let path = value("BUNDLE_PATH");
    if !path.is_empty() {
        installed.push(image_path(&around.directory, path.as_bytes()));
    }
    let cache = around.directory.join("vendor/cache");
    for (place, source) in around.landing.places() {
        let name = place.file_name().unwrap_or_default();
        let chooses = [".ruby-version", ".tool-versions", "mise.toml", ".mise.toml"]
            .iter()
            .any(|chooser| chooser.as_bytes() == name)
            && around.has_shims();
        // Gems are also found in the working directory, and what builds one in Rust looks for
        // its settings in all directories above.
        let is_found = place.parent().as_ref() == Some(&around.directory)
            && (name.ends_with(b".gem") || name == b"gems.rb");
        let is_rusts =
            matches!(name, b"Cargo.toml" | b".cargo") || name.starts_with(b"rust-toolchain");
        if chooses || is_found || is_rusts || place.starts_with(&cache) {
            return Err(Reason::Reads { tool: "bundler", file: source.clone() });
        }
        if installed.iter().any(|installed| place.starts_with(installed)) {
            return Err(Reason::Written { tool: "bundler", file: source.clone() });
        }
    }
    Ok(())
}
