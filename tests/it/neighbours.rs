//! Kills that are given the number of another machine: the neighbour lives, and nobody is told that it worked.

use dogwatch::lab::{Power, Trouble, take_root, trouble};

use crate::bot::Place;

const STORE: &str = "/vmfs/volumes/4a1c90b3-6f2d4e81-9c3a-00151799a0c1";

fn vmx(name: &str) -> String {
    format!("{STORE}/{name}/{name}.vmx")
}

/// What the bot says to a destructive request that is approved.
fn approved(place: &Place, request: &str) -> String {
    let bot = place.bot().line(request).by("ben").line("/approve r1").by("cem").line("/approve r1");
    bot.run().with(&["r1 starts"]).out
}

fn esx(action: &str, name: &str, rest: &str) -> String {
    format!("/run {action} vmx={} {rest} on lab-esx because {name} is off but locked", vmx(name))
}

#[test]
fn a_number_of_another_machine_kills_nobody_on_esx() {
    for (request, neighbour) in [
        // web01's world and group, db01's world, web01's group beside its own machine's world.
        (esx("esx-vm-kill-group", "app01", "world=1071 group=1070"), "web01"),
        (esx("esx-vm-kill-group", "test01", "world=1071 group=1070"), "web01"),
        (esx("esx-vm-kill-group", "mail01", "world=1083 group=1070"), "web01"),
        (esx("esx-vm-kill-group", "mail01", "world=1083 group=108"), "mail01"),
        (esx("esx-vm-kill-world", "app01", "world=1077"), "db01"),
        (esx("esx-vm-kill-world", "web01", "world=1077"), "db01"),
        (esx("esx-vm-kill-process", "app01", "pid=4502"), "web01"),
        (esx("esx-vm-kill-process", "app01", "pid=1512"), "web01"),
    ] {
        let place = Place::new();
        let said = approved(&place, &request);
        assert!(said.contains("says that it does not apply here"), "{request}: {said}");
        assert!(!said.contains("r1 succeeded") && !said.contains("next rung"), "{request}: {said}");
        assert_eq!(place.machine("lab-esx", neighbour), Some(Power::On), "{request}");
        let kills = |tool: &str| ["vmkload_app", "vm-support", "kill"].contains(&tool);
        assert!(!place.plays("lab-esx").iter().any(|play| kills(&play.tool)), "{request}");
    }
}

#[test]
fn the_right_numbers_kill_the_machine_and_nobody_else_on_esx() {
    for request in [
        esx("esx-vm-kill-group", "mail01", "world=1083 group=1082"),
        esx("esx-vm-kill-world", "mail01", "world=1083"),
        esx("esx-vm-kill-process", "mail01", "pid=4711"),
    ] {
        let place = Place::new();
        let said = approved(&place, &request);
        assert!(said.contains("r1 succeeded"), "{request}: {said}");
        for (name, power) in [("mail01", Power::Off), ("web01", Power::On), ("db01", Power::On)] {
            assert_eq!(place.machine("lab-esx", name), Some(power), "{request}: {name}");
        }
    }
}

/// Its host said "off" from the beginning: that is no proof of a kill.
#[test]
fn a_process_that_survives_is_not_called_killed() {
    let place = Place::new();
    let host = place.host("lab-esx");
    trouble(&host, "mail01", Trouble::Forgotten).unwrap();
    trouble(&host, "mail01", Trouble::InKernel).unwrap();
    let said = approved(&place, &esx("esx-vm-kill-process", "mail01", "pid=4711"));
    assert!(said.contains("r1 failed") && !said.contains("r1 succeeded"), "{said}");
}

const ESXI_STORE: &str = "/vmfs/volumes/5f1c2a33-8d1e2f40-6c0e-001517a1b2c3";

fn esxi(name: &str, rest: &str) -> String {
    format!(
        "/run esxi-vm-kill config={ESXI_STORE}/{name}/{name}.vmx {rest} on lab-esxi because {name} is stuck"
    )
}

#[test]
fn a_world_of_another_machine_kills_nobody_on_esxi() {
    for request in
        [esxi("print01", "world=35149"), esxi("build01", "world=35149"), esxi("web0", "world=35149")]
    {
        let place = Place::new();
        let said = approved(&place, &request);
        assert!(said.contains("r1 failed: step 1: ") && said.contains("does not match"), "{request}: {said}");
        assert!(!said.contains("r1 succeeded") && !said.contains("next rung"), "{request}: {said}");
        assert_eq!(place.machine("lab-esxi", "web03"), Some(Power::On), "{request}");
        assert!(!place.plays("lab-esxi").iter().any(|play| play.args.iter().any(|arg| arg == "kill")));
    }
}

