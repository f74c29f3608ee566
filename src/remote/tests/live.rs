//! What is seen of a step while it runs, and that its end does not depend on that.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::super::live::{FAILURES_MAX, FETCH_PAUSE};
use super::super::run;
use super::super::wire::fresh_run_id;
use super::runs::{World, lines, sh, unseen};
use crate::domain::plan::Command;
use crate::domain::record::run::{Output, StepEnd, StepReport};

/// Executes a step; what was seen of its output before `end` was there, and how it ended.
async fn watched(world: &World, command: &Command, end: &Path) -> (Vec<String>, StepReport) {
    let (_sender, cancel) = watch::channel(false);
    let (printed, mut seen) = watch::channel(Output::default());
    let run = fresh_run_id().unwrap();
    let (report, pieces) = tokio::join!(run::execute(world.step(command, run), cancel, printed), async {
        let mut pieces = Vec::new();
        while seen.changed().await.is_ok() && !end.exists() {
            pieces.push(seen.borrow_and_update().text());
        }
        pieces
    });
    (pieces, report)
}

/// Has the login shell do something before each question for the output.
fn before_each_fetch(world: &World, script: &str) {
    let login = format!("case $BASH_EXECUTION_STRING in *' out'*) {script} ;; esac\n");
    fs::write(world.sshd.home().join(".bashrc"), login).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_is_seen_in_pieces_before_the_end() {
    let world = World::new().await;
    let end = world.trace("end");
    let slow = sh(&format!("echo one; sleep 3; echo two; sleep 3; echo three; echo x > {}", end.display()));
    let (pieces, report) = watched(&world, &slow, &end).await;
    assert_eq!(pieces, ["one\n", "one\ntwo\n"]);
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(0), "one\ntwo\nthree\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_prints_all_the_time_is_seen_about_every_second() {
    let world = World::new().await;
    let end = world.trace("end");
    let talking = format!("for i in $(seq 50); do echo $i; sleep 0.1; done; echo x > {}", end.display());
    let started = Instant::now();
    let (pieces, report) = watched(&world, &sh(&talking), &end).await;
    let most = started.elapsed().as_millis() / FETCH_PAUSE.as_millis();
    assert!((2..=most).contains(&(pieces.len() as u128)), "{pieces:?}");
    assert!(pieces.iter().all(|piece| report.output.text().starts_with(piece)), "{pieces:?}");
    assert_eq!(report.end, StepEnd::Done(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_of_a_recovered_step_is_seen_before_its_end() {
    let world = World::new().await;
    let slow = sh("echo begun; sleep 5");
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    let first = run::execute(world.step(&slow, run), cancel, unseen());
    assert!(timeout(Duration::from_secs(1), first).await.is_err());
    let (_sender, cancel) = watch::channel(false);
    let (printed, seen) = watch::channel(Output::default());
    let report = run::settle(world.step(&slow, run), cancel, printed).await;
    assert_eq!(report.end, StepEnd::Done(0));
    assert_eq!(seen.borrow().text(), "begun\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_whose_output_cannot_be_fetched_meanwhile_ends_properly() {
    let world = World::new().await;
    let (end, fetches) = (world.trace("end"), world.trace("fetches"));
    // The last fetch, after the end, works again.
    let fail = format!("echo x >>{}; [ -e {} ] || exit 3", fetches.display(), end.display());
    before_each_fetch(&world, &fail);
    let slow = sh(&format!("echo one; sleep 6; echo x > {}; exit 7", end.display()));
    let (pieces, report) = watched(&world, &slow, &end).await;
    assert!(pieces.is_empty(), "{pieces:?}");
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(7), "one\n"));
    assert_eq!(lines(&fetches), FAILURES_MAX + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_that_hangs_does_not_delay_the_end() {
    let world = World::new().await;
    let (end, fetches) = (world.trace("end"), world.trace("fetches"));
    let hang = format!("echo x >>{}; [ -e {} ] || sleep 20", fetches.display(), end.display());
    before_each_fetch(&world, &hang);
    let slow = sh(&format!("echo one; sleep 3; echo x > {}", end.display()));
    let started = Instant::now();
    let (pieces, report) = watched(&world, &slow, &end).await;
    assert!(pieces.is_empty(), "{pieces:?}");
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(0), "one\n"));
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(lines(&fetches), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_watches_the_output_is_fetched_once() {
    let world = World::new().await;
    let fetches = world.trace("fetches");
    before_each_fetch(&world, &format!("echo x >>{}", fetches.display()));
    let (_sender, cancel) = watch::channel(false);
    let slow = sh("echo one; sleep 3");
    let report = run::execute(world.step(&slow, fresh_run_id().unwrap()), cancel, unseen()).await;
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(0), "one\n"));
    assert_eq!(lines(&fetches), 1);
}
