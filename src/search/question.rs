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

/// Words by which a question asks for a reason.
const REASONS: [&str; 4] = ["why", "cause", "causes", "reason"];

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
        let asks_why = text.split(|c: char| !c.is_alphabetic()).any(is_reason);
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

fn is_reason(word: &str) -> bool {
    REASONS.iter().any(|reason| word.eq_ignore_ascii_case(reason))
}
