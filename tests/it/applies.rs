//! The articles that ship, where their actions have nothing to do: neither the next rung nor the way back is
//! offered, for what had not been done.

use crate::bot::Place;
use crate::bot::place::change;

/// What the bot says to a request and to the approvals that it needs.
fn said(place: &Place, request: &str) -> String {
    let bot = place.bot().line(request).by("ben").line("/approve r1").by("cem").line("/approve r1");
    bot.run().with(&[]).out
}

#[test]
fn nothing_is_offered_after_an_action_that_has_nothing_to_do() {
    let vmx = |name: &str| format!("vmx=/vmfs/volumes/storage1/{name}/{name}.vmx on lab-esx because x");
    let iso = "iso=/var/lib/libvirt/images/install.iso on lab-kvm because x";
    for (request, why) in [
        ("/run kvm-vm-shutdown domain=\"mail 02\" on lab-kvm because x".to_owned(), "does not match"),
        ("/run kvm-vm-destroy domain=\"mail 02\" on lab-kvm because x".to_owned(), "does not match"),
        ("/run kvm-vm-resume domain=cache02 on lab-kvm because x".to_owned(), "does not match"),
        ("/run kvm-vm-start domain=nosuch on lab-kvm because x".to_owned(), "exit code 1, expected 0"),
        ("/run kvm-vm-shutdown domain=nosuch on lab-kvm because x".to_owned(), "exit code 1, expected 0"),
        (format!("/run kvm-vm-create name=web02 {iso}"), "exit code 0 says that it does not apply here"),
        (format!("/run esx-vm-stop {}", vmx("nosuch")), "exit code 11, expected 0"),
        (format!("/run esx-vm-stop-hard {}", vmx("test01")), "does not match"),
    ] {
        let said = said(&Place::new(), &request);
        let (_, ended) =
            said.split_once("r1 failed: step 1: ").unwrap_or_else(|| panic!("{request}: {said}"));
        assert!(ended.contains(why), "{request}: {said}");
        assert!(!ended.contains("next rung") && !ended.contains("way back"), "{request}: {said}");
    }
}

#[test]
fn nothing_is_offered_or_done_where_it_was_so_before() {
    let vmx = |name: &str| format!("vmx=/vmfs/volumes/storage1/{name}/{name}.vmx on lab-esx because x");
    for request in [
        "/run kvm-vm-shutdown domain=cache02 on lab-kvm because x".to_owned(),
        "/run kvm-vm-destroy domain=cache02 on lab-kvm because x".to_owned(),
        "/run kvm-vm-start domain=web02 on lab-kvm because x".to_owned(),
        "/run kvm-vm-resume domain=web02 on lab-kvm because x".to_owned(),
        format!("/run esx-vm-stop {}", vmx("app01")),
        format!("/run esx-vm-start {}", vmx("web01")),
        "/run esxi-vm-power-off vmid=7 on lab-esxi because x".to_owned(),
    ] {
        let said = said(&Place::new(), &request);
        let (_, ended) = said.split_once("r1 nothing done: ").unwrap_or_else(|| panic!("{request}: {said}"));
        assert!(ended.contains("it was so before"), "{request}: {said}");
        assert!(!ended.contains("next rung") && !ended.contains("way back"), "{request}: {said}");
    }
}

/// Transient: it would be gone with its definition.
#[test]
fn a_domain_without_a_definition_is_left_alone() {
    for action in ["kvm-vm-shutdown", "kvm-vm-destroy"] {
        let place = Place::new();
        let said = said(&place, &format!("/run {action} domain=2019-job on lab-kvm because x"));
        let (_, ended) = said.split_once("r1 failed: step 2: ").unwrap_or_else(|| panic!("{action}: {said}"));
        assert!(ended.contains("does not match") && !ended.contains("next rung"), "{action}: {said}");
        assert!(place.machine("lab-kvm", "2019-job").is_some(), "{action}: {said}");
    }
}

#[test]
fn next_rung_is_offered_where_a_machine_did_not_obey() {
    for (request, rung) in [
        ("/run kvm-vm-shutdown domain=db02 on lab-kvm because x", "/run kvm-vm-destroy domain=db02"),
        ("/run esxi-vm-power-off vmid=2 on lab-esxi because x", "/run esxi-vm-kill"),
    ] {
        let mut place = Place::new();
        place.own_kb();
        // Nobody waits five minutes here.
        change(&place.kb().join("kvm-vm-power-off-unresponsive.md"), "within_s = 300", "within_s = 3");
        let said = said(&place, request);
        let (_, ended) = said.split_once("r1 failed: ").unwrap_or_else(|| panic!("{request}: {said}"));
        assert!(ended.contains(rung), "{request}: {said}");
    }
}
