//! Text -> units of search: what a word is, its stem, its parts, and what else it could be called.
//!
//! One analysis serves articles and questions, so that both always agree. Paths, commands, versions and
//! error codes (`vmkload_app`, `proxy.properties`, `97%`, `-d0`, `/proc/vmware`) are kept whole and in
//! parts. Nothing here fails: any input gives units, and their number and length are bounded.

use std::borrow::Cow;
use std::hash::BuildHasher as _;
use std::ops::{Deref, Range};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustc_hash::FxBuildHasher;

pub(super) use self::word::PLAIN_LEN;
use self::word::{Lexicon, Word};
use crate::domain::world::article::Synonyms;

/// Words whose analysis is remembered.
const KNOWN_MAX: usize = 1 << 17;
/// Bytes of such a word: few have more, and what has many parts takes many times its length.
const REMEMBERED_LEN_MAX: usize = 40;
/// How often a word is new where there are many articles.
const NEW_MAX: u32 = 8;
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
    /// The most of its stems that one of them takes.
    meant: usize,
    /// Whether it is everyday talk, which is no evidence if an article lacks it.
    pub everyday: bool,
    /// Whether so few articles have said it before that it is worth telling that they do.
    is_new: bool,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
}

/// What an equivalent expression counts for beside the word itself.
const EQUIVALENT_COVER: f32 = 0.7;

impl Unit<'_> {
    /// Whether an expression takes all of its stems, so that its synonyms say the same.
    pub fn is_meant_whole(&self) -> bool {
        self.meant >= self.stems.len()
    }

    /// What an equivalent expression counts for beside the word itself: of `pg_dump` one for `pg` is a half.
    #[expect(clippy::cast_precision_loss, reason = "parts of a word")]
    pub fn equivalent_cover(&self) -> f32 {
        EQUIVALENT_COVER * (self.meant as f32 / self.stems.len().max(1) as f32).min(1.0)
    }
}

impl Deref for Unit<'_> {
    type Target = Word;

    fn deref(&self) -> &Word {
        &self.word
    }
}

/// A word that is remembered, or one for which there was no place.
#[derive(Debug, Clone)]
enum Known<'a> {
    Remembered(&'a Remembered),
    Fresh(Box<Word>),
}

/// A word, and how often articles have said it.
#[derive(Debug)]
struct Remembered {
    word: Word,
    said: AtomicU32,
}

impl PartialEq for Known<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Known<'_> {}

impl Deref for Known<'_> {
    type Target = Word;

    fn deref(&self) -> &Word {
        match self {
            Known::Remembered(remembered) => &remembered.word,
            Known::Fresh(word) => word,
        }
    }
}

/// Stems words and knows the expressions that mean the same.
pub(super) struct Analyzer {
    lexicon: Lexicon,
    /// Most words of a text have been seen before. Each stands at one of two places that its hash says, and
    /// whoever comes first stays: mostly what is used most.
    words: OnceLock<Vec<OnceLock<Box<Remembered>>>>,
    /// How often a word is new.
    new_max: u32,
}

impl Analyzer {
    /// An analyzer for English.
    pub fn new(synonyms: &Synonyms) -> Self {
        Self { lexicon: Lexicon::new(synonyms), words: OnceLock::new(), new_max: u32::MAX }
    }

    /// The same for many articles: of a word that is said often nobody needs to know who else says it.
    pub fn for_many(self) -> Self {
        Self { new_max: NEW_MAX, ..self }
    }

