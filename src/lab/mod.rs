//! The practice hosts: an SSH server with simulated tools, used by `demo`, `lab` and tests.
//!
//! A lab is a folder with one folder per host. A host is a russh server on loopback that hands the
//! remote wrapper to the system's `/bin/sh`, a `bin` with doubles of the host's tools (links to the
//! dogwatch binary), a `root` that stands for `/`, a state, and a log of every play.
//!
//! Invariant: nothing that an action does on a lab host reaches the machine that the lab runs on.
//! The doubles act on the state and the folder of their host, signal no process and open no path
//! outside. The invariant is about doubles: the script that a session brings is run by a real
//! shell, which is why only the lab's own key can log in, on loopback.
//!
//! The lab does not know the remote wrapper, the articles or the bot.
//!
//! Layout: `cast` and `setup` make a host, `state`, `root`, `disk` and `proc_files` are the host, `lock`
//! and `files` keep it on disk, `double` plays its tools, `server`, `shared`, `session` and `shell` serve
//! it, `runs` ends what it left behind, `inventory` tells of it.

mod cast;
mod disk;
pub mod double;
mod error;
mod files;
mod inventory;
mod keys;
mod lock;
mod proc_files;
mod root;
mod runs;
mod server;
mod session;
mod setup;
mod shared;
mod shell;
mod state;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::domain::world::host::Host;

pub use cast::OLD_ISO;
pub use error::LabError;
pub use state::Power;

use lock::Locked;
use server::Server;
use state::Force;

/// A tool that was started on a host, from the host's own log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Play {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// Its name.
    pub tool: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// A running lab. Dropping it closes every port and connection; its folder keeps everything, and a
/// lab started there again goes on where this one ended.
#[derive(Debug)]
pub struct Lab {
    folder: PathBuf,
    identity: PathBuf,
    hosts: Vec<Host>,
    servers: Vec<Server>,
    // Held for its lock: one process runs the lab of a folder.
    _lock: File,
}

impl Lab {
    /// Starts the lab in `dir`, which is new, empty, or a lab's. `binary` is dogwatch itself: it
    /// plays the tools under their names. Must run inside tokio.
    pub async fn start(dir: &Path, binary: &Path) -> Result<Self, LabError> {
        let (folder, program) = (dir.to_owned(), binary.to_owned());
        let prepared = tokio::task::spawn_blocking(move || setup::prepare(&folder, &program))
            .await
            .map_err(|error| LabError::content("prepare", dir, error))??;
        let mut lab = Self {
            folder: prepared.folder,
            identity: prepared.identity,
            hosts: Vec::new(),
            servers: Vec::new(),
            _lock: prepared.lock,
        };
        for host in &prepared.hosts {
            let server = Server::start(host, prepared.client.public_key()).await?;
            host.keep_port(server.port)?;
            lab.hosts.push(inventory::host(host, server.port));
            lab.servers.push(server);
        }
        inventory::write(&lab.inventory(), &lab.identity, &lab.hosts)?;
        Ok(lab)
    }

    /// The hosts, as an inventory knows them.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The private key that logs in, in OpenSSH's format.
    pub fn identity(&self) -> &Path {
        &self.identity
    }

    /// The configuration file that names the hosts and the key.
    pub fn inventory(&self) -> PathBuf {
        self.folder.join("inventory.toml")
    }

    /// The folder of a host; its `root` stands for `/`.
    pub fn folder(&self, host: &str) -> PathBuf {
        self.folder.join(host)
    }

    /// Every tool that was started on a host, oldest first.
    pub fn plays(&self, host: &str) -> Result<Vec<Play>, LabError> {
        plays(&self.folder(host))
    }

    /// The machines of a host and whether they run.
    pub fn machines(&self, host: &str) -> Result<BTreeMap<String, Power>, LabError> {
        machines(&self.folder(host))
    }

    /// Makes every later play of `tool` on a host wait before it acts, at most two minutes: for tests
    /// that cut a run in the middle. The play is in the log before it waits.
    pub fn delay(&self, host: &str, tool: &str, delay: Duration) -> Result<(), LabError> {
        self::delay(&self.folder(host), tool, delay)
    }

    /// Closes every port and connection and waits for their end. Runs that go on detached from
    /// their connection are not touched.
    pub async fn stop(self) {
        for server in self.servers {
            server.stop().await;
        }
    }

    /// As [`Lab::stop`], and also ends what runs have left behind: for a lab whose folder goes away.
    pub async fn end(self) {
        let folders: Vec<_> = self.hosts.iter().map(|host| self.folder(host.name.as_str())).collect();
        self.stop().await;
        if let Err(died) = tokio::task::spawn_blocking(move || runs::end(&folders)).await {
            tracing::warn!("what runs have left behind could not be ended: {died}");
        }
    }
}

/// The log of the host in `folder`, readable while a lab runs in another process too.
pub fn plays(folder: &Path) -> Result<Vec<Play>, LabError> {
    let path = folder.join("log");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LabError::file("read", &path)(error)),
    };
    let parse = |line| serde_json::from_str(line).map_err(|error| LabError::content("read", &path, error));
    text.lines().map(parse).collect()
}

/// The machines of the host in `folder` and whether they run, as [`plays`] from any process.
pub fn machines(folder: &Path) -> Result<BTreeMap<String, Power>, LabError> {
    let locked = Locked::open(folder)?;
    Ok(locked.state.machines.iter().map(|machine| (machine.name.clone(), machine.power)).collect())
}

/// What a test wants of a machine that the cast does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Its host takes it for off although it runs.
    Forgotten,
    /// It obeys nothing but a restart of its host.
    InKernel,
}

/// Puts a machine of the host in `folder` into trouble, from any process.
pub fn trouble(folder: &Path, machine: &str, trouble: Trouble) -> Result<(), LabError> {
    let mut locked = Locked::open(folder)?;
    for found in locked.state.machines.iter_mut().filter(|found| found.name == machine) {
        match trouble {
            Trouble::Forgotten => found.forgotten = true,
            Trouble::InKernel => found.yields_to = Force::Restart,
        }
    }
    locked.save()
}

/// Lets whoever logs in to the host in `folder` be root no more, from any process.
pub fn take_root(folder: &Path) -> Result<(), LabError> {
    let mut locked = Locked::open(folder)?;
    locked.state.ordinary_user = true;
    locked.save()
}

/// What [`Lab::delay`] does, for the host in `folder`, from any process.
pub fn delay(folder: &Path, tool: &str, delay: Duration) -> Result<(), LabError> {
    let mut locked = Locked::open(folder)?;
    let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    locked.state.delays_ms.insert(tool.to_owned(), delay_ms);
    locked.save()
}
