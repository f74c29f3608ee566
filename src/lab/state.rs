//! What a lab host is at this moment: its machines, processes and file systems.
//!
//! Invariant: a state is read, changed and written under one exclusive lock, and replaced whole, so
//! a play that is killed in the middle leaves either the state before it or the one after.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::error::LabError;
use super::proc_files;
use super::root::Root;

/// Which family of tools a host answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// ESX 3.x with its service console.
    Esx3,
    /// `ESXi`.
    Esxi,
    /// Linux with libvirt.
    Kvm,
}

/// Whether a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    /// It runs, healthy or not.
    On,
    /// It does not run.
    Off,
    /// Its memory is on disk.
    Suspended,
}

/// How hard a machine is pushed to stop, gentle first. An order stops a machine whose
/// [`Machine::yields_to`] is not above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Force {
    /// The guest is asked: `stop`, `power.shutdown`, `virsh shutdown`.
    Ask,
    /// The plug: `stop hard`, `power.off`, `virsh destroy`, `kill`.
    PowerOff,
    /// `esxcli vm process kill --type=soft`.
    KillSoft,
    /// `vm-support -X`, `vmkload_app -k 9`, `esxcli ... --type=hard`.
    KillHard,
    /// `kill -9`, `esxcli ... --type=force`.
    Kill,
}

/// A simulated virtual machine. Its numbers are new after every start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The display name, or the libvirt domain.
    pub name: String,
    /// The configuration file inside the host.
    pub config: String,
    /// The permanent number of `vim-cmd`; unused elsewhere.
    pub vmid: u32,
    /// The world of its virtual processor; the id of the domain under libvirt.
    pub world: u32,
    /// The number after `vm.` in its cpu/status.
    pub group: u32,
    /// Its process in the host's table.
    pub pid: u32,
    /// 36 characters.
    pub uuid: String,
    /// Whether it runs now.
    pub power: Power,
    /// The gentlest order that it obeys.
    pub yields_to: Force,
    /// How long it takes to obey [`Force::Ask`], in milliseconds.
    pub stops_after_ms: u64,
    /// When it will be off, in milliseconds since 1970.
    pub off_at_ms: Option<u64>,
    /// libvirt's reason for the present state.
    pub reason: String,
    /// Its memory.
    pub memory_mib: u64,
}

/// A process of the host that is no machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number in the host's table.
    pub pid: u32,
    /// Its command line.
    pub command: String,
}

/// A mounted file system. What it holds is counted in the host's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filesystem {
    /// The first column of `df`.
    pub device: String,
    /// The mount point.
    pub mount: String,
    /// The whole size.
    pub size_kib: u64,
    /// What only root could still use, or metadata: not available.
    pub reserved_kib: u64,
    /// All inodes.
    pub inodes: u64,
    /// Whether `df` shows it.
    pub listed: bool,
}

/// The state of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostState {
    /// Its family.
    pub kind: Kind,
    /// Its virtual machines, in the order in which tools list them.
    pub machines: Vec<Machine>,
    /// Its other processes.
    pub processes: Vec<Process>,
    /// Its mounts.
    pub filesystems: Vec<Filesystem>,
    /// The next free number for worlds, groups and processes.
    pub next_number: u32,
    /// When the host was made, in milliseconds since 1970.
    pub born_ms: u64,
    /// Tools that take longer before they act, for tests: milliseconds by name.
    #[serde(default)]
    pub delays_ms: BTreeMap<String, u64>,
}

impl Machine {
    /// Ends the machine. A later start gets new numbers.
    pub fn turn_off(&mut self, reason: &str) {
        self.power = Power::Off;
        self.off_at_ms = None;
        reason.clone_into(&mut self.reason);
    }

    /// Pushes the machine; `now_ms` matters only to a guest that is asked.
    pub fn push(&mut self, force: Force, reason: &str, now_ms: u64) {
        if self.power != Power::On || force < self.yields_to {
            return;
        }
        if force == Force::Ask && self.stops_after_ms > 0 {
            self.off_at_ms.get_or_insert(now_ms.saturating_add(self.stops_after_ms));
        } else {
            self.turn_off(reason);
        }
    }
}

impl HostState {
    /// Lets happen what was due.
    fn settle(&mut self, now_ms: u64) {
        for machine in &mut self.machines {
            if machine.off_at_ms.is_some_and(|at| at <= now_ms) {
                machine.turn_off("shutdown");
            }
        }
    }

    /// A number that no world, group or process has had.
    pub fn number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number
    }

    /// Turns the machine at `index` on, with new numbers.
    pub fn turn_on(&mut self, index: usize) {
        let (world, pid) = match self.kind {
            Kind::Kvm => (self.machines.iter().map(|m| m.world).max().unwrap_or(0) + 1, self.number()),
            Kind::Esx3 | Kind::Esxi => (self.number(), self.number()),
        };
        let group = self.number();
        if let Some(machine) = self.machines.get_mut(index) {
            (machine.world, machine.pid, machine.group) = (world, pid, group);
            machine.power = Power::On;
            machine.off_at_ms = None;
            "booted".clone_into(&mut machine.reason);
        }
    }

    /// The index of the machine that `matches`.
    pub fn find(&self, matches: impl Fn(&Machine) -> bool) -> Option<usize> {
        self.machines.iter().position(matches)
    }
}

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

/// Replaces a file of mode 0600 whole.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    let fresh = path.with_extension("new");
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&fresh).map_err(LabError::file("create", &fresh))?;
    file.write_all(bytes).map_err(LabError::file("write", &fresh))?;
    fs::rename(&fresh, path).map_err(LabError::file("replace", path))
}

/// Appends `text` with a single write.
pub fn append(path: &Path, text: &str) -> Result<(), LabError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let mut file =
        options.append(true).create(true).mode(0o600).open(path).map_err(LabError::file("open", path))?;
    file.write_all(text.as_bytes()).map_err(LabError::file("append to", path))
}

/// Opens a file of mode 0600 for its lock.
pub fn private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// The time of the real clock.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
