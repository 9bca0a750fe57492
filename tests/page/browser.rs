//! A real Chromium without a window, driven by its own protocol over two pipes: no port, and nothing
//! between the test and the browser.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A browser that has not answered by now never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// The protocol comes in and goes out at descriptors 3 and 4. What the browser prints beside it is
/// about the machine.
const PIPED: &str = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1"#;

/// Nobody's browser: without a window, a network or a past.
const ARGUMENTS: [&str; 12] = [
    "--remote-debugging-pipe",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
];

/// One browser with one page.
pub(crate) struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    asked: u64,
    /// What it told without being asked, since the page was opened.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts the program that `SMARTBUILD_TEST_CHROMIUM` names, else the one in the path.
    pub(crate) fn start() -> Self {
        let program = std::env::var("SMARTBUILD_TEST_CHROMIUM");
        let program = program.unwrap_or_else(|_| "chromium".to_owned());
        let is_there = Command::new(&program).arg("--version").output();
        assert!(is_there.is_ok(), "no Chromium to test with: run `cargo xtask test`");
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut process = Command::new("sh")
            .args(["-c", PIPED, &program])
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let to = process.stdin.take().expect("a pipe");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, from) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                let told = serde_json::from_slice(message.strip_suffix(b"\0").unwrap_or(&message))
                    .expect("JSON");
                if sender.send(told).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let (session, events) = (None, Vec::new());
        let mut browser = Self { process, to, from, session, asked: 0, events, _profile: profile };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.ask("Target.attachToTarget", &attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// Opens a file at this many pixels, as a reader of light or of dark pages.
    pub(crate) fn open(&mut self, file: &Path, width: u32, is_dark: bool) {
        let screen =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &screen);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", &json!({"features": features}));
        self.events.clear();
        let url = format!("file://{}", file.display());
        let opened = self.ask("Page.navigate", &json!({"url": url}));
        assert_eq!(opened["errorText"], Value::Null, "{url}");
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// What a JavaScript expression is in the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true});
        let told = self.ask("Runtime.evaluate", &asked);
        assert_eq!(told["exceptionDetails"], Value::Null, "{expression}");
        told["result"]["value"].clone()
    }

    /// Presses a key and lets it go.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "End" => 35,
            "Home" => 36,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            other => panic!("the code of {other} is not known here"),
        };
        // Of Enter the page sees what it types.
        let text = if key == "Enter" { "\r" } else { "" };
        let pressed = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [pressed, "keyUp"] {
            let mut event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                event["text"] = json!(text);
            }
            self.ask("Input.dispatchKeyEvent", &event);
        }
    }

    /// Moves the pointer to the middle of the element that an expression gives.
    pub(crate) fn point_at(&mut self, element: &str) {
        let place = self.middle(element);
        let event = json!({"type": "mouseMoved", "x": place[0], "y": place[1]});
        self.ask("Input.dispatchMouseEvent", &event);
    }

    /// Presses the pointer's button in the middle of the element that an expression gives.
    pub(crate) fn click(&mut self, element: &str) {
        let place = self.middle(element);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
            });
            self.ask("Input.dispatchMouseEvent", &event);
        }
    }

    /// Brings an element into sight, and tells where its middle is then.
    fn middle(&mut self, element: &str) -> Value {
        self.value(&format!(
            "(() => {{ const it = {element}; it.scrollIntoView({{block: 'center'}}); \
             const box = it.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ))
    }

    /// What the page has complained of, and what it has asked for beside itself.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // What was told before this answer has arrived with it.
        let own = self.value("location.href");
        let complaint = |event: &Value| match event["method"].as_str() {
            Some("Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded") => {
                Some(event.to_string())
            }
            Some("Network.requestWillBeSent") => {
                let asked = &event["params"]["request"]["url"];
                let is_own = *asked == own || asked.as_str()?.starts_with("data:");
                (!is_own).then(|| format!("asked for {asked}"))
            }
            _ => None,
        };
        self.events.iter().filter_map(complaint).collect()
    }

    /// The page from its top to its end as a picture, in base64.
    pub(crate) fn picture(&mut self) -> String {
        let asked = json!({"format": "png", "captureBeyondViewport": true});
        let told = self.ask("Page.captureScreenshot", &asked);
        told["data"].as_str().expect("a picture").to_owned()
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let mut asked = json!({"id": self.asked, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            asked["sessionId"] = json!(session);
        }
        write!(self.to, "{asked}\0").expect("a browser that reads");
        loop {
            let told = self.next();
            if told["id"] == self.asked {
                assert_eq!(told["error"], Value::Null, "{method}");
                return told["result"].clone();
            }
            self.events.push(told);
        }
    }

    fn next(&mut self) -> Value {
        self.from.recv_timeout(PATIENCE).expect("a browser that answers")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
