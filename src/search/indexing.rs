//! Chunks -> an index in memory.
//!
//! Building needs no folder, no lock and no thread, so it can't fail for their sake; what
//! [`super::folder`] keeps on disk is a copy. All chunks stand in one segment in their order, so the
//! document number of a chunk is its number, and equal articles give equal answers.

use tantivy::directory::RamDirectory;
use tantivy::schema::{Field, TantivyDocument};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Index, IndexReader, ReloadPolicy, SingleSegmentIndexWriter};

use super::chunk::Chunk;
use super::schema::{Fields, schema};

/// Bytes that the builder plans for; it sizes its tables by them.
const MEMORY: usize = 16 << 20;

/// Builds the index and leaves its files in the directory returned.
pub(super) fn build(chunks: &[Chunk]) -> tantivy::Result<(RamDirectory, Index)> {
    let (schema, fields) = schema();
    let ram = RamDirectory::create();
    let mut writer: SingleSegmentIndexWriter =
        Index::builder().schema(schema).single_segment_index_writer(ram.clone(), MEMORY)?;
    for chunk in chunks {
        writer.add_document(document(fields, chunk))?;
    }
    let index = writer.finalize()?;
    Ok((ram, index))
}

/// A reader that never reloads: the index does not change under it.
pub(super) fn reader(index: &Index) -> tantivy::Result<IndexReader> {
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

fn document(fields: Fields, chunk: &Chunk) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    let mut add = |field: Field, terms: &[String]| document.add_pre_tokenized_text(field, tokens(terms));
    add(fields.text, &chunk.terms.words);
    add(fields.pairs, &chunk.terms.pairs);
    add(fields.meanings, &chunk.terms.meanings);
    add(fields.topic, &chunk.topic.words);
    add(fields.topic_meanings, &chunk.topic.meanings);
    document
}

fn tokens(terms: &[String]) -> PreTokenizedString {
    let token =
        |(position, text): (usize, &String)| Token { position, text: text.clone(), ..Token::default() };
    PreTokenizedString { text: String::new(), tokens: terms.iter().enumerate().map(token).collect() }
}
