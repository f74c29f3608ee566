//! Articles -> documents, and how many segments they stand in.

use rustc_hash::FxHashSet;
use tantivy::index::SegmentId;
use tantivy::indexer::{LogMergePolicy, MergePolicy as _, NoMergePolicy, UserOperation};
use tantivy::schema::TantivyDocument;
use tantivy::{Index, IndexWriter, SegmentMeta};

use super::analysis::Analyzer;
use super::chunk::{Chunk, chunks, text_key};
use super::entry::Entry;
use super::schema::Fields;

/// Bytes that a writer collects before it writes a segment: every segment has a dictionary of its own, and
/// writing that costs most.
const MEMORY: usize = 100 << 20;
/// The same for a few articles: it takes time to go through what is empty.
const MEMORY_FOR_FEW: usize = 15 << 20;
/// A few articles.
pub(super) const FEW: usize = 200;
/// Up to this many chunks stand in one segment without anything deleted, so that scores don't depend on
/// what the articles were before.
const ONE_SEGMENT_MAX: u32 = 1_000;
/// The part of a segment that may be deleted before it is written anew.
const DELETED_MAX: f32 = 0.3;

/// A writer of so many articles that leaves segments alone until [`merge`].
pub(super) fn writer(index: &Index, articles: usize) -> tantivy::Result<IndexWriter> {
    let memory = if articles > FEW { MEMORY } else { MEMORY_FOR_FEW };
    // One thread, so that equal articles stand in the same order: equal scores are told apart by that.
    let writer = index.writer_with_num_threads(1, memory)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    // What a killed process or a full disk left behind may have the name of what is written next.
    writer.garbage_collect_files().wait()?;
    Ok(writer)
}

/// The documents of an article: one operation, so that they stay neighbours.
pub(super) fn documents(
    analyzer: &Analyzer,
    fields: Fields,
    entry: &Entry,
    (file, stamp): (u64, u64),
) -> tantivy::Result<Vec<UserOperation>> {
    let chunks = chunks(analyzer, entry);
    let mut written = String::new();
    let texts = chunks.iter().flat_map(|chunk| [&chunk.terms.plain, &chunk.topic.plain]);
    let words = texts.flat_map(|text| text.split_whitespace());
    for word in words.collect::<FxHashSet<_>>() {
        written.extend([word, " "]);
    }
    let mut documents = Vec::with_capacity(chunks.len());
    for (part, chunk) in (0_u64..).zip(chunks) {
        let mut document = document(fields, &chunk);
        document.add_u64(fields.part, part);
        document.add_u64(fields.section, chunk.section.map_or(0, |number| number as u64 + 1));
        for text in &chunk.texts {
            document.add_u64(fields.text_key, text_key(text));
        }
        document.add_u64(fields.file, file);
        document.add_u64(fields.stamp, stamp);
        if part == 0 {
            document.add_text(fields.written, &written);
            document.add_text(fields.id, entry.id.as_str());
            for action in &entry.actions {
                document.add_text(fields.action, action.offer.id.as_str());
            }
            for product in &entry.products {
                document.add_text(fields.product, product);
            }
            document.add_text(fields.entry, serde_json::to_string(entry)?);
        }
        documents.push(UserOperation::Add(document));
    }
    Ok(documents)
}

/// Brings segments together where there are too many, or too much in them is deleted.
pub(super) fn merge(index: &Index, writer: &mut IndexWriter) -> tantivy::Result<()> {
    let segments = index.searchable_segment_metas()?;
    let few = segments.iter().map(SegmentMeta::num_docs).sum::<u32>() <= ONE_SEGMENT_MAX;
    let scattered = segments.len() > 1 || segments.iter().any(SegmentMeta::has_deletes);
    let merges: Vec<Vec<SegmentId>> = if few && scattered {
        vec![segments.iter().map(SegmentMeta::id).collect()]
    } else {
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(DELETED_MAX);
        policy.compute_merge_candidates(&segments).into_iter().map(|candidate| candidate.0).collect()
    };
    for segments in merges {
        writer.merge(&segments).wait()?;
    }
    writer.garbage_collect_files().wait()?;
    Ok(())
}

fn document(fields: Fields, chunk: &Chunk) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    document.add_text(fields.text, &chunk.terms.words);
    document.add_text(fields.meanings, &chunk.terms.meanings);
    document.add_text(fields.topic, &chunk.topic.words);
    document.add_text(fields.topic_meanings, &chunk.topic.meanings);
    document
}
