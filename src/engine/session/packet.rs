//! The packets of `moby.filesync.v1.FileSync/DiffCopy`, and how they go over gRPC.
//!
//! The same messages as `fsutil.types`, with names as bytes: Linux' file names need not be
//! UTF-8 and the engine does not ask them to be, while generated `string` fields would refuse
//! them. File data is shared, not copied, on its way to the encoder.

use bytes::Bytes;
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::context::{Entry, EntryKind};

/// Bytes that are gathered before they go to the socket: a few chunks of a large file, or some
/// thousand stats.
const BATCH: usize = 256 * 1024;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Kind {
    Stat = 0,
    Request = 1,
    Data = 2,
    Finish = 3,
    Error = 4,
}

/// One packet, in either direction.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Packet {
    #[prost(enumeration = "Kind", tag = "1")]
    pub(super) kind: i32,
    #[prost(message, optional, tag = "2")]
    pub(super) stat: Option<Stat>,
    #[prost(uint32, tag = "3")]
    pub(super) id: u32,
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) data: Bytes,
}

/// One entry of the tree. Owner, group and extended attributes are never sent.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub(super) struct Stat {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) path: Vec<u8>,
    /// Go's `os.FileMode`.
    #[prost(uint32, tag = "2")]
    pub(super) mode: u32,
    #[prost(int64, tag = "5")]
    pub(super) size: i64,
    /// Nanoseconds since 1970.
    #[prost(int64, tag = "6")]
    pub(super) modified: i64,
    /// Where a symbolic link leads; of a file that was announced under another name, that name.
    #[prost(bytes = "vec", tag = "7")]
    pub(super) link: Vec<u8>,
    #[prost(int64, tag = "8")]
    pub(super) device_major: i64,
    #[prost(int64, tag = "9")]
    pub(super) device_minor: i64,
}

impl Packet {
    /// An entry; `None` says that there are no more.
    pub(super) fn stat(stat: Option<Stat>) -> Self {
        Self { stat, ..Self::of(Kind::Stat) }
    }

    /// A part of the file `id`; no bytes say that it ends.
    pub(super) fn data(id: u32, data: Bytes) -> Self {
        Self { id, data, ..Self::of(Kind::Data) }
    }

    /// The answer to the engine's end.
    pub(super) fn finish() -> Self {
        Self::of(Kind::Finish)
    }

    fn of(kind: Kind) -> Self {
        Self { kind: kind.into(), stat: None, id: 0, data: Bytes::new() }
    }
}

impl Stat {
    /// An entry as the engine wants it; `device` is the number of a device file.
    pub(super) fn of(entry: &Entry, device: (u32, u32)) -> Self {
        let link = entry.target.as_deref().unwrap_or_default();
        let nanoseconds = i64::from(entry.modified.nanoseconds);
        Self {
            path: entry.path.as_bytes().to_vec(),
            mode: go_mode(entry.kind, entry.mode),
            size: match entry.kind {
                EntryKind::Symlink => i64::try_from(link.len()).unwrap_or(i64::MAX),
                _ => i64::try_from(entry.size).unwrap_or(i64::MAX),
            },
            modified: entry
                .modified
                .seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(nanoseconds),
            link: link.to_vec(),
            device_major: device.0.into(),
            device_minor: device.1.into(),
        }
    }
}

/// Unix' permission bits and an entry's kind as Go's `os.FileMode`, whose kind, setuid, setgid
/// and sticky bits are elsewhere. A socket has no kind bit: the engine's own clients clear it.
pub(super) fn go_mode(kind: EntryKind, mode: u32) -> u32 {
    let kind = match kind {
        EntryKind::File | EntryKind::Socket => 0,
        EntryKind::Directory => 1 << 31,
        EntryKind::Symlink => 1 << 27,
        EntryKind::BlockDevice => 1 << 26,
        EntryKind::Fifo => 1 << 25,
        EntryKind::CharacterDevice => 1 << 26 | 1 << 21,
    };
    let moved = [(0o4000, 23), (0o2000, 22), (0o1000, 20)];
    let special = moved.iter().filter(|(unix, _)| mode & unix != 0).map(|(_, go)| 1 << go);
    kind | special.fold(0, |bits, bit: u32| bits | bit) | mode & 0o777
}

/// Protobuf over gRPC for [`Packet`]s.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PacketCodec;

impl Codec for PacketCodec {
    type Encode = Packet;
    type Decode = Packet;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for PacketCodec {
    type Item = Packet;
    type Error = Status;

    fn encode(&mut self, packet: Packet, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        packet.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BATCH, BATCH)
    }
}

impl Decoder for PacketCodec {
    type Item = Packet;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Packet>, Status> {
        Packet::decode(buffer)
            .map(Some)
            .map_err(|error| Status::invalid_argument(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use bollard_buildkit_proto::fsutil::types as generated;

    use super::*;
    use crate::Digest;
    use crate::context::{ContextPath, ModifiedTime};

    fn script() -> Entry {
        Entry {
            path: ContextPath::new("bin/run"),
            kind: EntryKind::File,
            mode: 0o4755,
            size: 3,
            modified: ModifiedTime { seconds: 2, nanoseconds: 5 },
            digest: Some(Digest::of(b"abc")),
            target: None,
        }
    }

    #[test]
    fn modes_are_gos() {
        assert_eq!(go_mode(EntryKind::File, 0o644), 0o644);
        assert_eq!(go_mode(EntryKind::Directory, 0o1777), 1 << 31 | 1 << 20 | 0o777);
        assert_eq!(go_mode(EntryKind::Symlink, 0o777), 1 << 27 | 0o777);
        assert_eq!(go_mode(EntryKind::File, 0o6755), 1 << 23 | 1 << 22 | 0o755);
        assert_eq!(go_mode(EntryKind::CharacterDevice, 0o600), 1 << 26 | 1 << 21 | 0o600);
        assert_eq!(go_mode(EntryKind::Fifo, 0), 1 << 25);
    }

    #[test]
    fn packets_are_what_the_published_protocol_says() {
        let bytes = Packet::stat(Some(Stat::of(&script(), (0, 0)))).encode_to_vec();
        let read = generated::Packet::decode(bytes.as_slice()).unwrap();
        assert_eq!(read.r#type(), generated::packet::PacketType::PacketStat);
        let stat = read.stat.unwrap();
        assert_eq!((stat.path.as_str(), stat.size, stat.uid), ("bin/run", 3, 0));
        assert_eq!(stat.mod_time, 2_000_000_005);

        let bytes = Packet::data(7, Bytes::from_static(b"abc")).encode_to_vec();
        let read = generated::Packet::decode(bytes.as_slice()).unwrap();
        assert_eq!(read.r#type(), generated::packet::PacketType::PacketData);
        assert_eq!((read.id, read.data.as_slice()), (7, b"abc".as_slice()));
    }

    #[test]
    fn a_link_is_as_long_as_its_target() {
        let link = Entry {
            kind: EntryKind::Symlink,
            size: 0,
            digest: None,
            target: Some(Box::from(b"../x".as_slice())),
            ..script()
        };
        let stat = Stat::of(&link, (0, 0));
        assert_eq!((stat.size, stat.link.as_slice()), (4, b"../x".as_slice()));
    }
}
