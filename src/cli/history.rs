//! `smartbuild history`: what builds have cost.

use std::time::Duration;

use anyhow::anyhow;

use super::args::{DrawnFormat, HistoryArgs};
use super::environment::{Environment, clock};
use super::failure::Failure;
use super::source;
use super::ui::Ui;
use crate::history::history;
use crate::report::{self, HistoryView};
use crate::store::Store;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn run(
    args: &HistoryArgs,
    environment: &Environment,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let Some(directory) = &environment.cache_directory else {
        return Err(anyhow!("no records: set SMARTBUILD_CACHE_DIR or HOME").into());
    };
    let project = if args.all {
        None
    } else {
        // As builds are recorded.
        Some(source::root(&args.path)?.to_string_lossy().into_owned())
    };
    let clock = clock();
    let since = clock.now.checked_sub(DAY * u32::from(args.days));
    let since = since.unwrap_or(std::time::SystemTime::UNIX_EPOCH);
    let store = Store::open(directory).map_err(anyhow::Error::from)?;
    let kept = store.history(project.as_deref(), since).map_err(anyhow::Error::from)?;
    let history = history(&kept);
    let view = HistoryView {
        history: &history,
        project: project.as_deref(),
        days: args.days,
        listed: usize::from(args.limit),
        clock,
    };
    match args.format {
        DrawnFormat::Json => ui.json(&report::json::history(&view))?,
        DrawnFormat::Text => ui.result(&report::history(&view, ui.results()))?,
        DrawnFormat::Html => ui.result(&report::page::history(&view))?,
    }
    Ok(())
}
