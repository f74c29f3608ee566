//! Whole remote runs over a connection that holds: ends, output, input, limits.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

use super::super::ground;
use super::super::over::OverRuns;
use super::super::run;
use super::super::step::{Look, Step};
use super::super::wire::{Claim, fresh_run_id};
use super::{Sshd, config, host};
use crate::domain::id::{Digest, RunId};
use crate::domain::plan::{Command, HostPlan};
use crate::domain::record::run::{Ground, OUTPUT_HEAD, OUTPUT_TAIL, Output, StepEnd, StepReport};
use crate::remote::{SshConfig, wrapper_digest};

/// For a step that nobody watches.
pub(super) fn unseen() -> watch::Sender<Output> {
    watch::Sender::new(Output::default())
}

/// A server, and what it takes to run something on it.
pub(super) struct World {
    pub(super) sshd: Sshd,
    pub(super) config: SshConfig,
    pub(super) host: HostPlan,
    pub(super) digest: Digest,
    pub(super) over: OverRuns,
    pub(super) ground: Ground,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with("").await
    }

    pub(super) async fn with(sshd_config: &str) -> Self {
        let sshd = Sshd::start_with(sshd_config);
        let (config, host, digest) = (config(&sshd), host(&sshd), Digest::of(b"the plan"));
        let ground = ground::probe(&config, &host, digest).await.unwrap();
        Self { sshd, config, host, digest, over: OverRuns::default(), ground }
    }

    pub(super) fn step<'a>(&'a self, command: &'a Command, run: RunId) -> Step<'a> {
        Step {
            config: &self.config,
            over: &self.over,
            host: &self.host,
            digest: self.digest,
            command,
            run,
            ground: &self.ground,
            claim: Claim::Made(&[]),
        }
    }

    pub(super) async fn execute(&self, command: &Command) -> StepReport {
        let (_sender, cancel) = watch::channel(false);
        let (printed, _seen) = watch::channel(Output::default());
        run::execute(self.step(command, fresh_run_id().unwrap()), cancel, printed).await
    }

    pub(super) async fn settle(&self, command: &Command, run: RunId) -> StepReport {
        let (_sender, cancel) = watch::channel(false);
        let (printed, _seen) = watch::channel(Output::default());
        run::settle(self.step(command, run), cancel, printed).await
    }

    /// A file that a run can leave on the host.
    pub(super) fn trace(&self, name: &str) -> PathBuf {
        self.sshd.folder.join(name)
    }
}

pub(super) fn command(argv: &[&str]) -> Command {
    Command {
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
        stdin: None,
        timeout_s: 60,
        expect_exit: vec![0],
        not_applicable_exit: Vec::new(),
        expect_stdout: None,
        expect_no_stdout: None,
    }
}

pub(super) fn sh(script: &str) -> Command {
    command(&["sh", "-c", script])
}

