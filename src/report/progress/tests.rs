//! One build, shown in each way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use indicatif::InMemoryTerm;

use super::*;
use crate::engine::{LogStream, StepId, StepUpdate};

/// A writer whose text can be read by the test.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn id(name: &str) -> StepId {
    StepId(format!("sha256:{}", name.len()))
}

/// Milliseconds after the build began.
fn at(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_700_000_000_000 + milliseconds)
}

fn step(name: &str) -> StepUpdate {
    StepUpdate {
        id: id(name),
        name: name.to_owned(),
        inputs: Vec::new(),
        started: None,
        completed: None,
        cached: false,
        error: None,
        group: None,
    }
}

fn planned(name: &str) -> Event {
    Event::Step(step(name))
}

fn started(name: &str, from: u64) -> Event {
    Event::Step(StepUpdate { started: Some(at(from)), ..step(name) })
}

fn done(name: &str, from: u64, to: u64) -> Event {
    Event::Step(StepUpdate { started: Some(at(from)), completed: Some(at(to)), ..step(name) })
}

fn cached(name: &str) -> Event {
    let (started, completed) = (Some(at(1)), Some(at(1)));
    Event::Step(StepUpdate { started, completed, cached: true, ..step(name) })
}

fn failed(name: &str, from: u64, to: u64, error: &str) -> Event {
    let (started, completed) = (Some(at(from)), Some(at(to)));
    Event::Step(StepUpdate { started, completed, error: Some(error.to_owned()), ..step(name) })
}

fn log(name: &str, when: u64, bytes: &[u8]) -> Event {
    Event::Log { step: id(name), stream: LogStream::Stdout, bytes: bytes.to_vec(), at: at(when) }
}

fn transfer(name: &str, current: u64, completed: bool) -> Event {
    let (id, what) = (id(name), "transferring context:".to_owned());
    Event::Transfer {
        step: id,
        id: what.clone(),
        name: what,
        current,
        total: 0,
        started: Some(at(0)),
        completed: completed.then(|| at(100)),
        at: Some(at(100)),
    }
}

const LOAD: &str = "[internal] load build context";
const BASE: &str = "[1/4] FROM python:3.13";
const PIP: &str = "[2/4] RUN pip install flask";
const COPY: &str = "[3/4] COPY . .";
const TEST: &str = "[4/4] RUN python -m unittest discover";

/// Two steps reused, one that runs, one that runs next to it and fails.
fn build() -> Vec<Event> {
    vec![
        planned(TEST),
        started(LOAD, 0),
        transfer(LOAD, 700_000, false),
        transfer(LOAD, 1_200_000, true),
        transfer(LOAD, 1_200_000, true),
        done(LOAD, 0, 120),
        cached(BASE),
        cached(PIP),
        started(COPY, 150),
        done(COPY, 150, 550),
        Event::Warning {
            step: id(TEST),
            level: 1,
            text: "JSON arguments recommended".into(),
            detail: vec![],
            url: String::new(),
            line: Some(4),
        },
        started(TEST, 600),
        log(TEST, 723, b"test one ... "),
        log(TEST, 900, b"\x1b[32mok\x1b[0m\ntest\x1b[2J two ... 10%\r"),
        log(TEST, 1900, b"50%\r\xe2\x9c\x97 failed\nno line end"),
        failed(TEST, 600, 2100, "process \"/bin/sh -c python\" did not complete: exit code: 1"),
    ]
}

fn shown(mode: Mode, events: &[Event]) -> String {
    let page = Page::default();
    let writer = Box::new(page.clone());
    let mut display = Display::new(mode, &Capabilities::PLAIN, HashMap::new(), writer);
    for event in events {
        display.event(event).unwrap();
    }
    display.finish().unwrap();
    page.text()
}

#[test]
fn plain_is_dockers() {
    insta::assert_snapshot!(shown(Mode::Plain, &build()));
}

#[test]
fn without_a_terminal_auto_is_plain() {
    assert_eq!(shown(Mode::Auto, &build()), shown(Mode::Plain, &build()));
}

#[test]
fn plain_says_which_of_two_steps_speaks() {
    let events = [
        started(PIP, 0),
        log(PIP, 10, b"a\n"),
        started(TEST, 5),
        log(TEST, 20, b"b\n"),
        log(PIP, 30, b"c\n"),
        done(PIP, 0, 40),
        failed(TEST, 5, 50, "context canceled"),
    ];
    insta::assert_snapshot!(shown(Mode::Plain, &events));
}

