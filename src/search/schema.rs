//! The fields of the index. A document is a chunk; its number is the chunk's place in [`super::chunk`].

use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

/// Raise this when analysis, chunking or fields change: an index of another pipeline is rebuilt.
pub(super) const PIPELINE: u32 = 3;

/// The fields, in the order in which they are declared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// Title twice, headings twice, body once: a weighted sum of term frequencies under one length
    /// normalisation, which is what BM25F is.
    pub text: Field,
    /// Pairs of neighbouring stems, weighted alike.
    pub pairs: Field,
    /// Meanings of equivalent expressions, weighted alike.
    pub meanings: Field,
    /// What the chunk and its article say they are about; asked for presence only.
    pub topic: Field,
    /// Meanings of the topic.
    pub topic_meanings: Field,
}

/// The schema and its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let scored = indexing(IndexRecordOption::WithFreqs, true);
    let present = indexing(IndexRecordOption::Basic, false);
    let mut builder = Schema::builder();
    let fields = Fields {
        text: builder.add_text_field("text", scored.clone()),
        pairs: builder.add_text_field("pairs", scored.clone()),
        meanings: builder.add_text_field("meanings", scored),
        topic: builder.add_text_field("topic", present.clone()),
        topic_meanings: builder.add_text_field("topic_meanings", present),
    };
    (builder.build(), fields)
}

/// Documents come with their terms ready made, so the tokenizer named here never runs.
fn indexing(record: IndexRecordOption, norms: bool) -> TextOptions {
    let indexing =
        TextFieldIndexing::default().set_tokenizer("raw").set_index_option(record).set_fieldnorms(norms);
    TextOptions::default().set_indexing_options(indexing)
}
