//! Records: they come back as they went in, and no change of them goes unnoticed.

use proptest::prelude::*;

use super::super::record::{self, Assembly, InPieces, PART_LEN_MAX};
use super::*;
use crate::domain::audit::chain::ChainBreak;

const STORE: &str = "00112233445566778899aabbccddeeff";

/// A key and a part, as the engine keeps them.
type Row = ([u8; record::KEY_LEN], Vec<u8>);

/// What `check` does with bytes from the engine, without the engine.
fn read_chain(rows: &[Row]) -> Result<Head, String> {
    let mut assembly = Assembly::after(0);
    let mut records = Vec::new();
    for (key, part) in rows {
        records.extend(assembly.push(key, part).map_err(|InPieces(seq)| format!("pieces at {seq}"))?);
    }
    records.extend(assembly.finish());
    records.iter().try_fold(Head::START, |head, (_, bytes)| {
        let record = Record::decode(bytes).map_err(|error| format!("{error:?}"))?;
        follow(head, STORE, &record.canonical_envelope, record.hash).map_err(|error| error.to_string())
    })
}

fn chain(texts: &[String]) -> (Vec<Row>, Head) {
    let (mut rows, mut head) = (Vec::new(), Head::START);
    for text in texts {
        let (actor, event) = noted(text);
        let seq = head.seq + 1;
        let envelope = Envelope { v: 1, store: STORE.to_owned(), seq, at_ms: NOW_MS, actor, event };
        let record = encode(STORE, head, &envelope).unwrap();
        head = Head { seq, hash: record.hash };
        rows.extend(record::parts(seq, &record.encode()).map(|(key, part)| (key, part.to_vec())));
    }
    (rows, head)
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (rows, head) = chain(&["first".to_owned(), "second".to_owned(), "third".to_owned()]);
    assert_eq!(read_chain(&rows), Ok(head));
    for row in 0..rows.len() {
        let bits = 8 * rows[row].1.len();
        assert!(bits > 8 * 100);
        for bit in 0..bits {
            let mut flipped = rows.clone();
            flipped[row].1[bit / 8] ^= 1 << (bit % 8);
            assert!(read_chain(&flipped).is_err(), "bit {bit} of record {row}");
        }
        for bit in 0..8 * record::KEY_LEN {
            let mut flipped = rows.clone();
            flipped[row].0[bit / 8] ^= 1 << (bit % 8);
            assert!(read_chain(&flipped).is_err(), "bit {bit} of key {row}");
        }
    }
}

#[test]
fn removed_reordered_and_doubled_events_are_noticed() {
    let texts: Vec<String> = (0..5).map(|n| format!("note {n}")).collect();
    let (rows, head) = chain(&texts);
    for at in 0..5 {
        let mut removed = rows.clone();
        removed.remove(at);
        // Without its last event a chain is a shorter sound chain: the head and the mark notice that.
        assert_ne!(read_chain(&removed), Ok(head));
        assert_eq!(read_chain(&removed).is_ok(), at == 4);
        for other in (0..5).filter(|other| *other != at) {
            let mut swapped = rows.clone();
            (swapped[at].1, swapped[other].1) = (rows[other].1.clone(), rows[at].1.clone());
            assert!(read_chain(&swapped).is_err());
        }
        let mut doubled = rows.clone();
        doubled.insert(at, rows[at].clone());
        assert!(read_chain(&doubled).is_err());
    }
}

#[test]
fn a_record_cut_short_anywhere_is_noticed() {
    let (rows, _) = chain(&["x".repeat(2 * PART_LEN_MAX)]);
    assert_eq!(rows.len(), 3);
    let whole: Vec<u8> = rows.iter().flat_map(|(_, part)| part.clone()).collect();
    for len in 0..whole.len() {
        let cut: Vec<_> = record::parts(1, &whole[..len]).map(|(key, part)| (key, part.to_vec())).collect();
        assert!(cut.is_empty() || read_chain(&cut).is_err(), "cut to {len} bytes");
    }
    for missing in 0..3 {
        let mut parts = rows.clone();
        parts.remove(missing);
        assert!(read_chain(&parts).is_err(), "without part {missing}");
    }
}

#[test]
fn a_sound_hash_over_other_spellings_is_refused() {
    let spelled = |text: &str| {
        let bytes = text.as_bytes();
        follow(Head::START, STORE, bytes, event_hash(Head::START.hash, bytes))
    };
    let body = format!(r#""kind":"rang","seq":1,"store":"{STORE}","v":1"#);
    assert!(spelled(&format!(r#"{{"actor":"a","at_ms":1,{body}}}"#)).is_ok());
    for other in [
        format!(r#"{{"actor":"a", "at_ms":1,{body}}}"#),
        format!(r#"{{"at_ms":1,"actor":"a",{body}}}"#),
        format!(r#"{{"actor":"b","actor":"a","at_ms":1,{body}}}"#),
        format!(r#"{{"actor":"\u0061","at_ms":1,{body}}}"#),
        format!(r#"{{"actor":"a","at_ms":1.5,{body}}}"#),
        String::new(),
    ] {
        assert_eq!(spelled(&other), Err(ChainBreak::NotCanonical), "{other}");
    }
}

proptest! {
    #[test]
    fn a_record_comes_back_as_it_went_in(hash: [u8; 32], bytes in proptest::collection::vec(any::<u8>(), 0..20_000)) {
        let record = Record { hash: Digest(hash), canonical_envelope: bytes };
        prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
    }

    #[test]
    fn parts_are_small_and_come_together_again(lens in proptest::collection::vec(33..=EVENT_LEN_MAX + 33, 1..6)) {
        let mut assembly = Assembly::after(0);
        let mut back = Vec::new();
        for (seq, len) in (1..).zip(&lens) {
            let bytes: Vec<u8> = (0..*len).map(|at| u8::try_from(at % 251).unwrap()).collect();
            for (key, part) in record::parts(seq, &bytes) {
                prop_assert!(part.len() <= PART_LEN_MAX);
                back.extend(assembly.push(&key, part).unwrap().map(|(seq, bytes)| (seq, bytes.len())));
            }
        }
        back.extend(assembly.finish().map(|(seq, bytes)| (seq, bytes.len())));
        prop_assert_eq!(back, (1..).zip(lens).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert_eq!(record.encode(), bytes);
        }
    }

    #[test]
    fn any_keys_come_together_or_are_refused(keys in proptest::collection::vec((0..3_u64, 0..3_u8), 0..8)) {
        let mut assembly = Assembly::after(0);
        for (seq, part) in keys {
            if assembly.push(&record::key(seq, part), b"x").is_err() {
                break;
            }
        }
        let seq = assembly.finish().map(|(seq, _)| seq);
        prop_assert_ne!(seq, Some(0));
    }

    #[test]
    fn events_of_any_text_come_back(texts in proptest::collection::vec(".{0,200}", 1..5)) {
        let (rows, head) = chain(&texts);
        prop_assert_eq!(read_chain(&rows), Ok(head));
    }
}
