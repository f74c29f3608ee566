//! What can go wrong with the record, and what to do about it.
//!
//! A [`Fault`] is a finding about the bytes on disk: the start is refused with it, and
//! `dogwatch audit verify` lists it. A [`StoreError`] is what a caller gets. None of them is
//! repaired here: the record is never deleted or cut.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::newer::Newer;
use super::outbox::ENTRY_LEN_MAX;
use crate::app::outbox::Unread;
use crate::domain::audit::chain::{ChainBreak, EVENT_LEN_MAX, Head};

/// The engine's own error; its type stays inside the store.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why the record can't be used or written. The message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file operation failed.
    #[error("can't {operation} {}: see that the disk is well and not full and that the folder is yours", .path.display())]
    File {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The system failed while the engine read. It says nothing about the bytes on disk.
    #[error(
        "can't {operation} of the record in {}: see that the disk is well and not full and that the folder is \
         yours, then start again. Nothing says that the record is damaged", .dir.display()
    )]
    System {
        /// What the engine tried.
        operation: &'static str,
        /// The state folder.
        dir: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// There is no record, and none is made without being asked for.
    #[error(
        "there is no record in {0}: if there was one, the folder was emptied, moved, or is not mounted; put it \
         back, or name it with --state DIR. If there never was one, `dogwatch init --state {0}` makes it",
        .dir.display()
    )]
    Absent {
        /// The state folder.
        dir: PathBuf,
    },
    /// A record was to be made where there is one.
    #[error(
        "there is a record in {0} already, and nothing was changed: `dogwatch audit verify --state {0}` shows \
         what it holds; another one needs another folder", .dir.display()
    )]
    Exists {
        /// The state folder.
        dir: PathBuf,
    },
    /// Others may read or write the folder or a file of the record, and that can't be mended here.
    #[error(
        "{0} is open to others, and not only the record's or not yours: `chmod -R go= {0}` makes it its owner's \
         alone, or name another folder with --state", .path.display()
    )]
    OpenToOthers {
        /// The folder or the file.
        path: PathBuf,
    },
    /// A link, a pipe or a device where a file of the record should be.
    #[error(
        "{0} is a link, a pipe or a device, and no file of its own: nothing was opened or changed. Remove it, or put \
         back the file that stood there", .path.display()
    )]
    NotPlain {
        /// What it is.
        path: PathBuf,
    },
    /// There is no space for the copy that reading needs.
    #[error(
        "reading the record in {} needs a copy of {} MB, and {} has {} MB free: make space there, or name \
         another folder in the variable TMPDIR", .dir.display(), megabytes(*.needed), .path.display(),
        .free / 1_000_000
    )]
    NoSpace {
        /// The state folder.
        dir: PathBuf,
        /// Where the copy would be.
        path: PathBuf,
        /// Bytes of the copy.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Another process has the record open.
    #[error("the record in {} is held by {holder}: stop that first, or name another folder with --state", .dir.display())]
    Held {
        /// The state folder.
        dir: PathBuf,
        /// Who holds it, as far as known.
        holder: Holder,
    },
    /// A newer dogwatch wrote this.
    #[error(
        "the record in {} was written by a newer dogwatch: {newer}; use the version that wrote it, \
         nothing was changed", .dir.display()
    )]
    Newer {
        /// The state folder.
        dir: PathBuf,
        /// What is not known here.
        newer: Box<Newer>,
    },
    /// The record is not what it was.
    #[error(
        "the record in {0} can't be trusted: {fault}. `dogwatch audit verify --state {0}` shows what is \
         wrong and what is sound; restore a backup, or `dogwatch salvage --state {0} DIR` makes a record of the sound \
         part in another folder. dogwatch deletes and repairs nothing there", .dir.display()
    )]
    Damaged {
        /// The state folder.
        dir: PathBuf,
        /// What is wrong.
        fault: Box<Fault>,
        /// What the engine says, if it was the one to notice.
        #[source]
        source: Option<BoxError>,
    },
    /// Something stands where a new record was to be made.
    #[error("{} is not empty, and nothing was changed: name a new or empty folder", .path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A record was to be salvaged of which nothing is sound.
    #[error("nothing of the record in {} is sound, neither in the store nor in `record.jsonl`: restore a backup", .dir.display())]
    NothingSound {
        /// The state folder.
        dir: PathBuf,
    },
    /// A record was to be salvaged whose two copies are sound and tell different things.
    #[error(
        "the store in {} and its copy `record.jsonl` are each a sound chain and differ, so one of them was \
         written anew: look at both, move the one that is not believed out of the folder, and salvage again",
        .dir.display()
    )]
    Contradiction {
        /// The state folder.
        dir: PathBuf,
    },
    /// An entry of the outbox is too long; nothing was written and the store is still good.
    #[error("an entry of {len} bytes beside the events is longer than {ENTRY_LEN_MAX}")]
    EntryTooLong {
        /// Bytes of the entry.
        len: usize,
    },
    /// An event is too long; nothing was written and the store is still good.
    #[error(
        "an event of {len} bytes is longer than {EVENT_LEN_MAX}: chunk long output, or keep it as a file with its hash"
    )]
    TooLong {
        /// Bytes of its canonical envelope.
        len: usize,
    },
    /// Too many events at once; nothing was written and the store is still good.
    #[error(
        "{events} events in one append, at most {max}: append what belongs together in one call, the rest later"
    )]
    TooMany {
        /// How many there were.
        events: usize,
        /// How many there may be.
        max: usize,
    },
    /// An event would not come back as it went in; nothing was written and the store is still good.
    #[error(
        "an event can't be recorded because it would not be read back the same: this is a bug, report it"
    )]
    Unfaithful {
        /// Why.
        #[source]
        source: Option<BoxError>,
    },
    /// Writing failed: whether the events are recorded is known only after the next start.
    #[error(
        "can't {operation} {}: whether the last events are recorded shows at the next start; see that \
         the disk is well and not full, then start again", .path.display()
    )]
    Append {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The engine's or the system's answer.
        #[source]
        source: BoxError,
    },
    /// The engine moved values to files that it does not sync.
    #[error("the engine keeps values in {}, which it does not sync: this is a bug, report it", .path.display())]
    Spilled {
        /// The folder that has to stay empty.
        path: PathBuf,
    },
    /// What was written does not stand where the next start would look for it.
    #[error(
        "{} is no longer the file that was opened: the state folder was emptied, moved, replaced or unmounted \
         under the running bot. Put it back as it was, then start again: what came last is in the files that \
         were taken away", .path.display()
    )]
    Replaced {
        /// What was opened and is no longer there.
        path: PathBuf,
    },
    /// An append failed before.
    #[error("the record in {} takes no more events because an append failed: start again", .dir.display())]
    Poisoned {
        /// The state folder.
        dir: PathBuf,
    },
}

