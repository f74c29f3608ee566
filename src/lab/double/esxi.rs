//! `vim-cmd` and `esxcli` of `ESXi`.

use std::fmt::Write as _;

use super::super::state::{Force, Power, now_ms};
use super::call::Call;

/// `vmsvc/getallvms`, `vmsvc/power.getstate|off|on|shutdown VMID`.
pub fn vim_cmd(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["vmsvc/getallvms"] => all_machines(call),
        [
            order @ ("vmsvc/power.getstate" | "vmsvc/power.off" | "vmsvc/power.on" | "vmsvc/power.shutdown"),
            vmid,
        ] => {
            let found = vmid.parse().ok().and_then(|id: u32| call.host.state.find(|vm| vm.vmid == id));
            let Some(index) = found else { return not_found(call, vmid) };
            power(call, order, index)
        }
        [order, ..] if order.starts_with("vmsvc/power.") => {
            call.complain("Insufficient arguments.");
            1
        }
        _ => {
            call.complain("Invalid command.");
            1
        }
    }
}

fn all_machines(call: &mut Call) -> u8 {
    let mut rows = vec![["Vmid", "Name", "File", "Guest OS", "Version", "Annotation"].map(str::to_owned)];
    for vm in &call.host.state.machines {
        let file = vm.config.rsplit('/').take(2).collect::<Vec<_>>();
        let file = format!("[datastore1] {}/{}", file.get(1).unwrap_or(&""), file.first().unwrap_or(&""));
        let fixed = ["otherLinux64Guest", "vmx-13", ""].map(str::to_owned);
        let [guest, version, note] = fixed;
        rows.push([vm.vmid.to_string(), vm.name.clone(), file, guest, version, note]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0) + 3;
    let widths = [0, 1, 2, 3, 4].map(width);
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(text, "{cell:<width$}");
        }
        text.push_str(&row[5]);
        text.push('\n');
    }
    call.out.extend_from_slice(text.as_bytes());
    0
}

fn power(call: &mut Call, order: &str, index: usize) -> u8 {
    let now = call.host.state.machines[index].power;
    match order {
        "vmsvc/power.getstate" => {
            let word = match now {
                Power::On => "Powered on",
                Power::Off => "Powered off",
                Power::Suspended => "Suspended",
            };
            call.say(format!("Retrieved runtime info\n{word}"));
            0
        }
        "vmsvc/power.on" => {
            call.say("Powering on VM:");
            if now == Power::On {
                return invalid_state(call, "poweredOn", now);
            }
            call.host.state.turn_on(index);
            0
        }
        "vmsvc/power.off" => {
            call.say("Powering off VM:");
            if now != Power::On {
                return invalid_state(call, "poweredOff", now);
            }
            call.host.state.machines[index].push(Force::PowerOff, "destroyed", now_ms());
            0
        }
        _ if now != Power::On => invalid_state(call, "poweredOff", now),
        _ => {
            call.host.state.machines[index].push(Force::Ask, "shutdown", now_ms());
            0
        }
    }
}

fn invalid_state(call: &mut Call, requested: &str, now: Power) -> u8 {
    let (existing, words) = match now {
        Power::On => ("poweredOn", "Powered on"),
        Power::Off => ("poweredOff", "Powered off"),
        Power::Suspended => ("suspended", "Suspended"),
    };
    call.say(format!(
        "(vim.fault.InvalidPowerState) {{\n   faultCause = (vmodl.MethodFault) null, \n   faultMessage = <unset>, \n   \
         requestedState = \"{requested}\", \n   existingState = \"{existing}\", \n   msg = \"The attempted operation \
         cannot be performed in the current state ({words}).\"\n}}"
    ));
    1
}

fn not_found(call: &mut Call, vmid: &str) -> u8 {
    call.say(format!(
        "(vim.fault.NotFound) {{\n   faultCause = (vmodl.MethodFault) null, \n   faultMessage = <unset>, \n   \
         msg = \"Unable to find a VM corresponding to \"{vmid}\"\"\n}}"
    ));
    1
}

/// `vm process list`, `vm process kill --type=soft|hard|force --world-id=WORLD`.
pub fn esxcli(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["vm", "process", "list"] => list(call),
        ["vm", "process", "kill", options @ ..] => kill(call, options),
        _ => {
            call.complain("Error: Unknown command or namespace ".to_owned() + &words.join(" "));
            1
        }
    }
}

fn list(call: &mut Call) -> u8 {
    let mut text = String::new();
    for vm in call.host.state.machines.iter().filter(|vm| vm.power == Power::On) {
        let hex: String = vm.uuid.chars().filter(char::is_ascii_hexdigit).collect();
        let pair = |range: std::ops::Range<usize>| {
            range.map(|i| hex.get(2 * i..2 * i + 2).unwrap_or("00")).collect::<Vec<_>>().join(" ")
        };
        let _ = write!(
            text,
            "{0}\n   World ID: {1}\n   Process ID: 0\n   VMX Cartel ID: {2}\n   UUID: {3}-{4}\n   Display Name: {0}\n   \
             Config File: {5}\n\n",
            vm.name,
            vm.world,
            vm.group,
            pair(0..8),
            pair(8..16),
            vm.config
        );
    }
    call.out.extend_from_slice(text.as_bytes());
    0
}

fn kill(call: &mut Call, options: &[&str]) -> u8 {
    let option = |long: &str| options.iter().find_map(|word| word.strip_prefix(long)?.strip_prefix('='));
    let (Some(mode), Some(world)) = (option("--type"), option("--world-id")) else {
        call.complain("Error: Missing required parameter -t|--type or -w|--world-id");
        return 1;
    };
    let force = match mode {
        "soft" => Force::KillSoft,
        "hard" => Force::KillHard,
        "force" => Force::Kill,
        _ => {
            call.complain("Error: Invalid value for --type: it is one of soft, hard, force");
            return 1;
        }
    };
    let running = |number: u32| call.host.state.find(|vm| vm.world == number && vm.power == Power::On);
    let Some(index) = world.parse().ok().and_then(running) else {
        call.complain(format!("Unable to find a virtual machine with the world ID {world}"));
        return 1;
    };
    call.host.state.machines[index].push(force, "crashed", now_ms());
    0
}
