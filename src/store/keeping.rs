//! Records made of other records: a backup, what is restored from one, what is salvaged of a damaged one.
//!
//! Invariant: the source is only read, and the target is a place where nothing stands. What is copied is the
//! chain of events, with the store's id; what was still to be said is no part of it.

use std::path::Path;

use super::build::{Take, build};
use super::copy::StateCopy;
use super::error::{Fault, StoreError};
use super::folder::require_empty;
use super::mark;
use super::presence::require;
use super::reading::check;
use super::text::{Comparison, Text};
use super::verify::{Report, acknowledged, verify};
use crate::domain::audit::chain::{GENESIS, Head};
use crate::domain::audit::findings::Sound;

/// Where the events of a new record came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The store.
    Store,
    /// The text copy.
    Text,
}

/// What a damaged record still held.
#[derive(Debug)]
pub struct Salvaged {
    /// The events that were found sound and are in the new record.
    pub sound: Sound,
    /// Where they came from.
    pub from: Source,
    /// What was found.
    pub report: Report,
}

/// Makes a sound copy of the record in `dir` in `to`, also while a bot has it open.
///
/// The text copy is read as far as it goes: it goes at least to what was acknowledged before this began.
pub fn backup(dir: &Path, to: &Path, now_ms: u64) -> Result<Head, StoreError> {
    require(dir)?;
    require_empty(to)?;
    // Before the text: what the mark names stands in it then. Nobody has a record without a mark open.
    let Some(mark) = mark::read(dir)? else { return restore(dir, to, now_ms) };
    let mut at_mark = GENESIS;
    let followed = Text::open(dir)?.map(|text| {
        text.follow(|head, _| {
            if head.seq == mark.head.seq {
                at_mark = head.hash;
            }
            Ok(())
        })
    });
    match followed.transpose()? {
        Some((store, head)) if at_mark == mark.head.hash && (head.seq == 0 || store == mark.store) => {
            give_text(dir, to, &mark.store, head, now_ms)?;
            Ok(head)
        }
        // Made before there was a text copy, or not sound: nobody has it open then.
        _ => restore(dir, to, now_ms),
    }
}

/// Makes a record in `to` of the sound one in `from`, which nobody has open.
pub fn restore(from: &Path, to: &Path, now_ms: u64) -> Result<Head, StoreError> {
    require(from)?;
    require_empty(to)?;
    let copy = StateCopy::take(from)?;
    if let Err(fault) = &copy.mark {
        return Err(StoreError::damaged(from, fault.clone()));
    }
    let engine = copy.open(from)?;
    let mut comparison = Comparison::new(copy.text.as_ref())?;
    let compared = |head: Head, envelope: &[u8]| comparison.push(head, envelope);
    let (store, head) = check(from, &engine, copy.known_mark(), compared)?;
    let same = comparison.end(acknowledged(copy.known_mark()))?;
    same.map_err(|fault| StoreError::damaged(from, fault))?;
    build(to, &store, now_ms, |take| check(from, &engine, copy.known_mark(), take).map(drop))?;
    Ok(head)
}

/// Makes a record in `to` of the longest sound part of the damaged one in `dir`, of its store or of its text copy.
pub fn salvage(dir: &Path, to: &Path, now_ms: u64) -> Result<Salvaged, StoreError> {
    require_empty(to)?;
    let report = verify(dir)?;
    if report.contradicts {
        return Err(StoreError::Contradiction { dir: dir.to_owned() });
    }
    let (from, sound) = match report.text {
        Some(text) if text.head.seq > report.head.seq => (Source::Text, text),
        _ => (Source::Store, report.sound()),
    };
    if sound.head.seq == 0 {
        return Err(StoreError::NothingSound { dir: dir.to_owned() });
    }
    match from {
        Source::Text => {
            // The report's may be that of another store beside it.
            let followed = Text::open(dir)?.map(|text| text.follow(|_, _| Ok(()))).transpose()?;
            let store = followed.map(|(store, _)| store).unwrap_or_default();
            give_text(dir, to, &store, sound.head, now_ms)?;
        }
        Source::Store => {
            let copy = StateCopy::take(dir)?;
            let engine = copy.open(dir)?;
            build(to, &engine.meta(dir)?.store, now_ms, |take| {
                let found = check(dir, &engine, None, up_to(sound.head, take));
                // What is not sound comes after what was asked for.
                found.map(drop).or_else(|error| match error {
                    StoreError::Damaged { .. } => Ok(()),
                    error => Err(error),
                })
            })?;
        }
    }
    let made = verify(to)?;
    match made.fault {
        None if made.sound() == sound => Ok(Salvaged { sound, from, report }),
        fault => Err(StoreError::damaged(to, fault.unwrap_or(Fault::Emptied))),
    }
}

fn give_text(dir: &Path, to: &Path, store: &str, end: Head, now_ms: u64) -> Result<(), StoreError> {
    build(to, store, now_ms, |take| match Text::open(dir)? {
        Some(text) => text.follow(up_to(end, take)).map(drop),
        None => Err(StoreError::damaged(dir, Fault::TextDiffers { seq: 1 })),
    })
}

/// Takes the events up to `end` and no more.
fn up_to(end: Head, take: &mut Take<'_>) -> impl FnMut(Head, &[u8]) -> Result<(), StoreError> {
    move |head, envelope| if head.seq > end.seq { Ok(()) } else { take(head, envelope) }
}
