//! One SSH connection to one host, and exchanges over it.
//!
//! Invariant: nothing is sent to a host, not even the login name, before the host has proved that
//! it holds the pinned key. Every exchange has a time limit and keeps a bounded part of what the
//! host prints; the rest is read and thrown away, because an unread channel stalls the connection
//! with its keepalives. One connection belongs to one run.
//!
//! A lost connection ends an exchange without an exit status. That says nothing about the program
//! on the host: it may live on.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, AuthResult, Handle, Msg};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, decode_secret_key};
use russh::{Channel, ChannelMsg};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::algorithms::preferred;
use super::config::SshConfig;
use super::error::RemoteError;
use crate::domain::id::HostName;
use crate::domain::plan::HostPlan;
use crate::secret_file;

/// Until TCP is connected.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(10);
/// For the key exchange, and again for the login.
pub(super) const LOGIN_MAX: Duration = Duration::from_secs(10);
/// Until a channel is open.
pub(super) const OPEN_MAX: Duration = Duration::from_secs(10);
/// How long a host may be silent before it is asked for a sign of life.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
/// So many unanswered questions in a row are a lost connection: a frozen peer is noticed in 20 s.
const KEEPALIVE_MISSES: usize = 3;
/// Ends what keepalives don't reach: a write that the peer never takes.
const INACTIVITY_MAX: Duration = Duration::from_secs(60);
/// Bytes kept of standard output, the last ones: an answer stands at the end, noise before it.
pub(super) const STDOUT_KEPT: usize = 512 * 1024;
/// Bytes kept of standard error, the last ones.
const STDERR_KEPT: usize = 4 * 1024;

/// A connection on which the login has succeeded.
pub(super) struct Session {
    handle: Handle<PinnedKey>,
    host: HostName,
}

impl Session {
    /// Connects, checks the host key and logs in.
    ///
    /// A server has several keys and shows the type that the client likes best. If that is not the
    /// pinned one, the next attempt does not ask for this type; only when none is left the key is
    /// wrong. That never trusts anything but the pinned fingerprint.
    pub(super) async fn connect(config: &SshConfig, host: &HostPlan) -> Result<Self, RemoteError> {
        let identity = read_identity(config).await?;
        let mut presented = Vec::new();
        let mut refused = Vec::new();
        // Each failed round removes one type, so there are no more rounds than types.
        loop {
            match handshake(host, &refused).await? {
                Handshake::Pinned(handle) => {
                    let mut session = Self { handle, host: host.name.clone() };
                    session.login(&host.user, identity, host.legacy).await?;
                    return Ok(session);
                }
                Handshake::OtherKey { algorithm, fingerprint } => {
                    presented.push(format!("{} {fingerprint}", algorithm.as_str()));
                    refused.push(algorithm);
                }
                Handshake::NoMoreKeys(source) if presented.is_empty() => {
                    return Err(RemoteError::Handshake { host: host.name.clone(), source });
                }
                Handshake::NoMoreKeys(_) => {
                    let pinned = host.host_key.clone();
                    return Err(RemoteError::WrongHostKey { host: host.name.clone(), pinned, presented });
                }
            }
        }
    }

