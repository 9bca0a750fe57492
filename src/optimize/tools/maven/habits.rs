//! What Maven and Java read beside POMs.

use super::arguments;
use super::settings::is_flag_of_java;
use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Install, Variables};

pub(super) const HABITS: Habits = Habits {
    read_anywhere: &[],
    read_at_home: &[".java", ".m2", ".mavenrc", ".netrc", ".ssh"],
    variables: &[
        Variables {
            prefix: "MAVEN_",
            // Those with options of Java and Maven are read by `check`.
            harmless: &["MAVEN_ARGS", "MAVEN_DEBUG_OPTS", "MAVEN_OPTS", "MAVEN_VERSION"],
            addresses: &[],
            paths: &["MAVEN_CONFIG", "MAVEN_HOME", "MAVEN_USER_HOME"],
        },
        Variables {
            prefix: "MVNW_",
            harmless: &["MVNW_PASSWORD", "MVNW_USERNAME", "MVNW_VERBOSE"],
            addresses: &["MVNW_REPOURL"],
            paths: &[],
        },
    ],
    leading: &["CLASSPATH", "JAVA_", "JDK_", "M2_", "_JAVA"],
    settings: &["mavenrc", "settings.xml"],
};

/// Files that choose a version of Java, for a version manager.
const CHOOSERS: &[&str] = &[".java-version", ".sdkmanrc", ".tool-versions", "mise.toml"];

/// The variables whose value decides, and what chooses another Java.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    let led = |name: &str| Err(Reason::Environment { tool: "mvn", name: name.to_owned() });
    let words = |name: &str| -> Vec<String> {
        let value = around.variable(install, name).unwrap_or_default();
        value.split_whitespace().map(str::to_owned).collect()
    };
    for name in ["MAVEN_OPTS", "MAVEN_DEBUG_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"] {
        if !words(name).iter().all(|word| is_flag_of_java(word)) {
            return led(name);
        }
    }
    if !arguments::options(&words("MAVEN_ARGS")).is_ok_and(|told| told.is_plain()) {
        return led("MAVEN_ARGS");
    }
    for (place, source) in around.landing.places() {
        let name = place.file_name().unwrap_or_default();
        if around.has_shims() && CHOOSERS.iter().any(|chooser| chooser.as_bytes() == name) {
            return Err(Reason::Reads { tool: "mvn", file: source.clone() });
        }
    }
    Ok(())
}
