//! Killed at random moments, most of them inside a step: the tools of the host are slow.

use std::time::Duration;

use dogwatch::domain::record::run::Outcome;

use super::{ESX, SCRIPT, assert_survived};
use crate::bot::{Place, two_at_a_time};
use crate::chance::Chance;

const ROUNDS: u64 = 30;
const SLOW_MS: u64 = 400;

/// When to kill in one round.
struct Moment {
    round: u64,
    /// From the start of the bot, or from its first run on.
    in_run: bool,
    after_ms: u64,
    /// Every third time it is killed again, so long after the restart.
    again_ms: Option<u64>,
}

#[test]
fn killed_at_random_moments() {
    let mut chance = Chance::new();
    let mut moment = |round| Moment {
        round,
        in_run: round % 4 != 0,
        after_ms: chance.below(if round % 4 == 0 { 1500 } else { 5000 }),
        again_ms: (round % 3 == 0).then(|| chance.below(1200)),
    };
    let moments: Vec<_> = (0..ROUNDS).map(&mut moment).collect();
    let tally = std::sync::Mutex::new(Vec::new());
    two_at_a_time(moments, |moment| {
        let outcomes = killed_at(&moment);
        tally.lock().unwrap().extend(outcomes);
    });
    let tally = tally.into_inner().unwrap();
    let count = |outcome: Outcome| tally.iter().filter(|is| **is == outcome).count();
    let (succeeded, failed) = (count(Outcome::Succeeded), count(Outcome::Failed));
    println!("{ROUNDS} kills: {succeeded} succeeded, {failed} failed, {} unknown", count(Outcome::Unknown));
    assert!(succeeded + failed > 0);
}

fn killed_at(moment: &Moment) -> Vec<Outcome> {
    let place = Place::new();
    let tools = ["mkdir", "tee", "vmkfstools", "vmware-cmd", "rm", "ls"];
    place.slow(ESX, &tools, Duration::from_millis(SLOW_MS));
    let mut running = place.bot().lines(SCRIPT).start();
    if moment.in_run {
        running.until_or_end("r1 starts");
    }
    running.ends_within(Duration::from_millis(moment.after_ms));
    let mut lives = vec![running.kill()];
    if let Some(again_ms) = moment.again_ms {
        let mut running = place.bot().line("/show r1").start();
        running.ends_within(Duration::from_millis(again_ms));
        lives.push(running.kill());
    }
    let Moment { round, in_run, after_ms, again_ms } = moment;
    let context = format!("round {round}: in run {in_run}, after {after_ms} ms, again {again_ms:?}");
    assert_survived(&place, &lives.iter().collect::<Vec<_>>(), &context)
}
