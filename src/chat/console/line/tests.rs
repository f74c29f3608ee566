use super::*;
use crate::domain::text::is_invisible;
use proptest::prelude::*;

fn with(text: &str, acts: &[fn(&mut Line)]) -> (String, usize) {
    let mut line = Line::from(text);
    for act in acts {
        act(&mut line);
    }
    (line.text().to_owned(), line.cursor())
}

#[test]
fn pasted_lines_are_one_line() {
    assert_eq!(Line::from("why?\r\n  disk full\n\n\tinode table\r").text(), "why? disk full inode table ");
    assert_eq!(Line::from("/approve r1\n").text(), "/approve r1 ");
    assert_eq!(Line::from("/approve r1\n/approve r2").text(), "/approve r1 /approve r2");
    assert_eq!(Line::from("  two  spaces ").text(), "  two  spaces ");
}

#[test]
fn what_would_not_show_is_spelled_out() {
    let line = Line::from("/deny r2\u{8}\u{8}1\u{202e}\u{200b}\u{1b}[2J\u{9b}");
    assert_eq!(line.text(), "/deny r2\\u{8}\\u{8}1\\u{202e}\\u{200b}\\u{1b}[2J\\u{9b}");
}

#[test]
fn the_cursor_moves_over_what_is_seen_as_one_character() {
    assert_eq!(with("ae\u{301}漢", &[Line::left, Line::left]), ("ae\u{301}漢".to_owned(), 1));
    assert_eq!(with("e\u{301}x", &[Line::home, Line::right]), ("e\u{301}x".to_owned(), 3));
    let deleted = with("ae\u{301}", &[|line| drop(line.cut(Line::left))]);
    assert_eq!(deleted, ("a".to_owned(), 1));
}

#[test]
fn words_are_moved_over_and_cut() {
    let text = "/run esx-vm-stop on lab";
    assert_eq!(with(text, &[Line::word_left, Line::word_left]).1, 17);
    assert_eq!(with(text, &[Line::home, Line::word_right, Line::word_right]).1, 8);
    let cut = with(text, &[|line| drop(line.cut(Line::white_space_left))]);
    assert_eq!(cut, ("/run esx-vm-stop on ".to_owned(), 20));
    let cut = with(text, &[Line::home, |line| drop(line.cut(Line::end))]);
    assert_eq!(cut, (String::new(), 0));
}

#[test]
fn a_line_that_is_too_long_already_grows_no_more_and_no_paste_makes_one() {
    let mut line = Line::default();
    for _ in 0..2 * LINE_LEN_MAX {
        line.type_char('ä');
    }
    assert_eq!(line.text().chars().count(), LINE_LEN_MAX + 1);
    assert!(crate::chat::parse::parse(line.text()).is_err());
    assert!(!Line::from("x").has_room_for(&"y".repeat(LINE_LEN_MAX)));
    assert!(Line::default().has_room_for(&"y".repeat(LINE_LEN_MAX)));
}

proptest! {
    #[test]
    fn a_line_holds_what_is_seen_whatever_is_put_into_it(texts: Vec<String>, moves: Vec<u8>) {
        let acts: [fn(&mut Line); 6] =
            [Line::left, Line::right, Line::word_left, Line::word_right, Line::home, Line::white_space_left];
        let mut line = Line::default();
        for (index, text) in texts.iter().enumerate() {
            line.insert(text);
            let act = moves.get(index).map_or(Line::end as fn(&mut Line), |at| acts[usize::from(*at) % 6]);
            if index % 3 == 0 { drop(line.cut(act)) } else { act(&mut line) }
            prop_assert!(line.text().is_char_boundary(line.cursor()));
        }
        prop_assert!(!line.text().chars().any(|c| c.is_control() || is_invisible(c)));
        let again = Line::from(line.text());
        prop_assert_eq!(again.text(), line.text());
    }
}
