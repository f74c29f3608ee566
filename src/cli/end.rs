//! Being asked to end: Ctrl-C, a closed terminal, or SIGTERM from whoever supervises the process.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from the moment it is made, so that nothing that comes during a start is missed and no
/// signal takes the process down before it has tidied up.
pub struct End {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl End {
    /// Begins to listen. Must run inside tokio.
    pub fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("could not listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Returns when somebody asks.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
