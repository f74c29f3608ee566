//! One word between spaces -> its whole, its parts, their stems.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use frostem::{Algorithm, Stemmer};

use crate::domain::world::article::Synonyms;
use crate::search::vocabulary::{everyday_words, is_function_word, spelling};

/// Characters of a whole token; a longer one is searched by its parts only.
const WHOLE_LEN_MAX: usize = 80;
/// Characters of a part; what is longer is cut.
const PART_LEN_MAX: usize = 40;
/// Characters of a plain word: a shorter one is too like others to be told from a slip, a longer one is none.
pub const PLAIN_LEN: RangeInclusive<usize> = 4..=32;
/// Digits of a number that stands for something.
const CODE_DIGITS_MIN: usize = 3;
/// What people type for an apostrophe.
const APOSTROPHES: [char; 6] = ['’', '‘', '‛', 'ʼ', '´', '`'];
/// What `not` is joined to, also by those who leave the apostrophe out.
const AUXILIARIES: [&str; 18] = [
    "ai", "are", "ca", "could", "did", "do", "does", "had", "has", "have", "is", "must", "need", "should",
    "was", "were", "wo", "would",
];

/// What a word is searched by wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it stands in a text.
    pub written: Box<str>,
    /// The word as written, lowercased, if it consists of parts: `vmware-cmd`, and joined `vmwarecmd`.
    pub wholes: Vec<String>,
    /// Stems of its parts; of a plain word the one stem.
    pub stems: Vec<String>,
    /// What it is indexed by, each with a space behind it: a whole stands behind its stems, which are
    /// neighbours. Nothing if it carries no information.
    pub terms: String,
    /// The word in small letters, if it is plain: letters, [`PLAIN_LEN`] of them. Else nothing.
    pub plain: String,
    /// Whether it carries no information.
    pub empty: bool,
    /// Whether all of it is everyday talk.
    pub everyday: bool,
    /// Whether an expression that has synonyms begins with it.
    pub opens: bool,
}

impl Word {
    /// Whether it is a number of percent, which is written `97%` however it stands in a text.
    pub fn is_percentage(&self) -> bool {
        self.written.strip_suffix('%').is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit()))
    }

    /// Whether it is the number of an error or an event: `0xa700`, `7031`, but no version and no count.
    pub fn is_code(&self) -> bool {
        let [code] = self.stems.as_slice() else { return false };
        let digits = code.chars().filter(char::is_ascii_digit).count();
        self.wholes.is_empty()
            && digits > 0
            && (digits >= CODE_DIGITS_MIN || code.contains(char::is_alphabetic))
    }
}

/// What stems words, and which of them are everyday talk or have others that mean the same.
pub struct Lexicon {
    stemmer: Stemmer,
    /// Stems of everyday words.
    everyday: HashSet<String>,
    /// First stem of an expression -> its remaining stems and its meaning, the longest first.
    pub expressions: HashMap<String, Vec<(Vec<String>, usize)>>,
}

impl Lexicon {
    /// The words of English and the expressions that mean the same.
    pub fn new(synonyms: &Synonyms) -> Self {
        let stemmer = Stemmer::new(Algorithm::English);
        let mut lexicon = Self { stemmer, everyday: HashSet::new(), expressions: HashMap::new() };
        lexicon.everyday = everyday_words().map(|word| lexicon.stem(word)).collect();
        let numbered = synonyms.0.iter().enumerate();
        for (meaning, expression) in numbered.flat_map(|(at, same)| same.iter().map(move |it| (at, it))) {
            // As texts are taken apart, so that `ipv6` is two there as well.
            let stems: Vec<String> =
                expression.split(' ').flat_map(|word| lexicon.word(word).stems).collect();
            if let [first, rest @ ..] = stems.as_slice() {
                lexicon.expressions.entry(first.clone()).or_default().push((rest.to_vec(), meaning));
            }
        }
        for candidates in lexicon.expressions.values_mut() {
            candidates.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
        }
        lexicon
    }

    /// The stem of one lowercase word.
    pub fn stem(&self, word: &str) -> String {
        self.stemmer.stem(&spelling(word)).into_owned()
    }

    /// One word between spaces.
    pub fn word(&self, written: &str) -> Word {
        let word = written.replace(APOSTROPHES, "'");
        let lower = word.to_lowercase();
        let (mut wholes, mut stems) = (Vec::new(), Vec::new());
        let empty;
        if let Some(plain) = contraction(&lower) {
            stems.push(self.stem(&plain));
            empty = is_function_word(&plain);
        } else {
            let parts = parts(&word);
            if parts.len() != 1 || parts[0] != lower {
                if lower.chars().count() <= WHOLE_LEN_MAX {
                    wholes.push(if lower.chars().all(char::is_alphanumeric) {
                        self.stem(&lower)
                    } else {
                        lower.clone()
                    });
                }
                let hyphenated =
                    lower.contains('-') && lower.chars().all(|c| c.is_alphanumeric() || c == '-');
                if hyphenated && parts.len() == 2 && !lower.starts_with('-') {
                    wholes.push(self.stem(&parts.concat()));
                }
            }
            empty = wholes.is_empty() && parts.iter().all(|part| is_function_word(part));
            stems.extend(parts.iter().map(|part| self.stem(part)));
            if lower.ends_with('%') {
                stems.push(self.stem("percent"));
            }
        }
        let everyday = stems.iter().all(|stem| self.everyday.contains(stem));
        let opens = stems.iter().any(|stem| self.expressions.contains_key(stem));
        let mut terms = String::new();
        for term in stems.iter().chain(&wholes).filter(|_| !empty) {
            terms.extend([term, " "]);
        }
        let is_plain = lower.chars().all(char::is_alphabetic) && PLAIN_LEN.contains(&lower.chars().count());
        let plain = if is_plain && !empty { lower } else { String::new() };
        Word { written: written.into(), wholes, stems, terms, plain, empty, everyday, opens }
    }
}

/// `can't` and `cant` mean `not`; `VM's` means `vm`; `cannot` is two words.
fn contraction(lower: &str) -> Option<String> {
    let joined = lower.strip_suffix("nt").is_some_and(|to| AUXILIARIES.contains(&to));
    if joined || lower == "cannot" || lower.ends_with("n't") {
        return Some("not".to_owned());
    }
    let (word, _) = lower.split_once('\'')?;
    let plain = word.len() > 1 && word.chars().all(char::is_alphanumeric);
    plain.then(|| word.to_owned())
}

/// The runs of letters and digits in a word, at least one if it has any; `VirtualCenter` and `40GB` are two each.
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
    for run in &runs {
        for piece in pieces(run) {
            let digit = piece.bytes().all(|b| b.is_ascii_digit());
            if lonely || digit || piece.chars().nth(1).is_some() {
                parts.push(piece.chars().take(PART_LEN_MAX).collect::<String>().to_lowercase());
            }
        }
    }
    // Single letters say something together: `i/o`.
    if parts.is_empty() && !runs.is_empty() {
        parts.push(runs.concat().chars().take(PART_LEN_MAX).collect::<String>().to_lowercase());
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
