//! What .NET reads beside project files.

use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: &[
        ".paket",
        "Directory.Build.rsp",
        "MSBuild.rsp",
        "packages.config",
        "paket.dependencies",
    ],
    read_at_home: &[".dotnet", ".nuget"],
    variables: &[
        Variables {
            prefix: "NUGET_",
            harmless: &["NUGET_XMLDOC_MODE", "NUGET_CERT_REVOCATION_MODE"],
            addresses: &[],
            paths: &["NUGET_PACKAGES", "NUGET_HTTP_CACHE_PATH", "NUGET_SCRATCH"],
        },
        Variables {
            prefix: "DOTNET_",
            harmless: &[
                "DOTNET_CLI_TELEMETRY_OPTOUT",
                "DOTNET_ENABLEDIAGNOSTICS",
                "DOTNET_GENERATE_ASPNET_CERTIFICATE",
                "DOTNET_NOLOGO",
                "DOTNET_ROLL_FORWARD",
                "DOTNET_RUNNING_IN_CONTAINER",
                "DOTNET_SDK_VERSION",
                "DOTNET_SKIP_FIRST_TIME_EXPERIENCE",
                "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT",
                "DOTNET_USE_POLLING_FILE_WATCHER",
                "DOTNET_VERSION",
            ],
            addresses: &[],
            paths: &["DOTNET_ROOT", "DOTNET_CLI_HOME"],
        },
        Variables { prefix: "MSBUILD", harmless: &[], addresses: &[], paths: &[] },
        Variables { prefix: "RESTORE", harmless: &[], addresses: &[], paths: &[] },
    ],
    leading: &[],
    settings: &["nuget config", "nuget add source", "nuget.config", "NuGet.Config"],
};

/// Files that `NuGet` or `MSBuild` reads by names of any case, and a user's own settings where the
/// copied files are a home directory.
pub(super) fn check(around: &Surroundings<'_>) -> Result<(), Reason> {
    for (place, source) in around.landing.places() {
        let mut names = place.components().map(<[u8]>::to_ascii_lowercase);
        let is_of_user = names.any(|name| name == b".config")
            && names.next().is_some_and(|name| name == b"nuget" || name == b"configuration");
        let name = place.file_name().unwrap_or_default().to_ascii_lowercase();
        if is_of_user || name == b"packages.config" || name.ends_with(b".rsp") {
            return Err(Reason::Reads { tool: "dotnet", file: source.clone() });
        }
    }
    Ok(())
}
