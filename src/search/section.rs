//! An article and its ranked sections -> the section to cite.
//!
//! The best section is cited, unless it only supports an answer: what people see, why it happens, how to
//! check. Whoever asks wants to know what to do, so such a section yields to another that is nearly as
//! good; to somebody who asks why, the cause is the answer. A few sentences above a list of steps yield
//! to the steps below them in the same way.

use crate::domain::article::Section;

/// Top headings of supporting sections, and to what part of their score they yield.
const SUPPORTING: [(&str, f32); 4] =
    [("Symptoms", 0.5), (CAUSE, 0.5), ("Verify", 0.5), ("When to escalate", 0.8)];
/// Supports an answer unless somebody asks for the reason; then the others yield to it.
const CAUSE: &str = "Cause";
/// To what part of their score they do.
const REASON_YIELDS: f32 = 0.5;
/// To what part of its score a mere overview yields to a section below it.
const OVERVIEW_YIELDS: f32 = 0.5;

/// The number of the section to cite; `found` are numbers and scores of sections with text, best first.
pub(super) fn cited(sections: &[Section], found: &[(usize, f32)], asks_why: bool) -> usize {
    let Some(&(best, score)) = found.first() else {
        return sections.iter().position(Section::has_text).unwrap_or_default();
    };
    let supports = |number: usize| sections.get(number).and_then(|section| yields(section, asks_why));
    let mut chosen = (best, score);
    if asks_why {
        let why = found.iter().find(|(n, s)| is_cause(sections, *n) && *s >= score * REASON_YIELDS);
        if let Some((number, _)) = why {
            return *number;
        }
    }
    if let Some(part) = supports(best) {
        let mut others = found.iter().copied();
        chosen = others.find(|(n, s)| supports(*n).is_none() && *s >= score * part).unwrap_or(chosen);
    }
    if is_overview(sections, chosen.0) {
        let least = chosen.1 * OVERVIEW_YIELDS;
        let above = sections.get(chosen.0);
        let is_below =
            |number: usize| above.zip(sections.get(number)).is_some_and(|(above, it)| it.is_below(above));
        let below = |number: usize| is_below(number) && supports(number).is_none();
        chosen = found.iter().copied().find(|(n, s)| below(*n) && *s >= least).unwrap_or(chosen);
    }
    chosen.0
}

fn is_cause(sections: &[Section], number: usize) -> bool {
    let top = sections.get(number).and_then(|section| section.heading.first());
    top.is_some_and(|top| top.eq_ignore_ascii_case(CAUSE))
}

/// To what part of its score a supporting section yields.
fn yields(section: &Section, asks_why: bool) -> Option<f32> {
    let top = section.heading.first()?;
    let (name, part) = SUPPORTING.iter().find(|(name, _)| top.eq_ignore_ascii_case(name))?;
    (!asks_why || *name != CAUSE).then_some(*part)
}

/// Whether a section under a heading is one paragraph and has sections below it.
fn is_overview(sections: &[Section], number: usize) -> bool {
    let Some(section) = sections.get(number) else { return false };
    let short = section.blocks.len() <= 1 && !section.heading.is_empty();
    short && sections.iter().any(|other| other.is_below(section))
}
