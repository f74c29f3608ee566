//! The mark: the head that was acknowledged last, in a file that the engine knows nothing of.
//!
//! sled can open empty or older than it was without an error (a cut-off log looks like a shorter
//! one). The mark notices: it never names an event that was not synced before.
//!
//! The file has two slots of one block each; a write goes to the slot that does not hold the newest
//! head, in place and without changing the file's length, and is followed by fdatasync. A write
//! that is cut off ruins that one slot, which its checksum shows; the other still holds the head
//! before it. The store is synced before the mark is written, so after such a cut the store is ahead
//! of the slot that is left. If it is not ahead, the ruin has another cause and is a fault.
//!
//! What it does not do: tell a record and a mark that were put back together from one backup from
//! the newest ones. Heads kept elsewhere do that.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::domain::audit::chain::{GENESIS, Head};
use crate::domain::id::Digest;

use super::error::{Fault, StoreError};
use super::folder;
use super::newer::Newer;

const MARK: &str = "mark";
const MARK_NEW: &str = "mark.new";

const NAME: &str = "dogwatch-mark-v";
/// The version of the slots that this module writes.
const MARK_VERSION: u64 = 1;

/// Bytes of a slot: a block of the usual file systems, so that a torn write hits one slot only.
const SLOT_LEN: usize = 4096;
const FILE_LEN: usize = 2 * SLOT_LEN;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub store: String,
    pub head: Head,
    /// Where `head` stands.
    slot: usize,
    /// The other slot is unreadable.
    half: bool,
}

/// Reads the mark and changes nothing. `None` if there is no such file.
pub(super) fn read(dir: &Path) -> Result<Option<Mark>, StoreError> {
    let path = dir.join(MARK);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::file("open", &path)(error)),
    };
    let mut bytes = Vec::with_capacity(FILE_LEN);
    let limit = FILE_LEN as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(StoreError::file("read", &path))?;
    parse(&bytes).map(Some).map_err(|problem| match problem {
        SlotError::Newer(found) => {
            let newer = Newer::Version { what: "the mark", found, known: MARK_VERSION };
            StoreError::newer(dir, newer)
        }
        SlotError::Unreadable => StoreError::damaged(dir, Fault::MarkUnreadable),
    })
}

/// Where the mark of a state folder is.
pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join(MARK)
}

impl Mark {
    /// What is wrong between the mark and a record whose chain was found sound.
    ///
    /// `hash_at_mark` is the hash of the event that the mark names, if the record has that event.
    pub(super) fn fault(&self, store: &str, head: Head, hash_at_mark: Option<Digest>) -> Option<Fault> {
        if self.store != store {
            return Some(Fault::MarkForeign { mark: self.store.clone(), store: store.to_owned() });
        }
        let hash_at_mark = if self.head.seq == 0 { Some(GENESIS) } else { hash_at_mark };
        match hash_at_mark {
            None => Some(Fault::MarkAhead { mark: self.head, head }),
            Some(found) if found != self.head.hash => {
                Some(Fault::MarkDiffers { mark: self.head, found: found.short() })
            }
            Some(_) => (self.half && head.seq <= self.head.seq).then_some(Fault::MarkHalf),
        }
    }
}

/// Writes the mark, in place.
#[derive(Debug)]
pub(super) struct MarkWriter {
    file: File,
    path: PathBuf,
    store: String,
    head: Head,
    slot: usize,
}

