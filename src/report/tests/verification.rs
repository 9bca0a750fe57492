//! What is said of a verification.

use super::*;
use crate::optimize::verify::{
    Aspect, AspectChange, Check, Differences, Noise, PathChange, PathDifference, SettingDifference,
    Verification,
};
use crate::report::verification;
use crate::{CommandRun, ImagePath};

fn path(path: &str, change: PathChange) -> PathDifference {
    PathDifference { path: ImagePath::new(path.as_bytes()), change }
}

fn changed(aspect: Aspect, original: &str, rewritten: &str) -> AspectChange {
    AspectChange { aspect, original: original.into(), rewritten: rewritten.into() }
}

fn run(status: i64, output: &str) -> CommandRun {
    CommandRun { status, output: output.into(), is_cut: false }
}

fn check(original: CommandRun, rewritten: CommandRun) -> Check {
    Check { command: "python -c 'import app'".into(), original, rewritten }
}

fn different() -> Verification {
    let content = changed(Aspect::Content, "12 B sha256:aaaaaaaaaaaa", "4 B sha256:bbbbbbbbbbbb");
    let mode = changed(Aspect::Mode, "0644", "0600");
    let mut paths = vec![
        path("app/list", PathChange::Changed(vec![mode, content])),
        path("app/new", PathChange::Added),
        path("app/gone", PathChange::Removed),
        path(
            "app/\u{1b}[2Jlink",
            PathChange::Changed(vec![changed(Aspect::Target, "a", "\u{1b}]0;t\u{7}")]),
        ),
    ];
    paths.extend((0..30).map(|number| path(&format!("cache/{number}"), PathChange::Added)));
    let setting = |name: &str, original: Option<&str>, rewritten: Option<&str>| SettingDifference {
        name: name.into(),
        original: original.map(Into::into),
        rewritten: rewritten.map(Into::into),
    };
    let differences = Differences {
        paths,
        settings: vec![
            setting("env PATH", Some("/bin"), Some("/usr/bin")),
            setting("user", None, Some("root")),
        ],
        compared: 4021,
        noise: Noise { names: 2, contents: 3, times: 1200, settings: 1 },
    };
    let failed = run(1, "Traceback:\n\u{1b}[31mno module\u{1b}[0m named app\n");
    Verification::Compared { differences, check: Some(check(run(0, ""), failed)) }
}

fn same() -> Verification {
    let noise = Noise { times: 1, ..Noise::default() };
    let differences = Differences { compared: 1, noise, ..Differences::default() };
    Verification::Compared { differences, check: Some(check(run(0, "fine\n"), run(0, "fine\n"))) }
}

#[test]
fn what_differs_is_told_path_by_path_and_bounded() {
    insta::assert_snapshot!(verification(&different(), &Capabilities::PLAIN));
}

#[test]
fn a_difference_fits_a_narrow_terminal() {
    let terminal = Capabilities { interactive: true, ..NARROW };
    let text = verification(&different(), &terminal);
    for line in text.lines() {
        assert!(escape::columns(line) <= terminal.width, "{line}");
    }
}

#[test]
fn equal_images_take_a_line() {
    insta::assert_snapshot!(verification(&same(), &Capabilities::PLAIN));
}

#[test]
fn a_check_that_fails_in_both_shows_what_it_wrote() {
    let output = (1..=12).map(|number| format!("line {number}")).collect::<Vec<_>>().join("\n");
    let differences = Differences { compared: 3, ..Differences::default() };
    let check = Some(check(run(2, ""), run(2, &output)));
    let found = Verification::Compared { differences, check };
    insta::assert_snapshot!(verification(&found, &Capabilities::PLAIN));
}

#[test]
fn a_rewrite_that_does_not_build_says_why() {
    let found = Verification::NotBuilt { message: "step 2/3 RUN make failed: exit code: 2".into() };
    insta::assert_snapshot!(verification(&found, &Capabilities::PLAIN));
}

#[test]
fn json_has_every_difference() {
    let found = json::Verification::from(&different());
    assert_eq!(found.paths.len(), 34);
    let odd = PathDifference { path: ImagePath::new(b"caf\xe9"), change: PathChange::Added };
    let differences = Differences {
        paths: vec![
            odd,
            path("a", PathChange::Changed(vec![changed(Aspect::Owner, "0:0", "1:1")])),
        ],
        settings: Vec::new(),
        compared: 2,
        noise: Noise::default(),
    };
    let found =
        Verification::Compared { differences, check: Some(check(run(0, "a"), run(0, "b"))) };
    insta::assert_snapshot!(pretty(&json::Verification::from(&found)));
}
