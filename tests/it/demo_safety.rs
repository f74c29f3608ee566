//! The demo touches nothing but its own temporary folder, and leaves nothing behind.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

use dogwatch::domain::world::action::{Action, ParamType};
use dogwatch::domain::world::host::Platform;
use dogwatch::lab;
use rustix::process::{Pid, Signal, kill_process};

use crate::bot::life::Running;
use crate::bot::{Place, wait_for};

const START: &str =
    "/run esx-vm-start vmx=/vmfs/volumes/storage1/app01/app01.vmx on lab-esx because it is off";

/// A demo with its own lab, in a folder for temporary files that is its alone.
fn demo(place: &Place) -> (Running, PathBuf) {
    let temporary = place.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let mut running = place.bot().line("/hosts").with_own_lab(temporary.clone()).start_open();
    running.until("lab-kvm");
    let folder = fs::read_dir(&temporary).unwrap().next().unwrap().unwrap().path();
    (running, folder.join("lab"))
}

/// The processes that know the folder: from their command line or their environment.
fn processes_of(folder: &Path) -> Vec<String> {
    let name = folder.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |file| fs::read(entry.path().join(file)).unwrap_or_default();
        let [command, environment] = ["cmdline", "environ"].map(read);
        let text = String::from_utf8_lossy(&command).replace('\0', " ");
        if text.contains(name) || String::from_utf8_lossy(&environment).contains(name) {
            found.push(format!("{}: {text}", entry.file_name().to_string_lossy()));
        }
    }
    found
}

