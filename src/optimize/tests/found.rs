//! Rewrites that were offered as certain once and changed the image.

use super::{Project, assert_refused, flask, project};
use crate::optimize::Risk;

/// `FROM python`, `WORKDIR /app`, then these lines.
fn in_app(lines: &str) -> String {
    format!("FROM python\nWORKDIR /app\n{lines}\n")
}

#[test]
fn options_have_files_right_behind_their_letter() {
    for command in [
        "touch --reference=code/app.py /etc/x",
        "touch -rcode /etc/x",
        "cp -tcode /etc/hostname",
        "cp -tcode/lib /etc/hostname",
        "ln -stcode /etc/hostname",
        "install -Dtcode /etc/hostname",
        "useradd -m -kcode x",
        "useradd -m -kcode/skel x",
        "useradd -m --skel=code x",
        "apk add -X code gcc",
        "ldconfig code",
        "ldconfig -f code",
        "update-ca-certificates --localcertsdir code",
        "export CDPATH=/work/code && cd lib && touch x",
    ] {
        let lines = format!("COPY . code\nRUN ldconfig && {command}");
        let text = format!("FROM python\nWORKDIR /work\n{lines}\n");
        let found = flask(&text).optimize();
        assert!(found.rewrites.is_empty(), "offered:\n{}", found.patch);
    }
}
