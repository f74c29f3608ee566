//! What the tools print, against the texts of the real ones.

use super::world::World;

/// Where the machines of `lab-esx` lie: a host lists the identifier of a datastore, not its name.
const STORE: &str = "/vmfs/volumes/4a1c90b3-6f2d4e81-9c3a-00151799a0c1";

const CONFLICT: &str = "VMControl error -8: Invalid operation for virtual machine's current state: The requested \
    operation (\"stop\") could not be completed because it conflicted with the state of the virtual machine (\"off\") \
    at the time the request was received.\n";

/// Host, command line (`@web01` is that machine's .vmx file), exit status, standard output, standard error.
type Row = (&'static str, &'static str, i32, &'static str, &'static str);

const TABLE: &[Row] = &[
    ("lab-esx", "vmware-cmd @web01 getstate", 0, "getstate() = on\n", ""),
    ("lab-esx", "vmware-cmd @app01 getstate", 0, "getstate() = off\n", ""),
    ("lab-esx", "vmware-cmd @test01 getstate", 0, "getstate() = suspended\n", ""),
    ("lab-esx", "vmware-cmd @app01 stop", 8, "", CONFLICT),
    ("lab-esx", "vmware-cmd @db01 stop", 0, "stop() = 1\n", ""),
    ("lab-esx", "vmware-cmd @mail01 stop hard", 0, "stop(hard) = 1\n", ""),
    ("lab-esx", "vmware-cmd @app01 start", 0, "start() = 1\n", ""),
    ("lab-esx", "vmware-cmd @web01 gettoolslastactive", 0, "gettoolslastactive() = 1\n", ""),
    ("lab-esx", "vmware-cmd @mail01 gettoolslastactive", 0, "gettoolslastactive() = 100\n", ""),
    ("lab-esx", "vmware-cmd @web01 answer", 0, "", "No questions pending.\n"),
    ("lab-esx", "ps -p 4711", 0, "  PID TTY          TIME CMD\n 4711 ?        00:00:04 vmkload_app\n", ""),
    ("lab-esx", "ps -p 4712", 1, "  PID TTY          TIME CMD\n", ""),
    (
        "lab-esx",
        "grep -E -q -e [[:space:]]vm\\.1082([[:space:]]|$) /proc/vmware/vm/1083/cpu/status",
        0,
        "",
        "",
    ),
    (
        "lab-esx",
        "grep -E -q -e [[:space:]]vm\\.108([[:space:]]|$) /proc/vmware/vm/1083/cpu/status",
        1,
        "",
        "",
    ),
    (
        "lab-esx",
        "df -P -k /var/log",
        0,
        "Filesystem           1024-blocks      Used Available Capacity Mounted on\n\
         /dev/sda6                2063504     61012   1897672       4% /var/log\n",
        "",
    ),
    (
        "lab-esx",
        "vmware-cmd -s register @web01",
        20,
        "",
        "VMControl error -20: Virtual machine already exists\n",
    ),
    ("lab-esx", "ls -- /nothing", 1, "", "ls: /nothing: No such file or directory\n"),
    ("lab-esx", "rm -- /nothing", 1, "", "rm: cannot lstat `/nothing': No such file or directory\n"),
    ("lab-esx", "rm -- /usr", 1, "", "rm: cannot remove `/usr': Is a directory\n"),
    ("lab-esx", "kill -9 123456", 1, "", "kill 123456: No such process\n"),
    (
        "lab-esx",
        "grep -F -q -e a /proc/99/cmdline",
        2,
        "",
        "grep: /proc/99/cmdline: No such file or directory\n",
    ),
    ("lab-esxi", "vim-cmd vmsvc/power.getstate 1", 0, "Retrieved runtime info\nPowered on\n", ""),
    ("lab-esxi", "vim-cmd vmsvc/power.getstate 7", 0, "Retrieved runtime info\nPowered off\n", ""),
    ("lab-esxi", "vim-cmd vmsvc/power.getstate 9", 0, "Retrieved runtime info\nSuspended\n", ""),
    ("lab-esxi", "vim-cmd vmsvc/power.off 1", 0, "Powering off VM:\n", ""),
    ("lab-esxi", "vim-cmd vmsvc/power.shutdown 2", 0, "", ""),
    ("lab-esxi", "vim-cmd vmsvc/message 1", 0, "No message.\n", ""),
    (
        "lab-esxi",
        "vmfsfilelockinfo -p /vmfs/volumes/datastore1/print01/print01-flat.vmdk",
        0,
        "vmfsfilelockinfo Version 1.0\nLooking for lock owners on \"print01-flat.vmdk\"\n\"print01-flat.vmdk\" is not \
         locked by any ESX host and is Free\nTotal time taken : 0.21 seconds.\n",
        "",
    ),
    ("lab-esxi", "esxcli vm process kill --type=soft --world-id=35163", 0, "", ""),
    (
        "lab-kvm",
        "virsh list --all",
        0,
        " Id   Name       State\n---------------------------\n 1    web02      running\n 2    db02       running\n 3    mail 02    paused\n 4    2019-job   running\n -    cache02    shut off\n\n",
        "",
    ),
    ("lab-kvm", "virsh domstate web02", 0, "running\n\n", ""),
    ("lab-kvm", "virsh domstate --reason web02", 0, "running (booted)\n\n", ""),
    ("lab-kvm", "virsh domstate nosuch", 1, "\n", "error: failed to get domain 'nosuch'\n"),
    ("lab-kvm", "virsh start web02", 1, "\n", "error: Domain is already active\n"),
    ("lab-kvm", "virsh -c qemu:///system domstate +1", 0, "running\n\n", ""),
    ("lab-kvm", "virsh -c qemu:///system domcontrol web02", 0, "ok\n\n", ""),
    ("lab-kvm", "virsh -c qemu:///system domjobinfo web02", 0, "Job type:         None        \n\n", ""),
    ("lab-kvm", "virsh -c qemu:///system domblkerror web02", 0, "No errors found\n\n", ""),
    (
        "lab-kvm",
        "virsh -c qemu:///system domcontrol cache02",
        1,
        "\n",
        "error: Requested operation is not valid: domain is not running\n",
    ),
    (
        "lab-kvm",
        "virsh resume web02",
        1,
        "\n",
        "error: Failed to resume domain 'web02'\nerror: Requested operation is not valid: domain is already running\n",
    ),
    (
        "lab-kvm",
        "virsh -c qemu:///nosuch list",
        1,
        "",
        "error: failed to connect to the hypervisor\nerror: internal error: unexpected qemu URI path '/nosuch', try \
         qemu:///system\n",
    ),
    ("lab-kvm", "virsh destroy db02", 0, "Domain 'db02' destroyed\n\n", ""),
    ("lab-kvm", "virsh domstate --reason db02", 0, "shut off (destroyed)\n\n", ""),
    ("lab-kvm", "virsh start cache02", 0, "Domain 'cache02' started\n\n", ""),
    ("lab-kvm", "kill -9 123456", 1, "", "kill: (123456): No such process\n"),
    ("lab-kvm", "ls -- /nothing", 2, "", "ls: cannot access '/nothing': No such file or directory\n"),
    (
        "lab-kvm",
        "journalctl --disk-usage",
        0,
        "Archived and active journals take up 4.2G in the file system.\n",
        "",
    ),
];

