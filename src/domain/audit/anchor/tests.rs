#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn head(seq: u64) -> Head {
    Head { seq, hash: Digest::of(&seq.to_be_bytes()) }
}

fn found(anchor: Anchor, last: u64) -> Anchored {
    let mut search = Search::new(anchor);
    (1..=last).for_each(|seq| search.see(head(seq)));
    search.found()
}

#[test]
fn a_head_is_read_as_it_was_told() {
    let anchor = Anchor::from(head(7));
    assert_eq!(anchor.to_string().parse(), Ok(anchor));
    let hash = Anchor { seq: None, ..anchor };
    assert_eq!(hash.to_string().parse(), Ok(hash));
    for wrong in ["", "7", "x:", &format!("-1:{}", anchor.hash), &format!("7 {}", anchor.hash)] {
        let error = wrong.parse::<Anchor>().unwrap_err();
        assert!(error.to_string().contains("SEQ:HASH as it was told"), "{error}");
    }
}

#[test]
fn an_event_is_found_by_its_hash_and_its_number() {
    let (told, alone) = (Anchor::from(head(7)), Anchor { seq: None, hash: head(7).hash });
    for anchor in [told, alone] {
        assert_eq!(found(anchor, 7), Anchored::Here(7));
        assert_eq!(found(anchor, 9), Anchored::Here(7));
    }
    assert_eq!(found(told, 6), Anchored::EndsBefore(6));
    assert_eq!(found(told, 0), Anchored::EndsBefore(0));
    assert_eq!(found(alone, 6), Anchored::Nowhere);
    assert_eq!(found(Anchor { seq: Some(5), ..told }, 9), Anchored::Another);
    assert_eq!(found(Anchor { hash: Digest::of(b"x"), ..told }, 9), Anchored::Another);
}
