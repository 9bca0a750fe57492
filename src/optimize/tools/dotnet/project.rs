//! Project files, and what they import: whether one looks at nothing but files of its kind.
//!
//! Names of elements, functions and properties count whatever their case is, as most of them do to
//! `MSBuild`.

use roxmltree::Node;

use super::READ;
use crate::optimize::Reason;
use crate::optimize::tools::xml::Xml;

/// Texts by which a property is worked out from files, or a program is run.
const LOOKS: &[&str] = &[
    "[system.io",
    "system.io.",
    "readalltext",
    "readlinesfromfile",
    "[system.diagnostics",
    "[microsoft.build.",
    "getregistryvalue",
    "[msbuild]::doestaskhostexist",
];

/// Properties that say where packages come from, or where it is written what was found.
const PLACES: &[&str] = &[
    "artifactspath",
    "baseintermediateoutputpath",
    "intermediateoutputpath",
    "msbuildprojectextensionspath",
    "nugetpackageroot",
    "nugetlockfilepath",
    "restoreadditionalprojectsources",
    "restoreconfigfile",
    "restorefallbackfolders",
    "restoreoutputpath",
    "restorepackagespath",
    "restorerootconfigdirectory",
    "restoresources",
    "useartifactsoutput",
];

/// Whether a project file looks at nothing but files of its kind.
pub(super) fn check(source: &str, text: &str) -> Result<(), Reason> {
    let xml = Xml::parse(source, text)?;
    for element in xml.elements() {
        let name = element.tag_name().name().to_ascii_lowercase();
        if matches!(&*name, "exec" | "usingtask") || PLACES.contains(&&*name) {
            return Err(xml.not_understood(element, element.tag_name().name()));
        }
        if name == "project" && has(element, "initialtargets") {
            return Err(xml.not_understood(element, "InitialTargets"));
        }
        if name == "import" {
            import(&xml, element)?;
        }
        if name == "target" {
            target(&xml, element)?;
        }
        let inner = element.children().filter(Node::is_text).filter_map(|it| it.text());
        for written in element.attributes().map(|it| it.value()).chain(inner) {
            value(&xml, element, written)?;
        }
        // What is evaluated before any target may ask which files there are.
        let is_in_target = element.ancestors().skip(1).any(|it| is(it, "target"));
        let asks = |it: &roxmltree::Attribute<'_, '_>| it.value().contains("@(");
        let is_package =
            ["packagereference", "packageversion", "packagedownload", "projectreference"]
                .contains(&&*name);
        let mut conditions = element
            .attributes()
            .filter(|it| it.name().eq_ignore_ascii_case("condition") || is_package);
        if !is_in_target && let Some(asked) = conditions.find(asks) {
            return Err(xml.not_understood(element, asked.value()));
        }
    }
    Ok(())
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name().eq_ignore_ascii_case(name)
}

fn has(node: Node<'_, '_>, name: &str) -> bool {
    node.attributes().any(|attribute| attribute.name().eq_ignore_ascii_case(name))
}

/// Whether a path is that of a file which is copied.
fn is_kind(path: &str) -> bool {
    let path = path.trim_matches(['\'', '"', ' ', ')']);
    READ.iter().any(|end| path.ends_with(end)) || path.to_ascii_lowercase().ends_with(".config")
}

fn import(xml: &Xml<'_>, element: Node<'_, '_>) -> Result<(), Reason> {
    let project = element.attributes().find(|it| it.name().eq_ignore_ascii_case("project"));
    let path = project.map_or("", |it| it.value());
    // A pattern, too, ends as the files do that it means.
    if is_kind(path) || path.to_ascii_lowercase().contains("fileabove") {
        return Ok(());
    }
    Err(xml.not_understood(element, path))
}

/// A target that runs as packages are restored may do anything.
fn target(xml: &Xml<'_>, element: Node<'_, '_>) -> Result<(), Reason> {
    for attribute in element.attributes() {
        let is_order = ["name", "beforetargets", "aftertargets", "dependsontargets"]
            .contains(&&*attribute.name().to_ascii_lowercase());
        let value = attribute.value().to_ascii_lowercase();
        let names_restore = value.contains("restore") || value.contains("collect");
        let is_open =
            value.contains("$(") && attribute.name().eq_ignore_ascii_case("beforetargets");
        if is_order && (names_restore || is_open) {
            let text = format!("{}=\"{}\"", attribute.name(), attribute.value());
            return Err(xml.not_understood(element, &text));
        }
    }
    Ok(())
}

fn value(xml: &Xml<'_>, element: Node<'_, '_>, written: &str) -> Result<(), Reason> {
    let lower = written.to_ascii_lowercase();
    if LOOKS.iter().any(|look| lower.contains(look)) {
        return Err(xml.not_understood(element, written.trim()));
    }
    for (at, _) in lower.match_indices("fileabove") {
        let call = written.get(at..).unwrap_or_default();
        if !call.contains("Directory.") && !call.contains(".props") {
            return Err(xml.not_understood(element, written));
        }
    }
    for (at, name) in lower.match_indices("exists(") {
        let call = written.get(at + name.len()..).unwrap_or_default();
        let call = call.split(')').next().unwrap_or_default();
        if !is_kind(call) {
            return Err(xml.not_understood(element, &format!("Exists({call})")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_file_that_looks_elsewhere_is_refused() {
        for inner in [
            "<Target Name=\"x\"><Exec Command=\"x\"/></Target>",
            "<A>$([System.IO.File]::ReadAllText('x'))</A>",
            "<A>$([system.io.file]::readalltext('x'))</A>",
            "<Import Project=\"build.xml\"/>",
            "<Import Project='build.xml'/>",
            "<Import Project = \"build.xml\"/>",
            "<Import Project=\"$(Other)\"/>",
            "<A Condition=\"Exists('src/x.cs')\"/>",
            "<A Condition=\"exists('src/x.cs')\"/>",
            "<A Condition=\"'@(Compile)' != ''\"/>",
            "<PackageReference Include=\"@(X)\"/>",
            "<Target Name=\"x\" BeforeTargets=\"Restore\"/>",
            "<Target Name='x' BeforeTargets='$(X)'/>",
            "<Import Project=\"$([MSBuild]::GetPathOfFileAbove('x.xml'))\"/>",
            "<RestoreSources>packages</RestoreSources>",
            "<BaseIntermediateOutputPath>x</BaseIntermediateOutputPath>",
            "<A",
        ] {
            let text = format!("<Project>{inner}</Project>");
            assert!(check("a.csproj", &text).is_err(), "{inner}");
        }
        assert!(check("a.csproj", "<Project InitialTargets=\"x\"/>").is_err());
        for inner in [
            "<PackageReference Include=\"A\"/>",
            "<Import Project=\"../x.props\" Condition=\"Exists('../x.props')\"/>",
            "<Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '../'))\"/>",
            "<Target Name=\"x\" AfterTargets=\"Build\"><A Condition=\"'@(B)' != ''\"/></Target>",
            "<!-- <Exec/> -->",
        ] {
            let text = format!("<Project Sdk=\"Microsoft.NET.Sdk\">{inner}</Project>");
            assert_eq!(check("a.csproj", &text), Ok(()), "{inner}");
        }
    }
}
