//! The timelines of builds: their bars, what is marked in them, and how one is chosen.

use serde_json::json;

use crate::browser::Browser;
use crate::shop::{HOSTILE_STEP, Shop};
use crate::{assert_reached, assert_shown, bench, replay};

/// Of the timeline at this place of the page: each bar with its name, its sign, whether its time is a hollow
/// moment, whether its name is bold, and whether it is underlined; as an expression.
fn told(place: &str) -> String {
    format!(
        "[...document.querySelectorAll('{place} .row.mark')].map(mark => {{
            const shape = mark.querySelector('.fill');
            const paper = getComputedStyle(document.documentElement).backgroundColor;
            return [
                mark.querySelector('.name').textContent,
                mark.querySelector('.sign').textContent,
                shape.tagName === 'circle' && getComputedStyle(shape).fill === paper,
                Number(getComputedStyle(mark.querySelector('.name')).fontWeight) >= 700,
                !!mark.querySelector('.path'),
            ];
        }})"
    )
}

/// Which timelines can be seen.
const SEEN: &str = "[...document.querySelectorAll('.fold[id]')]
    .filter(it => it.querySelector('figure').checkVisibility()).map(it => it.id)";

#[test]
fn a_history_shows_the_latest_build_and_each_that_is_chosen() {
    let shop = Shop::new();
    shop.record();
    let page = shop.page("history", &["history", "--format", "html"]);
    let mut browser = Browser::start();
    browser.open(&page, 1600, false);
    let named = |name: &str| format!("[1/3] {name}");
    let [copy, hostile, pip] =
        ["COPY . .", HOSTILE_STEP, "RUN pip install -r requirements.txt"].map(named);
    assert_eq!(browser.value(SEEN), json!(["build-0"]));
    // It failed in both RUNs; the longer one is waited for.
    let failed = json!([
        [copy, ">", false, true, true],
        [hostile, "!", false, false, false],
        [pip, "!", false, true, true],
    ]);
    assert_eq!(browser.value(&told("#build-0")), failed);
    // Of the first four builds nobody kept when their steps began.
    let all = browser.value("document.querySelectorAll('.fold[id]').length");
    assert_eq!(all, json!(8));
    let text = browser.value("document.body.textContent");
    let text = text.as_str().expect("text");
    assert!(text.contains("4 builds have no timeline: recorded before it was kept"), "{text}");

    // The third from the right reused everything.
    browser.press("Tab");
    browser.press("End");
    browser.press("ArrowUp");
    browser.press("ArrowUp");
    browser.press("Enter");
    assert_eq!(browser.value(SEEN), json!(["build-0", "build-2"]));
    assert_eq!(browser.value("document.activeElement.parentElement.id"), "build-2");
    let reused = json!([
        [copy, "=", true, false, false],
        [hostile, "=", true, false, false],
        [pip, "=", true, false, false],
    ]);
    assert_eq!(browser.value(&told("#build-2")), reused);

    browser.open(&page, 1600, false);
    browser.click("[...document.querySelectorAll('[data-opens]')].at(0)");
    assert_eq!(browser.value(SEEN), json!(["build-0", "build-7"]));
    let top = browser.value("document.querySelector('#build-7').getBoundingClientRect().top");
    assert!(top.as_f64().is_some_and(|top| (-1.0..900.0).contains(&top)), "it is in sight: {top}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_bench_shows_the_last_run_of_each_variant() {
    let shop = Shop::new();
    let page = shop.write("bench-timelines", &bench::page());
    let mut browser = Browser::start();
    browser.open(&page, 1600, false);
    let all = browser.value("[...document.querySelectorAll('.fold[id]')].map(it => it.id)");
    assert_eq!(all, json!(["run-0-0", "run-0-1", "run-1-0"]), "docker's own client tells nothing");
    let hostile = format!("[build 3/3] {HOSTILE_STEP}");
    let wanted = json!([
        ["[build 2/3] RUN apt-get update", "=", true, false, false],
        ["[build 3/3] COPY . .", ">", false, true, true],
        [hostile, ">", false, true, true],
        ["[web 2/2] RUN npm ci", ">", false, false, false],
        ["[stage-2 2/2] COPY --from=build", ">", false, true, true],
    ]);
    assert_eq!(browser.value(&told("#run-0-0")), wanted);
    // Below it is what was foretold: the sign in each circle, and the cause where it is pointed at.
    let foretold = browser.value(
        "(() => {
            const signs = [...document.querySelectorAll('#run-0-0 .graph g text')];
            return [...document.querySelectorAll('#run-0-0 .node')].map((node, at) =>
                [signs[at].textContent, ...node.title.split('\\n').slice(1)]);
        })()",
    );
    let edited = "services/shop/backend/application/controllers/checkout_controller.py modified";
    let wanted = json!([
        ["=", "foretold: reused", "was reused"],
        [">", "foretold: runs", edited, "ran for 0.2 s"],
        [">", "foretold: runs", "after build 3/3", edited, "ran for 41 s"],
        [">", "foretold: runs", edited, "ran for 26 s"],
        [">", "foretold: runs", "after web 2/2", edited, "ran for 5.2 s"],
    ]);
    assert_eq!(foretold, wanted);
    // The bar of what begins later lies further to the right.
    let starts = browser.value(
        "[...document.querySelectorAll('#run-0-0 .row.mark .fill')]
            .map(it => it.getBoundingClientRect().left)",
    );
    let starts: Vec<f64> = serde_json::from_value(starts).expect("numbers");
    assert!(starts[1] < starts[2] && starts[2] < starts[4], "{starts:?}");
    assert!((starts[1] - starts[3]).abs() < 1.0, "{starts:?}");
    assert_eq!(browser.value("String(window.owned)"), "undefined");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_replay_opens_the_timeline_of_the_commit_that_is_chosen() {
    let shop = Shop::new();
    let page = shop.write("replay-timelines", &replay::page());
    let mut browser = Browser::start();
    for width in [400, 1600] {
        browser.open(&page, width, false);
        assert_eq!(browser.value(SEEN), json!(["commit-0-38"]), "the last that was built");
        browser.click("document.querySelector('[data-opens=commit-0-4]')");
        assert_eq!(browser.value(SEEN), json!(["commit-0-38", "commit-0-4"]));
        let wanted = json!([
            ["RUN pip install", ">", false, true, true],
            [HOSTILE_STEP, ">", false, true, true],
        ]);
        assert_eq!(browser.value(&told("#commit-0-4")), wanted);
        let is_fitting = "document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(browser.value(is_fitting), true, "at {width}");
    }
    assert_eq!(browser.value("document.querySelectorAll('[data-opens]').length"), json!(36));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_forecast_shows_the_build_to_come() {
    let shop = Shop::new();
    shop.record_times();
    shop.file("web/app.js", "edited");
    let page = shop.page("forecast", &["predict", "--against", "HEAD", "--format", "html"]);
    let mut browser = Browser::start();
    let charts = [("Steps", 13), ("Timeline of the next build", 13)];
    assert_shown(&mut browser, &page, &charts);
    assert_reached(&mut browser, &page, &charts);
    let told = browser.value(&told("[aria-label=\"Timeline of the next build\"]"));
    let told: Vec<(String, String, bool, bool, bool)> =
        serde_json::from_value(told).expect("what is told of bars");
    let short = |name: &str| name.split_once("] ").map(|it| it.1.to_owned()).unwrap_or_default();
    let signed = |sign: &str| -> Vec<String> {
        told.iter()
            .filter(|it| it.1 == sign && it.2 == (sign == "="))
            .map(|it| short(&it.0))
            .collect()
    };
    // The file is copied into both stages; what nobody edited is reused, and has its moment alone.
    let runs =
        ["COPY . .", "RUN go build -o /out/shop ./cmd/shop", "COPY web .", "RUN npm run build"];
    assert_eq!(signed(">"), runs, "{told:?}");
    for reused in ["COPY go.mod ./", "RUN npm ci"] {
        assert!(signed("=").iter().any(|it| it == reused), "{reused}: {told:?}");
    }
    let critical: Vec<_> = told.iter().filter(|it| it.4).map(|it| short(&it.0)).collect();
    // What the last stage takes is copied when the longer of the two others is done.
    let path = [
        "COPY . .",
        "RUN go build -o /out/shop ./cmd/shop",
        "COPY --from=build /out/shop /usr/bin/shop",
        "COPY --from=web /dist /srv/www",
    ];
    assert_eq!(critical, path);
    assert!(told.iter().all(|it| it.3 == it.4), "what is underlined is bold: {told:?}");
}

#[test]
fn the_graph_of_steps_is_told_without_colour() {
    let shop = Shop::new();
    shop.file("web/app.js", "edited");
    let page = shop.page("graph", &["predict", "--against", "HEAD", "--format", "html"]);
    let mut browser = Browser::start();
    for is_dark in [false, true] {
        browser.open(&page, 1600, is_dark);
        // Each step with the sign in its circle, how that is drawn, and the word in what it tells.
        let told = browser.value(
            "(() => {
                const signs = [...document.querySelectorAll('.graph g')];
                return [...document.querySelectorAll('.node')].map((node, at) => {
                    const dot = getComputedStyle(signs[at].querySelector('.dot'));
                    const paper = getComputedStyle(document.documentElement).backgroundColor;
                    return [
                        signs[at].querySelector('text').textContent,
                        dot.fill === paper ? 'hollow' : 'filled',
                        dot.strokeDasharray === 'none' ? 'whole' : 'broken',
                        node.title.split('\\n')[1].split(': ')[1].split(',')[0],
                        node.tabIndex >= -1 && node.hasAttribute('tabindex'),
                    ];
                });
            })()",
        );
        let told: Vec<(String, String, String, String, bool)> =
            serde_json::from_value(told).expect("what is told of steps");
        let drawn = |word: &str| match word {
            "reused" => Some(("=", "hollow", "whole")),
            "runs" => Some((">", "filled", "whole")),
            "open" => Some(("~", "hollow", "broken")),
            "unknown" => Some(("?", "hollow", "broken")),
            _ => None,
        };
        for (sign, fill, line, word, is_reachable) in &told {
            assert_eq!(drawn(word), Some((&**sign, &**fill, &**line)), "{word}");
            assert!(is_reachable, "{told:?}");
        }
        let mut words: Vec<_> = told.iter().map(|it| &*it.3).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words, ["open", "reused", "runs"], "{told:?}");
    }
}
