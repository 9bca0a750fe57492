//! Starting and stopping `dockerd`, and clearing up after one that was killed.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::{Engine, memory, namespace, network::Network};
use crate::{command, curl, ui};

/// How long a start may take: a few seconds, or some minutes where the engine first reads thousands
/// of records of earlier builds from a cold disk.
const START: Duration = Duration::from_secs(180);

/// How long an engine may take to end its containers and itself.
const STOP: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(100);

/// Starts the engine and waits until it answers. If it does not with what earlier runs left in it,
/// which a killed engine may have damaged, it begins empty.
///
/// # Errors
///
/// With the end of its log, when it ends or stays silent.
pub(super) fn start(engine: &Engine, network: Network) -> Result<()> {
    if let Some(pid) = running(engine) {
        if wait(START, || engine.is_ready()) {
            return Ok(());
        }
        bail!(
            "engine {0} runs (process {1}) but does not answer; stop it with \
             `cargo xtask engine down {0}` and start it again\n{2}",
            engine.version(),
            pid.as_raw_pid(),
            log_tail(engine)
        );
    }
    check_kernel()?;
    let has_kept_data = engine.data().exists();
    match launch(engine, network) {
        Err(error) if has_kept_data => {
            ui::note(format_args!(
                "{} engine {} does not start with its kept data, so it begins empty: {error:#}",
                ui::yellow("warning:"),
                engine.version()
            ));
            stop(engine)?;
            fs::remove_dir_all(engine.data()).context("cannot remove the engine's kept data")?;
            launch(engine, network)?;
        }
        launched => launched?,
    }
    forget_old_builds(engine);
    Ok(())
}

/// One attempt to start it.
fn launch(engine: &Engine, network: Network) -> Result<()> {
    clear_remains(engine)?;
    fs::create_dir_all(engine.data()).context("cannot make the engine's data directory")?;
    fs::write(engine.run_path("daemon.json"), config(engine))
        .context("cannot write daemon.json")?;

    let mut child = spawn(engine, network)?;
    let begun = Instant::now();
    while begun.elapsed() < START {
        if engine.is_ready() {
            return Ok(());
        }
        if let Some(status) = child.try_wait().context("cannot wait for dockerd")? {
            bail!("engine {} ended with {status}\n{}", engine.version(), log_tail(engine));
        }
        sleep(POLL);
    }
    bail!("engine {} does not answer\n{}", engine.version(), log_tail(engine))
}

/// Its settings. It collects no garbage by itself: on a disk that is nearly full it would take
/// away, between two builds of a test, what the test expects to be reused.
fn config(engine: &Engine) -> String {
    let store = engine.version().has_containerd_store();
    let mut config = serde_json::json!({
        "features": { "containerd-snapshotter": store },
        "builder": { "gc": { "enabled": false } },
    });
    if engine.is_offline() {
        // Nothing listens there, so that every registry is refused at once.
        let nowhere = "http://127.0.0.1:9";
        config["proxies"] = serde_json::json!({ "http-proxy": nowhere, "https-proxy": nowhere });
    }
    format!("{config}\n")
}

/// Lets go of the builds of earlier runs and of images without a name: a kept engine does not grow
/// for ever, and every build is slower by each record and each image of an earlier one.
fn forget_old_builds(engine: &Engine) {
    for path in ["/build/prune?all=1", "/images/prune"] {
        if let Err(error) = curl::post(&engine.socket(), path) {
            ui::note(format_args!(
                "{} engine {} kept its old builds: {error}",
                ui::yellow("warning:"),
                engine.version()
            ));
        }
    }
}

/// Ends the engine, if it is ours and runs.
///
/// # Errors
///
/// When it does not end.
pub(super) fn stop(engine: &Engine) -> Result<()> {
    if let Some(pid) = running(engine) {
        kill_process(pid, Signal::TERM).context("cannot end the engine")?;
        if !wait(STOP, || running(engine).is_none()) {
            bail!(
                "engine {} (process {}) does not end; its log is {}",
                engine.version(),
                pid.as_raw_pid(),
                log(engine).display()
            );
        }
    }
    clear_remains(engine)
}

fn spawn(engine: &Engine, network: Network) -> Result<Child> {
    let log = File::create(log(engine)).context("cannot write the engine's log")?;
    // In a session of its own it outlives our terminal and its Ctrl-C.
    let mut dockerd = Command::new("setsid");
    dockerd
        .arg("dockerd")
        .arg("--config-file")
        .arg(engine.run_path("daemon.json"))
        .args(["--host", &engine.docker_host()])
        .arg("--data-root")
        .arg(engine.data())
        .arg("--exec-root")
        .arg(engine.run_path("exec"))
        .arg("--pidfile")
        .arg(pid_file(engine))
        .args(["--bridge", &network.bridge(), "--iptables=false", "--ip6tables=false"]);
    let data = engine.data();
    let in_memory = (engine.in_memory && memory::is_plenty()).then_some(data.as_path());
    namespace::enter(engine.home(), engine.version(), in_memory, &dockerd)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone().context("cannot share the engine's log")?)
        .stderr(log)
        .spawn()
        .context("cannot start unshare (package util-linux)")
}

