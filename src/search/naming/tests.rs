use super::*;
use crate::domain::id::{ActionId, ArticleId, Digest};
use crate::domain::world::action::Risk;
use crate::domain::world::article::Synonyms;
use crate::search::answer::Offer;

fn analyzer() -> Analyzer {
    let list = |same: &[&str]| same.iter().map(ToString::to_string).collect();
    Analyzer::new(&Synonyms(vec![
        list(&["vm", "virtual machine", "guest"]),
        list(&["power off", "shut down", "stop", "turn off"]),
        list(&["kill", "force off", "force stop", "destroy"]),
        list(&["delete", "remove", "get rid"]),
        list(&["vcenter", "virtual center", "vc"]),
    ]))
}

fn action(id: &str, title: &str, takes: &[&str]) -> Placed {
    Placed {
        line: 1,
        offer: Offer { id: ActionId::from(id), title: title.to_owned(), risk: Risk::Destructive },
        platforms: vec![Platform::Esx3],
        takes: takes.iter().map(ToString::to_string).collect(),
    }
}

/// Whether a question names what an action does and what to.
fn names(question: &str, action: &Placed) -> bool {
    let analyzer = analyzer();
    let candidate = candidate(&analyzer, &analyzer.asked(question), action, true);
    !candidate.verbs.is_empty() && !candidate.objects.is_empty()
}

#[test]
fn an_action_is_named_by_its_verb_and_its_object_in_any_words_for_them() {
    let kill = action("esx-vm-kill-process", "Kill the process of a virtual machine (kill -9)", &["pid"]);
    let destroy = action("kvm-vm-destroy", "Force a virtual machine off (virsh destroy)", &["domain"]);
    let iso = action("esx-iso-remove", "Remove an ISO image from the service console", &[]);
    let hard = action("esx-vm-stop-hard", "Force a virtual machine off (stop hard)", &[]);
    for (action, question) in [
        (&kill, "kill the vm process"),
        (&kill, "how do I kill a hung guest?"),
        (&kill, "which pid do I have to kill"),
        (&kill, "kill the guest that does not answer"),
        (&kill, "does the process have to be killed by root"),
        (&destroy, "destroy the domain"),
        (&destroy, "force the machine off, it is a vm"),
        (&iso, "remove the iso image"),
        (&iso, "can I delete ISO files in vmimages"),
        (&iso, "get rid of an old iso"),
        (&hard, "vmware-cmd stop hard on the vm"),
        (&hard, "force stop a virtual machine"),
    ] {
        assert!(names(question, action), "{question}");
    }
    for (action, question) in [
        (&kill, "vm hangs"),
        (&kill, "help"),
        (&kill, "kill it"),
        (&kill, "the process of the vm"),
        (&kill, "how long does the vm-support kill take"),
        (&destroy, "kvm01 disk full"),
        (&destroy, "vm01 destroy"),
        (&destroy, "shut the vm down"),
        (&iso, "remove the service console"),
        (&iso, "list the iso images"),
        (&hard, "stop the vm"),
        (&hard, "the hard disk of the vm is full"),
    ] {
        assert!(!names(question, action), "{question}");
    }
}

#[test]
fn what_was_tried_or_is_not_to_be_is_not_asked_for() {
    let kill = action("esx-vm-kill-process", "Kill the process of a virtual machine (kill -9)", &["pid"]);
    for question in [
        "kill -9 did not remove the vm process",
        "kill -9 on the vm's process and it is still in the list",
        "killed the guest's process, what now",
        "the vm survives kill -9",
        "the vm process is there after kill -9",
        "failed to kill the vm",
        "kill of the vm process fails",
        "do not kill the vm",
        "can't kill the guest",
        "Failed to kill domain web01 Failed to terminate process 18233 with kill",
        "kill --type=soft of the vm did nothing. hard now?",
    ] {
        assert!(!names(question, &kill), "{question}");
    }
}

#[test]
fn only_what_stands_in_the_section_is_looked_at() {
    let kill = action("esx-vm-kill-process", "Kill the process of a virtual machine (kill -9)", &["pid"]);
    let analyzer = analyzer();
    let far = candidate(&analyzer, &analyzer.asked("kill the vm process"), &kill, false);
    assert_eq!(far, Candidate { id: "esx-vm-kill-process".into(), ..Candidate::default() });
}

fn entry(products: &[&str], platforms: &[Platform]) -> Entry {
    let list = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let action = Placed { platforms: platforms.to_vec(), ..action("a", "Look", &[]) };
    Entry {
        id: ArticleId::from("a"),
        title: "A title".to_owned(),
        file: "a.md".to_owned(),
        revision: Digest([0; 32]),
        symptoms: Vec::new(),
        tags: Vec::new(),
        products: list(products),
        sections: Vec::new(),
        actions: vec![action],
    }
}

#[test]
fn a_product_that_an_article_is_not_about_is_found_by_its_name() {
    let analyzer = analyzer();
    let products = ["ESX 3.x", "ESXi", "VMware Server", "VirtualCenter 2.x", "Xen", "Go", "Virtualization"];
    let products: Vec<_> = products.iter().map(|name| Product::new(&analyzer, name)).collect();
    let platforms = PLATFORMS.iter().map(|platform| Product::new(&analyzer, product_of(*platform)));
    let products = Products(products.into_iter().chain(platforms).collect());
    let esx = entry(&["ESX 3.x", "VirtualCenter 2.x"], &[Platform::Esx3]);
    let elsewhere =
        |question: &str, entry: &Entry| products.elsewhere(&analyzer, &analyzer.asked(question), entry);
    for question in [
        "vm hangs on ESX",
        "esx 3.5: vm hangs",
        "vcenter shows the vm",
        "a virtual machine does not stop",
        "how do I go about it",
        "the server is slow",
        "esxtop shows nothing",
    ] {
        assert!(elsewhere(question, &esx).is_empty(), "{question}");
    }
    for (question, word) in [
        ("kvm guest hangs", "kvm"),
        ("ESXi: vm hangs", "ESXi"),
        ("Xen's guest hangs", "Xen's"),
        ("vm on VMware Server 2", "VMware"),
        ("windows vm on esx", "windows"),
        ("kvm01 disk full", ""),
    ] {
        assert_eq!(elsewhere(question, &esx).first().map_or("", String::as_str), word, "{question}");
    }
    let kvm = entry(&["KVM"], &[Platform::Kvm]);
    assert_eq!(elsewhere("vcenter shows the vm", &kvm), ["vcenter"]);
    assert!(elsewhere("kvm guest", &kvm).is_empty());
    let by_platform = entry(&[], &[Platform::Linux]);
    assert!(elsewhere("linux disk full", &by_platform).is_empty());
    let mut tagged = entry(&[], &[]);
    tagged.tags.push("xen".to_owned());
    assert!(elsewhere("xen guest", &tagged).is_empty());
}
