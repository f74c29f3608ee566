//! One life of the bot: a script, how it is killed if it is, what it said.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::place::Place;
use super::wait_for;
use crate::BINARY;

/// A bot before it starts.
#[must_use]
pub struct Bot<'a> {
    place: &'a Place,
    script: String,
    kill: Option<Kill>,
    own_lab: Option<PathBuf>,
    clock: Option<PathBuf>,
}

/// A kill at a system call.
#[derive(Clone)]
struct Kill {
    call: String,
    nth: u32,
    /// After the call, counted over all threads; else before it, counted for each thread.
    after: bool,
}

/// What a life of the bot has left.
pub struct Said {
    /// Standard output: every answer.
    pub out: String,
    /// Standard error.
    pub err: String,
    pub status: ExitStatus,
    /// How often the call that kills was made, the one that killed included.
    pub calls: u32,
}

impl<'a> Bot<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        Self { place, script: String::new(), kill: None, own_lab: None, clock: None }
    }

    /// Somebody types a line.
    pub fn line(mut self, line: &str) -> Self {
        self.script.push_str(line);
        self.script.push('\n');
        self
    }

    /// From here on somebody else types.
    pub fn by(self, name: &str) -> Self {
        self.line(&format!("/as {name}"))
    }

    /// Several lines.
    pub fn lines(self, lines: &str) -> Self {
        lines.lines().fold(self, |bot, line| bot.line(line.trim()))
    }

    /// Kills the bot as one of its threads enters a system call for the `nth` time.
    pub fn killed_before(mut self, call: &str, nth: u32) -> Self {
        self.kill = Some(Kill { call: call.to_owned(), nth, after: false });
        self
    }

    /// Kills the bot when it has made a system call for the `nth` time, before it does anything else.
    pub fn killed_after(mut self, call: &str, nth: u32) -> Self {
        self.kill = Some(Kill { call: call.to_owned(), nth, after: true });
        self
    }

    /// Lets it bring its own lab and state, in this folder for temporary files.
    pub fn with_own_lab(mut self, temporary: PathBuf) -> Self {
        self.own_lab = Some(temporary);
        self
    }

    /// Gives it the wall clock that a file says, which may change while it runs.
    pub fn with_clock(mut self, file: &Path) -> Self {
        self.clock = Some(file.to_owned());
        self
    }

    /// Runs the script to its end or to the kill.
    pub fn run(self) -> Said {
        self.start().end()
    }

    /// Starts it with the script as standard input.
    pub fn start(self) -> Running {
        let script = self.place.path(&format!("script-{}", number()));
        fs::write(&script, &self.script).unwrap();
        self.spawn(File::open(script).unwrap().into())
    }

    /// Starts it with the script typed already and more lines to follow.
    pub fn start_open(self) -> Running {
        let script = self.script.clone();
        let mut running = self.spawn(Stdio::piped());
        running.child.stdin.as_mut().unwrap().write_all(script.as_bytes()).unwrap();
        running
    }

    fn spawn(self, input: Stdio) -> Running {
        let number = number();
        let file = |name: &str| self.place.path(&format!("{name}-{number}"));
        let (out, err, trace) = (file("out"), file("err"), file("trace"));
        let mut command = match &self.kill {
            None => Command::new(BINARY),
            Some(Kill { call, nth, after }) => {
                assert_strace();
                // strace counts for each thread. Stopped at every call, it is counted and killed here.
                let what =
                    if *after { "signal=SIGSTOP".to_owned() } else { format!("signal=SIGKILL:when={nth}") };
                let mut strace = Command::new("strace");
                strace.args(["-f", "-qq", "-e", "signal=SIGSTOP", "-o"]).arg(&trace);
                strace.arg(format!("-etrace={call}")).arg(format!("-einject={call}:{what}"));
                if call == "write" {
                    // Only what it says counts.
                    strace.arg("-P").arg(&out);
                }
                strace.arg(BINARY);
                strace
            }
        };
        if let Some(file) = &self.clock {
            command = with_clock(command, file);
        }
        command.arg("demo");
        if let Some(temporary) = &self.own_lab {
            command.env("TMPDIR", temporary);
        } else {
            // A demo that is killed can't remove its temporary folder: it goes with the place.
            command.env("TMPDIR", self.place.path(""));
            command.arg("--lab").arg(self.place.lab()).arg("--state").arg(self.place.state());
        }
        command.arg("--kb").arg(self.place.kb()).arg("--index").arg(self.place.index());
        command.stdin(input).stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        Running { child: command.spawn().unwrap(), out, err, trace, kill: self.kill }
    }
}

