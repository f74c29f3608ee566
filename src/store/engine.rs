//! sled, and everything that is known of its traps.
//!
//! Invariant: when [`Engine::sync`] has returned, everything committed before survives a power cut.
//! sled's `flush` hands the bytes to the system (pwrite, `sync_file_range`) and is no fsync; its
//! background thread, whose fsync comes up to 500 ms later, is switched off. The file
//! handle that `sync` uses is opened once and kept: the kernel reports a failed write-back to each
//! handle that was open at that time.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional as _};

use crate::domain::audit::chain::Head;
use crate::domain::id::Digest;

use super::error::{Fault, Holder, StoreError, append_error};
use super::newer::Newer;
use super::record::{self, Assembly};
use super::trouble::{EngineError, damaged, guarded};
use super::{folder, outbox};

/// The version of the record's layout.
pub const FORMAT_VERSION: u32 = 1;

/// Bytes that sled may keep in memory; its own default is 1 GiB.
const CACHE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long to wait for sled's lock: 2 s in all.
const LOCK_WAIT_STEP: Duration = Duration::from_millis(10);
const LOCK_WAIT_STEPS: u32 = 200;

const EVENTS: &str = "events";
const META: &str = "meta";
const OUTBOX: &str = "outbox";
/// A tree that sled makes for itself.
const SLED_DEFAULT: &str = "__sled__default";
const META_FORMAT: &str = "format";
const META_STORE: &str = "store";
const META_HEAD: &str = "head";
const META_CREATED: &str = "created_at_ms";

/// The store's random id in hex.
const STORE_ID_LEN: usize = 32;

/// Entries about the record itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    pub store: String,
    pub head: Head,
}

/// An open record.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) events: sled::Tree,
    pub(super) meta: sled::Tree,
    pub(super) outbox: sled::Tree,
    pub(super) db: sled::Db,
    data: File,
    data_path: PathBuf,
    path: PathBuf,
}

/// Waits until nobody has sled's data file locked.
///
/// The holder's lock is ours already, so whoever is met here is either a thread of sled in this very
/// process that has not let go yet of a record closed a moment ago, or somebody who came another
/// way. sled itself would not wait, and would answer with a text.
fn wait_for_lock(dir: &Path, data: &File, path: &Path) -> Result<(), StoreError> {
    for _ in 0..LOCK_WAIT_STEPS {
        match data.try_lock() {
            Ok(()) => return data.unlock().map_err(StoreError::file("unlock", path)),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_WAIT_STEP),
            Err(TryLockError::Error(error)) => return Err(StoreError::file("lock", path)(error)),
        }
    }
    Err(StoreError::Held { dir: dir.to_owned(), holder: Holder::Unknown })
}

/// Removes what a kill left of a snapshot that sled was writing while it opened.
///
/// A snapshot is an index of the log, for opening faster, and counts from the moment it is renamed.
/// sled takes an unfinished one for the newest and then fails as if the record were damaged (sled
/// issues 1527 and 1533).
fn remove_unfinished_snapshots(path: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(path).map_err(StoreError::file("list", path))? {
        let file = entry.map_err(StoreError::file("list", path))?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&file).map_err(StoreError::file("remove sled's unfinished snapshot", &file))?;
        }
    }
    Ok(())
}

/// Reads every file to its end before sled does: a place that the disk can't read sled takes for a torn
/// end, and clears what follows it. What has been read is in the page cache.
fn read_through(path: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(path).map_err(StoreError::file("list", path))? {
        let file = entry.map_err(StoreError::file("list", path))?.path();
        if folder::has_file(&file)? {
            let read = File::open(&file).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
            read.map_err(StoreError::file("read", &file))?;
        }
    }
    Ok(())
}

impl Engine {
    /// Makes a record without events. The caller gives it its name afterwards.
    pub(super) fn create(path: &Path, store: &str, now_ms: u64) -> Result<(), StoreError> {
        // The state folder may be open to others; what is in the record is not.
        folder::make_private(path)?;
        let create = || -> Result<(), EngineError> {
            let db = config(path).open()?;
            let _events = db.open_tree(EVENTS)?;
            let meta = db.open_tree(META)?;
            let mut batch = sled::Batch::default();
            batch.insert(META_FORMAT, &FORMAT_VERSION.to_be_bytes());
            batch.insert(META_STORE, store);
            batch.insert(META_HEAD, head_bytes(Head::START).as_slice());
            batch.insert(META_CREATED, &now_ms.to_be_bytes());
            meta.apply_batch(batch)?;
            db.flush()?;
            Ok(())
        };
        guarded(create).map_err(|error| append_error("create the record in", path)(error.into()))?;
        folder::narrow(path)?;
        folder::sync_tree(path)
    }

