//! Archives, good and hostile.

use std::io::Read;

use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

use super::archive::{Limits, read};
use super::error::ArchiveError;
use crate::{Digest, ImageFileKind, ImagePath, ImageTree};

fn header(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o100_4755);
    header.set_uid(7);
    header.set_gid(8);
    header.set_mtime(1000);
    header
}

fn add(archive: &mut Builder<Vec<u8>>, kind: EntryType, path: &str, content: &[u8]) {
    let mut header = header(kind, content.len() as u64);
    archive.append_data(&mut header, path, content).unwrap();
}

fn add_link(archive: &mut Builder<Vec<u8>>, kind: EntryType, path: &str, target: &str) {
    let mut header = header(kind, 0);
    archive.append_link(&mut header, path, target).unwrap();
}

fn tree(archive: Builder<Vec<u8>>) -> Result<ImageTree, ArchiveError> {
    read(&*archive.into_inner().unwrap(), Limits::USUAL)
}

fn at(path: &str) -> ImagePath {
    ImagePath::new(path.as_bytes())
}

#[test]
fn every_kind_is_read_with_what_belongs_to_it() {
    let mut archive = Builder::new(Vec::new());
    let long = "d".repeat(90) + "/" + &"e".repeat(300);
    add(&mut archive, EntryType::Directory, "d/", b"");
    add(&mut archive, EntryType::Regular, "d/f", b"content");
    add(&mut archive, EntryType::Regular, &long, b"");
    add_link(&mut archive, EntryType::Symlink, "l", "/some/where");
    let mut device = header(EntryType::Char, 0);
    device.set_device_major(1).unwrap();
    device.set_device_minor(3).unwrap();
    archive.append_data(&mut device, "dev/null", &b""[..]).unwrap();
    add(&mut archive, EntryType::Fifo, "p", b"");
    let tree = tree(archive).unwrap();
    let file = &tree[&at("d/f")];
    let content = ImageFileKind::File { size: 7, digest: Digest::of(b"content") };
    assert_eq!(file.kind, content);
    assert_eq!((file.mode, file.user, file.group, file.modified), (0o4755, 7, 8, 1000));
    assert_eq!(tree[&at("d")].kind, ImageFileKind::Directory);
    assert_eq!(tree[&at(&long)].kind, ImageFileKind::File { size: 0, digest: Digest::of(b"") });
    assert_eq!(tree[&at("l")].kind, ImageFileKind::Symlink { target: (*b"/some/where").into() });
    assert_eq!(tree[&at("dev/null")].kind, ImageFileKind::CharacterDevice { major: 1, minor: 3 });
    assert_eq!(tree[&at("p")].kind, ImageFileKind::Pipe);
    assert_eq!(tree.len(), 6);
}

#[test]
fn the_names_of_a_file_are_equal_whatever_their_order() {
    let linked = |first: &str, others: &[&str]| {
        let mut archive = Builder::new(Vec::new());
        add(&mut archive, EntryType::Regular, first, b"one");
        for other in others {
            add_link(&mut archive, EntryType::Link, other, first);
        }
        tree(archive).unwrap()
    };
    let forwards = linked("a", &["b", "c"]);
    assert_eq!(forwards, linked("c", &["a", "b"]));
    assert!(forwards.values().all(|file| file.linked == Some(at("a"))));
    assert_eq!(linked("a", &[])[&at("a")].linked, None);
}

#[test]
fn attributes_times_and_sizes_come_from_pax_records() {
    let mut archive = Builder::new(Vec::new());
    let records = [
        ("SCHILY.xattr.security.capability", &b"\x01\n=\x00"[..]),
        ("mtime", b"-5.25"),
        ("uid", b"70000000000"),
    ];
    archive.append_pax_extensions(records).unwrap();
    add(&mut archive, EntryType::Regular, "ping", b"x");
    add(&mut archive, EntryType::Regular, "other", b"x");
    let tree = tree(archive).unwrap();
    let (ping, other) = (&tree[&at("ping")], &tree[&at("other")]);
    assert!(ping.attributes.is_some() && other.attributes.is_none());
    assert_eq!((ping.modified, ping.user), (-5, 70_000_000_000));
}

#[test]
fn a_hostile_archive_is_refused_before_it_fills_the_memory() {
    let limits = Limits { paths: 3, names: 100, extension: 600, bytes: 100_000 };
    let refused = |archive: Vec<u8>| read(&*archive, limits).unwrap_err().to_string();

    let mut huge = header(EntryType::GNULongName, 1 << 40);
    huge.set_cksum();
    insta::assert_snapshot!(refused(huge.as_bytes().to_vec()), @"the image has a name or attribute of more than 600 bytes, too long to be compared");

    let mut many = Builder::new(Vec::new());
    for number in 0..4 {
        add(&mut many, EntryType::Regular, &number.to_string(), b"");
    }
    insta::assert_snapshot!(refused(many.into_inner().unwrap()), @"the image has more than 3 files, too many to be compared");

    let mut long = Builder::new(Vec::new());
    add(&mut long, EntryType::Regular, &"n".repeat(120), b"");
    insta::assert_snapshot!(refused(long.into_inner().unwrap()), @"the names of the image's files have more than 100 bytes, too many to be compared");

    let mut lost = Builder::new(Vec::new());
    add_link(&mut lost, EntryType::Link, "a", "b");
    insta::assert_snapshot!(refused(lost.into_inner().unwrap()), @"the image has /a as a link to /b, which it does not have");

    insta::assert_snapshot!(refused(vec![7; 512]), @"the engine sent a damaged archive of the image's files; run the command again");

    let mut end = vec![0; 1024];
    end.resize(200_000, 1);
    insta::assert_snapshot!(refused(end), @"the image's files have more than 100000 bytes, too many to be compared");
}

#[test]
fn an_endless_file_ends_at_the_limit() {
    let mut file = header(EntryType::Regular, u64::MAX >> 1);
    file.set_path("endless").unwrap();
    file.set_cksum();
    let endless = file.as_bytes().chain(std::io::repeat(0));
    let limits = Limits { bytes: 1 << 20, ..Limits::USUAL };
    assert!(matches!(read(endless, limits), Err(ArchiveError::Bytes(_))));
}

#[test]
fn an_archive_that_breaks_off_is_never_a_smaller_image() {
    let mut archive = Builder::new(Vec::new());
    add(&mut archive, EntryType::Regular, "a", &[1; 700]);
    add(&mut archive, EntryType::Regular, "b", b"x");
    let whole = archive.into_inner().unwrap();
    // The last blocks are zeros: the first of them ends the archive.
    for end in 0..whole.len() - 1024 {
        assert!(read(&whole[..end], Limits::USUAL).is_err(), "{end}");
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(
        kind in any::<u8>(), fields in proptest::collection::vec(any::<u8>(), 500),
        rest in proptest::collection::vec(any::<u8>(), 0..2000),
    ) {
        let mut header = Header::new_ustar();
        header.as_mut_bytes()[..500].copy_from_slice(&fields);
        header.as_mut_bytes()[156] = kind;
        header.set_size(rest.len() as u64 / 2);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(rest);
        let limits = Limits { paths: 100, names: 10_000, extension: 10_000, bytes: 10_000 };
        let _ = read(&*bytes, limits);
    }
}
