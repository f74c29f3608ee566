//! A thousand runs on hosts under dash, bash and busybox, each with a fault in its middle, against what the
//! hosts themselves have logged: no end is wrong, nothing runs twice, and only what has lost its folder, its
//! processes or its supervisor is unknown.
//!
//! `cargo test --release --lib -- --ignored --nocapture a_thousand_runs_with_a_fault_each`

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

use super::super::ground;
use super::super::over::OverRuns;
use super::super::run;
use super::super::step::Step;
use super::super::wire::{Claim, fresh_run_id};
use super::runs::{lines, sh, unseen};
use super::sshd::SHELLS;
use super::{Sshd, config, host};
use crate::domain::id::Digest;
use crate::domain::plan::HostPlan;
use crate::domain::record::run::{StepEnd, StepReport};
use crate::remote::SshConfig;

/// Runs of each fault on each shell.
const ROUNDS: usize = 50;
const FAULTS: [Fault; 7] = [
    Fault::LinkCut,
    Fault::SshdKilled,
    Fault::BotKilled,
    Fault::DiskFilled,
    Fault::SupervisorKilled,
    Fault::FolderRemoved,
    Fault::ContainerRestarted,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    LinkCut,
    SshdKilled,
    BotKilled,
    DiskFilled,
    SupervisorKilled,
    FolderRemoved,
    ContainerRestarted,
}

impl Fault {
    /// Whether the host has lost what it would need to tell.
    fn takes_knowledge(self) -> bool {
        matches!(self, Self::SupervisorKilled | Self::FolderRemoved | Self::ContainerRestarted)
    }
}

/// A link that can be cut: one direction first, the other a moment later.
struct Link {
    port: u16,
    open: Arc<Mutex<Vec<(TcpStream, TcpStream)>>>,
}

