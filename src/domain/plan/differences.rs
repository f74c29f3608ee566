//! What differs between a plan and the same wish planned again.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Plan;

/// Differences that are named.
const DIFFERENCES_MAX: usize = 8;

impl Plan {
    /// Names the first fields in which `now` differs from `self`, for people.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let (Ok(then), Ok(now)) = (serde_json::to_value(self), serde_json::to_value(now)) else {
            return vec!["plan".to_owned()];
        };
        let mut found = Vec::new();
        differing_paths("", &then, &now, &mut found);
        found.truncate(DIFFERENCES_MAX);
        found
    }
}

fn differing_paths(at: &str, then: &Value, now: &Value, found: &mut Vec<String>) {
    let join = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match (then, now) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let missing = Value::Null;
                let (x, y) = (a.get(key).unwrap_or(&missing), b.get(key).unwrap_or(&missing));
                differing_paths(&join(key), x, y, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (x, y)) in a.iter().zip(b).enumerate() {
                differing_paths(&join(&i.to_string()), x, y, found);
            }
        }
        _ if then == now => {}
        (Value::String(a), Value::String(b)) if a.len() <= 80 && b.len() <= 80 => {
            found.push(format!("{at} (was `{a}`, is `{b}`)"));
        }
        _ => found.push(at.to_owned()),
    }
}
