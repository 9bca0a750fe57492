//! Names of settings, as .npmrc and `config set` write them.

use crate::optimize::tools::is_remote_address;

/// Those that change what is installed or said, and lead to no file, whatever their value.
const HARMLESS: &[&str] = &[
    "access",
    "always-auth",
    "audit",
    "audit-level",
    "auto-install-peers",
    "child-concurrency",
    "color",
    "dedupe-direct-deps",
    "dedupe-peer-dependents",
    "disallow-workspace-cycles",
    "email",
    "enable-pre-post-scripts",
    "engine-strict",
    "fetch-retries",
    "fetch-retry-factor",
    "fetch-retry-maxtimeout",
    "fetch-retry-mintimeout",
    "fetch-timeout",
    "force",
    "foreground-scripts",
    "fund",
    "git-checks",
    "hoist",
    "hoist-pattern",
    "ignore-scripts",
    "ignore-workspace-cycles",
    "ignore-workspace-root-check",
    "include",
    "include-workspace-root",
    "init-author-email",
    "init-author-name",
    "init-license",
    "install-strategy",
    "legacy-peer-deps",
    "link-workspace-packages",
    "lockfile",
    "loglevel",
    "manage-package-manager-versions",
    "maxsockets",
    "message",
    "min-release-age",
    "minimum-release-age",
    "network-concurrency",
    "network-timeout",
    "node-linker",
    "node-version",
    "omit",
    "only",
    "optional",
    "package-import-method",
    "package-lock",
    "package-manager-strict",
    "package-manager-strict-version",
    "prefer-frozen-lockfile",
    "prefer-offline",
    "prefer-online",
    "prefer-workspace-packages",
    "production",
    "progress",
    "provenance",
    "public-hoist-pattern",
    "recursive-install",
    "registry",
    "resolution-mode",
    "resolve-peers-from-workspace-root",
    "save",
    "save-exact",
    "save-prefix",
    "save-workspace-protocol",
    "shamefully-hoist",
    "shared-workspace-lockfile",
    "side-effects-cache",
    "sign-git-tag",
    "strict-peer-deps",
    "strict-peer-dependencies",
    "strict-ssl",
    "tag",
    "tag-version-prefix",
    "timeout",
    "unsafe-perm",
    "update-notifier",
    "use-node-version",
    "workspaces-update",
];

/// Whether a setting leads to no file.
pub(super) fn is_harmless(key: &str, value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let name = key.strip_suffix("[]").unwrap_or(key).replace('_', "-").to_ascii_lowercase();
    // What belongs to one registry, such as a token; certificates are files.
    if key.starts_with("//") || key.starts_with('_') {
        let what = key.rsplit(':').next().unwrap_or_default();
        return ["_auth", "_authToken", "_password", "username", "email", "always-auth"]
            .contains(&what);
    }
    let is_registry = name == "registry" || key.starts_with('@') && key.ends_with(":registry");
    if is_registry && !value.contains('$') {
        return is_remote_address(value);
    }
    is_registry || HARMLESS.contains(&&*name) || is_remote_address(value)
}

/// Whether the text of an earlier instruction sets something that may lead to files, for any of
/// the tools here.
pub(super) fn may_lead(text: &str) -> bool {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches([';', '"', '\''])).collect();
    // A copy into the working directory is looked at where it is copied again.
    let is_beside = matches!(words.last(), Some(&("." | "./")));
    let files = [".npmrc", ".yarnrc", "bunfig.toml", "npm/etc", ".config/pnpm", "corepack.env"];
    if !is_beside && files.iter().any(|file| text.contains(file)) {
        return true;
    }
    words.iter().enumerate().any(|(position, word)| {
        let tool = word.rsplit('/').next().unwrap_or_default();
        if !matches!(tool, "npm" | "yarn" | "pnpm" | "bun") {
            return false;
        }
        let rest: Vec<&str> = words[position + 1..]
            .iter()
            .copied()
            .take_while(|word| !matches!(*word, "&&" | "||" | "|" | ";"))
            .filter(|word| !word.starts_with('-'))
            .collect();
        match rest.as_slice() {
            ["link" | "ln", ..] | ["config" | "c", "edit", ..] => true,
            ["config" | "c", "set", settings @ ..] | ["set", settings @ ..] => {
                let is_version = settings.first() == Some(&"version");
                !is_version && !are_harmless(settings)
            }
            _ => false,
        }
    })
}

/// `KEY VALUE`, or any number of `KEY=VALUE`.
fn are_harmless(settings: &[&str]) -> bool {
    match settings {
        [key, value] if !key.contains('=') => is_harmless(key, value),
        _ => settings.iter().all(|setting| {
            setting.split_once('=').is_some_and(|(key, value)| is_harmless(key, value))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_lead_to_files_are_told() {
        for (key, value) in [
            ("registry", "https://example.com"),
            ("@a:registry", "https://example.com"),
            ("//example.com/:_authToken", "${TOKEN}"),
            ("legacy-peer-deps", "true"),
            ("disallow-workspace-cycles", "true"),
            ("public-hoist-pattern[]", "*eslint*"),
            ("sass_binary_site", "https://example.com"),
            ("registry", "${REGISTRY}"),
        ] {
            assert!(is_harmless(key, value), "{key}");
        }
        for (key, value) in [
            ("cache", ".cache"),
            ("prefix", "/app"),
            ("registry", "file:///app"),
            ("//example.com/:certfile", "a.pem"),
            ("cafile", "a.pem"),
            ("script-shell", "./x"),
            ("node-options", "-r ./x"),
            ("unknown", "1"),
        ] {
            assert!(!is_harmless(key, value), "{key}");
        }
    }

    #[test]
    fn earlier_instructions_may_set_them() {
        for text in [
            "RUN npm config set prefix /app",
            "RUN npm set cache=/app/c",
            "RUN echo cache=x > .npmrc",
            "COPY .npmrc /root/.npmrc",
            "RUN cd /app && npm link",
            "RUN yarn config set cache-folder /app/c",
        ] {
            assert!(may_lead(text), "{text}");
        }
        for text in [
            "RUN npm config set registry https://example.com && x",
            "RUN npm config set fund=false audit=false",
            "RUN npm config -g set fund false",
            "RUN yarn set version 4",
            "COPY package.json .npmrc ./",
            "RUN npm install -g pnpm",
        ] {
            assert!(!may_lead(text), "{text}");
        }
    }
}
