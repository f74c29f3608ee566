//! What a later dogwatch wrote and this one does not know.
//!
//! Invariant: an event is read as it was written, or not at all. A field that is not known would be
//! dropped without a word, and what was decided on it with it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::audit::chain::Envelope;
use crate::domain::canonical::canonical;

/// What this dogwatch does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Newer {
    /// A version that came later.
    #[error("{what} has version {found}, this one knows {known}")]
    Version {
        /// Of what.
        what: &'static str,
        /// The version.
        found: u64,
        /// The newest that this dogwatch reads.
        known: u64,
    },
    /// A kind of event.
    #[error("event {seq} is of the kind `{kind}`, which this version does not know")]
    Kind {
        /// The event.
        seq: u64,
        /// Its kind.
        kind: String,
    },
    /// Something in an event of a known kind.
    #[error("event {seq}, `{kind}`, has something that this version does not know: {what}")]
    Content {
        /// The event.
        seq: u64,
        /// Its kind.
        kind: String,
        /// The name of a field, or why a value can't be read.
        what: String,
    },
    /// Something beside the events.
    #[error("beside its events it has `{0}`, which this version does not know")]
    Beside(String),
}

/// An event from its canonical bytes, if nothing of it would be lost.
pub(super) fn envelope<E>(seq: u64, bytes: &[u8]) -> Result<Envelope<E>, Newer>
where
    E: Serialize + DeserializeOwned,
{
    let written = || serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    match serde_json::from_slice::<Envelope<E>>(bytes) {
        Ok(envelope) if canonical(&envelope).is_ok_and(|again| again == bytes) => Ok(envelope),
        Ok(envelope) => {
            let again = serde_json::to_value(&envelope).unwrap_or_default();
            let lost = first_lost("", &written(), &again).unwrap_or_default();
            Err(unknown(seq, &written(), &format!("`{}`", lost.trim_start_matches('.'))))
        }
        Err(error) => Err(unknown(seq, &written(), &error.to_string())),
    }
}

/// `why`: what serde says, or the name of a field.
fn unknown(seq: u64, written: &Value, why: &str) -> Newer {
    let kind = written["kind"].as_str().unwrap_or_default().to_owned();
    if why.starts_with(&format!("unknown variant `{kind}`")) {
        return Newer::Kind { seq, kind };
    }
    // Without the list of what would be known, and the place in the bytes.
    let what = why.split(", expected").next().and_then(|why| why.split(" at line ").next());
    Newer::Content { seq, kind, what: what.unwrap_or_default().to_owned() }
}

/// Where something was written that was not read.
fn first_lost(path: &str, written: &Value, again: &Value) -> Option<String> {
    match (written, again) {
        (Value::Object(written), Value::Object(again)) => written.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            again.get(name).map_or(Some(path.clone()), |again| first_lost(&path, value, again))
        }),
        (Value::Array(written), Value::Array(again)) if written.len() == again.len() => {
            let mut pairs = (0..).zip(written.iter().zip(again));
            pairs.find_map(|(at, (value, again))| first_lost(&format!("{path}.{at}"), value, again))
        }
        (written, again) => (written != again).then(|| path.to_owned()),
    }
}
