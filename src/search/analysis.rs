//! Text -> units of search: what a word is, its stem, its parts, and what else it could be called.
//!
//! One analysis serves articles and questions, so that both always agree. Paths, commands, versions and
//! error codes (`vmkload_app`, `proxy.properties`, `97%`, `-d0`, `/proc/vmware`) are kept whole and in
//! parts. Nothing here fails: any input gives units, and their number and length are bounded.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use frostem::{Algorithm, Stemmer};
use rustc_hash::FxBuildHasher;

use super::vocabulary::{everyday_words, is_function_word, spelling};
use crate::domain::article::Synonyms;

/// Characters of a whole token; a longer one is searched by its parts only.
const WHOLE_LEN_MAX: usize = 80;
/// Characters of a part; what is longer is cut.
const PART_LEN_MAX: usize = 40;
/// Words whose analysis is remembered.
const KNOWN_MAX: usize = 1 << 17;
/// Bytes of such a word: few have more, and what has many parts takes many times its length.
const REMEMBERED_LEN_MAX: usize = 40;
/// Bytes of a word and the space behind it.
const WORD_LEN_USUAL: usize = 6;
/// Words between the two halves of a separable expression ("turn the machine off").
const GAP_MAX: usize = 3;

/// One word of a text as it is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit<'a> {
    word: Known<'a>,
    /// The numbers of the lists of synonyms with the expressions that this word takes part in.
    pub meanings: Vec<usize>,
    /// Whether it is everyday talk, which is no evidence if an article lacks it.
    pub everyday: bool,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
}

impl Deref for Unit<'_> {
    type Target = Word;

    fn deref(&self) -> &Word {
        &self.word
    }
}

/// A word that is remembered, or one for which there was no place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known<'a> {
    Remembered(&'a Word),
    Fresh(Box<Word>),
}

impl Deref for Known<'_> {
    type Target = Word;

    fn deref(&self) -> &Word {
        match self {
            Known::Remembered(word) => word,
            Known::Fresh(word) => word,
        }
    }
}

/// What a word is searched by wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    written: Box<str>,
    /// The word as written, lowercased, if it consists of parts: `vmware-cmd`, and joined `vmwarecmd`.
    pub wholes: Vec<String>,
    /// Stems of its parts; of a plain word the one stem.
    pub stems: Vec<String>,
    /// What it is indexed by, each with a space behind it: a whole stands behind its stems, which are
    /// neighbours. Nothing if it carries no information.
    terms: String,
    /// Whether it carries no information.
    pub empty: bool,
    everyday: bool,
    /// Whether an expression that has synonyms begins with it.
    opens: bool,
}

/// Stems words and knows the expressions that mean the same.
pub(super) struct Analyzer {
    lexicon: Lexicon,
    /// Most words of a text have been seen before. Each stands at one of two places that its hash says, and
    /// whoever comes first stays: mostly what is used most.
    words: OnceLock<Vec<OnceLock<Box<Word>>>>,
}

/// Words that are not like others.
struct Lexicon {
    stemmer: Stemmer,
    /// Stems of everyday words.
    everyday: HashSet<String>,
    /// First stem of an expression -> its remaining stems and its meaning, the longest first.
    expressions: HashMap<String, Vec<(Vec<String>, usize)>>,
}

impl Analyzer {
    /// An analyzer for English.
    pub fn new(synonyms: &Synonyms) -> Self {
        let stemmer = Stemmer::new(Algorithm::English);
        let everyday = everyday_words().map(|word| stem(&stemmer, word)).collect();
        let mut expressions: HashMap<String, Vec<(Vec<String>, usize)>> = HashMap::new();
        let numbered = synonyms.0.iter().enumerate();
        for (meaning, expression) in numbered.flat_map(|(at, same)| same.iter().map(move |it| (at, it))) {
            let mut stems = expression.split(' ').map(|word| stem(&stemmer, word));
            if let Some(first) = stems.next() {
                expressions.entry(first).or_default().push((stems.collect(), meaning));
            }
        }
        for candidates in expressions.values_mut() {
            candidates.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
        }
        Self { lexicon: Lexicon { stemmer, everyday, expressions }, words: OnceLock::new() }
    }

