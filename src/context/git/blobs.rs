//! The contents of many files at once: sizes and digests, link targets.
//!
//! What is remembered is taken first. The rest is read by several threads, each with one blob at
//! a time, so that memory stays within one blob a thread.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::ObjectId;
use gix::objs::Kind;

use super::GitError;
use super::attributes::Treatment;
use super::digests::{BlobDigests, BlobKey, Content};
use super::lfs::{self, Pointer};
use super::notice::NoticeReason;
use super::sizes::BlobSizes;
use super::store::Store;
use crate::Digest;

/// More threads than this wait for each other at the disk.
const THREADS: usize = 8;

/// Fewer blobs than this are read sooner than threads are started.
const FEW: usize = 16;

/// Forms of what is no conversion of git's own: a pointer as such, the large file it names once
/// that has been read to its end, and bytes that turned out to be no pointer.
const POINTER: u32 = 1 << 16;
const LARGE_FILE: u32 = 2 << 16;
const NO_POINTER: u32 = 3 << 16;

/// A path whose content is wanted.
pub(super) struct Job {
    pub(super) store: Arc<Store>,
    pub(super) id: ObjectId,
    pub(super) want: Want,
}

/// What is wanted of it.
pub(super) enum Want {
    Link,
    File(Treatment),
}

/// What a path holds.
pub(super) enum Held {
    Link(Box<[u8]>),
    File { content: Content, notice: Option<NoticeReason> },
}