/// A bot that runs.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
    trace: PathBuf,
    kill: Option<Kill>,
}

impl Running {
    /// What it has said so far.
    pub fn so_far(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap()).into_owned()
    }

    /// Waits until it says `text`.
    pub fn until(&mut self, text: &str) {
        wait_for(text, || {
            let ended = self.child.try_wait().unwrap();
            let said = self.so_far();
            assert!(ended.is_none() || said.contains(text), "ended without {text:?}: {said}");
            said.contains(text)
        });
    }

    /// Waits until it says `text` or has ended.
    pub fn until_or_end(&mut self, text: &str) {
        wait_for(text, || self.child.try_wait().unwrap().is_some() || self.so_far().contains(text));
    }

    /// Waits for it, at most so long; true if it has ended.
    pub fn ends_within(&mut self, limit: Duration) -> bool {
        let begin = std::time::Instant::now();
        while begin.elapsed() < limit {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        self.child.try_wait().unwrap().is_some()
    }

    /// Types one more line.
    pub fn line(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, now.
    pub fn kill(mut self) -> Said {
        self.child.kill().unwrap();
        self.end()
    }

    fn trace(&self) -> String {
        fs::read_to_string(&self.trace).unwrap_or_default()
    }

    /// Where it is stopped at each call: kills it at the one that is meant, else lets it go on.
    /// Returns how many calls it has made. (One SIGCONT for each: it would take back a later SIGSTOP
    /// that has not been delivered yet.)
    fn go_on(&self, handled: u32) -> u32 {
        let Some(Kill { nth, after: true, .. }) = self.kill else { return handled };
        let trace = self.trace();
        let stops: Vec<_> = trace.lines().filter(|line| line.contains("--- SIGSTOP {")).collect();
        let calls = u32::try_from(stops.len()).unwrap();
        if calls > handled
            && let Some(bot) = stops.last().and_then(|line| process_of(line.split(' ').next()?))
        {
            let signal = if calls >= nth { Signal::KILL } else { Signal::CONT };
            let _ = kill_process(bot, signal);
        }
        calls
    }

    /// Waits for its end.
    pub fn end(mut self) -> Said {
        drop(self.child.stdin.take());
        let mut handled = 0;
        wait_for("the end of the bot", || {
            handled = self.go_on(handled);
            self.child.try_wait().unwrap().is_some()
        });
        let trace = self.trace();
        let call = self.kill.as_ref().map(|kill| format!(" {}(", kill.call));
        let is_call = |line: &&str| call.as_ref().is_some_and(|call| line.contains(call.as_str()));
        Said {
            out: self.so_far(),
            err: fs::read_to_string(&self.err).unwrap(),
            status: self.child.wait().unwrap(),
            calls: u32::try_from(trace.lines().filter(is_call).count()).unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    pub fn was_killed(&self) -> bool {
        // strace ends with an error of its own if the bot is gone before it was told to stay stopped.
        self.status.signal() == Some(9) || self.err.contains("strace: ptrace(PTRACE_LISTEN")
    }

    /// Fails unless it came to its end by itself and said all of this.
    pub fn with(self, texts: &[&str]) -> Self {
        assert!(self.status.success(), "{:?}: {}{}", self.status, self.out, self.err);
        for text in texts {
            assert!(self.out.contains(text), "no {text:?} in: {}{}", self.out, self.err);
        }
        self
    }
}

/// The process to which a thread belongs.
fn process_of(thread: &str) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let tgid = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    Pid::from_raw(tgid.trim().parse().ok()?)
}

/// A command with the wall clock that a file says; the time that passes is the real one.
pub fn with_clock(mut command: Command, file: &Path) -> Command {
    let folders = ["/usr/lib", "/usr/lib64"].iter().flat_map(fs::read_dir).flatten().flatten();
    let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    let library = libraries.find(|library| library.exists());
    assert!(library.is_some(), "this test needs libfaketime: apt-get install -y faketime");
    command.env("LD_PRELOAD", library.unwrap()).env("FAKETIME_TIMESTAMP_FILE", file);
    command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

/// Fails where strace is missing.
pub fn assert_strace() {
    let found = Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok_and(|status| status.success()), "this test needs strace: apt-get install -y strace");
}

fn number() -> u32 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}