/// `power.getstate` said "Powered off" before: the list of processes is what counts.
#[test]
fn a_machine_that_its_host_forgot_is_killed_and_gone() {
    let place = Place::new();
    trouble(&place.host("lab-esxi"), "build01", Trouble::Forgotten).unwrap();
    let said = approved(&place, &esxi("build01", "world=35163 mode=hard"));
    assert!(said.contains("r1 succeeded"), "{said}");
    for (name, power) in [("build01", Power::Off), ("web03", Power::On), ("files01", Power::On)] {
        assert_eq!(place.machine("lab-esxi", name), Some(power), "{name}");
    }
}

#[test]
fn a_question_is_answered_and_no_other_machine_is() {
    let place = Place::new();
    let said =
        approved(&place, "/run esxi-vm-answer vmid=3 question=8 choice=0 on lab-esxi because there is room");
    assert!(!said.contains("r1 succeeded"), "another question: {said}");
    let place = Place::new();
    let said =
        approved(&place, "/run esxi-vm-answer vmid=3 question=12 choice=2 on lab-esxi because there is room");
    assert!(said.contains("r1 failed: step 1: "), "no such answer: {said}");
    let place = Place::new();
    let said =
        approved(&place, "/run esxi-vm-answer vmid=3 question=12 choice=0 on lab-esxi because there is room");
    assert!(said.contains("r1 succeeded"), "{said}");
    assert_eq!(place.machine("lab-esxi", "files01"), Some(Power::On));
}

#[test]
fn a_guest_on_esxi_shuts_down_and_starts_again() {
    let place = Place::new();
    let bot = place.bot().line("/run esxi-vm-shutdown vmid=1 on lab-esxi because of a move").by("ben");
    let bot =
        bot.line("/approve r1").line("/run esxi-vm-start vmid=1 on lab-esxi because it is over").by("cem");
    let said = bot.line("/approve r2").run().with(&["r1 succeeded", "r2 succeeded"]);
    assert!(said.status.success());
    assert_eq!(place.machine("lab-esxi", "web03"), Some(Power::On));
}

#[test]
fn images_of_the_tools_and_images_in_use_are_not_removed() {
    let remove =
        |path: &str| format!("/run esx-iso-remove path='{path}' on lab-esx because the disk is full");
    for (path, why) in [
        ("/vmimages/tools-isoimages/linux.iso", "r1 failed: step 1: "),
        ("/vmimages/tools-isoimages/netware.iso", "r1 failed: step 1: "),
        ("/vmimages/Drivers R2.ISO", "r1 failed: step 2: "),
    ] {
        let place = Place::new();
        let said = approved(&place, &remove(path));
        assert!(said.contains(why), "{path}: {said}");
        assert!(place.on_host("lab-esx", path).exists(), "{path}");
        assert!(!place.plays("lab-esx").iter().any(|play| play.tool == "rm"), "{path}");
    }
    let place = Place::new();
    let said = approved(&place, &remove(dogwatch::lab::OLD_ISO));
    assert!(said.contains("r1 succeeded"), "{said}");
    assert!(!place.on_host("lab-esx", dogwatch::lab::OLD_ISO).exists());
}

/// A host lists the identifier of a datastore; the name that people give is as good.
#[test]
fn a_machine_made_by_the_name_of_its_datastore_is_found() {
    let place = Place::new();
    let request = "/run esx-vm-create datastore=storage1 name='web01 (clone)' memory_mb=516 on lab-esx because of a test";
    let said = place.bot().line(request).by("ben").line("/approve r1").run().with(&["r1 succeeded"]);
    assert!(said.status.success());
    assert_eq!(place.machine("lab-esx", "web01 (clone)"), Some(Power::Off));
    let said = place
        .bot()
        .line("/run esx-vm-create datastore=storage1 name=x memory_mb=513 on lab-esx because x")
        .run();
    assert!(said.out.contains("memory_mb=\"513\" is not what"), "{}", said.out);
}

/// It ends with the same status as a list of worlds.
#[test]
fn a_list_that_root_alone_gets_is_no_success() {
    let place = Place::new();
    let said = place.bot().line("/run esx-world-list on lab-esx").run().with(&["r1 succeeded"]);
    assert!(said.out.contains("vmid=1071"), "{}", said.out);
    let place = Place::new();
    take_root(&place.host("lab-esx")).unwrap();
    let said = place.bot().line("/run esx-world-list on lab-esx").run().with(&["r1 failed"]);
    assert!(said.out.contains("You must be root"), "{}", said.out);
}

/// The diagnostics are what this rung is for: without them it has failed, and before it kills there is room.
#[test]
fn vm_support_does_not_begin_without_room_for_its_archive() {
    let place = Place::new();
    let said = approved(&place, &esx("esx-vm-kill-world", "mail01", "world=1083 folder=/root"));
    assert!(said.contains("r1 failed: step 2: ") && !said.contains("next rung"), "{said}");
    assert_eq!(place.machine("lab-esx", "mail01"), Some(Power::On));
}
