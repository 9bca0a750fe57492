//! Pages in a real Chromium: that the charts are there, that pointer and keyboard reach all of them,
//! that nothing is fetched and nothing complains, and that text stays text.
//!
//! The browser is the program that `SMARTBUILD_TEST_CHROMIUM` names (`cargo xtask test` brings it),
//! else the one in the path. No engine. Pictures of all pages go to the directory that
//! `SMARTBUILD_TEST_PICTURES` names, to be looked at.

mod bench;
mod browser;
mod replay;
mod shop;
mod timelines;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use browser::Browser;
use serde_json::json;
use shop::{HOSTILE_FILE, HOSTILE_STEP, Shop};

/// The charts that are not folded away, as an expression.
const CHARTS: &str =
    "[...document.querySelectorAll('[data-chart]')].filter(chart => chart.checkVisibility())";

/// The charts whose rows do not all begin and end at the same places, the axis below them included,
/// as an expression: a mark would lie elsewhere than the axis says.
const SCALES: &str = "[...document.querySelectorAll('[data-chart]')].filter(chart => {
        const ends = [...chart.querySelectorAll('.row > svg')]
            .filter(drawn => drawn.checkVisibility())
            .map(drawn => drawn.getBoundingClientRect())
            .map(box => `${Math.round(box.left)} ${Math.round(box.right)}`);
        return new Set(ends).size > 1;
    }).map(chart => chart.getAttribute('aria-label'))";

/// The page at both widths, to readers of light and of dark pages: it says `charts` and their marks,
/// fits, and does nothing that it should not.
fn assert_shown(browser: &mut Browser, page: &Path, charts: &[(&str, usize)]) {
    let mut papers = Vec::new();
    for (width, is_dark) in [(400, false), (400, true), (1600, false), (1600, true)] {
        browser.open(page, width, is_dark);
        let drawn = browser.value(&format!(
            "{CHARTS}.map(chart => [
                chart.getAttribute('aria-label'),
                [...chart.querySelectorAll('[data-mark]')].filter(mark => {{
                    const box = mark.getBoundingClientRect();
                    return box.width > 1 && box.height > 1;
                }}).length,
            ])"
        ));
        assert_eq!(drawn, json!(charts), "at {width}");
        papers.push(browser.value("getComputedStyle(document.documentElement).backgroundColor"));
        assert_eq!(browser.value(SCALES), json!([]), "at {width}: charts with several scales");
        take_picture(browser, page, width, is_dark);
        for open in [false, true] {
            browser.value(&format!(
                "document.querySelectorAll('details').forEach(it => it.open = {open})"
            ));
            let is_fitting = "document.documentElement.scrollWidth <= innerWidth";
            assert_eq!(browser.value(is_fitting), true, "at {width}, tables open: {open}");
        }
        assert_eq!(browser.complaints(), Vec::<String>::new(), "at {width}");
    }
    assert_ne!(papers[0], papers[1], "a dark page is dark");
}

fn take_picture(browser: &mut Browser, page: &Path, width: u32, is_dark: bool) {
    let Ok(directory) = std::env::var("SMARTBUILD_TEST_PICTURES") else { return };
    let name = page.file_stem().expect("a name").display();
    let shade = if is_dark { "dark" } else { "light" };
    let picture = BASE64_STANDARD.decode(browser.picture()).expect("base64");
    fs::create_dir_all(&directory).expect("a directory");
    let path = Path::new(&directory).join(format!("{name}-{width}-{shade}.png"));
    fs::write(path, picture).expect("a picture");
}

/// Whether the readout of the chart says what its mark does, and the mark is the one that is told.
fn is_told(browser: &mut Browser, chart: usize, mark: usize) -> bool {
    let told = browser.value(&format!(
        "(() => {{
            const chart = {CHARTS}[{chart}];
            const mark = chart.querySelectorAll('[data-mark]')[{mark}];
            const words = mark.querySelector(':scope > title')?.textContent ?? mark.title;
            return words.length > 3 && mark.classList.contains('told')
                && chart.querySelector('[data-readout]').textContent === words;
        }})()"
    ));
    told == true
}

