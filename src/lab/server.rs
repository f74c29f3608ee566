//! The SSH server of one lab host: loopback only, one key, one command.
//!
//! Invariant: when a [`Server`] is stopped or dropped its port is closed and every connection ends;
//! nothing of it runs on. The shell that a connection had started is not killed, as under a real
//! sshd: a run outlives its connection.

use std::net::{Ipv4Addr, Shutdown, TcpStream as StdStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::keys::PublicKey;
use russh::server::{Config, run_stream};
use russh::{MethodKind, MethodSet};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::error::LabError;
use super::session::Session;
use super::setup::PreparedHost;
use super::shared::Shared;

/// Connections to one host at a time; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 128;
/// How long a client may take to log in.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(20);
/// A connection without any traffic ends after this.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3600);
/// How long a wrong login waits for its answer.
const REJECTION: Duration = Duration::from_millis(100);
/// Wrong keys that one connection may offer.
const LOGIN_ATTEMPTS_MAX: usize = 6;
/// After a failed `accept`, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long `stop` waits for connections to end before it drops them.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// The loopback port.
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Opens the port that the host had before, or another if that is taken.
    pub async fn start(host: &PreparedHost, client: &PublicKey) -> Result<Self, LabError> {
        let failed = |source| LabError::Listen { path: host.folder.clone(), source };
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, host.port.unwrap_or(0))).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?,
        };
        let port = listener.local_addr().map_err(failed)?.port();
        let config = Config {
            keys: vec![host.key.clone()],
            methods: MethodSet::from([MethodKind::PublicKey].as_slice()),
            auth_rejection_time: REJECTION,
            auth_rejection_time_initial: Some(Duration::ZERO),
            max_auth_attempts: LOGIN_ATTEMPTS_MAX,
            inactivity_timeout: Some(IDLE_TIMEOUT),
            nodelay: true,
            ..Config::default()
        };
        let shared = Arc::new(Shared {
            folder: host.folder.clone(),
            client: client.clone(),
            stopping: watch::Sender::new(false),
            sockets: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::new(config), Arc::clone(&shared)));
        Ok(Self { port, shared, accepting: Some(accepting) })
    }

    /// Closes the port and every connection, and waits until all is over.
    pub async fn stop(mut self) {
        self.shared.close_all();
        if let Some(mut accepting) = self.accepting.take()
            && tokio::time::timeout(STOP_TIMEOUT, &mut accepting).await.is_err()
        {
            accepting.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.close_all();
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
    }
}

async fn accept(listener: TcpListener, config: Arc<Config>, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = shared.stopped() => break,
            accepted = accepted => accepted,
        };
        let (Ok(place), Ok((stream, _))) = (place, accepted) else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        number += 1;
        let (config, shared) = (Arc::clone(&config), Arc::clone(&shared));
        connections.spawn(async move {
            serve(number, stream, config, shared).await;
            drop(place);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection, from its first byte to its last. Every error of it is the client's affair.
async fn serve(number: u64, stream: TcpStream, config: Arc<Config>, shared: Arc<Shared>) {
    let Ok((stream, twin)) = twins(stream) else { return };
    shared.sockets().insert(number, twin);
    // A stop between accept and insert has not seen this socket.
    if *shared.stopping.borrow() {
        shared.close_all();
    }
    let admitted = Arc::new(AtomicBool::new(false));
    let session = Session::new(Arc::clone(&shared), Arc::clone(&admitted));
    let close = || {
        if let Some(socket) = shared.sockets().get(&number) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    };
    let connection = async {
        if let Ok(running) = run_stream(config, stream, session).await {
            let _ = running.await;
        }
    };
    tokio::pin!(connection);
    if tokio::time::timeout(LOGIN_TIMEOUT, &mut connection).await.is_err() {
        if !admitted.load(Ordering::Acquire) {
            close();
        }
        connection.await;
    }
    shared.sockets().remove(&number);
}

/// The stream and a second handle to its socket, which can end it from outside.
fn twins(stream: TcpStream) -> std::io::Result<(TcpStream, StdStream)> {
    let stream = stream.into_std()?;
    let twin = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, twin))
}