    /// Opens a record that exists. `dir` is the state folder, for messages.
    pub(super) fn open(dir: &Path, path: &Path) -> Result<Self, StoreError> {
        // sled would quietly make new ones.
        for (name, file) in [("record/conf", "conf"), ("record/db", "db")] {
            if !folder::has_file(&path.join(file))? {
                return Err(StoreError::damaged(dir, Fault::Missing(name)));
            }
        }
        let data_path = path.join("db");
        let data = File::open(&data_path).map_err(StoreError::file("open", &data_path))?;
        wait_for_lock(dir, &data, &data_path)?;
        remove_unfinished_snapshots(path)?;
        // After a kill the end of the log may be in the page cache only. sled makes its snapshot
        // durable while it opens, and one that is ahead of the log would be taken for damage.
        data.sync_data().map_err(StoreError::file("sync", &data_path))?;
        read_through(path)?;
        let db = guarded(|| Ok(config(path).open()?)).map_err(damaged(dir, "open its files"))?;
        // sled has just written an index of the log, with the usual mode of new files.
        folder::narrow(path)?;
        let names = db.tree_names();
        let has = |name: &str| names.iter().any(|tree| tree == name.as_bytes());
        // A new record has both before it has its name; opening them here would make them again.
        if !has(EVENTS) || !has(META) {
            return Err(StoreError::damaged(dir, Fault::Emptied));
        }
        // A record of an earlier version has no outbox.
        let trees = guarded(|| Ok((db.open_tree(EVENTS)?, db.open_tree(META)?, db.open_tree(OUTBOX)?)));
        let (events, meta, outbox) = trees.map_err(damaged(dir, "open its trees"))?;
        Ok(Self { events, meta, outbox, db, data, data_path, path: path.to_owned() })
    }

