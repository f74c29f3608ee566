//! Nothing outside a host's folder is changed or revealed, whatever a tool is pointed at.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command};
use std::time::SystemTime;

use super::world::World;

const SECRET: &str = "canary-content-7f3a";
const ETC_CANARY: &str = "/etc/dogwatch-lab-canary";
const HIDDEN: &str = "canary-name-91bc";

/// A folder beside the lab that nobody may read, change or list, with links to it from inside.
fn trap(world: &World, host: &str) -> String {
    let outside = world.temporary.path().join("outside");
    fs::create_dir_all(outside.join("folder")).unwrap();
    fs::write(outside.join("file"), SECRET).unwrap();
    fs::write(outside.join("folder").join(HIDDEN), SECRET).unwrap();
    fs::write(outside.join("image.iso"), SECRET).unwrap();
    let link = |target: &Path, name: &str| symlink(target, world.real(host, name)).unwrap();
    link(&outside, "/to-folder");
    link(&outside.join("file"), "/to-file");
    link(Path::new("/etc/passwd"), "/to-passwd");
    link(Path::new("../../../outside/file"), "/by-parents");
    link(Path::new("/proc/self/cwd/../../../outside"), "/by-proc");
    link(Path::new("/loop"), "/loop");
    outside.display().to_string()
}

fn hostile_paths(outside: &str) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/etc/passwd",
        "../../../../../../../../etc/passwd",
        "/../../../../../../../../etc/passwd",
        "/tmp/../../../../../../etc/passwd",
        "/to-folder/file",
        "/to-folder/folder",
        "/to-file",
        "/to-passwd",
        "/by-parents",
        "/by-proc/file",
        "/loop",
        "/proc/self/environ",
        "/proc/self/root/etc/passwd",
        "/dev/stdin",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    for path in ["file", "folder", "folder/canary-name-91bc", "image.iso", "new"] {
        paths.push(format!("{outside}/{path}"));
        paths.push(format!("/../../../../../../../..{outside}/{path}"));
        paths.push(format!("../outside/{path}"));
        paths.push(format!("/../../../outside/{path}"));
    }
    paths
}

/// Every way in which a tool takes a path.
fn lines_with(host: &str, path: &str) -> Vec<Vec<String>> {
    let reading: &[&[&str]] = &[
        &["cat", "PATH"],
        &["ls", "-lR", "PATH"],
        &["ls", "--", "PATH"],
        &["du", "-h", "-x", "--max-depth=1", "PATH"],
        &["du", "PATH"],
        &["df", "-h", "PATH"],
        &["stat", "PATH"],
        &["grep", "-r", ".", "PATH"],
        &["grep", "-r", "--include=canary-name-91bc", ".", "PATH"],
        &["grep", "-F", "-q", "-e", SECRET, "PATH"],
    ];
    let changing: &[&[&str]] = &[
        &["mkdir", "-p", "PATH/made"],
        &["mkdir", "--", "PATH"],
        &["rm", "--", "PATH"],
        &["rm", "-f", "PATH"],
    ];
    let own: &[&[&str]] = match host {
        "lab-esx" => &[
            &["tee", "--", "PATH"],
            &["vmkfstools", "-c", "1m", "-a", "lsilogic", "PATH"],
            &["vmkfstools", "-c", "1m", "PATH.vmdk"],
            &["vmware-cmd", "-s", "register", "PATH"],
            &["vmware-cmd", "PATH", "start"],
        ],
        "lab-kvm" => &[
            &["tee", "--", "PATH"],
            &["qemu-img", "create", "-f", "qcow2", "PATH", "1G"],
            &["virsh", "define", "PATH"],
        ],
        _ => &[],
    };
    let fill = |path: &str, line: &[&str]| line.iter().map(|word| word.replace("PATH", path)).collect();
    let all = reading.iter().map(|line| fill(path, line));
    if path.contains("to-passwd") {
        return all.collect();
    }
    // Should a double ever break out, the machine that runs this test keeps its users.
    let path = path.replace("/etc/passwd", ETC_CANARY);
    all.chain(changing.iter().chain(own).map(|line| fill(&path, line))).collect()
}

/// Names, contents and times below a folder.
fn picture(folder: &Path) -> Vec<(String, Vec<u8>, SystemTime)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let modified = fs::symlink_metadata(&path).unwrap().modified().unwrap();
        if path.is_dir() {
            all.extend(picture(&path));
            all.push((path.display().to_string(), Vec::new(), modified));
        } else {
            all.push((path.display().to_string(), fs::read(&path).unwrap(), modified));
        }
    }
    all.sort();
    all
}

async fn no_path_leads_outside(host: &str) {
    let world = World::start().await;
    let outside = trap(&world, host);
    let before = picture(Path::new(&outside));
    let passwd = fs::read("/etc/passwd").unwrap();
    for path in hostile_paths(&outside) {
        for line in lines_with(host, &path) {
            let words: Vec<&str> = line.iter().map(String::as_str).collect();
            let answer = world.run(host, &words, "written from inside\n");
            assert!(answer.code >= 0, "{line:?} died: {answer:?}");
            for told in [&answer.out, &answer.err] {
                assert!(!told.contains(SECRET), "{line:?} reveals a content: {answer:?}");
                let named = path.contains(HIDDEN) || line.iter().any(|word| word.contains(HIDDEN));
                assert!(named || !told.contains(HIDDEN), "{line:?} reveals a name: {answer:?}");
                assert!(!told.contains("root:x:0:0"), "{line:?} reveals /etc/passwd: {answer:?}");
            }
        }
    }
    assert_eq!(picture(Path::new(&outside)), before);
    assert_eq!(fs::read("/etc/passwd").unwrap(), passwd);
    assert!(!Path::new("/new").exists() && !Path::new(ETC_CANARY).exists());
}

