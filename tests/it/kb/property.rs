//! Whatever the bytes are, loading ends with articles and findings.

use dogwatch::kb::read_page;
use proptest::prelude::*;

use super::article;

/// A Markdown text of words that occur nowhere else.
fn markdown() -> impl Strategy<Value = String> {
    let word = "[a-z]{3,8}";
    let words = prop::collection::vec(word, 1..6);
    let piece = prop_oneof![
        words.clone().prop_map(|words| format!("{}\n\n", words.join(" "))),
        words.clone().prop_map(|words| format!("{}\n\n", words.join("\n"))),
        words.clone().prop_map(|words| format!("- {}\n", words.join("\n- "))),
        words.clone().prop_map(|words| format!("\n1. {}\n\n   - {}\n\n", words[0], words.join(" "))),
        words.clone().prop_map(|words| format!("\n## {}\n\n", words.join(" "))),
        words.clone().prop_map(|words| format!("\n```\n{}\n```\n", words.join("\n\n"))),
        words.clone().prop_map(|words| format!("\n    {}\n\n", words.join(" "))),
        words.prop_map(|words| format!("\n> {}\n> `{}`\n\n", words[0], words.join(" "))),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// What breaks parsers, more often than chance would.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "+++\n",
        "```action\n",
        "```\n",
        "id = \"a\"\n",
        "[[steps]]\n",
        "run = [\"{x}\"]\n",
        "# ",
        "## ",
        "| a |\n|---|\n",
        "- ",
        "> ",
        "\r\n",
        "\n",
        "\t",
        "    ",
        "<b>",
        "&amp;",
        "[a](b.md#c)",
        "é",
        "{",
        "}",
        "'",
        "\"",
        "= ",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn much_of_the_same_takes_time_in_proportion() {
    let keys: String = (0..20_000).map(|i| format!("k{i}=1\n")).fold(String::new(), |all, key| all + &key);
    let texts = [
        "a\n=\n".repeat(50_000),
        format!("```action\n{keys}```\n"),
        format!("```action\n{}\n", "a.".repeat(100_000)),
    ];
    let start = std::time::Instant::now();
    for text in texts {
        let (page, findings) = read_page("a.md", article("a", &text).as_bytes());
        assert!(page.is_some() || !findings.is_empty());
    }
    // Quadratic work took minutes here; the margin is for slow machines.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (page, findings) = read_page("a.md", &bytes);
        prop_assert!(page.is_some() || !findings.is_empty());
    }

    #[test]
    fn pieces_of_markup_never_panic_and_lines_lie_in_the_file(text in nasty(), in_article: bool) {
        let text = if in_article { article("a", &text) } else { text };
        let (page, findings) = read_page("a.md", text.as_bytes());
        prop_assert!(page.is_some() || !findings.is_empty());
        let count = text.split('\n').count();
        for finding in &findings {
            prop_assert!((1..=count).contains(&finding.line), "{finding:?} of {count}");
        }
        for section in page.iter().flat_map(|page| &page.article.sections) {
            let blocks = section.blocks.iter().map(|block| block.lines);
            for (first, last) in blocks.chain([section.lines]) {
                prop_assert!(1 <= first && first <= last && last <= count, "{section:?}");
                prop_assert!(section.lines.0 <= first && last <= section.lines.1, "{section:?}");
            }
        }
    }

    #[test]
    fn the_lines_of_a_block_hold_its_first_and_last_word(text in markdown()) {
        let text = article("a", &text);
        let (page, _) = read_page("a.md", text.as_bytes());
        let lines: Vec<_> = text.split('\n').collect();
        for block in page.iter().flat_map(|page| &page.article.sections).flat_map(|section| &section.blocks) {
            let cited = lines[block.lines.0 - 1..block.lines.1].join("\n");
            for word in [block.text.split_whitespace().next(), block.text.split_whitespace().last()] {
                prop_assert!(cited.contains(word.unwrap_or_default()), "{block:?} in {cited:?}");
            }
        }
    }
}
