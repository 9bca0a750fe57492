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

#[cfg(test)]
mod tests {
    use super::*;

    /// The colours of the style in the order in which they stand: those of light pages, then those
    /// of dark ones, each with its name.
    fn colours() -> Vec<(&'static str, u32)> {
        let declared = STYLE.split("--").skip(1).filter_map(|rest| rest.split_once(": #"));
        let colour = |(name, rest): (&'static str, &str)| {
            let digits = rest.get(..6).unwrap_or_default();
            (
                name,
                u32::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("--{name} is no colour")),
            )
        };
        declared.filter(|(name, _)| !name.contains([';', ' '])).map(colour).collect()
    }

    /// How bright it is, as WCAG 2.2 has it.
    fn luminance(colour: u32) -> f64 {
        let [_, channels @ ..] = colour.to_be_bytes();
        let linear = channels.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(one: u32, other: u32) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn every_colour_of_words_and_marks_can_be_read_on_its_paper() {
        let colours = colours();
        let (light, dark) = colours.split_at(colours.len() / 2);
        for shade in [light, dark] {
            let of = |name: &str| shade.iter().find(|it| it.0 == name).map(|it| it.1).unwrap();
            let words = ["ink", "quiet", "reused", "runs", "open", "unknown", "failed", "focus"];
            for name in words {
                for paper in ["paper", "raised"] {
                    let contrast = contrast(of(name), of(paper));
                    assert!(contrast >= 4.5, "{name} on {paper}: {contrast:.2}");
                }
            }
        }
        let names = |shade: &[(&'static str, u32)]| shade.iter().map(|it| it.0).collect::<Vec<_>>();
        assert_eq!(names(light), names(dark), "each colour has both shades");
        assert!((contrast(0, 0x00ff_ffff) - 21.0).abs() < 0.01);
    }
}
