//! `vm-support` and `vmkload_app` of ESX 3.x: how to end a machine that obeys nobody.
//!
//! What `vm-support` prints, in which order and with which exit status, is that of a published script of
//! its next version (1.30), for a service console: it has the banners, the refusals and the `tar` that
//! fails with exit status 0.

use std::io;

use rustix::io::Errno;

use super::super::disk::usage_of;
use super::super::root::join;
use super::super::state::{Force, Power, now_ms};
use super::call::Call;

const VERSION: &str = "1.29";
/// Where root's session begins, and with it the archive unless `-w` names another folder.
const HOME: &str = "/root";
/// The archive of a practice host: text, not a core file.
const ARCHIVE: &[u8] = b"practice archive\n";

/// What the command line asks for.
struct Options<'a> {
    list: bool,
    world: Option<&'a str>,
    folder: Option<&'a str>,
    on_vmfs: bool,
}

/// `-x` lists the worlds and exits 1, as the real one does; `-X WORLD [-d N] [-w DIR] [-f]` asks three
/// questions, collects, and ends the machine if the third is answered with yes.
pub fn vm_support(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let Some(options) = parse(&words) else {
        call.say("Usage: vm-support [-a] [-n] [-N] [-c] [-s] [-S] [-p] [-P] [-d duration_in_seconds] [-x] [-X wid] [-w] [-f] [-h]");
        return 1;
    };
    banner(call, &[&format!("VMware ESX Support Script {VERSION}")]);
    if call.host.state.ordinary_user {
        banner(call, &["You must be root to run this script."]);
        return 1;
    }
    let folder = options.folder.unwrap_or(HOME).trim_end_matches('/').to_owned();
    if options.folder.is_some() && !call.root.metadata(&folder).is_ok_and(|meta| meta.is_dir()) {
        call.complain(format!("vm-support: line 1: cd: {folder}: No such file or directory"));
        banner(call, &[&format!("Could not set working directory to '{folder}'.")]);
        return 1;
    }
    let place = call.root.locate(&folder).map(|place| call.root.shown(&place)).unwrap_or_default();
    if place.starts_with("/vmfs/volumes/") && !options.on_vmfs {
        banner(
            call,
            &[
                "The working directory should not be on a VMFS volume.",
                "",
                "Please run vm-support from another directory or specify a different",
                "working directory using the -w flag.",
            ],
        );
        return 1;
    }
    match options.world {
        Some(world) => collect(call, world, &folder),
        None if options.list => list(call),
        None => 1,
    }
}

/// As `getopts` reads them: a value may stand apart or at once.
fn parse(words: &[String]) -> Option<Options<'_>> {
    let mut options = Options { list: false, world: None, folder: None, on_vmfs: false };
    let mut left = words.iter();
    while let Some(word) = left.next() {
        let (letter, rest) = (word.get(..2)?, word.get(2..)?);
        let mut value = || if rest.is_empty() { left.next().map(String::as_str) } else { Some(rest) };
        match letter {
            "-x" => options.list = true,
            "-f" => options.on_vmfs = true,
            "-X" => options.world = Some(value()?),
            "-w" => options.folder = Some(value()?),
            "-d" => drop(value()?),
            _ => return None,
        }
    }
    Some(options)
}

/// Lines between empty ones.
fn banner(call: &mut Call, lines: &[&str]) {
    call.say(format!("\n{}\n", lines.join("\n")));
}

fn list(call: &mut Call) -> u8 {
    let running = call.host.state.machines.iter().filter(|vm| vm.power == Power::On);
    let lines = running.map(|vm| format!("vmid={}\t{}\n", vm.world, vm.name)).collect::<Vec<_>>().concat();
    if lines.is_empty() {
        banner(call, &["Couldn't find any running VMs"]);
    } else {
        banner(call, &["Available worlds to debug:"]);
        call.out.extend_from_slice(lines.as_bytes());
    }
    1
}

