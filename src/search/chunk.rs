//! Articles -> chunks: what is ranked.
//!
//! A chunk is a piece of one section of at most [`CHUNK_WORDS_MAX`] words, or the front matter of an
//! article (its symptoms, tags and products). Chunks are numbered in the order of articles and lines;
//! that number is the document number in the index.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::analysis::{Analyzer, Terms, Unit};
use super::schema::PIPELINE;
use crate::domain::article::{Article, Section};
use crate::domain::id::Digest;

/// Words of a chunk.
const CHUNK_WORDS_MAX: usize = 180;
/// How often the title and the headings count in a chunk.
const TITLE_TIMES: usize = 2;
const HEADING_TIMES: usize = 2;

/// Where a chunk comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Which article.
    pub article: usize,
    /// Which of its sections; none: its front matter.
    pub section: Option<usize>,
}

/// A chunk with everything that is indexed of it.
#[derive(Debug)]
pub(super) struct Chunk {
    pub place: Place,
    /// Title, headings and body, weighted by repetition.
    pub terms: Terms,
    /// What it says it is about.
    pub topic: Terms,
    /// Its words as they are written, below those of its title and headings.
    pub text: String,
}

/// The chunks of all articles and the digest of what is to be indexed.
pub(super) fn chunks(analyzer: &Analyzer, articles: &[Article]) -> (Vec<Chunk>, Digest) {
    let mut chunks = Vec::new();
    for (index, article) in articles.iter().enumerate() {
        chunk_article(analyzer, index, article, &mut chunks);
    }
    let digest = digest(&chunks, articles);
    (chunks, digest)
}

fn chunk_article(analyzer: &Analyzer, index: usize, article: &Article, chunks: &mut Vec<Chunk>) {
    let terms_of = |text: &str| Terms::of(&analyzer.units(text));
    let title = terms_of(&article.title);
    let mut about = Terms::default();
    for text in article.symptoms.iter().chain(&article.tags).chain(&article.products) {
        about.add(&terms_of(text), 1);
    }
    let mut front = Terms::default();
    front.add(&title, TITLE_TIMES);
    front.add(&about, 1);
    let mut topic = Terms::default();
    topic.add(&title, 1);
    topic.add(&about, 1);
    // A title by itself is in every other chunk already.
    if !about.words.is_empty() || article.sections.is_empty() {
        chunks.push(Chunk {
            place: Place { article: index, section: None },
            terms: front,
            topic: copy(&topic),
            text: [&article.title]
                .into_iter()
                .chain(&article.symptoms)
                .cloned()
                .collect::<Vec<_>>()
                .join(". "),
        });
    }
    for (number, section) in article.sections.iter().enumerate() {
        let place = Place { article: index, section: Some(number) };
        let mut heading = Terms::default();
        for text in &section.heading {
            heading.add(&terms_of(text), 1);
        }
        let mut head = Terms::default();
        head.add(&title, TITLE_TIMES);
        head.add(&heading, HEADING_TIMES);
        for action in article.actions.iter().filter(|action| owns(&article.sections, number, action.line)) {
            heading.add(&terms_of(&action.title), 1);
            head.add(&terms_of(&action.title), 1);
        }
        let above: Vec<&str> =
            [&article.title].into_iter().chain(&section.heading).map(String::as_str).collect();
        for body in bodies(analyzer, section) {
            let mut terms = copy(&head);
            terms.add(&body.terms, 1);
            let mut topic = copy(&topic);
            topic.add(&heading, 1);
            let text = format!("{}. {}", above.join(". "), body.text);
            chunks.push(Chunk { place: place.clone(), terms, topic, text });
        }
    }
}

fn copy(terms: &Terms) -> Terms {
    let mut copy = Terms::default();
    copy.add(terms, 1);
    copy
}

/// Whether a line belongs to the section of this number: the last that begins before it.
pub(super) fn owns(sections: &[Section], number: usize, line: usize) -> bool {
    sections.iter().rposition(|section| section.lines.0 <= line) == Some(number)
}

/// The text of a section in pieces of whole blocks; only a block that is too long by itself is split.
fn bodies(analyzer: &Analyzer, section: &Section) -> Vec<Body> {
    let mut bodies = Vec::new();
    let (mut body, mut words) = (Body::default(), 0);
    for block in &section.blocks {
        let units = analyzer.units(&block.text);
        for Range { start, end } in windows(units.len()) {
            if words > 0 && words + (end - start) > CHUNK_WORDS_MAX {
                bodies.push(std::mem::take(&mut body));
                words = 0;
            }
            let units = &units[start..end];
            body.terms.add(&Terms::of(units), 1);
            body.text.push_str(block.text.get(span(units)).unwrap_or_default());
            body.text.push('\n');
            words += end - start;
        }
    }
    if words > 0 {
        bodies.push(body);
    }
    bodies
}

/// A piece of a section.
#[derive(Default)]
struct Body {
    terms: Terms,
    text: String,
}

/// Where units stand in their text.
fn span(units: &[Unit]) -> Range<usize> {
    let start = units.first().map_or(0, |unit| unit.at.start);
    start..units.last().map_or(start, |unit| unit.at.end)
}

fn windows(len: usize) -> impl Iterator<Item = Range<usize>> {
    (0..len).step_by(CHUNK_WORDS_MAX).map(move |start| start..(start + CHUNK_WORDS_MAX).min(len))
}

/// The digest of the pipeline, the articles' revisions and every term: equal digests are equal indexes.
fn digest(chunks: &[Chunk], articles: &[Article]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(PIPELINE.to_le_bytes());
    for article in articles {
        hash.update(article.id.as_str());
        hash.update(article.revision.0);
    }
    let mut list = |terms: &[String]| {
        hash.update(terms.len().to_le_bytes());
        for term in terms {
            hash.update(term.len().to_le_bytes());
            hash.update(term);
        }
    };
    for chunk in chunks {
        for terms in [&chunk.terms, &chunk.topic] {
            list(&terms.words);
            list(&terms.pairs);
            list(&terms.meanings);
        }
    }
    Digest(hash.finalize().into())
}