#[tokio::test]
async fn tools_print_what_the_real_ones_print() {
    let world = World::start().await;
    for (host, line, code, out, err) in TABLE {
        let words: Vec<String> = line
            .split(' ')
            .map(|word| match word.strip_prefix('@') {
                Some(name) => format!("/vmfs/volumes/storage1/{name}/{name}.vmx"),
                None => word.to_owned(),
            })
            .collect();
        let answer = world.run(host, &words.iter().map(String::as_str).collect::<Vec<_>>(), "");
        let expected = (*code, (*out).to_owned(), (*err).to_owned());
        assert_eq!((answer.code, answer.out, answer.err), expected, "{host}: {line}");
    }
}

#[tokio::test]
async fn esx_lists_its_machines_worlds_and_groups() {
    let world = World::start().await;
    let names = ["web01", "db01", "mail01", "app01", "test01"];
    let list: String = names.map(|name| format!("{STORE}/{name}/{name}.vmx\n")).concat();
    world.esx("vmware-cmd -l").says(0, &list);
    world.esx("vm-support -x").says(
        1,
        "\nVMware ESX Support Script 1.29\n\n\nAvailable worlds to debug:\n\n\
         vmid=1071\tweb01\nvmid=1077\tdb01\nvmid=1083\tmail01\n",
    );
    let names = world.esx("grep -r --include=names . /proc/vmware/vm");
    assert_eq!((names.code, names.out.lines().count()), (0, 3), "{names:?}");
    assert!(names.out.contains("/proc/vmware/vm/1083/names:vmid=1083 "), "{names:?}");
    assert!(names.out.contains("displayName=\"mail01\""), "{names:?}");
    world.esx("grep -r -o --include=status vm\\.[0-9][0-9]* /proc/vmware/vm").says(
        0,
        "/proc/vmware/vm/1071/cpu/status:vm.1070\n/proc/vmware/vm/1077/cpu/status:vm.1076\n\
         /proc/vmware/vm/1083/cpu/status:vm.1082\n",
    );
    let processes = world.esx("ps -efww");
    let line = processes.out.lines().find(|line| line.contains("mail01")).unwrap();
    assert!(line.starts_with("root      4711 "), "{line}");
    assert!(line.ends_with(&format!(" {STORE}/mail01/mail01.vmx")), "{line}");
    world.esx(&format!("grep -F -q -e {STORE}/mail01/mail01.vmx /proc/4711/cmdline")).says(0, "");
    world.esx(&format!("grep -F -q -e {STORE}/web01/web01.vmx /proc/4711/cmdline")).says(1, "");
    let owner = |name: &str| format!("cfgFile=\"{STORE}/{name}/{name}.vmx\"");
    for (name, code) in [("mail01", 0), ("web01", 1)] {
        let owner = owner(name);
        let words = ["grep", "-F", "-q", "-e", owner.as_str(), "/proc/vmware/vm/1083/names"];
        assert_eq!(world.run("lab-esx", &words, "").code, code, "{name}");
    }
    let missing = world.esx("vmware-cmd /vmfs/volumes/storage1/no/no.vmx getstate");
    let text = "/usr/bin/vmware-cmd: Could not connect to VM /vmfs/volumes/storage1/no/no.vmx\n  (VMControl error -11: \
        No such virtual machine: The config file /vmfs/volumes/storage1/no/no.vmx is not registered.\n";
    assert_eq!(missing.code, 11);
    assert!(missing.err.starts_with(text), "{missing:?}");
}

