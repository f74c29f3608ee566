//! A command with 100 MB of output: how long a running bot takes, which watches it and keeps what it may, beside ssh,
//! which hands all of it over. Both log in to one server of OpenSSH; the ratios are printed.
//!
//! `cargo bench --bench output`
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use sshd::Sshd;

#[path = "../it/sshd.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod sshd;

/// Bytes that the command prints.
const BYTES: usize = 100_000_000;
/// How often both are measured, one after the other.
const PAIRS: usize = 9;

/// Prints a file. Its action is one that changes, so that the time begins with an approval.
const ARTICLE: &str = r#"+++
id = "output"
title = "Much output"
products = ["Linux"]
tags = ["bench"]
symptoms = ["A command prints much"]
reviewed = 2026-11-01
+++
# Much output

```action
id = "print-file"
title = "Print a file"
platforms = ["linux"]
risk = "change"
[params.path]
prompt = "The file"
type = "path"
example = "/tmp/x"
[[steps]]
run = ["print-file", "{path}"]
timeout_s = 600
[verify]
run = ["ls", "--", "{path}.printed"]
[rollback]
none = "What was printed is printed."
```
"#;

/// Prints a file, and leaves a mark for the verification.
const PRINT_FILE: &str = "#!/bin/sh\ncat -- \"$1\" && : >\"$1.printed\"\n";

/// A bot in a terminal that is a pipe.
struct Bot {
    child: Child,
    typed: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Bot {
    fn start(folder: &Path, sshd: &Sshd) -> Self {
        let Sshd { port, host_key, identity, user, folder: below, .. } = sshd;
        let inventory = format!(
            "[ssh]\nidentity = \"{identity}\"\n[[host]]\nname = \"lab-host\"\naddress = \"127.0.0.1\"\nport = {port}\n\
             user = \"{user}\"\nplatforms = [\"linux\"]\nhost_key = \"{host_key}\"\nfolder = \"{0}/runs\"\n\
             path = \"{0}/programs:/usr/bin:/bin\"\n",
            below.display(),
            identity = identity.display(),
        );
        for (name, file, text) in [("lab", "inventory.toml", &*inventory), ("kb", "output.md", ARTICLE)] {
            fs::create_dir(folder.join(name)).unwrap();
            fs::write(folder.join(name).join(file), text).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
        command.current_dir(folder).args(["demo", "--lab", "lab", "--kb", "kb", "--state", "state"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (typed, said) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, typed, said }
    }

    /// Types lines and waits until `text` is said.
    fn types(&mut self, lines: &str, text: &str) {
        self.typed.write_all(lines.as_bytes()).unwrap();
        let mut said = String::new();
        while !said.contains(text) {
            let from = said.len();
            assert!(self.said.read_line(&mut said).unwrap() > 0, "no {text:?} in {said}");
            assert!(!said[from..].contains("failed"), "{said}");
        }
    }

    /// The time from the approval of a request to the word that it has succeeded.
    fn takes(&mut self, request: usize, file: &Path) -> Duration {
        let asked =
            format!("/as ana\n/run print-file path={} on lab-host because of a bench\n", file.display());
        self.types(&asked, &format!("r{request} waits for approval"));
        let begin = Instant::now();
        self.types(&format!("/as ben\n/approve r{request}\n"), &format!("r{request} succeeded"));
        begin.elapsed()
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time of `ssh HOST cat FILE | wc -c`.
fn ssh_takes(sshd: &Sshd, file: &Path) -> Duration {
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]);
    ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-i"]).arg(&sshd.identity);
    ssh.args(["-p", &sshd.port.to_string(), &format!("{}@127.0.0.1", sshd.user), "cat", "--"]).arg(file);
    let begin = Instant::now();
    let mut ssh = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let counted = Command::new("wc").arg("-c").stdin(ssh.stdout.take().unwrap()).output().unwrap();
    assert!(ssh.wait().unwrap().success());
    let took = begin.elapsed();
    assert_eq!(String::from_utf8_lossy(&counted.stdout).trim(), BYTES.to_string());
    took
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let (sshd, folder) = (Sshd::start(), tempfile::tempdir().unwrap());
    let programs = sshd.folder.join("programs");
    fs::create_dir(&programs).unwrap();
    fs::write(programs.join("print-file"), PRINT_FILE).unwrap();
    fs::set_permissions(programs.join("print-file"), fs::Permissions::from_mode(0o755)).unwrap();
    let file = programs.join("output");
    let line = b"the quick brown fox jumps over the lazy dog while the watch is kept\n";
    fs::write(&file, line.iter().copied().cycle().take(BYTES).collect::<Vec<_>>()).unwrap();
    sshd::own(&programs, &sshd.user);
    let mut bot = Bot::start(folder.path(), &sshd);
    let mut ratios = Vec::new();
    for request in 1..=PAIRS {
        let ours = bot.takes(request, &file).as_secs_f64();
        fs::remove_file(programs.join("output.printed")).unwrap();
        let theirs = ssh_takes(&sshd, &file).as_secs_f64();
        println!("pair {request}: dogwatch {ours:.2} s, ssh {theirs:.2} s, ratio {:.2}", ours / theirs);
        ratios.push(ours / theirs);
    }
    println!(
        "100 MB of output: dogwatch takes {:.2} times ssh's time (median of {PAIRS} pairs)",
        median(ratios)
    );
}