    async fn login(&mut self, user: &str, identity: PrivateKey, legacy: bool) -> Result<(), RemoteError> {
        let host = self.host.clone();
        let limit = LOGIN_MAX;
        let login = async {
            let identity = Arc::new(identity);
            for hash in self.signature_hashes(&identity, legacy).await? {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(&identity), hash);
                match self.handle.authenticate_publickey(user, key).await? {
                    AuthResult::Success => return Ok(true),
                    // russh reports a connection that broke off just so: no methods are left.
                    AuthResult::Failure { remaining_methods, .. }
                        if remaining_methods.is_empty() || self.handle.is_closed() =>
                    {
                        return Err(russh::Error::Disconnect);
                    }
                    AuthResult::Failure { .. } => {}
                }
            }
            Ok(false)
        };
        match timeout(limit, login).await {
            Err(_) => Err(RemoteError::TimedOut { host, operation: "login", limit }),
            Ok(Err(source)) => Err(RemoteError::Login { host, source }),
            Ok(Ok(false)) => Err(RemoteError::LoginRefused { host, user: user.to_owned() }),
            Ok(Ok(true)) => Ok(()),
        }
    }

    /// The hashes to sign with, in order. Only RSA has a choice.
    ///
    /// An old server never says what it accepts, and asking costs a second: legacy hosts are not
    /// asked.
    async fn signature_hashes(
        &self,
        identity: &PrivateKey,
        legacy: bool,
    ) -> Result<Vec<Option<HashAlg>>, russh::Error> {
        if !identity.algorithm().is_rsa() {
            return Ok(vec![None]);
        }
        if legacy {
            return Ok(vec![None, Some(HashAlg::Sha256)]);
        }
        let best = self.handle.best_supported_rsa_hash().await?.flatten();
        Ok(vec![best.or(Some(HashAlg::Sha512))])
    }

    /// Opens a channel. If this fails, nothing of the request has left the bot.
    pub(super) async fn open(&self) -> Result<Opened, RemoteError> {
        let host = self.host.clone();
        match timeout(OPEN_MAX, self.handle.channel_open_session()).await {
            Ok(Ok(channel)) => Ok(Opened { channel, host }),
            Ok(Err(source)) => Err(RemoteError::Open { host, source }),
            Err(_) => Err(RemoteError::TimedOut { host, operation: "open a channel", limit: OPEN_MAX }),
        }
    }
}

/// A channel on which nothing has been sent yet.
pub(super) struct Opened {
    channel: Channel<Msg>,
    host: HostName,
}

/// What a host printed in one exchange.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// The last [`STDOUT_KEPT`] bytes of standard output.
    pub(super) stdout: Vec<u8>,
    /// The last bytes of standard error.
    pub(super) stderr: Vec<u8>,
    /// The exit status of what was executed; none if a signal ended it.
    pub(super) status: Option<u32>,
}

impl Opened {
    /// Executes `command`, feeds it `stdin` and reads until the channel has ended.
    pub(super) async fn run(
        self,
        verb: &'static str,
        command: String,
        stdin: Vec<u8>,
        limit: Duration,
    ) -> Result<Exchange, RemoteError> {
        let host = self.host;
        match timeout(limit, exchange(self.channel, command, stdin)).await {
            Err(_) => Err(RemoteError::TimedOut { host, operation: verb, limit }),
            Ok(Ended::Refused) => Err(RemoteError::ExecRefused { host, verb }),
            Ok(Ended::Lost) => Err(RemoteError::Lost { host, verb }),
            Ok(Ended::Properly(exchange)) => Ok(exchange),
        }
    }
}

enum Ended {
    Properly(Exchange),
    Refused,
    Lost,
}

async fn exchange(channel: Channel<Msg>, command: String, stdin: Vec<u8>) -> Ended {
    let (mut reader, writer) = channel.split();
    let feed = async {
        writer.exec(true, command).await?;
        writer.data_bytes(stdin).await?;
        writer.eof().await
    };
    let mut feed = pin!(feed);
    let mut is_fed = false;
    let (mut stdout, mut stderr) = (LastBytes::new(STDOUT_KEPT), LastBytes::new(STDERR_KEPT));
    let (mut status, mut ended) = (None, false);
    loop {
        // A write never returns when the peer has closed with its window exhausted: the reader
        // decides when the exchange is over.
        let message = tokio::select! {
            _ = &mut feed, if !is_fed => { is_fed = true; continue }
            message = reader.wait() => message,
        };
        match message {
            Some(ChannelMsg::Data { data }) => stdout.push(&data),
            Some(ChannelMsg::ExtendedData { data, .. }) => stderr.push(&data),
            // The exit status can come before the last of the output: go on until nothing comes.
            Some(ChannelMsg::ExitStatus { exit_status }) => (status, ended) = (Some(exit_status), true),
            Some(ChannelMsg::ExitSignal { .. }) => ended = true,
            Some(ChannelMsg::Failure) => return Ended::Refused,
            Some(_) => {}
            None if ended => {
                return Ended::Properly(Exchange {
                    stdout: stdout.into_bytes(),
                    stderr: stderr.into_bytes(),
                    status,
                });
            }
            None => return Ended::Lost,
        }
    }
}

