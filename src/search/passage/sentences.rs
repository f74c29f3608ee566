//! A long paragraph -> the consecutive sentences of it that answer best.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::wanted::Wanted;
use super::window::{self, Weighed};
use crate::domain::text::one_line;
use crate::search::analysis::Unit;

/// Words that end in a full stop where no sentence ends. Unicode's rules know those that go on with a
/// small letter by themselves.
const ABBREVIATIONS: [&str; 11] =
    ["e.g.", "i.e.", "etc.", "no.", "nos.", "cf.", "vs.", "approx.", "fig.", "incl.", "resp."];

/// The bytes of the best sentences, of at most `len_max` unless one is longer. `units` are the words of
/// the text that may be asked for.
pub fn best(wanted: &Wanted, text: &str, units: &[Unit<'_>], len_max: usize) -> Range<usize> {
    let sentences = sentences(text);
    let weigh = |at: &Range<usize>| {
        let first = units.partition_point(|unit| unit.at.start < at.start);
        let end = units.partition_point(|unit| unit.at.start < at.end);
        Weighed { len: at.len(), held: wanted.held(&units[first..end]), bonus: 0.0 }
    };
    let weighed: Vec<Weighed> = sentences.iter().map(weigh).collect();
    let (mut first, mut last) = window::best(&weighed, wanted.total(), len_max);
    let at = |first: usize, last: usize| match (sentences.get(first), sentences.get(last)) {
        (Some(first), Some(last)) => first.start..last.end,
        _ => 0..text.len(),
    };
    while last + 1 < sentences.len() && at(first, last + 1).len() <= len_max {
        last += 1;
    }
    while first > 0 && at(first - 1, last).len() <= len_max {
        first -= 1;
    }
    at(first, last)
}

/// The sentences without the white space between them (UAX #29, and abbreviations). The end of a line
/// ends none, and nothing does within code.
fn sentences(text: &str) -> Vec<Range<usize>> {
    let line = one_line(text);
    let mut sentences: Vec<Range<usize>> = Vec::new();
    let (mut open, mut marks) = (false, 0);
    for (start, piece) in line.split_sentence_bound_indices() {
        let end = start + piece.trim_end().len();
        match sentences.last_mut() {
            Some(before) if open => before.end = end,
            _ => sentences.push(start..end),
        }
        marks += piece.matches('`').count();
        // Without a space it was the name of a file, a version or an address.
        open = !piece.ends_with(' ') || ends_in_abbreviation(piece) || marks % 2 == 1;
    }
    sentences
}

fn ends_in_abbreviation(sentence: &str) -> bool {
    let last = sentence.split_whitespace().next_back().unwrap_or_default();
    let last = last.trim_start_matches(|c: char| !c.is_alphanumeric());
    ABBREVIATIONS.iter().any(|known| last.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_not_cut() {
        let text = "Log in and run `rsync -a . HOST:/backup. Then: x` as root. Then `a. B` it.";
        assert_eq!(
            split(text),
            ["Log in and run `rsync -a . HOST:/backup. Then: x` as root.", "Then `a. B` it."]
        );
    }

    fn split(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|at| &text[at]).collect()
    }

    #[test]
    fn a_sentence_ends_at_its_full_stop_and_not_at_the_end_of_a_line() {
        assert_eq!(
            split("One line\nand more. Two? Yes!\nThree"),
            ["One line\nand more.", "Two?", "Yes!", "Three"]
        );
    }

    #[test]
    fn abbreviations_versions_and_paths_end_no_sentence() {
        for text in [
            "Take a host, e.g. ESX or (i.e. Xen) another.",
            "Use ESX 3.5 or 4.X on No. 5 only.",
            "Edit /etc/vmware/Config.Old and run a.B then.",
            "Free space, snapshots etc. Then go on.",
        ] {
            assert_eq!(split(text), [text]);
        }
    }

    #[test]
    fn every_word_stands_in_a_sentence() {
        for text in ["", " ", "a", "A. ", "\nA.\n\nB. c", "… x. Ä? É"] {
            let words: Vec<_> = split(text).iter().flat_map(|sentence| sentence.split_whitespace()).collect();
            assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
        }
    }
}
