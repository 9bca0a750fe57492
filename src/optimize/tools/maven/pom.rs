//! `pom.xml`: the other POMs that it leads to, and what in it would read more.

use roxmltree::Node;

use super::settings::{has_git, repositories};
use crate::optimize::Reason;
use crate::optimize::tools::xml::{Xml, children, text};

/// A POM that another leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Led {
    /// Its file or directory, as written: relative to the directory of the POM.
    pub(super) path: String,
    /// Whether Maven does without it where it is not there.
    pub(super) is_optional: bool,
}

/// What `maven-dependency-plugin` may be told without writing files.
const HARMLESS: &[&str] = &["silent", "overWriteIfNewer", "failOnWarning", "ignoreNonCompile"];

/// The POMs that one leads to.
pub(super) fn read(source: &str, content: &str) -> Result<Vec<Led>, Reason> {
    let xml = Xml::parse(source, content)?;
    check(&xml)?;
    repositories(&xml)?;
    let root = xml.root();
    let mut led = Vec::new();
    for parent in children(root, "parent") {
        let path = children(parent, "relativePath").next();
        let written = path.map_or("../pom.xml", text);
        if written.contains('$') {
            return Err(xml.not_understood(path.unwrap_or(parent), written));
        }
        // An empty one says that the parent comes from the network.
        if !written.is_empty() {
            led.push(Led { path: written.to_owned(), is_optional: true });
        }
    }
    modules(&xml, root, false, &mut led)?;
    for profile in children(root, "profiles").flat_map(|all| children(all, "profile")) {
        modules(&xml, profile, true, &mut led)?;
    }
    Ok(led)
}

fn modules(
    xml: &Xml<'_>,
    of: Node<'_, '_>,
    is_optional: bool,
    led: &mut Vec<Led>,
) -> Result<(), Reason> {
    for (all, one) in [("modules", "module"), ("subprojects", "subproject")] {
        for module in children(of, all).flat_map(|all| children(all, one)) {
            let path = text(module);
            if path.is_empty() || path.contains(['$', '\\', '*']) {
                return Err(xml.not_understood(module, path));
            }
            led.push(Led { path: path.to_owned(), is_optional });
        }
    }
    Ok(())
}

/// Whether the POM looks at nothing but POMs.
fn check(xml: &Xml<'_>) -> Result<(), Reason> {
    for element in xml.elements() {
        let parent = element.parent().map_or("", |parent| parent.tag_name().name());
        match (parent, element.tag_name().name()) {
            ("activation", "file" | "condition") => {
                let asked = element.children().find(Node::is_element).map_or("", text);
                return Err(xml.not_understood(element, asked));
            }
            ("dependency", "systemPath") => {
                return Err(xml.needs_sources(element, text(element)));
            }
            ("extensions", "extension") => extension(xml, element)?,
            ("plugins", "plugin") => plugin(xml, element)?,
            _ => {}
        }
    }
    Ok(())
}

/// Extensions may do anything while POMs are read; these only tell what the system is, or fetch.
pub(super) fn extension(xml: &Xml<'_>, element: Node<'_, '_>) -> Result<(), Reason> {
    let name = children(element, "artifactId").next().map_or("", text);
    if name == "os-maven-plugin" || name.starts_with("wagon-") {
        return Ok(());
    }
    Err(xml.not_understood(element, &format!("the extension {name}")))
}

fn plugin(xml: &Xml<'_>, element: Node<'_, '_>) -> Result<(), Reason> {
    let name = children(element, "artifactId").next().map_or("", text);
    let is_extension = children(element, "extensions").any(|it| text(it) == "true");
    if is_extension && (name.contains("tycho") || name.contains("polyglot") || has_git(name)) {
        return Err(xml.not_understood(element, &format!("the extension {name}")));
    }
    if name != "maven-dependency-plugin" {
        return Ok(());
    }
    // On the command line the plugin's own settings count, and those of this execution.
    let executions = children(element, "executions").flat_map(|all| children(all, "execution"));
    let told = executions.filter(|one| children(*one, "id").any(|id| text(id) == "default-cli"));
    let settings = [element].into_iter().chain(told).flat_map(|at| children(at, "configuration"));
    for setting in settings.flat_map(|all| all.children()).filter(Node::is_element) {
        let name = setting.tag_name().name();
        let is_choice = name.starts_with("include") || name.starts_with("exclude");
        if !is_choice && !HARMLESS.contains(&name) {
            return Err(xml.not_understood(setting, &format!("<{name}>")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pom(inner: &str) -> Result<Vec<String>, Reason> {
        let text =
            format!("<project xmlns=\"http://maven.apache.org/POM/4.0.0\">{inner}</project>");
        Ok(read("pom.xml", &text)?.into_iter().map(|led| led.path).collect())
    }

    #[test]
    fn parents_and_modules_lead_to_other_poms() {
        for (inner, expected) in [
            ("", vec![]),
            ("<parent><artifactId>a</artifactId></parent>", vec!["../pom.xml"]),
            ("<parent><relativePath/></parent>", vec![]),
            ("<parent><relativePath> ../p </relativePath></parent>", vec!["../p"]),
            ("<modules><module>a</module><!-- <module>x</module> --></modules>", vec!["a"]),
            (
                "<profiles><profile><modules><module>b</module></modules></profile></profiles>",
                vec!["b"],
            ),
            ("<subprojects><subproject>c</subproject></subprojects>", vec!["c"]),
            (
                "<build><plugins><plugin><modules><module>x</module></modules></plugin></plugins></build>",
                vec![],
            ),
        ] {
            assert_eq!(pom(inner).unwrap(), expected, "{inner}");
        }
    }

    #[test]
    fn what_would_read_more_is_refused() {
        let plugin = |inner: &str| {
            let name = "<artifactId>maven-dependency-plugin</artifactId>";
            format!("<build><plugins><plugin>{name}{inner}</plugin></plugins></build>")
        };
        for inner in [
            "<profiles><profile><activation><file><exists>src/x</exists></file></activation></profile></profiles>",
            "<dependencies><dependency><systemPath>${basedir}/a.jar</systemPath></dependency></dependencies>",
            "<repositories><repository><url>file://${basedir}/r</url></repository></repositories>",
            "<pluginRepositories><pluginRepository><url>${r}</url></pluginRepository></pluginRepositories>",
            "<modules><module>${m}</module></modules>",
            "<parent><relativePath>${p}</relativePath></parent>",
            "<build><extensions><extension><artifactId>maven-git-versioning-extension</artifactId></extension></extensions></build>",
            "<build><plugins><plugin><artifactId>tycho-maven-plugin</artifactId><extensions>true</extensions></plugin></plugins></build>",
            &plugin("<configuration><outputFile>deps.txt</outputFile></configuration>"),
            &plugin(
                "<executions><execution><id>default-cli</id><configuration><x/></configuration></execution></executions>",
            ),
            "<a>",
            "<!DOCTYPE x><a/>",
        ] {
            assert!(pom(inner).is_err(), "{inner}");
        }
        for inner in [
            &*plugin("<configuration><includeScope>runtime</includeScope></configuration>"),
            &plugin(
                "<executions><execution><id>x</id><configuration><outputFile>x</outputFile></configuration></execution></executions>",
            ),
            "<distributionManagement><repository><url>file:x</url></repository></distributionManagement>",
            "<repositories><repository><url>https://repo.example/x</url></repository></repositories>",
            "<build><extensions><extension><artifactId>os-maven-plugin</artifactId></extension></extensions></build>",
        ] {
            assert!(pom(inner).is_ok(), "{inner}: {:?}", pom(inner));
        }
    }
}