fn collect(call: &mut Call, world: &str, folder: &str) -> u8 {
    let running = |number: u32| call.host.state.find(|vm| vm.world == number && vm.power == Power::On);
    let Some(index) = world.parse().ok().and_then(running) else {
        banner(call, &[&format!("Cannot find world '{world}'")]);
        return 1;
    };
    // The shell's `read -p` shows its questions to a terminal only, and takes no line for no.
    let input = String::from_utf8_lossy(&call.input).into_owned();
    let abort = matches!(input.lines().nth(2), Some("y" | "yes"));
    call.say("\n");
    banner(call, &[&format!("Grabbing data & core files for world {world}. This will take 5 - 10 minutes.")]);
    banner(call, &["Collecting VM samples (this may take several minutes) ..."]);
    banner(call, &["Creating core files (this may take several minutes) ..."]);
    banner(call, &["Done with core dumps"]);
    let (config, cores_kib) = {
        let machine = &call.host.state.machines[index];
        (machine.config.clone(), machine.memory_mib * 1024)
    };
    if abort {
        call.host.state.machines[index].push(Force::KillHard, "crashed", now_ms());
        if call.host.state.machines[index].power == Power::On {
            banner(call, &["Proxy failed to respond after 18 tries. Forcing proxy Abort"]);
        }
    }
    let home = config.rsplit_once('/').map_or("/", |(home, _)| home).to_owned();
    banner(call, &[&format!("Adding all files in '{home}' to tar")]);
    // The core files are copied first and then packed beside the copy.
    if let Err(error) = room(call, folder, cores_kib) {
        let tar_area = join(folder, "vm-support");
        let status = error.raw_os_error().unwrap_or(1).min(1);
        banner(
            call,
            &[
                &format!("Could not copy {home}/vmware-core to tar area ({tar_area}) (err {status})."),
                "Have you run out of disk space?",
            ],
        );
        return 1;
    }
    pack(call, world, folder, cores_kib);
    call.say("Done.");
    0
}

/// Whether so much fits into a folder.
fn room(call: &Call, folder: &str, kib: u64) -> io::Result<()> {
    let usage = usage_of(&call.root, &call.host.state.filesystems, &join(folder, "vm-support"));
    if usage.is_some_and(|usage| usage.free_kib < kib) { Err(Errno::NOSPC.into()) } else { Ok(()) }
}

/// An archive that does not fit is no reason for another exit status: the script goes on to `Done.`
fn pack(call: &mut Call, world: &str, folder: &str, cores_kib: u64) {
    banner(call, &["Waiting up to 300 seconds for background commands to complete:"]);
    let archive = join(folder, &format!("esx-{world}-{}.tgz", now_ms()));
    let packed = room(call, folder, cores_kib + cores_kib / 2).and_then(|()| call.store(&archive, ARCHIVE));
    if let Err(error) = packed {
        call.complain_about("tar", &archive, &error);
        banner(
            call,
            &[
                "The tar did not successfully complete!",
                "If tar reports that a file changed while",
                "reading, please attempt to rerun this script.",
            ],
        );
        return;
    }
    banner(
        call,
        &[&format!("File: {archive}"), "Please attach this file when submitting an incident report."],
    );
    banner(call, &[&format!("To see the files collected, run: tar -tzf {archive}")]);
}

/// `-k 9 GROUP`.
pub fn vmkload_app(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["-k", "9", group] = words.as_slice() else {
        call.complain("Usage: vmkload_app [-k <signal> <worldgroup>] <app>");
        return 1;
    };
    let running = |number: u32| call.host.state.find(|vm| vm.group == number && vm.power == Power::On);
    let Some(index) = group.parse().ok().and_then(running) else {
        call.complain(format!("Error: Sending signal '9' to world {group} failed: No such process"));
        return 1;
    };
    call.host.state.machines[index].push(Force::KillHard, "crashed", now_ms());
    call.say(format!("Warning: Sending signal '9' to world {group}."));
    0
}
