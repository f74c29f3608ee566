//! The parts of a lab host at this moment: its machines, processes and file systems.
//!
//! Invariant: every start gives a machine new numbers, as on a real host: an old number never means a
//! later run. No file is read or written here; `lock` does that.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

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
    /// Its memory is on disk; under libvirt it is paused in memory.
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
    /// A restart of the host: what waits in the kernel for its storage obeys no signal. No tool of a
    /// host pushes so hard.
    Restart,
}

/// What a machine wants to be told before it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its number or name.
    pub id: String,
    /// Its key and its words.
    pub text: String,
    /// The answers, in their order. The first goes on; the last ends the machine.
    pub choices: Vec<String>,
}

/// A simulated virtual machine. Its numbers are new after every start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The display name, or the libvirt domain.
    pub name: String,
    /// The configuration file inside the host; empty under libvirt for a domain that it keeps no definition of.
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
    /// Whether its host takes it for off although it runs.
    #[serde(default)]
    pub forgotten: bool,
    /// What it waits for.
    #[serde(default)]
    pub question: Option<Question>,
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
    /// Whether whoever logs in is not root, for tools that ask.
    #[serde(default)]
    pub ordinary_user: bool,
}

impl Machine {
    /// What its host believes of it.
    pub fn told(&self) -> Power {
        if self.forgotten { Power::Off } else { self.power }
    }

    /// Ends the machine. A later start gets new numbers.
    pub fn turn_off(&mut self, reason: &str) {
        self.power = Power::Off;
        self.off_at_ms = None;
        self.forgotten = false;
        self.question = None;
        reason.clone_into(&mut self.reason);
    }

    /// Takes the answer with this number to what it asks.
    pub fn answer(&mut self, number: usize) {
        let last = self.question.take().map(|question| question.choices.len().saturating_sub(1));
        if last == Some(number) && number > 0 {
            self.turn_off("crashed");
        }
    }

    /// Pushes the machine; `now_ms` matters only to a guest that is asked.
    pub fn push(&mut self, force: Force, reason: &str, now_ms: u64) {
        let waits = force == Force::Ask && self.question.is_some();
        if self.power != Power::On || force < self.yields_to || waits {
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
    pub(super) fn settle(&mut self, now_ms: u64) {
        for machine in &mut self.machines {
            if machine.off_at_ms.is_some_and(|at| at <= now_ms) {
                machine.turn_off("shutdown");
            }
        }
        let is_gone = |machine: &Machine| machine.power == Power::Off && machine.config.is_empty();
        if self.kind == Kind::Kvm {
            self.machines.retain(|machine| !is_gone(machine));
        }
    }

    /// Whether a machine has a process and numbers: a paused one has under libvirt.
    pub fn is_active(&self, machine: &Machine) -> bool {
        machine.power == Power::On || (self.kind == Kind::Kvm && machine.power == Power::Suspended)
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

/// The time of the real clock.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
