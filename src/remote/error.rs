//! What can go wrong between the bot and a host, each with the operation and the host.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::id::HostName;

/// Why an exchange with a host failed.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The private key of the bot can't be read.
    #[error("read the identity file {}", path.display())]
    ReadIdentity {
        /// As configured.
        path: PathBuf,
        /// What the file system or the decoder said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// No TCP connection.
    #[error("connect to {host} ({address})")]
    Reach {
        /// The host.
        host: HostName,
        /// Address and port.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The SSH servers' greeting and key exchange failed.
    #[error("agree on an SSH session with {host}")]
    Handshake {
        /// The host.
        host: HostName,
        /// What russh said.
        #[source]
        source: russh::Error,
    },
    /// The host showed a key that is not the pinned one.
    #[error("the key of {host} is {} but {pinned} is pinned", presented.join(", "))]
    WrongHostKey {
        /// The host.
        host: HostName,
        /// The fingerprint in the plan or in the inventory.
        pinned: String,
        /// Type and fingerprint of each key the host showed.
        presented: Vec<String>,
    },
    /// The host refused the bot's key.
    #[error("{host} refuses the bot's key for user {user}")]
    LoginRefused {
        /// The host.
        host: HostName,
        /// The login name.
        user: String,
    },
    /// The login did not come to an end.
    #[error("log in to {host}")]
    Login {
        /// The host.
        host: HostName,
        /// What russh said.
        #[source]
        source: russh::Error,
    },
    /// A channel could not be opened: nothing of the request has been sent.
    #[error("open a channel on {host}")]
    Open {
        /// The host.
        host: HostName,
        /// What russh said.
        #[source]
        source: russh::Error,
    },
    /// The server refused to execute anything.
    #[error("{host} refuses to execute `{verb}`")]
    ExecRefused {
        /// The host.
        host: HostName,
        /// The verb of the wrapper.
        verb: &'static str,
    },
    /// The connection broke off.
    #[error("the connection to {host} was lost during `{verb}`")]
    Lost {
        /// The host.
        host: HostName,
        /// The verb of the wrapper.
        verb: &'static str,
    },
    /// No end within the limit.
    #[error("{host} did not finish `{operation}` within {} s", limit.as_secs())]
    TimedOut {
        /// The host.
        host: HostName,
        /// What was waited for.
        operation: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The exchange ended without the line that the wrapper owes.
    #[error("{host} did not answer `{verb}` (exit status {}): {stderr}", status.map_or_else(|| "unknown".to_owned(), |code| code.to_string()))]
    NoAnswer {
        /// The host.
        host: HostName,
        /// The verb of the wrapper.
        verb: &'static str,
        /// The exit status of the shell.
        status: Option<u32>,
        /// The end of what it complained about.
        stderr: String,
    },
    /// The host has no place for what a run leaves behind.
    #[error("{host} can't keep runs in {folder}: {why}")]
    Folder {
        /// The host.
        host: HostName,
        /// The base folder.
        folder: String,
        /// What is wrong with it.
        why: String,
    },
    /// The system gives no random bytes for a run id.
    #[error("draw a random run id")]
    NoRandomness {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A word can't travel byte for byte.
    #[error("a command for {host} contains a NUL byte")]
    Nul {
        /// The host.
        host: HostName,
    },
}

impl RemoteError {
    /// Whether trying again soon can't help.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::ReadIdentity { .. }
                | Self::WrongHostKey { .. }
                | Self::LoginRefused { .. }
                | Self::ExecRefused { .. }
                | Self::Folder { .. }
                | Self::Nul { .. }
        )
    }

    /// What people can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::ReadIdentity { .. } => {
                "Give the bot an unencrypted OpenSSH key (ssh-keygen -t ed25519 -N '') that its user can read."
                    .to_owned()
            }
            Self::Reach { .. } => "Is the host up, is the port right, does a firewall stand between?".to_owned(),
            Self::Handshake { .. } => {
                "If this is a server of the last decade, set `legacy = true` for it in the inventory.".to_owned()
            }
            Self::WrongHostKey { .. } => "Do not log in. Compare with `ssh-keygen -lf \
                /etc/ssh/ssh_host_ed25519_key.pub` on the host's own console; if its key was changed on purpose, \
                put the new fingerprint into the inventory."
                .to_owned(),
            Self::LoginRefused { user, .. } => {
                format!("Put the bot's public key into ~{user}/.ssh/authorized_keys on the host.")
            }
            Self::ExecRefused { .. } | Self::NoAnswer { .. } => "The login must be able to execute \
                `sh -s -- ID VERB`; with sudo, `sudo -n -- sh -s -- ID VERB` without a password."
                .to_owned(),
            Self::Login { .. } | Self::Open { .. } | Self::Lost { .. } | Self::TimedOut { .. } => {
                "Look at the host's load, its network and its SSH server's log.".to_owned()
            }
            Self::Folder { .. } => {
                "Make it usable on the host, or set `folder` for the host in the inventory to another place."
                    .to_owned()
            }
            Self::NoRandomness { .. } => "Look whether the bot's system has /dev/urandom.".to_owned(),
            Self::Nul { .. } => "Remove the NUL byte from the parameter.".to_owned(),
        }
    }

    /// The error with all its causes, in one line.
    pub fn explain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// The error with all its causes, and what to do.
    pub fn advice(&self) -> String {
        format!("{}. {}", self.explain(), self.hint())
    }
}
