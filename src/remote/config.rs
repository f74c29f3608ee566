//! How the bot logs in, and its patience with a host that is out of reach.
//!
//! Invariant: the key stays in its file; only the path is kept here. Nothing is read or checked here.

use std::path::PathBuf;
use std::time::Duration;

use super::threads::{Threads, Turns};

/// How the bot logs in anywhere; clones share the threads that do it.
#[derive(Debug, Clone)]
pub struct SshConfig {
    /// An unencrypted private key as OpenSSH writes it. It is read for each connection and kept
    /// nowhere.
    pub identity: PathBuf,
    /// How long a host is looked for after the connection to it was lost in the middle of a run;
    /// after that the run is unknown.
    pub reconnect_for: Duration,
    /// Where connections live.
    pub(super) threads: Threads,
    /// Who may exchange keys now.
    pub(super) turns: Turns,
}

/// A host that has lost its network for a moment is back by then.
pub const RECONNECT_FOR: Duration = Duration::from_secs(60);

impl SshConfig {
    /// Logs in with this key, with the usual patience.
    pub fn new(identity: PathBuf) -> Self {
        let (threads, turns) = (Threads::default(), Turns::default());
        Self { identity, reconnect_for: RECONNECT_FOR, threads, turns }
    }
}
