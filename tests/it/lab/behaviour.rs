//! How the machines of the cast behave, and that a restart keeps everything.

use std::time::{Duration, Instant};

use dogwatch::lab::{self, Lab, LabError, Power, Trouble};

use super::world::{World, binary};

fn vmx(name: &str) -> String {
    format!("/vmfs/volumes/storage1/{name}/{name}.vmx")
}

fn power(world: &World, host: &str, machine: &str) -> Power {
    world.lab.machines(host).unwrap()[machine]
}

#[tokio::test]
async fn each_esx_machine_yields_to_its_own_rung() {
    let world = World::start().await;
    let on = |machine: &str| power(&world, "lab-esx", machine) == Power::On;
    world.esx(&format!("vmware-cmd {} stop", vmx("web01")));
    assert!(!on("web01"), "a healthy machine obeys a plain stop");
    world.esx(&format!("vmware-cmd {} stop", vmx("db01"))).says(0, "stop() = 1\n");
    assert!(on("db01"), "db01 ignores a plain stop");
    world.esx(&format!("vmware-cmd {} stop hard", vmx("db01")));
    assert!(!on("db01"), "db01 obeys a hard stop");
    world.esx(&format!("vmware-cmd {} stop hard", vmx("mail01"))).says(0, "stop(hard) = 1\n");
    assert!(on("mail01"), "mail01 ignores even that");
    let collected = world.run("lab-esx", &["vm-support", "-X", "1083", "-d0", "-w", "/var/log"], "y\ny\ny\n");
    assert_eq!(collected.code, 0, "{collected:?}");
    assert!(!on("mail01"), "vm-support ends mail01");
    assert!(!world.real("lab-esx", "/proc/4711").exists(), "its process has gone");
}

/// Only a third yes sends the ABORT; the data is collected all the same.
#[tokio::test]
async fn vm_support_kills_nothing_without_a_third_yes() {
    let world = World::start().await;
    for answers in ["", "y\ny\n", "y\ny\nperhaps\n", "y\ny\nn\n"] {
        let answer = world.run("lab-esx", &["vm-support", "-X", "1083", "-d0", "-w", "/var/log"], answers);
        assert_eq!((answer.code, power(&world, "lab-esx", "mail01")), (0, Power::On), "{answers:?}");
        assert!(answer.out.contains("\nFile: /var/log/esx-1083-"), "{answer:?}");
    }
}

#[tokio::test]
async fn vm_support_refuses_worlds_and_folders() {
    let world = World::start().await;
    for (line, says) in [
        ("vm-support -X 1082 -d0 -w /var/log", "\nCannot find world '1082'\n"),
        ("vm-support -X 1083 -w /nothing", "\nCould not set working directory to '/nothing'.\n"),
        (
            "vm-support -X 1083 -w /vmfs/volumes/storage1",
            "\nThe working directory should not be on a VMFS volume.\n",
        ),
        ("vm-support -y", "Usage: vm-support "),
    ] {
        let answer = world.run("lab-esx", &line.split(' ').collect::<Vec<_>>(), "y\ny\ny\n");
        assert_eq!(answer.code, 1, "{line}");
        assert!(answer.out.contains(says), "{answer:?}");
        assert_eq!(power(&world, "lab-esx", "mail01"), Power::On, "{line}");
    }
}

/// The machine is dead and the archive is missing: with exit status 1 where even the copy does not fit, with 0
/// where the copy fits and the archive doesn't.
#[tokio::test]
async fn vm_support_kills_and_loses_its_archive_on_a_full_disk() {
    for (filled_kib, code, says) in [
        (900_000_u64, 1, "Have you run out of disk space?"),
        (500_000, 0, "The tar did not successfully complete!"),
    ] {
        let world = World::start().await;
        let file = std::fs::File::create(world.real("lab-esx", "/var/log/filler")).unwrap();
        file.set_len(filled_kib * 1024).unwrap();
        let words = ["vm-support", "-X", "1083", "-d0", "-w", "/var/log"];
        let answer = world.run("lab-esx", &words, "y\ny\ny\n");
        assert_eq!((answer.code, power(&world, "lab-esx", "mail01")), (code, Power::Off), "{answer:?}");
        assert!(answer.out.contains(says) && !answer.out.contains("File: "), "{answer:?}");
    }
}

#[tokio::test]
async fn groups_and_processes_end_mail01_and_a_start_gives_new_numbers() {
    let world = World::start().await;
    assert_eq!(world.esx("vmkload_app -k 9 1083").code, 1, "1083 is its world, not its group");
    assert_eq!(power(&world, "lab-esx", "mail01"), Power::On);
    assert_eq!(world.esx("vmkload_app -k 9 1082").code, 0);
    assert_eq!(power(&world, "lab-esx", "mail01"), Power::Off);
    world.esx(&format!("vmware-cmd {} start", vmx("mail01"))).says(0, "start() = 1\n");
    assert_eq!(world.esx("kill -9 4711").code, 1, "the old process has gone");
    let processes = world.esx("ps -efww").out;
    let line = processes.lines().find(|line| line.contains("mail01.vmx")).unwrap();
    let pid = line.split_whitespace().nth(1).unwrap();
    world.esx(&format!("kill -9 {pid}")).says(0, "");
    assert_eq!(power(&world, "lab-esx", "mail01"), Power::Off);
    assert_eq!(power(&world, "lab-esx", "web01"), Power::On, "the neighbours run on");
}

