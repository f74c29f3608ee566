//! `cat`, `rm`, `mkdir` and `tee`, inside the host's folder.

use std::io;

use rustix::io::Errno;

use super::super::disk::usage_of;
use super::super::root::reason;
use super::super::state::Kind;
use super::call::Call;

/// `cat [--] [PATH...]`.
pub fn cat(call: &mut Call) -> u8 {
    let (options, paths) = call.split_args();
    if let Some(option) = options.first() {
        return call.unknown_option("cat", option, 1);
    }
    if paths.is_empty() {
        call.out = std::mem::take(&mut call.input);
    }
    let mut code = 0;
    for path in &paths {
        match call.root.read(path) {
            Ok(bytes) => call.out.extend_from_slice(&bytes),
            Err(error) => {
                call.complain_about("cat", path, &error);
                code = 1;
            }
        }
    }
    code
}

/// `rm [-f] [--] PATH...`. Folders stay, whatever the options: the lab has no `rm -r`.
pub fn rm(call: &mut Call) -> u8 {
    let (options, paths) = call.split_args();
    if let Some(option) = options.iter().find(|option| *option != "-f") {
        return call.unknown_option("rm", option, 1);
    }
    let forced = !options.is_empty();
    if paths.is_empty() && !forced {
        call.complain(if call.kind() == Kind::Esx3 {
            "rm: too few arguments"
        } else {
            "rm: missing operand"
        });
        return 1;
    }
    let mut code = 0;
    for path in &paths {
        let removed = if call.root.in_proc(path) { Err(Errno::PERM.into()) } else { call.root.remove(path) };
        match removed {
            Err(error) if forced && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let missing = error.kind() == io::ErrorKind::NotFound;
                let why = reason(&error);
                call.complain(match call.kind() {
                    Kind::Esx3 if missing => format!("rm: cannot lstat `{path}': {why}"),
                    Kind::Esx3 => format!("rm: cannot remove `{path}': {why}"),
                    Kind::Esxi => format!("rm: can't remove '{path}': {why}"),
                    Kind::Kvm => format!("rm: cannot remove '{path}': {why}"),
                });
                code = 1;
            }
            Ok(()) => {}
        }
    }
    code
}

/// `mkdir [-p] [--] PATH...`.
pub fn mkdir(call: &mut Call) -> u8 {
    let (options, paths) = call.split_args();
    if let Some(option) = options.iter().find(|option| *option != "-p") {
        return call.unknown_option("mkdir", option, 1);
    }
    if paths.is_empty() {
        call.complain(if call.kind() == Kind::Esx3 {
            "mkdir: too few arguments"
        } else {
            "mkdir: missing operand"
        });
        return 1;
    }
    let mut code = 0;
    for path in &paths {
        let made = call.room_for(path).and_then(|()| {
            if options.is_empty() { call.root.create_folder(path) } else { call.root.create_folders(path) }
        });
        if let Err(error) = made {
            let why = reason(&error);
            call.complain(match call.kind() {
                Kind::Esx3 => format!("mkdir: cannot create directory `{path}': {why}"),
                Kind::Esxi => format!("mkdir: can't create directory '{path}': {why}"),
                Kind::Kvm => format!("mkdir: cannot create directory '{path}': {why}"),
            });
            code = 1;
        }
    }
    code
}

/// `tee [--] [PATH...]`.
pub fn tee(call: &mut Call) -> u8 {
    let (options, paths) = call.split_args();
    if let Some(option) = options.first() {
        return call.unknown_option("tee", option, 1);
    }
    let input = std::mem::take(&mut call.input);
    let mut code = 0;
    for path in &paths {
        if let Err(error) = call.store(path, &input) {
            call.complain_about("tee", path, &error);
            code = 1;
        }
    }
    call.out = input;
    code
}

impl Call<'_> {
    /// Whether something new fits where `path` would lie.
    pub(super) fn room_for(&self, path: &str) -> io::Result<()> {
        if self.root.in_proc(path) {
            return Err(Errno::PERM.into());
        }
        let usage = usage_of(&self.root, &self.host.state.filesystems, path);
        if usage.is_some_and(|usage| usage.free_kib == 0) { Err(Errno::NOSPC.into()) } else { Ok(()) }
    }

    /// Writes a file of the host unless its simulated disk is full.
    pub(super) fn store(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.room_for(path)?;
        self.root.write(path, bytes)
    }
}
