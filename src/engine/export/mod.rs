//! What is in an image: its files, from the export of a container of it, and its configuration.
//!
//! The engine gives the files of all layers put together as one tar archive. It is read as it
//! streams: what is kept are paths with digests, however large the image is. Sockets are in no
//! archive.
//!
//! In every container the engine has files of its own in the place of the image's, such as
//! `/etc/hosts`. What the image has there is not seen, as no container of it sees it.

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

use crate::{ImagePath, ImageTree};

pub(super) use configuration::configuration;
pub use error::ArchiveError;

/// The files that every container has of its engine.
const ENGINES_OWN: [&[u8]; 6] =
    [b".dockerenv", b"dev/console", b"etc/hostname", b"etc/hosts", b"etc/mtab", b"etc/resolv.conf"];

/// Pieces of an archive that wait to be read.
const WAITING: usize = 16;

/// Reads a container's archive while it arrives, and leaves out what is the engine's own.
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
    let mut tree = reading.await.map_err(io::Error::other)??;
    for path in ENGINES_OWN {
        tree.remove(&ImagePath::new(path));
    }
    Ok(tree)
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
