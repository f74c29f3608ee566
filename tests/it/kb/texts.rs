//! What lint says of texts: how long they are, whether there are any, when somebody last checked them.

use dogwatch::kb::Code;
use dogwatch::kb::lint::lint;

use super::lint::{LINUX, WINDOWS, with};
use super::standards;

#[test]
fn a_section_is_long_from_181_words_wherever_they_stand() {
    let row = format!("| {} |\n", "word ".repeat(60));
    for (extra, long) in [("", false), ("more ", true)] {
        let words = format!(
            "{}\n\n{extra}\n\n| h |\n|---|\n{row}\n```\n{}\n```\n",
            "word ".repeat(60),
            "word ".repeat(60)
        );
        let text = super::article("linux-service", &words);
        let findings = lint(&with(&text, WINDOWS).load(), &standards());
        let found = findings.iter().find(|finding| finding.code == Code::SectionLong);
        assert_eq!(found.map(|finding| finding.line), long.then_some(9), "{findings:?}");
    }
}

#[test]
fn a_section_needs_no_text_where_others_below_it_have_some() {
    let warned = |text: &str| {
        let findings = lint(&with(text, WINDOWS).load(), &standards());
        let found = findings.iter().filter(|finding| finding.code == Code::SectionWithoutText);
        found.map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    let article = |text| super::article("linux-service", text);
    assert_eq!(warned(&article("Text.\n\n## Steps\n\n### First\n\nDo it.\n")), [""; 0]);
    let empty = |name| format!("the section `{name}` has no text, so no question finds it");
    let two = article("Text.\n\n## Steps\n\n### First\n\n- ...\n\n## End\n");
    assert_eq!(warned(&two), [empty("First"), empty("End")]);
    let twice = article("Text.\n\n## Steps\n\n## Steps\n\nDo it.\n");
    assert_eq!(warned(&twice), [empty("Steps")]);
    let title = LINUX.find("\n\nOn Windows").map(|end| &LINUX[..end]).unwrap();
    assert_eq!(warned(&format!("{title}\n")), [empty("A service hangs")]);
}

#[test]
fn a_review_is_good_for_365_days_and_one_that_never_was_is_not_overdue_too() {
    for (day, expected) in [
        ("2025-12-01", None),
        (
            "2025-11-30",
            Some("review_overdue: reviewed on 2025-11-30, which is good for 365 days: overdue by 1"),
        ),
        ("1970-01-01", Some("never_reviewed: it was imported, and nobody has checked it")),
    ] {
        let findings = lint(&with(&LINUX.replace("2026-11-01", day), WINDOWS).load(), &standards());
        let told: Vec<_> = findings.iter().map(|it| format!("{}: {}", it.code, it.message)).collect();
        assert_eq!(told, Vec::from_iter(expected), "{day}");
    }
}
