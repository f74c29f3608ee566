//! `dogwatch audit verify`: reads the record and says what is wrong with it, and changes nothing.
//!
//! sled has no read-only mode: opening may cut a damaged tail or write a snapshot, and with that
//! remove what an investigation needs. So a copy is opened, in a private temporary folder that is
//! removed afterwards. The record is held meanwhile, so that nobody writes during the copy.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::engine::Engine;
use super::error::{Fault, StoreError};
use super::folder::{self, Copy, Hold};
use super::mark::{self, Mark};
use super::newer::Newer;
use super::outbox::Entries;
use super::reading::{check, contents};
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
pub fn verify(dir: &Path, now_ms: u64) -> Result<Report, StoreError> {
    report(dir, now_ms, |_, _| Ok(()))
}

/// The same, with a look at what this version knows of the events, and what `beside` makes of the
/// entries beside them.
pub fn verify_all<E, O>(
    dir: &Path,
    now_ms: u64,
    beside: impl FnOnce(&Entries) -> Result<O, Unread>,
) -> Result<Report, StoreError>
where
    E: Serialize + DeserializeOwned,
{
    report(dir, now_ms, |engine, mark| contents::<E, O>(dir, engine, mark, beside).map(drop))
}

fn report(
    dir: &Path,
    now_ms: u64,
    look: impl FnOnce(&Engine, Option<&Mark>) -> Result<(), StoreError>,
) -> Result<Report, StoreError> {
    require(dir)?;
    let _hold = Hold::take(dir, now_ms)?;
    let mut report = Report { head: Head::START, mark: None, fault: None, newer: None };
    match examine(dir, &mut report, look) {
        Ok(()) => Ok(report),
        Err(StoreError::Damaged { fault, .. }) => Ok(Report { fault: Some(*fault), ..report }),
        Err(error) => Err(error),
    }
}

fn examine(
    dir: &Path,
    report: &mut Report,
    look: impl FnOnce(&Engine, Option<&Mark>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let path = folder::record(dir);
    let mark = match mark::read(dir) {
        // The chain is worth a look all the same; the mark's fault counts if nothing else is wrong.
        Err(StoreError::Damaged { fault, .. }) => Err(*fault),
        Err(error) => return Err(error),
        Ok(mark) => Ok(mark),
    };
    report.mark = mark.as_ref().ok().and_then(Option::as_ref).map(|mark| mark.head);
    if let (Some(head), false) = (report.mark, path.exists()) {
        return Err(StoreError::damaged(dir, Fault::MarkAlone(head)));
    }
    let copy = Copy::of(&path)?;
    let engine = Engine::open(dir, copy.path())?;
    let known = mark.as_ref().ok().and_then(Option::as_ref);
    match (check(dir, &engine, known, |head, _| report.head = head), &mark) {
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
