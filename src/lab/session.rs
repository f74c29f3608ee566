//! One SSH connection to a lab host: who may log in, and what may be executed.
//!
//! Invariant: nothing runs but the system's `/bin/sh`, reading its script from the connection, in
//! the folder of the host. russh refuses by itself what this handler does not mention: forwarding
//! of any kind, X11, agents, passwords.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use russh::server::{
    Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session as Connection, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty, Sig};
use tokio::task::JoinSet;

use super::setup::USER;
use super::shared::Shared;
use super::shell;

/// Channels in one connection, as in OpenSSH's `MaxSessions`.
const CHANNELS_MAX: usize = 10;

/// The server's side of a connection.
pub struct Session {
    shared: Arc<Shared>,
    admitted: Arc<AtomicBool>,
    /// Opened, and nothing executed on them yet.
    idle: HashMap<ChannelId, Channel<Msg>>,
    /// Ends with the connection.
    shells: JoinSet<()>,
}

impl Session {
    /// `admitted` becomes true when the client has logged in.
    pub fn new(shared: Arc<Shared>, admitted: Arc<AtomicBool>) -> Self {
        Self { shared, admitted, idle: HashMap::new(), shells: JoinSet::new() }
    }

    fn may_enter(&self, user: &str, key: &russh::keys::PublicKey) -> bool {
        user == USER && key.key_data() == self.shared.client.key_data()
    }

    fn refuse(&mut self, channel: ChannelId, session: &mut Connection) -> Result<(), russh::Error> {
        self.idle.remove(&channel);
        session.channel_failure(channel)?;
        session.close(channel)
    }
}

impl Handler for Session {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(if self.may_enter(user, offer.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(if self.may_enter(user, key.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_succeeded(&mut self, _session: &mut Connection) -> Result<(), Self::Error> {
        self.admitted.store(true, Ordering::Release);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Connection,
    ) -> Result<(), Self::Error> {
        while self.shells.try_join_next().is_some() {}
        if self.idle.len() + self.shells.len() >= CHANNELS_MAX {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
        } else {
            self.idle.insert(channel.id(), channel);
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.idle.remove(&channel);
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Connection,
    ) -> Result<(), Self::Error> {
        let words = shell::words(command);
        match (words, self.idle.remove(&id)) {
            (Some(words), Some(channel)) => {
                session.channel_success(id)?;
                let (shared, handle) = (Arc::clone(&self.shared), session.handle());
                self.shells.spawn(shell::run(shared, words, channel, handle));
                Ok(())
            }
            _ => self.refuse(id, session),
        }
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut Connection) -> Result<(), Self::Error> {
        self.refuse(id, session)
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _name: &str,
        session: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.refuse(id, session)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Connection,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Connection,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn signal(&mut self, _id: ChannelId, _signal: Sig, _: &mut Connection) -> Result<(), Self::Error> {
        // OpenSSH refuses signals in a root session; the lab signals nothing at all.
        Ok(())
    }
}
