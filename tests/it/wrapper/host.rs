//! A host of our own: one shell, one private folder, and the bytes that the bot would send.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The script under test.
pub const WRAPPER: &str = include_str!("../../../src/remote/wrapper.sh");

/// What the lines of answers carry unless a test says otherwise.
pub const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Long enough for any busy machine; nothing is ever asserted to be faster.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the wrapper may use: the list is the claim that nothing else is needed on a host.
pub const TOOLS: [&str; 23] = [
    "sh", "ls", "id", "mkdir", "rmdir", "mv", "rm", "ln", "dd", "od", "cat", "wc", "head", "tail", "sed",
    "sort", "grep", "df", "find", "mkfifo", "tee", "sleep", "setsid",
];

/// The bot's clock unless a test says otherwise, in seconds.
pub const NOW: u64 = 1_800_000_000;

/// One machine with one shell.
pub struct Host {
    shell: PathBuf,
    /// Holds everything of this host.
    pub folder: TempDir,
    /// `WR_TOOLS`
    pub tools: String,
    /// `WR_BASE`
    pub base: PathBuf,
    /// `WR_DIGEST`
    pub digest: String,
    /// `WR_NONCE`
    pub nonce: String,
    /// `WR_BOOT`
    pub noted_boot: String,
    /// `WR_NOW`
    pub now: u64,
    /// `WR_CLAIM`
    pub claims: bool,
    /// `WR_EARLIER`
    pub earlier: String,
}

/// What `start` is to begin.
#[derive(Clone)]
pub struct Step {
    pub argv: Vec<Vec<u8>>,
    pub stdin: Option<Vec<u8>>,
    pub path: String,
    pub timeout_s: u32,
    pub head: usize,
    pub tail: usize,
}

impl Step {
    pub fn new<T: AsRef<[u8]>>(argv: &[T]) -> Self {
        let argv = argv.iter().map(|word| word.as_ref().to_vec()).collect();
        let path = "/usr/bin:/bin".to_owned();
        Self { argv, stdin: None, path, timeout_s: 50, head: 1 << 20, tail: 1 << 20 }
    }

    /// A line for the system's shell; tests only, a plan has no such thing.
    pub fn line(line: &str) -> Self {
        Self::new(&["sh", "-c", line])
    }

    fn assignments(&self) -> Vec<u8> {
        let mut text = assignment("WR_STDIN", self.stdin.as_deref().unwrap_or_default());
        let numbers = [
            ("WR_HAS_STDIN", usize::from(self.stdin.is_some())),
            ("WR_TIMEOUT_S", self.timeout_s as usize),
            ("WR_HEAD", self.head),
            ("WR_TAIL", self.tail),
            ("WR_ARGC", self.argv.len()),
        ];
        for (name, number) in numbers {
            text.extend(assignment(name, number.to_string().as_bytes()));
        }
        for (index, word) in self.argv.iter().enumerate() {
            text.extend(assignment(&format!("WR_ARG{}", index + 1), word));
        }
        text
    }
}

/// The same quoting as the bot's.
fn assignment(name: &str, value: &[u8]) -> Vec<u8> {
    let mut text = format!("{name}='").into_bytes();
    for byte in value {
        if *byte == b'\'' {
            text.extend(br"'\''");
        } else {
            text.push(*byte);
        }
    }
    text.extend(b"'\n");
    text
}

/// What `out` printed.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    pub head: Vec<u8>,
    pub dropped: String,
    pub tail: Vec<u8>,
    /// Standard error, of which nothing may be dropped.
    pub errors: String,
    /// `open`, `closed` or `cut`
    pub end: String,
    /// `disk` or `memory`
    pub place: String,
}

impl Kept {
    /// All of it, when nothing was dropped.
    pub fn text(&self) -> String {
        assert_eq!(self.dropped, "0");
        String::from_utf8_lossy(&[&self.head[..], &self.tail[..]].concat()).into_owned()
    }
}