#[tokio::test]
async fn esxi_kills_what_power_off_does_not_stop() {
    let world = World::start().await;
    let on = || power(&world, "lab-esxi", "build01") == Power::On;
    for line in ["vim-cmd vmsvc/power.off 2", "esxcli vm process kill --type=soft --world-id=35163"] {
        assert_eq!((world.esxi(line).code, on()), (0, true), "{line}");
    }
    world.esxi("esxcli vm process kill --type=hard --world-id=35163").says(0, "");
    assert!(!on());
    assert_eq!(world.esxi("esxcli vm process kill --type=force --world-id=35163").code, 1);
    world.esxi("vim-cmd vmsvc/power.on 2").says(0, "Powering on VM:\n");
    assert!(on());
}

/// The number of another machine kills that machine: no tool compares anything.
#[tokio::test]
async fn a_wrong_number_kills_the_neighbour() {
    let world = World::start().await;
    world.esx("vmkload_app -k 9 1070").says(0, "Warning: Sending signal '9' to world 1070.\n");
    assert_eq!(power(&world, "lab-esx", "web01"), Power::Off);
    world.run("lab-esx", &["vm-support", "-X", "1077", "-d0", "-w", "/var/log"], "y\ny\ny\n");
    assert_eq!(power(&world, "lab-esx", "db01"), Power::Off);
    world.esxi("esxcli vm process kill --type=soft --world-id=35149").says(0, "");
    assert_eq!(power(&world, "lab-esxi", "web03"), Power::Off);
}

#[tokio::test]
async fn a_question_holds_a_machine_until_it_is_answered() {
    let world = World::start().await;
    let asked = world.esxi("vim-cmd vmsvc/message 3");
    assert!(asked.out.starts_with("Virtual machine message 12:\nmsg.hbacommon.outofspace:"), "{asked:?}");
    assert!(asked.out.ends_with("\n   0. _Retry (_Retry) [default]\n   1. Cancel (Cancel)\n"), "{asked:?}");
    world.esxi("vim-cmd vmsvc/power.shutdown 3").says(0, "");
    assert_eq!(world.esxi("vim-cmd vmsvc/message 3 8 0").code, 1, "another question");
    assert!(world.esxi("vim-cmd vmsvc/message 3").out.contains("message 12:"));
    world.esxi("vim-cmd vmsvc/message 3 12 0").says(0, "");
    world.esxi("vim-cmd vmsvc/message 3").says(0, "No message.\n");
    assert_eq!(power(&world, "lab-esxi", "files01"), Power::On);
}

/// A host that takes a machine for off does not stop it, and can't start it again.
#[tokio::test]
async fn a_forgotten_machine_is_off_for_its_host_and_has_its_process() {
    let world = World::start().await;
    lab::trouble(&world.lab.folder("lab-esx"), "web01", Trouble::Forgotten).unwrap();
    world.esx(&format!("vmware-cmd {} getstate", vmx("web01"))).says(0, "getstate() = off\n");
    assert_eq!(world.esx(&format!("vmware-cmd {} stop hard", vmx("web01"))).code, 8);
    assert_eq!(world.esx(&format!("vmware-cmd {} start", vmx("web01"))).code, 1);
    assert_eq!(world.esx("ps -p 4502").code, 0);
    world.esx("kill -9 4502").says(0, "");
    assert_eq!(world.esx("ps -p 4502").code, 1);
    world.esx(&format!("vmware-cmd {} start", vmx("web01"))).says(0, "start() = 1\n");
}

#[tokio::test]
async fn a_process_in_the_kernel_survives_every_signal() {
    let world = World::start().await;
    lab::trouble(&world.lab.folder("lab-esx"), "mail01", Trouble::InKernel).unwrap();
    assert_eq!((world.esx("vmkload_app -k 9 1082").code, world.esx("kill -9 4711").code), (0, 0));
    assert_eq!(world.esx("ps -p 4711").code, 0);
    assert_eq!(world.esx("ls -- /proc/vmware/vm/1083").code, 0);
}