impl Link {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&open);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let pair = |(from, to): (&TcpStream, &TcpStream)| {
                    Some((from.try_clone().ok()?, to.try_clone().ok()?))
                };
                for (from, to) in [pair((&client, &server)), pair((&server, &client))].into_iter().flatten() {
                    std::thread::spawn(move || pumped(from, to));
                }
                all.lock().unwrap().push((client, server));
            }
        });
        Self { port, open }
    }

    async fn cut(&self, from_server_first: bool) {
        let open = std::mem::take(&mut *self.open.lock().unwrap());
        for first in [from_server_first, !from_server_first] {
            for (client, server) in &open {
                let _ = if first { server } else { client }.shutdown(Shutdown::Both);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

fn pumped(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    loop {
        match from.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(count) => {
                if to.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// A host whose `/bin/sh` is one shell, whose run folder is a small file system of its own, behind a link.
struct Place {
    sshd: Sshd,
    link: Link,
    config: SshConfig,
    host: HostPlan,
    disk: PathBuf,
    _parent: tempfile::TempDir,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.kill_all();
        let _ = Process::new("umount").arg("-l").arg(&self.disk).status();
    }
}

impl Place {
    fn new(shell: &str) -> Self {
        // Mounted before the server leaves for a mount namespace of its own.
        let parent = tempfile::Builder::new().prefix("dogwatch-soak-").tempdir().unwrap();
        fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let disk = parent.path().join("disk");
        fs::create_dir(&disk).unwrap();
        let mounted = Process::new("mount")
            .args(["-t", "tmpfs", "-o", "size=600k,mode=1777", "tmpfs"])
            .arg(&disk)
            .status();
        assert!(mounted.unwrap().success(), "mount a tmpfs: the soak runs as root");
        let sshd = Sshd::start_on(shell);
        let link = Link::to(sshd.port);
        let mut host = host(&sshd);
        host.port = link.port;
        host.folder = disk.join("base").display().to_string();
        Self { config: config(&sshd), host, link, disk, sshd, _parent: parent }
    }

    /// Every process that was started in a session of this host.
    fn kill_all(&self) {
        self.sshd.kill_sessions();
        let home = format!("HOME={}\0", self.sshd.home().display());
        for pid in pids_with(home.as_bytes()) {
            let _ = Process::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status();
        }
    }

    async fn strike(&self, fault: Fault, run: &str, round: usize) {
        match fault {
            Fault::LinkCut => self.link.cut(round.is_multiple_of(2)).await,
            Fault::SshdKilled => drop(self.sshd.kill_sessions()),
            Fault::BotKilled => {}
            Fault::DiskFilled => {
                let fill = format!("of={}", self.disk.join("fill").display());
                let _full = Process::new("dd").args(["if=/dev/zero", "bs=1k", &fill]).output();
            }
            Fault::SupervisorKilled => {
                if let Some(pid) = supervisor(Path::new(&self.host.folder), run) {
                    let _ = Process::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status();
                }
            }
            Fault::FolderRemoved => drop(fs::remove_dir_all(&self.host.folder)),
            Fault::ContainerRestarted => {
                self.kill_all();
                let _ = fs::remove_dir_all(&self.host.folder);
                self.sshd.kill_sessions();
            }
        }
    }
}

fn pids_with(entry: &[u8]) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let named = processes.filter_map(|entry| entry.file_name().into_string().ok());
    named
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.windows(entry.len()).any(|window| window == entry)
        })
        .collect()
}

/// The supervisor of a run, by the name it has left in its folder.
fn supervisor(base: &Path, run: &str) -> Option<String> {
    let grounds = fs::read_dir(base).ok()?.flatten().map(|entry| entry.path().join(run));
    let names = grounds.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.find_map(|name| Some(name.strip_prefix("sup-")?.split('-').next()?.to_owned()))
}

/// What became of one run: what was said, and how often it ran by the host's own log.
struct Told {
    fault: Fault,
    shell: &'static str,
    end: StepEnd,
    code: i32,
    trace: PathBuf,
    in_the_middle: bool,
}

async fn one(place: &Place, fault: Fault, shell: &'static str, round: usize) -> Told {
    let run = fresh_run_id().unwrap();
    let trace = place.sshd.folder.join(format!("trace-{run}"));
    let code = i32::try_from(round % 200).unwrap();
    let _ = fs::remove_file(place.disk.join("fill"));
    let command =
        sh(&format!("echo x >>{}; sleep 0.{}; seq 2000; exit {code}", trace.display(), 2 + round % 8));
    let (digest, over) = (Digest::of(b"the plan"), OverRuns::default());
    // Two of three faults strike after the claim, the others at any moment.
    let in_the_middle = !round.is_multiple_of(3);
    let pause = super::loss::random_ms(if in_the_middle { 150 + 100 * (round as u64 % 8) } else { 900 });
    let (struck, is_struck) = watch::channel(false);
    let work = async {
        let ground = match ground::probe(&place.config, &place.host, digest).await {
            Ok(ground) => ground,
            Err(error) => return run::without_output(StepEnd::NotRun(error.explain())),
        };
        let step = Step {
            config: &place.config,
            over: &over,
            host: &place.host,
            digest,
            command: &command,
            run,
            ground: &ground,
            claim: Claim::Made(&[]),
        };
        let (_sender, cancel) = watch::channel(false);
        let execute = run::execute(step, cancel.clone(), unseen());
        if fault != Fault::BotKilled {
            return execute.await;
        }
        let mut is_struck = is_struck;
        tokio::select! {
            report = execute => return report,
            _ = is_struck.wait_for(|struck| *struck) => {}
        }
        run::settle(step, cancel, unseen()).await
    };
    let strike = async {
        let began = Instant::now();
        while in_the_middle && !trace.exists() && began.elapsed() < Duration::from_secs(10) {
            sleep(Duration::from_millis(5)).await;
        }
        sleep(pause).await;
        place.strike(fault, &run.to_string(), round).await;
        let _ = struck.send(true);
        // What was killed has held the place of what is about to come.
        std::future::pending::<StepReport>().await
    };
    let report = tokio::select! {
        report = work => report,
        report = strike => report,
    };
    Told { fault, shell, end: report.end, code, trace, in_the_middle }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a soak of some minutes; see CONTRIBUTING"]
async fn a_thousand_runs_with_a_fault_each() {
    let mut hosts = tokio::task::JoinSet::new();
    for shell in SHELLS {
        for half in 0..2 {
            hosts.spawn(async move {
                let place = Place::new(shell);
                let mut told = Vec::new();
                for round in (half..ROUNDS).step_by(2) {
                    for fault in FAULTS {
                        told.push(one(&place, fault, shell, round).await);
                    }
                }
                // What was late would have come by now.
                sleep(Duration::from_secs(3)).await;
                let ran: Vec<usize> = told.iter().map(|told| lines(&told.trace)).collect();
                (told, ran)
            });
        }
    }
    let mut counts: BTreeMap<(Fault, &str), usize> = BTreeMap::new();
    let (mut runs, mut middle, mut began, mut wrong) = (0, 0, 0, Vec::new());
    for (told, ran) in hosts.join_all().await {
        for (told, ran) in told.into_iter().zip(ran) {
            runs += 1;
            middle += usize::from(told.in_the_middle && ran > 0);
            began += usize::from(ran > 0);
            let (word, is_right) = match &told.end {
                StepEnd::Done(code) => ("done", *code == told.code && ran == 1),
                StepEnd::NotRun(_) => ("not run", ran == 0),
                StepEnd::Unknown(_) => ("unknown", ran <= 1 && told.fault.takes_knowledge()),
                StepEnd::TimedOut | StepEnd::Cancelled => ("stopped", false),
            };
            *counts.entry((told.fault, word)).or_default() += 1;
            if runs <= 5 {
                eprintln!("for example: {:?}: {:?}", told.fault, told.end);
            }
            if !is_right {
                wrong.push(format!("{:?} under {}: ran {ran} times: {:?}", told.fault, told.shell, told.end));
            }
        }
    }
    eprintln!("{runs} runs, {began} began, {middle} struck between claim and end: {counts:?}");
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
    assert!(runs >= 1000 && middle * 2 >= runs, "the faults missed");
}
