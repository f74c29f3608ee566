//! `dogwatch audit verify`: reads the record and says what is wrong with it, and changes nothing.
//!
//! sled has no read-only mode: opening may cut a damaged tail or write a snapshot, and with that
//! remove what an investigation needs. So a copy is opened, in a private temporary folder that is
//! removed afterwards. The record is held meanwhile, so that nobody writes during the copy.

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::audit::Head;

use super::engine::{Engine, append_error};
use super::error::{Fault, StoreError};
use super::folder::{self, Hold};
use super::{check, mark};

/// What the record holds and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The last event of the sound part of the chain; its sequence is the number of sound events.
    pub head: Head,
    /// What the mark says was acknowledged last.
    pub mark: Option<Head>,
    /// The first thing that is wrong, or nothing.
    pub fault: Option<Fault>,
}

impl Report {
    /// Whether every event is there and unchanged.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }
}

/// Says if there is no record in `dir`: whoever only reads must not make one.
pub fn require(dir: &Path) -> Result<(), StoreError> {
    if folder::record(dir).exists() || mark::exists(dir) {
        return Ok(());
    }
    Err(StoreError::Absent { dir: dir.to_owned() })
}

/// Verifies the record in `dir` without changing it; needs space for a copy in the temporary folder.
///
/// An error means that there was nothing to judge: no record, somebody holds it, a newer version
/// wrote it, or a file operation failed.
pub fn verify(dir: &Path, now_ms: u64) -> Result<Report, StoreError> {
    require(dir)?;
    let path = folder::record(dir);
    let _hold = Hold::take(dir, now_ms)?;
    let mut report = Report { head: Head::START, mark: None, fault: None };
    match examine(dir, &path, &mut report) {
        Ok(()) => Ok(report),
        Err(StoreError::Damaged { fault, .. }) => Ok(Report { fault: Some(*fault), ..report }),
        Err(error) => Err(error),
    }
}

fn examine(dir: &Path, path: &Path, report: &mut Report) -> Result<(), StoreError> {
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
    let copy = Copy::of(path)?;
    let engine = Engine::open(dir, &copy.0)?;
    let known = mark.as_ref().ok().and_then(Option::as_ref);
    let checked = check(dir, &engine, known, |head, _| {
        report.head = head;
        Ok(())
    });
    match (checked.map(drop), mark) {
        (Ok(()), Err(fault)) => Err(StoreError::damaged(dir, fault)),
        // Unreadable, the mark was taken for missing above.
        (Err(StoreError::Damaged { fault: missing, .. }), Err(fault))
            if matches!(*missing, Fault::MarkMissing { .. }) =>
        {
            Err(StoreError::damaged(dir, fault))
        }
        (checked, _) => checked,
    }
}

/// A private copy of the engine's folder, removed when dropped.
struct Copy(PathBuf);

impl Copy {
    fn of(path: &Path) -> Result<Self, StoreError> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|error| {
            append_error("draw a random name for a copy of", path)(error.to_string().into())
        })?;
        let copy = Self(std::env::temp_dir().join(format!("dogwatch-verify-{}", hex::encode(name))));
        folder::copy_tree(path, &copy.0)?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Nothing depends on it; the system's cleaning of the temporary folder gets what stays.
        let _ = fs::remove_dir_all(&self.0);
    }
}
