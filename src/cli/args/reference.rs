//! Names of images, in docker's grammar.

use super::values::UsageError;

/// The longest tag, in characters.
const LONGEST_TAG: usize = 128;

/// A name for the built image, `[HOST[:PORT]/]PATH[:TAG]`, once its form is right.
///
/// The engine would refuse a wrong one too, but only after the build.
pub(super) fn tag(text: &str) -> Result<String, UsageError> {
    match problem(text) {
        None => Ok(text.to_owned()),
        Some(reason) => Err(UsageError::Tag { text: text.to_owned(), reason }),
    }
}

fn problem(text: &str) -> Option<&'static str> {
    // A digest is the engine's to judge.
    let name = text.split_once('@').map_or(text, |(name, _)| name);
    let (host, rest) = match name.split_once('/') {
        Some((first, rest)) if is_host(first) => (Some(first), rest),
        _ => (None, name),
    };
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    if host.is_some_and(|host| !is_well_formed_host(host)) {
        return Some("the registry is not HOST or HOST:PORT");
    }
    if path.is_empty() {
        return Some("the name is empty");
    }
    if path.chars().any(char::is_uppercase) {
        return Some("the name has upper-case letters");
    }
    if !path.split('/').all(is_component) {
        return Some("the name has characters that an image's name cannot have");
    }
    if !tag.is_none_or(is_tag) {
        return Some("what stands after the colon is no tag");
    }
    None
}

/// As docker tells a registry from the first part of a path.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(char::is_uppercase)
}

fn is_well_formed_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_name = if let Some(address) = name.strip_prefix('[') {
        address.strip_suffix(']').is_some_and(|it| it.parse::<std::net::Ipv6Addr>().is_ok())
    } else {
        name.split('.').all(|label| {
            let inner = |character: char| character.is_ascii_alphanumeric() || character == '-';
            !label.is_empty()
                && label.chars().all(inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
    };
    let is_port =
        |port: &str| !port.is_empty() && port.chars().all(|character| character.is_ascii_digit());
    is_name && port.is_none_or(is_port)
}

/// Lower-case letters and digits with one dot, one or two underscores, or hyphens between them.
fn is_component(component: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let starts_and_ends = component.starts_with(is_plain) && component.ends_with(is_plain);
    let is_separator = |run: &str| {
        matches!(run, "" | "." | "_" | "__") || run.chars().all(|character| character == '-')
    };
    starts_and_ends && component.split(is_plain).all(is_separator)
}

fn is_tag(tag: &str) -> bool {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let is_inner = |character: char| is_word(character) || matches!(character, '.' | '-');
    tag.starts_with(is_word) && tag.chars().all(is_inner) && tag.len() <= LONGEST_TAG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_docker_takes() {
        for name in [
            "shop",
            "shop:1.2-rc_3",
            "team/shop:Latest",
            "team/a.b__c-d---e/f_g",
            "localhost/shop",
            "localhost:5000/shop:1",
            "registry.example.org/team/shop",
            "REGISTRY/shop",
            "[::1]:5000/shop:1",
            "[::1]/shop",
            "127.0.0.1:5000/shop",
            "shop@sha256:0123",
        ] {
            assert_eq!(problem(name), None, "{name}");
        }
    }

    #[test]
    fn names_that_docker_refuses() {
        let long = format!("shop:{}", "x".repeat(129));
        for name in [
            "",
            ":1",
            "Shop",
            "team/Shop",
            "a b",
            "a,b",
            "a//b",
            "/a",
            "a/",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "a._b",
            "a:",
            "a:b:c",
            "a:-b",
            "a:é",
            "é",
            "http://host/a",
            "host.:5/a",
            "host.org:x/a",
            "[::x]/a",
            "a\n",
            &long,
        ] {
            assert!(problem(name).is_some(), "{name}");
        }
    }
}
