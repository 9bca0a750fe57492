//! The text of the hook, and how it is known again.
//!
//! The second line has the digest of all lines after it: so a hook of an older version is told
//! from one that somebody edited.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::Digest;

/// Git's name of the hook that runs before a commit.
pub(super) const NAME: &str = "pre-commit";

/// The name under which the hook that was there before is kept. It stays in its directory, as a
/// link leads elsewhere from another one.
pub(super) const KEPT: &str = "pre-commit.before-smartbuild";

/// What the name of the directory ends with, beside that of the hooks, in which the kept hook has its
/// own name, by a link, and what lies beside it: some hooks go by how they are called, and some by
/// what lies above them.
pub(super) const LINKS: &str = ".before-smartbuild.d";

/// The name of that directory in earlier versions, which had it among the hooks.
pub(super) const OLD_LINKS: &str = "pre-commit.before-smartbuild.d";

const FIRST_LINE: &[u8] = b"#!/bin/sh\n";
const MARK: &str = "# written by `smartbuild hook install`, ";

/// The hook. `program` is run where there is no `smartbuild` in the path; a chained hook runs the kept
/// one first.
pub(super) fn text(program: Option<&Path>, is_chained: bool) -> Vec<u8> {
    let body = body(program, is_chained);
    let mark = format!("{MARK}{}\n", Digest::of(&body));
    [FIRST_LINE, mark.as_bytes(), &body].concat()
}

/// Whether a hook that smartbuild wrote runs a kept one.
pub(super) fn is_chained(text: &[u8]) -> bool {
    text.windows(KEPT.len()).any(|part| part == KEPT.as_bytes())
}

/// What a text says of who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// This or another version of smartbuild.
    Smartbuild,
    /// Smartbuild, and then somebody else.
    Edited,
    /// Somebody else.
    Other,
}

/// Who wrote this hook.
pub(super) fn author(text: &[u8]) -> Author {
    let mark = [FIRST_LINE, MARK.as_bytes()].concat();
    let Some(rest) = text.strip_prefix(&*mark) else {
        // One whose first lines were edited still bears the mark.
        let holds_mark = text.windows(MARK.len()).any(|window| window == MARK.as_bytes());
        return if holds_mark { Author::Edited } else { Author::Other };
    };
    let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    let (digest, body) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    if digest == Digest::of(body).to_string().as_bytes() {
        Author::Smartbuild
    } else {
        Author::Edited
    }
}

fn body(program: Option<&Path>, is_chained: bool) -> Vec<u8> {
    let chain = format!(
        r#"
# The hook that was here before, beside what was beside it.
here="$(dirname "$0")"
before="$here{LINKS}/{NAME}"
if [ ! -x "$before" ]; then
    before="$here/{KEPT}"
fi
if [ -x "$before" ]; then
    "$before" "$@" || exit $?
fi
"#
    );
    let before = format!(
        r"# `smartbuild hook remove` takes it away. To commit without it once: git commit --no-verify
{}
if command -v smartbuild >/dev/null 2>&1; then
    exec smartbuild impact --staged
fi
",
        if is_chained { &*chain } else { "" }
    );
    let remove = format!(
        r#"if [ -e "$here/{KEPT}" ]; then
    remove="mv $(quoted "$here/{KEPT}") $(quoted "$0")"
else
    remove="rm $(quoted "$0")"
fi
"#
    );
    let remove = if is_chained { &*remove } else { "remove=\"rm $(quoted \"$0\")\"\n" };
    let after = format!(
        r#"# A program that is missing is no reason against a commit.
quoted() {{
    printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}}
echo "smartbuild is not installed here, so nobody knows what this commit costs the build cache." >&2
{remove}printf '%s\n' "Put it into PATH, or take this hook away: $remove" >&2
"#
    );
    let mut body = before.into_bytes();
    if let Some(program) = program {
        let quoted = quoted(program.as_os_str().as_bytes());
        body.extend_from_slice(
            b"# Programs with windows often have another PATH than the shell.\n",
        );
        body.extend_from_slice(&[b"program=", &*quoted, b"\n"].concat());
        body.extend_from_slice(
            b"if [ -x \"$program\" ]; then\n    exec \"$program\" impact --staged\nfi\n",
        );
    }
    body.extend_from_slice(after.as_bytes());
    body
}

/// Bytes as one word of the shell.
fn quoted(raw: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for &byte in raw {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            other => quoted.push(other),
        }
    }
    quoted.push(b'\'');
    quoted
}
