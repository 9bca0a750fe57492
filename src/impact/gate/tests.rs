//! Which limits hold, and which do not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::impact::example::impact;

/// The reasons under these limits in the file.
fn reasons(toml: &str) -> Vec<Reason> {
    judged(&Limits::default(), toml)
}

fn judged(command_line: &Limits, toml: &str) -> Vec<Reason> {
    let file = FileLimits::parse(toml.as_bytes()).unwrap();
    let gates = Gates { command_line: command_line.clone(), file };
    gates.judge(&impact()).reasons
}

fn images(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| &*reason.image).collect()
}

#[test]
fn without_limits_everything_is_accepted() {
    let gate = Gates::default().judge(&impact());
    assert!(gate.is_passed() && gate.reasons.is_empty());
}

#[test]
fn every_image_is_judged_by_itself() {
    let reasons = reasons("[impact]\nmax_seconds = 50\n");
    assert_eq!(images(&reasons), ["compose.yaml:web"]);
    assert_eq!(
        reasons[0].broken,
        Broken::Seconds {
            lost: impact().images[1].summary.seconds_lost,
            allowed: crate::Seconds::new(50.0),
            is_measured: false
        }
    );
}

#[test]
fn what_is_just_allowed_is_accepted() {
    assert_eq!(reasons("[impact]\nmax_steps = 3\n"), []);
    assert_eq!(images(&reasons("[impact]\nmax_steps = 2\n")), ["api/Dockerfile"]);
    assert_eq!(reasons("[impact]\nmax_seconds = 61.7\n"), []);
    assert_eq!(reasons("[impact]\nmax_image_growth = \"24.1MB\"\n"), []);
}

#[test]
fn growth_of_an_image_counts_and_a_new_one_does_not_grow() {
    let reasons = reasons("[impact]\nmax_image_growth = \"10MB\"\n");
    assert_eq!(images(&reasons), ["api/Dockerfile"]);
    assert_eq!(
        reasons[0].broken,
        Broken::Growth { added: 24_100_000, is_least: false, allowed: 10_000_000 }
    );
}

#[test]
fn the_command_line_counts_before_an_image_and_an_image_before_the_defaults() {
    let toml = "[impact]\nmax_steps = 0\nmax_seconds = 0\n\n[[image]]\nname = \"api/Dockerfile\"\n\
                [image.gate]\nmax_steps = 1\nmax_seconds = 100\n";
    let limits = Limits { max_steps: Some(2), ..Limits::default() };
    let told = judged(&limits, toml);
    let told: Vec<_> = told.iter().map(|reason| (&*reason.image, reason.set_by)).collect();
    assert_eq!(
        told,
        [("api/Dockerfile", SetBy::CommandLine), ("compose.yaml:web", SetBy::Defaults)]
    );
    let told = reasons(toml);
    assert_eq!((&*told[0].image, told[0].set_by), ("api/Dockerfile", SetBy::Image));
}

#[test]
fn another_base_image_is_denied_as_such_and_not_as_an_edit() {
    let denied = reasons("[impact]\ndeny = [\"base_image\"]\n");
    assert_eq!(images(&denied), ["compose.yaml:web"]);
    assert!(matches!(&denied[0].broken, Broken::Cause { steps: 2, place: Some(place), .. }
        if place.file == "web/Dockerfile"));
    assert_eq!(reasons("[impact]\ndeny = [\"instruction\"]\n"), []);
}

#[test]
fn a_lost_install_is_denied_with_what_it_is_lost_for() {
    let denied = reasons("[impact]\ndeny = [\"dependency_layer\"]\n");
    assert_eq!(images(&denied), ["api/Dockerfile", "compose.yaml:web"]);
    let Broken::Install { instruction, place, cause, .. } = &denied[0].broken else {
        panic!("{denied:?}")
    };
    assert_eq!(
        (&**instruction, place.lines),
        ("RUN pip install -r requirements.txt", Some((3, 3)))
    );
    assert!(matches!(cause, Some(CauseKind::Files { .. })));
}

#[test]
fn an_image_can_be_allowed_what_is_denied() {
    let toml = "[impact]\ndeny = [\"files\", \"base_image\"]\n[[image]]\nname = \
                \"compose.yaml:web\"\n[image.gate]\ndeny = []\n";
    assert_eq!(images(&reasons(toml)), ["api/Dockerfile"]);
}

#[test]
fn a_trailer_accepts_what_is_not_allowed() {
    let file = FileLimits::parse(b"[impact]\nmax_steps = 0\n").unwrap();
    let mut gate = Gates { file, ..Gates::default() }.judge(&impact());
    assert!(!gate.is_passed());
    let of = |text: &str| text.to_owned();
    let (commit, name, value) = (of("1234567"), of("Build-Cost"), of("accepted"));
    gate.accepted_by = Some(Trailer { commit, name, value });
    assert!(gate.is_passed());
}

#[test]
fn every_mistake_in_the_file_is_named_with_its_line() {
    let mistakes = [
        "[impact]\nmax_second = 3\n",
        "[impact]\nmax_seconds = -1\n",
        "[impact]\nmax_seconds = nan\n",
        "[impact]\nmax_seconds = \"1\"\n",
        "[impact]\nmax_steps = 1.5\n",
        "[impact]\nmax_steps = \"1\"\n",
        "[impact]\nmax_steps = -1\n",
        "[impact]\ndeny = \"files\"\n",
        "[impact]\nmax_image_growth = \"10 apples\"\n",
        "[impact]\nmax_image_growth = -1\n",
        "[impact]\ndeny = [\"base_image\", \"bugs\"]\n",
        "[impact]\nallow_trailer = \"Build Cost\"\n",
        "[[image]]\nname = \"a\"\n\n[image.gate]\nallow_trailer = \"A\"\n",
        "impact = 3\n",
        "[impact\n",
    ];
    let told = mistakes.map(|text| FileLimits::parse(text.as_bytes()).unwrap_err().to_string());
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_the_file_says_of_images_is_left_to_others() {
    let toml = "exclude = [\"a\"]\n[[image]]\nname = \"a\"\nargs = { A = \"1\" }\n";
    assert_eq!(FileLimits::parse(toml.as_bytes()).unwrap(), FileLimits::default());
}
