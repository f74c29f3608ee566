//! What can go wrong between the bot and a host, each with the operation and the host.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::id::HostName;
use crate::domain::text::shortened;

/// Characters of a cause: a server may name any number of algorithms.
const CAUSE_CHARS_MAX: usize = 600;

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
    /// The greeting and the key exchange came to nothing.
    #[error("agree on an SSH session with {host}{}", quoted(", which said", said))]
    Handshake {
        /// The host.
        host: HostName,
        /// What it said up to its greeting; perhaps nothing.
        said: String,
        /// What russh said.
        #[source]
        source: Box<russh::Error>,
    },
    /// The server and the bot know no algorithm that both take.
    #[error("agree on an SSH session with {host}{}", quoted(", which said", said))]
    NoCommonAlgorithm {
        /// The host.
        host: HostName,
        /// What it said up to its greeting.
        said: String,
        /// Whether it takes what is offered to hosts marked `legacy`.
        old_would_do: bool,
        /// What each of them knows.
        #[source]
        source: Box<russh::Error>,
    },
    /// A text of the server is not UTF-8, and russh reads no other.
    #[error("{host} sent a text that is not UTF-8 during `{operation}`")]
    NotUtf8 {
        /// The host.
        host: HostName,
        /// What was going on.
        operation: &'static str,
    },
    /// The system gives no threads to speak SSH on, or one died.
    #[error("speak SSH with {host}")]
    NoThreads {
        /// The host.
        host: HostName,
        /// What the system said.
        #[source]
        source: io::Error,
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
    #[error("{host} refuses the bot's key for user {user}{}", quoted(" and said", said))]
    LoginRefused {
        /// The host.
        host: HostName,
        /// The login name.
        user: String,
        /// Whether it takes any key from this user now.
        takes_keys: bool,
        /// The methods that it takes.
        methods: String,
        /// Its banner, and why it ended the connection; perhaps nothing.
        said: String,
    },
    /// The host accepted the bot's key and wants more than that.
    #[error("{host} accepts the bot's key for user {user} and wants a second method: {methods}")]
    SecondMethod {
        /// The host.
        host: HostName,
        /// The login name.
        user: String,
        /// The methods that it wants one of.
        methods: String,
    },
    /// The login did not come to an end.
    #[error("log in to {host}{}", quoted(", which said", said))]
    Login {
        /// The host.
        host: HostName,
        /// Its banner, and why it ended the connection; perhaps nothing.
        said: String,
        /// What russh said.
        #[source]
        source: Box<russh::Error>,
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
    #[error("the connection to {host} was lost during `{verb}`{}", quoted(":", why))]
    Lost {
        /// The host.
        host: HostName,
        /// The verb of the wrapper.
        verb: &'static str,
        /// Why, if anybody has said so.
        why: String,
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
    #[error(
        "{host} did not answer `{verb}` (exit status {}){}",
        status.map_or_else(|| "unknown".to_owned(), |code| code.to_string()),
        if said.is_empty() { " and said nothing".to_owned() } else { quoted(" but said", said) }
    )]
    NoAnswer {
        /// The host.
        host: HostName,
        /// The verb of the wrapper.
        verb: &'static str,
        /// The exit status of the shell.
        status: Option<u32>,
        /// The end of what it said instead.
        said: String,
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
                | Self::NoCommonAlgorithm { .. }
                | Self::NotUtf8 { .. }
                | Self::LoginRefused { .. }
                | Self::SecondMethod { .. }
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
            Self::Handshake { source, .. } if matches!(**source, russh::Error::KexInit) => "Its group exchange offers groups under \
                2048 bits, or something else broke it: give its server larger ones (/etc/ssh/moduli) or \
                diffie-hellman-group14."
                .to_owned(),
            Self::Handshake { .. } => "Its SSH server may be busy or turn connections away for a while \
                (MaxStartups, PerSourcePenalties, tcp_wrappers), or something else answers on this port. Try \
                again; then look at its log."
                .to_owned(),
            Self::NoCommonAlgorithm { old_would_do: true, .. } => {
                "If this is a server of the last decade, set `legacy = true` for it in the inventory.".to_owned()
            }
            Self::NoCommonAlgorithm { old_would_do: false, .. } => "Neither modern nor old hosts are offered what \
                its server wants: allow more in its sshd_config, or bring it up to date."
                .to_owned(),
            Self::NotUtf8 { .. } => "That is most likely the Banner of its SSH server: set `Banner none` in \
                its sshd_config, or make a UTF-8 file of it (`iconv -f latin1 -t utf-8`)."
                .to_owned(),
            Self::WrongHostKey { .. } => "Do not log in. Compare with `ssh-keygen -lf \
                /etc/ssh/ssh_host_ed25519_key.pub` on the host's own console; if its key was changed on purpose, \
                put the new fingerprint into the inventory."
                .to_owned(),
            Self::LoginRefused { .. } | Self::SecondMethod { .. } => self.login_hint(),
            Self::ExecRefused { .. } | Self::NoAnswer { .. } => "The login must be able to execute \
                `sh -s -- ID VERB`; with sudo, `sudo -n -- sh -s -- ID VERB` without a password. A login file \
                (.bashrc) may print, but not read its input, end, or execute another shell."
                .to_owned(),
            Self::Open { .. } => "Its SSH server must allow a connection at least one channel at a time \
                (MaxSessions in its sshd_config)."
                .to_owned(),
            Self::Login { .. } | Self::Lost { .. } | Self::TimedOut { .. } => {
                "Look at the host's load, its network and its SSH server's log.".to_owned()
            }
            Self::Folder { .. } => {
                "Make it usable on the host, or set `folder` for the host in the inventory to another place."
                    .to_owned()
            }
            Self::NoThreads { .. } => "Look at the limits of the bot's own system (ulimit -u, memory).".to_owned(),
            Self::NoRandomness { .. } => "Look whether the bot's system has /dev/urandom.".to_owned(),
            Self::Nul { .. } => "Remove the NUL byte from the parameter.".to_owned(),
        }
    }

    fn login_hint(&self) -> String {
        match self {
            Self::SecondMethod { user, .. } => format!(
                "Let the key alone be enough for this user: `AuthenticationMethods publickey` below `Match User \
                 {user}` in its sshd_config."
            ),
            Self::LoginRefused { user, takes_keys: false, methods, .. } => format!(
                "Its server takes no key from {user} now, only {methods}: look at PubkeyAuthentication and \
                 AuthenticationMethods in its sshd_config."
            ),
            Self::LoginRefused { user, .. } => format!(
                "Put the bot's public key into ~{user}/.ssh/authorized_keys on the host. If it stands there: a \
                 locked or expired account (`passwd -S {user}`), AllowUsers, and a home folder that others may \
                 write to are refused just so; its SSH server's log says which."
            ),
            _ => String::new(),
        }
    }

    /// The error with all its causes, in one line.
    pub fn explain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&shortened(&error.to_string(), CAUSE_CHARS_MAX));
            cause = error.source();
        }
        text
    }

    /// The error with all its causes, and what to do.
    pub fn advice(&self) -> String {
        format!("{}. {}", self.explain(), self.hint())
    }
}

/// What somebody else said, after a few words of ours; nothing if they said nothing.
fn quoted(before: &str, said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("{before} \"{said}\"") }
}
