//! How the demo looks: numbered chapters, indented news, bars.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::Result;
use console::style;

use crate::ui;

/// How many characters the longest bar has.
const BAR: f64 = 44.0;

static CHAPTER: AtomicUsize = AtomicUsize::new(0);

/// Begins the next chapter.
///
/// # Errors
///
/// When standard output is closed.
pub(super) fn chapter(title: &str, about: &str) -> io::Result<()> {
    let number = CHAPTER.fetch_add(1, Ordering::Relaxed);
    ui::result("")?;
    ui::result(&format!(
        "{} {}  {}",
        style(format!(" {number} ")).black().on_cyan().bold(),
        style(title).bold(),
        style(about).dim()
    ))?;
    ui::result("")
}

/// One line of news.
///
/// # Errors
///
/// When standard output is closed.
pub(super) fn say(line: &str) -> Result<()> {
    Ok(ui::result(line)?)
}

/// A command as one would type it.
///
/// # Errors
///
/// When standard output is closed.
pub(super) fn command(words: &[&str]) -> io::Result<()> {
    ui::result(&format!("{} {}", style("$").dim(), style(words.join(" ")).cyan()))
}

/// One bar of a chart, as long as its share of the longest.
pub(super) fn bar(name: &str, length: Duration, longest: Duration) -> String {
    let share = length.as_secs_f64() / longest.as_secs_f64().max(f64::MIN_POSITIVE);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1 of a line on a terminal"
    )]
    let filled = (share * BAR).round().max(1.0) as usize;
    format!("{name:<8} {} {}", style("█".repeat(filled)).cyan(), ui::seconds(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        let length = |seconds: f64| {
            let ten = Duration::from_secs(10);
            bar("x", Duration::from_secs_f64(seconds), ten).matches('█').count()
        };
        assert_eq!((length(10.0), length(5.0), length(0.0)), (44, 22, 1));
    }
}
