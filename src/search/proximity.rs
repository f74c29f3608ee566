//! Neighbouring words of the question that stand close together in a chunk.
//!
//! Only the chunks that the words have found are looked at, and how rare a pair is follows from how many of
//! these have it: hardly another has both words.

use std::collections::BTreeMap;
use std::ops::Range;

use tantivy::postings::Postings as _;
use tantivy::query::{Bm25StatisticsProvider as _, Bm25Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Term};

use super::question::Question;
use super::segments::{Segments, stands_in};

/// Words from one to the other of a pair, in either direction: between them may stand what the question
/// lacks, or a whole.
const DISTANCE_MAX: u32 = 4;
/// Weight of a pair beside the words themselves.
const PAIR_WEIGHT: f32 = 0.25;

/// Adds to the score of each chunk what its pairs count by BM25; the best first.
pub(super) fn add(
    segments: &Segments,
    question: &Question<'_>,
    found: &mut [(f32, DocAddress)],
) -> tantivy::Result<()> {
    let (chunks, tokens) = (segments.total_num_docs()?, segments.total_num_tokens(segments.fields.text)?);
    if question.pairs.is_empty() || chunks == 0 {
        return Ok(());
    }
    // As postings stand in segments.
    found.sort_by_key(|(_, chunk)| *chunk);
    let places = Places::read(segments, question, found)?;
    #[expect(clippy::cast_precision_loss, reason = "a mean of lengths")]
    let length = tokens as f32 / chunks as f32;
    for (first, second) in &question.pairs {
        let times = places.close(first, second);
        let having = times.iter().filter(|times| **times > 0).count();
        if having == 0 {
            continue;
        }
        let weight = Bm25Weight::for_one_term_without_explain(having as u64, chunks, length);
        for ((score, _), (times, norm)) in found.iter_mut().zip(times.iter().zip(&places.norms)) {
            if *times > 0 {
                *score += PAIR_WEIGHT * weight.score(*norm, u32::try_from(*times).unwrap_or(u32::MAX));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(())
}

/// Where the words of all pairs stand in chunks.
struct Places<'a> {
    /// The words, each with its places in every chunk.
    words: BTreeMap<&'a str, Vec<Range<usize>>>,
    all: Vec<u32>,
    /// Of every chunk: how long it is, as BM25 wants it.
    norms: Vec<u8>,
}

impl<'a> Places<'a> {
    /// Reads them for chunks in the order of the index.
    fn read(
        segments: &Segments,
        question: &'a Question<'a>,
        found: &[(f32, DocAddress)],
    ) -> tantivy::Result<Self> {
        let text = segments.fields.text;
        let words = question.pairs.iter().flat_map(|(first, second)| [first.as_str(), second.as_str()]);
        let mut places = Self {
            words: words.map(|word| (word, Vec::with_capacity(found.len()))).collect(),
            all: Vec::new(),
            norms: Vec::with_capacity(found.len()),
        };
        for chunks in found.chunk_by(|(_, a), (_, b)| a.segment_ord == b.segment_ord) {
            let segment = segments.searcher.segment_reader(chunks[0].1.segment_ord);
            let (inverted, norms) = (segment.inverted_index(text)?, segment.get_fieldnorms_reader(text)?);
            places.norms.extend(chunks.iter().map(|(_, chunk)| norms.fieldnorm_id(chunk.doc_id)));
            for (word, ranges) in &mut places.words {
                let term = Term::from_field_text(text, word);
                let mut postings = inverted.read_postings(&term, IndexRecordOption::WithFreqsAndPositions)?;
                for (_, chunk) in chunks {
                    let start = places.all.len();
                    if let Some(postings) = &mut postings
                        && stands_in(postings, chunk.doc_id)
                    {
                        postings.append_positions_with_offset(0, &mut places.all);
                    }
                    ranges.push(start..places.all.len());
                }
            }
        }
        Ok(places)
    }

    /// How often two words stand close together in each chunk.
    fn close(&self, first: &str, second: &str) -> Vec<usize> {
        let in_chunks =
            |word| self.words.get(word).into_iter().flatten().map(|range| &self.all[range.clone()]);
        let near = |(first, second): (&[u32], &[u32])| {
            let close = |a: &&u32| {
                let from = second.partition_point(|b| b + DISTANCE_MAX < **a);
                second[from..].iter().take_while(|b| **b <= *a + DISTANCE_MAX).any(|b| b != *a)
            };
            first.iter().filter(close).count()
        };
        in_chunks(first).zip(in_chunks(second)).map(near).collect()
    }
}
