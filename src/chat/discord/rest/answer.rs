//! An answer of Discord's, read.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::limits::Told;

/// Bytes of an answer at the most: a hundred messages with everything they can hold are fewer.
const ANSWER_LEN_MAX: usize = 8 << 20;
/// Characters kept of a message of Discord's.
const MESSAGE_LEN_MAX: usize = 300;
/// How long to wait where a 429 does not say it.
const RETRY_AFTER_UNKNOWN: Duration = Duration::from_secs(1);

/// A status with what came with it.
pub struct Answer {
    pub status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end.
    pub async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let mut body = vec![];
        while let Some(chunk) = response.chunk().await? {
            // What is cut here is no JSON any more, and is treated as such.
            let room = ANSWER_LEN_MAX.saturating_sub(body.len());
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if room < chunk.len() {
                break;
            }
        }
        Ok(Self { status, headers, body })
    }

    /// The body; null if there is none.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        if self.body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&self.body) }
    }

    fn header<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    fn seconds(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.header(name)?).ok()
    }

    /// What it says about the limit of its route.
    pub fn told(&self) -> Told {
        Told {
            bucket: self.header("x-ratelimit-bucket"),
            limit: self.header("x-ratelimit-limit"),
            remaining: self.header("x-ratelimit-remaining"),
            reset_after: self.seconds("x-ratelimit-reset-after"),
        }
    }

    /// How long it asks to wait. The body says it exactly, the header in whole seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        let body = self.json().ok().and_then(|body| body["retry_after"].as_f64());
        let body = body.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let header = self.seconds("retry-after");
        let told = if self.status == 429 { self.seconds("x-ratelimit-reset-after") } else { None };
        let asked = body.or(header);
        if self.status == 429 { Some(asked.or(told).unwrap_or(RETRY_AFTER_UNKNOWN)) } else { asked }
    }

    /// Whether a 429 holds more than its route. One that is not Discord's own JSON comes from what
    /// stands before Discord and means the address.
    pub fn is_global(&self) -> bool {
        let own = self.json().is_ok_and(|body| body["retry_after"].is_number());
        !own && self.header::<String>("x-ratelimit-scope").is_none()
            || self
                .header::<String>("x-ratelimit-global")
                .is_some_and(|text| text.eq_ignore_ascii_case("true"))
            || self.json().is_ok_and(|body| body["global"] == Value::Bool(true))
    }

    /// Whether Discord counts it towards the ban of the address.
    pub fn is_invalid(&self) -> bool {
        let shared = self.header::<String>("x-ratelimit-scope").is_some_and(|scope| scope == "shared");
        matches!(self.status, 401 | 403 | 404) || self.status == 429 && !shared
    }

    /// Discord's code and message of a refusal, with the first thing it found wrong.
    pub fn refusal(&self) -> (u64, String) {
        let body = self.json().unwrap_or_default();
        let mut message = body["message"].as_str().unwrap_or("no reason given").to_owned();
        if let Some(detail) = first_error(&body["errors"], 0) {
            message = format!("{message}: {detail}");
        }
        let message: String = message.chars().take(MESSAGE_LEN_MAX).collect();
        (body["code"].as_u64().unwrap_or_default(), crate::chat::discord::escape::plain(&message))
    }
}

/// Levels of a report of errors that are looked into.
const ERROR_DEPTH_MAX: usize = 12;

/// The first error of a report, as `embeds.0.description: Must be 4096 or fewer in length.`
fn first_error(report: &Value, depth: usize) -> Option<String> {
    if depth > ERROR_DEPTH_MAX {
        return None;
    }
    if let Some(error) = report["_errors"].get(0) {
        return Some(error["message"].as_str().unwrap_or_default().to_owned());
    }
    let (key, inner) = report.as_object()?.iter().next()?;
    let inner = first_error(inner, depth + 1)?;
    Some(if inner.contains(": ") { format!("{key}.{inner}") } else { format!("{key}: {inner}") })
}
