//! What the bot has recorded.

use std::path::Path;

use dogwatch::domain::id::RequestId;
use dogwatch::domain::record::event::Event;
use dogwatch::domain::record::moment::Moment;
use dogwatch::domain::record::request::{Request, Status};
use dogwatch::domain::record::state::State;
use dogwatch::store::Recorded;

use crate::store::opened;

/// Every event and the state that they make.
pub struct Record {
    pub events: Vec<Event>,
    pub state: State,
}

impl Record {
    /// Reads the record; it must be whole.
    pub fn open(state: &Path) -> Self {
        let (_, recorded) = opened::<Event>(state).unwrap();
        let state = folded(&recorded);
        Self { events: recorded.into_iter().map(|it| it.envelope.event).collect(), state }
    }

    pub fn request(&self, number: u64) -> Option<&Request> {
        self.state.requests.get(&RequestId(number))
    }

    pub fn status(&self, number: u64) -> Option<Status> {
        self.request(number).map(|request| request.status.clone())
    }

    pub fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| is(event)).count()
    }
}

/// The state that these events make.
pub fn folded(recorded: &[Recorded<Event>]) -> State {
    let mut state = State::default();
    for Recorded { envelope, .. } in recorded {
        let (seq, at_ms) = (envelope.seq, envelope.at_ms);
        state.apply(&Moment { seq, at_ms, actor: envelope.actor.clone(), event: envelope.event.clone() });
    }
    state
}
