//! What the tools, node and the programs that build packages look for beside manifests.

use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: &[
        ".netrc",
        "_netrc",
        ".node-gyp",
        ".node-pre-gyprc",
        ".node_pre_gyprc",
        ".npm",
        ".prebuild-installrc",
    ],
    read_at_home: &[
        ".bun",
        ".cache",
        ".config",
        ".git-credentials",
        ".gitconfig",
        ".local",
        ".ssh",
    ],
    variables: &[
        Variables {
            prefix: "NPM_CONFIG_",
            harmless: &[
                "NPM_CONFIG_AUDIT",
                "NPM_CONFIG_COLOR",
                "NPM_CONFIG_ENGINE_STRICT",
                "NPM_CONFIG_FETCH_RETRIES",
                "NPM_CONFIG_FETCH_RETRY_MAXTIMEOUT",
                "NPM_CONFIG_FETCH_RETRY_MINTIMEOUT",
                "NPM_CONFIG_FETCH_TIMEOUT",
                "NPM_CONFIG_FORCE",
                "NPM_CONFIG_FUND",
                "NPM_CONFIG_IGNORE_SCRIPTS",
                "NPM_CONFIG_INCLUDE",
                "NPM_CONFIG_LEGACY_PEER_DEPS",
                "NPM_CONFIG_LOGLEVEL",
                "NPM_CONFIG_MAXSOCKETS",
                "NPM_CONFIG_OMIT",
                "NPM_CONFIG_OPTIONAL",
                "NPM_CONFIG_PREFER_OFFLINE",
                "NPM_CONFIG_PRODUCTION",
                "NPM_CONFIG_PROGRESS",
                "NPM_CONFIG_STRICT_SSL",
                "NPM_CONFIG_UNSAFE_PERM",
                "NPM_CONFIG_UPDATE_NOTIFIER",
                "NPM_CONFIG_YES",
            ],
            addresses: &["NPM_CONFIG_REGISTRY"],
            paths: &[
                "NPM_CONFIG_CACHE",
                "NPM_CONFIG_CAFILE",
                "NPM_CONFIG_PREFIX",
                "NPM_CONFIG_STORE_DIR",
                "NPM_CONFIG_USERCONFIG",
            ],
        },
        Variables {
            prefix: "YARN_",
            harmless: &[
                "YARN_CHECKSUM_BEHAVIOR",
                "YARN_COMPRESSION_LEVEL",
                "YARN_ENABLE_IMMUTABLE_INSTALLS",
                "YARN_ENABLE_INLINE_BUILDS",
                "YARN_ENABLE_PROGRESS_BARS",
                "YARN_ENABLE_SCRIPTS",
                "YARN_ENABLE_TELEMETRY",
                "YARN_HTTP_TIMEOUT",
                "YARN_NETWORK_TIMEOUT",
                "YARN_NODE_LINKER",
                "YARN_NPM_AUTH_TOKEN",
                "YARN_PRODUCTION",
                "YARN_VERSION",
            ],
            addresses: &["YARN_NPM_REGISTRY_SERVER", "YARN_REGISTRY"],
            paths: &["YARN_CACHE_FOLDER", "YARN_GLOBAL_FOLDER"],
        },
        Variables {
            prefix: "PNPM_",
            harmless: &["PNPM_VERSION"],
            addresses: &[],
            paths: &["PNPM_HOME"],
        },
        Variables {
            prefix: "BUN_",
            harmless: &["BUN_RUNTIME_TRANSPILER_CACHE_PATH", "BUN_VERSION"],
            addresses: &["BUN_CONFIG_REGISTRY"],
            paths: &["BUN_INSTALL", "BUN_INSTALL_BIN", "BUN_INSTALL_CACHE_DIR"],
        },
        Variables {
            prefix: "COREPACK_",
            harmless: &[
                "COREPACK_DEFAULT_TO_LATEST",
                "COREPACK_ENABLE_AUTO_PIN",
                "COREPACK_ENABLE_DOWNLOAD_PROMPT",
                "COREPACK_ENABLE_NETWORK",
                "COREPACK_ENABLE_PROJECT_SPEC",
                "COREPACK_ENABLE_STRICT",
                "COREPACK_INTEGRITY_KEYS",
                "COREPACK_VERSION",
            ],
            addresses: &["COREPACK_NPM_REGISTRY"],
            paths: &["COREPACK_HOME"],
        },
    ],
    leading: &["NODE_", "PYTHON", "GYP_", "CYPRESS_", "ELECTRON_", "PRISMA_", "PUPPETEER_"],
    settings: &[],
};

/// What chooses node itself, where a version manager looks for it.
pub(super) fn check(tool: &'static str, around: &Surroundings<'_>) -> Result<(), Reason> {
    let names = [".nvmrc", ".node-version", ".tool-versions", "mise.toml", ".mise.toml"];
    let chooses = around
        .landing
        .iter()
        .find(|(place, _)| names.iter().any(|name| Some(name.as_bytes()) == place.file_name()));
    match chooses {
        Some((_, entry)) if around.has_shims() => {
            Err(Reason::Reads { tool, file: entry.path.clone() })
        }
        _ => Ok(()),
    }
}
