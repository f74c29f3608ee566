//! `virsh` of a KVM host.
//!
//! Texts, states and exit codes are those of virsh 9.0.0 with QEMU 7.2, tried on real domains: healthy, hung,
//! paused by a full disk, transient. Where a command fails, virsh prints an empty line on standard output too.

use std::fmt::Write as _;

use super::super::disk::usage_of;
use super::super::root::reason;
use super::super::state::{Force, Machine, Power, now_ms};
use super::call::Call;

/// The connection that is the host's own.
const SYSTEM: &str = "qemu:///system";

/// `[-c qemu:///system] list|domstate|dominfo|domcontrol|domjobinfo|domblkerror|domblklist|start|shutdown|destroy|
/// suspend|resume|define|undefine`.
pub fn virsh(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // The login of the lab is root, whose connection is that of the system anyhow.
        ["-c" | "--connect", SYSTEM, order @ ..] => command(call, order),
        ["-c" | "--connect", uri, ..] => {
            let host_and_path = uri.split_once("://").map_or("", |(_, rest)| rest);
            let path = host_and_path.find('/').map_or("", |at| &host_and_path[at..]);
            call.complain(format!(
                "error: failed to connect to the hypervisor\nerror: internal error: unexpected qemu URI path \
                 '{path}', try {SYSTEM}"
            ));
            1
        }
        order => command(call, order),
    }
}

fn command(call: &mut Call, words: &[&str]) -> u8 {
    match words {
        ["list"] => list(call, false),
        ["list", "--all"] => list(call, true),
        ["define", file] => define(call, file),
        ["domstate", "--reason", domain] | ["domstate", domain, "--reason"] => state(call, domain, true),
        ["domstate", domain] => state(call, domain, false),
        ["dominfo", domain] => info(call, domain),
        [order @ ("domcontrol" | "domjobinfo" | "domblkerror" | "domblklist"), domain] => {
            look(call, order, domain)
        }
        [order @ ("start" | "shutdown" | "destroy" | "suspend" | "resume"), domain] => {
            change(call, order, domain)
        }
        ["undefine", domain] => undefine(call, domain),
        [order, ..] => {
            call.complain(format!("error: unknown command: '{order}'"));
            1
        }
        [] => {
            call.complain("error: no command given");
            1
        }
    }
}

/// The empty line and the lines of a failure.
fn fail(call: &mut Call, why: impl AsRef<str>) -> u8 {
    call.say("");
    call.complain(why);
    1
}

fn word(power: Power) -> &'static str {
    match power {
        Power::On => "running",
        Power::Suspended => "paused",
        Power::Off => "shut off",
    }
}

/// Active ones by their number, the others by name.
fn list(call: &mut Call, all: bool) -> u8 {
    let state = &call.host.state;
    let (mut active, mut resting): (Vec<_>, Vec<_>) =
        state.machines.iter().partition(|machine| state.is_active(machine));
    active.sort_by_key(|vm| vm.world);
    resting.sort_by_key(|vm| vm.name.clone());
    let mut rows = vec![["Id", "Name", "State"].map(str::to_owned)];
    rows.extend(active.iter().map(|vm| [vm.world.to_string(), vm.name.clone(), word(vm.power).to_owned()]));
    if all {
        rows.extend(resting.iter().map(|vm| ["-".to_owned(), vm.name.clone(), word(vm.power).to_owned()]));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [a, b, c] = [0, 1, 2].map(width);
    let mut text = String::new();
    for (index, [id, name, state]) in rows.iter().enumerate() {
        let _ = writeln!(text, " {id:<a$}   {name:<b$}   {state}");
        if index == 0 {
            let _ = writeln!(text, "{}", "-".repeat(a + b + c + 9));
        }
    }
    call.say(text);
    0
}

/// The index of the domain with this id, UUID or name. virsh reads `7`, ` 7`, `+7` and `07` as an id.
fn find(call: &mut Call, domain: &str) -> Option<usize> {
    let digits = domain.trim_start();
    let id: Option<u32> = digits.strip_prefix('+').unwrap_or(digits).parse().ok();
    let state = &call.host.state;
    let found = state.find(|vm| state.is_active(vm) && Some(vm.world) == id);
    let found = found.or_else(|| state.find(|vm| vm.uuid == domain || vm.name == domain));
    if found.is_none() {
        fail(call, format!("error: failed to get domain '{domain}'"));
    }
    found
}

fn state(call: &mut Call, domain: &str, with_reason: bool) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let vm = &call.host.state.machines[index];
    let word = word(vm.power);
    let text = if with_reason { format!("{word} ({})\n", vm.reason) } else { format!("{word}\n") };
    call.say(text);
    0
}

fn info(call: &mut Call, domain: &str) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let state = &call.host.state;
    let vm = &state.machines[index];
    let (id, time) = if state.is_active(vm) {
        (vm.world.to_string(), "CPU time:       2411.7s\n")
    } else {
        ("-".to_owned(), "")
    };
    let kib = vm.memory_mib * 1024;
    let text = format!(
        "Id:             {id}\nName:           {}\nUUID:           {}\nOS Type:        hvm\nState:          {}\n\
         CPU(s):         1\n{time}Max memory:     {kib} KiB\nUsed memory:    {kib} KiB\nPersistent:     {}\n\
         Autostart:      disable\nManaged save:   no\nSecurity model: none\nSecurity DOI:   0\n",
        vm.name,
        vm.uuid,
        word(vm.power),
        if vm.config.is_empty() { "no" } else { "yes" },
    );
    call.say(text);
    0
}

