//! The real bot as a process of its own, against practice hosts that are another process.
//!
//! A [`Place`] is a lab, a state folder and a knowledge base. In it a [`Bot`] reads a script, one
//! line at a time, the next when all effects of the last have ended. Whatever kills the bot leaves
//! the hosts alone: their own logs say what really happened ([`truth`]).

#![allow(dead_code, reason = "each test crate uses its own part of the harness")]

pub mod life;
pub mod place;
pub mod record;
pub mod truth;

pub use place::Place;

use std::time::{Duration, Instant};

/// Nothing here takes longer; a bound against tests that hang, no measurement.
pub const LONG: Duration = Duration::from_secs(180);

/// Waits until `holds`, or fails with `what`.
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LONG, "waited {LONG:?} for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Pseudo-random numbers from a seed (`SplitMix64`, Steele et al. 2014): a failure can be repeated.
pub struct Chance(u64);

impl Chance {
    /// From the seed in `DOGWATCH_TEST_SEED`, or a new one; it is printed.
    pub fn new() -> Self {
        let seed = std::env::var("DOGWATCH_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).unwrap();
            u64::from_le_bytes(bytes)
        });
        println!("DOGWATCH_TEST_SEED={seed}");
        Self(seed)
    }

    /// Less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// Does `work` on every item, two at a time.
pub fn two_at_a_time<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync) {
    let items = std::sync::Mutex::new(items.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(item) = items.lock().unwrap().next() else { return };
                    work(item);
                }
            });
        }
    });
}
