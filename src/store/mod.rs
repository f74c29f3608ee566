//! The durable, append-only record: a hash chain of events in sled, and a mark beside it.
//!
//! Invariant: an event that [`Store::append`] returned is there after a crash or a power cut, and
//! [`Store::open`] returns all events in order or refuses; it never returns an older or an edited
//! record as if it were whole. One process at a time holds a record.
//!
//! An event is acknowledged after these steps: one transaction (events and head), sled's flush,
//! fdatasync of sled's data file, fdatasync of the text copy, fdatasync of the mark, and a look whether
//! all of these are still the files at their paths. A crash between them leaves the store ahead of the
//! text and the mark, never behind; the next open syncs the store and lets both catch up.
//!
//! ```text
//! DIR/             0700, its files 0600; what was open to others is closed
//!   holder         locked by the process that has the record; its pid and which program it is
//!   mark           the head that was acknowledged last, in two slots
//!   record.jsonl   the text copy: every event as a line of JSON
//!   record/        sled's: conf, db, snap.*, blobs/ (stays empty)
//!   record.new/, record.jsonl.new   of a creation that was interrupted; made anew
//! ```
//!
//! In sled, the tree `events` holds the records (see `record`), the tree `meta` the format version,
//! the store id, the time of creation, and the head (sequence and hash) as of the same transaction.
//! The tree `outbox` holds named entries that are written in the same transaction as events and can be
//! removed again: what is still to be said, not what has happened. They are no part of the chain.
//!
//! What it does not do: it blocks (call it from `spawn_blocking`), it gathers nothing (one call, one
//! sync: the caller puts what waits into one call), it repairs, cuts and deletes nothing, and it
//! does not notice a folder that was put back whole from an older backup: heads kept
//! elsewhere do.

mod auditor;
mod build;
mod copy;
mod engine;
mod error;
mod folder;
mod hold;
mod keeping;
mod mark;
mod newer;
mod outbox;
mod presence;
mod reading;
mod record;
pub mod sled_record;
mod text;
mod trouble;
mod verify;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::outbox::Unread;
use crate::domain::audit::chain::{ENVELOPE_VERSION, EVENT_LEN_MAX, Envelope, Head, event_hash, follow};
use crate::domain::canonical::canonical;
use crate::domain::world::actor::ActorId;

pub use auditor::Auditor;
pub use build::create;
pub use engine::FORMAT_VERSION;
pub use error::{BoxError, Fault, Holder, StoreError};
pub use keeping::{Salvaged, Source, backup, restore, salvage};
pub use newer::Newer;
pub use outbox::Entries;
pub use record::Recorded;
pub use verify::{Report, read, verify, verify_all};

use copy::StateCopy;
use engine::Engine;
use error::append_error;
use hold::Hold;
use mark::MarkWriter;
use presence::require;
use reading::{Contents, contents, decode};
use record::Record;
use text::{Comparison, Same, Text, TextWriter};
use trouble::EngineError;
use verify::acknowledged;

/// Events of one append at the most: more than the decisions of one batch can hold (64 ends of a
/// step with all their output, and one recovery of 100 runs on 16 hosts).
pub const APPEND_EVENTS_MAX: usize = 4096;

/// The one writer of a record.
#[derive(Debug)]
pub struct Store {
    // Dropped in this order: the folder is let go of last.
    engine: Engine,
    text: TextWriter,
    mark: MarkWriter,
    id: String,
    /// Locked while something is written; what it holds is the last head that was acknowledged.
    head: Arc<Mutex<Head>>,
    poisoned: bool,
    dir: PathBuf,
    hold: Hold,
}

impl Store {
    /// Opens the record in `dir`, which [`create`] has made, and returns every event in order.
    ///
    /// Checks the format, the whole chain, the head and the mark, and refuses if anything is not as
    /// it was left. `now_ms`: milliseconds since 1970, kept as the time of creation and for people.
    pub fn open<E>(dir: &Path, now_ms: u64) -> Result<(Self, Vec<Recorded<E>>), StoreError>
    where
        E: Serialize + DeserializeOwned,
    {
        let (store, events, ()) = Self::open_all(dir, now_ms, |_| Ok(()))?;
        Ok((store, events))
    }

