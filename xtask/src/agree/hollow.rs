//! Base images with nothing in them: a shell that accepts every command, and what else a build
//! cannot do without.
//!
//! What a Dockerfile cannot do without is not guessed: the engine says what it misses, and
//! [`Hollow::learn`] has it put in. So no Dockerfile is read here, and none is misread.

use std::{collections::BTreeSet, io};

use anyhow::{Context as _, Result};

use super::{missing::Missing, nothing};

/// Where programs are that no path is given for: `PATH` begins nowhere else that matters.
const PROGRAMS: &str = "/bin";

/// What is called as a shell by nearly everyone.
const SHELLS: [&str; 3] = ["/bin/sh", "/bin/bash", "/bin/ash"];

/// The first id of the users and groups that are put in.
const FIRST_ID: usize = 2000;

/// What the base images of one Dockerfile must have.
#[derive(Clone, Debug, Default)]
pub(super) struct Hollow {
    needs: BTreeSet<Missing>,
}

impl Hollow {
    /// One with what builds will most likely miss in it.
    pub(super) fn with(needs: BTreeSet<Missing>) -> Self {
        Self { needs }
    }

    /// Takes note of what a build misses. Whether all of it can be put in and was not there yet:
    /// else another attempt would fail alike.
    pub(super) fn learn(&mut self, missing: BTreeSet<Missing>) -> bool {
        let is_news = !missing.is_empty() && missing.is_disjoint(&self.needs);
        self.needs.extend(missing);
        is_news
    }

    /// The names that the base images bear.
    pub(super) fn images(&self) -> impl Iterator<Item = &str> {
        self.needs.iter().filter_map(|need| match need {
            Missing::Image(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The file system of such an image, as a tar file. With another salt it is another image, on
    /// which no engine has built anything.
    ///
    /// # Errors
    ///
    /// When there is no hollow program for this machine.
    pub(super) fn file_system(&self, salt: &str) -> Result<Vec<u8>> {
        let program = nothing::program()?;
        let mut users = vec!["root:x:0:0:root:/:/bin/sh\n".to_owned()];
        let mut groups = vec!["root:x:0:\n".to_owned()];
        let mut tar = Tar::default();
        for shell in SHELLS {
            tar.add(shell, &program)?;
        }
        for (id, need) in (FIRST_ID..).zip(&self.needs) {
            match need {
                Missing::Image(_) => {}
                Missing::Path(path) => tar.add(&format!("{path}/hollow"), b"")?,
                Missing::Program(path) if path.contains('/') => tar.add(path, &program)?,
                Missing::Program(name) => tar.add(&format!("{PROGRAMS}/{name}"), &program)?,
                Missing::User(name) => users.push(format!("{name}:x:{id}:{id}::/:/bin/sh\n")),
                Missing::Group(name) => groups.push(format!("{name}:x:{id}:\n")),
            }
        }
        tar.add("/etc/passwd", users.concat().as_bytes())?;
        tar.add("/etc/group", groups.concat().as_bytes())?;
        tar.add("/salt", salt.as_bytes())?;
        tar.finish()
    }
}

/// A tar file in the making. Directories come to be by what is in them.
struct Tar(tar::Builder<Vec<u8>>);

impl Default for Tar {
    fn default() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }
}

impl Tar {
    fn add(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        self.0
            .append_data(&mut header, path.trim_start_matches('/'), bytes)
            .with_context(|| format!("cannot put {path} into a hollow image"))
    }

    fn finish(self) -> Result<Vec<u8>> {
        let finished: io::Result<Vec<u8>> = self.0.into_inner();
        finished.context("cannot make a hollow image")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn hollow(needs: &[Missing]) -> Hollow {
        Hollow::with(needs.iter().cloned().collect())
    }

    fn files(hollow: &Hollow) -> Vec<(String, String)> {
        let bytes = hollow.file_system("grain").unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut text = Vec::new();
            entry.read_to_end(&mut text).unwrap();
            (
                entry.path().unwrap().display().to_string(),
                String::from_utf8_lossy(&text).into_owned(),
            )
        };
        archive.entries().unwrap().map(read).collect()
    }

    #[test]
    fn what_was_missed_is_in_it() {
        let files = files(&hollow(&[
            Missing::Image("alpine".to_owned()),
            Missing::Path("/app/dist".to_owned()),
            Missing::Program("apk".to_owned()),
            Missing::Program("/usr/bin/zsh".to_owned()),
            Missing::User("node".to_owned()),
            Missing::Group("staff".to_owned()),
        ]));
        let text = |path: &str| files.iter().find(|it| it.0 == path).map(|it| it.1.as_str());
        assert!(["bin/sh", "bin/apk", "usr/bin/zsh"].iter().all(|it| text(it).is_some()));
        assert_eq!(text("app/dist/hollow"), Some(""));
        assert!(text("etc/passwd").unwrap().contains("\nnode:x:"), "{files:?}");
        assert!(text("etc/group").unwrap().contains("\nstaff:x:"), "{files:?}");
        assert_eq!(text("salt"), Some("grain"));
    }

    #[test]
    fn what_is_missed_though_it_was_put_in_is_no_news() {
        let path = || BTreeSet::from([Missing::Path("/app".to_owned())]);
        let mut hollow = Hollow::default();
        assert!(hollow.learn(path()));
        assert!(!hollow.learn(path()));
        assert!(!hollow.learn(BTreeSet::new()));
    }
}
