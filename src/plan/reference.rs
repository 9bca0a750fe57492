//! Names of images.

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
}