impl MarkWriter {
    /// Creates the file, whole or not at all.
    pub(super) fn create(dir: &Path, store: &str, head: Head) -> Result<Self, StoreError> {
        let (new, path) = (dir.join(MARK_NEW), dir.join(MARK));
        let slot = slot(store, head);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)
            .map_err(StoreError::file("create", &new))?;
        file.write_all(&slot)
            .and_then(|()| file.write_all(&slot))
            .and_then(|()| file.sync_all())
            .map_err(StoreError::file("write", &new))?;
        fs::rename(&new, &path).map_err(StoreError::file("rename to its name", &new))?;
        folder::sync_dir(dir)?;
        Ok(Self { file, path, store: store.to_owned(), head, slot: 0 })
    }

    /// Goes on from a mark that was read and found without fault.
    pub(super) fn resume(dir: &Path, mark: Mark) -> Result<Self, StoreError> {
        let path = dir.join(MARK);
        let file = OpenOptions::new().write(true).open(&path).map_err(StoreError::file("open", &path))?;
        Ok(Self { file, path, store: mark.store, head: mark.head, slot: mark.slot })
    }

    /// The open file and where it was opened.
    pub(super) fn file(&self) -> (&File, &Path) {
        (&self.file, &self.path)
    }

    /// Makes a head durable that the engine has made durable before.
    pub(super) fn advance(&mut self, head: Head) -> io::Result<()> {
        if head == self.head {
            return Ok(());
        }
        let other = 1 - self.slot;
        self.file.write_all_at(&slot(&self.store, head), (other * SLOT_LEN) as u64)?;
        self.file.sync_data()?;
        (self.head, self.slot) = (head, other);
        Ok(())
    }
}

/// A line for people and `parse_slot`, filled up with zeros.
fn slot(store: &str, head: Head) -> Vec<u8> {
    let text = format!("{NAME}{MARK_VERSION} {store} {} {}", head.seq, head.hash);
    let mut bytes = format!("{text} {}\n", Digest::of(text.as_bytes())).into_bytes();
    debug_assert!(bytes.len() <= SLOT_LEN, "a slot holds 32 + 20 + 64 + 64 characters and some");
    bytes.resize(SLOT_LEN, 0);
    bytes
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotError {
    Unreadable,
    Newer(u64),
}

pub(super) fn parse(bytes: &[u8]) -> Result<Mark, SlotError> {
    if bytes.len() != FILE_LEN {
        return Err(SlotError::Unreadable);
    }
    let (first, second) = bytes.split_at(SLOT_LEN);
    match (parse_slot(first), parse_slot(second)) {
        (Err(SlotError::Newer(version)), _) | (_, Err(SlotError::Newer(version))) => {
            Err(SlotError::Newer(version))
        }
        (Ok((store, _)), Ok((other, _))) if store != other => Err(SlotError::Unreadable),
        (Ok((store, head)), Ok((_, other))) if head.seq >= other.seq => {
            Ok(Mark { store, head, slot: 0, half: false })
        }
        (Ok(_), Ok((store, head))) => Ok(Mark { store, head, slot: 1, half: false }),
        (Ok((store, head)), Err(_)) => Ok(Mark { store, head, slot: 0, half: true }),
        (Err(_), Ok((store, head))) => Ok(Mark { store, head, slot: 1, half: true }),
        (Err(_), Err(_)) => Err(SlotError::Unreadable),
    }
}

fn parse_slot(bytes: &[u8]) -> Result<(String, Head), SlotError> {
    let unreadable = || SlotError::Unreadable;
    let end = bytes.iter().position(|&byte| byte == b'\n').ok_or_else(unreadable)?;
    let (line, padding) = bytes.split_at(end);
    if padding.iter().skip(1).any(|&byte| byte != 0) {
        return Err(SlotError::Unreadable);
    }
    let line = std::str::from_utf8(line).map_err(|_| SlotError::Unreadable)?;
    let (text, checksum) = line.rsplit_once(' ').ok_or_else(unreadable)?;
    if checksum != Digest::of(text.as_bytes()).to_string() {
        return Err(SlotError::Unreadable);
    }
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or_else(unreadable);
    let version = word()?.strip_prefix(NAME).and_then(|text| text.parse().ok()).ok_or_else(unreadable)?;
    if version != MARK_VERSION {
        return Err(SlotError::Newer(version));
    }
    let store = word()?.to_owned();
    let seq = word()?.parse().map_err(|_| SlotError::Unreadable)?;
    let hash = word()?.parse().map_err(|_| SlotError::Unreadable)?;
    Ok((store, Head { seq, hash }))
}
