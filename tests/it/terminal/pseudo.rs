//! A pseudo-terminal with a demo in it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize};

use crate::{BINARY, KB, folder};

/// Longer than anything takes, also where many tests share few processors.
const PATIENCE: Duration = Duration::from_secs(120);

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const ENTER: &str = "\r";
pub const TAB: &str = "\t";
pub const UP: &str = "\x1b[A";

/// Requests of the demo: the first fails after a while, the second waits.
pub const STOP: &str = "/run esx-vm-stop vmx=/vmfs/volumes/storage1/db01/db01.vmx on lab-esx because x";
pub const START: &str = "/run kvm-vm-start domain=cache02 on lab-kvm because y";

/// What came out of the terminal so far.
struct Seen {
    screen: vt100::Parser,
    raw: Vec<u8>,
    /// Nothing is taken from it.
    paused: bool,
    ended: bool,
}

/// A terminal window in which a demo runs. Dropping it closes the window.
pub struct Window {
    child: Child,
    master: File,
    /// Kept open: what mode the terminal is left in is seen here.
    terminal: OwnedFd,
    found: Termios,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    folder: tempfile::TempDir,
}

/// What a window begins with.
pub struct Setting {
    pub rows: u16,
    pub columns: u16,
    pub term: &'static str,
    /// A copy of the articles that may be broken.
    pub own_kb: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self { rows: 40, columns: 100, term: "xterm-256color", own_kb: false }
    }
}

impl Window {
    /// A demo with its first prompt.
    pub fn demo() -> Self {
        Self::with(&Setting::default())
    }

    pub fn with(setting: &Setting) -> Self {
        let folder = tempfile::Builder::new().prefix("dogwatch-terminal-").tempdir().unwrap();
        // What is written beyond a limit is an error and not the end, so that a test can make it fail.
        let mut command = in_own_session("sh");
        command.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#, BINARY]);
        let kb = if setting.own_kb { copied(folder.path()) } else { PathBuf::from(KB) };
        command.arg("--kb").arg(kb).arg("demo");
        let window = Self::start(command, setting, folder);
        window.until("the first prompt", |text| text.ends_with("ana>"));
        window
    }

    /// A shell in which a demo was started, with its first prompt.
    pub fn shell() -> Self {
        let folder = tempfile::Builder::new().prefix("dogwatch-terminal-").tempdir().unwrap();
        let mut command = in_own_session("bash");
        command.args(["--norc", "--noprofile", "-i"]).env("PS1", "sh$ ");
        let mut window = Self::start(command, &Setting::default(), folder);
        window.until_last("sh$");
        window.keys(&format!("{BINARY} --kb {KB} demo\r"));
        window.until_last("ana>");
        window
    }

