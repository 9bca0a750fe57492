//! What uv reads beside manifests, and what leads it there.

use crate::optimize::tools::pip::habits::{PYTHON_VARIABLES, READ_ANYWHERE, READ_AT_HOME};
use crate::optimize::tools::python::SETTINGS;
use crate::optimize::tools::{Habits, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: READ_ANYWHERE,
    read_at_home: READ_AT_HOME,
    variables: &[Variables {
        prefix: "UV_",
        harmless: &[
            "UV_BREAK_SYSTEM_PACKAGES",
            "UV_COMPILE_BYTECODE",
            "UV_COMPILE_BYTECODE_TIMEOUT",
            "UV_CONCURRENT_BUILDS",
            "UV_CONCURRENT_DOWNLOADS",
            "UV_CONCURRENT_INSTALLS",
            // These make it read less; what it reads without them is what counts here.
            "UV_FROZEN",
            "UV_LOCKED",
            "UV_NO_INSTALL_PROJECT",
            "UV_NO_INSTALL_WORKSPACE",
            "UV_HTTP_TIMEOUT",
            "UV_INDEX_STRATEGY",
            "UV_LINK_MODE",
            "UV_MANAGED_PYTHON",
            "UV_NATIVE_TLS",
            "UV_NO_CACHE",
            "UV_NO_DEV",
            "UV_NO_EDITABLE",
            "UV_NO_MANAGED_PYTHON",
            "UV_NO_PROGRESS",
            "UV_NO_SYNC",
            "UV_PRERELEASE",
            "UV_PYTHON_DOWNLOADS",
            "UV_PYTHON_PREFERENCE",
            "UV_REQUIRE_HASHES",
            "UV_RESOLUTION",
            "UV_SYSTEM_PYTHON",
            "UV_TORCH_BACKEND",
            "UV_VERSION",
        ],
        addresses: &["UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_INDEX_URL"],
        paths: &[
            "UV_CACHE_DIR",
            "UV_INSTALL_DIR",
            "UV_PROJECT_ENVIRONMENT",
            "UV_PYTHON_BIN_DIR",
            "UV_PYTHON_CACHE_DIR",
            "UV_PYTHON_INSTALL_DIR",
            "UV_TOOL_BIN_DIR",
            "UV_TOOL_DIR",
        ],
    }],
    leading: PYTHON_VARIABLES,
    settings: SETTINGS,
};
