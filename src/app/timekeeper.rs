//! The time of decisions: the machine's clock, or what is recorded and the time that has passed since,
//! whichever is later.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What time it is at the least, and since when that is known.
pub(super) struct Timekeeper {
    least_ms: u64,
    since: Instant,
}

impl Timekeeper {
    /// At that moment it was at least this late, in ms since 1970.
    pub fn new(least_ms: u64, since: Instant) -> Self {
        Self { least_ms, since }
    }

    /// The time of a decision while the machine's clock says `wall_ms`.
    pub fn now_ms(&self, wall_ms: u64) -> u64 {
        self.after(self.since.elapsed(), wall_ms)
    }

    fn after(&self, passed: Duration, wall_ms: u64) -> u64 {
        let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        wall_ms.max(self.least_ms.saturating_add(passed))
    }
}

/// What the machine's clock says, in ms since 1970. A clock before that counts as 1970.
pub fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_from_what_is_recorded_while_the_clock_stands_before_it() {
        let timekeeper = Timekeeper::new(5_000_000, Instant::now());
        let at = |passed_ms, wall_ms| timekeeper.after(Duration::from_millis(passed_ms), wall_ms);
        assert_eq!(at(0, 1_000), 5_000_000);
        assert_eq!(at(700, 1_700), 5_000_700, "it does not stand still");
        assert_eq!(at(700, 6_000_000), 6_000_000);
    }
}
