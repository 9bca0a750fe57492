//! What the output can show, and the colours of things.

use console::Style;

/// What the place where text goes can show. Decided once, by whoever knows it; everything here
/// is handed the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether colours are shown.
    pub color: bool,
    /// Columns; 80 where there is no terminal.
    pub width: usize,
    /// Whether lines can be rewritten: a live display is possible.
    pub interactive: bool,
}

impl Capabilities {
    /// No terminal: 80 columns of text without colour.
    pub const PLAIN: Self = Self { color: false, width: 80, interactive: false };

    /// `text` in the colour of `role`, or as it is where there is no colour.
    pub fn paint(&self, role: Role, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let style = match role {
            Role::Plain => return text.to_owned(),
            Role::Cached | Role::Added => Style::new().green(),
            Role::Runs => Style::new().yellow(),
            Role::Open => Style::new().cyan(),
            Role::Wrong => Style::new().red().bold(),
            Role::Removed => Style::new().red(),
            Role::Quiet => Style::new().dim(),
            Role::Title => Style::new().bold(),
        };
        // The decision was made by `color`; the crate's own guess must not undo it.
        style.force_styling(true).apply_to(text).to_string()
    }
}

/// What a piece of text says, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing that a colour would say better. Yellow and cyan are for marks and titles: words in
    /// them cannot be read on a light background.
    Plain,
    /// A step that is reused.
    Cached,
    /// A step that runs, or why.
    Runs,
    /// What nobody can know yet.
    Open,
    /// A failure or a wrong forecast.
    Wrong,
    /// A line that a patch adds.
    Added,
    /// A line that a patch removes.
    Removed,
    /// What may be read over.
    Quiet,
    /// The word that a line begins with.
    Title,
}
