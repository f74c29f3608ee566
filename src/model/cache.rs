//! Vectors of texts on disk, by the key of the text (see [`crate::domain::id::Digest::key`]): a text is
//! encoded once.
//!
//! # Layout
//!
//! A header line that says with what the vectors were made, then rows of 400 bytes: the first 8 of the
//! text's SHA-256, 4 of the scale (f32, little endian), 384 of the vector (see `cosine`), 4 of the SHA-256 of
//! the row so far. Rows are only ever added, under a lock of the file.
//!
//! Invariants: what was torn off by a crash is cut with all that follows; a file with another header is
//! replaced, never read; a row that is handed out is whole; nobody who reads rows waits for the file. The
//! file is disposable, and one that can only be read is read.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use super::cosine::{Bytes, Query, quantised};
use super::encoder::Model;
use super::network::DIMENSIONS;
use crate::domain::id::Digest;

const KEY_LEN: usize = 8;
const SCALE_LEN: usize = 4;
const CHECK_LEN: usize = 4;
const BODY_LEN: usize = KEY_LEN + SCALE_LEN + DIMENSIONS;
const ROW_LEN: usize = BODY_LEN + CHECK_LEN;
/// Rows of a file: half a gigabyte. More are kept in memory only.
const ROWS_MAX: usize = 1_300_000;
/// How long one process waits for another that writes the file.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// What can go wrong with the file. The vectors in memory are good all the same.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation} the vectors in {path}; make it writable, or delete it: it is made again", path = path.display())]
pub struct VectorsError {
    /// Read or write.
    pub operation: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Vectors by the key of their text. The default has no file: it forgets.
#[derive(Debug, Default)]
pub struct Vectors {
    path: Option<PathBuf>,
    rows: RwLock<Rows>,
}

/// The vectors in memory.
#[derive(Debug, Default)]
pub struct Rows {
    numbers: HashMap<u64, usize>,
    bytes: Vec<Bytes>,
    scales: Vec<f32>,
}

impl Rows {
    /// The number of the row of a text with this key.
    pub fn get(&self, text: u64) -> Option<usize> {
        self.numbers.get(&text).copied()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The cosine of a row to a question; none if there is no such row.
    pub fn cosine(&self, query: &Query, row: usize) -> Option<f32> {
        Some(query.cosine(self.bytes.get(row)?, *self.scales.get(row)?))
    }

    fn insert(&mut self, key: u64, bytes: &Bytes, scale: f32) {
        // Of a text that two processes have added the first row counts; the other takes a number all the
        // same, so that numbers stay places.
        self.numbers.entry(key).or_insert(self.bytes.len());
        self.bytes.push(*bytes);
        self.scales.push(scale);
    }
}

impl Vectors {
    /// Reads the file, or makes it and its folder.
    pub fn open(path: &Path) -> Result<Self, VectorsError> {
        let failed = |source| VectorsError { operation: "read", path: path.to_owned(), source };
        let rows = load(path).map_err(failed)?;
        Ok(Self { path: Some(path.to_owned()), rows: RwLock::new(rows) })
    }

    /// What is in memory now; while that is held nothing is added.
    pub fn rows(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds vectors of texts. They can be used even if the file could not be written.
    pub fn add(&self, vectors: &[(u64, Vec<f32>)]) -> Result<(), VectorsError> {
        let mut written = Vec::new();
        {
            let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
            for (text, vector) in vectors {
                if rows.get(*text).is_none() {
                    let (bytes, scale) = quantised(vector);
                    rows.insert(*text, &bytes, scale);
                    if rows.len() <= ROWS_MAX {
                        written.extend(row(*text, scale, &bytes));
                    }
                }
            }
        }
        match &self.path {
            Some(path) if !written.is_empty() => append(path, &written).map_err(|source| VectorsError {
                operation: "write",
                path: path.clone(),
                source,
            }),
            _ => Ok(()),
        }
    }
}

fn load(path: &Path) -> io::Result<Rows> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut rows = Rows::default();
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let (mut file, writable) = match opened {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            (File::open(path)?, false)
        }
        opened => (opened?, true),
    };
    lock(&file)?;
    let header = header();
    let mut content = Vec::new();
    let len_max = (header.len() + ROWS_MAX * ROW_LEN) as u64;
    (&mut file).take(len_max).read_to_end(&mut content)?;
    if content.is_empty() && writable {
        // Whoever waits for the lock finds it begun; another file would lose what they add.
        file.write_all(header.as_bytes())?;
        return Ok(rows);
    }
    let Some(whole) = content.strip_prefix(header.as_bytes()) else {
        return if writable { replace(path, &header).map(|()| rows) } else { Ok(rows) };
    };
    for row in whole.chunks(ROW_LEN) {
        let Some((key, scale, bytes)) = checked(row) else { break };
        rows.insert(key, &bytes, scale);
    }
    if writable {
        file.set_len((header.len() + rows.len() * ROW_LEN) as u64)?;
    }
    Ok(rows)
}

/// Locks the file until it is closed.
fn lock(file: &File) -> io::Result<()> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another process has been writing it for too long"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn header() -> String {
    format!("dogwatch vectors 2, {}\n", Model::ID)
}

/// Puts an empty file in the place of another. Whoever has that one open does no harm to this one.
fn replace(path: &Path, header: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(header.as_bytes())?;
    draft.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Adds rows to the file, if it is still one of ours or none.
fn append(path: &Path, rows: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    lock(&file)?;
    let header = header();
    if file.metadata()?.len() == 0 {
        // Somebody has deleted it.
        file.write_all(header.as_bytes())?;
        file.rewind()?;
    }
    let mut found = Vec::new();
    (&mut file).take(header.len() as u64).read_to_end(&mut found)?;
    if found != header.as_bytes() {
        return Err(io::Error::other("another version of dogwatch has replaced the file"));
    }
    // What another process has left half-written would shift all that follows.
    let torn = (file.metadata()?.len() - header.len() as u64) % ROW_LEN as u64;
    let end = file.metadata()?.len() - torn;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(rows)
}

fn row(key: u64, scale: f32, bytes: &Bytes) -> Vec<u8> {
    let mut row = Vec::with_capacity(ROW_LEN);
    row.extend(key.to_be_bytes());
    row.extend(scale.to_le_bytes());
    row.extend(bytes.iter().map(|byte| byte.cast_unsigned()));
    row.extend(check(&row));
    row
}

fn checked(row: &[u8]) -> Option<(u64, f32, Bytes)> {
    let (body, sum) = row.split_at_checked(BODY_LEN)?;
    let (key, rest) = body.split_first_chunk::<KEY_LEN>()?;
    let (scale, numbers) = rest.split_first_chunk::<SCALE_LEN>()?;
    let mut bytes = [0; DIMENSIONS];
    bytes.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = number.cast_signed());
    (sum == check(body)).then_some((u64::from_be_bytes(*key), f32::from_le_bytes(*scale), bytes))
}

fn check(body: &[u8]) -> [u8; CHECK_LEN] {
    let digest = Digest::of(body).0;
    [digest[0], digest[1], digest[2], digest[3]]
}
