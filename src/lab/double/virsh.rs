//! `virsh` and `qemu-img` of a KVM host.

use std::fmt::Write as _;

use super::super::root::reason;
use super::super::state::{Force, Machine, Power, now_ms};
use super::call::Call;

/// `list [--all]`, `domstate [--reason]`, `dominfo`, `start`, `shutdown`, `destroy`, `define`, `undefine`.
pub fn virsh(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => list(call, false),
        ["list", "--all"] => list(call, true),
        ["define", file] => define(call, file),
        ["domstate", "--reason", domain] | ["domstate", domain, "--reason"] => state(call, domain, true),
        ["domstate", domain] => state(call, domain, false),
        ["dominfo", domain] => info(call, domain),
        [order @ ("start" | "shutdown" | "destroy" | "undefine"), domain] => change(call, order, domain),
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

fn list(call: &mut Call, all: bool) -> u8 {
    let mut rows = vec![["Id", "Name", "State"].map(str::to_owned)];
    let running = call.host.state.machines.iter().filter(|vm| vm.power == Power::On);
    rows.extend(running.map(|vm| [vm.world.to_string(), vm.name.clone(), "running".to_owned()]));
    if all {
        let resting = call.host.state.machines.iter().filter(|vm| vm.power != Power::On);
        rows.extend(resting.map(|vm| ["-".to_owned(), vm.name.clone(), "shut off".to_owned()]));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
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

/// The index of the domain with this name, id or UUID.
fn find(call: &mut Call, domain: &str) -> Option<usize> {
    let id: Option<u32> = domain.parse().ok();
    let found = call
        .host
        .state
        .find(|vm| vm.name == domain || vm.uuid == domain || (vm.power == Power::On && Some(vm.world) == id));
    if found.is_none() {
        call.complain(format!("error: failed to get domain '{domain}'"));
    }
    found
}

fn state(call: &mut Call, domain: &str, with_reason: bool) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let vm = &call.host.state.machines[index];
    let word = if vm.power == Power::On { "running" } else { "shut off" };
    let text = if with_reason { format!("{word} ({})\n", vm.reason) } else { format!("{word}\n") };
    call.say(text);
    0
}

fn info(call: &mut Call, domain: &str) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let vm = &call.host.state.machines[index];
    let (id, state) = match vm.power {
        Power::On => (vm.world.to_string(), "running"),
        Power::Off | Power::Suspended => ("-".to_owned(), "shut off"),
    };
    let kib = vm.memory_mib * 1024;
    let text = format!(
        "Id:             {id}\nName:           {}\nUUID:           {}\nOS Type:        hvm\nState:          {state}\n\
         CPU(s):         1\nMax memory:     {kib} KiB\nUsed memory:    {kib} KiB\nPersistent:     yes\n\
         Autostart:      disable\nManaged save:   no\nSecurity model: none\nSecurity DOI:   0\n",
        vm.name, vm.uuid
    );
    call.say(text);
    0
}

fn change(call: &mut Call, order: &str, domain: &str) -> u8 {
    let Some(index) = find(call, domain) else { return 1 };
    let state = &mut call.host.state;
    let running = state.machines[index].power == Power::On;
    let name = state.machines[index].name.clone();
    let answer = match (order, running) {
        ("start", false) => {
            state.turn_on(index);
            format!("Domain '{name}' started\n")
        }
        ("start", true) => {
            call.complain(format!("error: Failed to start domain '{name}'\nerror: Domain is already active"));
            return 1;
        }
        ("shutdown", true) => {
            state.machines[index].push(Force::Ask, "shutdown", now_ms());
            format!("Domain '{name}' is being shutdown\n")
        }
        ("destroy", true) => {
            state.machines[index].push(Force::PowerOff, "destroyed", now_ms());
            format!("Domain '{name}' destroyed\n")
        }
        ("undefine", false) => {
            state.machines.remove(index);
            format!("Domain '{name}' has been undefined\n")
        }
        ("undefine", true) => {
            call.complain(format!(
                "error: Failed to undefine domain '{name}'\nerror: Requested operation is not valid: cannot undefine \
                 a running domain in the lab"
            ));
            return 1;
        }
        _ => {
            call.complain(format!(
                "error: Failed to {order} domain '{name}'\nerror: Requested operation is not valid: domain is not running"
            ));
            return 1;
        }
    };
    call.say(answer);
    0
}

fn define(call: &mut Call, file: &str) -> u8 {
    let text = if file == "/dev/stdin" { Ok(std::mem::take(&mut call.input)) } else { call.root.read(file) };
    let text = match text {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            call.complain(format!("error: Failed to open file '{file}': {}", reason(&error)));
            return 1;
        }
    };
    let failed = |call: &mut Call, why: &str| {
        call.complain(format!("error: Failed to define domain from {file}\nerror: {why}"));
        1
    };
    let Some(name) =
        element(&text, "name").filter(|name| text.trim_start().starts_with("<domain") && !name.is_empty())
    else {
        return failed(call, "(domain_definition):1: Document is empty or holds no domain");
    };
    let name = name.to_owned();
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

/// `create -f qcow2 FILE SIZE[KMG]`: like the real one, it replaces a file that is there.
pub fn qemu_img(call: &mut Call) -> u8 {
    let words: Vec<String> = call.args.to_vec();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["create", "-f", "qcow2", file, size] = words.as_slice() else {
        call.complain("qemu-img: Command not found");
        return 1;
    };
    let Some(bytes) = bytes_of(size) else {
        call.complain(format!("qemu-img: {file}: Invalid image size specified: '{size}'"));
        return 1;
    };
    // An empty image takes 193 KiB, whatever its size.
    let made = call.room_for(file).and_then(|()| call.root.write_hole(file, 196_624));
    if let Err(error) = made {
        call.complain(format!("qemu-img: {file}: Could not create '{file}': {}", reason(&error)));
        return 1;
    }
    call.say(format!(
        "Formatting '{file}', fmt=qcow2 cluster_size=65536 extended_l2=off compression_type=zlib size={bytes} \
         lazy_refcounts=off refcount_bits=16"
    ));
    0
}

fn bytes_of(size: &str) -> Option<u64> {
    let power = match size.chars().last()? {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => return None,
    };
    let number: u64 = size[..size.len() - 1].parse().ok()?;
    number.checked_mul(1 << power)
}