    fn word(&self, written: &str) -> Known<'_> {
        let words = self.words.get_or_init(|| (0..KNOWN_MAX).map(|_| OnceLock::new()).collect());
        // As many bits as there are places.
        let place = FxBuildHasher.hash_one(written) >> (u64::BITS - KNOWN_MAX.ilog2());
        let place = usize::try_from(place).unwrap_or_default();
        let places: &[usize] = if written.len() <= REMEMBERED_LEN_MAX { &[place, place ^ 1] } else { &[] };
        for place in places {
            let known = words[*place].get_or_init(|| Box::new(word(&self.lexicon, written)));
            if *known.written == *written {
                return Known::Remembered(known);
            }
        }
        Known::Fresh(Box::new(word(&self.lexicon, written)))
    }

    /// The units of a text, in its order.
    pub fn units(&self, text: &str) -> Vec<Unit<'_>> {
        let mut units = Vec::with_capacity(text.len() / WORD_LEN_USUAL + 1);
        let mut words = words(text).peekable();
        while let Some((start, raw)) = words.next() {
            let (within, word) = trimmed(raw);
            let mut at = start + within..start + within + word.len();
            if word.is_empty() {
                continue;
            }
            let word = if word.bytes().all(|b| b.is_ascii_digit())
                && let Some((start, percent)) = words.next_if(|(_, next)| is_percent(next))
            {
                at.end = start + without_end(percent).len();
                self.word(&format!("{word}%"))
            } else {
                self.word(word)
            };
            units.push(Unit { meanings: Vec::new(), everyday: word.everyday, at, word });
        }
        if units.iter().any(|unit| unit.opens) {
            self.mark_meanings(&mut units);
        }
        units
    }

    /// The stem of one lowercase word.
    pub fn stem(&self, word: &str) -> String {
        stem(&self.lexicon.stemmer, word)
    }

    /// Gives every unit of an expression its meaning.
    fn mark_meanings(&self, units: &mut [Unit<'_>]) {
        let stems =
            units.iter().enumerate().flat_map(|(at, unit)| unit.stems.iter().map(move |stem| (at, stem)));
        let flat: Vec<(usize, &str)> = stems.map(|(at, stem)| (at, stem.as_str())).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while at < flat.len() {
            let candidates = self.lexicon.expressions.get(flat[at].1).into_iter().flatten();
            let mut places =
                candidates.filter_map(|(rest, meaning)| Some((positions(&flat[at + 1..], rest)?, *meaning)));
            let Some((ends, meaning)) = places.next() else {
                at += 1;
                continue;
            };
            let all = std::iter::once(at).chain(ends.iter().map(|end| at + 1 + end));
            found.extend(all.map(|index| (flat[index].0, meaning)));
            let adjacent = ends.iter().enumerate().take_while(|(i, end)| i == *end).count();
            at += 1 + adjacent;
        }
        for (unit, meaning) in found {
            units[unit].meanings.push(meaning);
        }
        for unit in units {
            unit.meanings.sort_unstable();
            unit.meanings.dedup();
        }
    }
}

/// Where the remaining stems of an expression stand in what follows. Its parts are adjacent, but a
/// particle may be separated from its verb.
fn positions(following: &[(usize, &str)], rest: &[String]) -> Option<Vec<usize>> {
    let adjacent = rest.len() <= following.len() && rest.iter().zip(following).all(|(r, (_, f))| r == f);
    if adjacent {
        return Some((0..rest.len()).collect());
    }
    let [particle] = rest else { return None };
    if !matches!(particle.as_str(), "on" | "off" | "down" | "up") {
        return None;
    }
    let window = following.iter().take(GAP_MAX + 1);
    window.map(|(_, stem)| stem).position(|stem| *stem == particle).map(|at| vec![at])
}

/// The words between white space and where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let pieces = text.split_inclusive(char::is_whitespace).scan(0, |end, piece| {
        let start = *end;
        *end += piece.len();
        Some((start, piece.trim_end()))
    });
    pieces.filter(|(_, word)| !word.is_empty())
}

/// A word without the punctuation around it, and where it begins; `-x`, `/path`, `97%`, `c++` keep theirs.
fn trimmed(raw: &str) -> (usize, &str) {
    let front = raw.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '/'));
    let word = front.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '%' | '+' | '#'));
    (raw.len() - front.len(), if word.contains(char::is_alphanumeric) { word } else { "" })
}

fn is_percent(raw: &str) -> bool {
    let word = without_end(raw);
    word == "%" || word.eq_ignore_ascii_case("percent")
}

fn without_end(raw: &str) -> &str {
    raw.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '%')
}

