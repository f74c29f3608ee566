//! The record of the loop in a [`Store`]: events of the domain, and the outbox beside them.
//!
//! Invariant: nothing is read or written here past the store, and what the store refuses is refused. It decides
//! nothing and repairs nothing.

use std::path::Path;

use super::error::StoreError;
use super::verify::{Report, read, verify_all};
use super::{Recorded, Store};
use crate::app::outbox::Note;
use crate::app::ports::{Audit, Record, RecordError};
use crate::app::{Outbox, chain, wall_ms};
use crate::domain::audit::chain::Head;
use crate::domain::audit::findings::Findings;
use crate::domain::id::StoreId;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::state::State;
use crate::domain::world::actor::ActorId;

/// The record in sled.
pub struct SledRecord {
    store: Store,
    id: StoreId,
}

impl SledRecord {
    /// The random id of the record.
    pub fn id(&self) -> &str {
        self.store.id()
    }

    /// Makes an empty record in a folder that has none.
    pub fn create(folder: &Path) -> Result<(), StoreError> {
        super::create(folder, wall_ms())
    }

    /// Opens the record and reads all that happened.
    pub fn open(folder: &Path) -> anyhow::Result<(Self, Vec<Moment>, Outbox)> {
        let (store, recorded, outbox) = Store::open_all::<Event, _>(folder, wall_ms(), Outbox::load)?;
        let id = store.id().parse()?;
        Ok((Self { store, id }, recorded.into_iter().map(moment).collect(), outbox))
    }
}

/// Proves the record in a folder, without changing it; `see` gets each sound event.
pub(crate) fn proved(folder: &Path, see: impl FnMut(Head)) -> Result<Report, StoreError> {
    verify_all::<Event, _>(folder, Outbox::load, see)
}

/// The state of the record in a folder; the record must be there.
pub(crate) fn recorded_state(folder: &Path) -> Result<State, StoreError> {
    let mut state = State::default();
    for recorded in read::<Event, _>(folder, Outbox::load)? {
        state.apply(&moment(recorded));
    }
    Ok(state)
}

/// What was found, for people; `is_in_use`: while a bot has the record open.
pub(crate) fn findings(report: &Report, is_in_use: bool) -> Findings {
    let fault = report.fault.as_ref().map(ToString::to_string);
    let contradicts = report.contradicts;
    Findings { fault, store: report.sound(), text: report.text, contradicts, is_in_use }
}

/// An event of the record as the state takes it in.
fn moment(recorded: Recorded<Event>) -> Moment {
    let envelope = recorded.envelope;
    Moment { seq: envelope.seq, at_ms: envelope.at_ms, actor: envelope.actor, event: envelope.event }
}

impl Record for SledRecord {
    fn store(&self) -> StoreId {
        self.id
    }

    fn head(&self) -> Head {
        self.store.head()
    }

    fn append(
        &mut self,
        at_ms: u64,
        events: Vec<(ActorId, Event)>,
        notes: Vec<Note>,
    ) -> Result<Vec<Moment>, RecordError> {
        let notes: Vec<_> = notes.into_iter().map(|note| (note.key, note.value)).collect();
        let recorded =
            self.store.append_with(at_ms, events, &notes).map_err(|error| RecordError(chain(error)))?;
        Ok(recorded.into_iter().map(moment).collect())
    }

    fn audit(&self) -> Audit {
        let auditor = self.store.auditor();
        Box::new(move || {
            auditor.report().map(|report| findings(&report, true)).map_err(|error| RecordError(chain(error)))
        })
    }
}
