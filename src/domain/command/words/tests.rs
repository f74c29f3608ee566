#![expect(clippy::unwrap_used, reason = "tests")]

use crate::domain::command::words::next_word;
use crate::domain::text::quoted;

fn words(mut line: &str) -> Vec<String> {
    let mut words = Vec::new();
    while let Some((word, rest)) = next_word(line).unwrap() {
        words.push(word.text);
        line = rest;
    }
    words
}

#[test]
fn white_space_of_any_kind_parts_words() {
    let spaces: String = (0..=0x3000).filter_map(char::from_u32).filter(|c| c.is_whitespace()).collect();
    for space in spaces.chars() {
        let line = format!("{space}a=1{space}{space}on{space}web01{space}");
        assert_eq!(words(&line), ["a=1", "on", "web01"], "{space:?}");
    }
    assert!(["\u{a0}", "\u{3000}", "\u{202f}"].iter().all(|space| spaces.contains(space)));
}

#[test]
fn quotation_marks_of_any_kind_hold_a_value_together() {
    for quoted in [
        "'two words'",
        "\"two words\"",
        "“two words”",
        "„two words“",
        "”two words”",
        "‘two words’",
        "‚two words‘",
        "’two words’",
        "«two words»",
        "»two words«",
        "‹two words›",
        "「two words」",
        "＂two words＂",
    ] {
        assert_eq!(words(&format!("a={quoted} on b")), ["a=two words", "on", "b"], "{quoted}");
        assert_eq!(words(quoted), ["two words"], "{quoted}");
    }
    assert_eq!(words(r#"/a"b c"d x='"' y="'""#), ["/ab cd", "x=\"", "y='"]);
}

#[test]
fn an_apostrophe_is_a_letter() {
    assert_eq!(words("it's the disks' fault"), ["it's", "the", "disks'", "fault"]);
    assert_eq!(
        words("it’s a=it's b='it's full' c=‘it’s full’"),
        ["it’s", "a=it's", "b=it's full", "c=it’s full"]
    );
}

#[test]
fn a_backslash_stays() {
    let line = r#"C:\Users\x a\tb x=\ y "a\b\\c" '\'"#;
    assert_eq!(words(line), [r"C:\Users\x", r"a\tb", r"x=\", "y", r"a\b\\c", r"\"]);
    assert_eq!(words(r#""say \"hi\"" "ends in \\""#), [r#"say "hi""#, r"ends in \"]);
}

#[test]
fn what_is_not_closed_is_named() {
    for (line, named) in [
        ("a='1 on esx1", "`'` of `'1 on esx1`"),
        ("a=“/vmimages on x", "`“` of `“/vmimages on x`"),
        ("a=\"x”", "`\"` of `\"x”`"),
        ("a 5\" disk", "`\"` of `\" disk`"),
    ] {
        let mut rest = line;
        let refusal = loop {
            match next_word(rest) {
                Ok(word) => rest = word.unwrap().1,
                Err(refusal) => break refusal,
            }
        };
        assert!(refusal.message.contains(named), "{refusal:?}");
        assert!(refusal.hint.contains("Close it with"), "{refusal:?}");
    }
}

#[test]
fn only_a_word_without_marks_is_a_keyword() {
    let first = |line| next_word(line).unwrap().unwrap().0;
    assert!(first("BECAUSE x").is("because") && first("On x").is("on"));
    assert!(!first("'on' x").is("on") && !first("once").is("on"));
}

proptest::proptest! {
    #[test]
    fn a_value_is_read_back_as_it_was(value in "[\\PC\\s'\"\\\\“”‘’ ]*", more in "[ -~]*") {
        let line = format!("a={} {more}", quoted(&value));
        let (word, rest) = next_word(&line).unwrap().unwrap();
        proptest::prop_assert_eq!(word.text, format!("a={value}"));
        proptest::prop_assert_eq!(rest, format!(" {more}"));
    }

    #[test]
    fn without_marks_words_are_what_stands_between_white_space(line in "[^'\"“”„‟‘’‚‛«»‹›「『＂＇]*") {
        proptest::prop_assert_eq!(words(&line), line.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn no_line_makes_it_panic(line in ".*") {
        let mut rest = line.as_str();
        while let Ok(Some((_, after))) = next_word(rest) {
            proptest::prop_assert!(after.len() < rest.len());
            rest = after;
        }
    }
}
