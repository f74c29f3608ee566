//! The practice hosts and their machines, healthy and not.

use super::root::Root;
use super::state::{Filesystem, Force, HostState, Kind, Machine, Power, Process, Question, now_ms};
use crate::domain::world::host::Platform;
use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime};

/// A host of the lab before it exists.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its name in the inventory.
    pub name: &'static str,
    /// Its family.
    pub kind: Kind,
    /// What the inventory says.
    pub platforms: &'static [Platform],
}

/// All hosts, in the order of the inventory.
pub const PARTS: [Part; 3] = [
    Part { name: "lab-esx", kind: Kind::Esx3, platforms: &[Platform::Esx3] },
    Part { name: "lab-esxi", kind: Kind::Esxi, platforms: &[Platform::Esxi] },
    Part { name: "lab-kvm", kind: Kind::Kvm, platforms: &[Platform::Kvm, Platform::Linux] },
];

/// The forgotten image that fills the service console of `lab-esx`.
pub const OLD_ISO: &str = "/vmimages/tools-isoimages/RHEL4.7-X86_64-ES-DVD.iso";

/// ESX and `ESXi` name a datastore by its identifier; the name that people give it is a link beside that
/// (transcripts of `vmware-cmd -l` and of `esxcli vm process list`).
const ESX_STORE: &str = "/vmfs/volumes/4a1c90b3-6f2d4e81-9c3a-00151799a0c1";
/// The image that a machine of `lab-esx` has in its drive.
const ISO_IN_USE: &str = "/vmimages/Drivers R2.ISO";
const ESXI_STORE: &str = "/vmfs/volumes/5f1c2a33-8d1e2f40-6c0e-001517a1b2c3";
const KIB: u64 = 1024;
const GIB_KIB: u64 = 1024 * 1024;

/// The state in which a new host begins.
pub fn state(kind: Kind) -> HostState {
    let (machines, processes, filesystems) = match kind {
        Kind::Esx3 => (esx_machines(), esx_processes(), esx_filesystems()),
        Kind::Esxi => (esxi_machines(), esxi_processes(), esxi_filesystems()),
        Kind::Kvm => (kvm_machines(), kvm_processes(), kvm_filesystems()),
    };
    let next_number = match kind {
        Kind::Esx3 => 5000,
        Kind::Esxi => 36_000,
        Kind::Kvm => 2900,
    };
    let delays_ms = std::collections::BTreeMap::new();
    HostState {
        kind,
        machines,
        processes,
        filesystems,
        next_number,
        born_ms: now_ms(),
        delays_ms,
        ordinary_user: false,
    }
}

/// Fills the folder of a new host. Sizes are those of the file; large ones are holes.
pub fn furnish(root: &Root, kind: Kind, state: &HostState) -> io::Result<()> {
    for filesystem in &state.filesystems {
        root.create_folders(&filesystem.mount)?;
    }
    root.create_folders("/tmp")?;
    let files: &[(&str, u64)] = match kind {
        Kind::Esx3 => &ESX_FILES,
        Kind::Esxi => &[],
        Kind::Kvm => &KVM_FILES,
    };
    for (path, kib) in files {
        place(root, path, *kib)?;
    }
    match kind {
        Kind::Esx3 => name_store(root, ESX_STORE, "/vmfs/volumes/storage1")?,
        Kind::Esxi => name_store(root, ESXI_STORE, "/vmfs/volumes/datastore1")?,
        Kind::Kvm => {}
    }
    for machine in &state.machines {
        let mut text = format!("displayName = \"{}\"\nmemsize = \"{}\"\n", machine.name, machine.memory_mib);
        if kind == Kind::Esx3 && machine.name == "test01" {
            let _ = writeln!(text, "ide0:0.deviceType = \"cdrom-image\"\nide0:0.fileName = \"{ISO_IN_USE}\"");
        }
        // libvirt keeps no definition of a transient domain.
        let defined = Some(&machine.config).filter(|config| !config.is_empty());
        defined.map_or(Ok(()), |config| write(root, config, &text))?;
        match kind {
            Kind::Kvm => {
                place(root, &format!("/var/lib/libvirt/images/{}.qcow2", machine.name), 6 * GIB_KIB)?;
            }
            Kind::Esx3 | Kind::Esxi => {
                let folder = machine.config.rsplit_once('/').map_or("/", |(folder, _)| folder);
                place(root, &format!("{folder}/{}-flat.vmdk", machine.name), 8 * GIB_KIB)?;
            }
        }
    }
    Ok(())
}

/// Puts the name of a datastore beside its identifier.
fn name_store(root: &Root, store: &str, name: &str) -> io::Result<()> {
    let target = store.rsplit('/').next().unwrap_or_default();
    std::os::unix::fs::symlink(target, root.locate_entry(name)?)
}

