//! A question whose words no article has -> the same question as it was probably meant, and what was mended.
//!
//! Two slips are mended: a compound written in one word (`worldid`, `logfile`) whose halves stand side
//! by side somewhere in the articles, and a word that is one slip of the finger away from one of theirs.
//! It is asked for only when the question as it stands would be refused, so it can't spoil an answer; but a
//! word that is meant as it is typed must not become another, or what nobody asked is answered.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::Term;
use tantivy::query::{FuzzyTermQuery, PhraseQuery, Query as _};

use super::analysis::{Analyzer, Unit, meaning_term};
use super::answer::Mended;
use super::question::cut;
use super::segments::Segments;
use super::vocabulary::common_words;

/// Unknown words of a question that are compared with all that there are.
const WORDS_MAX: usize = 8;
/// Characters of the shortest word that is mended; shorter ones are too like each other.
const WORD_LEN_MIN: usize = 4;
/// Characters of the longest.
const WORD_LEN_MAX: usize = 32;
/// Characters of a word that another letter seldom makes another word of.
const LONG_LEN_MIN: usize = 8;
/// Characters of its stem then: `posit` and `posix` are one letter from each other.
const LONG_STEM_LEN_MIN: usize = 6;
/// Characters of the shortest half of a compound.
const HALF_LEN_MIN: usize = 2;
/// Endings that a stem lacks.
const ENDINGS: [&str; 15] =
    ["", "e", "s", "ed", "ing", "ion", "y", "er", "ers", "ic", "ics", "ate", "ation", "ence", "ization"];

/// The mended text and the words that were mended in it, if any can be.
pub(super) fn mended(
    analyzer: &Analyzer,
    segments: &Segments,
    text: &str,
) -> tantivy::Result<Option<(String, Vec<Mended>)>> {
    let mut words: Vec<String> = cut(text).split_whitespace().map(str::to_owned).collect();
    let (mut unknown, mut found) = (0, Vec::new());
    for word in &mut words {
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let len = plain.chars().count();
        let fits = (WORD_LEN_MIN..=WORD_LEN_MAX).contains(&len) && plain.chars().all(char::is_alphabetic);
        if !fits || unknown == WORDS_MAX || known(segments, &analyzer.asked(&plain))? {
            continue;
        }
        unknown += 1;
        let better = match halves(analyzer, segments, &plain)? {
            Some(halves) => Some(halves),
            None => neighbour(analyzer, segments, &plain)?.or_else(|| common(&plain)),
        };
        if let Some(better) = better {
            word.clone_from(&better);
            found.push(Mended { word: plain, read_as: better });
        }
    }
    Ok((!found.is_empty()).then(|| (words.join(" "), found)))
}

/// Whether the articles have a word, or it is of a kind that they needn't have.
fn known(segments: &Segments, units: &[Unit<'_>]) -> tantivy::Result<bool> {
    let fields = segments.fields;
    for unit in units {
        if unit.empty || unit.everyday {
            return Ok(true);
        }
        for word in unit.wholes.iter().chain(&unit.stems) {
            if segments.frequency(fields.text, word)? > 0 {
                return Ok(true);
            }
        }
        for meaning in &unit.meanings {
            if segments.frequency(fields.meanings, &meaning_term(*meaning))? > 0 {
                return Ok(true);
            }
        }
    }
    Ok(units.is_empty())
}

/// The two words that a compound consists of, if they are neighbours in an article: the most usual pair.
fn halves(analyzer: &Analyzer, segments: &Segments, word: &str) -> tantivy::Result<Option<String>> {
    let text = segments.fields.text;
    let mut best: Option<(usize, String)> = None;
    for (at, _) in word.char_indices().skip(HALF_LEN_MIN) {
        let (first, second) = word.split_at(at);
        if second.chars().count() < HALF_LEN_MIN {
            break;
        }
        let stems = [first, second].map(|half| analyzer.stem(half));
        // Most halves are no words, and to see that is quicker than to look for both side by side.
        if segments.frequency(text, &stems[0])? == 0 || segments.frequency(text, &stems[1])? == 0 {
            continue;
        }
        let terms = stems.iter().map(|stem| Term::from_field_text(text, stem)).collect();
        let documents = PhraseQuery::new(terms).count(&segments.searcher)?;
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
    let long = word.chars().count() >= LONG_LEN_MIN;
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
                if is_slip(&written, term, long) {
                    *near.entry(term.to_owned()).or_default() += terms.value().doc_freq;
                }
            }
        }
    }
    // Of equals the first in the alphabet.
    let likeliest = near.into_iter().rev().max_by_key(|(_, documents)| *documents);
    Ok(likeliest.map(|(stem, _)| with_stem(analyzer, &stem, word)))
}

/// The word that has a stem and is most like what was typed: a stem may have another one itself, as `convers`
/// of conversion has, and people are told how they were read.
fn with_stem(analyzer: &Analyzer, stem: &str, typed: &str) -> String {
    let typed_endings = typed.char_indices().map(|(at, _)| &typed[at..]);
    let endings = typed_endings.chain(ENDINGS);
    // The stem of `memory` is `memori`.
    let roots = [Some(stem), stem.strip_suffix('i')].into_iter().flatten();
    let words = endings.flat_map(|ending| roots.clone().map(move |root| format!("{root}{ending}")));
    let words = words.filter(|word| analyzer.stem(word) == stem);
    words
        .min_by_key(|word| (strsim::osa_distance(typed, word), word.len()))
        .unwrap_or_else(|| stem.to_owned())
}

/// The word of everyday talk that is one letter away: as it stands it weighs most, being in no article.
fn common(word: &str) -> Option<String> {
    let short = word.chars().count() == WORD_LEN_MIN;
    let near = |it: &&str| {
        let missing = it.len() > word.len();
        is_slip(word, it, false) && !(short && missing) && strsim::osa_distance(word, it) == 1
    };
    common_words().find(near).map(str::to_owned)
}

/// Whether a word may be another that is one letter away: `printer` is no slip of `print`, whose stem it has.
/// The first letter is nearly always right. Another letter, or one too many that is not doubled, makes a word
/// of its own of many a short one: `consul` and `consol`, `robot` and `root`.
fn is_slip(written: &str, meant: &str, long: bool) -> bool {
    let (len, meant_len) = (written.chars().count(), meant.chars().count());
    let likely = meant_len > len || is_exchanged(written, meant) || is_doubled(written, meant);
    let first = written.chars().next() == meant.chars().next();
    written != meant
        && first
        && len >= WORD_LEN_MIN
        && len.abs_diff(meant_len) <= 1
        && (likely || long && len >= LONG_STEM_LEN_MIN)
}

/// Whether two words have the same letters in another order.
fn is_exchanged(written: &str, meant: &str) -> bool {
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    written.len() == meant.len() && letters(written) == letters(meant)
}

/// Whether a word is another with one of its letters twice.
fn is_doubled(written: &str, meant: &str) -> bool {
    let mut pairs = written.char_indices().zip(written.chars().skip(1)).filter(|((_, c), next)| c == next);
    pairs.any(|((at, c), _)| {
        written[..at] == *meant.get(..at).unwrap_or_default()
            && Some(&written[at + c.len_utf8()..]) == meant.get(at..)
    })
}