    /// Reads the entries about the record; refuses what came later.
    pub(super) fn meta(&self, dir: &Path) -> Result<Meta, StoreError> {
        let get = |key: &'static str| {
            let value = guarded(|| Ok(self.meta.get(key)?)).map_err(damaged(dir, "read its entries"))?;
            value.ok_or_else(|| StoreError::damaged(dir, Fault::Meta(key)))
        };
        let unreadable = |key| StoreError::damaged(dir, Fault::Meta(key));
        let format: [u8; 4] = (*get(META_FORMAT)?).try_into().map_err(|_| unreadable(META_FORMAT))?;
        let format = u32::from_be_bytes(format);
        if format > FORMAT_VERSION {
            let (found, known) = (u64::from(format), u64::from(FORMAT_VERSION));
            return Err(StoreError::newer(dir, Newer::Version { what: "its format", found, known }));
        }
        if format != FORMAT_VERSION {
            return Err(unreadable(META_FORMAT));
        }
        let store = String::from_utf8(get(META_STORE)?.to_vec()).map_err(|_| unreadable(META_STORE))?;
        if store.len() != STORE_ID_LEN {
            return Err(unreadable(META_STORE));
        }
        let head = parse_head(&get(META_HEAD)?).ok_or_else(|| unreadable(META_HEAD))?;
        match guarded(|| self.unknown()).map_err(damaged(dir, "list its entries"))? {
            Some(name) => Err(StoreError::newer(dir, Newer::Beside(name))),
            None => Ok(Meta { store, head }),
        }
    }

    /// A tree or an entry about the record that is not of this version: whoever keeps something there
    /// relies on every writer to keep it.
    fn unknown(&self) -> Result<Option<String>, EngineError> {
        let trees = [EVENTS, META, OUTBOX, SLED_DEFAULT];
        let entries = [META_FORMAT, META_STORE, META_HEAD, META_CREATED];
        let is_unknown = |name: &[u8], known: &[&str]| !known.iter().any(|known| known.as_bytes() == name);
        let tree = self.db.tree_names().into_iter().find(|name| is_unknown(name, &trees));
        let text = |name: sled::IVec| String::from_utf8_lossy(&name).into_owned();
        if let Some(name) = tree {
            return Ok(Some(text(name)));
        }
        for key in self.meta.iter().keys() {
            let key = key?;
            if is_unknown(&key, &entries) {
                return Ok(Some(text(key)));
            }
        }
        Ok(None)
    }

    /// Hands every record after this event to `visit`, in order, until it fails.
    pub(super) fn visit(
        &self,
        dir: &Path,
        after: u64,
        mut visit: impl FnMut(u64, Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let read = || -> Result<Result<(), StoreError>, EngineError> {
            let mut assembly = Assembly::after(after);
            let mut bad = None;
            for entry in self.events.range(record::key(after + 1, 0)..) {
                let (key, value) = entry?;
                match assembly.push(&key, &value) {
                    Ok(None) => {}
                    Ok(Some((seq, record))) => {
                        if let Err(error) = visit(seq, record) {
                            return Ok(Err(error));
                        }
                    }
                    Err(record::InPieces(seq)) => {
                        bad = Some(seq);
                        break;
                    }
                }
            }
            // The record that was being put together is whole unless it is the bad one itself.
            let last = assembly.finish().filter(|(seq, _)| Some(*seq) != bad);
            let visited = last.map_or(Ok(()), |(seq, record)| visit(seq, record));
            let pieces = bad.map_or(Ok(()), |seq| Err(StoreError::damaged(dir, Fault::Pieces { seq })));
            Ok(visited.and(pieces))
        };
        guarded(read).map_err(damaged(dir, "read its events"))?
    }

    /// Every entry of the outbox, by name.
    pub(super) fn outbox(&self, dir: &Path) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let read = || -> Result<Vec<_>, EngineError> {
            let parts =
                self.outbox.iter().map(|part| part.map(|(key, bytes)| (key.to_vec(), bytes.to_vec())));
            Ok(parts.collect::<Result<_, _>>()?)
        };
        let parts = guarded(read).map_err(damaged(dir, "read its outbox"))?;
        outbox::assembled(parts.into_iter()).ok_or_else(|| StoreError::damaged(dir, Fault::Meta(OUTBOX)))
    }

    /// Appends records, moves the head and changes the outbox, all or nothing. Not durable before
    /// [`Engine::sync`].
    pub(super) fn commit(
        &self,
        from: Head,
        records: &[(u64, Vec<u8>)],
        to: Head,
        entries: &[(String, Option<Vec<u8>>)],
    ) -> Result<(), EngineError> {
        let from = head_bytes(from);
        // Of several entries of one name the last one holds.
        let entries: BTreeMap<_, _> = entries.iter().map(|(name, value)| (name.as_str(), value)).collect();
        guarded(|| {
            // There is one writer: what is found here is still there in the transaction.
            let mut old_parts = Vec::new();
            for name in entries.keys() {
                for key in self.outbox.scan_prefix(outbox::prefix(name)).keys() {
                    old_parts.push(key?);
                }
            }
            let done = (&self.events, &self.meta, &self.outbox).transaction(|(events, meta, parts)| {
                for key in &old_parts {
                    parts.remove(key)?;
                }
                for (name, value) in &entries {
                    for (key, part) in value.iter().flat_map(|value| outbox::parts(name, value)) {
                        parts.insert(key, part)?;
                    }
                }
                if meta.insert(META_HEAD, head_bytes(to).as_slice())?.as_deref() != Some(from.as_slice()) {
                    return Err(ConflictableTransactionError::Abort(()));
                }
                for (seq, record) in records {
                    for (key, part) in record::parts(*seq, record) {
                        if events.insert(key.as_slice(), part)?.is_some() {
                            return Err(ConflictableTransactionError::Abort(()));
                        }
                    }
                }
                Ok(())
            });
            done.map_err(|error| match error {
                TransactionError::Abort(()) => EngineError::Head,
                TransactionError::Storage(error) => EngineError::Sled(error),
            })
        })
    }

    /// Makes everything committed durable: sled's flush, then the fdatasync that it leaves out.
    pub(super) fn sync(&self) -> Result<(), EngineError> {
        self.hand_over()?;
        Ok(self.data.sync_data()?)
    }

    /// Hands everything committed to the system: a kill takes nothing of it, a power cut may.
    pub(super) fn hand_over(&self) -> Result<(), EngineError> {
        guarded(|| Ok(self.db.flush().map(drop)?))
    }

    /// Fails if sled moved a value to a file of its own, which nothing syncs.
    pub(super) fn assert_nothing_spilled(&self) -> Result<(), StoreError> {
        let path = self.path.join("blobs");
        match fs::read_dir(&path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::Spilled { path }),
            // sled makes the folder when it opens; a backup may have left an empty one out.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StoreError::file("list", &path)(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The data file as it is open, and where it was opened.
    pub(super) fn file(&self) -> (&File, &Path) {
        (&self.data, &self.data_path)
    }
}

fn config(path: &Path) -> sled::Config {
    // Whoever commits flushes and syncs: sled's own thread would sync twice a second for ever.
    sled::Config::new().path(path).cache_capacity(CACHE_BYTES_MAX).flush_every_ms(None)
}

fn head_bytes(head: Head) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(&head.seq.to_be_bytes());
    bytes[8..].copy_from_slice(&head.hash.0);
    bytes
}

fn parse_head(bytes: &[u8]) -> Option<Head> {
    let (seq, hash) = bytes.split_first_chunk::<8>()?;
    Some(Head { seq: u64::from_be_bytes(*seq), hash: Digest(hash.try_into().ok()?) })
}
