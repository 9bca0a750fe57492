//! The other way to read a chart.

use maud::{Markup, html};

/// Rows of text under headings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What each column holds.
    pub headings: Vec<&'static str>,
    /// The rows, each with a text for each heading.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Folded until somebody asks for it.
    pub(super) fn folded(&self) -> Markup {
        html! {
            details {
                summary { "As a table" }
                // It may be wider than a narrow screen; what scrolls has to be reached by keyboard.
                div class="scroll" tabindex="0" role="region" aria-label="Table" {
                    table {
                        thead { tr { @for heading in &self.headings { th scope="col" { (heading) } } } }
                        tbody {
                            @for row in &self.rows { tr { @for cell in row { td { (cell) } } } }
                        }
                    }
                }
            }
        }
    }
}
