use super::*;
use proptest::prelude::*;

fn keys(bytes: &[u8]) -> Vec<Key> {
    Decoder::default().keys(bytes)
}

#[test]
fn keys_of_all_common_terminals_are_known() {
    let ups: [&[u8]; 2] = [b"\x1b[A", b"\x1bOA"];
    assert!(ups.iter().all(|bytes| keys(bytes) == [Key::Up]));
    let homes: [&[u8]; 5] = [b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"\x1b[7~", b"\x01"];
    assert!(homes.iter().all(|bytes| keys(bytes) == [Key::Home]));
    assert_eq!(keys(b"\x1b[1;5D\x1bb\x1b\x7f"), [Key::WordLeft, Key::WordLeft, Key::KillWordLeft]);
    assert_eq!(keys("ä漢".as_bytes()), [Key::Char('ä'), Key::Char('漢')]);
}

#[test]
fn a_key_that_nobody_knows_does_nothing() {
    // F1 of the Linux console and of xterm, F5, a report of the mouse, the end of a paste that never began.
    assert_eq!(keys(b"\x1b[[A\x1bOP\x1b[15~\x1b[<0;1;1M\x1b[201~\x00\x1c\x13x")[1..], [Key::Char('x')]);
}

#[test]
fn an_escape_alone_is_told_by_time() {
    let mut decoder = Decoder::default();
    assert_eq!((decoder.keys(b"\x1b"), decoder.is_unsure()), (vec![], true));
    assert_eq!((decoder.expire(), decoder.is_unsure()), (Some(Key::Cancel), false));
    assert_eq!([decoder.keys(b"\x1b["), decoder.keys(b"A")], [vec![], vec![Key::Up]]);
}

#[test]
fn nothing_in_a_paste_acts_as_a_key() {
    let paste = keys(b"\x1b[200~/approve r1\r\x03\x1b[A\x1b[20\x1b\x1b[201~\r");
    let text = "/approve r1\r\u{3}\u{1b}[A\u{1b}[20\u{1b}".to_owned();
    assert_eq!(paste, [Key::Paste(Some(text)), Key::Enter]);
}

#[test]
fn a_paste_beyond_every_limit_is_not_cut_in_silence() {
    let paste = |size: usize| keys(&[b"\x1b[200~", "x".repeat(size).as_bytes(), b"\x1b[201~"].concat());
    assert_eq!(paste(PASTE_BYTES_MAX), [Key::Paste(Some("x".repeat(PASTE_BYTES_MAX)))]);
    assert_eq!(paste(PASTE_BYTES_MAX + 1), [Key::Paste(None)]);
}

#[test]
fn what_is_no_utf_8_is_seen_to_be_none() {
    let broken = Key::Char(char::REPLACEMENT_CHARACTER);
    assert_eq!(keys(b"\xffa\xe6\xbca"), [broken.clone(), Key::Char('a'), broken, Key::Char('a')]);
}

proptest! {
    #[test]
    fn bytes_are_the_same_keys_however_they_arrive(bytes: Vec<u8>, at in 0_usize..64) {
        let (first, rest) = bytes.split_at(at.min(bytes.len()));
        let mut decoder = Decoder::default();
        let apart = [decoder.keys(first), decoder.keys(rest)].concat();
        prop_assert_eq!(apart, keys(&bytes));
    }
}
