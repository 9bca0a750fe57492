//! Gradle's command line.

use super::Gradle;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Directory, Install, is_program};

/// The script that fetches Gradle and runs it, as a project calls it.
pub(super) const WRAPPER: &str = "./gradlew";

const DEPENDENCIES_INSTEAD: &str =
    "put `RUN gradle dependencies` above the COPY, with the build's scripts copied first";

/// Tasks that look at nothing but what is to be fetched.
const FETCHING: &[&str] = &["buildEnvironment", "dependencies", "help", "projects"];

/// Tasks that work on the sources.
const BUILDING: &[&str] = &[
    "assemble",
    "bootBuildImage",
    "bootJar",
    "bootRun",
    "bootWar",
    "build",
    "buildFatJar",
    "check",
    "classes",
    "clean",
    "compileJava",
    "compileKotlin",
    "distTar",
    "distZip",
    "installDist",
    "installShadowDist",
    "jar",
    "nativeCompile",
    "processResources",
    "quarkusBuild",
    "run",
    "shadowJar",
    "test",
    "war",
];

const PLAIN: &[&str] = &[
    "--build-cache",
    "--console=plain",
    "--continue",
    "--daemon",
    "--debug",
    "--full-stacktrace",
    "--info",
    "--no-build-cache",
    "--no-configuration-cache",
    "--no-daemon",
    "--no-parallel",
    "--no-watch-fs",
    "--offline",
    "--parallel",
    "--quiet",
    "--refresh-dependencies",
    "--stacktrace",
    "--version",
    "--warn",
    "-S",
    "-U",
    "-d",
    "-i",
    "-q",
    "-s",
    "-v",
    "-w",
];

/// Options whose value is a word.
const WITH_WORD: &[&str] =
    &["--configuration", "--console", "--max-workers", "--warning-mode", "-x", "--exclude-task"];

/// Properties that lead to no file.
const PROPERTIES: &[&str] = &[
    "org.gradle.caching",
    "org.gradle.console",
    "org.gradle.daemon",
    "org.gradle.jvmargs",
    "org.gradle.logging.level",
    "org.gradle.parallel",
    "org.gradle.vfs.watch",
    "org.gradle.warning.mode",
    "org.gradle.welcome",
    "org.gradle.workers.max",
];

/// Reads a command; `None` where it is not Gradle's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let (program, rest) = command.words.split_first()?;
    if !is_program(program, "gradle") && program != WRAPPER {
        return None;
    }
    if rest.iter().any(|word| BUILDING.contains(&last(word))) {
        let text = command.words.join(" ");
        return Some(Err(Reason::ReadsProject { text, instead: DEPENDENCIES_INSTEAD }));
    }
    let mut install = Install::new(&Gradle, "gradle dependencies", program, command);
    if program == WRAPPER {
        install.files.push("gradlew".to_owned());
    }
    let read = options(rest, &mut install);
    Some(read.and_then(|is_fetching| {
        if is_fetching {
            Ok(Command::Install(install))
        } else {
            Err(Reason::Command(command.words.join(" ")))
        }
    }))
}

/// The project's directory, where the command names one.
pub(super) fn project(install: &Install) -> Option<&str> {
    install.told.first().map(String::as_str)
}

/// Whether a word is a task that is known.
pub(super) fn is_task(word: &str) -> bool {
    BUILDING.contains(&last(word)) || FETCHING.contains(&last(word))
}

/// The task of a path such as `:app:build`.
fn last(word: &str) -> &str {
    word.rsplit(':').next().unwrap_or(word)
}

/// Reads options and tasks; whether all of them only fetch.
fn options(words: &[String], install: &mut Install) -> Result<bool, Reason> {
    let mut words = words.iter();
    let mut has_task = false;
    while let Some(word) = words.next() {
        let refused = || Reason::Option { tool: "gradle", text: word.clone() };
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
            _ => (&**word, None),
        };
        let mut value = || attached.clone().or_else(|| words.next().cloned()).ok_or_else(refused);
        if let Some(property) = word.strip_prefix("-Dorg.gradle.") {
            let (name, value) = property.split_once('=').unwrap_or((property, "true"));
            let is_known = PROPERTIES.contains(&&*format!("org.gradle.{name}"));
            if !is_known || value.contains(['/', '@']) || value.contains("agent") {
                return Err(refused());
            }
        } else if PLAIN.contains(&&**word) {
            has_task |= matches!(name, "--version" | "-v");
        } else if WITH_WORD.contains(&name) {
            value()?;
        } else if matches!(name, "-p" | "--project-dir") {
            install.told.push(value()?);
        } else if matches!(name, "-g" | "--gradle-user-home") {
            install.directories.push(Directory { option: name.to_owned(), path: value()? });
        } else if word.starts_with('-') {
            return Err(refused());
        } else if FETCHING.contains(&last(word)) {
            has_task = true;
        } else {
            return Ok(false);
        }
    }
    if install.told.len() > 1 {
        return Ok(false);
    }
    if install.files.is_empty() {
        // It finds them itself.
        install.files.push(".".to_owned());
    }
    Ok(has_task)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Result<Command, Reason>> {
        let words = line.split(' ').map(str::to_owned).collect();
        super::read(&Words { assignments: Vec::new(), words })
    }

    #[test]
    fn what_only_fetches_is_told_from_what_builds() {
        for line in [
            "gradle dependencies",
            "gradle --no-daemon -q :app:dependencies --configuration runtimeClasspath",
            "./gradlew dependencies --refresh-dependencies -Dorg.gradle.daemon=false",
            "./gradlew --version",
            "/opt/gradle/bin/gradle -p app buildEnvironment",
        ] {
            assert!(matches!(read(line), Some(Ok(Command::Install(_)))), "{line}");
        }
        for line in ["gradle build", "./gradlew :app:bootJar -x test", "gradle clean shadowJar"] {
            assert!(matches!(read(line), Some(Err(Reason::ReadsProject { .. }))), "{line}");
        }
        for line in [
            "gradle dependencies -I init.gradle",
            "gradle dependencies --write-locks",
            "gradle dependencies -Pversion=1",
            "gradle dependencies --project-cache-dir x",
            "gradle dependencies -Dorg.gradle.java.home=x",
            "gradle -b other.gradle dependencies",
            "gradle dependencies --configuration",
        ] {
            assert!(matches!(read(line), Some(Err(Reason::Option { .. }))), "{line}");
        }
        for line in ["gradle", "gradle downloadAll", "gradle -q", "gradle wrapper"] {
            assert!(matches!(read(line), Some(Err(Reason::Command(_)))), "{line}");
        }
        assert!(read("gradlew dependencies").is_none());
    }
}
