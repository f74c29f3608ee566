//! Rate limits: fixed windows by bucket, a global one, and who does not wait as told.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::call::{Operation, Target};

/// Of all requests but those about interactions, a second.
const GLOBAL_MAX: u32 = 50;
/// A client's clock and ours need not agree better.
const TOLERANCE: Duration = Duration::from_millis(10);

/// A request that comes so soon after a wait began was sent before it.
pub const UNDER_WAY: Duration = Duration::from_millis(150);

/// How many requests a window of a bucket takes.
#[derive(Clone, Copy)]
pub struct Limit {
    name: &'static str,
    count: u32,
    window: Duration,
}

impl Limit {
    fn of(operation: Operation) -> Self {
        let (name, count, seconds) = match operation {
            Operation::CreateMessage => ("create", 5, 5),
            Operation::EditMessage => ("edit", 5, 5),
            Operation::DeleteMessage => ("delete", 5, 1),
            Operation::CreateThread => ("thread", 50, 300),
            // Each interaction has a bucket of its own: they never hold each other.
            Operation::Callback => ("callback", 5, 2),
            Operation::Followup | Operation::GetAnswer | Operation::EditAnswer | Operation::DeleteAnswer => {
                ("webhook", 5, 2)
            }
            _ => ("other", 50, 1),
        };
        Self { name, count, window: Duration::from_secs(seconds) }
    }
}

struct Window {
    begin: Instant,
    used: u32,
}

/// A wait that somebody was told of.
#[derive(Clone, Copy)]
struct Block {
    since: Instant,
    until: Instant,
}

impl Block {
    /// How much too early it is, and whether whoever comes could know: what was under way when
    /// the wait began could not.
    fn early(self, now: Instant) -> Option<(Duration, bool)> {
        (now + TOLERANCE < self.until).then(|| (self.until - now, now > self.since + UNDER_WAY))
    }
}

/// What a refused request is told.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    pub for_time: Duration,
    pub global: bool,
}

pub struct Buckets {
    pub enabled: bool,
    windows: HashMap<String, Window>,
    blocked: HashMap<String, Block>,
    /// Requests that came before the end of the wait they were given.
    pub violations: Vec<String>,
    /// Answers with 401, 403 or 429: 10,000 in ten minutes ban an address.
    pub invalid: usize,
}

/// What the headers of an answer say.
pub struct Standing {
    pub bucket: String,
    pub limit: u32,
    pub remaining: u32,
    pub reset_after: Duration,
}

const GLOBAL: &str = "global";

impl Buckets {
    pub fn new(enabled: bool) -> Self {
        Self { enabled, windows: HashMap::new(), blocked: HashMap::new(), violations: Vec::new(), invalid: 0 }
    }

    /// Operations without a limit of their own don't share one.
    fn name(target: &Target) -> String {
        match Limit::of(target.operation).name {
            "other" => format!("{:?}", target.operation),
            name => name.to_owned(),
        }
    }

    /// Every channel has a count of its own.
    fn key(target: &Target) -> String {
        format!("{} {}", Self::name(target), target.major())
    }

    /// Blocks the route of a request, or all, and counts whoever comes before the time.
    pub fn block(&mut self, target: &Target, wait: Wait) {
        let key = if wait.global { GLOBAL.to_owned() } else { Self::key(target) };
        let since = Instant::now();
        self.blocked.insert(key, Block { since, until: since + wait.for_time });
    }

    /// A client that has just started knows of no wait.
    pub fn new_client(&mut self) {
        self.blocked.clear();
    }

    /// Counts a request; refuses it if it is too early.
    pub fn admit(&mut self, target: &Target) -> Result<Standing, Wait> {
        let now = Instant::now();
        let key = Self::key(target);
        let exempt = target.is_about_interaction();
        for (blocked, global) in [(key.as_str(), false), (GLOBAL, true)] {
            if global && exempt {
                continue;
            }
            if let Some(block) = self.blocked.get(blocked).copied() {
                if let Some((early, knew)) = block.early(now) {
                    if knew {
                        self.violations.push(format!("{:?} came {early:?} too early", target.operation));
                    }
                    return Err(Wait { for_time: early, global });
                }
                self.blocked.remove(blocked);
            }
        }
        let global_limit = Limit { name: GLOBAL, count: GLOBAL_MAX, window: Duration::from_secs(1) };
        if self.enabled && !exempt && self.take(GLOBAL, global_limit, now).is_none() {
            return Err(self.refuse(GLOBAL, global_limit, now, true));
        }
        let limit = Limit::of(target.operation);
        match self.take(&key, limit, now) {
            None if self.enabled => Err(self.refuse(&key, limit, now, false)),
            left => {
                let window = &self.windows[&key];
                Ok(Standing {
                    bucket: format!(
                        "{:016x}",
                        // The same for all channels, as Discord's is.
                        Self::name(target)
                            .bytes()
                            .fold(7_u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte))
                    ),
                    limit: limit.count,
                    remaining: if self.enabled { left.unwrap_or(0) } else { limit.count },
                    reset_after: (window.begin + limit.window).saturating_duration_since(now),
                })
            }
        }
    }

    /// Two new names in ten minutes, beside the limit of the route.
    pub fn admit_name(&mut self, channel: u64) -> Result<(), Wait> {
        let limit = Limit { name: "name", count: 2, window: Duration::from_secs(600) };
        let (key, now) = (format!("name {channel}"), Instant::now());
        if let Some((early, _)) = self.blocked.get(&key).and_then(|block| block.early(now)) {
            self.violations.push(format!("a name of {channel} came {early:?} too early"));
            return Err(Wait { for_time: early, global: false });
        }
        if self.enabled && self.take(&key, limit, now).is_none() {
            return Err(self.refuse(&key, limit, now, false));
        }
        Ok(())
    }

    /// How many are left, or nothing.
    fn take(&mut self, key: &str, limit: Limit, now: Instant) -> Option<u32> {
        let window = self.windows.entry(key.to_owned()).or_insert(Window { begin: now, used: 0 });
        if now - window.begin >= limit.window {
            *window = Window { begin: now, used: 0 };
        }
        window.used += 1;
        limit.count.checked_sub(window.used)
    }

    fn refuse(&mut self, key: &str, limit: Limit, now: Instant, global: bool) -> Wait {
        let until = self.windows[key].begin + limit.window;
        self.blocked.insert(key.to_owned(), Block { since: now, until });
        Wait { for_time: until - now, global }
    }
}
