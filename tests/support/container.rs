//! Containers of images that a test built, through the engine's own API.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::workshop::TestEngine;

/// How long a container may take to do what is asked.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the engine's API.
///
/// # Panics
///
/// Where the engine answers with an error.
fn ask(engine: &TestEngine, method: &str, path: &str, body: Option<&Value>) -> String {
    let socket = engine.host.trim_start_matches("unix://");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--fail-with-body", "-X", method, "--unix-socket", socket]);
    if let Some(body) = body {
        curl.args(["-H", "Content-Type: application/json", "-d", &body.to_string()]);
    }
    let output = curl.arg(format!("http://engine{path}")).output().expect("curl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{method} {path}: {text}");
    text
}

fn ask_json(engine: &TestEngine, method: &str, path: &str, body: Option<&Value>) -> Value {
    serde_json::from_str(&ask(engine, method, path, body)).expect("JSON from the engine")
}

/// What the engine says of an image.
pub(crate) fn image(engine: &TestEngine, name: &str) -> Value {
    ask_json(engine, "GET", &format!("/images/{name}/json"), None)
}

/// What `command` prints in a container of `image`.
pub(crate) fn output(engine: &TestEngine, image: &str, command: &str) -> String {
    let command = json!({"Cmd": ["sh", "-c", command], "HostConfig": {"NetworkMode": "none"}});
    let container = Container::run(engine, image, command);
    let path = format!("/containers/{}", container.id);
    let ended = ask_json(engine, "POST", &format!("{path}/wait"), None);
    let text = ask(engine, "GET", &format!("{path}/logs?stdout=1&stderr=1"), None);
    assert_eq!(ended["StatusCode"], 0, "{text}");
    text.replace("\r\n", "\n")
}

/// A running container, removed at the end.
pub(crate) struct Container<'a> {
    engine: &'a TestEngine,
    id: String,
}

impl<'a> Container<'a> {
    /// Runs the image's own command.
    pub(crate) fn start(engine: &'a TestEngine, image: &str) -> Self {
        Self::run(engine, image, json!({}))
    }

    fn run(engine: &'a TestEngine, image: &str, mut settings: Value) -> Self {
        settings["Image"] = image.into();
        // With a terminal its output comes as it is, without frames.
        settings["Tty"] = true.into();
        let made = ask_json(engine, "POST", "/containers/create", Some(&settings));
        let id = made["Id"].as_str().expect("the container's id").to_owned();
        let container = Self { engine, id };
        ask(engine, "POST", &format!("/containers/{}/start", container.id), None);
        container
    }

    /// The page that the container serves at this port and path, once it is up.
    pub(crate) fn page(&self, port: u16, path: &str) -> String {
        let about = ask_json(self.engine, "GET", &format!("/containers/{}/json", self.id), None);
        let networks = &about["NetworkSettings"]["Networks"];
        let address = networks["bridge"]["IPAddress"].as_str().expect("an address");
        let url = format!("http://{address}:{port}{path}");
        let begun = Instant::now();
        loop {
            let got = Command::new("curl")
                .args(["-sS", "--fail", "--max-time", "10", "--noproxy", "*", &url])
                .output()
                .expect("curl runs");
            if got.status.success() {
                return String::from_utf8(got.stdout).expect("a page in UTF-8");
            }
            assert!(begun.elapsed() < PATIENCE, "{url}: {}", String::from_utf8_lossy(&got.stderr));
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        ask(self.engine, "DELETE", &format!("/containers/{}?force=1&v=1", self.id), None);
    }
}
