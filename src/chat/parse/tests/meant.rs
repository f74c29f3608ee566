//! Lines that read like commands, and those that only begin like one.

use super::*;

/// What a line was probably meant as.
fn meant(line: &str) -> Option<String> {
    match parsed(line) {
        Command::Meant(meant) => {
            assert_eq!(meant.question, line.trim());
            assert_eq!(parsed(&meant.typed), *meant.command, "{line}");
            Some(meant.typed)
        }
        Command::Ask(question) => {
            assert_eq!(question, line.trim());
            None
        }
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_line_that_reads_like_a_command_is_one_that_was_meant() {
    for sign in [
        "",
        "!",
        "\\",
        "//",
        "／",
        "> ",
        "`",
        "```\n",
        "\u{feff}/",
        "\u{200e}/",
        "\u{200b}/",
        "- /",
        "“/",
        "/ ",
        ">/",
    ] {
        let line = format!("{sign}run vm-state on lab-esx");
        assert_eq!(meant(&line).as_deref(), Some("/run vm-state on lab-esx"), "{line}");
    }
    for (line, typed) in [
        ("`/run vm-state on lab-esx`", "/run vm-state on lab-esx"),
        ("```\n/approve r1\n```", "/approve r1"),
        ("approve r1", "/approve r1"),
        ("Approve R1?", "/approve R1"),
        ("deny r1 because not now", "/deny r1 because not now"),
        ("help", "/help"),
        ("HELP!", "/help"),
        ("hosts", "/hosts"),
        ("incident list", "/incident list"),
        ("incident open SEV1 db down", "/incident open SEV1 db down"),
        ("!incident open db down", "/incident open db down"),
        ("incident resolve i1 done", "/incident resolve i1 done"),
        ("kb show linux-disk-full", "/kb show linux-disk-full"),
        ("check lab-esx", "/check lab-esx"),
    ] {
        assert_eq!(meant(line).as_deref(), Some(typed), "{line}");
    }
    for line in [
        "run out of disk space on lab-esx",
        "help, the vm hangs",
        "help me",
        "> help the vm hangs",
        "show me the hosts",
        "approve",
        "cancel a running task",
        "check the disk of web01",
        "stop",
        "yes",
        "`/run` does nothing",
        "!important",
        "incident open since monday, what now",
        "incident resolve steps",
        "incident note of yesterday",
        "/run/user is full",
        "/vmfs/volumes/run vm-state on lab-esx",
        "hosts are down",
        "why does /run vm-state fail",
        "settle r1",
        "ask why",
    ] {
        assert_eq!(meant(line), None, "{line}");
    }
}
