//! bunfig.toml: bun's settings. Only those of installs count here.

use super::project::{Project, text};
use crate::optimize::Reason;
use crate::optimize::tools::is_remote_address;

/// Settings of an install that lead to no file.
const HARMLESS: &[&str] = &[
    "auto",
    "concurrentScripts",
    "dev",
    "exact",
    "frozenLockfile",
    "ignoreScripts",
    "linker",
    "minimumReleaseAge",
    "optional",
    "peer",
    "prefer",
    "production",
    "saveTextLockfile",
];

/// Adds bunfig.toml where there is one.
pub(super) fn add(project: &mut Project<'_, '_>) -> Result<(), Reason> {
    let Some(manifest) = project.add_if_there(&project.place("bunfig.toml"))? else {
        return Ok(());
    };
    let fault = refused_line(text(&manifest)?).map(str::to_owned);
    fault.map_or(Ok(()), |text| Err(Reason::Option { tool: "bun", text }))
}

/// The first line that says something of installs that may lead to files.
fn refused_line(text: &str) -> Option<&str> {
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default().trim();
            let is_known = ["install", "install.scopes", "install.cache"].contains(&section);
            if section.contains("install") && !is_known {
                return Some(line);
            }
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        let is_fine = match section {
            "install" if HARMLESS.contains(&key) => !value.starts_with(['[', '{']),
            // A registry by its address, with a token beside it or not.
            "install" if key == "registry" => is_remote_address(value.trim_matches(['"', '\''])),
            "install.scopes" => value.contains("https://") && value.ends_with(['"', '}']),
            "install.cache" => matches!(key, "disable" | "disableManifest"),
            "install" => false,
            // A table or a key of installs written in another way.
            _ => !key.contains("install"),
        };
        if !is_fine || value.contains("\"\"\"") || value.contains("'''") {
            return Some(line);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_installs_are_read_strictly() {
        let fine = "# c\npreload = [\n\"./x\"\n]\n[test]\nroot = \"x\"\n[install]\nexact = true\n\
                    registry = \"https://example.com\"\n[install.cache]\ndisable = true\n\
                    [install.scopes]\na = { url = \"https://example.com\", token = \"$T\" }\n";
        assert_eq!(refused_line(fine), None);
        for line in [
            "globalDir = \"x\"",
            "registry = \"./x\"",
            "optional = [",
            "cache.dir = \"x\"",
            "cafile = \"x\"",
        ] {
            assert_eq!(refused_line(&format!("[install]\n{line}\n")), Some(line));
        }
        for line in [
            "install.globalDir = \"x\"",
            "install = { globalDir = \"x\" }",
            "[ \"install\" ]",
            "[install.x]",
        ] {
            assert_eq!(refused_line(line), Some(line));
        }
    }
}
