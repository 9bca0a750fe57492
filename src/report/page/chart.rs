//! What all charts have around them: a caption, a legend, the words of the mark that is pointed at,
//! and the same as a table.

use maud::{Markup, html};

use super::{Fate, Table};

/// What is said of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caption<'a> {
    /// What it shows, as a heading.
    pub title: &'a str,
    /// How it is read, in a sentence.
    pub says: &'a str,
}

/// A chart with all that belongs to it, under its heading. `fates` are those that its marks have,
/// and `word` is what each is called.
pub(super) fn chart(
    caption: &Caption<'_>,
    fates: &[Fate],
    word: fn(Fate) -> &'static str,
    drawing: &Markup,
    table: &Table,
) -> Markup {
    html! {
        section {
            h2 { (caption.title) }
            (figure(caption, fates, word, drawing, table))
        }
    }
}

/// The same without its heading, where that stands somewhere else.
pub(super) fn figure(
    caption: &Caption<'_>,
    fates: &[Fate],
    word: fn(Fate) -> &'static str,
    drawing: &Markup,
    table: &Table,
) -> Markup {
    let legend: Vec<Fate> = Fate::ALL.into_iter().filter(|fate| fates.contains(fate)).collect();
    html! {
        figure data-chart aria-label=(caption.title) {
            figcaption { (caption.says) }
            @if !legend.is_empty() {
                ul class="legend" {
                    @for fate in legend { li class=(fate.word()) { (swatch()) span class="sign" { (fate.sign()) } (word(fate)) } }
                }
            }
            (drawing)
            p class="readout" data-readout {
                "Point at a mark, or come here with the tab key and go through them with the arrows."
            }
            (table.folded())
        }
    }
}

fn swatch() -> Markup {
    html! {
        svg width="16" height="14" aria-hidden="true" {
            rect class="fill" x="1" y="1" width="14" height="12" {}
        }
    }
}
