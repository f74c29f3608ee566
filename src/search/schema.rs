//! The fields of the index. A document is a chunk; see [`super::chunk`].

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

/// Raise this when analysis, chunking or fields change: an index of another pipeline is built anew.
pub(super) const PIPELINE: u32 = 16;

/// The place of a chunk among those of its article, from 0.
pub(super) const PART: &str = "part";
/// 1 and the number of the section; 0 for the front matter.
pub(super) const SECTION: &str = "section";
/// What each text of the chunk is known by; see [`super::semantic`].
pub(super) const TEXT_KEY: &str = "text_key";
/// What the file of the article is known by; see [`super::seen`].
pub(super) const FILE: &str = "file";
/// What the file looked like when it was read.
pub(super) const STAMP: &str = "stamp";

/// The fields, in the order in which they are declared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// Title twice, headings twice, body once: a weighted sum of term frequencies under one length
    /// normalisation, which is what BM25F is.
    pub text: Field,
    /// Meanings of equivalent expressions, weighted alike.
    pub meanings: Field,
    /// What the chunk says it is about, the first of an article for all of them; asked for presence only.
    pub topic: Field,
    /// Meanings of the topic.
    pub topic_meanings: Field,
    /// See [`PART`].
    pub part: Field,
    /// See [`SECTION`].
    pub section: Field,
    /// See [`TEXT_KEY`].
    pub text_key: Field,
    /// See [`FILE`].
    pub file: Field,
    /// See [`STAMP`].
    pub stamp: Field,
    /// Of the first chunk: the plain words of the article as they are written, unless many before it have
    /// them; see [`super::mend`].
    pub written: Field,
    /// Of the first chunk: the id of the article.
    pub id: Field,
    /// Of the first chunk: the ids of its actions.
    pub action: Field,
    /// Of the first chunk: the products that the article is about, each as it is written.
    pub product: Field,
    /// Of the first chunk: the article, as JSON. As text, which the engine reads faster than bytes.
    pub entry: Field,
}

/// The schema and its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let scored = indexing(IndexRecordOption::WithFreqs, true);
    let present = indexing(IndexRecordOption::Basic, false);
    let mut builder = Schema::builder();
    let fields = Fields {
        text: builder.add_text_field("text", indexing(IndexRecordOption::WithFreqsAndPositions, true)),
        meanings: builder.add_text_field("meanings", scored),
        topic: builder.add_text_field("topic", present.clone()),
        topic_meanings: builder.add_text_field("topic_meanings", present.clone()),
        part: builder.add_u64_field(PART, FAST),
        section: builder.add_u64_field(SECTION, FAST),
        text_key: builder.add_u64_field(TEXT_KEY, FAST),
        file: builder.add_u64_field(FILE, FAST | INDEXED),
        stamp: builder.add_u64_field(STAMP, FAST),
        written: builder.add_text_field("written", present),
        id: builder.add_text_field("id", STRING),
        action: builder.add_text_field("action", STRING),
        product: builder.add_text_field("product", STRING),
        entry: builder.add_text_field("entry", STORED),
    };
    (builder.build(), fields)
}

/// Documents come with their terms ready made: they only have to be told apart.
fn indexing(record: IndexRecordOption, norms: bool) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(record)
        .set_fieldnorms(norms);
    TextOptions::default().set_indexing_options(indexing)
}
