//! Connecting and exchanging bytes.

use std::time::{Duration, Instant};

use super::super::algorithms::preferred;
use super::super::error::RemoteError;
use super::super::exchange::{Exchange, STDOUT_KEPT};
use super::super::session::Session;
use super::{Sshd, config, host};

const LIMIT: Duration = Duration::from_secs(60);

async fn sh(session: &Session, script: &str) -> Result<Exchange, RemoteError> {
    session.open().await?.run("test", "sh -s".to_owned(), script.as_bytes().to_vec(), LIMIT, |_| false).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_error_and_exit_code_come_back() {
    let sshd = Sshd::start();
    let session = Session::connect(&config(&sshd), &host(&sshd)).await.unwrap();
    let exchange = sh(&session, "echo out; echo err >&2; exit 7").await.unwrap();
    assert_eq!((exchange.stdout.as_slice(), exchange.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(exchange.status, Some(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_host_key_is_refused_before_login() {
    let sshd = Sshd::start();
    let mut wrong = host(&sshd);
    wrong.host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let error = Session::connect(&config(&sshd), &wrong).await.err().unwrap();
    let RemoteError::WrongHostKey { pinned, presented, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*pinned, wrong.host_key);
    assert_eq!(*presented, [format!("ssh-ed25519 {}", sshd.host_key)]);
    assert!(error.advice().contains("Do not log in"), "{}", error.advice());
    let log = sshd.log();
    assert!(!log.contains(&sshd.user), "the login name was sent: {log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_without_a_pinned_key_is_never_trusted() {
    let sshd = Sshd::start();
    let mut unpinned = host(&sshd);
    unpinned.host_key = String::new();
    let error = Session::connect(&config(&sshd), &unpinned).await.err().unwrap();
    assert!(matches!(error, RemoteError::WrongHostKey { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pinned_key_is_found_among_several() {
    let folder = tempfile::tempdir().unwrap();
    let rsa = folder.path().join("rsa");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "rsa", "-b", "3072", "-N", "", "-f"])
        .arg(&rsa)
        .status()
        .unwrap();
    assert!(made.success());
    let sshd = Sshd::start_with(&format!("HostKey {}", rsa.display()));
    let mut host = host(&sshd);
    host.host_key = super::sshd::fingerprint(&rsa);
    let session = Session::connect(&config(&sshd), &host).await.unwrap();
    assert_eq!(sh(&session, "exit 3").await.unwrap().status, Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_rsa_identity_logs_in_with_and_without_legacy() {
    let sshd = Sshd::start_with("PubkeyAcceptedAlgorithms +ssh-rsa");
    let rsa = sshd.identity.with_file_name("rsa");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f"])
        .arg(&rsa)
        .status()
        .unwrap();
    assert!(made.success());
    let key = std::fs::read_to_string(rsa.with_extension("pub")).unwrap();
    std::fs::write(sshd.identity.with_file_name("authorized_keys"), key).unwrap();
    let config = super::SshConfig::new(rsa);
    let mut host = host(&sshd);
    for legacy in [false, true] {
        host.legacy = legacy;
        let session = Session::connect(&config, &host).await.unwrap();
        assert_eq!(sh(&session, "exit 4").await.unwrap().status, Some(4));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_legacy_host_gets_old_algorithms() {
    let old = "KexAlgorithms diffie-hellman-group14-sha1\nCiphers aes128-cbc\nMACs hmac-sha1";
    let sshd = Sshd::start_with(old);
    let mut host = host(&sshd);
    let error = Session::connect(&config(&sshd), &host).await.err().unwrap();
    assert!(matches!(error, RemoteError::NoCommonAlgorithm { .. }), "{error:?}");
    assert!(error.advice().contains("legacy"), "{}", error.advice());
    host.legacy = true;
    let session = Session::connect(&config(&sshd), &host).await.unwrap();
    assert_eq!(sh(&session, "exit 5").await.unwrap().status, Some(5));
}

#[test]
fn modern_hosts_are_offered_no_sha1_no_cbc_and_nobody_compression() {
    for legacy in [false, true] {
        let lists = preferred(legacy, &[]);
        let ciphers: Vec<&str> = lists.cipher.iter().map(AsRef::as_ref).collect();
        let kex: Vec<&str> = lists.kex.iter().map(AsRef::as_ref).collect();
        let macs: Vec<&str> = lists.mac.iter().map(AsRef::as_ref).collect();
        let keys: Vec<String> = lists.key.iter().map(|key| key.as_str().to_owned()).collect();
        assert_eq!(ciphers.first(), Some(&"aes256-gcm@openssh.com"));
        assert_eq!(ciphers.iter().any(|name| name.ends_with("-cbc")), legacy);
        assert_eq!(kex.iter().any(|name| name.ends_with("-sha1")), legacy);
        assert_eq!(macs.iter().any(|name| name.contains("sha1")), legacy);
        assert_eq!(keys.iter().any(|name| name == "ssh-rsa"), legacy);
        assert_eq!(lists.compression.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["none"]);
        assert!(kex.contains(&"kex-strict-c-v00@openssh.com"), "{kex:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_do_not_stall_the_connection() {
    let sshd = Sshd::start();
    let session = Session::connect(&config(&sshd), &host(&sshd)).await.unwrap();
    let script = "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo the end";
    let exchange = sh(&session, script).await.unwrap();
    assert_eq!(exchange.stdout.len(), STDOUT_KEPT);
    assert!(exchange.stdout.ends_with(b"x\nthe end\n"));
    assert_eq!(sh(&session, "exit 6").await.unwrap().status, Some(6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn input_that_nobody_reads_does_not_block() {
    let sshd = Sshd::start();
    let session = Session::connect(&config(&sshd), &host(&sshd)).await.unwrap();
    let input = vec![b'#'; 16 * 1024 * 1024];
    let opened = session.open().await.unwrap();
    let exchange = opened.run("test", "exit 8".to_owned(), input, LIMIT, |_| false).await.unwrap();
    assert_eq!(exchange.status, Some(8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_peer_is_noticed() {
    let sshd = Sshd::start();
    let session = Session::connect(&config(&sshd), &host(&sshd)).await.unwrap();
    let started = Instant::now();
    let (ended, frozen) = tokio::join!(sh(&session, "sleep 40"), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        sshd.freeze_sessions()
    });
    assert!(frozen > 0);
    let error = ended.unwrap_err();
    assert!(matches!(error, RemoteError::Lost { .. }), "{error:?}");
    // Four intervals of 5 s, and what a busy machine needs.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_session_is_a_loss_and_not_an_end() {
    let sshd = Sshd::start();
    let session = Session::connect(&config(&sshd), &host(&sshd)).await.unwrap();
    let (ended, killed) = tokio::join!(sh(&session, "sleep 2"), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sshd.kill_sessions()
    });
    assert!(killed > 0);
    assert!(matches!(ended.unwrap_err(), RemoteError::Lost { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_without_end_meets_its_limit() {
    let sshd = Sshd::start();
    let session = Session::connect(&config(&sshd), &host(&sshd)).await.unwrap();
    let opened = session.open().await.unwrap();
    let limit = Duration::from_millis(400);
    let error = opened.run("test", "sleep 30".to_owned(), Vec::new(), limit, |_| false).await.unwrap_err();
    assert!(matches!(error, RemoteError::TimedOut { .. }), "{error:?}");
}
