//! What has come already.

use std::collections::{BTreeSet, VecDeque};

/// Interactions and messages remembered, to drop what is delivered twice; the record remembers more.
const SEEN_MAX: usize = 4096;

/// The newest [`SEEN_MAX`] of them.
#[derive(Default)]
pub(super) struct Seen {
    numbers: BTreeSet<u64>,
    in_order: VecDeque<u64>,
}

impl Seen {
    /// Whether this has not come before, as far as is remembered here; from now on it is.
    pub fn is_new(&mut self, number: u64) -> bool {
        if !self.numbers.insert(number) {
            return false;
        }
        self.in_order.push_back(number);
        if self.in_order.len() > SEEN_MAX
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.numbers.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_and_no_more() {
        let mut seen = Seen::default();
        assert!(seen.is_new(0) && !seen.is_new(0));
        assert!((1..=SEEN_MAX as u64).all(|number| seen.is_new(number)));
        assert!(seen.is_new(0), "forgotten");
        assert!(!seen.is_new(2));
        assert_eq!((seen.numbers.len(), seen.in_order.len()), (SEEN_MAX, SEEN_MAX));
    }
}
