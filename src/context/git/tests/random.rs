//! Random trees with random rules: a commit is always what its checkout is.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Leaf {
    File { text: &'static str, executable: bool },
    Link(&'static str),
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "a-b", "a.txt", "c d", "é", "x\\y", ".hidden"])
}

fn leaf() -> impl Strategy<Value = Leaf> {
    let texts = vec!["", "one\n", "one\r\ntwo\n", "\0\n", "$Id$ $Id: x $\n", "ä\n"];
    prop_oneof![
        4 => (prop::sample::select(texts), any::<bool>())
            .prop_map(|(text, executable)| Leaf::File { text, executable }),
        1 => prop::sample::select(vec!["a", "../b", "/etc"]).prop_map(Leaf::Link),
    ]
}

fn tree() -> impl Strategy<Value = Vec<(String, Leaf)>> {
    let path = prop::collection::vec(name(), 1..4).prop_map(|parts| parts.join("/"));
    prop::collection::vec((path, leaf()), 0..14)
}

fn rules() -> impl Strategy<Value = String> {
    let lines = vec![
        "a",
        "!a/b",
        "**/a.txt",
        "*",
        "!b",
        "a/*",
        "!a/*/b",
        "**/.hidden",
        "!**/a",
        "c d",
        "x*",
        "é",
    ];
    prop::collection::vec(prop::sample::select(lines), 0..5).prop_map(|it| it.join("\n"))
}

fn attributes() -> impl Strategy<Value = String> {
    let lines = vec![
        "* text=auto",
        "*.txt eol=crlf",
        "a -text",
        "* text",
        "a/** eol=crlf",
        "b ident",
        "* eol=lf",
        "* text=auto eol=crlf",
    ];
    prop::collection::vec(prop::sample::select(lines), 0..4).prop_map(|it| it.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_commit_is_what_its_checkout_is(
        tree in tree(), rules in rules(), own in attributes(), inner in attributes(),
        autocrlf in prop::sample::select(vec!["true", "input", "false"]),
    ) {
        let project = Project::new();
        for (name, leaf) in tree {
            let at = project.path(&name);
            // Another file is in the way of some, and then they are left out.
            if fs::create_dir_all(at.parent().unwrap()).is_err() || at.symlink_metadata().is_ok() {
                continue;
            }
            match leaf {
                Leaf::File { text, executable } => {
                    project.write(&name, text);
                    let mode = if executable { 0o755 } else { 0o644 };
                    fs::set_permissions(at, fs::Permissions::from_mode(mode)).unwrap();
                }
                Leaf::Link(target) => symlink(target, at).unwrap(),
            }
        }
        project.commit();
        project.write(".gitattributes", own);
        if project.path("a").is_dir() {
            project.write("a/.gitattributes", inner);
        }
        project.commit();
        project.git(&["config", "core.autocrlf", autocrlf]);
        project.assert_as_checked_out("HEAD", &rules);
        let staged = project.staged().snapshot;
        prop_assert_eq!(staged, project.taken("HEAD", "").snapshot);
    }
}
