//! An image's configuration, setting by setting.

use bollard::models::{ImageConfig, ImageInspect};
use serde::Serialize;

use crate::ImageConfiguration;

/// What decides how containers of the image run; not its history, and not when it was made.
pub(in crate::engine) fn configuration(image: ImageInspect) -> ImageConfiguration {
    let mut settings = Settings(ImageConfiguration::new());
    settings.text("os", image.os);
    settings.text("architecture", image.architecture);
    settings.text("variant", image.variant);
    let ImageConfig {
        user,
        exposed_ports,
        env,
        cmd,
        healthcheck,
        args_escaped,
        volumes,
        working_dir,
        entrypoint,
        on_build,
        labels,
        stop_signal,
        shell,
    } = image.config.unwrap_or_default();
    settings.text("user", user);
    settings.text("working directory", working_dir);
    settings.text("stop signal", stop_signal);
    settings.list("command", cmd);
    settings.list("entrypoint", entrypoint);
    settings.list("shell", shell);
    settings.list("onbuild", on_build);
    settings.each("port", exposed_ports);
    settings.each("volume", volumes);
    for (name, value) in labels.into_iter().flatten() {
        settings.set(format!("label {name}"), value);
    }
    for variable in env.into_iter().flatten() {
        let (name, value) = variable.split_once('=').unwrap_or((&variable, ""));
        settings.set(format!("env {name}"), value.to_owned());
    }
    if let Some(healthcheck) = healthcheck {
        settings.json("healthcheck", &healthcheck);
    }
    if args_escaped == Some(true) {
        settings.set("arguments escaped".to_owned(), "true".to_owned());
    }
    settings.0
}

struct Settings(ImageConfiguration);

impl Settings {
    fn set(&mut self, name: String, value: String) {
        self.0.insert(name, value);
    }

    /// Engines leave out what is empty, or say that it is empty.
    fn text(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.set(name.to_owned(), value);
        }
    }

    fn list(&mut self, name: &str, values: Option<Vec<String>>) {
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            self.json(name, &values);
        }
    }

    fn each(&mut self, name: &str, values: Option<Vec<String>>) {
        for value in values.into_iter().flatten() {
            self.set(format!("{name} {value}"), "set".to_owned());
        }
    }

    fn json(&mut self, name: &str, value: &impl Serialize) {
        // Plain lists and numbers: they are always valid JSON.
        self.set(name.to_owned(), serde_json::to_string(value).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_missing_are_one_and_everything_that_is_set_is_there() {
        let empty = ImageConfig {
            user: Some(String::new()),
            cmd: Some(Vec::new()),
            args_escaped: Some(false),
            ..ImageConfig::default()
        };
        let empty = ImageInspect { config: Some(empty), ..ImageInspect::default() };
        assert_eq!(configuration(empty), configuration(ImageInspect::default()));
        let config = ImageConfig {
            user: Some("app".into()),
            exposed_ports: Some(vec!["80/tcp".into()]),
            env: Some(vec!["PATH=/bin".into(), "EMPTY=".into()]),
            cmd: Some(vec!["serve".into(), "a b".into()]),
            labels: Some([("team".into(), "x".into())].into()),
            volumes: Some(vec!["/data".into()]),
            ..ImageConfig::default()
        };
        let image = ImageInspect {
            os: Some("linux".into()),
            created: Some("2026-01-01T00:00:00Z".parse().expect("a time")),
            config: Some(config),
            ..ImageInspect::default()
        };
        let shown: Vec<_> = configuration(image)
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            shown,
            [
                r#"command=["serve","a b"]"#,
                "env EMPTY=",
                "env PATH=/bin",
                "label team=x",
                "os=linux",
                "port 80/tcp=set",
                "user=app",
                "volume /data=set",
            ]
        );
    }
}
