//! Whole remote runs: ends, output, loss, recovery.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::super::check::boot_id;
use super::super::over::OverRuns;
use super::super::run::{self, Step};
use super::super::wire::fresh_run_id;
use super::{Sshd, config, host};
use crate::domain::id::{Digest, RunId};
use crate::domain::plan::{Command, HostPlan};
use crate::domain::run::{BootId, OUTPUT_HEAD, OUTPUT_TAIL, StepEnd, StepReport};
use crate::remote::SshConfig;

/// A server, and what it takes to run something on it.
pub(super) struct World {
    pub(super) sshd: Sshd,
    pub(super) config: SshConfig,
    pub(super) host: HostPlan,
    pub(super) digest: Digest,
    pub(super) over: OverRuns,
    boot: BootId,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with("").await
    }

    async fn with(sshd_config: &str) -> Self {
        let sshd = Sshd::start_with(sshd_config);
        let (config, host, digest) = (config(&sshd), host(&sshd), Digest::of(b"the plan"));
        let boot = boot_id(&config, &host, digest).await.unwrap();
        Self { sshd, config, host, digest, over: OverRuns::default(), boot }
    }

    fn step<'a>(&'a self, command: &'a Command, run: RunId) -> Step<'a> {
        Step {
            config: &self.config,
            over: &self.over,
            host: &self.host,
            digest: self.digest,
            command,
            run,
            boot: Some(&self.boot),
        }
    }

    async fn execute(&self, command: &Command) -> StepReport {
        let (_sender, cancel) = watch::channel(false);
        run::execute(self.step(command, fresh_run_id().unwrap()), cancel).await
    }

    async fn settle(&self, command: &Command, run: RunId) -> StepReport {
        let (_sender, cancel) = watch::channel(false);
        run::settle(self.step(command, run), cancel).await
    }

    /// A file that a run can leave on the host.
    fn trace(&self, name: &str) -> PathBuf {
        self.sshd.folder.join(name)
    }
}

pub(super) fn command(argv: &[&str]) -> Command {
    Command {
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
        stdin: None,
        timeout_s: 60,
        expect_exit: vec![0],
        expect_stdout: None,
    }
}

pub(super) fn sh(script: &str) -> Command {
    command(&["sh", "-c", script])
}

