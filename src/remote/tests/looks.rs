//! Looking at hosts: verification, boot id, check.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use super::super::check::check;
use super::super::verify::{verdict, verify};
use super::runs::{World, command, sh};
use crate::app::ports::When;
use crate::domain::plan::Check;
use crate::domain::record::run::{Output, StepEnd, StepReport, Verdict};
use crate::domain::world::host::{Host, Platform};

fn inventory_host(world: &World) -> Host {
    Host {
        name: world.host.name.clone(),
        address: world.host.address.clone(),
        port: world.host.port,
        user: world.host.user.clone(),
        platforms: vec![Platform::Linux],
        labels: Vec::new(),
        host_key: Some(world.host.host_key.clone()),
        sudo: false,
        legacy: false,
        path: world.host.path.clone(),
        folder: world.host.folder.clone(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_is_repeated_until_it_holds() {
    let mut world = World::new().await;
    let file = world.sshd.folder.join("effect");
    let mut looking = sh(&format!("cat {}", file.display()));
    looking.expect_stdout = Some("^ready$".to_owned());
    world.host.verify = vec![Check { command: looking, within_s: 20 }];
    let (report, ()) =
        tokio::join!(verify(&world.config, &world.over, &world.host, world.digest, When::After), async {
            sleep(Duration::from_secs(3)).await;
            fs::write(&file, "ready").unwrap();
        });
    assert_eq!(report.verdict, Verdict::Holds, "{report:?}");
    assert_eq!((report.why.as_str(), report.output.text().as_str()), ("", "ready"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_that_never_holds_says_why() {
    let mut world = World::new().await;
    world.host.verify = vec![Check { command: sh("echo off; exit 4"), within_s: 1 }];
    let report = verify(&world.config, &world.over, &world.host, world.digest, When::After).await;
    assert_eq!((report.verdict, report.why.as_str()), (Verdict::Fails, "exit code 4, expected 0"));
    assert_eq!(report.output.text(), "off\n");
}

#[test]
fn what_is_not_as_expected_is_named() {
    let mut looking = command(&["true"]);
    looking.expect_exit = vec![1, 2];
    looking.expect_stdout = Some("O[kK]".to_owned());
    let printed = |text: &str| Output { head: text.to_owned(), ..Output::default() };
    let told = |end, output| verdict(&looking, &StepReport { end, output, left: Vec::new(), passes: false });
    let fails = |why: &str| (Verdict::Fails, why.to_owned());
    assert_eq!(told(StepEnd::Done(2), printed("all OK")), (Verdict::Holds, String::new()));
    assert_eq!(told(StepEnd::Done(0), printed("all OK")), fails("exit code 0, expected 1 or 2"));
    assert_eq!(told(StepEnd::Done(1), printed("no")), fails("standard output does not match O[kK]"));
    let late = (Verdict::NotSeen, "no end within 60 s".to_owned());
    assert_eq!(told(StepEnd::TimedOut, printed("all OK")), late);
    for text in ["all OK", "no"] {
        let output = Output { unseen: Some("7 bytes of it were not kept".to_owned()), ..printed(text) };
        assert_eq!(told(StepEnd::Done(0), output.clone()), fails("exit code 0, expected 1 or 2"));
        let (verdict, why) = told(StepEnd::Done(1), output);
        assert_eq!(verdict, Verdict::NotSeen);
        assert!(why.contains("nobody can say: 7 bytes"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_names_what_is_missing() {
    let world = World::new().await;
    let host = inventory_host(&world);
    // A builtin is no program.
    let programs = ["ls", "no such program", "shift", "/bin/sh", "/bin/nothing"].map(str::to_owned);
    let report = check(&world.config, &host, &programs).await;
    let found: Vec<_> = report.findings.iter().map(|(name, well, _)| (name.as_str(), *well)).collect();
    assert_eq!(
        found,
        [
            ("login", true),
            ("wrapper", true),
            ("folder", true),
            ("ls", true),
            ("no such program", false),
            ("shift", false),
            ("/bin/sh", true),
            ("/bin/nothing", false)
        ],
        "{report:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_gives_sudos_words() {
    let world = World::new().await;
    fs::write(world.sshd.home().join(".bashrc"), "PATH=/nowhere\n").unwrap();
    let host = Host { sudo: true, ..inventory_host(&world) };
    let report = check(&world.config, &host, &[]).await;
    let (name, well, what) = &report.findings[1];
    assert_eq!((name.as_str(), *well), ("sudo", false));
    assert!(what.contains("sudo: command not found") || what.contains("sudo: No such file"), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_needs_a_channel_after_the_first_is_closed_and_no_more() {
    let world = World::with("MaxSessions 1").await;
    for programs in [vec![], vec!["ls".to_owned()]] {
        let report = check(&world.config, &inventory_host(&world), &programs).await;
        assert!(report.findings.iter().all(|(_, well, _)| *well), "{report:?}");
        assert_eq!(report.findings.len(), 3 + programs.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_says_what_to_do_about_keys_and_logins() {
    let world = World::new().await;
    let mut host = inventory_host(&world);
    host.host_key = None;
    let report = check(&world.config, &host, &[]).await;
    let (name, well, what) = &report.findings[0];
    assert_eq!((name.as_str(), *well), ("host key", false));
    assert!(what.contains(&world.sshd.host_key) && what.contains("no key is pinned"), "{what}");

    let mut host = inventory_host(&world);
    host.user = "nobody-here".to_owned();
    let report = check(&world.config, &host, &[]).await;
    let (name, well, what) = &report.findings[0];
    assert_eq!((name.as_str(), *well), ("login", false));
    assert!(what.contains("authorized_keys"), "{what}");

    let mut host = inventory_host(&world);
    host.port = 1;
    let report = check(&world.config, &host, &[]).await;
    let (name, well, what) = &report.findings[0];
    assert_eq!((name.as_str(), *well), ("connection", false));
    assert!(what.contains("refused"), "{what}");
}
