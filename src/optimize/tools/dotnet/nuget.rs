//! `nuget.config`: where packages come from, and where they are kept.

use crate::optimize::Reason;
use crate::optimize::tools::is_remote_address;
use crate::optimize::tools::xml::Xml;

/// Settings that say where something is kept or read, in the part of the file that is for them.
const PLACES: &[&str] =
    &["globalpackagesfolder", "repositorypath", "defaultpushsource", "signaturevalidationmode"];

/// Whether all packages come from the network, and are kept where they always are.
pub(super) fn check(source: &str, text: &str) -> Result<(), Reason> {
    let xml = Xml::parse(source, text)?;
    for element in xml.elements() {
        let part = element.parent().map_or("", |parent| parent.tag_name().name());
        let part = part.to_ascii_lowercase();
        let name = element.tag_name().name().to_ascii_lowercase();
        if name != "add" {
            if matches!(&*name, "fallbackpackagefolders" | "clientcertificates")
                && element
                    .children()
                    .any(|child| child.is_element() && !child.has_tag_name("clear"))
            {
                return Err(xml.not_understood(element, element.tag_name().name()));
            }
            continue;
        }
        let key = element.attribute("key").unwrap_or_default();
        let value = element.attribute("value").unwrap_or_default();
        match &*part {
            "packagesources" | "auditsources" if !is_remote_address(value) => {
                return Err(xml.needs_sources(element, value));
            }
            "config" if PLACES.contains(&&*key.to_ascii_lowercase()) => {
                return Err(xml.not_understood(element, key));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_from_the_network() {
        let file = |part: &str, add: &str| {
            check("nuget.config", &format!("<configuration><{part}>{add}</{part}></configuration>"))
        };
        let remote = "<clear/><add key='a' value='https://feed.example/v3/index.json'/>";
        assert_eq!(file("packageSources", remote), Ok(()));
        assert_eq!(file("config", "<add key='maxHttpRequestsPerSource' value='4'/>"), Ok(()));
        for (part, add) in [
            ("packageSources", "<add key='a' value='./packages'/>"),
            ("PackageSources", "<Add key='a' value='../feed'/>"),
            ("config", "<add key='globalPackagesFolder' value='packages'/>"),
            ("fallbackPackageFolders", "<add key='a' value='x'/>"),
            ("packageSources", "<add"),
        ] {
            assert!(file(part, add).is_err(), "{add}");
        }
    }
}
