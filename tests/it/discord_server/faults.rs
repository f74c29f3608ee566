//! Misbehaviour on command: once, or by chance from a seed.

use std::time::{Duration, Instant};

use super::call::Operation;
use crate::chance::Chance;

/// What happens to a dispatch. The client must still end up with everything, but for
/// [`InvalidateAfter`](Self::InvalidateAfter) that is not resumable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchFault {
    /// Twice, with the same number.
    Duplicate,
    /// After the next one (or 300 ms later if none comes).
    Swap,
    Delay(Duration),
    /// The connection is cut; only a resume delivers it.
    CutInstead,
    CutAfter,
    CloseAfter(u16),
    /// Op 7.
    ReconnectAfter,
    /// Op 9.
    InvalidateAfter {
        resumable: bool,
    },
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestFault {
    /// This status; nothing is done.
    Before(u16),
    /// Done, but this status says otherwise.
    After(u16),
    TooMany {
        wait: Duration,
        global: bool,
    },
    SlowBefore(Duration),
    SlowAfter(Duration),
    /// The connection is cut; nothing is done.
    ResetBefore,
    /// Done, and then the connection is cut.
    ResetAfter,
    /// This body with status 200; nothing is done.
    Says(&'static str),
}

/// Percentages of dispatches and requests that go wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Odds {
    pub duplicate: u64,
    pub swap: u64,
    /// By up to 400 ms.
    pub delay: u64,
    pub cut: u64,
    pub reconnect: u64,
    /// 500, 502 or 503.
    pub error_before: u64,
    pub error_after: u64,
    /// With a retry_after of up to 300 ms.
    pub too_many: u64,
    /// By up to 400 ms, before or after.
    pub slow: u64,
    pub reset_before: u64,
    pub reset_after: u64,
}

impl Odds {
    /// A bad day: something goes wrong with every third dispatch and every third request.
    pub const BAD: Self = Self {
        duplicate: 10,
        swap: 7,
        delay: 7,
        cut: 4,
        reconnect: 2,
        error_before: 7,
        error_after: 5,
        too_many: 5,
        slow: 7,
        reset_before: 4,
        reset_after: 4,
    };
}

pub struct Faults {
    chance: Chance,
    odds: Odds,
    dispatches: Vec<(String, DispatchFault)>,
    requests: Vec<(Operation, RestFault)>,
    /// REST accepts nothing until then.
    pub down_until: Option<Instant>,
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self {
            chance: Chance::from_seed(seed),
            odds: Odds::default(),
            dispatches: Vec::new(),
            requests: Vec::new(),
            down_until: None,
        }
    }

    pub fn is_down(&self) -> bool {
        self.down_until.is_some_and(|until| Instant::now() < until)
    }

    pub fn on_dispatch(&mut self, name: &str, fault: DispatchFault) {
        self.dispatches.push((name.to_owned(), fault));
    }

    pub fn on_request(&mut self, operation: Operation, fault: RestFault) {
        self.requests.push((operation, fault));
    }

    pub fn heal(&mut self) {
        self.dispatches.clear();
        self.requests.clear();
    }

    pub fn by_chance(&mut self, odds: Odds) {
        self.odds = odds;
    }

    /// Whether faults that were ordered have all happened.
    pub fn is_spent(&self) -> bool {
        self.dispatches.is_empty() && self.requests.is_empty()
    }

    pub fn for_dispatch(&mut self, name: &str) -> Option<DispatchFault> {
        if let Some(due) = self.dispatches.iter().position(|(wanted, _)| wanted == name) {
            return Some(self.dispatches.remove(due).1);
        }
        let odds = self.odds;
        let delay = DispatchFault::Delay(up_to(&mut self.chance, 400));
        self.draw(&[
            (odds.duplicate, DispatchFault::Duplicate),
            (odds.swap, DispatchFault::Swap),
            (odds.delay, delay),
            (odds.cut, DispatchFault::CutInstead),
            (odds.reconnect, DispatchFault::ReconnectAfter),
        ])
    }

    pub fn for_request(&mut self, operation: Operation) -> Option<RestFault> {
        if let Some(due) = self.requests.iter().position(|(wanted, _)| *wanted == operation) {
            return Some(self.requests.remove(due).1);
        }
        // A client that is not told the address of the gateway may turn to the real one.
        if operation == Operation::Gateway || operation == Operation::GatewayBot {
            return None;
        }
        let odds = self.odds;
        let status = [500, 502, 503][usize::try_from(self.chance.below(3)).unwrap()];
        let slow = up_to(&mut self.chance, 400);
        let slow =
            if self.chance.below(2) == 0 { RestFault::SlowBefore(slow) } else { RestFault::SlowAfter(slow) };
        // A callback has 3 s and interactions have no global limit.
        let global = self.chance.below(4) == 0 && operation != Operation::Callback;
        let too_many = RestFault::TooMany { wait: up_to(&mut self.chance, 300), global };
        self.draw(&[
            (odds.error_before, RestFault::Before(status)),
            (odds.error_after, RestFault::After(status)),
            (odds.too_many, too_many),
            (odds.slow, slow),
            (odds.reset_before, RestFault::ResetBefore),
            (odds.reset_after, RestFault::ResetAfter),
        ])
    }

    fn draw<F: Copy>(&mut self, faults: &[(u64, F)]) -> Option<F> {
        let mut drawn = self.chance.below(100);
        for &(percent, fault) in faults {
            if drawn < percent {
                return Some(fault);
            }
            drawn -= percent;
        }
        None
    }
}

fn up_to(chance: &mut Chance, millis: u64) -> Duration {
    Duration::from_millis(1 + chance.below(millis))
}