#[tokio::test]
async fn esxi_lists_vmids_and_worlds() {
    let world = World::start().await;
    let list = world.esxi("vim-cmd vmsvc/getallvms");
    let mut lines = list.out.lines();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        words(lines.next().unwrap()),
        ["Vmid", "Name", "File", "Guest", "OS", "Version", "Annotation"]
    );
    assert_eq!(words(lines.next().unwrap())[..4], ["1", "web03", "[datastore1]", "web03/web03.vmx"]);
    let running = world.esxi("esxcli vm process list");
    assert!(running.out.starts_with(
        "web03\n   World ID: 35149\n   Process ID: 0\n   VMX Cartel ID: 35148\n   UUID: 56 4d "
    ));
    assert!(running.out.contains("   Display Name: build01\n   Config File: /vmfs/volumes/5f1c2a33-"));
    let off = world.esxi("vim-cmd vmsvc/power.off 7");
    assert_eq!(off.code, 1);
    assert!(off.out.starts_with("Powering off VM:\n(vim.fault.InvalidPowerState) {\n"), "{off:?}");
    assert!(off.out.contains("existingState = \"poweredOff\""), "{off:?}");
    let none = world.esxi("vim-cmd vmsvc/power.off 16");
    assert_eq!(none.code, 1);
    assert!(none.out.starts_with("(vim.fault.NotFound) {\n"), "{none:?}");
    assert!(none.out.contains("msg = \"Unable to find a VM corresponding to \"16\"\"\n"), "{none:?}");
    let disks = world.esxi("df -h");
    assert!(
        disks.out.starts_with("Filesystem   Size   Used Available Use% Mounted on\nVMFS-6     100.0G  "),
        "{disks:?}"
    );
}

