//! One host's server as its sessions see it: the folder, the key, the stop, the open sockets.
//!
//! Invariant: the map of sockets is locked for one operation and never across an await. Nothing is
//! accepted, served or executed here.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream as StdStream};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use russh::keys::PublicKey;
use tokio::sync::watch;

/// What every session of a host shares.
#[derive(Debug)]
pub struct Shared {
    /// The folder of the host.
    pub folder: PathBuf,
    /// The only key that may log in.
    pub client: PublicKey,
    /// True from the moment at which the server stops.
    pub(super) stopping: watch::Sender<bool>,
    /// The sockets of the living connections, for an end that needs no cooperation. A plain mutex:
    /// it is held for one operation on the map and never across an await.
    pub(super) sockets: Mutex<HashMap<u64, StdStream>>,
}

impl Shared {
    /// The sockets, locked.
    pub(super) fn sockets(&self) -> std::sync::MutexGuard<'_, HashMap<u64, StdStream>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the server stops.
    pub async fn stopped(&self) {
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Tells every session that the server stops, and ends every connection.
    pub(super) fn close_all(&self) {
        self.stopping.send_replace(true);
        for socket in self.sockets().values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
