//! What Poetry reads beside manifests, and what leads it there. Early versions call pip.

use crate::optimize::tools::pip::habits::{
    PYTHON_VARIABLES, READ_ANYWHERE, READ_AT_HOME, VARIABLES,
};
use crate::optimize::tools::{Habits, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: READ_ANYWHERE,
    read_at_home: READ_AT_HOME,
    variables: &[
        Variables {
            prefix: "POETRY_",
            harmless: &[
                "POETRY_INSTALLER_MAX_WORKERS",
                "POETRY_INSTALLER_MODERN_INSTALLATION",
                "POETRY_INSTALLER_NO_BINARY",
                "POETRY_INSTALLER_ONLY_BINARY",
                "POETRY_INSTALLER_PARALLEL",
                "POETRY_KEYRING_ENABLED",
                "POETRY_NO_ANSI",
                "POETRY_NO_INTERACTION",
                "POETRY_REQUESTS_MAX_RETRIES",
                "POETRY_REQUESTS_TIMEOUT",
                "POETRY_VERSION",
                "POETRY_VIRTUALENVS_CREATE",
                // Wherever the environment is, `.venv` counts as written.
                "POETRY_VIRTUALENVS_IN_PROJECT",
                "POETRY_VIRTUALENVS_OPTIONS_ALWAYS_COPY",
                "POETRY_VIRTUALENVS_OPTIONS_NO_PIP",
                "POETRY_VIRTUALENVS_OPTIONS_NO_SETUPTOOLS",
                "POETRY_VIRTUALENVS_OPTIONS_SYSTEM_SITE_PACKAGES",
                "POETRY_VIRTUALENVS_PREFER_ACTIVE_PYTHON",
            ],
            addresses: &[],
            paths: &[
                "POETRY_CACHE_DIR",
                "POETRY_CONFIG_DIR",
                "POETRY_DATA_DIR",
                "POETRY_HOME",
                "POETRY_VIRTUALENVS_PATH",
            ],
        },
        VARIABLES,
    ],
    leading: PYTHON_VARIABLES,
    settings: &[
        "cache-dir",
        "virtualenvs.path",
        "poetry config repositories",
        "poetry config certificates",
        "poetry self",
        "pip config",
        "pip.conf",
        "pip.ini",
        "pydistutils",
        "sitecustomize",
        "usercustomize",
        ".pth",
        "--editable",
        "setup.py develop",
    ],
};
