//! Ctrl-C and what else asks a command to end: the signals that end a process, and that the terminal
//! is closed.

use std::future::pending;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::failure::Failure;
use super::process;

/// Completes when the process is asked to end. Without a handler a signal ends it, and its
/// connections with it.
pub(super) async fn asked() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = ended() => {}
    }
}

#[cfg(unix)]
async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    let came = async |kind| {
        let Ok(mut signal) = signal(kind) else { return pending().await };
        if signal.recv().await.is_none() {
            pending::<()>().await;
        }
    };
    let hung_up = async {
        if process::ignores_hang_ups() {
            pending::<()>().await;
        }
        came(SignalKind::hangup()).await;
    };
    tokio::select! {
        () = came(SignalKind::terminate()) => {}
        () = hung_up => {}
    }
}

#[cfg(not(unix))]
async fn ended() {
    pending().await
}

/// Whether the user wants it to end.
pub(super) struct Stop {
    said: watch::Receiver<bool>,
    listening: JoinHandle<()>,
}

impl Stop {
    pub(super) fn on_ctrl_c() -> Self {
        let (sender, said) = watch::channel(false);
        let listening = tokio::spawn(async move {
            asked().await;
            let _ = sender.send(true);
            pending::<()>().await;
        });
        Self { said, listening }
    }

    /// Completes when the user wants it to end.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut said = self.said.clone();
        async move {
            if said.wait_for(|said| *said).await.is_err() {
                pending::<()>().await;
            }
        }
    }

    /// Waits for `work`, unless the user wants it to end before.
    pub(super) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done),
            () = self.wait() => Err(Failure::Cancelled),
        }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