#[test]
fn rawjson_is_an_object_a_line() {
    let text = shown(Mode::RawJson, &build());
    assert_eq!(text.lines().count(), build().len());
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object.as_object().unwrap().len(), 1, "{line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn quiet_shows_only_what_failed() {
    assert_eq!(shown(Mode::Quiet, &build()[..15]), "");
    insta::assert_snapshot!(shown(Mode::Quiet, &build()));
}

#[test]
fn a_step_that_is_canceled_did_not_fail_and_did_not_run() {
    let events = [started(PIP, 0), log(PIP, 10, b"a\n"), failed(PIP, 0, 50, "context canceled")];
    assert_eq!(shown(Mode::Quiet, &events), "");
    let told = on_terminal(&events, true);
    assert!(told.starts_with(&format!("  x  {PIP} ")) && told.ends_with(" cancelled after 0.05 s"));
    // After a failure, which has the last word, it is not worth a line.
    let stopped = failed(PIP, 0, 50, "context canceled");
    let events = [started(PIP, 0), failed(TEST, 0, 40, "exit code: 1"), stopped];
    assert!(!on_terminal(&events, true).contains("cancelled"));
}

#[test]
fn a_flood_of_output_keeps_its_end() {
    let mut steps = Steps::default();
    steps.event(&started(TEST, 0));
    for number in 0..200_050 {
        steps.event(&log(TEST, 1, format!("line {number}\n").as_bytes()));
    }
    steps.event(&log(TEST, 1, &vec![b'x'; 100_000]));
    steps.event(&failed(TEST, 0, 2, "exit code: 1"));
    let output = steps.failure(&id(TEST), 80);
    assert!(output.contains("… 54 lines before these …"), "{}", &output[..200]);
    assert!(output.contains("line 200049") && !output.contains("line 53\n"));
}

fn live(events: &[Event], expected: &[(&str, f64)], now: u64) -> String {
    let mut steps = Steps::default();
    for event in events {
        steps.event(event);
    }
    let expected =
        expected.iter().map(|(name, time)| ((*name).to_owned(), Seconds::new(*time))).collect();
    let lines = tty::frame(&steps, &expected, &Capabilities::PLAIN, at(now));
    assert!(lines.len() < 24 && lines.iter().all(|line| console::measure_text_width(line) < 80));
    lines.join("\n")
}

#[test]
fn the_live_part_shows_time_and_last_output() {
    insta::assert_snapshot!(live(&build()[..15], &[(TEST, 9.0)], 2_000));
}

#[test]
fn the_live_part_shows_transfers() {
    insta::assert_snapshot!(live(&build()[..3], &[], 90));
}

#[test]
fn the_live_part_stays_small() {
    let names: Vec<String> =
        (0..12).map(|n| format!("[s{} 2/2] RUN make{}", n, " x".repeat(n * 9))).collect();
    let mut events = Vec::new();
    for name in &names {
        events.push(started(name, 0));
        events.extend(
            (0..9)
                .map(|line| log(name, line, format!("{line} {}\n", "日本".repeat(40)).as_bytes())),
        );
    }
    insta::assert_snapshot!(live(&events, &[], 65_000));
}

fn on_terminal(events: &[Event], finish: bool) -> String {
    let terminal = InMemoryTerm::new(24, 80);
    let expected = HashMap::from([(COPY.to_owned(), Seconds::new(0.4))]);
    let mut tty = Tty::new(Box::new(terminal.clone()), Capabilities::PLAIN, expected);
    for event in events {
        tty.event(event).unwrap();
        // As fast as the events come, not every one is drawn; the last one must be.
        std::thread::sleep(Duration::from_millis(80));
    }
    if finish {
        tty.finish().unwrap();
    } else {
        tty.draw(at(2_000));
    }
    terminal.contents()
}

#[test]
fn while_it_runs_the_terminal_has_the_record_and_the_live_part() {
    insta::assert_snapshot!(on_terminal(&build()[..15], false));
}

#[test]
fn at_the_end_the_terminal_has_a_compact_record() {
    insta::assert_snapshot!(on_terminal(&build(), true));
}

#[test]
fn a_display_that_is_dropped_leaves_no_live_part() {
    let page = Page::default();
    let capabilities = Capabilities { interactive: true, ..Capabilities::PLAIN };
    let mut display =
        Display::new(Mode::Auto, &capabilities, HashMap::new(), Box::new(page.clone()));
    display.event(&started(TEST, 0)).unwrap();
    display.tick(at(50));
    drop(display);
    let terminal = InMemoryTerm::new(24, 80);
    let text = page.text();
    assert!(text.contains("unittest"), "{text:?}");
    indicatif::TermLike::write_str(&terminal, &text.replace('\n', "\r\n")).unwrap();
    assert_eq!(terminal.contents(), "");
}