/// What only looks. Of a domain that is off, virsh knows none of this but the disks.
fn look(call: &mut Call, order: &str, domain: &str) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let state = &call.host.state;
    let vm = &state.machines[index];
    let disk = image(vm);
    let text = match order {
        "domblklist" => {
            let line = "-".repeat(disk.len() + 12);
            format!(" Target   Source\n{line}\n vda      {disk}\n")
        }
        _ if !state.is_active(vm) => {
            return fail(call, "error: Requested operation is not valid: domain is not running");
        }
        "domcontrol" => "ok\n".to_owned(),
        "domjobinfo" => "Job type:         None        \n".to_owned(),
        _ if vm.reason == "I/O error" => "vda: no space\n".to_owned(),
        _ => "No errors found\n".to_owned(),
    };
    call.say(text);
    0
}

fn image(vm: &Machine) -> String {
    format!("/var/lib/libvirt/images/{}.qcow2", vm.name)
}

fn change(call: &mut Call, order: &str, domain: &str) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let vm = &call.host.state.machines[index];
    let (name, power, disk) = (vm.name.clone(), vm.power, image(vm));
    let refused = |call: &mut Call, why: &str| {
        fail(
            call,
            format!(
                "error: Failed to {order} domain '{name}'\nerror: Requested operation is not valid: domain is {why}"
            ),
        )
    };
    let done = match (order, power) {
        ("start", Power::Off) => {
            call.host.state.turn_on(index);
            "started"
        }
        ("start", _) => return fail(call, "error: Domain is already active"),
        ("destroy", Power::On) => {
            call.host.state.machines[index].push(Force::PowerOff, "destroyed", now_ms());
            "destroyed"
        }
        ("destroy", Power::Suspended) => {
            call.host.state.machines[index].turn_off("destroyed");
            "destroyed"
        }
        ("shutdown", Power::On) => {
            call.host.state.machines[index].push(Force::Ask, "shutdown", now_ms());
            "is being shutdown"
        }
        ("suspend", Power::On | Power::Suspended) => {
            pause(&mut call.host.state.machines[index], "user");
            "suspended"
        }
        ("resume", Power::On) => return refused(call, "already running"),
        ("resume", Power::Suspended) => {
            // The guest repeats its write; with the disk still full it is paused again at once.
            let usage = usage_of(&call.root, &call.host.state.filesystems, &disk);
            let vm = &mut call.host.state.machines[index];
            if vm.reason != "I/O error" || usage.is_some_and(|usage| usage.free_kib > 0) {
                vm.power = Power::On;
                "unpaused".clone_into(&mut vm.reason);
            }
            "resumed"
        }
        _ => return refused(call, "not running"),
    };
    call.say(format!("Domain '{name}' {done}\n"));
    0
}

fn pause(vm: &mut Machine, reason: &str) {
    if vm.power == Power::On {
        vm.power = Power::Suspended;
        reason.clone_into(&mut vm.reason);
    }
}

/// A domain that runs goes on without a definition.
fn undefine(call: &mut Call, domain: &str) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let vm = &mut call.host.state.machines[index];
    let name = vm.name.clone();
    if vm.config.is_empty() {
        return fail(
            call,
            format!(
                "error: Failed to undefine domain '{name}'\nerror: Requested operation is not valid: cannot undefine \
                 transient domain"
            ),
        );
    }
    vm.config.clear();
    if vm.power == Power::Off {
        call.host.state.machines.remove(index);
    }
    call.say(format!("Domain '{name}' has been undefined\n"));
    0
}

fn define(call: &mut Call, file: &str) -> u8 {
    let text = if file == "/dev/stdin" { Ok(std::mem::take(&mut call.input)) } else { call.root.read(file) };
    let text = match text {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return fail(call, format!("error: Failed to open file '{file}': {}", reason(&error))),
    };
    let failed = |call: &mut Call, why: &str| {
        fail(call, format!("error: Failed to define domain from {file}\nerror: {why}"))
    };
    let root =
        text.trim_start().strip_prefix('<').map(|rest| rest.split(['>', ' ']).next().unwrap_or_default());
    match root {
        Some("domain") => {}
        Some(other) => {
            let why = format!("XML error: expecting root element of 'domain', not '{other}'");
            return failed(call, &why);
        }
        None => return failed(call, "(domain_definition):1: Start tag expected, '<' not found"),
    }
    let name = element(&text, "name").unwrap_or_default().to_owned();
    if name.contains('/') {
        return failed(call, &format!("XML error: name {name} cannot contain '/'"));
    }
    if let Some(index) = call.host.state.find(|vm| vm.name == name) {
        let uuid = call.host.state.machines[index].uuid.clone();
        return failed(call, &format!("operation failed: domain '{name}' already exists with uuid {uuid}"));
    }
    let number = call.host.state.number();
    call.host.state.machines.push(Machine {
        config: format!("/etc/libvirt/qemu/{name}.xml"),
        vmid: number,
        world: 0,
        group: 0,
        pid: 0,
        uuid: format!("7d0c1f6e-2a44-4b1d-9c3f-525400{number:06x}"),
        power: Power::Off,
        yields_to: Force::Ask,
        stops_after_ms: 300,
        off_at_ms: None,
        reason: "unknown".to_owned(),
        memory_mib: element(&text, "memory").and_then(|size| size.trim().parse().ok()).unwrap_or(1024),
        name: name.clone(),
        forgotten: false,
        question: None,
    });
    call.say(format!("Domain '{name}' defined from {file}\n"));
    0
}

/// The text of the first element `tag`, its attributes aside.
fn element<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{tag}"))?;
    let (_, rest) = rest.split_once('>')?;
    rest.split_once(&format!("</{tag}>")).map(|(inside, _)| inside)
}
