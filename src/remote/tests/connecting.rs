//! What it takes until a host can be asked: addresses, key exchanges side by side, channels.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::super::error::RemoteError;
use super::super::ground;
use super::super::reach::{first_of, interleaved};
use super::super::session::Session;
use super::super::threads::TURNS;
use super::runs::{World, sh};
use super::sshd::generate_key;
use super::{SshConfig, Sshd, config, host, unreachable_host};
use crate::domain::id::Digest;
use crate::domain::plan::HostPlan;
use crate::domain::record::run::StepEnd;

/// A port whose queue is full: who connects now hears nothing.
async fn silent() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut queued = Vec::new();
    let address = listener.local_addr().unwrap();
    while let Ok(stream) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
    }
    (listener, queued)
}

#[tokio::test]
async fn a_silent_address_does_not_keep_from_the_next() {
    let (silent, _queued) = silent().await;
    let answering = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addresses = vec![silent.local_addr().unwrap(), answering.local_addr().unwrap()];
    let begun = Instant::now();
    let stream = first_of(addresses).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), answering.local_addr().unwrap());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn addresses_that_all_fail_are_all_named() {
    let closed = |address: &str| format!("{address}:1").parse::<SocketAddr>().unwrap();
    let error = first_of(vec![closed("127.0.0.1"), closed("127.0.0.2")]).await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1: ") && error.contains("127.0.0.2: "), "{error}");
    let error = first_of(Vec::new()).await.unwrap_err().to_string();
    assert!(error.contains("no address"), "{error}");
}

#[test]
fn families_take_turns_beginning_with_the_first() {
    let parsed = |texts: &[&str]| {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 22)).collect::<Vec<_>>()
    };
    let given = parsed(&["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"]);
    assert_eq!(interleaved(given), parsed(&["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"]));
    assert_eq!(interleaved(parsed(&["::1"; 20])).len(), 8);
    assert!(interleaved(Vec::new()).is_empty());
}

#[tokio::test]
async fn key_exchanges_hold_up_nobody_else() {
    let sshd = Sshd::start_with("KexAlgorithms diffie-hellman-group16-sha512");
    let (config, host) = (config(&sshd), host(&sshd));
    let mut late = Duration::ZERO;
    let tick = async {
        loop {
            let asleep = Instant::now();
            sleep(Duration::from_millis(10)).await;
            late = late.max(asleep.elapsed());
        }
    };
    let begun = Instant::now();
    tokio::select! {
        () = tick => {}
        connected = Session::connect(&config, &host) => { connected.unwrap(); }
    }
    let all = begun.elapsed();
    assert!(late < all / 4, "people waited for {late:?} of {all:?}");
}

#[tokio::test]
async fn groups_that_servers_choose_are_quick() {
    let sshd = Sshd::start_with("KexAlgorithms diffie-hellman-group-exchange-sha256");
    let (config, host) = (config(&sshd), host(&sshd));
    let mut looks = JoinSet::new();
    for _ in 0..12 {
        let (config, host) = (config.clone(), host.clone());
        looks.spawn(async move { Session::connect(&config, &host).await.map(drop) });
    }
    // One of the 8,192 bits that russh asks for by itself misses the limit, without optimisation.
    while let Some(connected) = looks.join_next().await {
        connected.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_host_that_waits_for_its_turn_is_not_late() {
    let sshd = Sshd::start();
    let config = config(&sshd);
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = HostPlan { port: mute.local_addr().unwrap().port(), ..unreachable_host() };
    let mut looks = JoinSet::new();
    for _ in 0..TURNS {
        let (config, silent) = (config.clone(), silent.clone());
        looks.spawn(async move { Session::connect(&config, &silent).await.map(drop) });
    }
    // The queue of the listener holds them all; now every turn is taken.
    sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    Session::connect(&config, &host(&sshd)).await.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(5), "it had no turn to wait for");
    while let Some(ended) = looks.join_next().await {
        assert!(matches!(ended.unwrap(), Err(RemoteError::Handshake { .. })));
    }
}

#[tokio::test]
async fn whoever_stops_waiting_ends_the_connection() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sshd = Sshd::start();
    let (config, port) = (config(&sshd), mute.local_addr().unwrap().port());
    let host = HostPlan { port, ..unreachable_host() };
    let connecting = Session::connect(&config, &host);
    let (_, accepted) = tokio::join!(timeout(Duration::from_millis(500), connecting), mute.accept());
    let mut heard = Vec::new();
    let (mut stream, _) = accepted.unwrap();
    timeout(Duration::from_secs(5), stream.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert!(heard.starts_with(b"SSH-2.0-"), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_channel_at_a_time_is_enough() {
    let sshd = Sshd::start_with("MaxSessions 1");
    // Whoever holds the output of a channel does not hold the channel.
    fs::write(sshd.home().join(".bashrc"), "sleep 25 &\n").unwrap();
    let (config, host) = (config(&sshd), host(&sshd));
    let session = Session::connect(&config, &host).await.unwrap();
    for _ in 0..5 {
        let opened = session.open().await.unwrap();
        let exchange =
            opened.run("test", "echo x".to_owned(), Vec::new(), Duration::from_secs(20), |_| true).await;
        assert_eq!(exchange.unwrap().status, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_channels_says_what_to_change() {
    let sshd = Sshd::start_with("MaxSessions 0");
    let error = ground::probe(&config(&sshd), &host(&sshd), Digest::of(b"")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Open { .. }), "{error:?}");
    assert!(error.advice().contains("MaxSessions"), "{}", error.advice());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_of_a_login_file_is_not_waited_for() {
    let world = World::new().await;
    fs::write(world.sshd.home().join(".bashrc"), "sleep 40 &\n").unwrap();
    let begun = Instant::now();
    let report = world.execute(&sh("seq 1 10000")).await;
    assert_eq!(report.end, StepEnd::Done(0), "{report:?}");
    assert!(report.output.text().ends_with("10000\n"), "{report:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_may_take_its_time() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let key = folder.path().join("key");
    generate_key(&key);
    let slow = format!("AuthorizedKeysCommand /bin/sh -c \"sleep 6; cat {}.pub\"", key.display());
    let sshd = Sshd::start_with(&format!("{slow}\nAuthorizedKeysCommandUser {}", Sshd::start().user));
    let begun = Instant::now();
    Session::connect(&SshConfig::new(key), &host(&sshd)).await.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(11), "it was not asked twice: {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_after_the_exit_status_belongs_to_the_answer() {
    let sshd = Sshd::start();
    let session = Session::connect(&config(&sshd), &host(&sshd)).await.unwrap();
    let opened = session.open().await.unwrap();
    // The status is there at once; the rest of the answer a second later, from whoever holds the output.
    let command = "(sleep 1; echo the rest; exec sleep 25) & echo some".to_owned();
    let is_whole = |stdout: &[u8]| stdout.ends_with(b"the rest\n");
    let begun = Instant::now();
    let exchange = opened.run("test", command, Vec::new(), Duration::from_secs(20), is_whole).await.unwrap();
    assert_eq!(exchange.stdout, b"some\nthe rest\n");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}
