//! What is said beside the charts.

use maud::{Markup, html};

/// Sentences under a heading; nothing where there are none.
pub(super) fn sentences(title: &str, sentences: Vec<String>) -> Option<Markup> {
    (!sentences.is_empty()).then(|| {
        html! {
            section {
                h2 { (title) }
                @for sentence in sentences { p { (sentence) } }
            }
        }
    })
}