#[tokio::test]
async fn no_path_leads_outside_an_esx_host() {
    no_path_leads_outside("lab-esx").await;
}

#[tokio::test]
async fn no_path_leads_outside_an_esxi_host() {
    no_path_leads_outside("lab-esxi").await;
}

#[tokio::test]
async fn no_path_leads_outside_a_kvm_host() {
    no_path_leads_outside("lab-kvm").await;
}

#[tokio::test]
async fn a_missing_path_is_refused_in_the_words_of_the_tool() {
    let world = World::start().await;
    trap(&world, "lab-esx");
    world.esx("cat /etc/passwd").complains(1, "cat: /etc/passwd: No such file or directory\n");
    world.esx("cat /to-passwd").complains(1, "cat: /to-passwd: No such file or directory\n");
    world.esx("cat /to-folder/file").complains(1, "cat: /to-folder/file: No such file or directory\n");
    world
        .esx("cat /usr/../../../etc/passwd")
        .complains(1, "cat: /usr/../../../etc/passwd: No such file or directory\n");
    world.esx("cat /loop").complains(1, "cat: /loop: Too many levels of symbolic links\n");
    // A link is removed, not what it names.
    world.esx("rm -- /to-file").says(0, "");
    assert_eq!(fs::read_to_string(world.temporary.path().join("outside/file")).unwrap(), SECRET);
    assert!(fs::symlink_metadata(world.real("lab-esx", "/to-file")).is_err());
}

#[tokio::test]
async fn a_host_whose_proc_leads_outside_writes_nothing_there() {
    let world = World::start().await;
    let outside = trap(&world, "lab-esx");
    fs::create_dir_all(format!("{outside}/4502")).unwrap();
    fs::rename(world.real("lab-esx", "/proc"), world.real("lab-esx", "/old-proc")).unwrap();
    symlink(&outside, world.real("lab-esx", "/proc")).unwrap();
    let before = picture(Path::new(&outside));
    let answer = world.esx("vmware-cmd /vmfs/volumes/storage1/web01/web01.vmx stop");
    assert_eq!(answer.code, 125, "{answer:?}");
    assert_eq!(picture(Path::new(&outside)), before);
}

/// A real process that must survive.
struct Canary(Child);

impl Canary {
    fn start() -> Self {
        Self(Command::new("sleep").arg("300").spawn().unwrap())
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn no_real_process_is_signalled_or_shown() {
    let world = World::start().await;
    let mut canary = Canary::start();
    let real = [canary.0.id().to_string(), std::process::id().to_string()];
    let wild =
        ["0", "-1", "1", "-0", "+1", " 1", "1e3", "4294967297", "-4502", "", "abc", "99999999999999999999"];
    for host in ["lab-esx", "lab-esxi", "lab-kvm"] {
        for pid in real.iter().map(String::as_str).chain(wild) {
            for words in [
                vec!["kill", "-9", pid],
                vec!["kill", pid],
                vec!["kill", "-9", "--", pid],
                vec!["kill", "-15", pid],
            ] {
                let answer = world.run(host, &words, "");
                assert_ne!(answer.code, 0, "{host} {words:?}");
            }
        }
        let shown = world.line(host, "ps -efww").out;
        assert!(!shown.contains("sleep 300"), "{shown}");
        assert!(!shown.contains("/lab/"), "{shown}");
    }
    for pid in real.iter().map(String::as_str).chain(wild) {
        world.run("lab-esx", &["vmkload_app", "-k", "9", pid], "");
        world.run("lab-esx", &["vm-support", "-X", pid, "-d0"], "y\ny\ny\n");
        world.run(
            "lab-esxi",
            &["esxcli", "vm", "process", "kill", "--type=force", &format!("--world-id={pid}")],
            "",
        );
    }
    assert!(canary.lives(), "the canary was killed");
    let name = format!("kill {}: No such process\n", real[1]);
    world.esx(&format!("kill -9 {}", real[1])).complains(1, &name);
    world.esx("kill -9 1").complains(1, "kill 1: Operation not permitted\n");
    world.esx("kill -9 -1").complains(1, "kill -1: No such process\n");
    for host in ["lab-esx", "lab-esxi"] {
        let on =
            world.lab.machines(host).unwrap().values().filter(|p| **p == dogwatch::lab::Power::On).count();
        assert_eq!(on, 3, "{host}: no machine was hit by a wild number");
    }
}

#[tokio::test]
async fn a_folder_that_is_no_lab_is_left_alone() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("letter"), "mine").unwrap();
    let before = fs::metadata(temporary.path()).unwrap().permissions();
    let error = dogwatch::lab::Lab::start(temporary.path(), super::world::binary()).await.unwrap_err();
    assert!(matches!(error, dogwatch::lab::LabError::NotALab { .. }), "{error}");
    assert_eq!(fs::metadata(temporary.path()).unwrap().permissions(), before);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn outside_a_lab_a_tool_name_plays_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let tool = temporary.path().join("rm");
    symlink(super::world::binary(), &tool).unwrap();
    let victim = temporary.path().join("victim");
    fs::write(&victim, "mine").unwrap();
    for lab in [temporary.path().to_str().unwrap(), "/", "", "relative"] {
        let output = Command::new(&tool).arg("--").arg(&victim).env("DOGWATCH_LAB", lab).output().unwrap();
        assert_eq!(output.status.code(), Some(125), "{lab}: {output:?}");
    }
    let _ = Command::new(&tool).arg("--").arg(&victim).env_remove("DOGWATCH_LAB").output().unwrap();
    assert!(victim.exists());
    assert_eq!(
        fs::read_dir(temporary.path()).unwrap().count(),
        2,
        "no lock or log was left in a foreign folder"
    );
}