pub(super) fn lines(path: &PathBuf) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_code_and_both_streams_come_back() {
    let world = World::new().await;
    let report = world.execute(&sh("echo out; echo err >&2; exit 7")).await;
    assert_eq!(report.end, StepEnd::Done(7));
    assert!(report.output.text().contains("out\n") && report.output.text().contains("err\n"), "{report:?}");
    for code in [0, 1, 126, 127, 255] {
        assert_eq!(world.execute(&sh(&format!("exit {code}"))).await.end, StepEnd::Done(code));
    }
    assert_eq!(world.execute(&command(&["no-such-program"])).await.end, StepEnd::Done(127));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_arrive_byte_for_byte() {
    let world = World::new().await;
    let words =
        ["", " ", "a b", "'", "it's", "\"$HOME\"", "$(id)", "`id`", "\\", "{a,b}", "*", "-n", "é\n|;&", "!!"];
    let mut argv = vec!["printf", "<%s>"];
    argv.extend(words);
    let report = world.execute(&command(&argv)).await;
    assert_eq!(report.end, StepEnd::Done(0));
    assert_eq!(report.output.text(), words.map(|word| format!("<{word}>")).concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_reads_its_own_input_or_nothing() {
    let world = World::new().await;
    let mut asking = command(&["cat"]);
    assert_eq!(world.execute(&asking).await.output.text(), "");
    asking.stdin = Some("y\nit's\n\n$x `y` \\\nno newline".to_owned());
    let report = world.execute(&asking).await;
    assert_eq!((report.end, report.output.text()), (StepEnd::Done(0), asking.stdin.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nul_byte_is_refused_and_nothing_runs() {
    let world = World::new().await;
    let report = world.execute(&command(&["echo", "a\0b"])).await;
    assert!(
        matches!(&report.end, StepEnd::NotRun(why) if why.contains("NUL")) && !report.passes,
        "{report:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_limit_stops_a_step() {
    let world = World::new().await;
    let trace = world.trace("late");
    let mut slow = sh(&format!("echo begun; sleep 20; echo late > {}", trace.display()));
    slow.timeout_s = 2;
    let started = Instant::now();
    let report = world.execute(&slow).await;
    assert_eq!(report.end, StepEnd::TimedOut);
    assert!(report.output.text().contains("begun"), "{report:?}");
    assert!(started.elapsed() < Duration::from_secs(18), "{:?}", started.elapsed());
    assert!(!trace.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_step_stops() {
    let world = World::new().await;
    let trace = world.trace("late");
    let slow = sh(&format!("echo begun; sleep 15; echo late > {}", trace.display()));
    let (sender, cancel) = watch::channel(false);
    let started = Instant::now();
    let (report, ()) =
        tokio::join!(run::execute(world.step(&slow, fresh_run_id().unwrap()), cancel, unseen()), async {
            sleep(Duration::from_secs(1)).await;
            sender.send(true).unwrap();
        });
    assert_eq!(report.end, StepEnd::Cancelled);
    assert!(report.output.text().contains("begun"), "{report:?}");
    assert!(started.elapsed() < Duration::from_secs(14), "{:?}", started.elapsed());
    sleep(Duration::from_secs(15).saturating_sub(started.elapsed())).await;
    assert!(!trace.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_cancelled_before_its_start_is_never_sent() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let touch = sh(&format!("echo x >> {}", trace.display()));
    let (sender, cancel) = watch::channel(true);
    let run = fresh_run_id().unwrap();
    assert_eq!(run::execute(world.step(&touch, run), cancel, unseen()).await.end, StepEnd::Cancelled);
    drop(sender);
    assert!(matches!(world.settle(&touch, run).await.end, StepEnd::NotRun(_)));
    assert!(!trace.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_meets_a_run_of_before_adopts_nothing_and_begins_nothing() {
    let mut world = World::new().await;
    let trace = world.trace("met");
    let step = sh(&format!("echo x >>{}", trace.display()));
    let run = fresh_run_id().unwrap();
    let mut ends = Vec::new();
    for round in 0..3 {
        let (_sender, cancel) = watch::channel(false);
        ends.push(run::execute(world.step(&step, run), cancel, unseen()).await.end);
        if round == 1 {
            // A record that was set back has the host probed anew.
            world.ground = ground::probe(&world.config, &world.host, world.digest).await.unwrap();
        }
    }
    ends.push(world.settle(&step, run).await.end);
    assert_eq!(ends[0], StepEnd::Done(0));
    for end in &ends[1..] {
        let set_back = matches!(end, StepEnd::Unknown(why)
            if why.contains("met this very run before") && why.contains("probably set back"));
        assert!(set_back, "{ends:?}");
    }
    assert_eq!(lines(&trace), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_and_tail_of_a_huge_output_are_kept() {
    let world = World::new().await;
    let report =
        world.execute(&sh("echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last")).await;
    assert_eq!(report.end, StepEnd::Done(0));
    assert!(report.output.head.starts_with("first\nxxx") && report.output.tail.ends_with("x\nlast\n"));
    let (head, tail) = (report.output.head.len(), report.output.tail.len());
    assert!(head <= OUTPUT_HEAD && tail <= OUTPUT_TAIL && head + tail > OUTPUT_TAIL, "{head} {tail}");
    let all = 100_000_000 + "first\n\nlast\n".len() as u64;
    assert_eq!(report.output.dropped + head as u64 + tail as u64, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_utf8_are_shown_lossily() {
    let world = World::new().await;
    let report = world.execute(&sh("printf 'a\\377\\000b'")).await;
    assert_eq!(report.output.text(), "a\u{fffd}\0b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_of_login_files_is_tolerated() {
    let sshd_config = "Banner /etc/os-release";
    let world = World::with(sshd_config).await;
    let noise =
        "echo Welcome; printf 'no newline '; echo WR1 fake done 0 >&2; echo WR1 x y done 0 z; seq 30000\n";
    fs::write(world.sshd.home().join(".bashrc"), noise).unwrap();
    let report = world.execute(&sh("echo hello; exit 3")).await;
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(3), "hello\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_background_child_does_not_hold_the_step() {
    let world = World::new().await;
    let trace = world.trace("child");
    let mut starting = sh(&format!("(sleep 6; echo alive > {}) & echo started", trace.display()));
    starting.timeout_s = 4;
    let started = Instant::now();
    let report = world.execute(&starting).await;
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(0), "started\n"));
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    sleep(Duration::from_secs(8)).await;
    assert!(trace.exists(), "the child was killed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_out_of_reach_has_run_nothing() {
    let mut world = World::new().await;
    world.host.host_key = "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB".to_owned();
    let report = world.execute(&sh("exit 0")).await;
    assert!(matches!(&report.end, StepEnd::NotRun(why) if why.contains("pinned")), "{report:?}");
    assert!(!report.passes, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_may_be_sent_again_to_a_host_that_was_away() {
    let mut world = World::new().await;
    world.host.port = 1;
    let report = world.execute(&sh("exit 0")).await;
    assert!(matches!(report.end, StepEnd::NotRun(_)) && report.passes, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_sudo_the_whole_wrapper_runs_through_it() {
    let mut world = World::new().await;
    let (home, log) = (world.sshd.home(), world.trace("sudo"));
    let double = format!("#!/bin/sh\necho \"$*\" >>{}\nshift 2\nexec \"$@\"\n", log.display());
    fs::create_dir(home.join("bin")).unwrap();
    fs::write(home.join("bin/sudo"), double).unwrap();
    fs::set_permissions(home.join("bin/sudo"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(home.join(".bashrc"), "PATH=$HOME/bin:$PATH\n").unwrap();
    world.host.sudo = true;
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    let report = run::execute(world.step(&sh("exit 2"), run), cancel, unseen()).await;
    assert_eq!(report.end, StepEnd::Done(2));
    let called = fs::read_to_string(log).unwrap();
    let verbs = ["start", "wait", "out"].map(|verb| format!("-n -- sh -s -- {run} {verb}"));
    assert!(called.lines().all(|line| verbs.iter().any(|verb| verb == line)), "{called}");
    assert!(called.starts_with(&verbs[0]), "{called}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_executes_nothing_is_named() {
    let world = World::new().await;
    fs::write(world.sshd.home().join(".bashrc"), "echo no entry >&2; exit 3\n").unwrap();
    let error = ground::probe(&world.config, &world.host, world.digest).await.unwrap_err();
    let advice = error.advice();
    assert!(advice.contains("exit status 3") && advice.contains("no entry"), "{advice}");
}

/// The ground that stands on the host.
fn grounds(world: &World) -> Vec<String> {
    let names = fs::read_dir(&world.host.folder).unwrap().flatten();
    names.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.len() == 32).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_leaves_its_ground_at_its_end_and_a_step_keeps_it() {
    let world = World::new().await;
    let command = sh("exit 0");
    assert_eq!(world.execute(&command).await.end, StepEnd::Done(0));
    let of_step = grounds(&world);
    assert_eq!(of_step, [world.ground.nonce.unwrap().to_string()]);
    let look = Look {
        config: &world.config,
        over: &world.over,
        host: &world.host,
        digest: world.digest,
        command: &command,
    };
    for _ in 0..3 {
        assert_eq!(run::look(look).await.end, StepEnd::Done(0));
        assert_eq!(grounds(&world), of_step, "a look's ground stays, or the step's is gone");
    }
}

#[test]
fn what_was_approved_for_another_wrapper_is_not_sent() {
    let (config, over, command) = (SshConfig::new(PathBuf::new()), OverRuns::default(), sh("exit 0"));
    let ground = crate::domain::testing::ground();
    let executable = |host: &HostPlan| {
        let (digest, run) = (Digest::of(b"the plan"), RunId([0; 16]));
        let step = Step {
            config: &config,
            over: &over,
            host,
            digest,
            command: &command,
            run,
            ground: &ground,
            claim: Claim::Made(&[]),
        };
        super::super::executable(step).err()
    };
    let mut host = super::unreachable_host();
    host.wrapper = wrapper_digest();
    assert_eq!(executable(&host), None);
    host.jump.push("bastion".into());
    assert!(executable(&host).unwrap().contains("behind another host"));
    host.wrapper = Digest::of(b"an older wrapper");
    assert!(executable(&host).unwrap().contains("another version"));
}
