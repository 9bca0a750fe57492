//! What Gradle and Java read beside the scripts of a build.

use crate::optimize::Reason;
use crate::optimize::surroundings::Surroundings;
use crate::optimize::tools::{Habits, Install, Variables};

pub(super) const HABITS: Habits = Habits {
    // Settings that plugins look for by these names.
    read_anywhere: &["gradle-local.properties", "local.properties"],
    read_at_home: &[".gradle", ".java", ".m2", ".netrc", ".ssh", "init.d", "init.gradle"],
    variables: &[
        Variables {
            prefix: "GRADLE_",
            // Read by `check`.
            harmless: &["GRADLE_OPTS", "GRADLE_VERSION"],
            addresses: &[],
            paths: &["GRADLE_HOME", "GRADLE_USER_HOME"],
        },
        Variables { prefix: "ORG_GRADLE_", harmless: &[], addresses: &[], paths: &[] },
    ],
    leading: &["ANDROID_", "CLASSPATH", "JAVA_", "JDK_", "_JAVA"],
    settings: &["init.gradle", "init.d/", ".gradle/gradle.properties", ".m2/settings.xml"],
};

/// Files that choose a version of Java, for a version manager.
const CHOOSERS: &[&str] = &[".java-version", ".sdkmanrc", ".tool-versions", "mise.toml"];

/// Flags of the Java machine that lead to no file.
fn is_flag(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let is_known = word.starts_with("-Xm")
        || word.starts_with("-XX:+")
        || word.starts_with("-XX:Max")
        || word.starts_with("-Dfile.encoding=")
        || word.starts_with("-Dorg.gradle.daemon=")
        || word.starts_with("-Dorg.gradle.jvmargs=-X")
        || word.starts_with("-Dorg.gradle.parallel=")
        || word.starts_with("-Dorg.gradle.vfs.watch=")
        || word.starts_with("-Dorg.gradle.workers.max=");
    is_known && !word.contains(['/', '@'])
}

/// The variables whose value decides, and what chooses another Java.
pub(super) fn check(install: &Install, around: &Surroundings<'_>) -> Result<(), Reason> {
    for name in ["GRADLE_OPTS", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"] {
        let value = around.variable(install, name).unwrap_or_default();
        if !value.split_whitespace().all(is_flag) {
            return Err(Reason::Environment { tool: "gradle", name: name.to_owned() });
        }
    }
    for (place, source) in around.landing.places() {
        let name = place.file_name().unwrap_or_default();
        if around.has_shims() && CHOOSERS.iter().any(|chooser| chooser.as_bytes() == name) {
            return Err(Reason::Reads { tool: "gradle", file: source.clone() });
        }
    }
    Ok(())
}