    fn start(mut command: Command, setting: &Setting, folder: tempfile::TempDir) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let terminal = open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        tcsetwinsize(&master, winsize(setting.rows, setting.columns)).unwrap();
        let found = tcgetattr(&terminal).unwrap();
        command.current_dir(folder.path()).env("TMPDIR", folder.path()).env("TERM", setting.term);
        command.env_remove("NO_COLOR").env_remove("DOGWATCH_LOG");
        let stream = || Stdio::from(terminal.try_clone().unwrap());
        let child = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        let seen = Arc::new((Mutex::new(Seen::new(setting)), Condvar::new()));
        let master = File::from(master);
        watch(master.try_clone().unwrap(), Arc::clone(&seen));
        Self { child, master, terminal, found, seen, folder }
    }

    /// Types keys.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.master.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Types a line, sends it, and waits for what it leads to.
    pub fn line(&mut self, line: &str, shown: &str) -> &mut Self {
        self.type_out(line).keys(ENTER);
        self.until_text(shown);
        self
    }

    /// Types a text and waits until it stands at the prompt.
    pub fn type_out(&mut self, text: &str) -> &mut Self {
        self.keys(text);
        let wanted = format!("> {}", text.trim_end());
        self.until(text, |screen| last_line(screen).ends_with(&wanted));
        self
    }

    /// Waits until a text is somewhere on the screen.
    pub fn until_text(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the last line is this one.
    pub fn until_last(&self, line: &str) -> String {
        self.until(line, |screen| last_line(screen) == line)
    }

    /// Waits until the screen is as wanted; its rows without the ends of white space.
    pub fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let (seen, changed) = &*self.seen;
        let deadline = Instant::now() + PATIENCE;
        let mut now = seen.lock().unwrap();
        loop {
            let text = now.text();
            if wanted(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!now.ended && !left.is_zero(), "not seen: {what}\non the screen:\n{text}");
            now = changed.wait_timeout(now, left).unwrap().0;
        }
    }

    /// Everything that was ever written.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap().raw).into_owned()
    }

    /// The row of the cursor up to the cursor.
    pub fn before_cursor(&self) -> String {
        let seen = self.seen.0.lock().unwrap();
        let (row, column) = seen.screen.screen().cursor_position();
        seen.screen.screen().contents_between(row, 0, row, column)
    }

    /// Gives the window another size.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        let mut seen = self.seen.0.lock().unwrap();
        seen.screen.set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        tcsetwinsize(&self.master, winsize(rows, columns)).unwrap();
    }

    /// Takes the articles away from the demo; the window must have its own.
    pub fn break_kb(&self) {
        fs::remove_dir_all(self.folder.path().join("kb")).unwrap();
    }

    /// Takes nothing more from the terminal until its end, and waits until it is full.
    pub fn stop_taking(&mut self, keys: &str) {
        self.seen.0.lock().unwrap().paused = true;
        self.keys(keys);
        let mut waiting = (0, rustix::io::ioctl_fionread(&self.master).unwrap());
        while waiting.1 == 0 || waiting.0 != waiting.1 {
            thread::sleep(Duration::from_millis(300));
            waiting = (waiting.1, rustix::io::ioctl_fionread(&self.master).unwrap());
        }
    }

    /// From here on no file takes a byte more.
    pub fn fill_files(&self) {
        let nothing = Rlimit { current: Some(0), maximum: Some(0) };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, nothing).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Whether keys are echoed and make lines, as in a shell.
    pub fn is_cooked(&self) -> bool {
        let cooked = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcgetattr(&self.terminal).unwrap().local_modes.contains(cooked)
    }

    /// Waits for the end: how it ended, and what stands on the screen. The terminal must be as it was.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.seen.0.lock().unwrap().text());
            thread::sleep(Duration::from_millis(20));
        };
        // Nobody can write to a terminal that is full.
        let full = std::mem::take(&mut self.seen.0.lock().unwrap().paused);
        self.seen.1.notify_all();
        let now = tcgetattr(&self.terminal).unwrap();
        let modes = |of: &Termios| (of.local_modes, of.input_modes, of.output_modes, of.control_modes);
        assert_eq!(modes(&now), modes(&self.found), "the terminal is left in another mode");
        // A mark behind all that was written: then everything has been seen.
        rustix::io::write(&self.terminal, b"\x1b]2;END\x07").unwrap();
        self.until_raw("\x1b]2;END\x07", 1);
        let seen = self.seen.0.lock().unwrap();
        assert!(full || !seen.screen.screen().bracketed_paste(), "pastes are still marked");
        let text = seen.text();
        drop(seen);
        (status, text)
    }

    /// Waits until something has been written so many times.
    pub fn until_raw(&self, text: &str, times: usize) {
        let (seen, changed) = &*self.seen;
        let deadline = Instant::now() + PATIENCE;
        let mut now = seen.lock().unwrap();
        while String::from_utf8_lossy(&now.raw).matches(text).count() < times {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "not written {times} times: {text:?}");
            now = changed.wait_timeout(now, left).unwrap().0;
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

impl Seen {
    fn new(setting: &Setting) -> Self {
        let size = |count: u16| count.try_into().unwrap();
        let screen = vt100::Parser::new(size(setting.rows), size(setting.columns), 0);
        Self { screen, raw: Vec::new(), paused: false, ended: false }
    }

    fn text(&self) -> String {
        let (_, columns) = self.screen.screen().size();
        let rows = self.screen.screen().rows(0, columns.get());
        let rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}

/// The last line that is not empty.
pub fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// A program whose terminal this becomes.
fn in_own_session(program: &str) -> Command {
    let mut command = Command::new("setsid");
    command.arg("--ctty").arg(program);
    command
}

fn copied(folder: &Path) -> PathBuf {
    let kb = folder.join("kb");
    folder::copy(Path::new(KB), &kb);
    kb
}

fn winsize(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn watch(mut master: File, seen: Arc<(Mutex<Seen>, Condvar)>) {
    thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = master.read(&mut bytes) {
            let Ok(now) = seen.0.lock() else { return };
            drop(seen.1.wait_while(now, |seen| seen.paused));
            let Ok(mut seen_now) = seen.0.lock() else { return };
            seen_now.screen.process(&bytes[..count]);
            seen_now.raw.extend_from_slice(&bytes[..count]);
            drop(seen_now);
            seen.1.notify_all();
        }
        let Ok(mut seen_now) = seen.0.lock() else { return };
        seen_now.ended = true;
        seen.1.notify_all();
    });
}