    /// Words, looked up in two loops: in the first nothing else is done, so that what is remembered, which is
    /// far away in memory, comes from there for many words at once.
    fn look_up(&self, written: &[Cow<'_, str>], remember: bool) -> Vec<Known<'_>> {
        let words = self.words.get_or_init(|| (0..KNOWN_MAX).map(|_| OnceLock::new()).collect());
        let first: Vec<Option<&Remembered>> =
            written.iter().map(|written| is(words[place(written)].get()?, written)).collect();
        let known = |(first, written): (Option<_>, &Cow<'_, str>)| {
            first.map_or_else(|| self.word(words, written, remember), Known::Remembered)
        };
        first.into_iter().zip(written).map(known).collect()
    }

    /// A word at one of its places: if it is to be remembered, the first of them that is free is its own.
    fn word<'a>(&self, words: &'a [OnceLock<Box<Remembered>>], written: &str, remember: bool) -> Known<'a> {
        let word = || self.lexicon.word(written);
        let fresh = || Box::new(Remembered { word: word(), said: AtomicU32::new(0) });
        let remember = remember && written.len() <= REMEMBERED_LEN_MAX;
        let stands = |place: usize| {
            let word = if remember { Some(words[place].get_or_init(fresh)) } else { words[place].get() };
            is(word?, written)
        };
        let place = place(written);
        stands(place)
            .or_else(|| stands(place ^ 1))
            .map_or_else(|| Known::Fresh(Box::new(word())), Known::Remembered)
    }

    fn is_new(&self, word: &Known<'_>) -> bool {
        // Who says it at the same time may be one too many.
        let say = |it: &Remembered| {
            let is_new = it.said.load(Ordering::Relaxed) < self.new_max;
            is_new && it.said.fetch_add(1, Ordering::Relaxed) < self.new_max
        };
        match word {
            Known::Remembered(remembered) => say(remembered),
            Known::Fresh(_) => true,
        }
    }

    /// The units of a text of an article, in its order.
    pub fn units(&self, text: &str) -> Vec<Unit<'_>> {
        self.read(text, true)
    }

    /// The units of a question: its words are not remembered, since anybody may ask anything.
    pub fn asked(&self, text: &str) -> Vec<Unit<'_>> {
        self.read(text, false)
    }

    fn read(&self, text: &str, remember: bool) -> Vec<Unit<'_>> {
        let mut places = Vec::with_capacity(text.len() / WORD_LEN_USUAL + 1);
        let mut written = Vec::with_capacity(places.capacity());
        let mut words = words(text).peekable();
        while let Some((start, raw)) = words.next() {
            let (within, word) = trimmed(raw);
            let mut at = start + within..start + within + word.len();
            if word.is_empty() {
                continue;
            }
            if word.bytes().all(|b| b.is_ascii_digit())
                && let Some((start, percent)) = words.next_if(|(_, next)| is_percent(next))
            {
                at.end = start + without_end(percent).len();
                written.push(Cow::Owned(format!("{word}%")));
            } else {
                written.push(Cow::Borrowed(word));
            }
            places.push(at);
        }
        let words = places.into_iter().zip(self.look_up(&written, remember));
        let unit = words.map(|(at, word)| Unit {
            meanings: Vec::new(),
            meant: 0,
            everyday: word.everyday,
            at,
            is_new: remember && !word.plain.is_empty() && self.is_new(&word),
            word,
        });
        let mut units: Vec<_> = unit.collect();
        if units.iter().any(|unit| unit.opens) {
            self.mark_meanings(&mut units);
        }
        units
    }

    /// The stem of one lowercase word.
    pub fn stem(&self, word: &str) -> String {
        self.lexicon.stem(word)
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
            unit.meant = unit.meanings.chunk_by(usize::eq).map(<[usize]>::len).max().unwrap_or_default();
            unit.meanings.dedup();
        }
    }
}

/// What is remembered, if it is this word.
fn is<'a>(known: &'a Remembered, written: &str) -> Option<&'a Remembered> {
    (*known.word.written == *written).then_some(known)
}

/// Where a word is remembered first: as many bits of its hash as there are places.
fn place(written: &str) -> usize {
    let place = FxBuildHasher.hash_one(written) >> (u64::BITS - KNOWN_MAX.ilog2());
    usize::try_from(place).unwrap_or_default()
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
    text.split_whitespace().map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
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

/// What a text is indexed by: terms, each with a space behind it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    /// Stems and wholes.
    pub words: String,
    /// Meanings, as terms.
    pub meanings: String,
    /// Plain words that are new.
    pub plain: String,
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
            if unit.is_new {
                self.plain.extend([&unit.plain, " "]);
            }
        }
    }

    /// Appends another text.
    pub fn join(&mut self, other: &Self) {
        self.add(other, 1);
        self.plain.push_str(&other.plain);
    }

    /// Appends what another text is ranked by, `times` times: not its plain words.
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
mod word;
