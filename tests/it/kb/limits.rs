//! A short file stays small: what is repeated has a limit, and whoever exceeds it is told where.

use dogwatch::domain::policy::catalogue::nearest;
use dogwatch::kb::lint::lint;
use dogwatch::kb::{Code, Finding, read_page};

use super::lint::{LINUX, WINDOWS, with};
use super::{article, standards};

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

#[test]
fn a_choice_has_at_most_100_values() {
    let choices = |count: usize| {
        let values: Vec<_> = (0..count).map(|i| format!("\"soft{i}\"")).collect();
        LINUX.replace("[\"soft\", \"hard\"]", &format!("[{}]", values.join(", ")))
    };
    let codes = |text: &str| {
        let loaded = with(text, WINDOWS).load();
        let findings = lint(&loaded, &standards()).into_iter().map(|finding| finding.code);
        findings.filter(|code| code.leaves_out()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&choices(100)), []);
    assert_eq!(codes(&choices(101)), [Code::ParamChoices]);
    // What is wrong with each of them is not said of any number.
    let refused = choices(5_000).replace("[params.mode]\n", "[params.mode]\npattern = 'x'\n");
    let findings = lint(&with(&refused, WINDOWS).load(), &standards());
    assert!(findings.iter().filter(|finding| finding.code == Code::ParamValueMismatch).count() <= 101);
}

#[test]
fn keys_below_a_long_key_do_not_repeat_it() {
    let long = "k".repeat(300);
    let text =
        article("a", "Text.\n").replace("+++\n# ", &format!("[{long}]\nx = 1\ny = [\n1,\n2]\n+++\n# "));
    let (page, findings) = read_page("a.md", text.as_bytes());
    assert_eq!(
        findings.iter().map(|finding| (finding.line, finding.code)).collect::<Vec<_>>(),
        [(8, Code::FieldUnknown)]
    );
    let lines = page.unwrap().front_matter;
    for below in ["x", "y.0", "y.1"] {
        assert_eq!(lines.of(&format!("{long}.{below}")), 8, "{below}");
    }
    assert_eq!(lines.of("title"), 3);
}

#[test]
fn what_a_rung_is_given_is_shown_no_longer_than_a_value_may_be() {
    let text = LINUX.replace("example = \"web\" # stop", &format!("example = \"{}\"", "w".repeat(1_000)));
    let text = text.replace("'[^/-]{1,20}'", "'[a-z]*'");
    let text = text.replace(
        "with = { name = \"{name}\" }",
        &format!("with = {{ pid = \"{}\" }}", "{name}".repeat(1_000)),
    );
    let findings = lint(&with(&text, WINDOWS).load(), &standards());
    let found = findings.iter().find(|finding| finding.code == Code::EscalationValue).unwrap();
    assert!(found.message.len() < 3_000, "{} bytes", found.message.len());
    assert!(found.message.ends_with("it expects at most 1024 characters"), "{found:?}");
}

#[test]
fn what_is_too_long_to_be_meant_is_compared_with_nothing() {
    let candidate = |length: usize| "a".repeat(length + 1);
    let is_compared =
        |length: usize| nearest(&"a".repeat(length), [&*candidate(length)].into_iter()).is_some();
    assert_eq!((is_compared(256), is_compared(257)), (true, false));
    assert_eq!(nearest("a", [&*candidate(1 << 20), "b"].into_iter()), Some("b"));
    assert_eq!(nearest("#caus", ["#close", "#cause"].into_iter()), Some("#cause"));
}
