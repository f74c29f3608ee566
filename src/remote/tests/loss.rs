//! Remote runs whose connection, host or bot fails in the middle.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::super::run;
use super::super::step::Step;
use super::super::wire::{Claim, fresh_run_id};
use super::runs::{World, lines, sh, unseen};
use crate::domain::id::Digest;
use crate::domain::record::run::{BootId, StepEnd};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_step_is_settled_by_what_the_host_says() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let slow = sh(&format!("echo x >> {}; sleep 3; echo over; exit 5", trace.display()));
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    // The bot dies one second after the start.
    let died = timeout(Duration::from_secs(1), run::execute(world.step(&slow, run), cancel, unseen())).await;
    assert!(died.is_err());
    let report = world.settle(&slow, run).await;
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(5), "over\n"));
    assert_eq!(lines(&trace), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_whose_end_was_not_recorded_is_settled_with_its_true_end() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let quick = sh(&format!("echo x >> {}; exit 6", trace.display()));
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    let first = run::execute(world.step(&quick, run), cancel, unseen()).await;
    // The bot dies before it has recorded this.
    assert_eq!(first.end, StepEnd::Done(6));
    assert_eq!(world.settle(&quick, run).await.end, StepEnd::Done(6));
    assert_eq!(lines(&trace), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fenced_run_never_begins() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let touch = sh(&format!("echo x >> {}", trace.display()));
    let run = fresh_run_id().unwrap();
    let fenced = world.settle(&touch, run).await;
    assert!(matches!(fenced.end, StepEnd::NotRun(_)) && fenced.passes, "{fenced:?}");
    // A start that was under way all the time arrives at last.
    let (_sender, cancel) = watch::channel(false);
    let late = run::execute(world.step(&touch, run), cancel, unseen()).await;
    // No first start: nothing is made of what the host says, and nothing is sent again.
    assert!(matches!(late.end, StepEnd::Unknown(_)) && !late.passes, "it has met this run before: {late:?}");
    sleep(Duration::from_secs(1)).await;
    assert!(!trace.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_another_boot_nothing_is_believed() {
    let mut world = World::new().await;
    let quick = sh("exit 0");
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    assert_eq!(run::execute(world.step(&quick, run), cancel, unseen()).await.end, StepEnd::Done(0));
    for boot in ["another-boot", "none"] {
        world.ground.boot = BootId(boot.to_owned());
        let report = world.settle(&quick, run).await;
        assert!(matches!(&report.end, StepEnd::Unknown(why) if why.contains("boot")), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_connection_is_replaced() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let slow = sh(&format!("echo x >> {}; sleep 4; exit 9", trace.display()));
    let (report, frozen) = tokio::join!(world.execute(&slow), async {
        sleep(Duration::from_secs(2)).await;
        world.sshd.freeze_sessions()
    });
    assert!(frozen > 0);
    assert_eq!(report.end, StepEnd::Done(9));
    assert_eq!(lines(&trace), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_gone_leaves_the_run_unknown() {
    let mut world = World::new().await;
    world.config.reconnect_for = Duration::from_secs(3);
    let slow = sh("sleep 2");
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    let World { sshd, config, host, digest, over, ground } = world;
    let step = Step {
        config: &config,
        over: &over,
        host: &host,
        digest,
        command: &slow,
        run,
        ground: &ground,
        claim: Claim::Made(&[]),
    };
    let (report, ()) = tokio::join!(run::execute(step, cancel, unseen()), async {
        sleep(Duration::from_secs(1)).await;
        drop(sshd);
    });
    assert!(matches!(&report.end, StepEnd::Unknown(why) if why.contains("lost")), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_another_plan_is_not_believed() {
    let mut world = World::new().await;
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    let quick = sh("exit 0");
    assert_eq!(run::execute(world.step(&quick, run), cancel, unseen()).await.end, StepEnd::Done(0));
    world.digest = Digest::of(b"another plan");
    let report = world.settle(&quick, run).await;
    assert!(matches!(&report.end, StepEnd::Unknown(why) if why.contains("digest differs")), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_to_cancel_survives_the_connection() {
    let world = World::new().await;
    let trace = world.trace("late");
    let slow = sh(&format!("echo begun; sleep 8; echo late > {}", trace.display()));
    let (sender, cancel) = watch::channel(false);
    let (report, ()) =
        tokio::join!(run::execute(world.step(&slow, fresh_run_id().unwrap()), cancel, unseen()), async {
            sleep(Duration::from_secs(1)).await;
            sender.send(true).unwrap();
            for _ in 0..5 {
                sleep(Duration::from_millis(60)).await;
                world.sshd.kill_sessions();
            }
        });
    assert_eq!(report.end, StepEnd::Cancelled);
    sleep(Duration::from_secs(8)).await;
    assert!(!trace.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_cancelled_while_its_host_is_looked_for_is_never_sent() {
    let mut world = World::new().await;
    let port = std::mem::replace(&mut world.host.port, 1);
    let trace = world.trace("trace");
    let touch = sh(&format!("echo x >> {}", trace.display()));
    let run = fresh_run_id().unwrap();
    let (sender, cancel) = watch::channel(false);
    let (report, ()) = tokio::join!(run::execute(world.step(&touch, run), cancel, unseen()), async {
        sleep(Duration::from_millis(300)).await;
        sender.send(true).unwrap();
    });
    assert_eq!(report.end, StepEnd::Cancelled);
    world.host.port = port;
    assert!(matches!(world.settle(&touch, run).await.end, StepEnd::NotRun(_)));
    assert!(!trace.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_recovered_after_a_crash_can_be_cancelled() {
    let world = World::new().await;
    let slow = sh("echo begun; sleep 20");
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    assert!(
        timeout(Duration::from_secs(1), run::execute(world.step(&slow, run), cancel, unseen()))
            .await
            .is_err()
    );
    let (_sender, cancel) = watch::channel(true);
    let report = run::settle(world.step(&slow, run), cancel, unseen()).await;
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Cancelled, "begun\n"));
}

/// How often a connection is killed in the middle of a run, at a random moment.
const KILLED_RUNS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections_never_lie_and_never_run_twice() {
    let world = World::new().await;
    let mut seen = [0; 3];
    let mut not_run = Vec::new();
    let mut killed = 0;
    for round in 0..KILLED_RUNS {
        let trace = world.trace(&format!("trace{round}"));
        let code = i32::try_from(round).unwrap();
        let step = sh(&format!("echo x >> {}; sleep 0.3; echo done; exit {code}", trace.display()));
        // Half of the rounds lose the second connection as well.
        let pauses = [random_ms(700), random_ms(400)];
        let (report, hit) = tokio::join!(world.execute(&step), async {
            let mut hit = 0;
            for pause in &pauses[..=round % 2] {
                sleep(*pause).await;
                hit += usize::from(world.sshd.kill_sessions() > 0);
            }
            hit
        });
        killed += hit;
        match report.end {
            StepEnd::Done(reported) => {
                assert_eq!((reported, lines(&trace)), (code, 1), "round {round}");
                seen[0] += 1;
            }
            StepEnd::NotRun(_) => {
                assert!(report.passes, "round {round}: another attempt may be sent");
                not_run.push(trace.clone());
                seen[1] += 1;
            }
            StepEnd::Unknown(why) => {
                eprintln!("round {round}: unknown: {why}");
                seen[2] += 1;
            }
            other => panic!("round {round}: {other:?}"),
        }
        assert!(lines(&trace) <= 1, "round {round} ran twice");
    }
    // What was late would have come by now.
    sleep(Duration::from_secs(2)).await;
    for trace in &not_run {
        assert!(!trace.exists(), "{} exists although it was reported as not run", trace.display());
    }
    for round in 0..KILLED_RUNS {
        assert!(lines(&world.trace(&format!("trace{round}"))) <= 1, "round {round} ran twice");
    }
    eprintln!("{killed} killed: {} done, {} not run, {} unknown", seen[0], seen[1], seen[2]);
    assert!(killed >= 20 && seen[0] > 0, "the kills missed or nothing came through: {killed}, {seen:?}");
}

pub(super) fn random_ms(below: u64) -> Duration {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    Duration::from_millis(u64::from_le_bytes(bytes) % below)
}
