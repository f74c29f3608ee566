//! One SSH connection to one host: login, and channels over it.
//!
//! Invariant: whoever is logged in to has proved that it holds the pinned key. One connection belongs
//! to one run. Connections live on the threads of SSH; whoever waits for one that is being made and
//! stops waiting ends it.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{AuthResult, Handle};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, decode_secret_key};
use russh::{ChannelOpenFailure, MethodKind, MethodSet};
use tokio::time::{sleep, timeout};

use super::algorithms::is_old;
use super::config::SshConfig;
use super::error::RemoteError;
use super::exchange::Opened;
use super::handshake::{Handshake, Peer, Rejection, handshake};
use super::heard::{Heard, is_not_utf8};
use super::threads::{Threads, Turns};
use crate::domain::id::HostName;
use crate::domain::plan::HostPlan;
use crate::secret_file;

/// For the login. A server that asks a directory or a name server out of reach takes its time, OpenSSH's
/// `AuthorizedKeysCommand` twice.
const LOGIN_MAX: Duration = Duration::from_secs(30);
/// Until a channel is open.
const OPEN_MAX: Duration = Duration::from_secs(10);
/// A server that counts channels may be about to close one.
const OPEN_AGAIN: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(500)];
/// Until a session that broke off has said why.
const END_MAX: Duration = Duration::from_secs(1);

/// A connection on which the login has succeeded.
pub(super) struct Session {
    handle: Handle<Peer>,
    host: HostName,
    heard: Heard,
    /// The connection lives on them.
    _threads: Threads,
}

impl Session {
    /// Connects, checks the host key and logs in.
    pub(super) async fn connect(config: &SshConfig, host: &HostPlan) -> Result<Self, RemoteError> {
        let identity = read_identity(config).await?;
        let (turns, its) = (config.turns.clone(), host.clone());
        let connecting = async move {
            let (mut handle, heard) = pinned(&its, &turns).await?;
            login(&mut handle, &heard, &its, identity).await?;
            Ok((handle, heard))
        };
        let connected = config.threads.run(connecting).await;
        let (handle, heard) =
            connected.map_err(|source| RemoteError::NoThreads { host: host.name.clone(), source })??;
        Ok(Self { handle, host: host.name.clone(), heard, _threads: config.threads.clone() })
    }

    /// Opens a channel. If this fails, nothing of the request has left the bot.
    pub(super) async fn open(&self) -> Result<Opened, RemoteError> {
        let host = self.host.clone();
        let mut pauses = OPEN_AGAIN.into_iter();
        loop {
            let source = match timeout(OPEN_MAX, self.handle.channel_open_session()).await {
                Ok(Ok(channel)) => return Ok(Opened { channel, host, heard: self.heard.clone() }),
                Ok(Err(source)) => source,
                Err(_) => {
                    return Err(RemoteError::TimedOut { host, operation: "open a channel", limit: OPEN_MAX });
                }
            };
            match pauses.next() {
                Some(pause) if is_full(&source) => sleep(pause).await,
                _ => return Err(RemoteError::Open { host, source }),
            }
        }
    }
}

/// Whether a server may turn a channel down because it has too many (OpenSSH says `ConnectFailed`).
fn is_full(error: &russh::Error) -> bool {
    use ChannelOpenFailure::{AdministrativelyProhibited, ConnectFailed, ResourceShortage};
    matches!(
        error,
        russh::Error::ChannelOpenFailure(ConnectFailed | AdministrativelyProhibited | ResourceShortage)
    )
}

/// Exchanges keys until the host shows the pinned one.
///
/// A server has several keys and shows the type that the client likes best. If that is not the
/// pinned one, the next attempt does not ask for this type; only when none is left the key is
/// wrong. That never trusts anything but the pinned fingerprint.
async fn pinned(host: &HostPlan, turns: &Turns) -> Result<(Handle<Peer>, Heard), RemoteError> {
    let mut presented = Vec::new();
    let mut refused = Vec::new();
    // Each failed round removes one type, so there are no more rounds than types.
    loop {
        match handshake(host, &refused, turns).await? {
            Handshake::Pinned(handle, heard) => return Ok((handle, heard)),
            Handshake::OtherKey { algorithm, fingerprint } => {
                presented.push(format!("{} {fingerprint}", algorithm.as_str()));
                refused.push(algorithm);
            }
            Handshake::NoMoreKeys(source, said) if presented.is_empty() => {
                let old_would_do = !host.legacy && is_old(&source);
                return Err(RemoteError::NoCommonAlgorithm {
                    host: host.name.clone(),
                    said,
                    old_would_do,
                    source: source.into(),
                });
            }
            Handshake::NoMoreKeys(..) => {
                let pinned = host.host_key.clone();
                return Err(RemoteError::WrongHostKey { host: host.name.clone(), pinned, presented });
            }
        }
    }
}

