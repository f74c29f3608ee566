//! `/proc` of a lab host: files made from the state, for `cat` and `grep`.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use super::root::Root;
use super::state::{HostState, Kind, Machine};

/// The command line of a machine's process, its arguments in a row.
pub fn command_line(kind: Kind, machine: &Machine) -> Vec<String> {
    let words: &[&str] = match kind {
        Kind::Esx3 => &[
            "/usr/lib/vmware/bin/vmkload_app",
            "/usr/lib/vmware/bin/vmware-vmx",
            "-ssched.group=host/user",
            "-#",
        ],
        Kind::Esxi => &["/bin/vmx", "-s", "sched.group=host/user", "-#"],
        Kind::Kvm => &["/usr/bin/qemu-system-x86_64", "-S", "-machine", "pc,accel=kvm", "-uuid"],
    };
    let mut line: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    match kind {
        Kind::Esx3 => {
            line.push(
                "name=VMware ESX Server;version=3.5.0;licensename=VMware ESX Server;licenseversion=3.0;"
                    .to_owned(),
            );
            line.push("-@".to_owned());
            line.push(format!("pipe=/tmp/vmhsdaemon-0/vmx{}", machine.group));
            line.push(machine.config.clone());
        }
        Kind::Esxi => line.extend(["product=1;name=VMware ESX;".to_owned(), machine.config.clone()]),
        Kind::Kvm => {
            line.push(machine.uuid.clone());
            line.insert(1, "-name".to_owned());
            line.insert(2, format!("guest={},debug-threads=on", machine.name));
        }
    }
    line
}

/// Makes the files under `/proc` those of `state`: what ended disappears, what runs is there.
pub fn refresh(root: &Root, state: &HostState) -> io::Result<()> {
    root.create_folders("/proc")?;
    let mut files = BTreeMap::new();
    for process in &state.processes {
        files.insert(
            format!("/proc/{}/cmdline", process.pid),
            format!("{}\0", process.command.replace(' ', "\0")),
        );
    }
    for machine in state.machines.iter().filter(|machine| state.is_active(machine)) {
        let line = command_line(state.kind, machine).join("\0");
        files.insert(format!("/proc/{}/cmdline", machine.pid), format!("{line}\0"));
        if state.kind == Kind::Esx3 {
            let folder = format!("/proc/vmware/vm/{}", machine.world);
            files.insert(format!("{folder}/names"), names(machine));
            files.insert(format!("{folder}/cpu/status"), status(machine));
        }
    }
    if state.kind == Kind::Esx3 {
        root.create_folders("/proc/vmware/vm")?;
    }
    for folder in ["/proc", "/proc/vmware/vm"] {
        let Ok(entries) = root.list(folder) else { continue };
        for name in entries.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
            let path = format!("{folder}/{name}");
            if !files.keys().any(|file| file.starts_with(&format!("{path}/"))) {
                fs::remove_dir_all(root.locate_entry(&path)?)?;
            }
        }
    }
    for (path, content) in files {
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
        root.create_folders(folder)?;
        root.write(&path, content.as_bytes())?;
    }
    Ok(())
}

/// As in `VMware`'s article on ending a machine from the service console; `vm-support` takes `cfgFile` and
/// `displayName` from the same line.
fn names(machine: &Machine) -> String {
    let Machine { world, config, name, .. } = machine;
    let uuid = uuid_in_bytes(&machine.uuid);
    format!("vmid={world}   pid=-1     cfgFile=\"{config}\"  uuid=\"{uuid}\"  displayName=\"{name}\"\n")
}

/// A UUID as ESX writes it: sixteen bytes, a dash in the middle.
pub fn uuid_in_bytes(uuid: &str) -> String {
    let hex: String = uuid.chars().filter(char::is_ascii_hexdigit).collect();
    let bytes = |range: std::ops::Range<usize>| {
        range.map(|i| hex.get(2 * i..2 * i + 2).unwrap_or("00")).collect::<Vec<_>>().join(" ")
    };
    format!("{}-{}", bytes(0..8), bytes(8..16))
}

fn status(machine: &Machine) -> String {
    let Machine { world, group, name, .. } = machine;
    let title = format!("vmm0:{name}");
    format!(
        "   vcpu   vm type name                      uptime status   costatus    usedsec  wait   cpu affinity  min  max shares group        emin\n\
         {world:>7} {world:>4} V    {title:<25} 86400.000 WAIT     RUN         1021.770  IDLE   0   0,1        0    200 2000   vm.{group:<9} 97\n"
    )
}
