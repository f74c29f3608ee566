//! What is offered beside the answers to our own questions: few actions, and nothing that destroys where it
//! was not asked for.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{BINARY, KB};

/// The answers to questions, as `ask --json` prints them.
fn answers(questions: &[String]) -> Vec<Value> {
    let index = tempfile::tempdir().unwrap();
    let mut child = Command::new(BINARY)
        .args(["--kb", KB, "--index"])
        .arg(index.path())
        .args(["ask", "--json", "-"])
        .current_dir(index.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = questions.iter().map(|question| question.replace('\n', " ") + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn offered(hit: &Value) -> Vec<(&str, &str)> {
    let actions = hit["actions"].as_array().unwrap().iter();
    actions.map(|action| (action["id"].as_str().unwrap(), action["risk"].as_str().unwrap())).collect()
}

/// What is offered under the first hit that destroys.
fn destructive(answer: &Value) -> Vec<&str> {
    let hit = answer["hits"].as_array().unwrap().first();
    let offered = hit.map(offered).unwrap_or_default();
    offered.into_iter().filter(|(_, risk)| *risk == "destructive").map(|(id, _)| id).collect()
}

#[test]
fn what_destroys_is_offered_to_whoever_names_it() {
    let cases = [
        ("how do I kill the vm process on esx", "esx-vm-kill-process"),
        ("kill -9 a vm process by pid", "esx-vm-kill-process"),
        ("destroy the domain", "kvm-vm-destroy"),
        ("remove the iso image", "esx-iso-remove"),
        ("can I delete ISO files in vmimages", "esx-iso-remove"),
        ("how do I force stop a virtual machine with vmware-cmd", "esx-vm-stop-hard"),
        ("vm-support to kill a stuck guest", "esx-vm-kill-world"),
        ("esxi vm stuck kill", "esxi-vm-kill"),
        ("kvm01 disk full", ""),
        ("web01 disk full", ""),
        ("kvm01 vm hangs", ""),
        ("vm hangs", ""),
        ("help", ""),
        ("stop", ""),
        ("yes", ""),
        ("virsh destroy web01", ""),
        ("do not kill the vm process", ""),
        ("kill the vm process on kvm", ""),
        // What no article is about, and what is only talked of.
        ("Hyper-V: kill the virtual machine process", ""),
        ("azure: kill the virtual machine process", ""),
        ("virtualbox vm kill process", ""),
        ("proxmox destroy vm", ""),
        ("terraform destroy vm", ""),
        ("bhyve guest hung how to destroy it", ""),
        ("openstack: destroy the vm", ""),
        ("undo the removal of an iso image", ""),
        ("how do I avoid killing the vm process", ""),
        ("instead of killing the vm process what can I do", ""),
        ("dangers of killing the vm process", ""),
        ("prevent anybody from destroying a vm on kvm", ""),
        ("alternatives to virsh destroy vm", ""),
        ("who can destroy a vm? policy", ""),
        ("should I ever destroy a domain?", ""),
        ("somebody wants to destroy the vm, how do I stop them", ""),
        // What comes after a rung that failed is offered there, not here.
        ("vmware-cmd stop hard also hangs, what next", ""),
        ("virsh destroy fails with device or resource busy", ""),
        ("virsh destroy of the vm failed", ""),
        ("kill -9 did not remove the vmx process", ""),
        ("kill force did not end the vm on esxi", ""),
        ("polite shutdown with vim-cmd has no effect", ""),
        ("freed space in /vmimages but console still full", ""),
        ("esxi 6.7 vm stuck, vim-cmd vmsvc/power.off 42 returns error, next step?", ""),
    ];
    let questions: Vec<_> = cases.iter().map(|(question, _)| (*question).to_owned()).collect();
    for ((question, expected), answer) in cases.iter().zip(answers(&questions)) {
        let expected: Vec<_> = Some(*expected).filter(|id| !id.is_empty()).into_iter().collect();
        assert_eq!(destructive(&answer), expected, "{question}");
    }
}

#[test]
fn three_at_the_most_are_offered_reading_first_and_none_in_doubt() {
    let mut questions = Vec::new();
    for name in ["own", "own2", "blind", "unseen"] {
        let path = format!("{}/tests/data/questions-{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        questions.extend(lines.map(|line| line["text"].as_str().unwrap().to_owned()));
    }
    let answers = answers(&questions);
    assert_eq!(answers.len(), questions.len());
    let (mut dangerous, mut offering) = (0, 0);
    for answer in &answers {
        let sure = answer["certain"] == true && answer["mended"].as_array().unwrap().is_empty();
        for (place, hit) in answer["hits"].as_array().unwrap().iter().enumerate() {
            let offered = offered(hit);
            let order = |risk: &str| ["read", "change", "destructive"].iter().position(|it| *it == risk);
            assert!(offered.len() <= 3 && (sure || offered.is_empty()), "{answer}");
            assert!(offered.is_sorted_by_key(|(_, risk)| order(risk)), "{answer}");
            assert!(place == 0 || offered.iter().all(|(_, risk)| *risk == "read"), "{answer}");
            offering += usize::from(place == 0 && !offered.is_empty());
        }
        dangerous += usize::from(!destructive(answer).is_empty());
    }
    // Each of them was looked at: it names what is done and what to.
    assert!(dangerous <= 14, "{dangerous} answers offer what destroys");
    assert!(offering >= 400, "{offering} answers offer anything");
}