    /// The same with what `beside` makes of the entries beside the events.
    ///
    /// A record that a newer dogwatch wrote is left as it was to the byte: sled renews its index and
    /// clears an unfinished end when it opens, so where another program had the record last, a copy
    /// is read first. Where none can be made, the record itself is opened and refused, and that is all
    /// that changes.
    pub fn open_all<E, O>(
        dir: &Path,
        now_ms: u64,
        beside: impl Fn(&Entries) -> Result<O, Unread>,
    ) -> Result<(Self, Vec<Recorded<E>>, O), StoreError>
    where
        E: Serialize + DeserializeOwned,
    {
        require(dir)?;
        // What stands at a relative path moves along with the working folder.
        let dir = &std::path::absolute(dir).map_err(StoreError::file("look for", dir))?;
        folder::keep_private(dir)?;
        let mut hold = Hold::take(dir, now_ms)?;
        let mark = mark::read(dir)?;
        let path = folder::record(dir);
        if !folder::has(&path)? {
            let fault = mark.map_or(Fault::TextAlone, |mark| Fault::MarkAlone(mark.head));
            return Err(StoreError::damaged(dir, fault));
        }
        if hold.was_anothers()
            && let Ok(copy) = StateCopy::between_commits(dir)
            && let Ok(engine) = copy.open(dir)
            && let Err(newer @ StoreError::Newer { .. }) =
                contents::<E, O>(dir, &engine, mark.as_ref(), &beside, |_, _| Ok(()))
        {
            return Err(newer);
        }
        let engine = Engine::open(dir, &path)?;
        let text = Text::open(dir)?;
        let mut comparison = Comparison::new(text.as_ref())?;
        let Contents { store: id, head, events, beside } =
            contents(dir, &engine, mark.as_ref(), beside, |head, envelope| comparison.push(head, envelope))?;
        let same = comparison.end(acknowledged(mark.as_ref()))?;
        let same = same.map_err(|fault| StoreError::damaged(dir, fault))?;
        engine.assert_nothing_spilled()?;
        // After a kill the newest events may be in the page cache only; from here on they are state.
        engine.sync().map_err(|error| append_error("sync the record in", &path)(error.into()))?;
        folder::sync_dir(&path)?;
        let text = complete(dir, &engine, same)?;
        let mut mark = match mark {
            Some(mark) => MarkWriter::resume(dir, mark)?,
            None => MarkWriter::create(dir, &id, head)?,
        };
        mark.advance(head).map_err(StoreError::file("write the mark in", dir))?;
        hold.keep();
        let dir = dir.to_owned();
        let head = Arc::new(Mutex::new(head));
        Ok((Self { engine, text, mark, id, head, poisoned: false, dir, hold }, events, beside))
    }

    /// Records events, in this order, and returns them when they are durable.
    ///
    /// All of them or none are recorded, with one sync. A [`StoreError::TooLong`], `EntryTooLong`,
    /// `TooMany` or `Unfaithful` is found before anything is written and leaves the store as it was.
    /// After any other error it is unknown what is on disk, and every further append fails: the next
    /// open tells.
    pub fn append<E>(&mut self, at_ms: u64, events: Vec<(ActorId, E)>) -> Result<Vec<Recorded<E>>, StoreError>
    where
        E: Serialize + DeserializeOwned,
    {
        self.append_with(at_ms, events, &[])
    }