fn assert_nothing_left(place: &Place) {
    let temporary = place.path("tmp");
    assert_eq!(processes_of(&temporary), Vec::<String>::new());
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

#[test]
fn nothing_is_left_after_the_end_of_the_input() {
    let place = Place::without_lab();
    let (mut running, _) = demo(&place);
    for line in [START, "/as ben", "/approve r1", "the virtual machine db01 hangs"] {
        running.line(line);
    }
    running.end().with(&["r1 succeeded"]);
    assert_nothing_left(&place);
}

/// Asked to end in the middle of a step that takes a minute.
fn asked_to_end_in_a_run(signal: Signal) {
    let place = Place::without_lab();
    let (mut running, lab) = demo(&place);
    let host = lab.join("lab-esx");
    lab::delay(&host, "vmware-cmd", Duration::from_secs(60)).unwrap();
    for line in [START, "/as ben", "/approve r1"] {
        running.line(line);
    }
    wait_for("the step to begin", || !lab::plays(&host).unwrap().is_empty());
    assert!(!processes_of(&lab).is_empty(), "the step runs");
    kill_process(Pid::from_raw(i32::try_from(running.pid()).unwrap()).unwrap(), signal).unwrap();
    assert!(running.ends_within(Duration::from_secs(40)), "it waits for the run: {}", running.so_far());
    let said = running.end();
    assert!(said.status.success(), "{:?}: {}{}", said.status, said.out, said.err);
    assert_nothing_left(&place);
}

#[test]
fn nothing_is_left_after_sigterm_in_a_run() {
    asked_to_end_in_a_run(Signal::TERM);
}

#[test]
fn nothing_is_left_after_ctrl_c_in_a_run() {
    asked_to_end_in_a_run(Signal::INT);
}

#[test]
fn nothing_is_left_when_it_is_asked_to_end_while_it_starts() {
    for after_ms in [30, 60, 120, 250, 500] {
        let place = Place::without_lab();
        let temporary = place.path("tmp");
        fs::create_dir(&temporary).unwrap();
        let mut running = place.bot().with_own_lab(temporary.clone()).start_open();
        wait_for("its folder", || fs::read_dir(&temporary).unwrap().next().is_some());
        running.ends_within(Duration::from_millis(after_ms));
        kill_process(Pid::from_raw(i32::try_from(running.pid()).unwrap()).unwrap(), Signal::TERM).unwrap();
        assert!(running.ends_within(Duration::from_secs(40)));
        running.end();
        assert_nothing_left(&place);
    }
}

/// What a canary file holds.
const ALIVE: &str = "the canary is alive";

/// Files and a process of the real machine that an action might hit.
struct Canaries {
    folder: PathBuf,
    process: Child,
    files: Vec<(PathBuf, Vec<u8>, SystemTime)>,
}

impl Canaries {
    fn new(place: &Place) -> Self {
        let folder = place.path("canaries");
        fs::create_dir(&folder).unwrap();
        for name in ["canary.iso", "canary.vmx", "canary.vmdk", "canary.qcow2", "canary"] {
            fs::write(folder.join(name), ALIVE).unwrap();
        }
        let files = Self::seen(&folder);
        let process = Command::new("sleep").arg("900").spawn().unwrap();
        Self { folder, process, files }
    }

    fn seen(folder: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let seen = |file: PathBuf| {
            let modified = fs::metadata(&file).unwrap().modified().unwrap();
            (file.clone(), fs::read(file).unwrap(), modified)
        };
        files.into_iter().map(seen).collect()
    }

    fn assert_alive(&mut self) {
        assert_eq!(Self::seen(&self.folder), self.files);
        assert!(self.process.try_wait().unwrap().is_none(), "the canary process was killed");
    }
}

impl Drop for Canaries {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Replaces what the host has at `path` by a link to a real file of the machine.
fn plant(root: &Path, path: &str, target: &Path) {
    let place = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    if place.is_dir() {
        return;
    }
    let _ = fs::remove_file(&place);
    symlink(target, place).unwrap();
}

fn host_of(action: &Action) -> Option<&'static str> {
    let hosts = [(Platform::Esx3, "lab-esx"), (Platform::Esxi, "lab-esxi"), (Platform::Kvm, "lab-kvm")];
    let linux = [(Platform::Linux, "lab-kvm")];
    let mut all = hosts.iter().chain(&linux);
    all.find(|(platform, _)| action.platforms.contains(platform)).map(|(_, host)| *host)
}

/// A `/run` of the action whose every number is the canary's process and whose every path leads to a
/// canary file, as far as the patterns let that through.
fn attack(action: &Action, host: &str, lab: &Path, canaries: &Canaries) -> String {
    let root = lab.join(host).join("root");
    let pid = canaries.process.id().to_string();
    let mut line = format!("/run {}", action.id);
    for (name, param) in &action.params {
        let matches = |value: &str| {
            let pattern = param.pattern.as_deref().map(|pattern| regex::Regex::new(pattern).unwrap());
            pattern.is_none_or(|pattern| pattern.is_match(value))
        };
        let usual =
            param.example.clone().or(param.default.clone()).or(param.choices.first().cloned()).unwrap();
        let value = match param.kind {
            ParamType::Integer if matches(&pid) => pid.clone(),
            ParamType::Path => {
                plant(&root, &usual, &canaries.folder.join("canary"));
                usual
            }
            _ => usual,
        };
        // What a double looks into before it kills.
        let proc = root.join("proc").join(&pid);
        fs::create_dir_all(&proc).unwrap();
        let cmdline = fs::read_to_string(proc.join("cmdline")).unwrap_or_default();
        fs::write(proc.join("cmdline"), format!("{cmdline}{value}\0")).unwrap();
        write!(line, " {name}='{value}'").unwrap();
    }
    format!("{line} on {host} because of the canary")
}

#[test]
fn no_action_reaches_the_real_machine() {
    let place = Place::without_lab();
    let mut canaries = Canaries::new(&place);
    let (mut running, lab) = demo(&place);
    let loaded = dogwatch::kb::load(place.kb()).unwrap();
    let actions = loaded.articles.iter().flat_map(|article| &article.actions);
    let mut asked = 0;
    let actions = actions.filter_map(|action| Some((action, host_of(action)?)));
    let mut lines: Vec<_> = actions.map(|(action, host)| attack(action, host, &lab, &canaries)).collect();
    assert!(lines.len() >= 20, "{} actions", lines.len());
    // Whole folders that lead outside.
    let esx = lab.join("lab-esx").join("root");
    for folder in ["vmimages/out", "vmfs/volumes/out"] {
        plant(&esx, folder, &canaries.folder);
    }
    let real = canaries.folder.display();
    lines.extend([
        "/run esx-iso-remove path=/vmimages/out/canary.iso on lab-esx because of the canary".to_owned(),
        "/run esx-vm-create datastore=out name=canary on lab-esx because of the canary".to_owned(),
        "/run esx-disk-usage path=/vmimages/out on lab-esx".to_owned(),
        format!("/run kvm-vm-create name=canary iso={real}/canary.iso on lab-kvm because of the canary"),
        format!("/run linux-disk-usage path={real} on lab-kvm"),
    ]);
    for line in lines {
        asked += 1;
        running.line("/as ana");
        running.line(&line);
        for person in ["ben", "cem"] {
            running.line(&format!("/as {person}"));
            running.line(&format!("/approve r{asked}"));
        }
    }
    let said = running.end().with(&[&format!("r{asked} ")]);
    assert!(!said.out.contains("unknown whether"), "{}", said.out);
    // The attack went as far as it could.
    for tried in [
        "r1 starts",
        // What the verification does not see is not removed.
        "it was so before, and nothing was sent",
        "step 1 of 4: `mkdir -- /vmfs/volumes/out/canary`\n",
    ] {
        assert!(said.out.contains(tried), "no {tried:?} in {}", said.out);
    }
    canaries.assert_alive();
    assert_nothing_left(&place);
}

#[test]
fn a_path_that_leads_back_is_refused() {
    let place = Place::without_lab();
    let mut canaries = Canaries::new(&place);
    let (mut running, _) = demo(&place);
    let up = "../".repeat(12);
    let real = canaries.folder.display().to_string();
    for path in [
        format!("/vmimages/{up}{}/canary.iso", real.trim_start_matches('/')),
        format!("{real}/canary.iso"),
        format!("/vmimages/./{up}canary.iso"),
        "/vmimages/..".to_owned(),
        "/vmimages/x.iso\u{0}".to_owned(),
    ] {
        running.line(&format!("/run esx-iso-remove path='{path}' on lab-esx because of the canary"));
    }
    for (datastore, name) in [("..", "canary"), ("../..", "x"), ("storage1", ".."), ("storage1", "../../x")] {
        running.line(&format!("/run esx-vm-create datastore={datastore} name={name} on lab-esx because x"));
    }
    running.line("/approvals");
    let said = running.end().with(&[]);
    assert!(!said.out.contains("waits for approval"), "{}", said.out);
    canaries.assert_alive();
    assert_nothing_left(&place);
}

/// The tools themselves, whatever an article or a pattern would have let through.
#[test]
fn no_double_reaches_the_real_machine() {
    let place = Place::new();
    let mut canaries = Canaries::new(&place);
    let pid = canaries.process.id().to_string();
    let real = canaries.folder.display().to_string();
    let up = "../".repeat(12);
    for host in ["lab-esx", "lab-esxi", "lab-kvm"] {
        plant(&place.host(host).join("root"), "/out", &canaries.folder);
        plant(&place.host(host).join("root"), "/up", Path::new(&format!("{up}{}", &real[1..])));
        let folders = [real.clone(), format!("/{up}{}", &real[1..]), "/out".to_owned(), "/up".to_owned()];
        let mut calls =
            vec![vec!["kill", "-9", &pid], vec!["kill", &pid], vec!["vmkload_app", "-k", "9", &pid]];
        let paths: Vec<_> = folders.iter().map(|folder| format!("{folder}/canary")).collect();
        for path in &paths {
            calls.extend([
                vec!["rm", "-f", "--", path],
                vec!["tee", "--", path],
                vec!["mkdir", "-p", "--", path],
                vec!["cat", "--", path],
                vec!["vmkfstools", "-c", "1g", path],
                vec!["qemu-img", "create", "-f", "qcow2", path, "1G"],
            ]);
        }
        for call in calls {
            let tool = place.host(host).join("bin").join(call[0]);
            if tool.exists() {
                let mut command = Command::new(tool);
                command
                    .args(&call[1..])
                    .env("DOGWATCH_LAB", place.host(host))
                    .stdin(std::process::Stdio::null());
                let played = command.output().unwrap();
                let out = String::from_utf8_lossy(&played.stdout);
                assert!(!out.contains(ALIVE), "{call:?} has read a real file");
                canaries.assert_alive();
            }
        }
    }
}
