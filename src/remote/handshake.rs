//! The greeting and the key exchange: is this the host?
//!
//! Invariant: nothing is sent to a host, not even the login name, before the host has proved that
//! it holds the pinned key.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, DisconnectReason, GexParams, Handle};
use russh::keys::{Algorithm, HashAlg, PublicKeyOrCertificate};
use tokio::time::timeout;

use super::algorithms::preferred;
use super::error::RemoteError;
use super::heard::{End, Heard, Overheard, is_not_utf8};
use super::reach::reach;
use super::threads::Turns;
use crate::domain::plan::HostPlan;

/// For the greeting and the key exchange, from the host's turn on.
const KEYS_MAX: Duration = Duration::from_secs(10);
/// How long a host may be silent before it is asked for a sign of life.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
/// So many unanswered questions in a row are a lost connection: a frozen peer is noticed in 20 s.
const KEEPALIVE_MISSES: usize = 3;
/// Ends what keepalives don't reach: a write that the peer never takes.
const INACTIVITY_MAX: Duration = Duration::from_secs(60);
/// Bits of a group that the server chooses: at least, preferred, at most. A group of 8,192 bits takes
/// seconds of a processor.
const GROUP_BITS: [usize; 3] = [2048, 2048, 4096];

/// What a host turned out to be.
pub(super) enum Handshake {
    /// The one that was meant, ready for the login.
    Pinned(Handle<Peer>, Heard),
    /// One with another key of this type.
    OtherKey { algorithm: Algorithm, fingerprint: String },
    /// No algorithm is left, perhaps because the types of keys that it has were refused before.
    NoMoreKeys(russh::Error, String),
}

/// Connects and exchanges keys, without the types of host keys in `refused`.
pub(super) async fn handshake(
    host: &HostPlan,
    refused: &[Algorithm],
    turns: &Turns,
) -> Result<Handshake, RemoteError> {
    let stream = reach(host).await?;
    let _turn = turns.next().await;
    let heard = Heard::default();
    let failed = |source: russh::Error| {
        let host = host.name.clone();
        if is_not_utf8(&source) {
            return RemoteError::NotUtf8 { host, operation: "key exchange" };
        }
        RemoteError::Handshake { host, said: heard.greeting(), source: source.into() }
    };
    let [least, most_liked, most] = GROUP_BITS;
    let config = client::Config {
        preferred: preferred(host.legacy, refused),
        gex: GexParams::new(least, most_liked, most).map_err(failed)?,
        keepalive_interval: Some(KEEPALIVE_EVERY),
        keepalive_max: KEEPALIVE_MISSES,
        inactivity_timeout: Some(INACTIVITY_MAX),
        ..client::Config::default()
    };
    let stream = Overheard::new(stream, heard.clone());
    let peer = Peer { fingerprint: host.host_key.clone(), heard: heard.clone() };
    match timeout(KEYS_MAX, client::connect_stream(Arc::new(config), stream, peer)).await {
        Err(_) => {
            let late = format!("the key exchange did not end within {} s", KEYS_MAX.as_secs());
            Err(failed(io::Error::new(io::ErrorKind::TimedOut, late).into()))
        }
        Ok(Ok(handle)) => Ok(Handshake::Pinned(handle, heard)),
        Ok(Err(Rejection::Key { algorithm, fingerprint })) => {
            Ok(Handshake::OtherKey { algorithm, fingerprint })
        }
        Ok(Err(Rejection::Ssh(source @ russh::Error::NoCommonAlgo { .. }))) => {
            Ok(Handshake::NoMoreKeys(source, heard.greeting()))
        }
        Ok(Err(Rejection::Ssh(source))) => Err(failed(source)),
    }
}

/// Accepts the pinned key and no other, and listens to what the server says beside its answers.
pub(super) struct Peer {
    fingerprint: String,
    heard: Heard,
}

/// Why a connection came to nothing.
#[derive(Debug)]
pub(super) enum Rejection {
    Key { algorithm: Algorithm, fingerprint: String },
    Ssh(russh::Error),
}

impl From<russh::Error> for Rejection {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl client::Handler for Peer {
    type Error = Rejection;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Rejection> {
        // Certificates are never asked for; whoever sends one is refused.
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        if fingerprint == self.fingerprint {
            return Ok(true);
        }
        Err(Rejection::Key { algorithm: key.algorithm(), fingerprint })
    }

    async fn auth_banner(&mut self, banner: &str, _: &mut client::Session) -> Result<(), Rejection> {
        self.heard.banner(banner);
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Rejection>) -> Result<(), Rejection> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                self.heard.ended(End::Said(info.message));
                Ok(())
            }
            DisconnectReason::Error(error) => {
                if let Rejection::Ssh(error) = &error {
                    self.heard.ended(End::of(error));
                }
                Err(error)
            }
        }
    }
}
