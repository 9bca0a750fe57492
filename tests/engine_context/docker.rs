//! Docker's own client, which says what is right.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The client that came with one engine.
pub struct Docker {
    version: &'static str,
}

impl Docker {
    pub fn new(version: &'static str) -> Self {
        Self { version }
    }

    /// Copies all of each context into one image, `/t0`, `/t1` and so on, as many in one build as
    /// are given, and gives the directory with its files.
    pub fn copy_all(&self, contexts: &[&Path]) -> tempfile::TempDir {
        let scratch = tempfile::tempdir().unwrap();
        let empty = tempfile::tempdir().unwrap();
        let mut dockerfile = "FROM scratch\n".to_owned();
        let mut arguments = vec!["build".to_owned(), "--quiet".into()];
        for (place, context) in contexts.iter().enumerate() {
            writeln!(dockerfile, "COPY --from=tree{place} . /t{place}/").unwrap();
            arguments.push(format!("--build-context=tree{place}={}", context.display()));
        }
        fs::write(empty.path().join("Dockerfile"), dockerfile).unwrap();
        arguments.push(format!("--output=type=local,dest={}", scratch.path().display()));
        arguments.push(empty.path().display().to_string());
        let output = self.run(&arguments, true);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        scratch
    }

    /// Whether a build of the context with its own Dockerfile and ignore file begins at all.
    pub fn takes(&self, context: &Path) -> bool {
        let output = tempfile::tempdir().unwrap();
        let output = format!("--output=type=local,dest={}", output.path().display());
        let arguments = ["build".into(), "-q".into(), output, context.display().to_string()];
        self.run(&arguments, true).status.success()
    }

    /// Sends the context to the daemon at `host` as a classic build.
    pub fn send_classic(&self, host: &str, context: &Path) -> bool {
        let arguments = ["-H", host, "build", "-q", &context.display().to_string()];
        self.run(&arguments.map(str::to_owned), false).status.success()
    }

    fn run(&self, arguments: &[String], buildkit: bool) -> Output {
        let mut command = if let Some(xtask) = built_xtask() {
            Command::new(xtask)
        } else {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.arg("xtask");
            cargo
        };
        command
            .args(["engine", "cli", self.version])
            .args(arguments)
            .env("DOCKER_BUILDKIT", if buildkit { "1" } else { "0" })
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// The task runner, where it lies beside the program: quicker than asking cargo for it.
fn built_xtask() -> Option<PathBuf> {
    let xtask = Path::new(env!("CARGO_BIN_EXE_smartbuild")).with_file_name("xtask");
    xtask.exists().then_some(xtask)
}