fn write(root: &Root, path: &str, text: &str) -> io::Result<()> {
    root.create_folders(path.rsplit_once('/').map_or("/", |(folder, _)| folder))?;
    root.write(path, text.as_bytes())
}

fn place(root: &Root, path: &str, kib: u64) -> io::Result<()> {
    root.create_folders(path.rsplit_once('/').map_or("/", |(folder, _)| folder))?;
    // 12 January 2009: the files of a host are older than the lab.
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_231_770_000);
    root.write_hole(path, kib * KIB)?.set_modified(old)
}

const ESX_FILES: [(&str, u64); 21] = [
    (OLD_ISO, 3_337_484),
    (ISO_IN_USE, 1400),
    ("/vmimages/tools-isoimages/linux.iso", 58_196),
    ("/vmimages/tools-isoimages/windows.iso", 24_520),
    ("/vmimages/tools-isoimages/freebsd.iso", 11_480),
    ("/vmimages/tools-isoimages/netware.iso", 612),
    ("/vmimages/floppies/vmscsi-1.2.0.4.flp", 1440),
    ("/boot/vmlinuz-2.4.21-47.0.1.ELvmnix", 1980),
    ("/boot/initrd-2.4.21-47.0.1.ELvmnix.img", 24_660),
    ("/usr/lib/vmware/bin/vmware-vmx", 61_412),
    ("/usr/lib/vmware/webAccess/webAccess.war", 231_004),
    ("/usr/lib/vmware/hostd/docroot.tar", 612_880),
    ("/usr/lib/locale/locale-archive", 48_520),
    ("/usr/share/man/whatis.db", 171_300),
    ("/lib/modules/2.4.21-47.0.1.ELvmnix.tar", 41_028),
    ("/opt/vmware/vpxa/vpxa.tar", 96_400),
    ("/var/lib/rpm/Packages", 32_760),
    ("/var/spool/mail/root", 64_212),
    ("/etc/vmware/esx.conf", 48),
    ("/var/log/vmkernel", 61_008),
    ("/root/anaconda-ks.cfg", 4),
];

const KVM_FILES: [(&str, u64); 12] = [
    ("/usr/lib/modules.img", 3_145_728),
    ("/usr/share/locale.img", 1_887_436),
    ("/var/cache/apt/archives/linux-image-6.1.0-25-amd64.deb", 1_364_212),
    ("/var/lib/docker/overlay2/layers.img", 21_810_380),
    ("/var/log/journal/4f5d6a1e/system@0001.journal", 3_947_930),
    ("/var/log/journal/4f5d6a1e/system@0002.journal", 319_232),
    ("/var/log/journal/4f5d6a1e/system.journal", 32_000),
    ("/var/log/syslog.1", 1_572_864),
    ("/var/tmp/core.qemu-system-x86.2291", 2_202_009),
    ("/home/admin/export.sql", 1_101_004),
    ("/boot/initrd.img-6.1.0-25-amd64", 60_120),
    ("/var/lib/libvirt/images/install.iso", 661_504),
];

fn machine(name: &str, numbers: [u32; 4], power: Power, yields_to: Force) -> Machine {
    let [vmid, world, group, pid] = numbers;
    Machine {
        name: name.to_owned(),
        config: format!("{ESX_STORE}/{name}/{name}.vmx"),
        vmid,
        world,
        group,
        pid,
        uuid: format!("564d4a1c-90b3-4f6e-8d2a-0050569{vmid:01x}{pid:04x}"),
        power,
        yields_to,
        stops_after_ms: 0,
        off_at_ms: None,
        reason: if power == Power::On { "booted" } else { "shutdown" }.to_owned(),
        memory_mib: 1024,
        forgotten: false,
        question: None,
    }
}

fn esx_machines() -> Vec<Machine> {
    vec![
        machine("web01", [1, 1071, 1070, 4502], Power::On, Force::Ask),
        machine("db01", [2, 1077, 1076, 4589], Power::On, Force::PowerOff),
        machine("mail01", [3, 1083, 1082, 4711], Power::On, Force::KillHard),
        machine("app01", [4, 0, 0, 0], Power::Off, Force::Ask),
        machine("test01", [5, 0, 0, 0], Power::Suspended, Force::Ask),
    ]
}

