//! What runs have left behind on hosts that go away.
//!
//! Invariant: a process is ended only if its environment names a folder of this lab. The lab's
//! shells begin with that variable and whatever they start inherits it; nobody else has it, since
//! the folder of a host has one user and one name.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

use super::double::LAB_VARIABLE;

/// How often is looked again for what the last look has missed: what was just being started.
const LOOKS_MAX: usize = 100;
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Ends every process of the hosts in `folders` and returns when none is left, or after two seconds.
pub fn end(folders: &[PathBuf]) {
    for _ in 0..LOOKS_MAX {
        let left: Vec<_> = processes().filter_map(|pid| of_lab(pid, folders)).collect();
        if left.is_empty() {
            return;
        }
        for process in left {
            // It may have ended by itself.
            let _ = pidfd_send_signal(&process, Signal::KILL);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter(|pid| *pid != getpid())
}

/// A hold on the process if it belongs to one of the hosts. It is taken before the look, so that a
/// number given to another process meanwhile does no harm.
fn of_lab(pid: Pid, folders: &[PathBuf]) -> Option<OwnedFd> {
    let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).ok()?;
    let marked = |folder: &Path| {
        let mark = [LAB_VARIABLE.as_bytes(), b"=", folder.as_os_str().as_bytes()].concat();
        environment.split(|byte| *byte == 0).any(|entry| entry == mark)
    };
    folders.iter().any(|folder| marked(folder)).then_some(process)
}
