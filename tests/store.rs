//! The record as its users meet it: killed at every point, held by another process, written by the
//! first version, and hashed by somebody else's program.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod store {
    mod child;
    mod fixture;
    mod kill;
    mod measure;
    mod vectors;

    use serde::{Deserialize, Serialize};

    use dogwatch::domain::actor::ActorId;

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

    fn counted(n: u64) -> (ActorId, Event) {
        (ActorId("demo:ana".to_owned()), Event::Counted { n })
    }
}
