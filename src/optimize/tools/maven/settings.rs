//! What Maven is told beside POMs: `.mvn`, and files of settings.

use roxmltree::Node;

use super::{arguments, pom};
use crate::context::ContextPath;
use crate::optimize::Reason;
use crate::optimize::tools::xml::{Xml, text};
use crate::optimize::tools::{Needs, View, is_remote_address};

/// Adds all of `.mvn` of a project and of the directories above it.
pub(super) fn of_project(
    view: &View<'_>,
    needs: &mut Needs,
    project: &ContextPath,
) -> Result<(), Reason> {
    let mut directory = Some(project.clone());
    while let Some(here) = directory {
        let own = here.join(".mvn");
        let below = view.landing.places().filter(|(place, _)| place.starts_with(&own));
        let below: Vec<(ContextPath, ContextPath)> =
            below.map(|(place, source)| (place.clone(), source.clone())).collect();
        let files = below.iter().filter(|(place, _)| !view.landing.at(place).is_empty());
        if files.clone().next().is_none()
            && let Some((_, source)) = below.first()
        {
            // Without a file no COPY line would make it, and Maven looks for the directory.
            return Err(Reason::IrregularManifest(source.clone()));
        }
        for (place, _) in files {
            file(view, needs, place)?;
        }
        directory = here.parent();
    }
    Ok(())
}

fn file(view: &View<'_>, needs: &mut Needs, place: &ContextPath) -> Result<(), Reason> {
    view.note_file(place, needs)?;
    let source = needs.manifests[place].to_string();
    let odd = |text: &str| Reason::NotUnderstood { place: source.clone(), text: text.to_owned() };
    match place.file_name() {
        Some(b"maven.config") => {
            let text = view.require(place, needs)?;
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            let has_more = |told: arguments::Told| !told.is_plain();
            if arguments::options(&words).map_or(true, has_more) {
                return Err(odd(text.trim()));
            }
        }
        Some(b"jvm.config") => {
            let text = view.require(place, needs)?;
            if let Some(word) = text.split_whitespace().find(|word| !is_flag_of_java(word)) {
                return Err(odd(word));
            }
        }
        Some(b"extensions.xml") => {
            let text = view.require(place, needs)?;
            let xml = Xml::parse(&source, &text)?;
            let is_one = |element: &Node<'_, '_>| element.tag_name().name() == "extension";
            xml.elements().filter(is_one).try_for_each(|one| pom::extension(&xml, one))?;
        }
        Some(b"settings.xml") => of_user(view, needs, place)?,
        Some(b"maven-wrapper.properties") => {
            let text = view.require(place, needs)?;
            let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            let leads = |line: &&str| {
                let (name, value) = line.split_once('=').unwrap_or((line, ""));
                let is_address = name.trim().ends_with("Url");
                is_address && !is_remote_address(&value.trim().replace('\\', ""))
                    || value.trim() == "PROJECT"
            };
            if let Some(line) = lines.find(leads) {
                return Err(odd(line));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Adds a file of settings.
pub(super) fn of_user(
    view: &View<'_>,
    needs: &mut Needs,
    place: &ContextPath,
) -> Result<(), Reason> {
    let content = view.require(place, needs)?;
    let source = needs.manifests[place].to_string();
    let xml = Xml::parse(&source, &content)?;
    for element in xml.elements() {
        let parent = element.parent().map_or("", |parent| parent.tag_name().name());
        match (parent, element.tag_name().name()) {
            ("activation", "file" | "condition") | (_, "localRepository" | "privateKey") => {
                return Err(xml.not_understood(element, element.tag_name().name()));
            }
            ("mirror", "url") if !is_remote_address(text(element)) => {
                return Err(xml.needs_sources(element, text(element)));
            }
            _ => {}
        }
    }
    repositories(&xml)
}

/// Whether all repositories that packages come from are on the network.
pub(super) fn repositories(xml: &Xml<'_>) -> Result<(), Reason> {
    for element in xml.elements().filter(|element| element.tag_name().name() == "url") {
        let mut above = element.ancestors().skip(1).map(|it| it.tag_name().name().to_owned());
        let of = (above.next().unwrap_or_default(), above.next().unwrap_or_default());
        let is_asked = matches!(
            (&*of.0, &*of.1),
            ("repository", "repositories") | ("pluginRepository", "pluginRepositories")
        );
        if is_asked && !is_remote_address(text(element)) {
            return Err(xml.needs_sources(element, text(element)));
        }
    }
    Ok(())
}

/// Whether a flag of the Java machine leads to no file.
pub(super) fn is_flag_of_java(word: &str) -> bool {
    let is_known = ["-X", "-ea", "-D", "--add-opens", "--add-exports", "--enable"]
        .iter()
        .any(|start| word.starts_with(start));
    let is_packages = word.contains("ALL-UNNAMED") && !word.starts_with('-');
    let names_file = ["File", "path", "Config", "boot", "Share", "log"];
    let is_switch =
        is_known && !word.contains("../") && !names_file.iter().any(|part| word.contains(part));
    is_packages || is_switch && (word.starts_with("--add") || !word.contains('/'))
}

/// Whether a name speaks of git, so that what bears it most likely reads the repository.
pub(super) fn has_git(name: &str) -> bool {
    name.split(['-', '.', '_']).any(|part| part.contains("git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_name_files_are_told_from_others() {
        for word in ["-Xmx1g", "-ea", "-Dx=y", "--add-opens=java.base/a=ALL-UNNAMED"] {
            assert!(is_flag_of_java(word), "{word}");
        }
        for word in ["-javaagent:a.jar", "@args", "-Dx=a/b", "-XX:Flags=x/y", "-cp", "-Xlog:gc"] {
            assert!(!is_flag_of_java(word), "{word}");
        }
    }
}
