//! The chain of events.
//!
//! The hash of an event is the SHA-256 of `dogwatch-event-v1\n`, the previous event's hash in hex, `\n`,
//! and the canonical bytes of the envelope. Test vectors stand in tests/vectors/event.json.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::canonical::canonical;
use crate::domain::id::{Digest, RequestId};
use crate::domain::world::actor::ActorId;

/// Bytes of one event's canonical envelope at the most; sled moves larger values to files that it
/// does not sync.
pub const EVENT_LEN_MAX: usize = 32 * 1024;

/// The version of the envelope.
pub const ENVELOPE_VERSION: u32 = 1;

const EVENT_PREFIX: &[u8] = b"dogwatch-event-v1\n";

/// The hash of an event, over the hash before it and its own canonical envelope.
pub fn event_hash(previous: Digest, canonical_envelope: &[u8]) -> Digest {
    let hash = Sha256::new()
        .chain_update(EVENT_PREFIX)
        .chain_update(previous.to_string())
        .chain_update(b"\n")
        .chain_update(canonical_envelope);
    Digest(hash.finalize().into())
}

/// The hash before the first event.
pub const GENESIS: Digest = Digest([0; 32]);

/// Where a chain of events ends: the last event's sequence number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// 0 before the first event.
    pub seq: u64,
    /// [`GENESIS`] before the first event.
    pub hash: Digest,
}

impl Head {
    /// The head of a store without events.
    pub const START: Self = Self { seq: 0, hash: GENESIS };
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "event {} ({})", self.seq, self.hash.short())
    }
}

/// Why an event is not the next one of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// The bytes, their hash or the hash before them changed.
    #[error("its hash does not fit its bytes and the hash before it")]
    Hash,
    /// The bytes hash well, but are not what [`canonical`] writes.
    #[error("its bytes are not canonical JSON")]
    NotCanonical,
    /// A later version wrote it.
    #[error("its envelope has version {0}, this dogwatch knows {ENVELOPE_VERSION}")]
    Version(u64),
    /// It belongs to another store.
    #[error("it belongs to store `{0}`")]
    Store(String),
    /// Something before it is missing, or it stands in the wrong place.
    #[error("it calls itself event {0}")]
    Seq(u64),
    /// The plan that was approved was rewritten, or its digest.
    #[error("the plan of {0} does not hash to the digest that stands beside it")]
    Plan(RequestId),
    /// What was approved or started is not what was asked for.
    #[error("it names another plan of {0} than the one that was asked for")]
    PlanOfAnother(RequestId),
}

/// Checks that an event is the next one after `head` in the chain of `store`, and returns the new head.
///
/// Whoever calls this for every event from [`Head::START`] has verified the chain up to the head
/// that comes back; that nothing is missing after it only a head from elsewhere can tell.
pub fn follow(head: Head, store: &str, canonical_envelope: &[u8], hash: Digest) -> Result<Head, ChainBreak> {
    if event_hash(head.hash, canonical_envelope) != hash {
        return Err(ChainBreak::Hash);
    }
    let value: serde_json::Value =
        serde_json::from_slice(canonical_envelope).map_err(|_| ChainBreak::NotCanonical)?;
    // Duplicate keys, spaces and other spellings: two readers could take them for different events.
    if canonical(&value).ok().as_deref() != Some(canonical_envelope) {
        return Err(ChainBreak::NotCanonical);
    }
    let number = |field: &str| value.get(field).and_then(serde_json::Value::as_u64).unwrap_or_default();
    if number("v") != u64::from(ENVELOPE_VERSION) {
        return Err(ChainBreak::Version(number("v")));
    }
    let written = value.get("store").and_then(serde_json::Value::as_str).unwrap_or_default();
    if written != store {
        return Err(ChainBreak::Store(written.to_owned()));
    }
    if number("seq") != head.seq + 1 {
        return Err(ChainBreak::Seq(number("seq")));
    }
    Ok(Head { seq: head.seq + 1, hash })
}

/// An event as it is recorded and hashed; `kind` and `body` come from the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<E> {
    /// [`ENVELOPE_VERSION`].
    pub v: u32,
    /// The store's random id, 32 hex digits: events of one store don't verify in another.
    pub store: String,
    /// From 1, without gaps.
    pub seq: u64,
    /// Milliseconds since 1970, UTC.
    pub at_ms: u64,
    /// Who caused it.
    pub actor: ActorId,
    /// `kind` and `body`.
    #[serde(flatten)]
    pub event: E,
}

#[cfg(test)]
mod tests;