/// What each path holds, in the order of the jobs. `place` names a job's path.
pub(super) fn contents(
    jobs: &[Job],
    digests: &BlobDigests,
    place: &(impl Fn(usize) -> String + Sync),
) -> Result<Vec<Held>, GitError> {
    let mut handles = Handles::default();
    let mut held: Vec<Option<Held>> = Vec::with_capacity(jobs.len());
    for job in jobs {
        held.push(known(job, digests, &mut handles));
    }
    let open: Vec<usize> =
        held.iter().enumerate().filter(|(_, it)| it.is_none()).map(|(index, _)| index).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut handles = Handles::default();
        let mut done = Vec::new();
        while let Some(&index) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            let repository = handles.of(&jobs[index].store);
            done.push((index, read(&jobs[index], repository, digests, &|| place(index))));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
    let mut found = if open.len() < FEW || threads == 1 {
        work()
    } else {
        std::thread::scope(|scope| {
            let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let ended = started.into_iter().map(|thread| {
                // A panic of a thread is one of this thread, not something to go on after.
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            ended.flatten().collect::<Vec<_>>()
        })
    };
    // The first of several errors is the same one every time.
    found.sort_unstable_by_key(|&(index, _)| index);
    for (index, read) in found {
        held[index] = Some(read?);
    }
    Ok(held.into_iter().flatten().collect())
}

/// What each path holds, in the order of the jobs, with digests that stand for the names of blobs
/// and their forms: equal where a checkout writes the same from the same blob. Only links are read,
/// and the pointers of large files, which state how large these are.
pub(super) fn named(
    jobs: &[Job],
    sizes: &BlobSizes,
    place: &impl Fn(usize) -> String,
) -> Result<Vec<Held>, GitError> {
    let mut handles = Handles::default();
    let held = |(index, job): (usize, &Job)| {
        let repository = handles.of(&job.store);
        let Want::File(treatment) = &job.want else {
            let target = job.store.read(repository, job.id, Kind::Blob, || place(index))?;
            return Ok(Held::Link(target.into_boxed_slice()));
        };
        if treatment.large
            && let Some(pointer) = stated(job, repository, || place(index))?
        {
            return Ok(Held::file(pointer.named(), treatment.notice.clone()));
        }
        let form = treatment.form.number();
        if form == 0
            && let Some(pointer) = sizes.large_file(job.id)
        {
            return Ok(Held::file(pointer.named(), treatment.notice.clone()));
        }
        let kind = u8::from(treatment.large);
        let form = form.to_le_bytes();
        let digest = Digest::of(&[job.id.as_bytes(), &form, &[kind]].concat());
        let content = Content { size: sizes.get(&job.store, repository, job.id), digest };
        Ok(Held::file(content, treatment.notice.clone()))
    };
    jobs.iter().enumerate().map(held).collect()
}

/// The pointer that a blob is.
fn stated(
    job: &Job,
    repository: &gix::Repository,
    place: impl Fn() -> String,
) -> Result<Option<Pointer>, GitError> {
    let size = job.store.blob_size(repository, job.id);
    if size.is_none_or(|size| size >= lfs::POINTER_LIMIT as u64) {
        return Ok(None);
    }
    let bytes = job.store.read(repository, job.id, Kind::Blob, place)?;
    Ok(lfs::pointer(&bytes))
}

/// One handle for each repository; each keeps what it has unpacked.
#[derive(Default)]
struct Handles(Vec<(Arc<Store>, gix::Repository)>);

impl Handles {
    fn of(&mut self, store: &Arc<Store>) -> &gix::Repository {
        let known = self.0.iter().position(|(known, _)| Arc::ptr_eq(known, store));
        let place = known.unwrap_or_else(|| {
            self.0.push((Arc::clone(store), store.repository.to_thread_local()));
            self.0.len() - 1
        });
        &self.0[place].1
    }
}

/// What is known without reading anything.
fn known(job: &Job, digests: &BlobDigests, handles: &mut Handles) -> Option<Held> {
    let Want::File(treatment) = &job.want else { return None };
    let get = |form| digests.get(&BlobKey::new(&job.id, form));
    let plain = || get(treatment.form.number());
    if !treatment.large {
        return plain().map(|content| Held::file(content, treatment.notice.clone()));
    }
    if let Some(content) = get(NO_POINTER | treatment.form.number()) {
        return Some(Held::file(content, None));
    }
    let pointer = Pointer::of(get(POINTER)?);
    if !lfs::is_present(&lfs::object(handles.of(&job.store), &pointer), &pointer) {
        return plain().map(|content| Held::file(content, Some(pointer.absent())));
    }
    get(LARGE_FILE).map(|content| Held::file(content, None))
}

/// What the blob says, and remembers it.
fn read(
    job: &Job,
    repository: &gix::Repository,
    digests: &BlobDigests,
    place: &impl Fn() -> String,
) -> Result<Held, GitError> {
    let bytes = job.store.read(repository, job.id, Kind::Blob, place)?;
    let Want::File(treatment) = &job.want else {
        return Ok(Held::Link(bytes.into_boxed_slice()));
    };
    digests.count_read();
    let remember = |form, content| digests.remember(BlobKey::new(&job.id, form), content);
    let form = treatment.form.number();
    let pointer = if treatment.large { lfs::pointer(&bytes) } else { None };
    let as_written =
        |bytes| -> Result<Content, GitError> {
            let written = treatment.form.apply(bytes, job.id).map_err(|reason| {
                GitError::Object { id: job.id.to_string(), place: place(), reason }
            })?;
            Ok(Content { size: written.len() as u64, digest: Digest::of(&written) })
        };
    let content = as_written(bytes)?;
    let Some(pointer) = pointer else {
        remember(if treatment.large { NO_POINTER | form } else { form }, content);
        return Ok(Held::file(content, treatment.notice.clone()));
    };
    remember(form, content);
    remember(POINTER, pointer.content());
    let path = lfs::object(repository, &pointer);
    if lfs::is_present(&path, &pointer) && lfs::is_whole(&path, &pointer)? {
        remember(LARGE_FILE, pointer.content());
        return Ok(Held::file(pointer.content(), None));
    }
    Ok(Held::file(content, Some(pointer.absent())))
}

impl Held {
    fn file(content: Content, notice: Option<NoticeReason>) -> Self {
        Self::File { content, notice }
    }
}

impl Pointer {
    fn of(content: Content) -> Self {
        Self { digest: content.digest, size: content.size }
    }

    fn content(&self) -> Content {
        Content { size: self.size, digest: self.digest }
    }

    /// What stands for the file where no bytes are read.
    fn named(&self) -> Content {
        let name = [b"large file ", self.digest.as_bytes().as_slice()].concat();
        Content { size: self.size, digest: Digest::of(&name) }
    }

    fn absent(&self) -> NoticeReason {
        NoticeReason::LargeFileAbsent { oid: self.digest.to_hex() }
    }
}
