//! What conda reads beside manifests, and what leads it there. It calls pip.

use crate::optimize::tools::pip::habits::{
    PYTHON_VARIABLES, READ_ANYWHERE, READ_AT_HOME, VARIABLES,
};
use crate::optimize::tools::{Habits, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: READ_ANYWHERE,
    read_at_home: READ_AT_HOME,
    variables: &[
        Variables {
            prefix: "CONDA_",
            harmless: &[
                "CONDA_ALWAYS_YES",
                "CONDA_AUTO_UPDATE_CONDA",
                "CONDA_CHANNEL_PRIORITY",
                "CONDA_DEFAULT_ENV",
                "CONDA_OVERRIDE_CUDA",
                "CONDA_PROMPT_MODIFIER",
                "CONDA_SHLVL",
                "CONDA_SOLVER",
                "CONDA_VERSION",
            ],
            addresses: &[],
            paths: &[
                "CONDA_DIR",
                "CONDA_ENVS_DIRS",
                "CONDA_ENVS_PATH",
                "CONDA_EXE",
                "CONDA_PKGS_DIRS",
                "CONDA_PREFIX",
                "CONDA_PYTHON_EXE",
                "CONDA_ROOT",
            ],
        },
        Variables { prefix: "CONDARC", harmless: &[], addresses: &[], paths: &["CONDARC"] },
        Variables {
            prefix: "MAMBA_",
            harmless: &[
                "MAMBA_DOCKERFILE_ACTIVATE",
                "MAMBA_NO_BANNER",
                "MAMBA_USER",
                "MAMBA_USER_GID",
                "MAMBA_USER_ID",
            ],
            addresses: &[],
            paths: &["MAMBA_EXE", "MAMBA_ROOT_PREFIX"],
        },
        VARIABLES,
    ],
    leading: PYTHON_VARIABLES,
    settings: &[
        "condarc",
        "mambarc",
        "conda config --add channels /",
        "conda config --add channels file:",
        "pkgs_dirs",
        "envs_dirs",
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
