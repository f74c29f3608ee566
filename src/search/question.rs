//! A question -> what to look for.
//!
//! Invariant: any text is a question. Length and number of words are bounded; syntax means nothing.

use super::analysis::{Analyzer, Unit};

/// Characters of a question that are read; the rest is ignored.
const QUESTION_LEN_MAX: usize = 4_000;
/// Different words of a question that are looked for.
const QUESTION_WORDS_MAX: usize = 64;
/// What a percentage counts for. It is looked for by its number, by the sign and as a whole, and most are
/// what somebody's screen shows: with all of it `service console 97 % full` is about whatever stops at 97 %.
const PERCENTAGE_WEIGHT: f32 = 0.7;

/// What a question asks for that wants to know why.
const REASONS: [&str; 4] = ["cause", "causes", "reason", "reasons"];
/// Words by which it asks for something, and how many words before it they may stand.
const ASKING: [&str; 3] = ["what", "whats", "which"];
const ASKING_DISTANCE_MAX: usize = 5;

/// The informative words of a question.
#[derive(Debug, Default)]
pub(super) struct Question<'a> {
    /// Each once, in the order of the question.
    pub units: Vec<Unit<'a>>,
    /// What each of them counts for: as often as the question says it.
    pub times: Vec<f32>,
    /// Pairs of neighbours.
    pub pairs: Vec<(String, String)>,
    /// Whether it asks for a reason rather than for what to do.
    pub asks_why: bool,
}

impl<'a> Question<'a> {
    /// Reads a question.
    pub fn read(analyzer: &'a Analyzer, text: &str) -> Self {
        let text = cut(text);
        let asks_why = asks_why(text);
        let mut units = analyzer.asked(text);
        if units.iter().any(|unit| !unit.empty) {
            units.retain(|unit| !unit.empty);
        }
        if units.iter().all(|unit| unit.everyday) {
            for unit in &mut units {
                unit.everyday = false;
            }
        }
        let mut question = Self { asks_why, ..Self::default() };
        let stems: Vec<&String> = units.iter().flat_map(|unit| &unit.stems).collect();
        for (first, second) in stems.iter().zip(stems.iter().skip(1)).take(QUESTION_WORDS_MAX) {
            question.pairs.push(((*first).clone(), (*second).clone()));
        }
        question.pairs.sort();
        question.pairs.dedup();
        for unit in units {
            let same = |other: &Unit<'_>| other.stems == unit.stems && other.wholes == unit.wholes;
            let once = if unit.is_percentage() { PERCENTAGE_WEIGHT } else { 1.0 };
            if let Some(known) = question.units.iter().position(same) {
                question.times[known] += once;
            } else if question.units.len() < QUESTION_WORDS_MAX {
                question.units.push(unit);
                question.times.push(once);
            }
        }
        question
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }
}

/// What is read of a question.
pub(super) fn cut(text: &str) -> &str {
    text.char_indices().nth(QUESTION_LEN_MAX).map_or(text, |(end, _)| &text[..end])
}

/// Whether a text asks for a reason: by `why`, or for a cause by its name. A message that names one
/// (`Reason: disk full`) asks for nothing, nor does somebody who says that it is unknown.
fn asks_why(text: &str) -> bool {
    let is = |word: &str, any: &[&str]| any.iter().any(|one| word.eq_ignore_ascii_case(one));
    let letters = |word: &&str| -> String { word.chars().filter(|c| c.is_alphabetic()).collect() };
    if text.split(|c: char| !c.is_alphabetic()).any(|word| is(word, &["why"])) {
        return true;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.iter().enumerate().any(|(at, word)| {
        let name = word.trim_end_matches(['?', '.', ',', '!']);
        let before = words[..at].iter().rev().take(ASKING_DISTANCE_MAX);
        let mut clause = before.take_while(|before| !before.ends_with(|c: char| ".,:;!?".contains(c)));
        let asked = clause.any(|before| is(&letters(before), &ASKING)) || word.ends_with('?');
        let of = words.get(at + 1).is_some_and(|next| is(next, &["of", "for"]));
        is(name, &REASONS) && (asked || of)
    })
}

#[cfg(test)]
mod tests {
    use super::asks_why;

    #[test]
    fn a_reason_is_asked_for_and_not_only_named() {
        for text in [
            "why does it hang",
            "it hangs, but why?",
            "what is the most likely cause of it",
            "What's the reason?",
            "what causes a purple screen",
            "which cause has error 7",
            "find the root cause of the outage",
            "vm paused, cause?",
        ] {
            assert!(asks_why(text), "{text}");
        }
        for text in [
            "Remediation failed. Reason: insufficient disk space",
            "what now? Cause: bearing hot",
            "disk full, root cause unknown, how do I free space",
            "virsh domstate web01 --reason",
            "what to do, the reason is a full disk",
            "",
        ] {
            assert!(!asks_why(text), "{text}");
        }
    }
}
