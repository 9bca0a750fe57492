//! yarn's settings: .yarnrc of the first version, .yarnrc.yml of the later ones.

use serde_json::Value;

use super::package::{leaves, specifier};
use super::project::{Project, text};
use super::settings;
use crate::optimize::Reason;

/// Settings of .yarnrc.yml that lead to no file.
const HARMLESS: &[&str] = &[
    "approvedGitRepositories",
    "changesetBaseRefs",
    "changesetIgnorePatterns",
    "checksumBehavior",
    "compressionLevel",
    "defaultProtocol",
    "defaultSemverRangePrefix",
    "enableColors",
    "enableGlobalCache",
    "enableHardenedMode",
    "enableHyperlinks",
    "enableImmutableInstalls",
    "enableInlineBuilds",
    "enableInlineHunks",
    "enableMessageNames",
    "enableNetwork",
    "enableOfflineMode",
    "enableProgressBars",
    "enableScripts",
    "enableStrictSsl",
    "enableTelemetry",
    "enableTimers",
    "enableTransparentWorkspaces",
    "httpRetry",
    "httpTimeout",
    "immutablePatterns",
    "initFields",
    "initScope",
    "logFilters",
    "networkConcurrency",
    "nmHoistingLimits",
    "nmMode",
    "nmSelfReferences",
    "nodeLinker",
    "npmAlwaysAuth",
    "npmAuditExcludePackages",
    "npmAuditIgnoreAdvisories",
    "npmAuthIdent",
    "npmAuthToken",
    "npmMinimalAgeGate",
    "npmPreapprovedPackages",
    "npmPublishAccess",
    "npmRegistries",
    "npmRegistryServer",
    "npmScopes",
    "pnpFallbackMode",
    "pnpIgnorePatterns",
    "pnpMode",
    "preferDeferredVersions",
    "preferInteractive",
    "preferReuse",
    "progressBarStyle",
    "supportedArchitectures",
    "taskPoolConcurrency",
    "telemetryInterval",
    "tsEnableAutoTypes",
    "unsafeHttpWhitelist",
    "workerPoolMode",
];

/// Adds the .yarnrc.yml with the program and the plugins that it names; whether there is one.
pub(super) fn add_later(project: &mut Project<'_, '_>) -> Result<bool, Reason> {
    let Some((source, settings)) = project.yaml(".yarnrc.yml")? else { return Ok(false) };
    let directory = project.directory.clone();
    for (key, value) in settings.as_object().into_iter().flatten() {
        let refused = || Reason::Option { tool: "yarn", text: key.clone() };
        match (&**key, value) {
            ("yarnPath", Value::String(path)) if is_plain(path) => {
                project.add(&project.place(path))?;
            }
            ("plugins", Value::Array(plugins)) => {
                for plugin in plugins {
                    let path = plugin.as_str().or_else(|| plugin["path"].as_str());
                    let path = path.filter(|path| is_plain(path)).ok_or_else(refused)?;
                    project.add(&project.place(path))?;
                    let is_yarns = plugin["spec"]
                        .as_str()
                        .is_some_and(|spec| spec.starts_with("@yarnpkg/plugin-"));
                    // One of somebody else does what it likes.
                    if !is_yarns {
                        project.verify();
                    }
                }
            }
            ("packageExtensions" | "catalog" | "catalogs", value) => {
                for text in leaves(value) {
                    specifier(&source, &directory, text, project)?;
                }
            }
            ("enableConstraintsChecks", Value::String(text)) if text == "false" => {}
            (key, value) if HARMLESS.contains(&key) => {
                let is_local = |text: &&str| text.starts_with("file:");
                if leaves(value).iter().any(is_local) {
                    return Err(refused());
                }
            }
            _ => return Err(refused()),
        }
    }
    Ok(true)
}

/// Adds the .yarnrc with the program that it names.
pub(super) fn add_first(project: &mut Project<'_, '_>) -> Result<(), Reason> {
    let Some(manifest) = project.add_if_there(&project.place(".yarnrc"))? else { return Ok(()) };
    for line in text(&manifest)?.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let refused = || Reason::Option { tool: "yarn", text: line.to_owned() };
        let (key, value) = line.split_once(char::is_whitespace).ok_or_else(refused)?;
        let (key, value) = (key.trim_matches('"'), value.trim().trim_matches('"'));
        match key {
            "yarn-path" if is_plain(value) => _ = project.add(&project.place(value))?,
            "lastUpdateCheck" | "version-tag-prefix" | "version-git-message" => {}
            _ if settings::is_harmless(key, value) => {}
            _ => return Err(refused()),
        }
    }
    Ok(())
}

/// A path below the project, without variables.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && !path.starts_with(['/', '~']) && !path.contains(['$', '\\'])
}
