//! The tries to reach the hosts that requests wait for: how often, when again, why not yet.
//!
//! Nothing happens on a host by a try, so no record has them: they are of this life of the bot, and begin
//! anew with the next one.

use std::collections::BTreeMap;

use crate::domain::id::{HostName, RequestId};
use crate::domain::record::request::{Request, Status};
use crate::domain::record::run::WHY_LEN_MAX;
use crate::domain::text::shortened;
use crate::domain::world::action::Risk;

/// Milliseconds between the first try and the second; each pause is twice the one before.
const PAUSE_MS: u64 = 2_000;
/// No pause is longer.
const PAUSE_MS_MAX: u64 = 60_000;
/// Milliseconds from the first try on a host of a run after which none begins.
const RUN_MS_MAX: u64 = 60_000;
/// The same of a read: somebody waits for its answer, and asking again costs no approvals.
const READ_MS_MAX: u64 = 20_000;

/// Why a host could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// For people: what was tried on which host and what to do about it.
    pub why: String,
    /// Whether it may pass by itself.
    pub passes: bool,
}

/// How reaching one host for one request has gone so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tries {
    /// The host.
    pub host: HostName,
    /// How many, one that is under way included.
    pub count: u32,
    /// Whether the last of them is under way.
    pub under_way: bool,
    /// Why the last one that is over failed; none if none is over.
    pub why: Option<String>,
    /// When the next one may begin, in ms since 1970.
    pub next_ms: u64,
    since_ms: u64,
}

impl Tries {
    /// The first try begins.
    pub fn first(host: &HostName, now_ms: u64) -> Self {
        let host = host.clone();
        Self { host, count: 1, under_way: true, why: None, next_ms: now_ms, since_ms: now_ms }
    }

    /// The next try begins.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { count: self.count.saturating_add(1), under_way: true, ..self.clone() }
    }

    /// The try that is under way has failed.
    #[must_use]
    pub fn failed(&self, why: &str, now_ms: u64) -> Self {
        let next_ms = now_ms.saturating_add(pause_ms(self.count));
        // Time may have been said to be earlier since then.
        let since_ms = self.since_ms.min(now_ms);
        Self { under_way: false, why: Some(shortened(why, WHY_LEN_MAX)), next_ms, since_ms, ..self.clone() }
    }

    /// Why the host is given up.
    pub fn in_vain(&self) -> Unreached {
        let why = self.why.clone().unwrap_or_default();
        let why = if self.count > 1 { format!("{why} ({} tries)", self.count) } else { why };
        Unreached { why, passes: false }
    }

    /// Whether no try of a run of this risk begins any more.
    pub fn is_last(&self, risk: Risk) -> bool {
        let limit_ms = if risk == Risk::Read { READ_MS_MAX } else { RUN_MS_MAX };
        self.next_ms > self.since_ms.saturating_add(limit_ms)
    }
}

/// The pause after so many tries.
fn pause_ms(count: u32) -> u64 {
    let doubled = 1_u64.checked_shl(count.saturating_sub(1)).unwrap_or(u64::MAX);
    PAUSE_MS.saturating_mul(doubled).min(PAUSE_MS_MAX)
}

/// The tries of all requests.
#[derive(Debug, Default)]
pub struct Reach(BTreeMap<RequestId, Tries>);

impl Reach {
    /// The tries of a request that waits or runs. Those from before it had its approvals count only while
    /// one is under way.
    pub fn of(&self, request: &Request) -> Option<&Tries> {
        self.0.get(&request.id).filter(|tries| match request.status {
            Status::Ready(since_ms) => tries.under_way || tries.since_ms >= since_ms,
            Status::Running => true,
            _ => false,
        })
    }

    /// Whether a try may begin for a request that could start.
    pub fn is_due(&self, request: &Request, now_ms: u64) -> bool {
        self.of(request).is_none_or(|tries| !tries.under_way && now_ms >= tries.next_ms)
    }

    /// Whether a request is about to start: its host is asked for the first time.
    pub fn is_beginning(&self, request: &Request) -> bool {
        let first = |tries: &Tries| tries.under_way && tries.why.is_none();
        matches!(request.status, Status::Ready(_)) && self.of(request).is_some_and(first)
    }

    /// Whether the host of a request has been tried in vain.
    pub fn is_out_of_reach(&self, request: &Request) -> bool {
        self.of(request).is_some_and(|tries| tries.why.is_some())
    }

    /// The tries of a request of which one is under way, whatever has become of the request meanwhile.
    pub fn under_way(&self, id: RequestId) -> Option<&Tries> {
        self.0.get(&id).filter(|tries| tries.under_way)
    }

    /// Takes in how it stands; none: the host was reached, or is tried no more. What that changes for
    /// people is true.
    pub fn set(&mut self, id: RequestId, tries: Option<Tries>) -> bool {
        let shown = |tries: &Option<Tries>| tries.as_ref().is_some_and(|tries| tries.why.is_some());
        let is_shown = shown(&tries);
        let before = match tries {
            Some(tries) => self.0.insert(id, tries),
            None => self.0.remove(&id),
        };
        is_shown || shown(&before)
    }
}

#[cfg(test)]
mod tests;