/// One word between spaces.
fn word(lexicon: &Lexicon, written: &str) -> Word {
    let stemmer = &lexicon.stemmer;
    let word = written.replace(['’', '‘'], "'");
    let lower = word.to_lowercase();
    let (mut wholes, mut stems) = (Vec::new(), Vec::new());
    let empty;
    if let Some(plain) = contraction(&lower) {
        stems.push(stem(stemmer, &plain));
        empty = is_function_word(&plain);
    } else {
        let parts = parts(&word);
        if parts.len() != 1 || parts[0] != lower {
            if lower.chars().count() <= WHOLE_LEN_MAX {
                wholes.push(if lower.chars().all(char::is_alphanumeric) {
                    stem(stemmer, &lower)
                } else {
                    lower.clone()
                });
            }
            let hyphenated = lower.contains('-') && lower.chars().all(|c| c.is_alphanumeric() || c == '-');
            if hyphenated && parts.len() == 2 && !lower.starts_with('-') {
                wholes.push(stem(stemmer, &parts.concat()));
            }
        }
        empty = wholes.is_empty() && parts.iter().all(|part| is_function_word(part));
        stems.extend(parts.iter().map(|part| stem(stemmer, part)));
        if lower.ends_with('%') {
            stems.push(stem(stemmer, "percent"));
        }
    }
    let everyday = stems.iter().all(|stem| lexicon.everyday.contains(stem));
    let opens = stems.iter().any(|stem| lexicon.expressions.contains_key(stem));
    let mut terms = String::new();
    for term in stems.iter().chain(&wholes).filter(|_| !empty) {
        terms.extend([term, " "]);
    }
    Word { written: written.into(), wholes, stems, terms, empty, everyday, opens }
}

/// `can't` means `not`; `VM's` means `vm`; `cannot` is two words.
fn contraction(lower: &str) -> Option<String> {
    if lower == "cannot" || lower.ends_with("n't") {
        return Some("not".to_owned());
    }
    let (word, _) = lower.split_once('\'')?;
    let plain = word.len() > 1 && word.chars().all(char::is_alphanumeric);
    plain.then(|| word.to_owned())
}

/// The runs of letters and digits in a word; `VirtualCenter` and `40GB` are two each.
fn parts(word: &str) -> Vec<String> {
    // Most words are one part, and taking them apart to see that takes long.
    let mut letters = word.bytes();
    let begins = letters.next().is_some_and(|b| b.is_ascii_alphabetic());
    if begins && word.len() <= PART_LEN_MAX && letters.all(|b| b.is_ascii_lowercase()) {
        return vec![word.to_ascii_lowercase()];
    }
    let mut parts: Vec<String> = Vec::new();
    let runs: Vec<&str> = word.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()).collect();
    let lonely = runs.len() == 1;
    for run in runs {
        for piece in pieces(run) {
            let digit = piece.bytes().all(|b| b.is_ascii_digit());
            if lonely || digit || piece.chars().nth(1).is_some() {
                parts.push(piece.chars().take(PART_LEN_MAX).collect::<String>().to_lowercase());
            }
        }
    }
    parts
}

/// Splits at a capital after a small letter if both sides have three letters; a unit from its number;
/// a number from a name of three letters or more.
fn pieces(run: &str) -> Vec<&str> {
    let digits = run.len() - run.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = run.split_at(digits);
    if !number.is_empty() && !unit.is_empty() && unit.chars().all(char::is_alphabetic) {
        return vec![number, unit];
    }
    let (name, number) = run.split_at(run.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    if !number.is_empty() && name.chars().all(char::is_alphabetic) && name.chars().nth(2).is_some() {
        return vec![name, number];
    }
    let mut pieces = Vec::new();
    let (mut start, mut before) = (0, None::<char>);
    for (at, c) in run.char_indices() {
        if c.is_uppercase() && before.is_some_and(char::is_lowercase) {
            pieces.push(&run[start..at]);
            start = at;
        }
        before = Some(c);
    }
    pieces.push(&run[start..]);
    if pieces.iter().any(|piece| piece.chars().count() < 3) { vec![run] } else { pieces }
}

fn stem(stemmer: &Stemmer, word: &str) -> String {
    stemmer.stem(&spelling(word)).into_owned()
}

/// What a text is indexed by: terms, each with a space behind it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    /// Stems and wholes.
    pub words: String,
    /// Meanings, as terms.
    pub meanings: String,
}

impl Terms {
    /// Appends the terms of units that belong together; words that carry no information are left out.
    pub fn push(&mut self, units: &[Unit<'_>]) {
        self.words.reserve(units.iter().map(|unit| unit.terms.len()).sum());
        for unit in units.iter().filter(|unit| !unit.empty) {
            self.words.push_str(&unit.terms);
            for meaning in &unit.meanings {
                self.meanings.extend([&meaning_term(*meaning), " "]);
            }
        }
    }

    /// Appends the terms of another text, `times` times.
    pub fn add(&mut self, other: &Self, times: usize) {
        for _ in 0..times {
            self.words.push_str(&other.words);
            self.meanings.push_str(&other.meanings);
        }
    }
}

/// The term of a meaning.
pub(super) fn meaning_term(meaning: usize) -> String {
    format!("{meaning}")
}

#[cfg(test)]
mod tests;
