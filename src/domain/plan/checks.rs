//! Verifications in the bytes of a plan: nothing, one, or a list, so that a plan with one has the bytes that it
//! has always had.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Check;

#[derive(Deserialize)]
#[serde(untagged)]
enum Bytes {
    One(Check),
    Several(Vec<Check>),
}

pub(super) fn serialize<S: Serializer>(checks: &[Check], serializer: S) -> Result<S::Ok, S::Error> {
    match checks {
        [] => serializer.serialize_none(),
        [one] => one.serialize(serializer),
        several => several.serialize(serializer),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Check>, D::Error> {
    Ok(match Option::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Bytes::One(check)) => vec![check],
        Some(Bytes::Several(checks)) => checks,
    })
}