fn esxi_machines() -> Vec<Machine> {
    let mut machines = vec![
        machine("web03", [1, 35_149, 35_148, 35_147], Power::On, Force::Ask),
        machine("build01", [2, 35_163, 35_162, 35_161], Power::On, Force::KillHard),
        machine("files01", [3, 35_177, 35_176, 35_175], Power::On, Force::Ask),
        machine("print01", [7, 0, 0, 0], Power::Off, Force::Ask),
        machine("demo01", [9, 0, 0, 0], Power::Suspended, Force::Ask),
    ];
    for machine in &mut machines {
        machine.config = format!("{ESXI_STORE}/{0}/{0}.vmx", machine.name);
        machine.stops_after_ms = 300;
        machine.question = (machine.name == "files01").then(out_of_space);
    }
    machines
}

/// The question of a machine whose datastore is full (`msg.hbacommon.outofspace` of `vmware.log`).
fn out_of_space() -> Question {
    Question {
        id: "12".to_owned(),
        text: "msg.hbacommon.outofspace:There is no more space for virtual disk files01.vmdk. You might be able to \
               continue this session by freeing disk space on the relevant volume, and clicking _Retry. Click Cancel \
               to terminate this session."
            .to_owned(),
        choices: ["_Retry", "Cancel"].map(str::to_owned).to_vec(),
    }
}

fn kvm_machines() -> Vec<Machine> {
    let mut machines = vec![
        machine("web02", [1, 1, 0, 2291], Power::On, Force::Ask),
        machine("db02", [2, 2, 0, 2347], Power::On, Force::PowerOff),
        machine("cache02", [3, 0, 0, 0], Power::Off, Force::Ask),
        // Its disk was full; there is room again, and nobody has resumed it.
        machine("mail 02", [4, 3, 0, 2401], Power::Suspended, Force::Ask),
        // Made with `virsh create`: libvirt keeps no definition.
        machine("2019-job", [5, 4, 0, 2466], Power::On, Force::Ask),
    ];
    for machine in &mut machines {
        machine.config = format!("/etc/libvirt/qemu/{}.xml", machine.name);
        machine.stops_after_ms = 300;
        match machine.name.as_str() {
            "mail 02" => "I/O error".clone_into(&mut machine.reason),
            "2019-job" => machine.config.clear(),
            _ => {}
        }
    }
    machines
}

fn processes(list: &[(u32, &str)]) -> Vec<Process> {
    list.iter().map(|(pid, command)| Process { pid: *pid, command: (*command).to_owned() }).collect()
}

fn esx_processes() -> Vec<Process> {
    processes(&[
        (1, "init"),
        (1408, "/usr/sbin/sshd"),
        (1512, "/usr/lib/vmware/hostd/vmware-hostd /etc/vmware/hostd/config.xml -u"),
        (1633, "/opt/vmware/vpxa/sbin/vpxa"),
    ])
}

fn esxi_processes() -> Vec<Process> {
    processes(&[(1, "init"), (2099, "hostd"), (2460, "vpxa")])
}

fn kvm_processes() -> Vec<Process> {
    processes(&[(1, "/sbin/init"), (612, "/usr/sbin/sshd -D"), (744, "/usr/sbin/libvirtd")])
}

fn filesystem(device: &str, mount: &str, size_kib: u64, reserved_kib: u64) -> Filesystem {
    let (device, mount) = (device.to_owned(), mount.to_owned());
    Filesystem { device, mount, size_kib, reserved_kib, inodes: size_kib / 16, listed: true }
}

fn unlisted(device: &str, mount: &str, size_kib: u64) -> Filesystem {
    Filesystem { listed: false, ..filesystem(device, mount, size_kib, 0) }
}

fn esx_filesystems() -> Vec<Filesystem> {
    vec![
        filesystem("/dev/sda2", "/", 5_036_316, 255_832),
        filesystem("/dev/sda1", "/boot", 101_086, 5219),
        filesystem("none", "/dev/shm", 134_328, 0),
        filesystem("/dev/sda6", "/var/log", 2_063_504, 104_820),
        unlisted("none", "/proc", 0),
        unlisted("vmhba0:0:0:3", ESX_STORE, 136 * GIB_KIB),
    ]
}

fn esxi_filesystems() -> Vec<Filesystem> {
    vec![
        filesystem("VMFS-6", ESXI_STORE, 100 * GIB_KIB, 0),
        unlisted("visorfs", "/", 1_048_576),
        unlisted("none", "/proc", 0),
    ]
}

fn kvm_filesystems() -> Vec<Filesystem> {
    vec![
        filesystem("udev", "/dev", 4_028_416, 0),
        filesystem("/dev/sda1", "/", 41_152_736, 2_105_344),
        filesystem("tmpfs", "/run", 811_216, 0),
        filesystem("/dev/sdb1", "/var/lib/libvirt/images", 205_314_024, 10_485_760),
        unlisted("proc", "/proc", 0),
    ]
}
