//! Names of images, in docker's grammar.

/// The longest tag, in characters.
const LONGEST_TAG: usize = 128;

/// The reference as the engine shows it, with the default registry, folder and tag:
/// `busybox` is `docker.io/library/busybox:latest`.
pub fn full_reference(name: &str) -> String {
    let (repository, suffix) = match name.split_once('@') {
        Some((repository, digest)) => (repository, format!("@{digest}")),
        None => (name, String::new()),
    };
    let first = repository.split('/').next().unwrap_or_default();
    let has_registry =
        repository.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    let repository = match (has_registry, repository.contains('/')) {
        (true, _) => repository.to_owned(),
        (false, true) => format!("docker.io/{repository}"),
        (false, false) => format!("docker.io/library/{repository}"),
    };
    let last = repository.rsplit('/').next().unwrap_or_default();
    let tag = if last.contains(':') || !suffix.is_empty() { "" } else { ":latest" };
    format!("{repository}{tag}{suffix}")
}

/// The name that a context of `--build-context` is found by: without docker's own registry and
/// folder, and without the tag `latest`. `docker.io/library/busybox:latest` is `busybox`.
pub fn context_name(name: &str) -> String {
    let full = full_reference(name);
    let short = full.strip_prefix("docker.io/").unwrap_or(&full);
    let short = short.strip_prefix("library/").unwrap_or(short);
    short.strip_suffix(":latest").unwrap_or(short).to_owned()
}

/// What is wrong with the form of an image's name, `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`; `None`
/// where docker takes it. A digest is the engine's to judge.
pub fn reference_problem(text: &str) -> Option<&'static str> {
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
    fn references_are_shown_in_full() {
        assert_eq!(full_reference("busybox"), "docker.io/library/busybox:latest");
        assert_eq!(full_reference("a/b:1"), "docker.io/a/b:1");
        assert_eq!(full_reference("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(full_reference("x.io/a@sha256:00"), "x.io/a@sha256:00");
    }

    #[test]
    fn contexts_have_one_name() {
        for name in ["busybox", "busybox:latest", "docker.io/library/busybox"] {
            assert_eq!(context_name(name), "busybox");
        }
        assert_eq!(context_name("a/b:1"), "a/b:1");
        assert_eq!(context_name("x.io/a:latest"), "x.io/a");
    }

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
            assert_eq!(reference_problem(name), None, "{name}");
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
            assert!(reference_problem(name).is_some(), "{name}");
        }
    }
}
