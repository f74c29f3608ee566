//! The published test vectors: an independent program (Python's json and hashlib) made them.

use dogwatch::domain::audit::{Envelope, Head, canonical, event_hash, follow};
use dogwatch::domain::id::Digest;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    previous: Digest,
    envelope: Envelope<serde_json::Value>,
    canonical: String,
    hash: Digest,
}

#[test]
fn canonical_bytes_and_hashes_are_the_published_ones() {
    let Vectors { vectors } = serde_json::from_str(include_str!("../vectors/event.json")).unwrap();
    assert!(vectors.len() >= 5);
    let mut head = Head::START;
    for vector in vectors {
        let bytes = canonical(&vector.envelope).unwrap();
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), vector.canonical, "{}", vector.name);
        assert_eq!(vector.previous, head.hash, "{}", vector.name);
        assert_eq!(event_hash(head.hash, &bytes), vector.hash, "{}", vector.name);
        head = follow(head, &vector.envelope.store, &bytes, vector.hash).unwrap();
    }
}