/// What a server made of the bot's key.
enum Offered {
    Accepted,
    /// Accepted, but it wants these methods as well.
    NotEnough(MethodSet),
    /// Refused; what it would take.
    Refused(MethodSet),
}

async fn login(
    handle: &mut Handle<Peer>,
    heard: &Heard,
    host: &HostPlan,
    identity: PrivateKey,
) -> Result<(), RemoteError> {
    let (name, user) = (host.name.clone(), host.user.clone());
    let offered = match timeout(LOGIN_MAX, offer(handle, host, identity)).await {
        Err(_) => return Err(RemoteError::TimedOut { host: name, operation: "login", limit: LOGIN_MAX }),
        Ok(Err(source)) => {
            let source = broken_off(handle, source).await;
            return Err(if is_not_utf8(&source) {
                RemoteError::NotUtf8 { host: name, operation: "login" }
            } else {
                RemoteError::Login { host: name, said: heard.login(), source: source.into() }
            });
        }
        Ok(Ok(offered)) => offered,
    };
    match offered {
        Offered::Accepted => Ok(()),
        Offered::NotEnough(methods) => {
            Err(RemoteError::SecondMethod { host: name, user, methods: named(&methods) })
        }
        Offered::Refused(methods) => {
            let takes_keys = methods.contains(&MethodKind::PublicKey);
            let (methods, said) = (named(&methods), heard.login());
            Err(RemoteError::LoginRefused { host: name, user, takes_keys, methods, said })
        }
    }
}

/// Offers the bot's key in every way that the server may take it.
async fn offer(
    handle: &mut Handle<Peer>,
    host: &HostPlan,
    identity: PrivateKey,
) -> Result<Offered, russh::Error> {
    let identity = Arc::new(identity);
    let mut takes = MethodSet::empty();
    for hash in signature_hashes(handle, &identity, host.legacy).await? {
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&identity), hash);
        match handle.authenticate_publickey(&host.user, key).await? {
            AuthResult::Success => return Ok(Offered::Accepted),
            // russh reports a connection that broke off just so: no methods are left.
            AuthResult::Failure { remaining_methods, .. }
                if remaining_methods.is_empty() || handle.is_closed() =>
            {
                return Err(russh::Error::Disconnect);
            }
            AuthResult::Failure { remaining_methods, partial_success: true } => {
                return Ok(Offered::NotEnough(remaining_methods));
            }
            AuthResult::Failure { remaining_methods, .. } => takes = remaining_methods,
        }
    }
    Ok(Offered::Refused(takes))
}

/// The hashes to sign with, in order. Only RSA has a choice.
///
/// An old server never says what it accepts, and asking costs a second: legacy hosts are not
/// asked.
async fn signature_hashes(
    handle: &Handle<Peer>,
    identity: &PrivateKey,
    legacy: bool,
) -> Result<Vec<Option<HashAlg>>, russh::Error> {
    if !identity.algorithm().is_rsa() {
        return Ok(vec![None]);
    }
    if legacy {
        return Ok(vec![None, Some(HashAlg::Sha256)]);
    }
    let best = handle.best_supported_rsa_hash().await?.flatten();
    Ok(vec![best.or(Some(HashAlg::Sha512))])
}

/// Why the connection really broke off: russh tells whoever asks no more than that it did, and its
/// session, which ends with the cause, must be asked.
async fn broken_off(handle: &mut Handle<Peer>, seen: russh::Error) -> russh::Error {
    match timeout(END_MAX, handle).await {
        Ok(Err(Rejection::Ssh(cause))) => cause,
        _ => seen,
    }
}

fn named(methods: &MethodSet) -> String {
    methods.iter().map(String::from).collect::<Vec<_>>().join(", ")
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
