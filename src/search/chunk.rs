//! An article -> chunks: what is ranked.
//!
//! A chunk is a piece of one section of at most [`CHUNK_WORDS_MAX`] words, or the front matter of an
//! article (its symptoms, tags and products). Each is a document of the index, and those of an article
//! stand there one after the other.

use std::ops::Range;

use super::analysis::{Analyzer, Terms, Unit};
use super::entry::Entry;
use crate::domain::article::Section;
use crate::domain::id::Digest;

/// Words of a chunk.
const CHUNK_WORDS_MAX: usize = 180;
/// Words whose meaning is compared as one. With all of a text at once, whose end the model no longer reads,
/// nDCG@10 by meaning alone falls from .98 to .96 on stackfaq-thread.
const TEXT_WORDS_MAX: usize = 60;
/// Words of title and headings above them: the model reads some 200 words.
const HEAD_WORDS_MAX: usize = 60;
/// How often the title and the headings count in a chunk.
const TITLE_TIMES: usize = 2;
const HEADING_TIMES: usize = 2;

/// A chunk with everything that is indexed of it.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Which section of its article; none: its front matter.
    pub section: Option<usize>,
    /// Title, headings and body, weighted by repetition.
    pub terms: Terms,
    /// What it says it is about.
    pub topic: Terms,
    /// What of it is compared by meaning: [`TEXT_WORDS_MAX`] words each, below its title and headings.
    pub texts: Vec<String>,
}

/// What a text is known by where vectors are kept.
pub(super) fn text_key(text: &str) -> u64 {
    Digest::of(text.as_bytes()).key()
}

/// The chunks of an article, at least one, in the order of its lines.
pub(super) fn chunks(analyzer: &Analyzer, entry: &Entry) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let terms_of = |text: &str| Terms::of(&analyzer.units(text));
    let title = terms_of(&entry.title);
    let mut about = Terms::default();
    for text in entry.front() {
        about.add(&terms_of(text), 1);
    }
    let mut topic = Terms::default();
    topic.add(&title, 1);
    topic.add(&about, 1);
    for (number, section) in entry.sections.iter().enumerate() {
        let mut heading = Terms::default();
        for text in &section.heading {
            heading.add(&terms_of(text), 1);
        }
        let mut head = Terms::default();
        head.add(&title, TITLE_TIMES);
        head.add(&heading, HEADING_TIMES);
        for action in entry.actions.iter().filter(|action| entry.owns(number, action.line)) {
            heading.add(&terms_of(&action.offer.title), 1);
            head.add(&terms_of(&action.offer.title), 1);
        }
        let above: Vec<&str> =
            [&entry.title].into_iter().chain(&section.heading).map(String::as_str).collect();
        for body in bodies(analyzer, section) {
            let mut terms = head.clone();
            terms.add(&body.terms, 1);
            let mut topic = topic.clone();
            topic.add(&heading, 1);
            let texts = texts(&above.join(". "), &body.text);
            chunks.push(Chunk { section: Some(number), terms, topic, texts });
        }
    }
    // A title by itself is in every other chunk already.
    if !about.words.is_empty() || chunks.is_empty() {
        let mut terms = Terms::default();
        terms.add(&title, TITLE_TIMES);
        terms.add(&about, 1);
        let texts = texts(&entry.title, &entry.symptoms.join(". "));
        chunks.insert(0, Chunk { section: None, terms, topic, texts });
    }
    chunks
}

/// The words of a text below a title, [`TEXT_WORDS_MAX`] at a time; at least one text.
fn texts(title: &str, text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let texts = words.len().div_ceil(TEXT_WORDS_MAX).max(1);
    let head: Vec<&str> = title.split_whitespace().take(HEAD_WORDS_MAX).collect();
    let head = head.join(" ");
    let below = |at: usize| words[words.len() * at / texts..words.len() * (at + 1) / texts].join(" ");
    (0..texts).map(|at| format!("{head}. {}", below(at))).collect()
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
