//! Where to look when there is no answer.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet as _, TERMINATED, Term};

use super::analysis::Analyzer;
use super::answer::Nearest;
use super::ranking::Ranked;
use super::segments::Segments;

/// Articles that are named beside "I don't know".
const NEAREST_MAX: usize = 3;
/// Words of the question that are compared letter by letter.
const WORDS_MAX: usize = 12;
/// Characters of such a word.
const WORD_LEN_MAX: usize = 32;

/// The best ranked articles; if no word of the question is known, some whose topic has the word that
/// looks most like one of them. Empty only without articles.
pub(super) fn nearest(
    analyzer: &Analyzer,
    segments: &Segments,
    ranked: &[Ranked],
    text: &str,
) -> tantivy::Result<Vec<Nearest>> {
    let mut articles: Vec<DocAddress> =
        ranked.iter().map(|ranked| ranked.article).take(NEAREST_MAX).collect();
    if articles.is_empty()
        && let Some(word) = likeliest(analyzer, segments, text)?
    {
        articles = holders(segments, &Term::from_field_text(segments.fields.topic, &word))?;
    }
    if articles.is_empty() {
        articles = some(segments, segments.articles());
    }
    let named = |article| {
        let entry = segments.entry(article)?;
        Ok(Nearest { article: entry.id, title: entry.title })
    };
    articles.into_iter().map(named).collect()
}

/// The word of all topics that looks most like a word of the text, among those with its first letter.
fn likeliest(analyzer: &Analyzer, segments: &Segments, text: &str) -> tantivy::Result<Option<String>> {
    let mut best: Option<(f64, String)> = None;
    for word in words(text).take(WORDS_MAX) {
        let stem = analyzer.stem(&word);
        segments.words_beginning(segments.fields.topic, &stem, |term| {
            let likeness = strsim::jaro_winkler(&stem, term);
            // Of two the first in the alphabet, whichever segment comes first.
            let better = |(most, word): &(f64, String)| {
                likeness.total_cmp(most).then_with(|| word.as_str().cmp(term)).is_gt()
            };
            if best.as_ref().is_none_or(better) {
                best = Some((likeness, term.to_owned()));
            }
        })?;
    }
    Ok(best.map(|(_, term)| term))
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().nth(3).is_some());
    words.map(|word| word.chars().take(WORD_LEN_MAX).collect::<String>().to_lowercase())
}

/// Some articles whose topic has a word.
fn holders(segments: &Segments, word: &Term) -> tantivy::Result<Vec<DocAddress>> {
    let mut articles: Vec<DocAddress> = Vec::new();
    for (ord, segment) in (0_u32..).zip(segments.searcher.segment_readers()) {
        let inverted = segment.inverted_index(segments.fields.topic)?;
        let Some(mut postings) = inverted.read_postings(word, IndexRecordOption::Basic)? else { continue };
        while postings.doc() != TERMINATED {
            if !segment.is_deleted(postings.doc()) {
                articles.push(segments.article(DocAddress::new(ord, postings.doc())));
            }
            postings.advance();
        }
    }
    Ok(some(segments, articles.into_iter()))
}

/// Some of these articles, always the same ones, whatever the index was before.
fn some(segments: &Segments, articles: impl Iterator<Item = DocAddress>) -> Vec<DocAddress> {
    let mut articles: Vec<_> = articles.map(|article| (segments.file(article), article)).collect();
    articles.sort_unstable();
    articles.dedup();
    articles.into_iter().take(NEAREST_MAX).map(|(_, article)| article).collect()
}