#[tokio::test]
async fn the_service_console_is_full_until_the_old_image_is_removed() {
    let world = World::start().await;
    let full = world.esx("df -h");
    let mut lines = full.out.lines();
    assert_eq!(lines.next().unwrap(), "Filesystem            Size  Used Avail Use% Mounted on");
    assert_eq!(lines.next().unwrap(), "/dev/sda2             4.9G  4.6G     0 100% /");
    let usage = world.esx("du -h --max-depth=1 -x /");
    assert!(usage.out.contains("3.3G\t/vmimages\n"), "{usage:?}");
    assert!(usage.out.ends_with("4.6G\t/\n"), "{usage:?}");
    assert!(!usage.out.contains("/vmfs\n") || usage.out.contains("8.0K\t/vmfs\n"), "{usage:?}");
    let list = world.esx("ls -lR /vmimages");
    assert!(list.out.contains("/vmimages/tools-isoimages:\ntotal "), "{list:?}");
    let line = list.out.lines().find(|line| line.ends_with("RHEL4.7-X86_64-ES-DVD.iso")).unwrap();
    assert_eq!(line, "-rw-r--r--    1 root     root     3417583616 Jan 12  2009 RHEL4.7-X86_64-ES-DVD.iso");
    assert_eq!(
        world.run("lab-esx", &["tee", "--", "/tmp/x"], "x").err,
        "tee: /tmp/x: No space left on device\n"
    );

    world.esx(&format!("rm -- {}", dogwatch::lab::OLD_ISO)).says(0, "");

    assert_eq!(world.esx(&format!("ls -- {}", dogwatch::lab::OLD_ISO)).code, 1);
    let free = world.esx("df -h");
    assert!(free.out.contains("/dev/sda2             4.9G  1.4G  3.2G  31% /\n"), "{free:?}");
    world.run("lab-esx", &["tee", "--", "/tmp/x"], "x").says(0, "x");
}

#[tokio::test]
async fn virsh_tells_of_paused_and_of_transient_domains() {
    let world = World::start().await;
    let virsh = |order: &str, domain: &str| world.run("lab-kvm", &["virsh", order, domain], "");
    let reason = |domain: &str| world.run("lab-kvm", &["virsh", "domstate", "--reason", domain], "").out;
    assert_eq!(reason("mail 02"), "paused (I/O error)\n\n");
    virsh("domblkerror", "mail 02").says(0, "vda: no space\n\n");
    let refused = virsh("shutdown", "mail 02");
    let why = "error: Failed to shutdown domain 'mail 02'\nerror: Requested operation is not valid: domain is not \
               running\n";
    assert_eq!((refused.code, refused.out.as_str(), refused.err.as_str()), (1, "\n", why));
    virsh("resume", "mail 02").says(0, "Domain 'mail 02' resumed\n\n");
    assert_eq!(reason("mail 02"), "running (unpaused)\n\n");
    virsh("suspend", "mail 02").says(0, "Domain 'mail 02' suspended\n\n");
    assert_eq!(reason("mail 02"), "paused (user)\n\n");

    assert!(virsh("dominfo", "web02").out.contains("\nPersistent:     yes\n"));
    assert!(virsh("dominfo", "2019-job").out.contains("\nPersistent:     no\n"));
    virsh("destroy", "2019-job").says(0, "Domain '2019-job' destroyed\n\n");
    assert_eq!(virsh("domstate", "2019-job").err, "error: failed to get domain '2019-job'\n");
    virsh("undefine", "web02").says(0, "Domain 'web02' has been undefined\n\n");
    assert!(
        virsh("dominfo", "web02").out.contains("\nPersistent:     no\n"),
        "it runs on without a definition"
    );
}

