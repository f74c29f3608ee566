//! A short file stays small: what is repeated has a limit, and whoever exceeds it is told where.

use dogwatch::kb::{Finding, read_page};

use crate::article;

/// The finding that leaves an article out, as `line code: message`; none if it is offered.
fn left_out(text: &str) -> Option<String> {
    let (_, findings) = read_page("a.md", text.as_bytes());
    let found = findings.into_iter().find(|finding| finding.code.leaves_out());
    found.map(|Finding { line, code, message, .. }| format!("{line} {code}: {message}"))
}

/// Whether exactly so much is offered, and what is said of one more, in an article with this text.
fn limit(most: usize, text: impl Fn(usize) -> String) -> String {
    assert_eq!(left_out(&text(most)), None);
    left_out(&text(most + 1)).unwrap()
}

fn action(id: usize, title: &str) -> String {
    format!(
        "```action\nid = \"x{id}\"\ntitle = \"{title}\"\nplatforms = [\"linux\"]\nrisk = \"read\"\n\
         [[steps]]\nrun = [\"uptime\"]\ntimeout_s = 1\n```\n"
    )
}

#[test]
fn a_title_a_heading_and_the_name_of_a_column_are_short() {
    let begins = "\u{e9}".repeat(40);
    let long = |length| "\u{e9}".repeat(length);
    assert_eq!(
        limit(200, |length| article("a", &format!("## {}\n\nText.\n", long(length)))),
        format!("11 text_too_long: the heading `{begins}...` has 201 characters; 200 is the limit")
    );
    assert_eq!(
        limit(100, |length| article("a", &format!("| {} | b |\n|---|---|\n| a | b |\n", long(length)))),
        format!("11 text_too_long: the name of a column `{begins}...` has 101 characters; 100 is the limit")
    );
    assert_eq!(
        limit(200, |length| article("a", "Text.\n")
            .replace("title = \"A", &format!("title = \"{}", long(length - 6)))),
        format!("3 text_too_long: the title `{begins}...` has 201 characters; 200 is the limit")
    );
    assert_eq!(
        limit(200, |length| article("a", &action(1, &long(length)))),
        "13 text_too_long: `x1`: its title has 201 characters; 200 is the limit"
    );
}

#[test]
fn an_article_has_so_many_sections_cells_actions_and_texts_of_a_list() {
    // The title is the first.
    let sections = |count: usize| article("a", &"#### a\n".repeat(count - 1));
    assert_eq!(limit(1_000, sections), "1010 too_many_parts: more than 1000 sections");
    // Empty cells don't count, and of two tables all do.
    let rows = "| b | | c |\n".repeat(5_000);
    let table = "| x | y | z |\n|---|---|---|\n";
    let cells = |count: usize| {
        let second = format!("{table}{rows}{}", "| d | | |\n".repeat(count - 20_000));
        article("a", &format!("{table}{rows}\n{second}"))
    };
    assert_eq!(limit(20_000, cells), "10016 too_many_parts: more than 20000 cells in its tables");
    let actions = |count: usize| article("a", &(0..count).map(|id| action(id, "t")).collect::<String>());
    assert_eq!(limit(50, actions), "461 too_many_parts: more than 50 actions");
    for (line, name) in [(4, "products"), (5, "tags"), (6, "symptoms")] {
        let list = |count: usize| {
            let texts = format!("{name} = [{}", "\"x\", ".repeat(count - 1));
            article("a", "Text.\n").replace(&format!("{name} = ["), &texts)
        };
        let said = format!("{line} too_many_parts: `{name}` has 201 texts; 200 is the limit");
        assert_eq!(limit(200, list), said);
    }
}
