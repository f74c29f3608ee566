//! `vim-cmd` and `esxcli` of `ESXi`.

use std::fmt::Write as _;

use super::super::proc_files::uuid_in_bytes;
use super::super::state::{Force, Power, now_ms};
use super::call::Call;

/// The last part of the identifier of its datastore, as the first host that made it leaves it.
const HOST_MAC: &str = "00:15:17:a1:b2:c3";

/// `vmsvc/getallvms`, `vmsvc/power.getstate|off|on|shutdown VMID`, `vmsvc/message VMID [QUESTION CHOICE]`.
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
        ["vmsvc/message", vmid, rest @ ..] => {
            let found = vmid.parse().ok().and_then(|id: u32| call.host.state.find(|vm| vm.vmid == id));
            let Some(index) = found else { return not_found(call, vmid) };
            message(call, index, rest)
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
    let now = call.host.state.machines[index].told();
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

/// The question of a machine, or its answer. The form is that of a public transcript.
fn message(call: &mut Call, index: usize, answer: &[&str]) -> u8 {
    let Some(question) = call.host.state.machines[index].question.clone() else {
        call.say("No message.");
        return 0;
    };
    match answer {
        [] => {
            call.say(format!("Virtual machine message {}:\n{}\n", question.id, question.text));
            for (number, choice) in question.choices.iter().enumerate() {
                let default = if number == 0 { " [default]" } else { "" };
                call.say(format!("   {number}. {choice} ({choice}){default}"));
            }
            0
        }
        [id, choice] if *id == question.id => match choice.parse() {
            Ok(number) if number < question.choices.len() => {
                call.host.state.machines[index].answer(number);
                0
            }
            _ => {
                call.complain("Invalid choice.");
                1
            }
        },
        _ => {
            call.complain("Invalid message id.");
            1
        }
    }
}

/// `vmfsfilelockinfo -p FILE`, as the published script prints it: always exit status 0.
pub fn lock_info(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    call.say("vmfsfilelockinfo Version 1.0");
    let ["-p", path] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        call.say(
            "Please provide a valid File path\nusage: vmfsfilelockinfo -p <file path> -v <vc host name>",
        );
        return 0;
    };
    let Ok(place) = call.root.locate(path).and_then(|place| std::fs::metadata(&place).map(|_| place)) else {
        call.say(format!("Could not find file {path} or {path}"));
        return 0;
    };
    let shown = call.root.shown(&place);
    let (folder, name) = shown.rsplit_once('/').unwrap_or(("", &shown));
    let folder = format!("{folder}/");
    let held = call.host.state.find(|vm| vm.power == Power::On && vm.config.starts_with(&folder)).is_some();
    call.say(format!("Looking for lock owners on \"{name}\""));
    if held {
        call.say(format!(
            "\"{name}\" is locked in Exclusive mode by host having mac address ['{HOST_MAC}']\nPlease configure ESXi \
             firewall to connect to Virtual Center"
        ));
    } else {
        call.say(format!("\"{name}\" is not locked by any ESX host and is Free"));
    }
    call.say("Total time taken : 0.21 seconds.");
    0
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
        let _ = write!(
            text,
            "{0}\n   World ID: {1}\n   Process ID: 0\n   VMX Cartel ID: {2}\n   UUID: {3}\n   Display Name: {0}\n   \
             Config File: {4}\n\n",
            vm.name,
            vm.world,
            vm.group,
            uuid_in_bytes(&vm.uuid),
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
