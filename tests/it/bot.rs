//! The real bot as a process of its own, against practice hosts that are another process.
//!
//! A [`Place`] is a lab, a state folder and a knowledge base. In it a [`Bot`] reads a script, one
//! line at a time, the next when all effects of the last have ended. Whatever kills the bot leaves
//! the hosts alone: their own logs say what really happened ([`truth`]).

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
