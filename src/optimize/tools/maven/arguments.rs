//! Maven's command line.

use super::Maven;
use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Directory, Install, is_program};

/// The script that fetches Maven and runs it, as a project calls it.
pub(super) const WRAPPER: &str = "./mvnw";

const GO_OFFLINE_INSTEAD: &str =
    "put `RUN mvn dependency:go-offline` above the COPY, with pom.xml copied first";

/// Goals of `maven-dependency-plugin` that only fetch.
const FETCHING: &[&str] = &["go-offline", "resolve", "resolve-plugins", "collect", "list", "tree"];

/// Phases that work on the sources.
const PHASES: &[&str] = &[
    "clean",
    "validate",
    "compile",
    "process-resources",
    "process-classes",
    "test-compile",
    "test",
    "package",
    "verify",
    "install",
    "deploy",
    "integration-test",
    "native:compile",
    "spring-boot:build-image",
    "spring-boot:repackage",
];

const PLAIN: &[&str] = &[
    "--also-make",
    "--also-make-dependents",
    "--batch-mode",
    "--errors",
    "--fail-at-end",
    "--fail-fast",
    "--fail-never",
    "--lax-checksums",
    "--no-snapshot-updates",
    "--no-transfer-progress",
    "--non-recursive",
    "--offline",
    "--quiet",
    "--show-version",
    "--strict-checksums",
    "--update-snapshots",
    "--debug",
    "-B",
    "-C",
    "-N",
    "-U",
    "-V",
    "-X",
    "-am",
    "-amd",
    "-c",
    "-e",
    "-fae",
    "-ff",
    "-fn",
    "-nsu",
    "-ntp",
    "-o",
    "-q",
];

/// Options whose value is a word.
const WITH_WORD: &[&str] =
    &["--activate-profiles", "--color", "--projects", "--threads", "-P", "-T", "-pl"];

/// Properties that lead to no file.
const PROPERTIES: &[&str] = &[
    "classifier",
    "excludeReactor",
    "excludeTransitive",
    "java.version",
    "maven.artifact.threads",
    "maven.javadoc.skip",
    "maven.test.skip",
    "maven.test.skip.exec",
    "maven.source.skip",
    "mdep.excludeReactor",
    "http.keepAlive",
    "https.protocols",
    "quarkus.package.type",
    "revision",
    "sha1",
    "changelist",
    "silent",
    "skipITs",
    "skipTests",
    "style.color",
    "user.timezone",
];

/// How the names of others begin.
const PROPERTY_FAMILIES: &[&str] = &[
    "aether.",
    "exclude",
    "include",
    "maven.resolver.transport",
    "maven.wagon.",
    "org.slf4j.simpleLogger.log.",
    "org.slf4j.simpleLogger.show",
];

/// What options say.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The POM, or the directory of one.
    file: Option<String>,
    /// Files of settings.
    settings: Vec<String>,
    /// Where packages are kept.
    repository: Option<String>,
    /// What is no option.
    goals: Vec<String>,
}

impl Told {
    /// Whether nothing of it leads to a file or says what is done.
    pub(super) fn is_plain(&self) -> bool {
        self.file.is_none()
            && self.settings.is_empty()
            && self.repository.is_none()
            && self.goals.is_empty()
    }
}

/// Reads a command; `None` where it is not Maven's.
pub(super) fn read(command: &Words) -> Option<Result<Command, Reason>> {
    let (program, rest) = command.words.split_first()?;
    if !is_program(program, "mvn") && program != WRAPPER {
        return None;
    }
    let is_version = |word: &String| matches!(&**word, "-v" | "--version" | "-version");
    let asks_version = !rest.is_empty() && rest.iter().all(is_version);
    if asks_version && program != WRAPPER {
        return Some(Ok(Command::Harmless));
    }
    // A phase reads the sources, whatever its options are.
    let text = || command.words.join(" ");
    if rest.iter().any(|word| PHASES.contains(&&**word)) {
        return Some(Err(Reason::ReadsProject { text: text(), instead: GO_OFFLINE_INSTEAD }));
    }
    Some(install(program, rest, command))
}

fn install(program: &str, rest: &[String], command: &Words) -> Result<Command, Reason> {
    let is_version = |word: &&String| matches!(&***word, "-v" | "--version" | "-version");
    let words: Vec<String> = rest.iter().filter(|word| !is_version(word)).cloned().collect();
    let told = options(&words)?;
    let is_version = words.len() < rest.len();
    let is_fetching = told.goals.iter().all(|goal| is_fetching(goal));
    if !is_fetching || told.goals.is_empty() && !is_version {
        return Err(Reason::Command(command.words.join(" ")));
    }
    let said = if told.goals.is_empty() { "mvnw" } else { "mvn dependency:go-offline" };
    let mut install = Install::new(&Maven, said, program, command);
    install.files.push(told.file.unwrap_or_else(|| "pom.xml".to_owned()));
    if program == WRAPPER {
        install.files.push("mvnw".to_owned());
    }
    let directory = |path| Directory { option: "-Dmaven.repo.local".to_owned(), path };
    install.directories.extend(told.repository.map(directory));
    install.told = told.settings;
    Ok(Command::Install(install))
}

