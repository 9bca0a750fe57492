//! What Mix, Hex and Erlang read beside scripts.

use crate::optimize::tools::{Habits, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: &[".erlang"],
    read_at_home: &[
        ".cache",
        ".cargo",
        ".config",
        ".git-credentials",
        ".gitconfig",
        ".hex",
        ".mix",
        ".netrc",
        ".ssh",
    ],
    variables: &[
        Variables {
            prefix: "MIX_",
            harmless: &[
                "MIX_DEBUG",
                "MIX_ENV",
                "MIX_OS_CONCURRENCY_LOCK",
                "MIX_OS_DEPS_COMPILE_PARTITION_COUNT",
                "MIX_QUIET",
                "MIX_TARGET",
            ],
            addresses: &[],
            paths: &["MIX_ARCHIVES", "MIX_HOME", "MIX_REBAR3"],
        },
        Variables {
            prefix: "HEX_",
            harmless: &[
                "HEX_HTTP_CONCURRENCY",
                "HEX_HTTP_TIMEOUT",
                "HEX_OFFLINE",
                "HEX_UNSAFE_HTTPS",
                "HEX_UNSAFE_REGISTRY",
            ],
            addresses: &["HEX_API_URL", "HEX_BUILDS_URL", "HEX_MIRROR", "HEX_MIRROR_URL"],
            paths: &["HEX_CACERTS_PATH", "HEX_HOME"],
        },
    ],
    leading: &["CARGO", "ELIXIR", "ERL", "MAKE", "REBAR", "RUSTUP"],
    settings: &["hex.config", "hex.repo", "archive.build", ".erlang"],
};
