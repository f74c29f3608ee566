//! The whole story on `dogwatch demo`, and the transcript in the README: what people read there is
//! what the program prints.
//!
//! `DOGWATCH_BLESS=1 cargo test --test it story::the_transcript` writes the README's transcript anew.

use std::io::Write as _;
use std::process::{Command, Stdio};

use regex::Regex;

use crate::{BINARY, KB};

/// What `dogwatch demo` prints for a script on standard input; what differs from run to run is
/// replaced.
fn demo(script: &str) -> String {
    let index = tempfile::tempdir().unwrap();
    let mut child = Command::new(BINARY)
        .args(["--kb", KB, "--index"])
        .arg(index.path())
        .arg("demo")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    normalised(&String::from_utf8(output.stdout).unwrap())
}

fn normalised(text: &str) -> String {
    let replacements = [
        (r"\b[0-9a-f]{64}\b", "<sha-256>"),
        (r"([@`]|plan )[0-9a-f]{12}\b", "${1}<12 digits>"),
        (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:<fingerprint>"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<date and time>"),
        (r"\b\d\d:\d\d:\d\d\b", "<time>"),
        (r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d\b", "<ls's date>"),
    ];
    replacements.into_iter().fold(text.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).unwrap().replace_all(&text, with).into_owned()
    })
}

#[test]
fn the_whole_story_from_the_question_to_the_audit() {
    let script = "\
a virtual machine on the ESX host does not power off
/run esx-vm-list on lab-esx
/run esx-vm-stop vmx=/vmfs/volumes/storage1/db01/db01.vmx on lab-esx because db01 hangs
/approve r2
/as ben
/approvals
/approve r2
/as ana
/run esx-vm-stop-hard vmx=/vmfs/volumes/storage1/db01/db01.vmx on lab-esx because esx-vm-stop did not help
/as ben
/approve r3
/approve r3
/as dia
/approve r3
/as cem
/approve r3
/as ana
/incident note the owner of db01 knows
/incident resolve forced off, the owner starts it again
/incident show i1
/audit verify
";
    insta::assert_snapshot!(demo(script));
}

#[test]
fn terminal_ends_where_somebody_says_so() {
    for word in ["exit", "quit", "/exit", "/quit"] {
        let said = demo(&format!("how does one exit\n  {word}\n/help\n"));
        assert!(said.contains("ana> how does one exit\n") && !said.contains("/help\n"), "{said}");
    }
}

const BEGIN: &str = "<!-- transcript: written by `DOGWATCH_BLESS=1 cargo test --test it story::the_transcript` -->\n```text\n";
const END: &str = "```\n<!-- end of transcript -->";

#[test]
fn the_transcript_in_the_readme_is_what_the_program_prints() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (transcript, after) = rest.split_once(END).unwrap();
    let prompt = Regex::new(r"(?m)^[a-z]+> (.+)$").unwrap();
    let lines: Vec<_> = prompt.captures_iter(transcript).map(|line| line[1].to_owned() + "\n").collect();
    let script = lines.concat();
    let printed = demo(&script);
    let first_prompt = printed.find("ana> ").unwrap();
    let last_prompt = printed.rfind('\n').unwrap();
    let printed = &printed[first_prompt..=last_prompt];
    if std::env::var_os("DOGWATCH_BLESS").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{printed}{END}{after}")).unwrap();
    } else {
        pretty_assertions(transcript, printed);
    }
}

/// Says which line differs, rather than printing two transcripts.
fn pretty_assertions(written: &str, printed: &str) {
    for (number, (written, printed)) in written.lines().zip(printed.lines()).enumerate() {
        assert_eq!(written, printed, "line {} of the transcript", number + 1);
    }
    assert_eq!(written.lines().count(), printed.lines().count(), "lines of the transcript");
}
