//! Killed at every durable point: right after the Nth fdatasync of its life, for every N. What lies
//! between two of them is hit at random moments (`moments`), and right after each answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use dogwatch::domain::record::run::Outcome;

use super::{SCRIPT, assert_survived, restarted};
use crate::bot::{Place, two_at_a_time};

/// More calls than a life makes.
const CALLS_MAX: u32 = 200;

/// Kills the bot before each call of one kind that the script leads to. Returns how many there were.
fn killed_at_each(call: &str, after: bool, script: &str) -> u32 {
    let survived = AtomicU32::new(u32::MAX);
    let tally = Mutex::new(Vec::new());
    two_at_a_time((1..=CALLS_MAX).collect(), |nth| {
        if nth > survived.load(Ordering::Relaxed) {
            return;
        }
        let place = Place::new();
        let bot = place.bot().lines(script);
        let bot = if after { bot.killed_after(call, nth) } else { bot.killed_before(call, nth) };
        let killed = bot.run();
        let context = format!("killed at {call} {nth}");
        if killed.was_killed() {
            assert!(!after || killed.calls == nth, "{context}: {} calls", killed.calls);
        } else {
            assert!(killed.status.success(), "{context}: {}{}", killed.out, killed.err);
            survived.fetch_min(nth, Ordering::Relaxed);
        }
        let outcomes = assert_survived(&place, &[&killed], &context);
        tally.lock().unwrap().extend(outcomes);
    });
    let survived = survived.into_inner();
    assert!((2..CALLS_MAX).contains(&survived), "{call}: {survived}");
    let tally = tally.into_inner().unwrap();
    let count = |outcome: Outcome| tally.iter().filter(|is| **is == outcome).count();
    println!(
        "killed at each of {} calls of {call}: {} succeeded, {} failed, {} unknown",
        survived - 1,
        count(Outcome::Succeeded),
        count(Outcome::Failed),
        count(Outcome::Unknown),
    );
    survived - 1
}

#[test]
fn killed_at_every_durable_point() {
    let points = killed_at_each("fdatasync", true, SCRIPT);
    // Three for making the record, three for opening it, three for each of 17 decisions.
    assert!(points >= 57, "{points}");
}

/// One step with one approval.
const SHORT: &str = "\
    /incident open sev2 app01 is off
    /run esx-vm-start vmx=/vmfs/volumes/storage1/app01/app01.vmx on lab-esx because it is off
    /as ben
    /approve r1";

#[test]
fn killed_after_each_answer() {
    // What is said before it is recorded is lost here.
    let writes = killed_at_each("write", true, SHORT);
    assert!(writes >= 12, "{writes}");
}

#[test]
fn killed_before_each_fsync() {
    // What is synced this way is the state folder, when it is made.
    killed_at_each("fsync", false, "/incident open sev2 app01 is off");
}

#[test]
fn killed_at_every_durable_point_of_the_recovery() {
    // In the middle of the second step, which the host ends by itself.
    for nth in 1..=12 {
        let place = Place::new();
        place.slow(super::ESX, &["tee"], std::time::Duration::from_millis(500));
        let mut running = place.bot().lines(SCRIPT).start();
        running.until("step 1 of 4");
        let first = running.kill();
        let second = place.bot().line("/show r1").killed_after("fdatasync", nth).run();
        let context = format!("killed in a run, then after fdatasync {nth} of the recovery\n{}", first.out);
        let outcomes = assert_survived(&place, &[&first, &second], &context);
        assert!(outcomes.contains(&Outcome::Failed), "{context}: {outcomes:?}");
        if !second.was_killed() {
            assert!(nth > 6, "{context}: {}", second.out);
            return;
        }
    }
    assert!(restarted(&Place::new()).status.success());
    panic!("a recovery of one run has more than 12 syncs");
}