/// The pointer and the keyboard come to every mark of every chart, and each tells its words.
fn assert_reached(browser: &mut Browser, page: &Path, charts: &[(&str, usize)]) {
    browser.open(page, 1600, false);
    for (chart, (name, marks)) in charts.iter().enumerate() {
        for mark in 0..*marks {
            browser.point_at(&format!("{CHARTS}[{chart}].querySelectorAll('[data-mark]')[{mark}]"));
            assert!(is_told(browser, chart, mark), "{name}: the pointer at mark {mark}");
        }
    }
    browser.open(page, 1600, false);
    for (chart, (name, marks)) in charts.iter().enumerate() {
        browser.press("Tab");
        // A timeline has its title before it, which folds it.
        while browser.value("document.activeElement.matches('.fold > summary')") == true {
            browser.press("Tab");
        }
        for mark in 0..*marks {
            assert!(is_told(browser, chart, mark), "{name}: the keyboard at mark {mark}");
            browser.press("ArrowDown");
        }
        assert!(
            is_told(browser, chart, marks - 1),
            "{name}: there is nothing behind the last mark"
        );
        browser.press("Home");
        assert!(is_told(browser, chart, 0), "{name}: back at the first mark");
        browser.press("Tab");
        browser.press("Enter");
        let rows = browser.value(
            "document.activeElement.parentElement.open
                && document.activeElement.parentElement.querySelectorAll('tbody tr').length",
        );
        assert_eq!(rows, json!(marks), "{name}: as a table");
        browser.press("Tab");
        assert_eq!(browser.value("document.activeElement.className"), "scroll", "{name}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_page_of_a_history() {
    let shop = Shop::new();
    shop.record();
    let page = shop.page("history", &["history", "--format", "html"]);
    let mut browser = Browser::start();
    browser.open(&page, 1600, false);
    // The latest build is named by when it was.
    let latest = browser.value("document.querySelector('#build-0 > summary').textContent");
    let charts = [
        ("Builds", 12),
        (latest.as_str().expect("a title"), 3),
        ("Week by week", 4),
        ("Lost to which cause", 2),
        ("Steps that cost most", 3),
        ("Files that cost most", 2),
    ];
    assert_shown(&mut browser, &page, &charts);
    assert_reached(&mut browser, &page, &charts);
    // What somebody called a step and a file is shown, and nothing more.
    let shown = browser.value("document.body.textContent");
    let shown = shown.as_str().expect("text");
    for hostile in [HOSTILE_STEP, HOSTILE_FILE] {
        assert!(shown.contains(&hostile.replace('\u{202e}', "\\u{202e}")), "{hostile}: {shown}");
    }
    assert_eq!(browser.value("document.scripts.length + document.images.length"), 1);
    assert_eq!(browser.value("String(window.owned)"), "undefined");
}

#[test]
fn the_page_of_a_forecast() {
    let shop = Shop::new();
    shop.file("web/app.js", "edited");
    let page = shop.page("predict", &["predict", "--against", "HEAD", "--format", "html"]);
    let mut browser = Browser::start();
    let charts = [("Steps", 13)];
    assert_shown(&mut browser, &page, &charts);
    assert_reached(&mut browser, &page, &charts);
    browser.point_at(
        "[...document.querySelectorAll('.node')].find(it => it.title.includes('go build'))",
    );
    let told = browser.value("document.querySelector('[data-readout]').textContent");
    let told = told.as_str().expect("text");
    assert!(told.contains("after build 4/5\nweb/app.js modified"), "the way to the cause: {told}");
}

#[test]
fn the_page_of_an_impact() {
    let shop = Shop::new();
    shop.file("web/app.js", "edited");
    let page = shop.page("impact", &["impact", "--format", "html"]);
    let charts =
        [("Images", 1), ("Dockerfile: Steps", 13), ("Dockerfile: Timeline of the next build", 13)];
    let mut browser = Browser::start();
    assert_shown(&mut browser, &page, &charts);
    assert_reached(&mut browser, &page, &charts);
    let critical = browser.value("document.querySelectorAll('.critical .path').length");
    assert!(critical.as_u64() > Some(1), "the path through the timeline is marked: {critical}");
}

#[test]
fn the_page_of_a_bench() {
    let shop = Shop::new();
    let page = shop.write("bench", &bench::page());
    let mut browser = Browser::start();
    let charts = [
        ("Scenarios", 5),
        ("edit source, Dockerfile: 52.0 s", 5),
        ("Steps of edit source, Dockerfile: 52.0 s", 5),
    ];
    assert_shown(&mut browser, &page, &charts);
    assert_reached(&mut browser, &page, &charts);
    let shown = browser.value("document.body.textContent");
    let shown = shown.as_str().expect("text");
    assert!(shown.contains("edit manifest: no step reads a dependency manifest."), "{shown}");
    assert!(shown.contains(HOSTILE_STEP), "what a build said is text: {shown}");
    assert_eq!(browser.value("String(window.owned)"), "undefined");
    let ends = browser.value(
        "[...document.querySelector('[data-chart]').querySelectorAll('.mark')].map(mark => {
            const interval = mark.querySelector('.interval').getBoundingClientRect();
            const point = mark.querySelector('.fill').getBoundingClientRect();
            const middle = point.x + point.width / 2;
            return interval.left <= middle + 1 && middle <= interval.right + 1;
        })",
    );
    assert_eq!(ends, json!([true, true, true, true, true]), "each point lies in its interval");
}

#[test]
fn the_page_of_a_replay() {
    let shop = Shop::new();
    let page = shop.write("replay", &replay::page());
    let mut browser = Browser::start();
    let latest = format!("0950cc5 Change 39: {HOSTILE_STEP}: 2.40 s");
    let steps = format!("Steps of {latest}");
    let charts = [("Dockerfile", 40), (&*latest, 2), (&*steps, 2), ("Dockerfile, docker", 40)];
    assert_shown(&mut browser, &page, &charts);
    assert_reached(&mut browser, &page, &charts);
    let shown = browser.value("document.body.textContent");
    let shown = shown.as_str().expect("text");
    assert!(shown.contains(HOSTILE_STEP), "what a commit is called is text: {shown}");
    assert_eq!(browser.value("document.querySelectorAll('.mark.failed').length"), 8);
    assert_eq!(browser.value("String(window.owned)"), "undefined");
}
