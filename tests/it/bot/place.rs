//! Where a bot works: a lab in a process of its own, a state folder, a knowledge base.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use dogwatch::lab::{self, Play, Power};
use dogwatch::store::{self, StoreError};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::life::Bot;
use super::record::Record;
use super::wait_for;
use crate::{BINARY, KB, folder};

/// Dropping it ends the lab and removes everything.
pub struct Place {
    folder: TempDir,
    lab: Option<Child>,
    kb: PathBuf,
}

impl Place {
    /// A new lab, an empty state, the articles of the repository.
    pub fn new() -> Self {
        let mut place = Self::without_lab();
        place.start_lab();
        place
    }

    /// For bots that bring their own lab.
    pub fn without_lab() -> Self {
        let folder = tempfile::Builder::new().prefix("dogwatch-bot-").tempdir().unwrap();
        Self { folder, lab: None, kb: PathBuf::from(KB) }
    }

    /// The same with a copy of the articles that the test may change.
    pub fn with_own_kb() -> Self {
        let mut place = Self::new();
        place.own_kb();
        place
    }

    /// From here on with a copy of the articles.
    pub fn own_kb(&mut self) {
        self.kb_of(Path::new(KB));
    }

    /// From here on with a copy of these articles.
    pub fn kb_of(&mut self, articles: &Path) {
        self.kb = self.path("kb");
        folder::copy(articles, &self.kb);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn kb(&self) -> &Path {
        &self.kb
    }

    pub fn lab(&self) -> PathBuf {
        self.path("lab")
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// The folder of a host.
    pub fn host(&self, name: &str) -> PathBuf {
        self.lab().join(name)
    }

    /// A file of a host.
    pub fn on_host(&self, host: &str, path: &str) -> PathBuf {
        self.host(host).join("root").join(path.trim_start_matches('/'))
    }

    /// An index of the articles of the repository, built once; of other articles, their own.
    pub fn index(&self) -> PathBuf {
        static BUILT: OnceLock<()> = OnceLock::new();
        if self.kb != Path::new(KB) {
            return self.path("index");
        }
        let index = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bot-index");
        BUILT.get_or_init(|| {
            let built =
                Command::new(BINARY).args(["kb", "index", "--kb", KB, "--index"]).arg(&index).output();
            assert!(built.unwrap().status.success());
        });
        index
    }

    /// Starts the lab, anew or again, and returns when its hosts are ready.
    pub fn start_lab(&mut self) {
        let out = self.path("lab.out");
        let child = Command::new(BINARY)
            .arg("lab")
            .arg(self.lab())
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .spawn();
        self.lab = Some(child.unwrap());
        wait_for("the lab", || fs::read_to_string(&out).unwrap().contains("the hosts are ready"));
    }

    /// Kills the lab; what runs on its hosts goes on, as when a network is gone.
    pub fn kill_lab(&mut self) {
        if let Some(mut lab) = self.lab.take() {
            lab.kill().unwrap();
            lab.wait().unwrap();
        }
    }

    /// Signals the lab, for instance to freeze it.
    pub fn signal_lab(&self, signal: Signal) {
        let pid = Pid::from_child(self.lab.as_ref().unwrap());
        kill_process(pid, signal).unwrap();
    }

    /// Kills what a host runs for the bot, the way a host that runs out of memory does: then nobody
    /// can say how the step ended.
    pub fn kill_the_run(&self, host: &str) {
        let runs = self.host(host).join("runs");
        // The supervisor notes the step only after it has begun it: both are found before one is killed.
        for pid in ["sup-", "step-"].map(|kind| wait_for_pid(&runs, kind)) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// What was started on a host, by the host's own log.
    pub fn plays(&self, host: &str) -> Vec<Play> {
        lab::plays(&self.host(host)).unwrap()
    }

    /// Whether a machine of a host runs; none if the host does not know it.
    pub fn machine(&self, host: &str, name: &str) -> Option<Power> {
        lab::machines(&self.host(host)).unwrap().get(name).copied()
    }

    /// Makes tools of a host slow: a play is noted, waits, and then acts.
    pub fn slow(&self, host: &str, tools: &[&str], delay: Duration) {
        for tool in tools {
            lab::delay(&self.host(host), tool, delay).unwrap();
        }
    }

    /// A bot to be given a script. ana types first.
    pub fn bot(&self) -> Bot<'_> {
        Bot::new(self)
    }

    /// Makes the record that `chat` and `serve` need, unless it is there.
    pub fn make_record(&self) {
        let made = store::create(&self.state(), 0);
        assert!(matches!(made, Ok(()) | Err(StoreError::Exists { .. })), "{made:?}");
    }

    /// The record as the next start would find it.
    pub fn record(&self) -> Record {
        Record::open(&self.state())
    }

    /// The same from a copy, so that the record stays as a kill has left it.
    pub fn record_as_left(&self) -> Record {
        let copied = tempfile::tempdir().unwrap();
        let state = copied.path().join("state");
        if self.state().exists() {
            folder::copy(&self.state(), &state);
        }
        Record::open(&state)
    }

    /// Another command of dogwatch on this state: its status and what it printed.
    pub fn dogwatch(&self, arguments: &[&str]) -> (bool, String) {
        let done = Command::new(BINARY).args(arguments).arg("--state").arg(self.state()).output().unwrap();
        let printed = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8_lossy(&printed).into_owned())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut lab) = self.lab.take() {
            let _ = lab.kill();
            let _ = lab.wait();
        }
    }
}

/// The process of this kind in the folder of the only run: its name is KIND-PID-BIRTH.
fn wait_for_pid(runs: &Path, kind: &str) -> Pid {
    let find = || {
        let within =
            |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let facts = within(runs).flat_map(|ground| within(&ground).collect::<Vec<_>>());
        let facts = facts.flat_map(|run| within(&run).collect::<Vec<_>>());
        let mut names = facts.filter_map(|path| path.file_name()?.to_str().map(str::to_owned));
        let pid = names.find_map(|name| name.strip_prefix(kind)?.split('-').next()?.parse().ok())?;
        Pid::from_raw(pid)
    };
    wait_for(kind, || find().is_some());
    find().unwrap()
}

/// Replaces `from`, which is there, by `to` in a file.
pub fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} does not hold {from}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}
