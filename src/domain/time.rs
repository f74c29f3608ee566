//! Times as people read them, in UTC.

use jiff::Timestamp;

/// `2026-11-01 03:04:05` in UTC.
pub fn date_and_time(at_ms: u64) -> String {
    formatted(at_ms, "%Y-%m-%d %H:%M:%S")
}

/// `03:04:05` in UTC.
pub fn time(at_ms: u64) -> String {
    formatted(at_ms, "%H:%M:%S")
}

fn formatted(at_ms: u64, format: &str) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map_or_else(|| at_ms.to_string(), |at| at.strftime(format).to_string())
}
