//! The sending side of a transfer.
//!
//! Three things go on at once: every entry is announced in order; the engine's requests are
//! read; and a few threads read the requested files. All of them put packets into one bounded
//! channel that gRPC empties, so memory stays bounded however large the context is and however
//! slow the engine.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc::{self, error::SendError};
use tokio::task::JoinSet;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use super::packet::{Kind, Packet};
use super::root::Root;
use super::tree::{Contents, Selection};
use crate::context::{ContextPath, Entry, EntryKind};
use crate::engine::error::Change;
use crate::engine::types::{Asked, Sent};

/// Files that are read at the same time.
const READERS: usize = 4;

/// Packets that wait for the socket.
const WAITING_PACKETS: usize = 128;

/// Requests that wait for a reader.
const WAITING_REQUESTS: usize = 128;

/// Bytes of one data packet. A file that fits into one is checked before any of it is sent.
const CHUNK: usize = 64 * 1024;

/// What a transfer puts on the wire.
pub(super) type Outgoing = mpsc::Receiver<Result<Packet, Status>>;

type Sender = mpsc::Sender<Result<Packet, Status>>;

/// How many files and bytes of the context the engine asked for, over all transfers.
#[derive(Debug, Default)]
pub(in crate::engine) struct Counter {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Counter {
    fn add(&self, bytes: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The sums so far.
    pub(in crate::engine) fn sent(&self) -> Sent {
        Sent {
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// Why a transfer ended early.
#[derive(Debug, thiserror::Error)]
enum TransferError {
    /// A file is not what the snapshot has.
    #[error("{path} changed while it was sent: {change}")]
    Changed { path: ContextPath, change: Change },
    /// The engine asked for what was not offered, or asked twice.
    #[error("the engine broke the transfer protocol: {0}")]
    Protocol(String),
    /// The engine stopped, with its reason where it gave one.
    #[error("the engine stopped the transfer: {0}")]
    Stopped(String),
}

impl<T> From<SendError<T>> for TransferError {
    fn from(_: SendError<T>) -> Self {
        Self::Stopped("the connection was closed".to_owned())
    }
}

/// A file that was found changed, for the build that then fails.
type Changed = std::sync::Mutex<Option<(ContextPath, Change)>>;

/// What transfers report to.
#[derive(Debug, Default)]
pub(in crate::engine) struct Report {
    /// What was sent of the context.
    pub(in crate::engine) counter: Counter,
    /// The files of the context that were sent.
    sent: std::sync::Mutex<HashSet<ContextPath>>,
    /// Whether the engine asked for files of a context.
    asked: AtomicBool,
    /// Whether it did where there was none.
    asked_in_vain: AtomicBool,
    /// The first file that was found changed.
    changed: Changed,
    /// The first name that is not UTF-8.
    odd_name: std::sync::OnceLock<ContextPath>,
}

impl Report {
    /// The first file that was found changed, if one was.
    pub(in crate::engine) fn first_change(&self) -> Option<(ContextPath, Change)> {
        self.changed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The files of the context whose bytes the engine asked for and got.
    pub(in crate::engine) fn sent_files(&self) -> HashSet<ContextPath> {
        self.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Whether the engine asked for files of a context.
    pub(in crate::engine) fn asked(&self) -> Asked {
        Asked {
            any: self.asked.load(Ordering::Relaxed),
            in_vain: self.asked_in_vain.load(Ordering::Relaxed),
        }
    }

    /// Says that it asks for these files of a context.
    pub(super) fn note_asked(&self, selection: &Selection) {
        self.asked.store(true, Ordering::Relaxed);
        if selection.len() == 0 {
            self.asked_in_vain.store(true, Ordering::Relaxed);
        }
    }

    fn note_sent(&self, path: ContextPath, bytes: u64) {
        self.counter.add(bytes);
        let mut sent = self.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sent.insert(path);
    }

    /// The first name that was announced and is not UTF-8, if one was.
    pub(in crate::engine) fn first_odd_name(&self) -> Option<ContextPath> {
        self.odd_name.get().cloned()
    }

    fn note_change(&self, path: &ContextPath, change: &Change) {
        // The lock is held for assignments only, which cannot panic.
        let mut first = self.changed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        first.get_or_insert_with(|| (path.clone(), change.clone()));
    }
}

/// Starts a transfer of `selection`; `requests` is what the engine sends. Returns what to send
/// to the engine.
pub(super) fn start<S>(selection: Selection, requests: S, report: Arc<Report>) -> Outgoing
where
    S: Stream<Item = Result<Packet, Status>> + Send + Unpin + 'static,
{
    let (sender, outgoing) = mpsc::channel(WAITING_PACKETS);
    let selection = Arc::new(selection);
    tokio::spawn(async move {
        if let Err(error) = transfer(&selection, requests, &sender, &report).await {
            tracing::debug!(%error, "transfer ended early");
            if let TransferError::Changed { path, change } = &error {
                report.note_change(&selection.place(path), change);
            }
            // Where the engine is gone there is nobody to tell.
            let _ = sender.send(Err(Status::aborted(error.to_string()))).await;
        }
    });
    outgoing
}

async fn transfer<S>(
    selection: &Arc<Selection>,
    requests: S,
    sender: &Sender,
    report: &Arc<Report>,
) -> Result<(), TransferError>
where
    S: Stream<Item = Result<Packet, Status>> + Send + Unpin + 'static,
{
    let (queue, wanted) = mpsc::channel(WAITING_REQUESTS);
    let wanted = Arc::new(std::sync::Mutex::new(wanted));
    let mut readers = JoinSet::new();
    for _ in 0..READERS.min(selection.len()) {
        let (selection, wanted) = (Arc::clone(selection), Arc::clone(&wanted));
        let (sender, report) = (sender.clone(), Arc::clone(report));
        readers.spawn_blocking(move || {
            let next = || {
                let mut wanted = wanted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                wanted.blocking_recv()
            };
            while let Some(id) = next() {
                let bytes = send_file(&selection, id, &sender)?;
                if matches!(selection.contents(), Contents::Directory(_))
                    && let Some(entry) = selection.entry(id)
                {
                    report.note_sent(selection.place(&entry.path), bytes);
                }
            }
            Ok(())
        });
    }
    drop(wanted);
    let announced = announce(selection, sender, report);
    // The queue closes with the last request, and then the readers end.
    let read = read_requests(selection, requests, queue);
    let read_files = async {
        while let Some(ended) = readers.join_next().await {
            ended.unwrap_or_else(|error| Err(TransferError::Stopped(error.to_string())))?;
        }
        Ok(())
    };
    tokio::try_join!(announced, read, read_files)?;
    sender.send(Ok(Packet::finish())).await?;
    Ok(())
}

/// Tells the engine of every entry, in order, and that there are no more.
async fn announce(
    selection: &Selection,
    sender: &Sender,
    report: &Report,
) -> Result<(), TransferError> {
    let count = u32::try_from(selection.len())
        .map_err(|_| TransferError::Protocol("more entries than ids".to_owned()))?;
    for stat in (0..count).filter_map(|id| selection.stat(id)) {
        if std::str::from_utf8(&stat.path).is_err() {
            report.odd_name.get_or_init(|| selection.place(&ContextPath::new(&stat.path)));
        }
        sender.send(Ok(Packet::stat(Some(stat)))).await?;
    }
    sender.send(Ok(Packet::stat(None))).await?;
    Ok(())
}

/// Passes the engine's requests on until it says that it has everything.
async fn read_requests<S>(
    selection: &Selection,
    mut requests: S,
    queue: mpsc::Sender<u32>,
) -> Result<(), TransferError>
where
    S: Stream<Item = Result<Packet, Status>> + Unpin,
{
    let mut asked = vec![false; selection.len()];
    while let Some(packet) = requests.next().await {
        let packet =
            packet.map_err(|status| TransferError::Stopped(status.message().to_owned()))?;
        match Kind::try_from(packet.kind) {
            Ok(Kind::Request) => {
                let id = packet.id;
                let is_file = selection.entry(id).is_some_and(|entry| has_data(entry.kind));
                match asked.get_mut(id as usize) {
                    Some(before @ false) if is_file => *before = true,
                    _ => return Err(TransferError::Protocol(format!("no file has the id {id}"))),
                }
                queue.send(id).await?;
            }
            Ok(Kind::Finish) => return Ok(()),
            Ok(Kind::Error) => {
                let reason = String::from_utf8_lossy(&packet.data).into_owned();
                return Err(TransferError::Stopped(reason));
            }
            Ok(Kind::Stat | Kind::Data) | Err(_) => {}
        }
    }
    Err(TransferError::Stopped("it ended before it had everything".to_owned()))
}

/// Whether the engine may ask for data: where Go's mode has no kind bit.
fn has_data(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::File | EntryKind::Socket)
}

/// Sends the bytes of one file and its end; returns how many bytes it has.
fn send_file(selection: &Selection, id: u32, sender: &Sender) -> Result<u64, TransferError> {
    let Some(entry) = selection.entry(id) else {
        return Err(TransferError::Protocol(format!("no file has the id {id}")));
    };
    let sent = match (selection.held(entry), selection.contents()) {
        (Some(bytes), _) => send_bytes(bytes, id, sender)?,
        (None, Contents::Directory(root)) if entry.kind == EntryKind::File => {
            send_from_disk(root, entry, id, sender)?
        }
        // A socket has no bytes; the engine makes an empty file of it.
        (None, Contents::Directory(_)) => 0,
        (None, Contents::Memory(files)) => match files.get(&entry.path) {
            Some(bytes) => send_bytes(bytes, id, sender)?,
            None => 0,
        },
    };
    sender.blocking_send(Ok(Packet::data(id, Bytes::new())))?;
    Ok(sent)
}

fn send_bytes(bytes: &Bytes, id: u32, sender: &Sender) -> Result<u64, TransferError> {
    let mut rest = bytes.clone();
    while !rest.is_empty() {
        let chunk = rest.split_to(rest.len().min(CHUNK));
        sender.blocking_send(Ok(Packet::data(id, chunk)))?;
    }
    Ok(bytes.len() as u64)
}

fn send_from_disk(
    root: &Root,
    entry: &Entry,
    id: u32,
    sender: &Sender,
) -> Result<u64, TransferError> {
    let changed = |change| TransferError::Changed { path: entry.path.clone(), change };
    let mut file = root.open_file(entry).map_err(changed)?;
    // One byte more than the file has, so that the end is seen with the first read.
    let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
    let mut waiting: Option<Bytes> = None;
    loop {
        let mut buffer = vec![0; CHUNK.min(size.saturating_add(1))];
        let count = file.fill(&mut buffer).map_err(changed)?;
        let is_last = count < buffer.len();
        buffer.truncate(count);
        // A chunk is sent when the next one is there: the last one only after the check.
        if let Some(chunk) = waiting.replace(buffer.into()) {
            sender.blocking_send(Ok(Packet::data(id, chunk)))?;
        }
        if is_last {
            break;
        }
    }
    let sent = file.finish().map_err(changed)?;
    if let Some(chunk) = waiting.filter(|chunk| !chunk.is_empty()) {
        sender.blocking_send(Ok(Packet::data(id, chunk)))?;
    }
    Ok(sent)
}

#[cfg(test)]
#[path = "sender_tests.rs"]
mod tests;