#[tokio::test]
async fn kvm_shuts_down_late_or_not_at_all() {
    let world = World::start().await;
    world.kvm("virsh shutdown web02").says(0, "Domain 'web02' is being shutdown\n\n");
    world.kvm("virsh shutdown db02").says(0, "Domain 'db02' is being shutdown\n\n");
    let begun = Instant::now();
    while world.kvm("virsh domstate web02").out != "shut off\n\n" {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.kvm("virsh domstate --reason web02").says(0, "shut off (shutdown)\n\n");
    world.kvm("virsh domstate db02").says(0, "running\n\n");
    assert_eq!(world.kvm("kill -9 2347").code, 0);
    world.kvm("virsh domstate --reason db02").says(0, "shut off (crashed)\n\n");
}

#[tokio::test]
async fn machines_are_created_as_the_articles_say() {
    let world = World::start().await;
    let folder = "/vmfs/volumes/storage1/new01";
    world.esx(&format!("mkdir -- {folder}")).says(0, "");
    let text = "displayName = \"new01\"\nmemsize = \"512\"\n";
    world.run("lab-esx", &["tee", "--", &format!("{folder}/new01.vmx")], text).says(0, text);
    world.esx(&format!("vmkfstools -c 10g -a lsilogic {folder}/new01.vmdk")).says(0, "Create: 100% done.\n");
    world
        .esx(&format!("vmware-cmd -s register {folder}/new01.vmx"))
        .says(0, &format!("register({folder}/new01.vmx) = 1\n"));
    // Listed under the identifier of the datastore, found under either.
    assert!(world.esx("vmware-cmd -l").out.ends_with("-00151799a0c1/new01/new01.vmx\n"));
    world.esx(&format!("vmware-cmd {folder}/new01.vmx getstate")).says(0, "getstate() = off\n");
    world.esx(&format!("vmware-cmd -s unregister {folder}/new01.vmx"));
    assert!(!world.esx("vmware-cmd -l").out.contains("new01"));
    let huge = world.esx(&format!("vmkfstools -c 9000g -a lsilogic {folder}/huge.vmdk"));
    assert!(huge.code != 0 && huge.err.contains("not enough space"), "{huge:?}");

    let image = "/var/lib/libvirt/images/new02.qcow2";
    let made = world.kvm(&format!("qemu-img create -f qcow2 {image} 10G"));
    assert!(made.out.starts_with(&format!("Formatting '{image}', fmt=qcow2 ")), "{made:?}");
    let xml = "\n<domain type='kvm'>\n  <name>new02</name>\n  <memory unit='MiB'>1024</memory>\n</domain>\n";
    let defined = world.run("lab-kvm", &["virsh", "define", "/dev/stdin"], xml);
    defined.says(0, "Domain 'new02' defined from /dev/stdin\n\n");
    world.kvm("virsh domstate new02").says(0, "shut off\n\n");
    assert_eq!(world.run("lab-kvm", &["virsh", "define", "/dev/stdin"], xml).code, 1);
    world.kvm("virsh undefine new02").says(0, "Domain 'new02' has been undefined\n\n");
}

#[tokio::test]
async fn a_restart_keeps_keys_ports_machines_and_the_log() {
    let World { lab, temporary } = World::start().await;
    let dir = temporary.path().join("lab");
    let key = std::fs::read(lab.identity()).unwrap();
    let hosts = lab.hosts().to_vec();
    let world = World { lab, temporary };
    world.esx(&format!("vmware-cmd {} stop", vmx("web01")));
    let again = Lab::start(&dir, binary()).await;
    assert!(matches!(again, Err(LabError::Busy { .. })), "one process at a time");
    let World { lab, temporary } = world;
    lab.stop().await;

    let lab = Lab::start(&dir, binary()).await.unwrap();
    assert_eq!(std::fs::read(lab.identity()).unwrap(), key);
    assert_eq!(lab.hosts(), hosts);
    assert_eq!(lab.machines("lab-esx").unwrap()["web01"], Power::Off);
    let plays = lab.plays("lab-esx").unwrap();
    assert_eq!(plays.len(), 1);
    assert_eq!(
        (plays[0].tool.as_str(), plays[0].args.clone()),
        ("vmware-cmd", vec![vmx("web01"), "stop".to_owned()])
    );
    drop((lab, temporary));
}

#[tokio::test]
async fn a_delayed_tool_is_logged_before_it_acts() {
    let world = World::start().await;
    world.lab.delay("lab-esx", "vmware-cmd", Duration::from_secs(60)).unwrap();
    let folder = world.lab.folder("lab-esx");
    let mut child = std::process::Command::new(folder.join("bin/vmware-cmd"))
        .args([&vmx("web01"), "stop"])
        .env_clear()
        .env("DOGWATCH_LAB", &folder)
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while world.lab.plays("lab-esx").unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(power(&world, "lab-esx", "web01"), Power::On);
}

#[tokio::test]
async fn the_inventory_file_names_every_host_and_its_key() {
    let world = World::start().await;
    let text = std::fs::read_to_string(world.lab.inventory()).unwrap();
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["ssh"]["identity"].as_str(), world.lab.identity().to_str());
    let entries = table["host"].as_array().unwrap();
    assert_eq!(entries.len(), world.lab.hosts().len());
    for (entry, host) in entries.iter().zip(world.lab.hosts()) {
        assert_eq!(entry["name"].as_str(), Some(host.name.as_str()));
        assert_eq!(entry["port"].as_integer(), Some(i64::from(host.port)));
        assert_eq!(entry["host_key"].as_str(), host.host_key.as_deref());
        assert!(host.host_key.as_ref().unwrap().starts_with("SHA256:"));
        assert_eq!(entry["path"].as_str(), Some(host.path.as_str()));
        assert_eq!(entry["platforms"].as_array().unwrap().len(), host.platforms.len());
    }
}
