//! `vmware-cmd` and `vmkfstools` of ESX 3.x.

use super::super::disk as space;
use super::super::root::reason;
use super::super::state::{Force, Machine, Power, now_ms};
use super::call::Call;

const TOOL: &str = "/usr/bin/vmware-cmd";
const USAGE: &str = "Usage: vmware-cmd -l | vmware-cmd -s <options> | vmware-cmd <cfg> <options>";

/// `-l`, `-s register|unregister VMX`, `VMX getstate|gettoolslastactive|answer|start|stop [hard|soft|trysoft]`.
pub fn vmware_cmd(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["-l"] => {
            for vmx in call.host.state.machines.iter().map(|vm| vm.config.clone()).collect::<Vec<_>>() {
                call.say(vmx);
            }
            0
        }
        ["-s", "register", vmx] => register(call, vmx),
        ["-s", "unregister", vmx] => unregister(call, vmx),
        [vmx, rest @ ..] if !vmx.starts_with('-') && !rest.is_empty() => power(call, vmx, rest),
        _ => {
            call.complain(USAGE);
            2
        }
    }
}

fn power(call: &mut Call, vmx: &str, order: &[&str]) -> u8 {
    let Some(index) = registered(call, vmx) else { return not_registered(call, vmx) };
    let now = call.host.state.machines[index].told();
    match order {
        ["getstate"] => {
            let stuck = call.host.state.machines[index].question.is_some() && now == Power::On;
            call.say(format!("getstate() = {}", if stuck { "stuck" } else { word(now) }));
            0
        }
        ["gettoolslastactive"] => tools_last_active(call, index),
        ["answer"] => answer(call, index),
        ["start"] if now == Power::On => conflict(call, "start", now),
        ["start"] if call.host.state.machines[index].forgotten => {
            // VMware's message for a file that a living process holds.
            call.complain(format!("{TOOL}: Could not power on VM : Failed to lock the file."));
            1
        }
        ["start"] => {
            call.host.state.turn_on(index);
            call.say("start() = 1");
            0
        }
        ["stop", ..] if now != Power::On => conflict(call, "stop", now),
        ["stop"] => stop(call, index, Force::Ask, "stop() = 1"),
        ["stop", "soft"] => stop(call, index, Force::Ask, "stop(soft) = 1"),
        ["stop", "trysoft"] => stop(call, index, Force::PowerOff, "stop(trysoft) = 1"),
        ["stop", "hard"] => stop(call, index, Force::PowerOff, "stop(hard) = 1"),
        _ => {
            call.complain(USAGE);
            2
        }
    }
}

/// The machine whose configuration file lies there, whichever name of its datastore was typed.
fn registered(call: &Call, vmx: &str) -> Option<usize> {
    let place = call.root.locate(vmx).map(|place| call.root.shown(&place)).unwrap_or_default();
    call.host.state.find(|vm| vm.config == vmx || vm.config == place)
}

/// Seconds since the Tools were heard: 0 not running, 1 well, 100 silent (the mapping of `vmware-cmd`
/// in the vSphere CLI).
fn tools_last_active(call: &mut Call, index: usize) -> u8 {
    let machine = &call.host.state.machines[index];
    let seconds = match (machine.told(), machine.yields_to) {
        (Power::On, Force::Ask) => 1,
        (Power::On, _) => 100,
        _ => 0,
    };
    call.say(format!("gettoolslastactive() = {seconds}"));
    0
}

/// Asks on standard output and takes one line; an empty one is the default (the form is that of the
/// same tool in the vSphere CLI).
fn answer(call: &mut Call, index: usize) -> u8 {
    let Some(question) = call.host.state.machines[index].question.clone() else {
        call.complain("No questions pending.");
        return 0;
    };
    call.say(format!("\nQuestion (id = {}) :{}", question.id, question.text));
    for (number, choice) in question.choices.iter().enumerate() {
        call.say(format!("\t{number}) {choice}"));
    }
    call.out.extend_from_slice(b"Select choice. Press enter for default <0> : ");
    let input = String::from_utf8_lossy(&call.input).into_owned();
    let typed = input.lines().next().unwrap_or_default().trim().to_owned();
    let chosen = if typed.is_empty() { Some(0) } else { typed.parse().ok() };
    let Some(number) = chosen.filter(|number: &usize| *number < question.choices.len()) else {
        call.complain(format!("{TOOL}: no such choice: {typed}"));
        return 1;
    };
    call.say(format!("selected {number} : {}", question.choices[number]));
    call.host.state.machines[index].answer(number);
    0
}

/// A hung machine does not obey, and the tool reports success all the same: that is what operators meet.
fn stop(call: &mut Call, index: usize, force: Force, answer: &str) -> u8 {
    call.host.state.machines[index].push(force, "shutdown", now_ms());
    call.say(answer);
    0
}

