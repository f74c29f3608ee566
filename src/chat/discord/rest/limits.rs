//! Discord's rate limits as its answers tell them.
//!
//! Invariant: nothing goes out before the moment that Discord named, and what one answer says about a
//! route holds for every call that Discord counts with it. No I/O and no clock here.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::call::Route;

/// Calls in a second over all routes: Discord's 50, with some room for what went out twice.
const GLOBAL_MAX: u32 = 45;
/// Calls at once on a route that no answer has told anything about.
const UNKNOWN_MAX: u32 = 5;
/// How long the calls on such a route count.
const UNKNOWN_WINDOW: Duration = Duration::from_secs(1);
/// Buckets kept before those that are over are dropped: tokens of interactions make new ones.
const BUCKETS_MAX: usize = 1_024;
/// The longest that an answer can hold calls: more is a mistake or beyond this process.
const HOLD_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Refused calls in a minute that deserve a warning: 10,000 in ten minutes ban the address.
const INVALID_MAX: usize = 10;
/// The minute.
const INVALID_WINDOW: Duration = Duration::from_secs(60);

/// What an answer says about the limit of its route.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// `X-RateLimit-Bucket`.
    pub bucket: Option<String>,
    /// `X-RateLimit-Limit`.
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`.
    pub remaining: Option<u32>,
    /// `X-RateLimit-Reset-After`.
    pub reset_after: Option<Duration>,
}

/// One count of Discord's.
#[derive(Debug)]
struct Bucket {
    limit: u32,
    remaining: u32,
    resets: Instant,
    window: Duration,
    /// Whether an answer told these numbers.
    told: bool,
}

/// What is known about all limits. It has no Debug: tokens stand in its keys.
#[derive(Default)]
pub struct Limits {
    held: Option<Instant>,
    second: Option<(Instant, u32)>,
    /// The shape of a route to what Discord calls its bucket.
    names: HashMap<String, String>,
    buckets: HashMap<(String, String), Bucket>,
    invalid: VecDeque<Instant>,
    warned: Option<Instant>,
}

impl Limits {
    /// Counts a call that goes out now, or says until when it has to wait.
    pub fn admit(&mut self, route: &Route, global: bool, now: Instant) -> Result<(), Instant> {
        if global {
            self.admit_globally(now)?;
        }
        self.drop_old(now);
        let bucket = self.bucket(route, now);
        if bucket.resets <= now {
            bucket.remaining = bucket.limit;
            bucket.resets = now + bucket.window;
        }
        if bucket.remaining == 0 {
            return Err(bucket.resets);
        }
        bucket.remaining -= 1;
        if global {
            self.second = match self.second {
                Some((began, count)) if now < began + Duration::from_secs(1) => Some((began, count + 1)),
                _ => Some((now, 1)),
            };
        }
        Ok(())
    }

    fn admit_globally(&self, now: Instant) -> Result<(), Instant> {
        if let Some(held) = self.held.filter(|held| *held > now) {
            return Err(held);
        }
        match self.second {
            Some((began, GLOBAL_MAX..)) if now < began + Duration::from_secs(1) => {
                Err(began + Duration::from_secs(1))
            }
            _ => Ok(()),
        }
    }

    /// Takes in what an answer says.
    pub fn tell(&mut self, route: &Route, told: &Told, now: Instant) {
        if let Some(name) = &told.bucket {
            let before = self.names.insert(route.shape.clone(), name.clone());
            let before = before.unwrap_or_else(|| route.shape.clone());
            let old = (before, route.major.clone());
            // What was counted under the old name is counted under the new one.
            if old.0 != *name
                && let Some(bucket) = self.buckets.remove(&old)
            {
                self.buckets.entry((name.clone(), route.major.clone())).or_insert(bucket);
            }
        }
        let bucket = self.bucket(route, now);
        match (told.remaining, told.reset_after) {
            (Some(remaining), Some(reset_after)) => {
                let reset_after = reset_after.min(HOLD_MAX);
                bucket.limit = told.limit.unwrap_or(bucket.limit).max(1);
                // Calls on their way are in our count and not yet in Discord's.
                bucket.remaining = bucket.remaining.min(remaining);
                bucket.resets =
                    if bucket.told { bucket.resets.max(now + reset_after) } else { now + reset_after };
                bucket.window = if bucket.told { bucket.window.max(reset_after) } else { reset_after };
                bucket.told = true;
            }
            _ if !bucket.told => bucket.remaining = bucket.limit,
            _ => {}
        }
    }

    /// Holds a route, or everything, for as long as an answer says.
    pub fn hold(&mut self, route: &Route, all: bool, wait: Duration, now: Instant) {
        let until = now + wait.min(HOLD_MAX);
        if all {
            self.held = self.held.max(Some(until));
            return;
        }
        let bucket = self.bucket(route, now);
        bucket.remaining = 0;
        // A window that was only assumed makes nobody wait.
        bucket.resets = if bucket.told { bucket.resets.max(until) } else { until };
        bucket.told = true;
    }

    /// Counts a call that Discord calls invalid; says how many there were in a minute if that has to
    /// be said now.
    pub fn invalid(&mut self, now: Instant) -> Option<usize> {
        while self.invalid.len() >= BUCKETS_MAX
            || self.invalid.front().is_some_and(|at| now > *at + INVALID_WINDOW)
        {
            self.invalid.pop_front();
        }
        self.invalid.push_back(now);
        let silent = self.warned.is_some_and(|warned| now < warned + INVALID_WINDOW);
        if self.invalid.len() < INVALID_MAX || silent {
            return None;
        }
        self.warned = Some(now);
        Some(self.invalid.len())
    }

    fn bucket(&mut self, route: &Route, now: Instant) -> &mut Bucket {
        let name = self.names.get(&route.shape).unwrap_or(&route.shape);
        self.buckets.entry((name.clone(), route.major.clone())).or_insert_with(|| Bucket {
            limit: UNKNOWN_MAX,
            remaining: UNKNOWN_MAX,
            resets: now + UNKNOWN_WINDOW,
            window: UNKNOWN_WINDOW,
            told: false,
        })
    }

    fn drop_old(&mut self, now: Instant) {
        if self.buckets.len() >= BUCKETS_MAX {
            self.buckets.retain(|_, bucket| bucket.resets > now);
        }
    }
}

#[cfg(test)]
mod tests;