/// The files of settings that a command names.
pub(super) fn settings(install: &Install) -> &[String] {
    &install.told
}

/// Whether a word is a goal or a phase that is known.
pub(super) fn is_goal(word: &str) -> bool {
    PHASES.contains(&word) || is_fetching(word)
}

fn is_fetching(goal: &str) -> bool {
    let (plugin, name) = goal.rsplit_once(':').unwrap_or_default();
    let mut parts = plugin.split(':');
    let is_plugin = match parts.next() {
        Some("dependency") => parts.next().is_none(),
        Some("org.apache.maven.plugins") => parts.next() == Some("maven-dependency-plugin"),
        _ => false,
    };
    is_plugin && FETCHING.contains(&name)
}

/// Reads options and goals.
pub(super) fn options(words: &[String]) -> Result<Told, Reason> {
    let mut told = Told::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let refused = || Reason::Option { tool: "mvn", text: word.clone() };
        if let Some(property) = word.strip_prefix("-D") {
            // `-D name=value` is two words.
            let behind = || words.next().cloned();
            let own = Some(property.to_owned()).filter(|own| !own.is_empty());
            let property = own.or_else(behind).ok_or_else(refused)?;
            let (name, value) = property.split_once('=').unwrap_or((&property, "true"));
            if name == "maven.repo.local" {
                told.repository = Some(value.to_owned());
            } else if !is_harmless(name, value) {
                return Err(Reason::Option { tool: "mvn", text: format!("-D{property}") });
            }
            continue;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
            _ => (&**word, None),
        };
        let mut value = || attached.clone().or_else(|| words.next().cloned()).ok_or_else(refused);
        if PLAIN.contains(&name) || is_attached_word(name) {
            // It changes nothing that counts here.
        } else if WITH_WORD.contains(&name) {
            let value = value()?;
            if value.starts_with('-') {
                return Err(refused());
            }
        } else if matches!(name, "-f" | "--file") {
            told.file = Some(value()?);
        } else if matches!(name, "-s" | "--settings" | "-gs" | "--global-settings") {
            told.settings.push(value()?);
        } else if word.starts_with('-') {
            return Err(refused());
        } else {
            told.goals.push(word.clone());
        }
    }
    Ok(told)
}

/// `-Pprod`, `-T4`.
fn is_attached_word(word: &str) -> bool {
    let value = word.strip_prefix("-P").or_else(|| word.strip_prefix("-T"));
    let is_plain = |c: char| c.is_alphanumeric() || "!,.-_?".contains(c);
    value.is_some_and(|value| !value.is_empty() && value.chars().all(is_plain))
}

fn is_harmless(name: &str, value: &str) -> bool {
    let is_known = PROPERTIES.contains(&name)
        || PROPERTY_FAMILIES.iter().any(|family| name.starts_with(family));
    is_known && !value.contains(['/', '$', '\\'])
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
        for (line, files) in [
            ("mvn dependency:go-offline", &["pom.xml"][..]),
            ("mvn -B -q dependency:resolve dependency:resolve-plugins", &["pom.xml"]),
            ("mvn -ntp -Pprod -P a,b -T 1C -DskipTests dependency:go-offline", &["pom.xml"]),
            ("mvn -f backend dependency:go-offline -s settings.xml", &["backend"]),
            ("mvn -D maven.repo.local=/m2 dependency:go-offline", &["pom.xml"]),
            ("mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.1:go-offline", &["pom.xml"]),
            ("./mvnw dependency:go-offline -B", &["pom.xml", "mvnw"]),
            ("./mvnw --version", &["pom.xml", "mvnw"]),
        ] {
            let Some(Ok(Command::Install(install))) = read(line) else { panic!("{line}") };
            assert_eq!(install.files, files, "{line}");
        }
        assert!(matches!(read("mvn -v"), Some(Ok(Command::Harmless))));
        for line in ["mvn package -DskipTests", "./mvnw -q clean install", "mvn compile"] {
            assert!(matches!(read(line), Some(Err(Reason::ReadsProject { .. }))), "{line}");
        }
        for line in [
            "mvn dependency:go-offline -DoutputFile=x",
            "mvn dependency:go-offline -l log.txt",
            "mvn dependency:resolve -Dmdep.outputFile=deps",
            "mvn dependency:go-offline -DskipTests=$(x)/",
            "mvn dependency:go-offline -t toolchains.xml",
            "mvn dependency:go-offline -f",
        ] {
            assert!(matches!(read(line), Some(Err(Reason::Option { .. }))), "{line}");
        }
        for line in ["mvn", "mvn -q", "mvn dependency:copy-dependencies", "mvn exec:java"] {
            assert!(matches!(read(line), Some(Err(Reason::Command(_)))), "{line}");
        }
        assert!(read("mvnd dependency:go-offline").is_none());
        assert!(read("../mvnw dependency:go-offline").is_none());
    }
}