/// What an engine cannot do without, said before its own log says it at length.
fn check_kernel() -> Result<()> {
    if fs::read_dir("/sys/fs/cgroup").map_or(true, |mut groups| groups.next().is_none()) {
        bail!(
            "no control groups are mounted on /sys/fs/cgroup, so no engine can run here; \
             in a container, start it privileged"
        );
    }
    let systems = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if !systems.contains("\toverlay\n")
        && !command::succeeds(Command::new("modprobe").arg("overlay"))
    {
        ui::note(format_args!(
            "{} the kernel has no overlay file system; the engine will copy whole file systems \
             and be slow",
            ui::yellow("warning:")
        ));
    }
    Ok(())
}

/// Takes away what a killed engine leaves: its socket, its pid files, and its containerd, which
/// would otherwise go on in a mount namespace that the next engine cannot see.
fn clear_remains(engine: &Engine) -> Result<()> {
    let containerd = engine.run_path("exec/containerd/containerd.pid");
    let config = engine.run_path("exec/containerd/containerd.toml");
    if let Some(pid) = process(&containerd, "containerd", &config) {
        kill_process(pid, Signal::TERM).context("cannot end the killed engine's containerd")?;
        if !wait(STOP, || process(&containerd, "containerd", &config).is_none()) {
            bail!("containerd of engine {} does not end", engine.version());
        }
    }
    for remains in [containerd, pid_file(engine), engine.socket()] {
        match fs::remove_file(&remains) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", remains.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn running(engine: &Engine) -> Option<Pid> {
    process(&pid_file(engine), "dockerd", &pid_file(engine))
}

/// The process whose number the file holds, if it still is what wrote it: the number may have gone
/// to another process since.
fn process(pid_file: &Path, program: &str, argument: &Path) -> Option<Pid> {
    let number: i32 = fs::read_to_string(pid_file).ok()?.trim().parse().ok()?;
    let command_line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
    is_command(&command_line, program, argument).then(|| Pid::from_raw(number)).flatten()
}

/// Whether a process's NUL-separated words begin with this program and have this argument.
fn is_command(command_line: &[u8], program: &str, argument: &Path) -> bool {
    let mut words = command_line.split(|byte| *byte == 0);
    let first = String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
    Path::new(&first).file_name().is_some_and(|name| name == program)
        && words.any(|word| word == argument.as_os_str().as_encoded_bytes())
}

fn wait(limit: Duration, is_done: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if is_done() {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        sleep(POLL);
    }
}

fn pid_file(engine: &Engine) -> PathBuf {
    engine.run_path("docker.pid")
}

fn log(engine: &Engine) -> PathBuf {
    engine.run_path("log")
}

fn log_tail(engine: &Engine) -> String {
    let path = log(engine);
    let text = fs::read_to_string(&path).unwrap_or_default();
    format!("the end of {}:\n{}", path.display(), command::tail(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Version, home::Home};

    #[test]
    fn a_process_number_that_went_to_another_program_is_not_ours() {
        let pid_file = Path::new("/cache/run-28.5/docker.pid");
        let ours = b"dockerd\0--pidfile\0/cache/run-28.5/docker.pid\0";
        assert!(is_command(ours, "dockerd", pid_file));
        assert!(!is_command(ours, "dockerd", Path::new("/cache/run-26.1/docker.pid")));
        assert!(!is_command(b"vi\0/cache/run-28.5/docker.pid\0", "dockerd", pid_file));
        assert!(!is_command(b"", "dockerd", pid_file));
    }

    #[test]
    fn only_an_offline_engine_is_kept_from_registries() {
        let home = Home::at(Path::new("/cache"));
        let shared = config(&Engine::new(home.clone(), Version::V28_5Containerd));
        assert!(!shared.contains("proxies"), "{shared}");
        assert!(shared.contains(r#""containerd-snapshotter":true"#), "{shared}");
        let offline = config(&Engine::offline(home, Version::V28_5));
        assert!(offline.contains(r#""https-proxy":"http://127.0.0.1:9""#), "{offline}");
    }

    #[test]
    fn what_a_killed_engine_left_is_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::new(Home::at(dir.path()), Version::V28_5);
        fs::create_dir_all(engine.run_path("")).unwrap();
        fs::write(engine.socket(), "").unwrap();
        fs::write(pid_file(&engine), std::process::id().to_string()).unwrap();
        stop(&engine).unwrap();
        assert!(!engine.socket().exists() && !pid_file(&engine).exists());
    }
}
