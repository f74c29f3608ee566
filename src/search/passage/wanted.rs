//! What a question looks for, and where a text holds it.
//!
//! A word of a text is what was asked for if the question has it as it is written, by its stem, or in
//! an expression that means the same. Words that carry no information never are.

use std::collections::HashSet;
use std::ops::Range;

use crate::search::analysis::{Analyzer, Unit};
use crate::search::question::Question;

/// The words of a question with their rarities.
pub struct Wanted<'a> {
    analyzer: &'a Analyzer,
    units: &'a [Unit<'a>],
    rarities: &'a [f32],
    words: HashSet<&'a str>,
    meanings: HashSet<usize>,
}

impl<'a> Wanted<'a> {
    /// What a question looks for; a rarity for each of its units.
    pub fn new(analyzer: &'a Analyzer, question: &'a Question<'a>, rarities: &'a [f32]) -> Self {
        let units = &question.units;
        let words = units.iter().flat_map(words).collect();
        let meanings = units.iter().flat_map(|unit| unit.meanings.iter().copied()).collect();
        Self { analyzer, units, rarities, words, meanings }
    }

    /// What a text would hold that holds all of the question.
    pub fn total(&self) -> f32 {
        self.rarities.iter().sum()
    }

    /// The words of a text that the question may ask for, in order.
    pub fn units(&self, text: &str) -> Vec<Unit<'_>> {
        let mut units = self.analyzer.units(text);
        units.retain(|unit| !unit.empty && self.concerns(unit));
        units
    }

    /// How much of every unit of the question some words of a text hold, weighted by rarity.
    pub fn held(&self, units: &[Unit<'_>]) -> Vec<f32> {
        let words: HashSet<&str> = units.iter().flat_map(words).collect();
        let meanings: HashSet<usize> = units.iter().flat_map(|unit| unit.meanings.iter().copied()).collect();
        let cover = |unit: &Unit<'_>| {
            let whole = unit.wholes.iter().any(|whole| words.contains(whole.as_str()));
            if whole || all_of(unit, &words) {
                return 1.0;
            }
            let equivalent = unit.meanings.iter().any(|meaning| meanings.contains(meaning));
            if equivalent { unit.equivalent_cover() } else { 0.0 }
        };
        self.units.iter().zip(self.rarities).map(|(unit, rarity)| rarity * cover(unit)).collect()
    }

    /// The bytes of a text that hold what was asked for, in order, by some of its words; those with one
    /// space between them are one range.
    pub fn marks(&self, text: &str, units: &[Unit<'_>]) -> Vec<Range<usize>> {
        let mut marks: Vec<Range<usize>> = Vec::new();
        for unit in units.iter().filter(|unit| self.asks_for(unit)) {
            match marks.last_mut() {
                Some(before) if text.get(before.end..unit.at.start) == Some(" ") => before.end = unit.at.end,
                _ => marks.push(unit.at.clone()),
            }
        }
        marks
    }

    fn concerns(&self, unit: &Unit<'_>) -> bool {
        words(unit).any(|word| self.words.contains(word))
            || unit.meanings.iter().any(|meaning| self.meanings.contains(meaning))
    }

    fn asks_for(&self, unit: &Unit<'_>) -> bool {
        let whole = unit.wholes.iter().any(|whole| self.words.contains(whole.as_str()));
        let equivalent = unit.meanings.iter().any(|meaning| self.meanings.contains(meaning));
        whole || all_of(unit, &self.words) || equivalent
    }
}

/// Whether all stems of a unit are among these words.
fn all_of(unit: &Unit<'_>, words: &HashSet<&str>) -> bool {
    !unit.stems.is_empty() && unit.stems.iter().all(|stem| words.contains(stem.as_str()))
}

fn words<'a>(unit: &'a Unit<'_>) -> impl Iterator<Item = &'a str> {
    unit.wholes.iter().chain(&unit.stems).map(String::as_str)
}
