//! A real OpenSSH server on loopback for tests: its own configuration, port, host key and folder.
//!
//! It knows nothing of dogwatch, so the unit tests of the remote side include it too (by `#[path]`).
//! Tests that run as root log in as [`TEST_USER`], which is created if missing; others log in as the
//! user they run as. `HOME` of a session is `folder/home`, so each server has its own .bashrc.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The login when tests run as root.
pub const TEST_USER: &str = "dogwatch-test";
/// How to get what these tests need.
const APT: &str = "apt-get install -y --no-install-recommends openssh-server openssh-client";
/// The shells of the system that hosts have as `/bin/sh`.
pub const SHELLS: [&str; 3] = ["dash", "bash", "busybox"];
/// Executes a program for which, and for all that it starts, `/bin/sh` is another one.
const WITH_SHELL: &str = "mount --bind \"$1\" \"$(readlink -f /bin/sh)\"; shift; exec \"$@\"";
/// Until the server accepts connections.
const START_MAX: Duration = Duration::from_secs(10);

/// A running server; dropping it ends it with all its sessions.
pub struct Sshd {
    /// On 127.0.0.1.
    pub port: u16,
    /// `SHA256:...` of its only host key.
    pub host_key: String,
    /// A private key that may log in.
    pub identity: PathBuf,
    /// Who logs in with it.
    pub user: String,
    /// Belongs to that user; `home` in it is the home folder of its sessions.
    pub folder: PathBuf,
    listener: Child,
    _temporary: tempfile::TempDir,
}

impl Sshd {
    /// Starts a server with an ed25519 host key.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a server with more lines in its configuration.
    pub fn start_with(more: &str) -> Self {
        Self::start_under(&[], more)
    }

    /// Starts a server whose `/bin/sh` is one of [`SHELLS`], as root.
    pub fn start_on(shell: &str) -> Self {
        let shell = format!("/usr/bin/{shell}");
        Self::start_under(&["unshare", "-m", "/bin/bash", "-c", WITH_SHELL, "bash", &shell], "")
    }

    /// The same as [`Sshd::start_with`], executed by another program, which becomes the server.
    pub fn start_under(launcher: &[&str], more: &str) -> Self {
        let server = Path::new("/usr/sbin/sshd");
        assert!(server.exists(), "these tests run a real SSH server: {APT}");
        let user = test_user();
        let temporary = tempfile::Builder::new().prefix("dogwatch-sshd-").tempdir().unwrap();
        let root = temporary.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        let host_key = generate_key(&root.join("host_key"));
        let identity = root.join("identity");
        generate_key(&identity);
        let folder = root.join("user");
        fs::create_dir_all(folder.join("home")).unwrap();
        fs::copy(root.join("identity.pub"), root.join("authorized_keys")).unwrap();
        own(&folder, &user);

        let mut last = String::new();
        // The port is free when we look and may be taken when the server binds it: try again.
        for _ in 0..5 {
            let port = free_port();
            let config = root.join("sshd_config");
            fs::write(&config, configuration(root, port, more)).unwrap();
            let log = fs::File::create(root.join("log")).unwrap();
            let words: Vec<_> = launcher.iter().map(Path::new).chain([server]).collect();
            let mut listener = Command::new(words[0])
                .args(&words[1..])
                .args(["-D", "-e", "-f"])
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .unwrap_or_else(|error| panic!("{}: {error}; {APT}", server.display()));
            if listens(&mut listener, port) {
                return Self { port, host_key, identity, user, folder, listener, _temporary: temporary };
            }
            let _ = listener.kill();
            let _ = listener.wait();
            last = fs::read_to_string(root.join("log")).unwrap_or_default();
        }
        panic!("sshd did not start: {last}");
    }