impl StoreError {
    /// For `map_err`: names the operation and its path.
    pub(super) fn file(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { operation, path, source }
    }

    pub(super) fn damaged(dir: &Path, fault: Fault) -> Self {
        Self::Damaged { dir: dir.to_owned(), fault: Box::new(fault), source: None }
    }

    /// The refusal of a record that holds what this version does not know.
    pub fn newer(dir: &Path, newer: Newer) -> Self {
        Self::Newer { dir: dir.to_owned(), newer: Box::new(newer) }
    }

    pub(super) fn unread(dir: &Path, unread: Unread) -> Self {
        match unread {
            Unread::Unknown(entry) => Self::newer(dir, Newer::Beside(entry)),
            Unread::Damaged(entry) => Self::damaged(dir, Fault::Entry(entry)),
        }
    }
}

/// Rounded up: what is asked for is enough.
fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

pub(super) fn append_error(operation: &'static str, path: &Path) -> impl FnOnce(BoxError) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Append { operation, path, source }
}

/// Who holds the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The process with this id.
    Process(u32),
    /// It did not say.
    Unknown,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "process {pid}"),
            Self::Unknown => f.write_str("another process"),
        }
    }
}

/// What is wrong with the bytes on disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A file is gone without which there is no record.
    #[error("the file `{0}` is missing")]
    Missing(&'static str),
    /// The engine can't make sense of its files.
    #[error("the engine failed to {operation}: {reason}")]
    Engine {
        /// What was tried.
        operation: &'static str,
        /// The engine's words.
        reason: String,
    },
    /// The engine opened, but there was nothing in it, not even what every new record has.
    #[error("the engine opened it empty, so its data file lost its contents")]
    Emptied,
    /// An entry about the record itself is missing or unreadable.
    #[error("its entry `{0}` is missing or unreadable")]
    Meta(&'static str),
    /// What is kept beside the events is unreadable.
    #[error("what it keeps beside its events is unreadable at `{0}`")]
    Entry(String),
    /// A part of an event is missing or stands where none should.
    #[error("event {seq} is missing or in pieces")]
    Pieces {
        /// The first bad event.
        seq: u64,
    },
    /// The chain breaks.
    #[error("the chain breaks at event {seq}: {why}")]
    Chain {
        /// The first bad event.
        seq: u64,
        /// Why it is bad.
        why: ChainBreak,
    },
    /// The events end elsewhere than the head that was written together with them.
    #[error("the events end with {found}, but {written} was written as their end")]
    Head {
        /// The last sound event.
        found: Head,
        /// The head entry.
        written: Head,
    },
    /// There are events and no mark.
    #[error("the file `mark` is missing although there are {events} events: the record may be an old copy")]
    MarkMissing {
        /// How many events there are.
        events: u64,
    },
    /// There is a mark and no record.
    #[error("the file `mark` names {0}, but there is no record beside it")]
    MarkAlone(Head),
    /// The mark can't be read.
    #[error("the file `mark` is unreadable")]
    MarkUnreadable,
    /// One half of the mark can't be read, and no interrupted write explains it.
    #[error(
        "half of the file `mark` is unreadable and no interrupted write explains it: events may be missing"
    )]
    MarkHalf,
    /// The record lost events that were acknowledged.
    #[error("the file `mark` names {mark}, but the events end with {head}: acknowledged events are missing")]
    MarkAhead {
        /// What was acknowledged.
        mark: Head,
        /// What is there.
        head: Head,
    },
    /// The mark is another store's.
    #[error("the file `mark` belongs to store {mark}, the record is store {store}")]
    MarkForeign {
        /// The mark's store id.
        mark: String,
        /// The record's store id.
        store: String,
    },
    /// There is a text copy and no record.
    #[error("there is the copy `record.jsonl`, but no record beside it")]
    TextAlone,
    /// What was acknowledged stands otherwise in the text copy.
    #[error(
        "the copy `record.jsonl` has something else at event {seq}: one of the two was changed. If it is the \
         copy, move it out of the folder; the next start writes it anew"
    )]
    TextDiffers {
        /// The first event that differs.
        seq: u64,
    },
    /// The store lost events that the text copy still has.
    #[error(
        "the copy `record.jsonl` goes on after event {head}, where the events end: events may be missing, and \
         `dogwatch salvage` makes a record of what the copy holds. If it is the copy that was changed, move it out \
         of the folder; the next start writes it anew"
    )]
    TextAhead {
        /// The last event of the store.
        head: u64,
    },
    /// The folder holds a record, but not the one that the bot writes.
    #[error("the record in the folder is not the one that this bot writes: the folder was replaced")]
    Another,
    /// History was rewritten under the mark.
    #[error("the file `mark` names {mark}, but that event's hash is {found}")]
    MarkDiffers {
        /// What was acknowledged.
        mark: Head,
        /// The hash in the record, shortened.
        found: String,
    },
}
