//! What a server says beside its answers, and what people are told to do.

use std::fs;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::error::RemoteError;
use super::super::ground;
use super::super::heard::end_of;
use super::super::session::Session;
use super::{Sshd, config, host};
use crate::domain::id::Digest;
use crate::domain::plan::HostPlan;

/// What comes of connecting to a server that says just this and hangs up.
async fn told_by(said: &[u8]) -> RemoteError {
    let sshd = Sshd::start();
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    let serving = async {
        let (mut stream, _) = server.accept().await.unwrap();
        stream.write_all(said).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    };
    let (config, host) = (config(&sshd), HostPlan { port, ..host(&sshd) });
    let (connected, ()) = tokio::join!(Session::connect(&config, &host), serving);
    connected.err().unwrap()
}

async fn refusal(sshd: &Sshd) -> RemoteError {
    ground::probe(&config(sshd), &host(sshd), Digest::of(b"")).await.unwrap_err()
}

#[tokio::test]
async fn the_first_words_of_a_server_are_shown_and_old_algorithms_are_not_advised() {
    for (said, shown) in [
        (&b"Not allowed at this time\r\n"[..], "Not allowed at this time"),
        (b"Exceeded MaxStartups\r\n", "Exceeded MaxStartups"),
        (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", "HTTP/1.1 400 Bad Request Server: x"),
        (b"one\r\ntwo\r\nSSH-2.0-Odd\r\n\x00\x01binary", "one two SSH-2.0-Odd"),
        (b"\x1b[2J\xff\x07garbage", "garbage"),
    ] {
        let error = told_by(said).await;
        assert!(matches!(error, RemoteError::Handshake { .. }), "{error:?}");
        let advice = error.advice();
        assert!(advice.contains(shown) && !advice.contains("binary"), "{advice}");
        assert!(!advice.contains("legacy") && !advice.contains(char::is_control), "{advice}");
        assert!(!error.is_permanent());
    }
    let advice = told_by(b"").await.advice();
    assert!(!advice.contains("legacy") && !advice.contains("said"), "{advice}");
}

#[tokio::test]
async fn what_is_shown_of_a_server_is_bounded() {
    let advice = told_by(&vec![b'x'; 100_000]).await.advice();
    assert!(advice.contains("xxx") && advice.len() < 1000, "{advice}");
    assert_eq!(end_of(&[b'y'; 4000]).len(), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_algorithms_are_advised_only_where_they_would_do() {
    let sshd = Sshd::start_with("Ciphers aes128-cbc");
    assert!(refusal(&sshd).await.advice().contains("legacy = true"));
    // Nobody is offered these.
    let sshd = Sshd::start_with("Ciphers aes128-ctr\nMACs hmac-md5");
    for legacy in [false, true] {
        let host = HostPlan { legacy, ..host(&sshd) };
        let error = ground::probe(&config(&sshd), &host, Digest::of(b"")).await.unwrap_err();
        assert!(matches!(error, RemoteError::NoCommonAlgorithm { .. }), "{error:?}");
        assert!(!error.advice().contains("legacy"), "{}", error.advice());
        assert!(error.is_permanent());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_banner_that_is_not_utf8_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let banner = folder.path().join("banner");
    fs::write(&banner, b"Acc\xe8s r\xe9serv\xe9\n").unwrap();
    let sshd = Sshd::start_with(&format!("Banner {}", banner.display()));
    let error = refusal(&sshd).await;
    assert!(matches!(error, RemoteError::NotUtf8 { operation: "login", .. }), "{error:?}");
    assert!(error.advice().contains("Banner none"), "{}", error.advice());
    fs::write(&banner, "Accès réservé\n").unwrap();
    ground::probe(&config(&sshd), &host(&sshd), Digest::of(b"")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_method_is_named_and_the_key_is_not_blamed() {
    let sshd = Sshd::start_with("AuthenticationMethods publickey,password\nPasswordAuthentication yes");
    let error = refusal(&sshd).await;
    let RemoteError::SecondMethod { methods, .. } = &error else { panic!("{error:?}") };
    assert_eq!(methods, "password");
    let advice = error.advice();
    assert!(advice.contains("accepts the bot's key") && !advice.contains("authorized_keys"), "{advice}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_keys_says_what_it_takes() {
    let sshd = Sshd::start_with("AuthenticationMethods password\nPasswordAuthentication yes");
    let error = refusal(&sshd).await;
    assert!(matches!(error, RemoteError::LoginRefused { takes_keys: false, .. }), "{error:?}");
    let advice = error.advice();
    assert!(advice.contains("only password") && !advice.contains("authorized_keys"), "{advice}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_key_comes_with_the_banner_and_with_a_locked_account() {
    let folder = tempfile::tempdir().unwrap();
    let banner = folder.path().join("banner");
    fs::write(&banner, "Down for maintenance\n").unwrap();
    let sshd = Sshd::start_with(&format!("Banner {}", banner.display()));
    fs::write(sshd.identity.with_file_name("authorized_keys"), "").unwrap();
    let error = refusal(&sshd).await;
    assert!(matches!(error, RemoteError::LoginRefused { takes_keys: true, .. }), "{error:?}");
    let advice = error.advice();
    for part in ["Down for maintenance", "authorized_keys", "locked"] {
        assert!(advice.contains(part), "{part}: {advice}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_says_instead_of_answering_is_shown() {
    for (command, shown) in [
        (
            "echo 'decommissioned, use kvm02'; exit 1",
            "(exit status 1) but said \"decommissioned, use kvm02\"",
        ),
        ("echo 'no logins now' >&2; exit 254", "(exit status 254) but said \"no logins now\""),
        ("echo one; echo two >&2", "but said \"two / one\""),
        ("true", "(exit status 0) and said nothing"),
    ] {
        let sshd = Sshd::start_with(&format!("ForceCommand {command}"));
        let advice = refusal(&sshd).await.advice();
        assert!(advice.contains(shown), "{advice}");
    }
    let sshd = Sshd::start();
    fs::write(sshd.home().join(".bashrc"), "echo decommissioned; exit 1\n").unwrap();
    let advice = refusal(&sshd).await.advice();
    assert!(advice.contains("\"decommissioned\""), "{advice}");
}
