//! Making a record: an empty one, or one of events that were found sound.

use std::fs;
use std::path::Path;

use super::engine::Engine;
use super::error::{StoreError, append_error};
use super::folder;
use super::hold::Hold;
use super::mark::{self, MarkWriter};
use super::presence::is_there;
use super::record::Record;
use super::text::{self, Same, TextWriter};
use super::trouble::EngineError;
use crate::domain::audit::chain::Head;

/// Events of one transaction.
const BATCH: usize = 256;

/// What takes one event after the other: its sequence and hash, and its canonical bytes.
pub(super) type Take<'a> = dyn FnMut(Head, &[u8]) -> Result<(), StoreError> + 'a;

/// Makes an empty record in `dir`, once: where there is one already, nothing is changed.
///
/// Killed anywhere in here, the next call starts over, or the record is there.
pub fn create(dir: &Path, now_ms: u64) -> Result<(), StoreError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id)
        .map_err(|error| append_error("draw a random id for the record in", dir)(error.to_string().into()))?;
    build(dir, &hex::encode(id), now_ms, |_| Ok(()))
}

/// Makes a record of the events that `give` hands over, which the caller has found sound.
///
/// The record gets its name last, when all is whole and durable. What a kill, a power cut or a failure leaves before
/// that is no record, and no hindrance to another one.
pub(super) fn build(
    dir: &Path,
    store: &str,
    now_ms: u64,
    give: impl FnOnce(&mut Take<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let absent = || if is_there(dir)? { Err(StoreError::Exists { dir: dir.to_owned() }) } else { Ok(()) };
    absent()?;
    folder::make(dir)?;
    folder::keep_private(dir)?;
    let mut hold = Hold::take(dir, now_ms)?;
    // Another one may have made it meanwhile.
    absent()?;
    if let Err(error) = made(dir, store, now_ms, give) {
        give_up(dir);
        return Err(error);
    }
    hold.keep();
    Ok(())
}

fn made(
    dir: &Path,
    store: &str,
    now_ms: u64,
    give: impl FnOnce(&mut Take<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (new, path) = (folder::unfinished(dir), folder::record(dir));
    if folder::has(&new)? {
        // It shows that the others are left over as well, so it goes last.
        folder::remove(&mark::path(dir))?;
        folder::remove(&text::path(dir))?;
        folder::sync_dir(dir)?;
        folder::remove(&new)?;
    }
    Engine::create(&new, store, now_ms)?;
    let head = fill(dir, &new, give)?;
    let lines = text::unfinished(dir);
    fs::rename(&lines, text::path(dir)).map_err(StoreError::file("rename to its name", &lines))?;
    MarkWriter::create(dir, store, head)?;
    fs::rename(&new, &path).map_err(StoreError::file("rename to its name", &new))?;
    folder::sync_dir(dir)
}

/// Removes what this very creation made, so that the place can be used again. With its name a record is whole.
fn give_up(dir: &Path) {
    if folder::has(&folder::record(dir)).unwrap_or(true) {
        return;
    }
    for path in [mark::path(dir), text::path(dir), text::unfinished(dir), folder::unfinished(dir)] {
        // The first error is the one to tell.
        let _ = folder::remove(&path);
    }
}

/// Writes events to the engine in `path` and to the text copy, and makes both durable.
fn fill(
    dir: &Path,
    path: &Path,
    give: impl FnOnce(&mut Take<'_>) -> Result<(), StoreError>,
) -> Result<Head, StoreError> {
    let lines = text::unfinished(dir);
    let mut text = TextWriter::resume(lines.clone(), Same::NOTHING)?;
    let engine = Engine::open(dir, path)?;
    let (mut written, mut head) = (Head::START, Head::START);
    let mut batch: Vec<(u64, Vec<u8>)> = Vec::new();
    let failed = |operation| move |error: EngineError| append_error(operation, path)(error.into());
    let unwritten = failed("append to the record in");
    give(&mut |next, envelope| {
        let record = Record { hash: next.hash, canonical_envelope: envelope.to_owned() };
        batch.push((next.seq, record.encode()));
        text.write(&text::line(next.hash, envelope)).map_err(StoreError::file("write", &lines))?;
        head = next;
        if batch.len() == BATCH {
            engine.commit(written, &batch, head, &[]).map_err(unwritten)?;
            written = head;
            batch.clear();
        }
        Ok(())
    })?;
    if !batch.is_empty() {
        engine.commit(written, &batch, head, &[]).map_err(unwritten)?;
    }
    engine.sync().map_err(failed("sync the record in"))?;
    engine.assert_nothing_spilled()?;
    drop(engine);
    folder::sync_tree(path)?;
    text.sync().map_err(StoreError::file("sync", &lines))?;
    Ok(head)
}
