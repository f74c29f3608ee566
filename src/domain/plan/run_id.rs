//! The id under which a host knows one attempt at a step.
//!
//! Invariant: the same attempt has the same id, whatever has become of the record meanwhile. So a host that
//! has begun it once turns it down for good, also when the record was set back; and no other record's
//! attempts have its ids.

use crate::domain::id::{Digest, HostName, RunId, StoreId};

/// The first attempt at a step.
pub const FIRST_ATTEMPT: u32 = 1;

const PREFIX: &str = "dogwatch-run-v1";

/// The first 128 bits of the SHA-256 of `dogwatch-run-v1`, store id, plan digest, host, index of the step and
/// attempt, a line each, the last without its end.
pub fn run_id(store: StoreId, plan: Digest, host: &HostName, step: usize, attempt: u32) -> RunId {
    let text = format!("{PREFIX}\n{store}\n{plan}\n{host}\n{step}\n{attempt}");
    let mut bits = [0; 16];
    bits.copy_from_slice(&Digest::of(text.as_bytes()).0[..16]);
    RunId(bits)
}