    /// The same, together with entries of the outbox that are written, or removed where they have no
    /// value. Removals alone are handed to the system and not synced: after a power cut an entry may be there again.
    pub fn append_with<E>(
        &mut self,
        at_ms: u64,
        events: Vec<(ActorId, E)>,
        entries: &[(String, Option<Vec<u8>>)],
    ) -> Result<Vec<Recorded<E>>, StoreError>
    where
        E: Serialize + DeserializeOwned,
    {
        if self.poisoned {
            return Err(StoreError::Poisoned { dir: self.dir.clone() });
        }
        if events.len() > APPEND_EVENTS_MAX {
            return Err(StoreError::TooMany { events: events.len(), max: APPEND_EVENTS_MAX });
        }
        let before = self.head();
        let mut head = before;
        let mut recorded = Vec::with_capacity(events.len());
        let mut records = Vec::with_capacity(events.len());
        let mut lines = Vec::new();
        for (actor, event) in events {
            let (v, store, seq) = (ENVELOPE_VERSION, self.id.clone(), head.seq + 1);
            let envelope = Envelope { v, store, seq, at_ms, actor, event };
            let record = encode(&self.id, head, &envelope)?;
            head = Head { seq, hash: record.hash };
            records.push((seq, record.encode()));
            lines.extend(text::line(record.hash, &record.canonical_envelope));
            recorded.push(Recorded { envelope, hash: head.hash });
        }
        if recorded.is_empty() && entries.is_empty() {
            return Ok(recorded);
        }
        let longest = entries.iter().filter_map(|(_, value)| value.as_ref().map(Vec::len)).max();
        if let Some(len) = longest.filter(|len| *len > outbox::ENTRY_LEN_MAX) {
            return Err(StoreError::EntryTooLong { len });
        }
        // Poisoned until everything has gone well, whatever way this is left.
        self.poisoned = true;
        let between_commits = Arc::clone(&self.head);
        let mut acknowledged = between_commits.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&records, &lines, before, head, entries)?;
        self.assert_in_place()?;
        *acknowledged = head;
        self.poisoned = false;
        Ok(recorded)
    }

    fn write(
        &mut self,
        records: &[(u64, Vec<u8>)],
        lines: &[u8],
        before: Head,
        head: Head,
        entries: &[(String, Option<Vec<u8>>)],
    ) -> Result<(), StoreError> {
        let path = self.engine.path();
        let failed = |operation| move |error: EngineError| append_error(operation, path)(error.into());
        let committed = self.engine.commit(before, records, head, entries);
        committed.map_err(failed("append to the record in"))?;
        if records.is_empty() && entries.iter().all(|(_, value)| value.is_none()) {
            return self.engine.hand_over().map_err(failed("write to the record in"));
        }
        self.engine.sync().map_err(failed("sync the record in"))?;
        self.engine.assert_nothing_spilled()?;
        if records.is_empty() {
            return Ok(());
        }
        let dir = &self.dir;
        let failed = |operation| move |error: io::Error| append_error(operation, dir)(error.into());
        self.text
            .write(lines)
            .and_then(|()| self.text.sync())
            .map_err(failed("write the copy of events in"))?;
        self.mark.advance(head).map_err(failed("write the mark in"))
    }

    /// Fails if what was written is no longer what the next start would find at its path.
    fn assert_in_place(&self) -> Result<(), StoreError> {
        for (file, path) in [self.hold.file(), self.engine.file(), self.text.file(), self.mark.file()] {
            if !folder::is_at(file, path) {
                return Err(StoreError::Replaced { path: path.to_owned() });
            }
        }
        Ok(())
    }

    /// What verifies the record on the disk while this goes on writing it.
    pub fn auditor(&self) -> Auditor {
        Auditor::new(&self.dir, &self.head)
    }

    /// The entries beside the events, by name. They are no part of the chain.
    pub fn outbox(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.engine.outbox(&self.dir)
    }

    /// The store's random id: 32 hex digits that stand in every envelope.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The last recorded event.
    pub fn head(&self) -> Head {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings the text copy to where the store is, and makes it durable.
fn complete(dir: &Path, engine: &Engine, same: Same) -> Result<TextWriter, StoreError> {
    let path = text::path(dir);
    let mut text = TextWriter::resume(path.clone(), same)?;
    engine.visit(dir, same.seq, |seq, bytes| {
        let record = decode(dir, seq, &bytes)?;
        let line = text::line(record.hash, &record.canonical_envelope);
        text.write(&line).map_err(StoreError::file("complete", &path))
    })?;
    text.sync().map_err(StoreError::file("sync", &path))?;
    folder::sync_dir(dir)?;
    Ok(text)
}

/// The record of an event that follows `head`, after making sure that it would be read back the same.
fn encode<E>(store: &str, head: Head, envelope: &Envelope<E>) -> Result<Record, StoreError>
where
    E: Serialize + DeserializeOwned,
{
    let unfaithful = |source: BoxError| StoreError::Unfaithful { source: Some(source) };
    let canonical_envelope = canonical(envelope).map_err(|error| unfaithful(error.into()))?;
    let len = canonical_envelope.len();
    if len > EVENT_LEN_MAX {
        return Err(StoreError::TooLong { len });
    }
    let hash = event_hash(head.hash, &canonical_envelope);
    follow(head, store, &canonical_envelope, hash).map_err(|error| unfaithful(error.into()))?;
    let back: Envelope<E> =
        serde_json::from_slice(&canonical_envelope).map_err(|error| unfaithful(error.into()))?;
    if canonical(&back).ok().as_ref() != Some(&canonical_envelope) {
        return Err(StoreError::Unfaithful { source: None });
    }
    Ok(Record { hash, canonical_envelope })
}