    /// The home folder of its sessions.
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.with_file_name("log")).unwrap_or_default()
    }

    /// Kills every session of this server, not what was started in it; says how many processes.
    pub fn kill_sessions(&self) -> usize {
        self.signal_sessions(Signal::KILL)
    }

    /// Freezes every session of this server: connections stay open and silent.
    pub fn freeze_sessions(&self) -> usize {
        self.signal_sessions(Signal::STOP)
    }

    fn signal_sessions(&self, signal: Signal) -> usize {
        let sessions = session_processes(self.listener.id());
        for pid in &sessions {
            if let Some(pid) = Pid::from_raw(*pid) {
                let _ = kill_process(pid, signal);
            }
        }
        sessions.len()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill_sessions();
        let _ = self.listener.kill();
        let _ = self.listener.wait();
        self.kill_sessions();
    }
}

fn configuration(root: &Path, port: u16, more: &str) -> String {
    let root = root.display();
    // The first value of an option counts, so `more` comes first.
    format!(
        "{more}\n\
         Port {port}\n\
         ListenAddress 127.0.0.1\n\
         HostKey {root}/host_key\n\
         PidFile {root}/pid\n\
         AuthorizedKeysFile {root}/authorized_keys\n\
         AuthenticationMethods publickey\n\
         StrictModes no\n\
         UsePAM no\n\
         PrintMotd no\n\
         MaxStartups 100\n\
         SetEnv HOME={root}/user/home\n\
         LogLevel VERBOSE\n"
    )
}

/// Writes an ed25519 key and returns its fingerprint.
pub fn generate_key(path: &Path) -> String {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "dogwatch test", "-f"])
        .arg(path)
        .status()
        .unwrap_or_else(|error| panic!("ssh-keygen: {error}; {APT}"));
    assert!(made.success(), "ssh-keygen failed");
    fingerprint(path)
}

/// The fingerprint of a key file as OpenSSH prints it.
pub fn fingerprint(path: &Path) -> String {
    let printed = Command::new("ssh-keygen").arg("-lf").arg(path).output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    text.split_whitespace().nth(1).unwrap().to_owned()
}

fn test_user() -> String {
    if !rustix::process::geteuid().is_root() {
        let name = Command::new("id").arg("-un").output().unwrap().stdout;
        return String::from_utf8(name).unwrap().trim().to_owned();
    }
    fs::create_dir_all("/run/sshd").unwrap();
    // Two test processes may race here: what counts is that the user exists afterwards. A password
    // of `*` never matches; `!` would be a locked account, which sshd refuses.
    if !user_exists(TEST_USER) {
        let _ = Command::new("useradd")
            .args(["--no-create-home", "--home-dir", "/", "--shell", "/bin/bash"])
            .args(["--password", "*", TEST_USER])
            .stderr(Stdio::null())
            .status();
    }
    let deadline = Instant::now() + START_MAX;
    while !user_exists(TEST_USER) {
        assert!(Instant::now() < deadline, "useradd could not create {TEST_USER}");
        sleep(Duration::from_millis(50));
    }
    TEST_USER.to_owned()
}

fn user_exists(name: &str) -> bool {
    Command::new("id").arg(name).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

/// Gives a folder and what is in it to the user, if we are allowed to.
pub fn own(path: &Path, user: &str) {
    if rustix::process::geteuid().is_root() {
        let done = Command::new("chown").arg("-R").arg(user).arg(path).status().unwrap();
        assert!(done.success(), "chown failed");
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn listens(listener: &mut Child, port: u16) -> bool {
    let deadline = Instant::now() + START_MAX;
    while Instant::now() < deadline {
        if listener.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    false
}

/// The sshd processes below `listener`, itself excluded.
fn session_processes(listener: u32) -> Vec<i32> {
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((before, after)) = stat.rsplit_once(") ") else { continue };
        let Some((_, name)) = before.split_once('(') else { continue };
        let Some(parent) = after.split(' ').nth(1).and_then(|word| word.parse::<i32>().ok()) else {
            continue;
        };
        if name.starts_with("sshd") {
            processes.push((pid, parent));
        }
    }
    let mut found = vec![i32::try_from(listener).unwrap()];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(processes.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}
