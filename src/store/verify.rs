//! `dogwatch audit verify`: reads the record and says what is wrong with it, and changes nothing.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::copy::StateCopy;
use super::engine::Engine;
use super::error::{Fault, StoreError};
use super::mark::Mark;
use super::newer::Newer;
use super::outbox::Entries;
use super::presence::require;
use super::reading::{Contents, check, contents};
use super::record::Recorded;
use super::text::Comparison;
use crate::app::outbox::Unread;
use crate::domain::audit::chain::Head;
use crate::domain::audit::findings::Sound;

/// What the record holds and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The id that the events carry; empty where it can't be read.
    pub store: String,
    /// The last event of the sound part of the chain; its sequence is the number of sound events.
    pub head: Head,
    /// When that was, in ms since 1970.
    pub until_ms: Option<u64>,
    /// The sound part of the text copy; none where there is no copy.
    pub text: Option<Sound>,
    /// Both are sound somewhere where they differ: one of them was written anew.
    pub contradicts: bool,
    /// What the mark says was acknowledged last.
    pub mark: Option<Head>,
    /// The first thing that is wrong, or nothing.
    pub fault: Option<Fault>,
    /// The first thing in a sound chain that this version does not know, if it was asked to look.
    pub newer: Option<Newer>,
}

impl Report {
    /// Whether every event is there and unchanged.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }

    /// The sound part of the store.
    pub fn sound(&self) -> Sound {
        Sound { head: self.head, until_ms: self.until_ms }
    }
}

/// Verifies the chain in `dir` without changing anything; needs space for a copy in the temporary folder.
///
/// An error means that there was nothing to judge: no record, somebody holds it, a newer version
/// wrote it so that it can't be followed, or a file operation failed.
pub fn verify(dir: &Path) -> Result<Report, StoreError> {
    report(dir, |_| (), |_, _| Ok(()))
}

/// The same, with a look at what this version knows of the events, and what `beside` makes of the
/// entries beside them. `see` gets each event of the sound part of the chain.
pub fn verify_all<E, O>(
    dir: &Path,
    beside: impl FnOnce(&Entries) -> Result<O, Unread>,
    see: impl FnMut(Head),
) -> Result<Report, StoreError>
where
    E: Serialize + DeserializeOwned,
{
    report(dir, see, |engine, mark| contents::<E, O>(dir, engine, mark, beside, |_, _| Ok(())).map(drop))
}

/// Reads every event in order, and changes nothing; the record may be one that can't be written to.
pub fn read<E, O>(
    dir: &Path,
    beside: impl FnOnce(&Entries) -> Result<O, Unread>,
) -> Result<Vec<Recorded<E>>, StoreError>
where
    E: Serialize + DeserializeOwned,
{
    require(dir)?;
    let copy = StateCopy::take(dir)?;
    if let Err(fault) = &copy.mark {
        return Err(StoreError::damaged(dir, fault.clone()));
    }
    let engine = copy.open(dir)?;
    let mark = copy.known_mark();
    let mut comparison = Comparison::new(copy.text.as_ref())?;
    let Contents { events, .. } =
        contents(dir, &engine, mark, beside, |head, envelope| comparison.push(head, envelope))?;
    comparison.end(acknowledged(mark))?.map_err(|fault| StoreError::damaged(dir, fault))?;
    Ok(events)
}

fn report(
    dir: &Path,
    see: impl FnMut(Head),
    look: impl FnOnce(&Engine, Option<&Mark>) -> Result<(), StoreError>,
) -> Result<Report, StoreError> {
    require(dir)?;
    judge(dir, &StateCopy::take(dir)?, see, look)
}

/// What a copy of the folder shows.
pub(super) fn judge(
    dir: &Path,
    copy: &StateCopy,
    see: impl FnMut(Head),
    look: impl FnOnce(&Engine, Option<&Mark>) -> Result<(), StoreError>,
) -> Result<Report, StoreError> {
    let mark = copy.known_mark().map(|mark| mark.head);
    let mut last = Vec::new();
    let text = copy.text.as_ref().map(|text| {
        text.follow(|_, envelope| {
            keep(&mut last, envelope);
            Ok(())
        })
    });
    let text = text.transpose()?;
    let store = text.as_ref().map(|(store, _)| store.clone()).unwrap_or_default();
    let text = text.map(|(_, head)| Sound { head, until_ms: at_ms(&last) });
    let mut report = Report {
        store,
        head: Head::START,
        until_ms: None,
        text,
        contradicts: false,
        mark,
        fault: None,
        newer: None,
    };
    match examine(dir, copy, &mut report, see, look) {
        Ok(()) => Ok(report),
        Err(StoreError::Damaged { fault, .. }) => Ok(Report { fault: Some(*fault), ..report }),
        Err(error) => Err(error),
    }
}

fn keep(last: &mut Vec<u8>, envelope: &[u8]) {
    last.clear();
    last.extend_from_slice(envelope);
}

/// When an event happened, from its canonical bytes.
fn at_ms(envelope: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(envelope).ok()?.get("at_ms")?.as_u64()
}

fn examine(
    dir: &Path,
    copy: &StateCopy,
    report: &mut Report,
    mut see: impl FnMut(Head),
    look: impl FnOnce(&Engine, Option<&Mark>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let engine = copy.open(dir)?;
    let known = copy.known_mark();
    let mut comparison = Comparison::new(copy.text.as_ref())?;
    let mut last = Vec::new();
    // The chain is worth a look all the same; the mark's fault counts if nothing else is wrong.
    let checked = check(dir, &engine, known, |head, envelope| {
        report.head = head;
        see(head);
        keep(&mut last, envelope);
        comparison.push(head, envelope)
    });
    report.until_ms = at_ms(&last);
    report.contradicts = comparison.other.zip(report.text).is_some_and(|(seq, text)| seq <= text.head.seq);
    match (checked, &copy.mark) {
        (Ok((store, _)), Ok(_)) => report.store = store,
        (Ok(_), Err(fault)) => return Err(StoreError::damaged(dir, fault.clone())),
        // Unreadable, the mark was taken for missing above.
        (Err(StoreError::Damaged { fault: missing, .. }), Err(fault))
            if matches!(*missing, Fault::MarkMissing { .. }) =>
        {
            return Err(StoreError::damaged(dir, fault.clone()));
        }
        (Err(error), _) => return Err(error),
    }
    comparison.end(acknowledged(known))?.map_err(|fault| StoreError::damaged(dir, fault))?;
    match look(&engine, known) {
        Err(StoreError::Newer { newer, .. }) => report.newer = Some(*newer),
        looked => looked?,
    }
    Ok(())
}

/// The last event that the mark says was acknowledged.
pub(super) fn acknowledged(mark: Option<&Mark>) -> u64 {
    mark.map_or(0, |mark| mark.head.seq)
}
