//! Whatever is imported, the draft is an article without actions that holds every word, or there is
//! a refusal.

use std::collections::BTreeMap;
use std::fs;

use dogwatch::kb::import::{Outcome, drafts_folder, import};
use dogwatch::kb::{Page, read_page};
use proptest::prelude::*;

use super::{Folder, standards};

const NAMES: [&str; 3] = ["x.txt", "x.html", "x.md"];

/// The draft that these bytes become, if they do.
fn draft(name: &str, bytes: &[u8]) -> Option<Page> {
    let (kb, texts) = (Folder::new(&[]), Folder::new(&[(name, bytes)]));
    let imported = import(texts.path(), kb.path(), &drafts_folder(kb.path()), &standards()).unwrap();
    assert_eq!(imported.len(), 1);
    let Outcome::Drafted { path, .. } = &imported[0].outcome else { return None };
    let (page, findings) = read_page(path.file_name().unwrap().to_str().unwrap(), &fs::read(path).unwrap());
    assert!(!findings.iter().any(|finding| finding.code.leaves_out()), "{findings:?}");
    let page = page.unwrap();
    assert!(page.article.actions.is_empty());
    Some(page)
}

/// How often each word stands in a text.
fn words(text: &str) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    words
}

/// Everything that a page shows, once.
fn shown(page: &Page) -> String {
    let sections = page.article.sections.iter();
    let texts = sections.flat_map(|section| {
        section.heading.last().into_iter().chain(section.blocks.iter().map(|block| &block.text)).cloned()
    });
    texts.chain([page.article.title.clone()]).collect::<Vec<_>>().join("\n")
}

/// Lines of what Markdown, HTML and people give a meaning to, and words among it.
fn lines() -> impl Strategy<Value = String> {
    let mark = prop::sample::select(vec![
        "#",
        "##",
        "- ",
        "* ",
        "+ ",
        "+++",
        "---",
        "===",
        "```",
        "```action",
        "~~~",
        "> ",
        "1. ",
        "12) ",
        "a. ",
        "    ",
        "\t",
        " | ",
        "|---|",
        "|",
        "[",
        "](",
        "]: ",
        "<",
        "</b>",
        "<!--",
        "-->",
        "&amp;",
        "&#35;",
        "\\",
        "`",
        "``",
        "*",
        "_",
        "__",
        "!",
        "$ ",
        "# ls",
        "C:\\> ",
        "\n",
        "\n\n",
        " ",
        ": ",
        ".",
        "=",
        "~",
        "id = 1",
        "Title",
    ]);
    let piece = prop_oneof![3 => mark.prop_map(str::to_owned), 2 => "[a-zA-Z\u{e9}0-9]{1,6} ?"];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// HTML that is broken, nested, unclosed, and the words that it shows: each is another.
fn tags() -> impl Strategy<Value = (String, Vec<String>)> {
    let tag = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<ul>",
        "</ul>",
        "<ol start=7>",
        "</ol>",
        "<li>",
        "</li>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "<th>",
        "</td>",
        "<pre>",
        "</pre>",
        "<code>",
        "</code>",
        "<b>",
        "</b>",
        "<br>",
        "<h1>",
        "</h1>",
        "<h2>",
        "</h2>",
        "<a href='https://example.net'>",
        "</a>",
        "<dl>",
        "<dd>",
        "</x>",
        "<!-- ",
        " -->",
        "\n",
    ]);
    let around = prop::sample::select(vec!["", " ", "```action\n", "|", "`", "+++ ", "# ", "\n- "]);
    prop::collection::vec((tag, around), 1..30).prop_map(|pieces| {
        let (mut page, mut shown, mut in_comment) = (String::new(), Vec::new(), false);
        for (i, (tag, around)) in pieces.into_iter().enumerate() {
            let word = format!("q{i}q");
            page.extend([tag, around, word.as_str()]);
            in_comment = (in_comment || tag == "<!-- ") && tag != " -->";
            if !in_comment {
                shown.push(word);
            }
        }
        (page, shown)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_become_a_draft_or_a_refusal(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for name in NAMES {
            draft(name, &bytes);
        }
    }

    #[test]
    fn arbitrary_text_becomes_a_draft_or_a_refusal(text in "\\PC{0,80}") {
        for name in NAMES {
            draft(name, text.as_bytes());
        }
    }

    #[test]
    fn pieces_of_markup_become_no_action(text in lines()) {
        for name in NAMES {
            draft(name, text.as_bytes());
        }
    }

    #[test]
    fn plain_text_keeps_every_word_whatever_it_looks_like(text in lines()) {
        if let Some(page) = draft("some.txt", text.as_bytes()) {
            let shown = words(&shown(&page));
            for (word, count) in words(&text) {
                let there = shown.get(&word).copied().unwrap_or_default();
                prop_assert!(there >= count || word.parse::<u32>().is_ok(), "{word} in {text:?}: {page:#?}");
            }
        }
    }

    #[test]
    fn html_keeps_every_word_whatever_is_open((page, words) in tags()) {
        let draft = draft("some.html", format!("<p>Text.</p>{page}").as_bytes());
        let shown = draft.as_ref().map(shown).unwrap_or_default();
        let lost: Vec<_> = words.iter().filter(|word| !shown.contains(word.as_str())).collect();
        prop_assert!(lost.is_empty(), "{lost:?} of {page:?}: {draft:#?}");
    }
}

#[test]
fn much_of_the_same_is_read_in_one_go() {
    for piece in [
        "<b a=1><p>",
        "<div>",
        "<table><tr><td>",
        "<ul><li>",
        "</p><nav>",
        "- a\n",
        "a\n\n",
        "a\tb\n\n",
        "a|b\n",
        "a|b\n- a|b\n",
        "    a\n",
        "`",
        "<a href=x>",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        for name in NAMES {
            draft(name, text.as_bytes());
        }
    }
}
