//! The classic builder's client, and a daemon that only unpacks what it is sent.
//!
//! Everything that decides which files a classic build gets is in the client, and a real build
//! per tree would take an hour. Only what the daemon does with the Dockerfile and the ignore file
//! is left out here: it removes them when the rules leave them out.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// A daemon that takes one context at a time.
pub struct Daemon {
    directory: tempfile::TempDir,
}

impl Daemon {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        let into = directory.path().join("context");
        thread::spawn(move || {
            for connection in listener.incoming() {
                // A client that goes away has what it wanted.
                let _ = serve(connection.unwrap(), &into);
            }
        });
        Self { directory }
    }

    /// What docker's `--host` takes.
    pub fn host(&self) -> String {
        format!("unix://{}", self.directory.path().join("socket").display())
    }

    /// The directory with the files of the next context.
    pub fn expect(&self) -> PathBuf {
        let into = self.directory.path().join("context");
        // There is none before the first.
        let _ = std::fs::remove_dir_all(&into);
        std::fs::create_dir(&into).unwrap();
        into
    }
}

fn serve(connection: UnixStream, into: &Path) -> io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut connection = connection;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let body = if head.contains("/build?") {
            unpack(&mut reader, into)?;
            "{\"stream\":\"Successfully built 0123456789ab\\n\"}\r\n"
        } else {
            "{}"
        };
        write!(
            connection,
            "HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nOstype: linux\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        if !head.starts_with("HEAD") {
            connection.write_all(body.as_bytes())?;
        }
    }
}

/// Gives a body in chunks to tar.
fn unpack(reader: &mut impl BufRead, into: &Path) -> io::Result<()> {
    let mut tar =
        Command::new("tar").args(["-x", "-p", "-C"]).arg(into).stdin(Stdio::piped()).spawn()?;
    let mut input = tar.stdin.take().unwrap();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = u64::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        io::copy(&mut reader.by_ref().take(size), &mut input)?;
        reader.read_line(&mut String::new())?;
        if size == 0 {
            break;
        }
    }
    drop(input);
    tar.wait().map(|_| ())
}
