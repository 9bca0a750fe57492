//! A build, shown while it runs.

use std::io;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::engine::Event;
use crate::report::progress::Display;

/// How often a live display's clocks go on.
const TICK: Duration = Duration::from_millis(100);

/// Shows the events of `building` and has them observed, until it has ended and everything was
/// passed on.
pub(super) async fn watch<T>(
    building: impl Future<Output = T>,
    mut events: UnboundedReceiver<Event>,
    mut display: Display,
    mut observe: impl FnMut(&Event),
) -> io::Result<T> {
    let mut building = pin!(building);
    let mut clock = tokio::time::interval(TICK);
    let mut result = None;
    let result = loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => {
                    observe(&event);
                    display.event(&event)?;
                }
                None => if let Some(result) = result.take() { break result },
            },
            ended = &mut building, if result.is_none() => result = Some(ended),
            _ = clock.tick() => display.tick(SystemTime::now()),
        }
    };
    display.finish()?;
    Ok(result)
}
