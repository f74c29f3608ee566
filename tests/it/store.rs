//! The record as its users meet it: killed at every point, held by another process, written by the
//! first version, and hashed by somebody else's program.

mod child;
mod fixture;
mod kill;
mod measure;
mod newer;
mod power;
mod system;
mod vectors;

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use dogwatch::domain::world::actor::ActorId;
use dogwatch::store::{self, Recorded, Store, StoreError};

const NOW_MS: u64 = 1_795_000_000_000;

/// Stands for the domain's events where only their order and length matter; fixture and vectors
/// hold the real ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
enum Event {
    Noted { text: String },
    Counted { n: u64 },
    Rang,
}

/// What each append of the child puts into the outbox beside its events: an entry that is replaced,
/// one of several parts that grows and shrinks, and one that comes as the one before it goes.
fn entries(first: u64, last: u64) -> Vec<(String, Option<Vec<u8>>)> {
    let written = outbox(last).into_iter().map(|(name, value)| (name, Some(value)));
    written.chain([(post(first - 1), None)]).collect()
}

/// The outbox when `last` is the last event of an append.
fn outbox(last: u64) -> Vec<(String, Vec<u8>)> {
    if last == 0 {
        return Vec::new();
    }
    let long = last.to_string().repeat(if last.is_multiple_of(2) { 900 } else { 4000 });
    let number = last.to_string();
    [("last".to_owned(), number), ("long".to_owned(), long), (post(last), String::new())]
        .map(|(name, value)| (name, value.into_bytes()))
        .into()
}

fn post(n: u64) -> String {
    format!("post/{n:08}")
}

/// Opens the record in a folder; where there is none yet, one is made, as `dogwatch init` does.
pub fn opened<E: Serialize + DeserializeOwned>(dir: &Path) -> Result<(Store, Vec<Recorded<E>>), StoreError> {
    match store::create(dir, NOW_MS) {
        Ok(()) | Err(StoreError::Exists { .. }) => Store::open(dir, NOW_MS),
        Err(error) => Err(error),
    }
}

fn counted(n: u64) -> (ActorId, Event) {
    (ActorId("demo:ana".to_owned()), Event::Counted { n })
}
