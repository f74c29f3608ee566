//! A question whose words no article has -> the same question as it was probably meant, and what was mended.
//!
//! Three slips are mended: a word of the articles written in two (`data store`), a compound written in one
//! (`worldid`, `logfile`) whose halves, no everyday talk, stand side by side somewhere in the articles, and a
//! word that is one slip of the finger away from one of theirs.
//! It is asked for only where the question as it stands gets no certain answer, and taken where there is more
//! confidence in what it gets; people are told, since a word may be meant as it is typed.

use std::collections::BTreeSet;

use tantivy::Term;
use tantivy::query::{FuzzyTermQuery, PhraseQuery, Query as _};

use super::analysis::{Analyzer, PLAIN_LEN, Unit, meaning_term};
use super::answer::Mended;
use super::question::cut;
use super::segments::Segments;
use super::vocabulary::common_words;

/// Unknown words of a question that are compared with all that there are.
const WORDS_MAX: usize = 8;
/// Characters of a word that another letter seldom makes another word of.
const LONG_LEN_MIN: usize = 8;
/// Characters of the shortest half of a compound.
const HALF_LEN_MIN: usize = 2;
/// Characters of the shortest word that may lack a letter: `stat` is no slip of `start`.
const LACKING_LEN_MIN: usize = 5;
/// Characters of the shortest word that may stand in an article without its ending.
const ROOT_LEN_MIN: usize = 6;
/// Endings without which it may.
const ENDINGS: [&str; 4] = ["s", "es", "ed", "ing"];

/// The mended text and the words that were mended in it, if any can be.
pub(super) fn mended(
    analyzer: &Analyzer,
    segments: &Segments,
    text: &str,
) -> tantivy::Result<Option<(String, Vec<Mended>)>> {
    let mut words: Vec<String> = cut(text).split_whitespace().map(str::to_owned).collect();
    let (mut unknown, mut found) = (0, Vec::new());
    for at in 0..words.len() {
        if found.len() < WORDS_MAX
            && let Some(joined) = joined(analyzer, segments, &words[at..])?
        {
            let typed = format!("{} {}", bare(&words[at]), bare(&words[at + 1]));
            words[at].clear();
            words[at + 1].clone_from(&joined);
            note(&mut found, typed, joined);
            continue;
        }
        let plain = bare(&words[at]).to_lowercase();
        if !is_plain(&plain) || unknown == WORDS_MAX || known(segments, &analyzer.asked(&plain))? {
            continue;
        }
        unknown += 1;
        let better = match halves(analyzer, segments, &plain)? {
            Some(halves) => Some(halves),
            None => neighbour(analyzer, segments, &plain)?.or_else(|| common(&plain)),
        };
        if let Some(better) = better {
            let typed = std::mem::replace(&mut words[at], better.clone());
            note(&mut found, bare(&typed).to_owned(), better);
        }
    }
    words.retain(|word| !word.is_empty());
    Ok((!found.is_empty()).then(|| (words.join(" "), found)))
}

fn note(found: &mut Vec<Mended>, word: String, read_as: String) {
    let mended = Mended { word, read_as };
    if !found.contains(&mended) {
        found.push(mended);
    }
}

/// A word without what stands around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Whether slips are looked for in a word.
fn is_plain(word: &str) -> bool {
    PLAIN_LEN.contains(&word.chars().count()) && word.chars().all(char::is_alphabetic)
}

/// The word of the articles that the first two are together, if each of them says something.
fn joined(analyzer: &Analyzer, segments: &Segments, words: &[String]) -> tantivy::Result<Option<String>> {
    let [first, second, ..] = words else { return Ok(None) };
    let (first, second) = (bare(first), bare(second));
    let joined = format!("{first}{second}").to_lowercase();
    if !is_plain(&joined) || frequency(analyzer, segments, &joined)? == 0 {
        return Ok(None);
    }
    let says = |word: &str| analyzer.asked(word).iter().any(|unit| !unit.empty);
    Ok((says(first) && says(second)).then_some(joined))
}

/// Whether the articles have a word, or it is of a kind that they needn't have.
fn known(segments: &Segments, units: &[Unit<'_>]) -> tantivy::Result<bool> {
    let fields = segments.fields;
    for unit in units {
        if unit.empty || unit.everyday {
            return Ok(true);
        }
        for word in unit.wholes.iter().chain(&unit.stems) {
            if segments.has(fields.text, word)? {
                return Ok(true);
            }
        }
        for meaning in &unit.meanings {
            if segments.has(fields.meanings, &meaning_term(*meaning))? {
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
        // Everyday words are neighbours by chance, if it is only where one sentence ends and another begins.
        if [first, second].into_iter().any(|half| common_words().any(|common| common == half)) {
            continue;
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

/// The word of the articles that is one slip away: the one that most of them have.
fn neighbour(analyzer: &Analyzer, segments: &Segments, word: &str) -> tantivy::Result<Option<String>> {
    let written = segments.fields.written;
    let first: String = word.chars().take(1).collect();
    let roots = ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending));
    let roots = roots.filter(|root| root.chars().count() >= ROOT_LEN_MIN);
    for root in [word].into_iter().chain(roots) {
        let mut near: BTreeSet<String> = BTreeSet::new();
        let like = FuzzyTermQuery::new(Term::from_field_text(written, root), 1, true);
        for segment in segments.searcher.segment_readers() {
            let inverted = segment.inverted_index(written)?;
            let mut terms = inverted.terms().search(like.automaton()?).ge(&first).into_stream()?;
            while terms.advance() {
                let term = std::str::from_utf8(terms.key()).unwrap_or_default();
                if !term.starts_with(&first) {
                    break;
                }
                if is_slip(root, term) {
                    near.insert(term.to_owned());
                }
            }
        }
        // The most usual, of equals the first in the alphabet.
        let mut best: Option<(u64, String)> = None;
        for word in near {
            let frequency = frequency(analyzer, segments, &word)?;
            if frequency > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((frequency, word));
            }
        }
        if let Some((_, word)) = best {
            return Ok(Some(word));
        }
    }
    Ok(None)
}

/// In how many chunks a word that is written in an article stands in any form; 0 if all that had one are gone.
fn frequency(analyzer: &Analyzer, segments: &Segments, word: &str) -> tantivy::Result<u64> {
    let (text, stem) = (segments.fields.text, analyzer.stem(word));
    let is_there = segments.frequency(segments.fields.written, word)? > 0 && segments.has(text, &stem)?;
    if is_there { segments.frequency(text, &stem) } else { Ok(0) }
}

/// The word of everyday talk that is one letter away: as it stands it weighs most, being in no article.
fn common(word: &str) -> Option<String> {
    let near = |it: &&str| is_slip(word, it) && strsim::osa_distance(word, it) == 1;
    common_words().find(near).map(str::to_owned)
}

/// Whether a word may be another that is one letter away. The first letter is nearly always right. Another
/// letter, or one too many that is not doubled, makes a word of its own of many a short one: `consul` and
/// `consol`, `robot` and `root`.
fn is_slip(written: &str, meant: &str) -> bool {
    let (len, meant_len) = (written.chars().count(), meant.chars().count());
    let lacks_one = meant_len > len && len >= LACKING_LEN_MIN;
    let likely = lacks_one || is_exchanged(written, meant) || is_doubled(written, meant);
    let first = written.chars().next() == meant.chars().next();
    written != meant
        && first
        && len >= *PLAIN_LEN.start()
        && len.abs_diff(meant_len) <= 1
        && (likely || len >= LONG_LEN_MIN)
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
