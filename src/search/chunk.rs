//! An article -> chunks: what is ranked.
//!
//! A chunk is a piece of one section of at most [`CHUNK_WORDS_MAX`] words, or the front matter of an
//! article (its symptoms, tags and products). Each is a document of the index, and those of an article
//! stand there one after the other.

use std::ops::Range;

use super::analysis::{Analyzer, Terms, Unit};
use super::entry::Entry;
use crate::domain::id::Digest;
use crate::domain::world::article::Section;

/// Words of a chunk.
const CHUNK_WORDS_MAX: usize = 180;
/// Words whose meaning is compared as one. With all of a text at once, whose end the model no longer reads,
/// nDCG@10 by meaning alone falls from .98 to .96 on stackfaq-thread.
const TEXT_WORDS_MAX: usize = 60;
/// Words of title and headings above them: the model reads some 200 words.
const HEAD_WORDS_MAX: usize = 60;
/// How often the title and the headings count in a chunk.
pub(super) const TITLE_TIMES: usize = 2;
const HEADING_TIMES: usize = 2;

/// A chunk with everything that is indexed of it.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Which section of its article; none: its front matter.
    pub section: Option<usize>,
    /// Title, headings and body, weighted by repetition.
    pub terms: Terms,
    /// What it says it is about: its headings; the first chunk also has what the whole article is about.
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
    let title = terms(analyzer, [&entry.title]);
    let about = terms(analyzer, entry.front());
    for (number, section) in entry.sections.iter().enumerate() {
        let mut topic = terms(analyzer, &section.heading);
        let mut head = Terms::default();
        head.add(&title, TITLE_TIMES);
        head.add(&topic, HEADING_TIMES);
        let actions = entry.actions.iter().filter(|action| entry.owns(number, action.line));
        let actions = terms(analyzer, actions.map(|action| &action.offer.title));
        topic.join(&actions);
        head.add(&actions, 1);
        let above: Vec<&str> =
            [&entry.title].into_iter().chain(&section.heading).map(String::as_str).collect();
        let above = above.join(". ");
        for body in bodies(analyzer, &head, section) {
            let texts = body.texts(&above);
            chunks.push(Chunk { section: Some(number), terms: body.terms, topic: topic.clone(), texts });
        }
    }
    // A title by itself is in every other chunk already.
    if !about.words.is_empty() || chunks.is_empty() {
        let mut terms = Terms::default();
        terms.add(&title, TITLE_TIMES);
        terms.add(&about, 1);
        // What people say is compared with what they ask sentence by sentence.
        let mut texts = Vec::new();
        for symptom in &entry.symptoms {
            let words: Vec<&str> = symptom.split_whitespace().collect();
            texts
                .extend(words.chunks(TEXT_WORDS_MAX).map(|words| text_below(&entry.title, &words.join(" "))));
        }
        if texts.is_empty() {
            texts.push(text_below(&entry.title, ""));
        }
        chunks.insert(0, Chunk { section: None, terms, topic: Terms::default(), texts });
    }
    chunks[0].topic.join(&title);
    chunks[0].topic.join(&about);
    chunks
}

fn terms<'a>(analyzer: &Analyzer, texts: impl IntoIterator<Item = &'a String>) -> Terms {
    let mut terms = Terms::default();
    for text in texts {
        terms.push(&analyzer.units(text));
    }
    terms
}

/// The text of a section in pieces of whole blocks; only a block that is too long by itself is split.
fn bodies(analyzer: &Analyzer, head: &Terms, section: &Section) -> Vec<Body> {
    let mut bodies = Vec::new();
    let mut body = Body::below(head);
    for block in &section.blocks {
        let units = analyzer.units(&block.text);
        for window in windows(units.len()) {
            if !body.words.is_empty() && body.words.len() + window.len() > CHUNK_WORDS_MAX {
                bodies.push(std::mem::replace(&mut body, Body::below(head)));
            }
            body.add(&block.text, &units[window]);
        }
    }
    if !body.words.is_empty() {
        bodies.push(body);
    }
    bodies
}

/// A piece of a section.
struct Body {
    /// Those above it and its own.
    terms: Terms,
    text: String,
    /// Where its words begin in the text.
    words: Vec<usize>,
}

impl Body {
    fn below(head: &Terms) -> Self {
        Self { terms: head.clone(), text: String::new(), words: Vec::new() }
    }

    /// Appends what stands where these units of a text stand.
    fn add(&mut self, text: &str, units: &[Unit<'_>]) {
        self.terms.push(units);
        let start = units.first().map_or(0, |unit| unit.at.start);
        let end = units.last().map_or(start, |unit| unit.at.end);
        self.text.reserve(end - start + 1);
        self.words.extend(units.iter().map(|unit| self.text.len() + unit.at.start - start));
        // To the model the marks around code are words of their own.
        self.text
            .extend(text.get(start..end).unwrap_or_default().chars().map(|c| if c == '`' { ' ' } else { c }));
        self.text.push('\n');
    }

    /// The text below title and headings, [`TEXT_WORDS_MAX`] words at a time; at least one text.
    fn texts(&self, above: &str) -> Vec<String> {
        let texts = self.words.len().div_ceil(TEXT_WORDS_MAX).max(1);
        let place = |at: usize| self.words.get(self.words.len() * at / texts).copied();
        let end = |at: usize| place(at).unwrap_or(self.text.len());
        let below = |at: usize| self.text.get(place(at).unwrap_or_default()..end(at + 1)).unwrap_or_default();
        (0..texts).map(|at| text_below(above, below(at).trim_end())).collect()
    }
}

/// A text with what stands above it, which is cut where it is long.
fn text_below(above: &str, text: &str) -> String {
    let head: Vec<&str> = above.split_whitespace().take(HEAD_WORDS_MAX).collect();
    format!("{}. {text}", head.join(" "))
}

fn windows(len: usize) -> impl Iterator<Item = Range<usize>> {
    (0..len).step_by(CHUNK_WORDS_MAX).map(move |start| start..(start + CHUNK_WORDS_MAX).min(len))
}
