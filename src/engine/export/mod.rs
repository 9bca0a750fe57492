//! What is in an image: its files, from the export of a container of it, and its configuration.
//!
//! The engine gives the files of all layers put together as one tar archive. It is read as it
//! streams: what is kept are paths with digests, however large the image is. Sockets are in no
//! archive. The engine adds what every container has (`/.dockerenv`, `/etc/hosts`, `/dev`, …)
//! where the image does not have it.

mod archive;
mod configuration;
mod error;
mod pax;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::pin::pin;

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::ImageTree;

pub(super) use configuration::configuration;
pub use error::ArchiveError;

/// Pieces of an archive that wait to be read.
const WAITING: usize = 16;

/// Reads an archive while it arrives.
pub(super) async fn tree<E: std::fmt::Display>(
    archive: impl Stream<Item = Result<Bytes, E>>,
) -> Result<ImageTree, ArchiveError> {
    let (sender, receiver) = mpsc::channel(WAITING);
    // Digests take a processor; others have to go on meanwhile.
    let reading = spawn_blocking(move || {
        archive::read(Pieces { receiver, piece: Bytes::new() }, archive::Limits::USUAL)
    });
    let mut archive = pin!(archive);
    while let Some(piece) = archive.next().await {
        let piece = piece.map_err(|error| io::Error::other(error.to_string()));
        let is_last = piece.is_err();
        if sender.send(piece).await.is_err() || is_last {
            break;
        }
    }
    drop(sender);
    reading.await.map_err(io::Error::other)?
}

/// What arrives, as a reader that waits for it.
struct Pieces {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let read = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..read]);
        Ok(read)
    }
}
