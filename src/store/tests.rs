//! What is proved from inside: the codec, the outbox's parts, the mark's slots, and refusals that need a
//! hand in the engine.
//!
//! What is proved through the public functions alone (kills, the fixture, the vectors) is in tests/it/store.rs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod appends;
mod codec;
mod marks;
mod newer;
mod outbox;
mod places;
mod refusals;
mod salvage;
mod text;

use std::fs;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::*;
use crate::domain::id::Digest;

const NOW_MS: u64 = 1_795_000_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
enum Event {
    Noted { text: String },
    Counted { n: u64 },
    RequestOpened { request: String, digest: Digest, plan: serde_json::Value },
    Rang,
}

fn noted(text: &str) -> (ActorId, Event) {
    (ActorId("demo:ana".to_owned()), Event::Noted { text: text.to_owned() })
}

fn open(dir: &Path) -> Result<(Store, Vec<Recorded<Event>>), StoreError> {
    Store::open(dir, NOW_MS)
}

/// The store of a record that is made here.
fn made(dir: &Path) -> Store {
    create(dir, NOW_MS).unwrap();
    open(dir).unwrap().0
}

/// A state folder with `events` events, closed.
fn with_events(events: u64) -> TempDir {
    let dir = TempDir::new().unwrap();
    let mut store = made(dir.path());
    for n in 1..=events {
        store.append(NOW_MS + n, vec![noted(&format!("note {n}"))]).unwrap();
    }
    dir
}

fn fault(dir: &Path) -> Fault {
    match open(dir) {
        Err(StoreError::Damaged { fault, .. }) => *fault,
        other => panic!("not refused as damaged: {other:?}"),
    }
}
