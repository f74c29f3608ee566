//! Front matter, title, length of sections, headings of runbooks.

use jiff::civil::Date;

use crate::domain::rules::upkeep::articles::days_overdue;
use crate::domain::rules::upkeep::report::REVIEW_DAYS;
use crate::domain::text::is_invisible;
use crate::domain::world::article::NEVER_REVIEWED;
use crate::kb::finding::{Code, Finding};
use crate::kb::page::Page;

/// What to write as the day of a review.
const REVIEWED: &str = "give the day on which somebody last checked the article";
/// Words of a section that can still be quoted.
const SECTION_WORDS_MAX: usize = 180;
/// What a runbook is asked for, in this order.
const RUNBOOK_HEADINGS: &[&str] = &["Symptoms", "Cause", "Resolution", "Verify", "When to escalate"];

/// Checks what an article says, apart from its actions.
pub(super) fn check(page: &Page, today: Date, findings: &mut Vec<Finding>) {
    check_fields(page, findings);
    check_identity(page, today, findings);
    check_title(page, findings);
    check_sections(page, findings);
}

fn check_fields(page: &Page, findings: &mut Vec<Finding>) {
    for (name, values) in fields(page) {
        if values.is_empty() || values.iter().any(String::is_empty) {
            let line = page.front_matter.of(name);
            let message = format!("`{name}` is empty or holds an empty text");
            let advice = "say something in it; people find the article by it";
            findings.push(Finding::new(&page.article.file, line, Code::FieldEmpty, message, advice));
        }
    }
}

/// Front matter can hide characters behind an escape that reading the file does not see.
pub(super) fn check_hidden(page: &Page, findings: &mut Vec<Finding>) {
    for (name, values) in fields(page) {
        if values.iter().flat_map(|value| value.chars()).any(|c| c.is_control() || is_invisible(c)) {
            let line = page.front_matter.of(name);
            let message = format!("`{name}` holds a character that can't be seen");
            findings.push(Finding::new(
                &page.article.file,
                line,
                Code::HiddenCharacter,
                message,
                "remove it",
            ));
        }
    }
}

fn fields(page: &Page) -> [(&str, &[String]); 4] {
    let article = &page.article;
    [
        ("title", std::slice::from_ref(&article.title)),
        ("products", &article.products),
        ("tags", &article.tags),
        ("symptoms", &article.symptoms),
    ]
}

fn check_identity(page: &Page, today: Date, findings: &mut Vec<Finding>) {
    let article = &page.article;
    let file = article.file.as_str();
    let name = file.rsplit('/').next().unwrap_or(file);
    if name.strip_suffix(".md") != Some(article.id.as_str()) {
        let message = format!("the article `{}` stands in {name}", article.id);
        let advice = format!("rename the file to {}.md; an id never changes", article.id);
        findings.push(Finding::new(file, page.front_matter.of("id"), Code::IdNotFileName, message, advice));
    }
    check_review(page, today, findings);
}

fn check_review(page: &Page, today: Date, findings: &mut Vec<Finding>) {
    let article = &page.article;
    let reviewed = &article.reviewed;
    let overdue = days_overdue(article, today);
    let (code, message, advice) = if reviewed.parse::<Date>().map_or(true, |reviewed| reviewed > today) {
        let message = format!("reviewed on {reviewed}, which is not past (today is {today})");
        (Code::ReviewedInFuture, message, REVIEWED)
    } else if reviewed == NEVER_REVIEWED {
        (Code::NeverReviewed, "it was imported, and nobody has checked it".to_owned(), REVIEWED)
    } else if overdue > 0 {
        let message =
            format!("reviewed on {reviewed}, which is good for {REVIEW_DAYS} days: overdue by {overdue}");
        (Code::ReviewOverdue, message, "check the article, then give today as the day of its review")
    } else {
        return;
    };
    findings.push(Finding::new(&article.file, page.front_matter.of("reviewed"), code, message, advice));
}

fn check_title(page: &Page, findings: &mut Vec<Finding>) {
    let file = page.article.file.as_str();
    let title = &page.article.title;
    let (line, message) = match page.titles.as_slice() {
        [] => (1, "there is no heading of the first level".to_owned()),
        [(heading, line)] if heading != title => (*line, format!("the heading is not the title `{title}`")),
        [_] => return,
        [_, (heading, line), ..] => (*line, format!("`{heading}` is a second heading of the first level")),
    };
    let advice = "write the title once as `# ...`, the sections as `## ...`";
    findings.push(Finding::new(file, line, Code::TitleHeading, message, advice));
}

fn check_sections(page: &Page, findings: &mut Vec<Finding>) {
    let article = &page.article;
    let file = article.file.as_str();
    for (section, words) in article.sections.iter().zip(&page.words) {
        if *words > SECTION_WORDS_MAX {
            let name = section.heading.last().unwrap_or(&article.title);
            let message =
                format!("the section `{name}` has {words} words; {SECTION_WORDS_MAX} can be quoted");
            let advice = "split it under headings that say what each part is about";
            findings.push(Finding::new(file, section.lines.0, Code::SectionLong, message, advice));
        }
    }
    let following = article.sections.iter().skip(1).map(Some).chain([None]);
    for (section, next) in article.sections.iter().zip(following) {
        let is_overview = next.is_some_and(|next| next.is_below(section));
        if !is_overview && !section.has_text() {
            let name = section.heading.last().unwrap_or(&article.title);
            let message = format!("the section `{name}` has no text, so no question finds it");
            let advice = "say in a sentence what it is for, or remove it";
            findings.push(Finding::new(file, section.lines.0, Code::SectionWithoutText, message, advice));
        }
    }
    let runbook = !article.actions.is_empty() || article.tags.iter().any(|tag| tag == "runbook");
    for wanted in RUNBOOK_HEADINGS.iter().filter(|_| runbook) {
        let mut headings = article.sections.iter().filter_map(|section| section.heading.last());
        if !headings.any(|heading| begins_with_words(heading, wanted)) {
            let message = format!("a runbook without the heading `{wanted}`");
            let advice = format!("add `## {wanted}`, or a heading that begins so");
            findings.push(Finding::new(file, 1, Code::RunbookHeadingMissing, message, advice));
        }
    }
}

/// Whether a heading is these words or goes on after them: `Verify the port`, not `Verifying`.
fn begins_with_words(heading: &str, words: &str) -> bool {
    heading.strip_prefix(words).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}
