#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn numbers_are_typed_with_their_letter_and_digits_alone() {
    assert_eq!("r1".parse(), Ok(RequestId(1)));
    assert_eq!(RequestId(u64::MAX).to_string().parse(), Ok(RequestId(u64::MAX)));
    for text in ["", "r", "1", "i1", "R1", "r-1", "r+1", "r 1", "r1 ", "r1x", "r٣", "r18446744073709551616"]
    {
        assert!(text.parse::<RequestId>().is_err(), "{text}");
    }
}

#[test]
fn digests_are_lowercase_hex_of_one_length() {
    let digest = Digest::of(b"abc");
    assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    assert_eq!(digest.short(), "ba7816bf8f01");
    let text = digest.to_string();
    for wrong in [&text[..63], &format!("{text}0"), &text.to_uppercase(), &text.replace('b', "g"), ""] {
        assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
    }
}

#[test]
fn ids_read_back_from_json_as_they_were_written() {
    let ids = (IncidentId(7), RequestId(8), RunId([9; 16]), Digest([10; 32]));
    let json = serde_json::to_string(&ids).unwrap();
    assert!(json.starts_with(r#"["i7","r8","0909"#), "{json}");
    assert_eq!(serde_json::from_str::<(IncidentId, RequestId, RunId, Digest)>(&json).unwrap(), ids);
    assert!(serde_json::from_str::<RequestId>("1").is_err());
}

#[test]
fn slugs_are_lowercase_words_joined_by_dashes() {
    for text in ["a", "linux-disk-full", "esx4-vm", "0"] {
        assert!(is_slug(text), "{text}");
    }
    let long = "a".repeat(65);
    for text in ["", "-", "a-", "-a", "a--b", "A", "a_b", "a b", "ä", "a/b", "a.b", &long] {
        assert!(!is_slug(text), "{text}");
    }
}