/// A fresh run id.
pub fn fresh() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{:032x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Host {
    /// A host whose `sh` is `shell`, everywhere: for the login and for the supervisor.
    pub fn new(shell: &str) -> Self {
        let found = std::env::split_paths("/usr/local/bin:/usr/bin:/bin").map(|place| place.join(shell));
        let shell = found
            .into_iter()
            .find(|path| path.exists())
            .unwrap_or_else(|| panic!("{shell} is missing: apt-get install -y dash bash busybox shellcheck"));
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tools")).unwrap();
        symlink(&shell, folder.path().join("tools/sh")).unwrap();
        fs::write(folder.path().join("boot_id"), "boot-1\n").unwrap();
        let tools = format!("{}/tools:/usr/bin:/bin", folder.path().display());
        let base = folder.path().join("base");
        Self {
            shell,
            folder,
            tools,
            base,
            digest: DIGEST.to_owned(),
            nonce: fresh(),
            noted_boot: "boot-1".to_owned(),
            now: NOW,
            claims: true,
            earlier: String::new(),
        }
    }

    /// Leaves the wrapper nothing but these tools of the machine, or of busybox.
    pub fn only(mut self, tools: &[&str], from_busybox: bool) -> Self {
        let folder = self.folder.path().join("tools");
        for tool in tools.iter().filter(|tool| **tool != "sh") {
            let real = if from_busybox { Path::new("/bin").join("busybox") } else { which(tool) };
            symlink(real, folder.join(tool)).unwrap();
        }
        self.tools = folder.display().to_string();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run_folder(&self, run: &str) -> PathBuf {
        self.base.join(&self.nonce).join(run)
    }

    /// Has the ground made, and says what the answer is.
    pub fn make_ground(&self) -> String {
        let run = fresh();
        let mut output = self.send(&[&run, "ground"], self.bytes(None));
        let stdout = String::from_utf8(output.stdout).unwrap();
        if let Some(rest) = stdout.strip_prefix(&format!("folder {}\n", self.base.display())) {
            output.stdout = rest.as_bytes().to_vec();
            let answer = self.answer(&run, &output);
            assert!(answer.starts_with("ground "), "{answer}");
            return answer;
        }
        output.stdout = stdout.into_bytes();
        self.answer(&run, &output)
    }

    /// Makes the ground where that is not done yet.
    fn prepare(&self) {
        if !self.base.join(&self.nonce).exists() && self.base.starts_with(self.folder.path()) {
            self.make_ground();
        }
    }

    /// The bytes on standard input for one verb.
    pub fn bytes(&self, step: Option<&Step>) -> Vec<u8> {
        let path = step.map_or("/usr/bin:/bin", |step| &step.path);
        let mut text = Vec::new();
        for (name, value) in [
            ("WR_DIGEST", self.digest.as_bytes()),
            ("WR_BASE", self.base.as_os_str().as_bytes()),
            ("WR_PATH", path.as_bytes()),
            ("WR_NONCE", self.nonce.as_bytes()),
            ("WR_BOOT", self.noted_boot.as_bytes()),
            ("WR_NOW", self.now.to_string().as_bytes()),
            ("WR_EARLIER", self.earlier.as_bytes()),
            ("WR_CLAIM", if self.claims { b"1" } else { b"0" }),
            ("WR_BOOT_FILE", self.path("boot_id").as_os_str().as_bytes()),
            ("WR_TOOLS", self.tools.as_bytes()),
        ] {
            text.extend(assignment(name, value));
        }
        text.extend(step.map(Step::assignments).unwrap_or_default());
        text.extend(WRAPPER.as_bytes());
        text.extend(b"wr_main \"$@\"\n");
        text
    }

    /// What an SSH server would execute: `sh -s -- ARGUMENTS`, in a process group of its own.
    pub fn login(&self, arguments: &[&str]) -> Command {
        // A server begins with signals as they should be, whatever this test was started with.
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP", "bash", "-c", "exec -a sh \"$0\" \"$@\""]).arg(&self.shell);
        command.args(["-s", "--"]).args(arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Sends bytes and reads until the channel would be closed.
    pub fn send(&self, arguments: &[&str], bytes: Vec<u8>) -> Output {
        send(self.login(arguments), bytes)
    }

    /// One verb's answer as `STATE DETAIL`.
    pub fn ask(&self, run: &str, verb: &str) -> String {
        self.answer(run, &self.send(&[run, verb], self.bytes(None)))
    }

    pub fn start(&self, run: &str, step: &Step) -> String {
        self.prepare();
        self.start_there(run, step)
    }

    /// The same without making the ground.
    pub fn start_there(&self, run: &str, step: &Step) -> String {
        self.answer(run, &self.send(&[run, "start"], self.bytes(Some(step))))
    }

    /// Starts a step and waits for its end.
    pub fn finish(&self, step: &Step) -> (String, String) {
        let run = fresh();
        assert_eq!(self.start(&run, step), "accepted -");
        let end = self.end(&run);
        (run, end)
    }

    /// What is printed by a step that exits with 0.
    pub fn output(&self, step: &Step) -> Kept {
        let (run, end) = self.finish(step);
        let kept = self.out(&run);
        assert_eq!(end, "done 0", "{}", String::from_utf8_lossy(&kept.head));
        kept
    }

    pub fn end(&self, run: &str) -> String {
        let began = Instant::now();
        loop {
            let answer = self.answer(run, &self.send(&[run, "wait", "20"], self.bytes(None)));
            if !answer.starts_with("running") && !answer.starts_with("notstarted") {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{answer}");
        }
    }

    pub fn out(&self, run: &str) -> Kept {
        let output = self.send(&[run, "out"], self.bytes(None));
        let end = output.stdout.iter().position(|byte| *byte == b'\n').unwrap();
        let (line, rest) = output.stdout.split_at(end + 1);
        let line = Output { stdout: line.to_vec(), ..output.clone() };
        let answer = self.answer(run, &line);
        let fields: Vec<&str> =
            answer.strip_prefix("out ").unwrap_or_else(|| panic!("{answer}")).split(',').collect();
        let [head, dropped, tail, errors, "0", "0", end, place] = fields[..] else { panic!("{answer}") };
        let [head, tail, errors]: [usize; 3] = [head, tail, errors].map(|size| size.parse().unwrap());
        assert_eq!(rest.len(), head + tail + errors, "{answer}");
        Kept {
            head: rest[..head].to_vec(),
            dropped: dropped.to_owned(),
            tail: rest[head..head + tail].to_vec(),
            errors: String::from_utf8(rest[head + tail..].to_vec()).unwrap(),
            end: end.to_owned(),
            place: place.to_owned(),
        }
    }

    /// Checks that there is exactly one line, of this run and plan, and nothing else but what is left.
    pub fn answer(&self, run: &str, output: &Output) -> String {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let is_left = |line: &&str| line.starts_with("left ");
        let stdout: String = stdout.split_inclusive('\n').skip_while(is_left).collect();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr, "", "{stdout}");
        assert!(output.status.success(), "{stdout}");
        let line = stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {stdout:?}"));
        let rest = line.strip_prefix(&format!("WR1 {run} {} ", self.digest));
        let rest = rest.unwrap_or_else(|| panic!("not for {run}: {line}"));
        let fields: Vec<&str> = rest.split(' ').collect();
        let [state, detail, _boot] = fields[..] else { panic!("{line}") };
        format!("{state} {detail}")
    }

    /// The rest of the one name in the run folder that begins with `kind-`.
    pub fn fact(&self, run: &str, kind: &str) -> String {
        let folder = self.run_folder(run);
        until(|| {
            let mut names =
                fs::read_dir(&folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            names.find_map(|name| Some(name.strip_prefix(kind)?.strip_prefix('-')?.to_owned()))
        })
    }

    /// Makes one of the wrapper's tools take its time.
    pub fn slow_down(&self, tool: &str) {
        let body = format!("sleep 1\nexec {} \"$@\"", which(tool).display());
        program(&self.path("tools").join(tool), &body);
    }
}

/// Makes a folder that only its owner can enter.
pub fn private_folder(path: &Path) {
    fs::DirBuilder::new().mode(0o700).create(path).unwrap();
}

/// Writes an executable shell script.
pub fn program(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Feeds a process and collects what it says.
pub fn send(mut command: Command, bytes: Vec<u8>) -> Output {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // A shell that has stopped reading is no fault of the test.
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Waits for something to be there.
pub fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "it never came");
        sleep(Duration::from_millis(50));
    }
}

/// Waits for a file with a whole line and gives the line.
pub fn line_of(path: &Path) -> String {
    until(|| fs::read_to_string(path).ok()?.strip_suffix('\n').map(str::to_owned))
}

/// Whether a process is there and no zombie.
pub fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// Sends a signal; `target` is a process or `-GROUP`.
pub fn kill(signal: &str, target: &str) {
    let line = format!("kill -{signal} {target} 2>/dev/null || :");
    assert!(Command::new("bash").args(["-c", &line]).status().unwrap().success());
}

/// Where the machine has a program.
pub fn which(program: &str) -> PathBuf {
    ["/usr/bin", "/bin"]
        .into_iter()
        .map(|place| Path::new(place).join(program))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{program} is missing: apt-get install -y coreutils util-linux perl-base"))
}

/// `1\n2\n...` as `seq` prints it.
pub fn counted(last: u32) -> Vec<u8> {
    let mut text = String::new();
    for number in 1..=last {
        let _ = writeln!(text, "{number}");
    }
    text.into_bytes()
}
