//! The page around the parts.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::super::escape;

const STYLE: &str = include_str!("page.css");

const SCRIPT: &str = include_str!("page.js");

/// The whole file: its title, what there is to say in a few words, and the parts in their order.
///
/// It allows itself nothing but the one style and the one script that stand in it, each by its
/// digest: were a text ever taken for markup, no browser would run or fetch what it asks for.
pub fn document(title: &str, lead: &[String], parts: &[Markup]) -> String {
    let policy = format!(
        "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; \
         form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Without one, a browser asks the server for it.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (patterns())
                header {
                    h1 { (title) }
                    @for line in lead { p { (line) } }
                }
                main { @for part in parts { (part) } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    escape::document(&page.into_string())
}

/// What a policy calls this text.
fn source(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// What fills marks, so that they differ without their colours.
fn patterns() -> Markup {
    html! {
        svg class="patterns" aria-hidden="true" {
            defs {
                pattern id="open" width="6" height="6" patternUnits="userSpaceOnUse" {
                    path class="pattern-open" d="M0 6L6 0" stroke-width="2" {}
                }
                pattern id="unknown" width="5" height="5" patternUnits="userSpaceOnUse" {
                    circle class="pattern-unknown" cx="2" cy="2" r="1.2" {}
                }
                pattern id="failed" width="6" height="6" patternUnits="userSpaceOnUse" {
                    path class="pattern-failed" d="M0 0L6 6M0 6L6 0" stroke-width="1.5" {}
                }
            }
        }
    }
}
