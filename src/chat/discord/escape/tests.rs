use proptest::prelude::*;

use super::*;
use crate::chat::discord::testing::{HOSTILE, Token, live, tokens, visible};

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![prop::sample::select(HOSTILE).prop_map(str::to_owned), "\\PC{0,4}", "[ -~]{0,6}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn inline_text_shows_and_does_nothing(text in hostile()) {
        let shown = inline(&text);
        prop_assert_eq!(live(&shown, &[]), None, "{}", shown);
        prop_assert_eq!(visible(&shown).replace(AT, "@"), plain(&text).replace(AT, "@"));
    }

    #[test]
    fn inline_code_is_one_span_of_code(text in hostile()) {
        let shown = code(&text);
        let [Token::Code(content)] = &tokens(&shown)[..] else { return Err(TestCaseError::fail(shown)) };
        prop_assert!(!content.is_empty());
        prop_assert!(!content.contains('\n'));
        let exact = |text: &str| text.replace(BACKTICK, "`").trim().to_owned();
        prop_assert_eq!(exact(content), exact(&plain(&text)));
    }

    #[test]
    fn a_block_is_one_block_and_as_long_as_it_may_be(text in hostile(), max in 16_usize..400) {
        let shown = block(&text, max);
        prop_assert!(units(&shown) <= max);
        let [Token::Block(content)] = &tokens(&shown)[..] else { return Err(TestCaseError::fail(shown)) };
        prop_assert!(!content.trim_matches('\n').is_empty());
        prop_assert!(content.chars().all(|c| c == '\n' || !is_hidden(c)));
    }

    #[test]
    fn a_cut_text_goes_on_where_it_was_cut(text in hostile(), max in 16_usize..40) {
        for escape in [inline as fn(&str) -> String, code, block_line, plain] {
            let (shown, rest) = taken(&text, max, escape);
            prop_assert!(units(&shown) <= max);
            prop_assert!(text.is_empty() || rest.len() < text.len());
            let beginning = &text[..text.len() - rest.len()];
            prop_assert!(shown.is_empty() || shown == escape(beginning));
        }
    }

    #[test]
    fn unformatted_text_hides_nothing(text in hostile()) {
        prop_assert!(plain(&text).chars().all(|c| !is_hidden(c)));
        prop_assert!(lines(&text).chars().all(|c| matches!(c, '\n' | '\t') || !is_hidden(c)));
        prop_assert_eq!(lines(&lines(&text)), lines(&text));
    }
}

#[test]
fn known_traps() {
    for (text, shown) in [
        ("@everyone", "＠everyone"),
        ("<@1>", "\\<@1>"),
        ("https://a.example", "https\\://a.example"),
        ("discord.gg/x", "discord\\.gg/x"),
        ("[a](b)", "\\[a\\](b)"),
        ("-# small", "\\-# small"),
        ("  1. one", "  1\\. one"),
        (":smile:", "\\:smile:"),
        ("x\u{202e}y", "x\\\\u{202e}y"),
        ("root@192.0.2.1:22 at 17:43:48 #8", "root@192.0.2.1:22 at 17:43:48 #8"),
        (":100: and <t:1:R>", "\\:100: and \\<t:1:R>"),
        ("an esx-vm-stop: 3.5 done", "an esx-vm-stop: 3.5 done"),
    ] {
        assert_eq!(inline(text), shown);
    }
}

#[test]
fn code_stays_exact_but_for_rows_of_backticks() {
    for (text, shown) in [
        ("rm -- /a_b*", "`rm -- /a_b*`"),
        ("echo `date`", "``echo `date` ``"),
        ("```", "`` `ˋ` ``"),
        ("", "` `"),
        ("user@here", "`user@here`"),
        ("a\nb", "`a\\u{a}b`"),
    ] {
        assert_eq!(code(text), shown);
    }
    assert_eq!(block("a `b`\n```\n", 100), "```\na `b`\n``ˋ\n```");
    assert_eq!(block("\n\n", 100), "```\n \n```");
    assert_eq!(block("first\nsecond", 16), "```\nfirst\ns…\n```");
}