fn conflict(call: &mut Call, operation: &str, power: Power) -> u8 {
    call.complain(format!(
        "VMControl error -8: Invalid operation for virtual machine's current state: The requested operation \
         (\"{operation}\") could not be completed because it conflicted with the state of the virtual machine \
         (\"{}\") at the time the request was received.",
        word(power)
    ));
    8
}

fn not_registered(call: &mut Call, vmx: &str) -> u8 {
    call.complain(format!(
        "{TOOL}: Could not connect to VM {vmx}\n  (VMControl error -11: No such virtual machine: The config file \
         {vmx} is not registered.\nPlease register the config file on the server.  For example:\n\
         vmware-cmd -s register \"{vmx}\")"
    ));
    11
}

fn register(call: &mut Call, vmx: &str) -> u8 {
    if registered(call, vmx).is_some() {
        call.complain("VMControl error -20: Virtual machine already exists");
        return 20;
    }
    let text = match call.root.read(vmx) {
        Ok(bytes) if vmx.rsplit_once('.').is_some_and(|(_, end)| end == "vmx") => {
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => {
            call.complain(format!("VMControl error -11: No such virtual machine: {vmx}"));
            return 11;
        }
    };
    // The host keeps the identifier of the datastore, whatever was typed.
    let config = call.root.locate(vmx).map_or_else(|_| vmx.to_owned(), |place| call.root.shown(&place));
    let stem = vmx.rsplit('/').next().unwrap_or(vmx).trim_end_matches(".vmx");
    let number = call.host.state.number();
    call.host.state.machines.push(Machine {
        name: setting(&text, "displayName").unwrap_or(stem).to_owned(),
        config,
        vmid: number,
        world: 0,
        group: 0,
        pid: 0,
        uuid: format!("564d4a1c-90b3-4f6e-8d2a-005056{number:06x}"),
        power: Power::Off,
        yields_to: Force::Ask,
        stops_after_ms: 0,
        off_at_ms: None,
        reason: "unknown".to_owned(),
        memory_mib: setting(&text, "memsize").and_then(|size| size.parse().ok()).unwrap_or(256),
        forgotten: false,
        question: None,
    });
    call.say(format!("register({vmx}) = 1"));
    0
}

fn unregister(call: &mut Call, vmx: &str) -> u8 {
    let Some(index) = registered(call, vmx) else { return not_registered(call, vmx) };
    let power = call.host.state.machines[index].told();
    if power == Power::On {
        return conflict(call, "unregister", power);
    }
    call.host.state.machines.remove(index);
    call.say(format!("unregister({vmx}) = 1"));
    0
}

/// The value of `key = "value"` in a .vmx file.
fn setting<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.trim().trim_matches('"'))
    })
}

fn word(power: Power) -> &'static str {
    match power {
        Power::On => "on",
        Power::Off => "off",
        Power::Suspended => "suspended",
    }
}

/// `-c SIZE[kmg] [-a lsilogic|buslogic] DISK`: a descriptor and a hole of the size beside it.
pub fn vmkfstools(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (["-c", size, "-a", "lsilogic" | "buslogic", disk] | ["-c", size, disk]) = words.as_slice() else {
        call.complain("vmkfstools: unrecognized or missing option");
        return 255;
    };
    let Some(kib) = kibibytes(size) else {
        call.complain(format!("Invalid disk size: {size}"));
        return 255;
    };
    let failed = |call: &mut Call, why: &str| {
        call.complain(format!("Failed to create virtual disk: {why}"));
        255
    };
    let Some(flat) = disk.strip_suffix(".vmdk").map(|stem| format!("{stem}-flat.vmdk")) else {
        return failed(call, "The file specified is not a virtual disk (15).");
    };
    if call.root.metadata(disk).is_ok() {
        return failed(call, "The file already exists (39).");
    }
    if space::usage_of(&call.root, &call.host.state.filesystems, disk)
        .is_some_and(|usage| usage.free_kib < kib)
    {
        return failed(call, "There is not enough space on the file system for the selected operation (13).");
    }
    let descriptor = format!("# Disk DescriptorFile\nversion=1\nRW {} VMFS \"{flat}\"\n", kib * 2);
    match call.root.write(disk, descriptor.as_bytes()).and_then(|()| call.root.write_hole(&flat, kib * 1024))
    {
        Ok(_) => {
            call.say("Create: 100% done.");
            0
        }
        Err(error) => failed(call, &format!("{}.", reason(&error))),
    }
}

fn kibibytes(size: &str) -> Option<u64> {
    let (digits, factor) = match size.to_ascii_lowercase().pop()? {
        'k' => (&size[..size.len() - 1], 1),
        'm' => (&size[..size.len() - 1], 1024),
        'g' => (&size[..size.len() - 1], 1024 * 1024),
        _ => return None,
    };
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    number.checked_mul(factor).filter(|kib| *kib < 1 << 42)
}
