//! What a checkout makes of a blob.

use super::*;

const TEXT: &str = "one\ntwo\n";

fn with_attributes(attributes: &str) -> Project {
    Project::new()
        .file(".gitattributes", attributes)
        .file("text.txt", TEXT)
        .file("mixed.txt", "one\r\ntwo\n")
        .file("binary.bin", b"one\n\0two\n")
        .file("empty.txt", "")
        .file("sub/deep/text.txt", TEXT)
        .file("ident.c", "/* $Id$ $Id: 0123 $ $Id: a b $ $Id:\n$ $Id:$ $Id */ $Ido$\n")
        .file("umlaut.u16", "äöü 😀\n")
}

fn digest(taken: &Taken, name: &str) -> Option<crate::Digest> {
    taken.snapshot.get(&path(name)).unwrap().digest
}

#[test]
fn line_ends_follow_the_attributes() {
    for attributes in [
        "* text=auto eol=crlf\n",
        "* text=auto\n",
        "*.txt text eol=crlf\n*.bin -text\n",
        "*.txt eol=crlf\nsub/** -text\n",
        "*.txt crlf eol=crlf\n",
        "* -crlf\n",
        "[attr]dos text eol=crlf\n*.txt dos\nmixed.txt !dos !text !eol\n",
        "*.txt eol=crlf\ntext.txt binary\n",
        "* text=input eol=crlf\n",
    ] {
        with_attributes(attributes).committed().assert_as_checked_out("HEAD", "");
    }
    let taken = with_attributes("*.txt eol=crlf\n").committed().taken("HEAD", "");
    assert_eq!(digest(&taken, "text.txt"), Some(crate::Digest::of(b"one\r\ntwo\r\n")));
    assert_eq!(taken.snapshot.get(&path("text.txt")).unwrap().size, 10);
}

#[test]
fn line_ends_follow_the_configuration() {
    for settings in [
        &[("core.autocrlf", "true")][..],
        &[("core.autocrlf", "input")],
        &[("core.eol", "crlf")],
        &[("core.autocrlf", "false"), ("core.eol", "crlf")],
    ] {
        for attributes in ["", "*.txt text\n", "* text=auto\n", "text.txt eol=lf\n"] {
            let project = with_attributes(attributes).committed();
            for (name, value) in settings {
                project.git(&["config", name, value]);
            }
            project.assert_as_checked_out("HEAD", "");
        }
    }
}

#[test]
fn attributes_come_from_every_place_that_git_reads() {
    let project = with_attributes("*.txt eol=crlf\n")
        .file("sub/.gitattributes", "[attr]ignored eol=crlf\n*.txt eol=lf\n*.c ignored\n")
        .file("sub/deep/.gitattributes", "/text.txt -text\n")
        .committed();
    project.assert_as_checked_out("HEAD", "");
    project.git(&["config", "core.attributesFile", "../attributes"]);
    fs::write(project.directory.path().join("attributes"), "*.c ident\n").unwrap();
    let repository_file = project.path(".git/info/attributes");
    fs::create_dir_all(repository_file.parent().unwrap()).unwrap();
    fs::write(repository_file, "mixed.txt -text\nsub/deep/* eol=crlf\n").unwrap();
    project.git(&[
        "config",
        "core.attributesFile",
        project.directory.path().join("attributes").to_str().unwrap(),
    ]);
    project.assert_as_checked_out("HEAD", "");
}

#[test]
fn a_context_below_the_root_has_the_attributes_above_it() {
    let project = with_attributes("sub/**/*.txt eol=crlf\n").committed();
    let tree = project.open().tree("HEAD").unwrap();
    let taken = tree.at(&path("sub/deep")).unwrap().snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(digest(&taken, "text.txt"), Some(crate::Digest::of(b"one\r\ntwo\r\n")));
}

#[test]
fn the_blob_s_name_and_encodings_are_written() {
    for attributes in [
        "*.c ident\n",
        "*.c ident eol=crlf\n",
        "*.u16 working-tree-encoding=UTF-16\n",
        "*.u16 working-tree-encoding=utf-16le eol=crlf\n",
        "*.u16 text working-tree-encoding=UTF-16BE\n",
        "*.u16 working-tree-encoding=UTF-16LE-BOM\n",
        "*.u16 working-tree-encoding=UTF-32\n",
        "*.u16 working-tree-encoding=UTF-32BE\n",
        "*.u16 working-tree-encoding=UTF-8\n",
        "*.txt working-tree-encoding=ISO-8859-1\n",
    ] {
        let project = with_attributes("").committed();
        // Added only now, since git would take the files for being encoded already.
        fs::create_dir_all(project.path(".git/info")).unwrap();
        fs::write(project.path(".git/info/attributes"), attributes).unwrap();
        project.assert_as_checked_out("HEAD", "");
        assert!(project.taken("HEAD", "").notices.is_empty(), "{attributes}");
    }
}

#[test]
fn an_unknown_encoding_is_noted() {
    let project = with_attributes("").committed();
    fs::create_dir_all(project.path(".git/info")).unwrap();
    fs::write(project.path(".git/info/attributes"), "/text.txt working-tree-encoding=EUC-JP\n")
        .unwrap();
    let notices = project.taken("HEAD", "").notices;
    assert_eq!(notices.len(), 1);
    assert_eq!(
        notices[0].to_string(),
        "\"text.txt\": the encoding \"EUC-JP\" is not known, so the bytes count as git keeps \
         them; compare the working tree where that matters"
    );
    assert!(project.taken("HEAD", "text.txt").notices.is_empty());
}

#[test]
fn a_filter_is_never_run_and_noted() {
    let project = with_attributes("*.txt filter=evil\n*.bin filter=unknown\n").committed();
    let mark = project.directory.path().join("was-run");
    let command = format!("sh -c 'touch {} && cat'", mark.display());
    project.git(&["config", "filter.evil.smudge", &command]);
    project.git(&["config", "filter.evil.process", &command]);
    let taken = project.taken("HEAD", "sub\n");
    let noted: Vec<String> = taken.notices.iter().map(|it| it.path.to_string()).collect();
    assert_eq!(noted, ["empty.txt", "mixed.txt", "text.txt"]);
    assert_eq!(digest(&taken, "text.txt"), Some(crate::Digest::of(TEXT.as_bytes())));
    let tree = project.open().tree("HEAD").unwrap();
    assert_eq!(tree.read(&path("text.txt")).unwrap().as_deref(), Some(TEXT.as_bytes()));
    assert!(!mark.exists());
}

#[test]
fn export_ignore_changes_nothing() {
    let project = with_attributes("text.txt export-ignore\nident.c export-subst\n").committed();
    project.assert_as_checked_out("HEAD", "");
}

#[test]
fn a_blob_is_read_once_for_each_form() {
    let project = with_attributes("sub/** eol=crlf\n").committed();
    let kept = project.directory.path().join("kept");
    let repository = project.open();
    let tree = repository.tree("HEAD").unwrap();
    let first = tree.snapshot(&IgnoreRules::none()).unwrap();
    let blobs = repository.digests().blobs_read();
    // `text.txt` and `sub/deep/text.txt` are one blob in two forms.
    assert_eq!(blobs, first.snapshot.files());
    tree.snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(repository.digests().blobs_read(), blobs);
    repository.digests().save(&kept).unwrap();
    let warm = project.open().with_digests(BlobDigests::load(&kept).0);
    let again = warm.tree("HEAD").unwrap().snapshot(&IgnoreRules::none()).unwrap();
    assert_eq!(again.snapshot, first.snapshot);
    assert_eq!(warm.digests().blobs_read(), 0);
}
