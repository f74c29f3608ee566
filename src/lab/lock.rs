//! The state of a lab host on disk, and the lock under which it changes.
//!
//! Invariant: a state is read, changed and written under one exclusive lock, and replaced whole, so
//! a play that is killed in the middle leaves either the state before it or the one after.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::error::LabError;
use super::files::{append, replace};
use super::proc_files;
use super::root::Root;
use super::state::{HostState, now_ms};

/// The state of one host while this process holds its lock.
#[derive(Debug)]
pub struct Locked {
    folder: PathBuf,
    /// Change it, then [`Locked::save`].
    pub state: HostState,
    before: HostState,
    // Held for its lock, which ends with the value.
    _lock: File,
}

impl Locked {
    /// Waits for the lock and reads the state.
    pub fn open(folder: &Path) -> Result<Self, LabError> {
        let path = folder.join("lock");
        // Made with the host: a folder that is no host gets no file from here.
        let lock =
            OpenOptions::new().read(true).write(true).open(&path).map_err(LabError::file("open", &path))?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|e| LabError::file("lock", &path)(e.into()))?;
        let path = folder.join("state.json");
        let text = fs::read_to_string(&path).map_err(LabError::file("read", &path))?;
        let before: HostState =
            serde_json::from_str(&text).map_err(|error| LabError::content("read", &path, error))?;
        let mut locked = Self { folder: folder.to_owned(), state: before.clone(), before, _lock: lock };
        locked.state.settle(now_ms());
        locked.save()?;
        Ok(locked)
    }

    /// Writes what changed, and `/proc` with it.
    pub fn save(&mut self) -> Result<(), LabError> {
        if self.state == self.before {
            return Ok(());
        }
        write_state(&self.folder, &self.state)?;
        self.note_effects()?;
        self.before = self.state.clone();
        Ok(())
    }

    /// Appends a line for every machine that came, went or changed its power.
    fn note_effects(&self) -> Result<(), LabError> {
        let mut lines = String::new();
        let power =
            |state: &HostState, name: &str| state.find(|m| m.name == name).map(|i| state.machines[i].power);
        let (old, new) = (&self.before, &self.state);
        let mut names: Vec<&str> =
            old.machines.iter().chain(&new.machines).map(|m| m.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (from, to) = (power(old, name), power(new, name));
            if from != to {
                let line = serde_json::json!({ "at_ms": now_ms(), "machine": name, "from": from, "to": to });
                let _ = writeln!(lines, "{line}");
            }
        }
        append(&self.folder.join("effects"), &lines)
    }
}

/// Writes the state of a host and its `/proc`. The caller holds the lock, or nobody else knows the host.
pub fn write_state(folder: &Path, state: &HostState) -> Result<(), LabError> {
    let root = Root::new(folder.join("root"));
    proc_files::refresh(&root, state).map_err(LabError::file("refresh", &folder.join("root/proc")))?;
    let path = folder.join("state.json");
    let text = serde_json::to_string_pretty(state).map_err(|e| LabError::content("write", &path, e))?;
    replace(&path, text.as_bytes())
}
