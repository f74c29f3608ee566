//! Canonical bytes, against the examples of RFC 8785 that hold no floats, and the chain.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::domain::audit::chain::{ENVELOPE_VERSION, Envelope, GENESIS, event_hash};
use crate::domain::canonical::{CanonicalError, canonical};
use crate::domain::id::{Digest, RequestId};
use crate::domain::plan::plan_digest;
use crate::domain::record::event::Event;
use crate::domain::world::actor::ActorId;

fn text(value: &Value) -> String {
    String::from_utf8(canonical(value).unwrap()).unwrap()
}

#[test]
fn keys_are_sorted_by_utf16_code_units() {
    // RFC 8785, 3.2.3: the emoji (D83D DE00) comes before U+FB33 although its code point is greater.
    let value = json!({
        "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"
    });
    let expected = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}";
    assert_eq!(text(&value), expected);
}

#[test]
fn strings_are_escaped_only_where_they_must_be() {
    // RFC 8785, 3.2.2.2.
    assert_eq!(
        text(&json!("\u{20ac}$\u{f}\nA'\u{42}\"\\\\\"/")),
        "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""
    );
    assert_eq!(
        text(&json!("\u{8}\t\n\u{c}\r\u{0}\u{1f}\u{7f}\u{2028}")),
        "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}\u{2028}\""
    );
}

#[test]
fn literals_and_nesting_have_no_white_space() {
    assert_eq!(
        text(&json!({"literals": [null, true, false], "b": {}, "a": []})),
        r#"{"a":[],"b":{},"literals":[null,true,false]}"#
    );
}

#[test]
fn integers_up_to_two_to_the_53_are_written_as_they_are() {
    let edge = 1_i64 << 53;
    assert_eq!(text(&json!([0, -1, edge, -edge])), "[0,-1,9007199254740992,-9007199254740992]");
}

#[test]
fn floats_and_greater_integers_have_no_canonical_bytes() {
    for value in [
        json!(1.0),
        json!([{"a": 0.5}]),
        json!((1_u64 << 53) + 1),
        json!(-(1_i64 << 53) - 1),
        json!(u64::MAX),
    ] {
        assert!(matches!(canonical(&value), Err(CanonicalError::Number)), "{value}");
    }
}

#[test]
fn plan_and_event_hashes_are_sha256_over_prefix_and_bytes() {
    assert_eq!(plan_digest(b"{}"), Digest::of(b"dogwatch-plan-v1\n{}"));
    let line = format!("dogwatch-event-v1\n{}\n{{}}", "00".repeat(32));
    assert_eq!(event_hash(GENESIS, b"{}"), Digest::of(line.as_bytes()));
    assert_ne!(event_hash(GENESIS, b"{}"), plan_digest(b"{}"));
}

#[test]
fn envelope_has_exactly_the_seven_fields_and_reads_back() {
    let envelope = Envelope {
        v: ENVELOPE_VERSION,
        store: "ab".repeat(16),
        seq: 1,
        at_ms: 2,
        actor: ActorId("demo:ana".to_owned()),
        event: Event::RequestCancelled { request: RequestId(3) },
    };
    let bytes = canonical(&envelope).unwrap();
    let expected = format!(
        r#"{{"actor":"demo:ana","at_ms":2,"body":{{"request":"r3"}},"kind":"request_cancelled","seq":1,"store":"{}","v":1}}"#,
        "ab".repeat(16)
    );
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(serde_json::from_slice::<Envelope<Event>>(&bytes).unwrap(), envelope);
}
