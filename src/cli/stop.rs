//! Ctrl-C, for commands that do several things one after the other.

use std::future::pending;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::failure::Failure;

/// Whether the user wants it to end.
pub(super) struct Stop {
    said: watch::Receiver<bool>,
    listening: JoinHandle<()>,
}

impl Stop {
    pub(super) fn on_ctrl_c() -> Self {
        let (sender, said) = watch::channel(false);
        let listening = tokio::spawn(async move {
            // Without a handler the signal ends the process.
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = sender.send(true);
            }
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
