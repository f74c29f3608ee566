//! `vm-support` and `vmkload_app` of ESX 3.x: how to end a machine that obeys nobody.

use super::super::state::{Force, Power, now_ms};
use super::call::Call;

const BANNER: &str = "VMware ESX Support Script 1.29";

/// `-x` lists the worlds and exits 1, as the real one does; `-X WORLD [-dN]` asks three questions,
/// collects and kills.
pub fn vm_support(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["-x"] => list(call),
        ["-X", world] => collect(call, world),
        ["-X", world, wait] if wait.starts_with("-d") => collect(call, world),
        _ => {
            call.say(format!("{BANNER}\n\nUsage: vm-support [-x] [-X world [-d seconds]]"));
            1
        }
    }
}

fn list(call: &mut Call) -> u8 {
    let running = call.host.state.machines.iter().filter(|vm| vm.power == Power::On);
    let lines = running.map(|vm| format!("vmid={}\t{}\n", vm.world, vm.name)).collect::<Vec<_>>().concat();
    call.say(format!("{BANNER}\n\nAvailable worlds to debug:\n\n{lines}"));
    1
}

fn collect(call: &mut Call, world: &str) -> u8 {
    call.say(format!("{BANNER}\n"));
    let running = |number: u32| call.host.state.find(|vm| vm.world == number && vm.power == Power::On);
    let Some(index) = world.parse().ok().and_then(running) else {
        call.say(format!("Could not find a running VM with world id {world}."));
        return 1;
    };
    let questions = [
        format!("Can I include a screenshot of the VM {world} (y/n): "),
        format!(
            "Can I send an NMI (non-maskable interrupt) to the VM {world}? This might crash the VM, but could aid in \
             debugging (y/n): "
        ),
        format!(
            "Can I send an ABORT to the VM {world}? This will crash the VM, but could aid in debugging (y/n): "
        ),
    ];
    let input = String::from_utf8_lossy(&call.input).into_owned();
    let mut answers = input.lines();
    let mut abort = false;
    for question in questions {
        call.out.extend_from_slice(question.as_bytes());
        abort = match answers.next().map(str::trim) {
            Some("y" | "Y" | "yes") => true,
            Some("n" | "N" | "no") => false,
            _ => {
                call.say("");
                call.complain("No answer: nothing was collected and nothing was killed.");
                return 1;
            }
        };
        call.say("");
    }
    call.say(format!("\nGrabbing data & core files for world {world}. This will take 5 - 10 minutes."));
    if abort {
        call.say(format!("Sending ABORT to the VM {world}..."));
        call.host.state.machines[index].push(Force::KillHard, "crashed", now_ms());
    }
    let archive = format!("/tmp/esx-{world}-{}.tgz", now_ms());
    match call.store(&archive, b"practice archive\n") {
        Ok(()) => call.say(format!("File: {archive}")),
        Err(error) => call.complain_about("tar", &archive, &error),
    }
    call.say("Done");
    0
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
