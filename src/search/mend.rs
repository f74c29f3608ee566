//! A question whose words no article has -> the same question as it was probably meant.
//!
//! Two slips are mended: a compound written in one word (`worldid`, `logfile`) whose halves stand side
//! by side somewhere in the articles, and a word that is one slip of the finger away from one of theirs.
//! It is asked for only when the question as it stands would be refused, so it can't spoil an answer.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::Term;
use tantivy::query::{FuzzyTermQuery, PhraseQuery, Query as _};
use tantivy::schema::Field;

use super::analysis::{Analyzer, Unit, meaning_term};
use super::segments::Segments;
use super::vocabulary::common_words;

/// Characters of the shortest word that is mended; shorter ones are too like each other.
const WORD_LEN_MIN: usize = 4;
/// Characters of the longest.
const WORD_LEN_MAX: usize = 32;
/// Characters of the shortest half of a compound.
const HALF_LEN_MIN: usize = 2;
/// Endings that a stem lacks.
const ENDINGS: [&str; 15] =
    ["", "e", "s", "ed", "ing", "ion", "y", "er", "ers", "ic", "ics", "ate", "ation", "ence", "ization"];
/// Words of a question that are mended.
const WORDS_MAX: usize = 4;

/// The mended text, if anything in it can be mended.
pub(super) fn mended(
    analyzer: &Analyzer,
    segments: &Segments,
    text: &str,
) -> tantivy::Result<Option<String>> {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let mut found = 0;
    for word in &mut words {
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let len = plain.chars().count();
        let fits = (WORD_LEN_MIN..=WORD_LEN_MAX).contains(&len) && plain.chars().all(char::is_alphabetic);
        if !fits || found == WORDS_MAX || known(segments, &analyzer.asked(&plain))? {
            continue;
        }
        let better = match halves(analyzer, segments, &plain)? {
            Some(halves) => Some(halves),
            None => neighbour(analyzer, segments, &plain)?.or_else(|| common(&plain)),
        };
        if let Some(better) = better {
            *word = better;
            found += 1;
        }
    }
    Ok((found > 0).then(|| words.join(" ")))
}

/// Whether the articles have a word, or it is of a kind that they needn't have.
fn known(segments: &Segments, units: &[Unit<'_>]) -> tantivy::Result<bool> {
    let has = |field: Field, text: &str| segments.searcher.doc_freq(&Term::from_field_text(field, text));
    for unit in units {
        if unit.empty || unit.everyday {
            return Ok(true);
        }
        for word in unit.wholes.iter().chain(&unit.stems) {
            if has(segments.fields.text, word)? > 0 {
                return Ok(true);
            }
        }
        for meaning in &unit.meanings {
            if has(segments.fields.meanings, &meaning_term(*meaning))? > 0 {
                return Ok(true);
            }
        }
    }
    Ok(units.is_empty())
}

/// The two words that a compound consists of, if they are neighbours in an article: the most usual pair.
fn halves(analyzer: &Analyzer, segments: &Segments, word: &str) -> tantivy::Result<Option<String>> {
    let mut best: Option<(u64, String)> = None;
    for (at, _) in word.char_indices().skip(HALF_LEN_MIN) {
        let (first, second) = word.split_at(at);
        if second.chars().count() < HALF_LEN_MIN {
            break;
        }
        let term = |word: &str| Term::from_field_text(segments.fields.text, &analyzer.stem(word));
        let (first_term, second_term) = (term(first), term(second));
        if segments.searcher.doc_freq(&first_term)? == 0 || segments.searcher.doc_freq(&second_term)? == 0 {
            continue;
        }
        let documents = PhraseQuery::new(vec![first_term, second_term]).count(&segments.searcher)? as u64;
        if documents > best.as_ref().map_or(0, |(most, _)| *most) {
            best = Some((documents, format!("{first} {second}")));
        }
    }
    Ok(best.map(|(_, words)| words))
}

/// The word whose stem in the articles is one letter more, less, other or exchanged: the most usual one.
fn neighbour(analyzer: &Analyzer, segments: &Segments, word: &str) -> tantivy::Result<Option<String>> {
    // A slip may keep a word from being stemmed: `memroy` has another stem than `memory`, `trnslation` none.
    let roots = ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending));
    let mut stems: BTreeSet<String> = roots.map(str::to_owned).chain([analyzer.stem(word)]).collect();
    stems.extend(word.strip_suffix('y').map(|root| format!("{root}i")));
    let text = segments.fields.text;
    let first: String = word.chars().take(1).collect();
    let mut near: BTreeMap<String, u32> = BTreeMap::new();
    for written in stems {
        let like = FuzzyTermQuery::new(Term::from_field_text(text, &written), 1, true);
        for segment in segments.searcher.segment_readers() {
            let inverted = segment.inverted_index(text)?;
            let mut terms = inverted.terms().search(like.automaton()?).ge(&first).into_stream()?;
            while terms.advance() {
                let term = std::str::from_utf8(terms.key()).unwrap_or_default();
                if !term.starts_with(&first) {
                    break;
                }
                if is_slip(&written, term) {
                    *near.entry(term.to_owned()).or_default() += terms.value().doc_freq;
                }
            }
        }
    }
    // Of equals the first in the alphabet.
    let likeliest = near.into_iter().rev().max_by_key(|(_, documents)| *documents);
    Ok(likeliest.map(|(stem, _)| with_stem(analyzer, stem)))
}

/// A word that has a stem: a stem may have another one itself, as `convers` of conversion has.
fn with_stem(analyzer: &Analyzer, stem: String) -> String {
    let words = ENDINGS.iter().map(|ending| format!("{stem}{ending}"));
    words.into_iter().find(|word| analyzer.stem(word) == stem).unwrap_or(stem)
}

/// The word without information of its own that is one letter away, so that it is none that nobody knows.
fn common(word: &str) -> Option<String> {
    let mut near = common_words().filter(|it| is_slip(word, it) && strsim::osa_distance(word, it) == 1);
    near.next().map(str::to_owned)
}

/// Whether a word may be another that is one letter away. The first letter is nearly always right. The
/// shorter a word is, the more often one letter makes another word of it: `bridg` and `bring`, `nest` and
/// `net`.
fn is_slip(written: &str, meant: &str) -> bool {
    let letters = |word: &str| word.chars().collect::<BTreeSet<_>>();
    let (len, meant_len) = (written.chars().count(), meant.chars().count());
    let exchanged = || len == meant_len && letters(written) == letters(meant);
    let fits = || match len {
        0..WORD_LEN_MIN => false,
        4 => meant_len > len || exchanged(),
        5 => meant_len != len || exchanged(),
        _ => true,
    };
    written.chars().next() == meant.chars().next() && len.abs_diff(meant_len) <= 1 && fits()
}
