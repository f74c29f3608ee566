//! Canonical bytes: the one spelling of a value that everybody hashes alike.
//!
//! They are RFC 8785 JSON without floats. What they are hashed with stands where it is hashed:
//! [`crate::domain::plan::plan_digest`], [`crate::domain::audit::chain::event_hash`].

use serde::Serialize;

/// Why something has no canonical bytes.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// The value can't be JSON.
    #[error("this value can't be written as JSON")]
    Json(#[source] serde_json::Error),
    /// Floats have no one spelling that everybody agrees on.
    #[error("a number that is no integer between -2^53 and 2^53 can't be canonical")]
    Number,
}

/// The RFC 8785 bytes of a value without floats.
pub fn canonical(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(CanonicalError::Json)?;
    if !integers_only(&value) {
        return Err(CanonicalError::Number);
    }
    serde_json_canonicalizer::to_vec(&value).map_err(CanonicalError::Json)
}

fn integers_only(value: &serde_json::Value) -> bool {
    const EXACT: u64 = 1 << 53;
    match value {
        serde_json::Value::Number(number) => {
            number.as_u64().is_some_and(|n| n <= EXACT)
                || number.as_i64().is_some_and(|n| n.unsigned_abs() <= EXACT)
        }
        serde_json::Value::Array(values) => values.iter().all(integers_only),
        serde_json::Value::Object(fields) => fields.values().all(integers_only),
        _ => true,
    }
}
