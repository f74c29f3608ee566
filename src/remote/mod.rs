//! SSH sessions and remote runs on hosts.

#![expect(dead_code, reason = "the remote runs that use the sessions follow")]

mod algorithms;
mod error;
mod session;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use error::RemoteError;

/// How the bot logs in anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshConfig {
    /// An unencrypted private key as OpenSSH writes it. It is read for each connection and kept
    /// nowhere.
    pub identity: PathBuf,
}
