//! The servers, seen from OpenSSH's client: another implementation of the protocol.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::world::World;

const RUN: &str = "0123456789abcdef0123456789abcdef";

struct Client<'a> {
    world: &'a World,
    identity: PathBuf,
    user: &'a str,
    options: Vec<String>,
}

impl<'a> Client<'a> {
    fn new(world: &'a World) -> Self {
        let identity = world.lab.identity().to_owned();
        Self { world, identity, user: "root", options: Vec::new() }
    }

    fn option(mut self, words: &[&str]) -> Self {
        self.options.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    fn command(&self, words: &[&str]) -> Command {
        let host = &self.world.lab.hosts()[0];
        let known = self.world.temporary.path().join("known_hosts");
        let key = self.world.lab.folder("lab-esx").join("host_key");
        let public = Command::new("ssh-keygen").arg("-y").arg("-f").arg(key).output().unwrap();
        let public = String::from_utf8(public.stdout).unwrap();
        fs::write(&known, format!("[127.0.0.1]:{} {public}", host.port)).unwrap();
        let mut command = Command::new("ssh");
        command.args([
            "-F",
            "none",
            "-T",
            "-o",
            "BatchMode=yes",
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "IdentityAgent=none",
        ]);
        command.args([
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            &format!("UserKnownHostsFile={}", known.display()),
        ]);
        command.args(["-o", "ConnectTimeout=10", "-p", &host.port.to_string()]);
        command.arg("-i").arg(&self.identity).args(&self.options);
        command.arg(format!("{}@127.0.0.1", self.user)).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, words: &[&str], stdin: &[u8]) -> Output {
        let mut child = self.command(words).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let bytes = stdin.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = pipe.write_all(&bytes);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_runs_under_sh_in_the_hosts_folder() {
    let world = World::start().await;
    let script = b"echo \"$1 $2 $#\"; pwd; /usr/bin/env | sort; echo to-stderr >&2; exit 7\n";
    let output = Client::new(&world).run(&[&format!("sh -s -- {RUN} boot")], script);
    let folder = world.lab.folder("lab-esx").display().to_string();
    let mut lines = text(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>();
    // The shell itself sets these.
    lines.retain(|line| {
        !line.starts_with("_=") && !line.starts_with("OLDPWD=") && !line.starts_with("SHLVL=")
    });
    let expected = [
        format!("{RUN} boot 2"),
        format!("{folder}/root"),
        format!("DOGWATCH_LAB={folder}"),
        format!("HOME={folder}"),
        "LC_ALL=C".to_owned(),
        "PATH=/usr/bin:/bin".to_owned(),
        format!("PWD={folder}/root"),
    ];
    assert_eq!(lines, expected);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(7), "to-stderr\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_reaches_the_doubles_through_the_hosts_path() {
    let world = World::start().await;
    let script = b"PATH=$HOME/bin; export PATH; exec vmware-cmd -l\n";
    let output = Client::new(&world).run(&[&format!("sh -s -- {RUN} start 3")], script);
    assert_eq!(text(&output.stdout).lines().count(), 5, "{output:?}");
    assert_eq!(world.lab.plays("lab-esx").unwrap().len(), 1);
    // Nothing but doubles is in that PATH, and a builtin's name is a double too.
    let script = b"PATH=$HOME/bin; export PATH; exec kill -9 $PPID\n";
    let output = Client::new(&world).run(&[&format!("sh -s -- {RUN} start")], script);
    assert!(text(&output.stderr).ends_with(": No such process\n"), "{output:?}");
    let script = b"PATH=$HOME/bin; export PATH; exec touch /tmp/x\n";
    assert_eq!(Client::new(&world).run(&[&format!("sh -s -- {RUN} start")], script).status.code(), Some(127));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_labs_key_logs_in() {
    let world = World::start().await;
    let command = format!("sh -s -- {RUN} boot");
    let other = world.temporary.path().join("other");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&other)
        .status()
        .unwrap();
    assert!(made.success());
    let stranger = Client { identity: other, ..Client::new(&world) };
    let output = stranger.run(&[&command], b"echo in\n");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(255), ""));
    assert!(text(&output.stderr).contains("Permission denied (publickey)"), "{output:?}");
    let nobody = Client { user: "nobody", ..Client::new(&world) };
    let output = nobody.run(&[&command], b"echo in\n");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(255), ""));
    let listed = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(world.lab.folder("lab-esx").join("host_key"))
        .output()
        .unwrap();
    let fingerprint = text(&listed.stdout).split(' ').nth(1).unwrap().to_owned();
    assert_eq!(world.lab.hosts()[0].host_key.as_deref(), Some(fingerprint.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_command_is_refused() {
    let world = World::start().await;
    let upper = RUN.to_uppercase();
    let refused = [
        "id".to_owned(),
        "sh".to_owned(),
        "sh -s".to_owned(),
        format!("sh -s -- {RUN}"),
        format!("sh -s -- {RUN} "),
        format!("sh -s -- {upper} boot"),
        format!("sh -s -- {RUN}0 boot"),
        format!("sh -s -- {RUN} boot;id"),
        format!("sh -s -- {RUN} boot $(id)"),
        format!("sh -s -- {RUN} boot 1 2"),
        format!("sh -s -- {RUN} boot -1"),
        format!("sh -s --  {RUN} boot"),
        format!("sh -s -- {RUN} boot\nid"),
        format!("sh -c -- {RUN} boot"),
        format!("sudo -n -- sh -s -- {RUN} boot"),
    ];
    for command in refused {
        let output = Client::new(&world).run(&[&command], b"echo ran\n");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(255), ""), "{command}");
    }
    let shell = Client::new(&world).run(&[], b"echo ran\n");
    assert_eq!((shell.status.success(), text(&shell.stdout).as_str()), (false, ""));
    let subsystem = Client::new(&world).option(&["-s"]).run(&["sftp"], b"");
    assert!(!subsystem.status.success());
    let port = world.lab.hosts()[1].port.to_string();
    let forward = Client::new(&world).option(&["-W", &format!("127.0.0.1:{port}")]).run(&[], b"");
    assert!(!forward.status.success() && forward.stdout.is_empty(), "{forward:?}");
    let remote = ["-N", "-o", "ExitOnForwardFailure=yes", "-R", "127.0.0.1:0:127.0.0.1:22"];
    assert!(!Client::new(&world).option(&remote).run(&[], b"").status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn much_input_and_output_pass_whole() {
    let world = World::start().await;
    let mut script = b"head -c 2000000 /dev/zero | tr '\\0' x; cat >/dev/null <<'END'\n".to_vec();
    script.extend(std::iter::repeat_n(b"0123456789abcde\n".as_slice(), 100_000).flatten());
    script.extend(b"END\necho done\n");
    let output = Client::new(&world).run(&[&format!("sh -s -- {RUN} start")], &script);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout.len(), 2_000_005);
    assert!(output.stdout.ends_with(b"xdone\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_left_behind_does_not_hold_the_session() {
    let world = World::start().await;
    let begun = Instant::now();
    let output =
        Client::new(&world).run(&[&format!("sh -s -- {RUN} start")], b"sleep 20 & echo begun; exit 3\n");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(3), "begun\n"));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_outlives_its_connection() {
    let world = World::start().await;
    let mut child = Client::new(&world).command(&[&format!("sh -s -- {RUN} start")]).spawn().unwrap();
    let mark = world.real("lab-esx", "/tmp/mark");
    let script =
        format!("echo begun; (sleep 2; echo over > {}) >/dev/null 2>&1 </dev/null & wait\n", mark.display());
    child.stdin.as_mut().unwrap().write_all(script.as_bytes()).unwrap();
    let mut begun = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let since = Instant::now();
    while fs::read_to_string(&mark).unwrap_or_default() != "over\n" {
        assert!(since.elapsed() < Duration::from_secs(15));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_listen_on_loopback_only_and_end_with_the_lab() {
    let world = World::start().await;
    let ports: Vec<u16> = world.lab.hosts().iter().map(|host| host.port).collect();
    let sockets = || {
        fs::read_to_string("/proc/net/tcp").unwrap()
            + &fs::read_to_string("/proc/net/tcp6").unwrap_or_default()
    };
    let open = sockets();
    let mut inodes = Vec::new();
    for port in &ports {
        let suffix = format!(":{port:04X}");
        let listening = |line: &&str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.len() > 3 && words[1].ends_with(&suffix) && words[3] == "0A"
        };
        let lines: Vec<&str> = open.lines().filter(listening).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("0100007F:"), "{lines:?}");
        inodes.push(inode(lines[0]).unwrap());
    }
    // One client that never says a word, and one in the middle of a run.
    let mut silent = TcpStream::connect(("127.0.0.1", ports[0])).unwrap();
    let mut busy = Client::new(&world).command(&[&format!("sh -s -- {RUN} start")]).spawn().unwrap();
    busy.stdin.as_mut().unwrap().write_all(b"echo begun; sleep 5\n").unwrap();
    let mut begun = [0; 6];
    busy.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    let World { lab, temporary } = world;
    let since = Instant::now();
    lab.stop().await;
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    let mut rest = Vec::new();
    silent.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let _ = silent.read_to_end(&mut rest);
    assert_eq!(busy.wait().unwrap().code(), Some(255));
    // By their inodes: another test's lab may have been given a port again.
    let still_open = sockets();
    let left: Vec<_> =
        still_open.lines().filter(|line| inodes.contains(&inode(line).unwrap_or(""))).collect();
    assert!(left.is_empty(), "{left:?}");
    drop(temporary);
}

/// The inode of a socket, which no other has.
fn inode(line: &str) -> Option<&str> {
    line.split_whitespace().nth(9)
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_lab_closes_its_ports() {
    let World { lab, temporary } = World::start().await;
    let port = lab.hosts()[0].port;
    drop(lab);
    let since = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(since.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(temporary);
}
