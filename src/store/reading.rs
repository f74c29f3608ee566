//! Reading a record from its first event to its last, with what is kept beside them.
//!
//! Invariant: damage is told from what is only not known here. An event that is not known ends nothing:
//! the chain is followed to its end first.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::engine::Engine;
use super::error::{Fault, StoreError};
use super::mark::Mark;
use super::newer::{self, Newer};
use super::outbox::Entries;
use super::record::{RECORD_VERSION, Record, RecordError, Recorded};
use crate::app::outbox::Unread;
use crate::domain::audit::chain::{ChainBreak, ENVELOPE_VERSION, Head, follow};
use crate::domain::audit::plans::Plans;

/// All that a record holds.
pub(super) struct Contents<E, O> {
    pub store: String,
    pub head: Head,
    pub events: Vec<Recorded<E>>,
    pub beside: O,
}

/// Reads everything, checks it against itself and the mark, and refuses what this version does not know.
///
/// `visit` gets each sound event as for [`check`].
pub(super) fn contents<E, O>(
    dir: &Path,
    engine: &Engine,
    mark: Option<&Mark>,
    beside: impl FnOnce(&Entries) -> Result<O, Unread>,
    mut visit: impl FnMut(Head, &[u8]) -> Result<(), StoreError>,
) -> Result<Contents<E, O>, StoreError>
where
    E: Serialize + DeserializeOwned,
{
    let mut events = Vec::new();
    let mut unknown = None;
    let (store, head) = check(dir, engine, mark, |head, bytes| {
        match newer::envelope(head.seq, bytes) {
            Ok(envelope) => events.push(Recorded { envelope, hash: head.hash }),
            Err(newer) => {
                unknown.get_or_insert(newer);
            }
        }
        visit(head, bytes)
    })?;
    if let Some(newer) = unknown {
        return Err(StoreError::newer(dir, newer));
    }
    let beside = beside(&engine.outbox(dir)?).map_err(|unread| StoreError::unread(dir, unread))?;
    Ok(Contents { store, head, events, beside })
}

/// Checks the whole record against itself and the mark; returns the store id and the head.
///
/// `visit` gets each sound event: its sequence and hash, and its canonical bytes.
pub(super) fn check(
    dir: &Path,
    engine: &Engine,
    mark: Option<&Mark>,
    mut visit: impl FnMut(Head, &[u8]) -> Result<(), StoreError>,
) -> Result<(String, Head), StoreError> {
    let meta = engine.meta(dir)?;
    let mut head = Head::START;
    let mut plans = Plans::default();
    let mut hash_at_mark = None;
    engine.visit(dir, 0, |seq, bytes| {
        let record = decode(dir, seq, &bytes)?;
        let next = follow(head, &meta.store, &record.canonical_envelope, record.hash);
        head =
            next.and_then(|next| plans.follow(&record.canonical_envelope).map(|()| next)).map_err(|why| {
                match why {
                    ChainBreak::Version(found) if found > u64::from(ENVELOPE_VERSION) => {
                        newer(dir, "an event", found, u64::from(ENVELOPE_VERSION))
                    }
                    why => StoreError::damaged(dir, Fault::Chain { seq, why }),
                }
            })?;
        if mark.is_some_and(|mark| mark.head.seq == seq) {
            hash_at_mark = Some(record.hash);
        }
        visit(head, &record.canonical_envelope)
    })?;
    if head != meta.head {
        return Err(StoreError::damaged(dir, Fault::Head { found: head, written: meta.head }));
    }
    let fault = match mark {
        // Killed between the creation of the record and that of its mark.
        None if head.seq == 0 => None,
        None => Some(Fault::MarkMissing { events: head.seq }),
        Some(mark) => mark.fault(&meta.store, head, hash_at_mark),
    };
    fault.map_or(Ok((meta.store, head)), |fault| Err(StoreError::damaged(dir, fault)))
}

pub(super) fn decode(dir: &Path, seq: u64, bytes: &[u8]) -> Result<Record, StoreError> {
    Record::decode(bytes).map_err(|error| match error {
        RecordError::Newer(found) => newer(dir, "a record", u64::from(found), u64::from(RECORD_VERSION)),
        RecordError::Malformed => StoreError::damaged(dir, Fault::Pieces { seq }),
    })
}

fn newer(dir: &Path, what: &'static str, found: u64, known: u64) -> StoreError {
    StoreError::newer(dir, Newer::Version { what, found, known })
}