#[tokio::test]
async fn a_paused_domain_is_paused_again_while_the_disk_is_full() {
    let world = World::start().await;
    let image = "/var/lib/libvirt/images/fill.img";
    let place = world.real("lab-kvm", image);
    std::fs::File::create(place).unwrap().set_len(300 << 30).unwrap();
    world.run("lab-kvm", &["virsh", "resume", "mail 02"], "").says(0, "Domain 'mail 02' resumed\n\n");
    let state = world.run("lab-kvm", &["virsh", "domstate", "--reason", "mail 02"], "");
    assert_eq!(state.out, "paused (I/O error)\n\n");
}

#[tokio::test]
async fn linux_frees_its_journal_and_its_packages() {
    let world = World::start().await;
    world.kvm("journalctl --rotate").says(0, "");
    let vacuumed = world.kvm("journalctl --vacuum-size=500M");
    assert_eq!((vacuumed.code, vacuumed.out.as_str()), (0, ""));
    let (first, last) = vacuumed.err.split_once('\n').unwrap();
    assert_eq!(first, "Deleted archived journal /var/log/journal/4f5d6a1e/system@0001.journal (3.8G).");
    assert_eq!(last, "Vacuuming done, freed 3.8G of archived journals from /var/log/journal/4f5d6a1e.\n");
    let usage = world.kvm("journalctl --disk-usage");
    assert_eq!(usage.out, "Archived and active journals take up 351.1M in the file system.\n");
    let archives = "/var/cache/apt/archives";
    assert!(world.kvm(&format!("ls -- {archives}")).out.ends_with(".deb\n"));
    world.kvm("apt-get clean").says(0, "");
    world.kvm(&format!("ls -- {archives}")).says(0, "lock\npartial\n");
    world.kvm("lsof -nP +L1").says(0, "");
}

#[tokio::test]
async fn du_tells_of_files_of_entries_and_of_what_is_large() {
    let world = World::start().await;
    std::os::unix::fs::symlink("/var/log", world.real("lab-kvm", "/logs")).unwrap();
    world.kvm("du -xh --max-depth=1 /logs").says(0, "0\t/logs\n");
    let folder = world.kvm("du -Dxh --max-depth=0 -- /logs");
    assert_eq!(folder.out, "5.7G\t/logs\n");
    let large = world.kvm("du -aDxh --threshold=1G -- /var/log");
    let names: Vec<_> = large.out.lines().filter_map(|line| line.split('\t').nth(1)).collect();
    let journal = "/var/log/journal/4f5d6a1e";
    let file = format!("{journal}/system@0001.journal");
    assert_eq!(names, [&file, journal, "/var/log/journal", "/var/log/syslog.1", "/var/log"]);
    world.kvm("du --inodes -Dx --max-depth=1 -- /var/log").says(0, "5\t/var/log/journal\n7\t/var/log\n");
    let wrong = world.kvm("du --threshold=1X /var/log");
    wrong.complains(1, "du: invalid suffix in --threshold argument '1X'\n");
}

#[tokio::test]
async fn linux_shows_a_nearly_full_disk_and_its_inodes() {
    let world = World::start().await;
    let disks = world.kvm("df -h");
    assert!(disks.out.starts_with("Filesystem      Size  Used Avail Use% Mounted on\n"), "{disks:?}");
    assert!(disks.out.contains("% /var/lib/libvirt/images\n"), "{disks:?}");
    let inodes = world.kvm("df -i");
    assert!(
        inodes.out.starts_with("Filesystem       Inodes IUsed    IFree IUse% Mounted on\n"),
        "{inodes:?}"
    );
    let folders = world.kvm("du -xh --max-depth=1 /var");
    assert!(folders.out.contains("\t/var/log\n"), "{folders:?}");
    assert!(folders.out.ends_with("\t/var\n"), "{folders:?}");
}
