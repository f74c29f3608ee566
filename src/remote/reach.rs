//! A TCP connection to a host, by whichever of its addresses answers first.
//!
//! A name can have several addresses, and the first may be silent: a broken IPv6, a machine with two
//! networks. The next attempt begins before the one before it has given up (RFC 8305, 4 and 5).
//!
//! Who is at the other end is found out in `handshake`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::error::RemoteError;
use crate::domain::plan::HostPlan;

/// Until a name is resolved.
const RESOLVE_MAX: Duration = Duration::from_secs(10);
/// For each address.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Until the next address is tried beside those that have not answered (RFC 8305, 5).
const STAGGER: Duration = Duration::from_millis(250);
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;

/// Connects to a host.
pub(super) async fn reach(host: &HostPlan) -> Result<TcpStream, RemoteError> {
    let failed = |source| RemoteError::Reach {
        host: host.name.clone(),
        address: if host.address.contains(':') {
            format!("[{}]:{}", host.address, host.port)
        } else {
            format!("{}:{}", host.address, host.port)
        },
        source,
    };
    let resolving = timeout(RESOLVE_MAX, lookup_host((host.address.as_str(), host.port)));
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "its name was not resolved in time");
    let addresses = resolving.await.map_err(late).flatten().map_err(failed)?;
    let stream = first_of(interleaved(addresses.collect())).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// One family after the other in turn, beginning with that of the first (RFC 8305, 4).
pub(super) fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_first = addresses.first().map(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| Some(address.is_ipv6()) == is_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut ordered = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] || ordered.len() >= ADDRESSES_MAX {
            ordered.truncate(ADDRESSES_MAX);
            return ordered;
        }
        ordered.extend(pair.into_iter().flatten());
    }
}

/// The first connection that comes about; dropping the future ends every attempt.
pub(super) async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut untried = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = untried.next() {
            attempts.spawn(async move { (address, attempt(address).await) });
        }
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended {
                Ok((_, Ok(stream))) => return Ok(stream),
                Ok((address, Err(error))) => failures.push((address, error)),
                Err(died) => return Err(io::Error::other(died)),
            },
            () = sleep(STAGGER), if untried.len() > 0 => {}
            else => return Err(all_of(failures)),
        }
    }
}

async fn attempt(address: SocketAddr) -> io::Result<TcpStream> {
    timeout(ATTEMPT_MAX, TcpStream::connect(address))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// What became of every attempt, as one error.
fn all_of(mut failures: Vec<(SocketAddr, io::Error)>) -> io::Error {
    if failures.len() > 1 {
        let told: Vec<_> =
            failures.iter().map(|(address, error)| format!("{}: {error}", address.ip())).collect();
        return io::Error::other(told.join("; "));
    }
    let none = || io::Error::new(io::ErrorKind::NotFound, "its name has no address");
    failures.pop().map_or_else(none, |(_, error)| error)
}
