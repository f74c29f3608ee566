//! Verifying the record on the disk while it is being written.
//!
//! Invariant: what is judged is a copy taken between two commits, and nothing is called broken on one copy
//! alone. Writing waits while a copy is taken, never while it is judged.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::copy::{Room, StateCopy};
use super::error::{Fault, StoreError};
use super::presence::require;
use super::verify::{Report, judge};
use crate::domain::audit::chain::Head;

/// Verifies a record that its owner goes on writing.
#[derive(Debug, Clone)]
pub struct Auditor {
    dir: PathBuf,
    head: Arc<Mutex<Head>>,
}

impl Auditor {
    /// `head`: locked while something is written, with what was acknowledged last.
    pub(super) fn new(dir: &Path, head: &Arc<Mutex<Head>>) -> Self {
        Self { dir: dir.to_owned(), head: Arc::clone(head) }
    }

    /// What stands on the disk. It blocks, for as long as following the whole chain takes.
    ///
    /// An error means that there was nothing to judge, such as no space for the copy.
    pub fn report(&self) -> Result<Report, StoreError> {
        let report = self.once()?;
        if report.is_sound() { Ok(report) } else { self.once() }
    }

    fn once(&self) -> Result<Report, StoreError> {
        require(&self.dir)?;
        let room = Room::make(&self.dir)?;
        let (copy, head) = {
            let between_commits = self.head.lock().unwrap_or_else(PoisonError::into_inner);
            (StateCopy::take_to(room, &self.dir)?, *between_commits)
        };
        let report = judge(&self.dir, &copy, |_| (), |_, _| Ok(()))?;
        let is_ours = report.mark == Some(head);
        Ok(if report.is_sound() && !is_ours {
            Report { fault: Some(Fault::Another), ..report }
        } else {
            report
        })
    }
}
