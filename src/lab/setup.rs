//! The folder of a lab: what it holds, made once and kept.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use russh::keys::ssh_key::{HashAlg, PrivateKey};
use rustix::fs::{FlockOperation, flock};

use super::cast::{self, PARTS, Part};
use super::double::tools;
use super::error::LabError;
use super::files::{private, replace};
use super::keys::load_or_create;
use super::lock::write_state;
use super::root::Root;

/// A file that only a lab's folder holds. Without it a folder with anything in it is left alone.
const MARKER: &str = "dogwatch-lab";
/// The login name on every host.
pub const USER: &str = "root";

/// A lab on disk, locked by this process.
#[derive(Debug)]
pub struct Prepared {
    /// The folder of the lab, absolute and free of links.
    pub folder: PathBuf,
    /// The file of the client key.
    pub identity: PathBuf,
    /// The client key, the only one that may log in.
    pub client: PrivateKey,
    /// The hosts.
    pub hosts: Vec<PreparedHost>,
    /// Held as long as the lab runs.
    pub lock: File,
}

/// A host on disk.
#[derive(Debug)]
pub struct PreparedHost {
    /// Who it is.
    pub part: Part,
    /// Its folder.
    pub folder: PathBuf,
    /// Its host key.
    pub key: PrivateKey,
    /// The port that it had the last time.
    pub port: Option<u16>,
}

impl PreparedHost {
    /// The fingerprint of the host key as OpenSSH prints it.
    pub fn fingerprint(&self) -> String {
        self.key.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// Remembers the port for the next start.
    pub fn keep_port(&self, port: u16) -> Result<(), LabError> {
        replace(&self.folder.join("port"), port.to_string().as_bytes())
    }
}

/// Makes or opens the lab in `dir`; `binary` is the dogwatch that plays the tools.
pub fn prepare(dir: &Path, binary: &Path) -> Result<Prepared, LabError> {
    let folder = claim(dir)?;
    let path = folder.join("lock");
    let lock = private(&path).map_err(LabError::file("open", &path))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(LabError::Busy { path: folder });
    }
    let binary = fs::canonicalize(binary).map_err(LabError::file("find", binary))?;
    let identity = folder.join("id_ed25519");
    let client = load_or_create(&identity, "dogwatch-lab")?;
    let hosts = PARTS.iter().map(|part| prepare_host(&folder, *part, &binary)).collect::<Result<_, _>>()?;
    Ok(Prepared { folder, identity, client, hosts, lock })
}

/// Makes the folder ours: new, empty, or a lab already.
fn claim(dir: &Path) -> Result<PathBuf, LabError> {
    private_folder(dir)?;
    let folder = fs::canonicalize(dir).map_err(LabError::file("open", dir))?;
    if !folder.join(MARKER).is_file() {
        let mut entries = fs::read_dir(&folder).map_err(LabError::file("read", &folder))?;
        if entries.next().is_some() {
            return Err(LabError::NotALab { path: folder });
        }
    }
    let mode = fs::Permissions::from_mode(0o700);
    fs::set_permissions(&folder, mode).map_err(LabError::file("make private", &folder))?;
    replace(&folder.join(MARKER), b"1\n")?;
    Ok(folder)
}

fn private_folder(path: &Path) -> Result<(), LabError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(LabError::file("create", path))
}

fn prepare_host(lab: &Path, member: Part, binary: &Path) -> Result<PreparedHost, LabError> {
    let folder = lab.join(member.name);
    for below in ["", "root", "runs", "bin"] {
        private_folder(&folder.join(below))?;
    }
    let path = folder.join("lock");
    private(&path).map_err(LabError::file("create", &path))?;
    // The state is written last: a host without one was interrupted and is furnished again.
    if !folder.join("state.json").is_file() {
        let root = Root::new(folder.join("root"));
        let state = cast::state(member.kind);
        let _ = fs::remove_dir_all(folder.join("root"));
        private_folder(&folder.join("root"))?;
        cast::furnish(&root, member.kind, &state).map_err(LabError::file("furnish", &folder))?;
        write_state(&folder, &state)?;
    }
    link_tools(&folder.join("bin"), member, binary)?;
    let key = load_or_create(&folder.join("host_key"), member.name)?;
    let port = fs::read_to_string(folder.join("port")).ok().and_then(|text| text.trim().parse().ok());
    Ok(PreparedHost { part: member, folder, key, port })
}

/// Leaves exactly the links to `binary` in the folder that is the host's PATH.
fn link_tools(bin: &Path, part: Part, binary: &Path) -> Result<(), LabError> {
    for entry in fs::read_dir(bin).map_err(LabError::file("read", bin))? {
        let path = entry.map_err(LabError::file("read", bin))?.path();
        fs::remove_file(&path).map_err(LabError::file("remove", &path))?;
    }
    for name in tools(part.kind) {
        let path = bin.join(name);
        symlink(binary, &path).map_err(LabError::file("link", &path))?;
    }
    Ok(())
}
