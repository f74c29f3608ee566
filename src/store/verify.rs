//! `dogwatch audit verify`: reads the record and says what is wrong with it, and changes nothing.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::copy::StateCopy;
use super::engine::Engine;
use super::error::{Fault, StoreError};
use super::folder;
use super::mark::{self, Mark};
use super::newer::Newer;
use super::outbox::Entries;
use super::reading::{Contents, check, contents};
use super::record::Recorded;
use crate::app::outbox::Unread;
use crate::domain::audit::chain::Head;

/// What the record holds and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The last event of the sound part of the chain; its sequence is the number of sound events.
    pub head: Head,
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
}

/// Whether there is a record in `dir`, whole or not.
pub fn is_there(dir: &Path) -> Result<bool, StoreError> {
    for path in [folder::record(dir), mark::path(dir)] {
        if path.try_exists().map_err(StoreError::file("look for", &path))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says if there is no record in `dir`: nobody but [`create`](super::create) makes one.
pub fn require(dir: &Path) -> Result<(), StoreError> {
    if is_there(dir)? { Ok(()) } else { Err(StoreError::Absent { dir: dir.to_owned() }) }
}

/// Verifies the chain in `dir` without changing anything; needs space for a copy in the temporary folder.
///
/// An error means that there was nothing to judge: no record, somebody holds it, a newer version
/// wrote it so that it can't be followed, or a file operation failed.
pub fn verify(dir: &Path) -> Result<Report, StoreError> {
    report(dir, |_, _| Ok(()))
}

/// The same, with a look at what this version knows of the events, and what `beside` makes of the
/// entries beside them.
pub fn verify_all<E, O>(
    dir: &Path,
    beside: impl FnOnce(&Entries) -> Result<O, Unread>,
) -> Result<Report, StoreError>
where
    E: Serialize + DeserializeOwned,
{
    report(dir, |engine, mark| contents::<E, O>(dir, engine, mark, beside).map(drop))
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
    let Contents { events, .. } = contents(dir, &engine, copy.known_mark(), beside)?;
    Ok(events)
}

fn report(
    dir: &Path,
    look: impl FnOnce(&Engine, Option<&Mark>) -> Result<(), StoreError>,
) -> Result<Report, StoreError> {
    require(dir)?;
    let copy = StateCopy::take(dir)?;
    let mark = copy.known_mark().map(|mark| mark.head);
    let mut report = Report { head: Head::START, mark, fault: None, newer: None };
    match examine(dir, &copy, &mut report, look) {
        Ok(()) => Ok(report),
        Err(StoreError::Damaged { fault, .. }) => Ok(Report { fault: Some(*fault), ..report }),
        Err(error) => Err(error),
    }
}

fn examine(
    dir: &Path,
    copy: &StateCopy,
    report: &mut Report,
    look: impl FnOnce(&Engine, Option<&Mark>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let engine = copy.open(dir)?;
    let known = copy.known_mark();
    // The chain is worth a look all the same; the mark's fault counts if nothing else is wrong.
    match (check(dir, &engine, known, |head, _| report.head = head), &copy.mark) {
        (Ok(_), Ok(_)) => {}
        (Ok(_), Err(fault)) => return Err(StoreError::damaged(dir, fault.clone())),
        // Unreadable, the mark was taken for missing above.
        (Err(StoreError::Damaged { fault: missing, .. }), Err(fault))
            if matches!(*missing, Fault::MarkMissing { .. }) =>
        {
            return Err(StoreError::damaged(dir, fault.clone()));
        }
        (Err(error), _) => return Err(error),
    }
    match look(&engine, known) {
        Err(StoreError::Newer { newer, .. }) => report.newer = Some(*newer),
        looked => looked?,
    }
    Ok(())
}