/// The last bytes of a stream.
struct LastBytes {
    kept: VecDeque<u8>,
    limit: usize,
}

impl LastBytes {
    fn new(limit: usize) -> Self {
        Self { kept: VecDeque::new(), limit }
    }

    fn push(&mut self, bytes: &[u8]) {
        let bytes = bytes.get(bytes.len().saturating_sub(self.limit)..).unwrap_or_default();
        let excess = (self.kept.len() + bytes.len()).saturating_sub(self.limit);
        self.kept.drain(..excess);
        self.kept.extend(bytes);
    }

    fn into_bytes(self) -> Vec<u8> {
        self.kept.into()
    }
}

/// Bytes of a key file that are read.
const IDENTITY_LEN_MAX: u64 = 64 * 1024;

async fn read_identity(config: &SshConfig) -> Result<PrivateKey, RemoteError> {
    let path = &config.identity;
    let failed = |source| RemoteError::ReadIdentity { path: path.clone(), source };
    let file = path.clone();
    let read = tokio::task::spawn_blocking(move || secret_file::read(&file, IDENTITY_LEN_MAX)).await;
    let text = match read {
        Ok(text) => text.map_err(|error| failed(error.into()))?,
        Err(error) => return Err(failed(error.into())),
    };
    decode_secret_key(&text, None).map_err(|error| failed(error.into()))
}

enum Handshake {
    Pinned(Handle<PinnedKey>),
    OtherKey { algorithm: Algorithm, fingerprint: String },
    NoMoreKeys(russh::Error),
}

async fn handshake(host: &HostPlan, refused: &[Algorithm]) -> Result<Handshake, RemoteError> {
    let name = || host.name.clone();
    let reach = |source| RemoteError::Reach {
        host: name(),
        address: format!("{}:{}", host.address, host.port),
        source,
    };
    let connecting = TcpStream::connect((host.address.as_str(), host.port));
    let stream = match timeout(CONNECT_MAX, connecting).await {
        Ok(connected) => connected.map_err(reach)?,
        Err(_) => return Err(reach(io::ErrorKind::TimedOut.into())),
    };
    stream.set_nodelay(true).map_err(reach)?;
    let config = client::Config {
        preferred: preferred(host.legacy, refused),
        keepalive_interval: Some(KEEPALIVE_EVERY),
        keepalive_max: KEEPALIVE_MISSES,
        inactivity_timeout: Some(INACTIVITY_MAX),
        ..client::Config::default()
    };
    let pinned = PinnedKey { fingerprint: host.host_key.clone() };
    match timeout(LOGIN_MAX, client::connect_stream(Arc::new(config), stream, pinned)).await {
        Err(_) => Err(RemoteError::TimedOut { host: name(), operation: "key exchange", limit: LOGIN_MAX }),
        Ok(Ok(handle)) => Ok(Handshake::Pinned(handle)),
        Ok(Err(Rejection::Key { algorithm, fingerprint })) => {
            Ok(Handshake::OtherKey { algorithm, fingerprint })
        }
        Ok(Err(Rejection::Ssh(source @ russh::Error::NoCommonAlgo { .. }))) => {
            Ok(Handshake::NoMoreKeys(source))
        }
        Ok(Err(Rejection::Ssh(source))) => Err(RemoteError::Handshake { host: name(), source }),
    }
}

/// Accepts the pinned key and no other.
struct PinnedKey {
    fingerprint: String,
}

/// Why a key exchange came to nothing.
#[derive(Debug)]
enum Rejection {
    Key { algorithm: Algorithm, fingerprint: String },
    Ssh(russh::Error),
}

impl From<russh::Error> for Rejection {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl client::Handler for PinnedKey {
    type Error = Rejection;

    async fn check_server_key(
        &mut self,
        key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, Rejection> {
        // Certificates are never asked for; whoever sends one is refused.
        let russh::keys::PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        if fingerprint == self.fingerprint {
            return Ok(true);
        }
        Err(Rejection::Key { algorithm: key.algorithm(), fingerprint })
    }
}