fn lines(path: &PathBuf) -> usize {
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
    assert!(matches!(&report.end, StepEnd::NotRun(why) if why.contains("NUL")), "{report:?}");
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
        tokio::join!(run::execute(world.step(&slow, fresh_run_id().unwrap()), cancel), async {
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
    assert_eq!(run::execute(world.step(&touch, run), cancel).await.end, StepEnd::Cancelled);
    drop(sender);
    assert!(matches!(world.settle(&touch, run).await.end, StepEnd::NotRun(_)));
    assert!(!trace.exists());
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_step_is_settled_by_what_the_host_says() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let slow = sh(&format!("echo x >> {}; sleep 3; echo over; exit 5", trace.display()));
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    // The bot dies one second after the start.
    let died = timeout(Duration::from_secs(1), run::execute(world.step(&slow, run), cancel)).await;
    assert!(died.is_err());
    let report = world.settle(&slow, run).await;
    assert_eq!((report.end, report.output.text().as_str()), (StepEnd::Done(5), "over\n"));
    assert_eq!(lines(&trace), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_whose_end_was_not_recorded_is_settled_with_its_true_end() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let quick = sh(&format!("echo x >> {}; exit 6", trace.display()));
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    let first = run::execute(world.step(&quick, run), cancel).await;
    // The bot dies before it has recorded this.
    assert_eq!(first.end, StepEnd::Done(6));
    assert_eq!(world.settle(&quick, run).await.end, StepEnd::Done(6));
    assert_eq!(lines(&trace), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fenced_run_never_begins() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let touch = sh(&format!("echo x >> {}", trace.display()));
    let run = fresh_run_id().unwrap();
    assert!(matches!(world.settle(&touch, run).await.end, StepEnd::NotRun(_)));
    // A start that was under way all the time arrives at last.
    let (_sender, cancel) = watch::channel(false);
    let late = run::execute(world.step(&touch, run), cancel).await;
    assert!(matches!(late.end, StepEnd::NotRun(_)), "{late:?}");
    sleep(Duration::from_secs(1)).await;
    assert!(!trace.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_another_boot_nothing_is_believed() {
    let mut world = World::new().await;
    let quick = sh("exit 0");
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    assert_eq!(run::execute(world.step(&quick, run), cancel).await.end, StepEnd::Done(0));
    for boot in ["another-boot", "none"] {
        world.boot = BootId(boot.to_owned());
        let report = world.settle(&quick, run).await;
        assert!(matches!(&report.end, StepEnd::Unknown(why) if why.contains("boot")), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_connection_is_replaced() {
    let world = World::new().await;
    let trace = world.trace("trace");
    let slow = sh(&format!("echo x >> {}; sleep 4; exit 9", trace.display()));
    let (report, frozen) = tokio::join!(world.execute(&slow), async {
        sleep(Duration::from_secs(2)).await;
        world.sshd.freeze_sessions()
    });
    assert!(frozen > 0);
    assert_eq!(report.end, StepEnd::Done(9));
    assert_eq!(lines(&trace), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_gone_leaves_the_run_unknown() {
    let mut world = World::new().await;
    world.config.reconnect_for = Duration::from_secs(3);
    let slow = sh("sleep 2");
    let run = fresh_run_id().unwrap();
    let (_sender, cancel) = watch::channel(false);
    let World { sshd, config, host, digest, over, boot } = world;
    let step =
        Step { config: &config, over: &over, host: &host, digest, command: &slow, run, boot: Some(&boot) };
    let (report, ()) = tokio::join!(run::execute(step, cancel), async {
        sleep(Duration::from_secs(1)).await;
        drop(sshd);
    });
    assert!(matches!(&report.end, StepEnd::Unknown(why) if why.contains("lost")), "{report:?}");
}

/// How often a connection is killed in the middle of a run, at a random moment.
const KILLED_RUNS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections_never_lie_and_never_run_twice() {
    let world = World::new().await;
    let mut seen = [0; 3];
    let mut not_run = Vec::new();
    for round in 0..KILLED_RUNS {
        let trace = world.trace(&format!("trace{round}"));
        let code = i32::try_from(round).unwrap();
        let step = sh(&format!("echo x >> {}; sleep 0.3; echo done; exit {code}", trace.display()));
        // Half of the rounds lose the second connection as well.
        let pauses = [random_ms(700), random_ms(400)];
        let (report, ()) = tokio::join!(world.execute(&step), async {
            for pause in &pauses[..=round % 2] {
                sleep(*pause).await;
                world.sshd.kill_sessions();
            }
        });
        match report.end {
            StepEnd::Done(reported) => {
                assert_eq!((reported, lines(&trace)), (code, 1), "round {round}");
                seen[0] += 1;
            }
            StepEnd::NotRun(_) => {
                not_run.push(trace.clone());
                seen[1] += 1;
            }
            StepEnd::Unknown(why) => {
                eprintln!("round {round}: unknown: {why}");
                seen[2] += 1;
            }
            other => panic!("round {round}: {other:?}"),
        }
        assert!(lines(&trace) <= 1, "round {round} ran twice");
    }
    // What was late would have come by now.
    sleep(Duration::from_secs(2)).await;
    for trace in &not_run {
        assert!(!trace.exists(), "{} exists although it was reported as not run", trace.display());
    }
    for round in 0..KILLED_RUNS {
        assert!(lines(&world.trace(&format!("trace{round}"))) <= 1, "round {round} ran twice");
    }
    eprintln!("{} done, {} not run, {} unknown", seen[0], seen[1], seen[2]);
    assert!(seen[0] > 0, "no run came through");
}

fn random_ms(below: u64) -> Duration {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    Duration::from_millis(u64::from_le_bytes(bytes) % below)
}
