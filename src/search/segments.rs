//! The documents of an index as they can be found at one moment, whatever is written meanwhile.
//!
//! The chunks of an article are neighbours in one segment, and the first of them holds the article.

use std::sync::Arc;

use tantivy::columnar::ColumnValues;
use tantivy::postings::SegmentPostings;
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::{Field, IndexRecordOption, Value as _};
use tantivy::{DocAddress, DocId, DocSet as _, Searcher, TERMINATED, TantivyDocument, TantivyError, Term};

use super::entry::Entry;
use super::schema::{FILE, Fields, PART, SECTION, STAMP, TEXT_KEY, schema};

/// What can be found.
pub(super) struct Segments {
    pub searcher: Searcher,
    pub fields: Fields,
    columns: Vec<Columns>,
    /// How long all chunks together are in a field.
    tokens: Vec<(Field, u64)>,
}

/// Numbers of the documents of one segment.
struct Columns {
    part: Column,
    section: Column,
    text_keys: tantivy::columnar::Column<u64>,
    file: Column,
    stamp: Column,
}

type Column = Arc<dyn ColumnValues<u64>>;

impl Segments {
    pub fn new(searcher: Searcher) -> tantivy::Result<Self> {
        let mut columns = Vec::new();
        for segment in searcher.segment_readers() {
            let column = |name| segment.fast_fields().column_first_or_default::<u64>(name);
            columns.push(Columns {
                part: column(PART)?,
                section: column(SECTION)?,
                text_keys: segment.fast_fields().u64(TEXT_KEY)?,
                file: column(FILE)?,
                stamp: column(STAMP)?,
            });
        }
        let fields = schema().1;
        let mut tokens = Vec::new();
        for field in [fields.text, fields.meanings] {
            let mut sum = 0;
            for segment in searcher.segment_readers() {
                let lengths = segment.get_fieldnorms_reader(field)?;
                sum += segment.doc_ids_alive().map(|chunk| u64::from(lengths.fieldnorm(chunk))).sum::<u64>();
            }
            // As if what is deleted and not yet gone were as long as the rest: the engine counts it.
            let (all, alive) = (searcher.total_num_docs()?, searcher.num_docs());
            tokens.push((field, sum * all / alive.max(1)));
        }
        Ok(Self { searcher, fields, columns, tokens })
    }

    /// How many chunks there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.searcher.num_docs()).unwrap_or(usize::MAX)
    }

    /// How many chunks have a word, with what is deleted and not yet gone.
    pub fn frequency(&self, field: Field, word: &str) -> tantivy::Result<u64> {
        self.searcher.doc_freq(&Term::from_field_text(field, word))
    }

    /// Whether a chunk has a word.
    pub fn has(&self, field: Field, word: &str) -> tantivy::Result<bool> {
        Ok(self.first(field, &Term::from_field_text(field, word))?.is_some())
    }

    /// How rare a word is that so many chunks have, as BM25 has it: its inverse document frequency.
    #[expect(clippy::cast_precision_loss, reason = "counts of chunks are far below 2^24")]
    pub fn rarity(&self, frequency: u64) -> tantivy::Result<f32> {
        let (all, frequency) = (self.total_num_docs()? as f32, frequency as f32);
        Ok((1.0 + (all - frequency + 0.5) / (frequency + 0.5)).ln())
    }

    /// The first chunk of the article that a chunk belongs to: it stands for the article.
    pub fn article(&self, chunk: DocAddress) -> DocAddress {
        let part = self.value(chunk, |columns| &columns.part);
        let part = u32::try_from(part).unwrap_or_default();
        DocAddress::new(chunk.segment_ord, chunk.doc_id.saturating_sub(part))
    }

    /// The number of a chunk's section; none for front matter.
    pub fn section(&self, chunk: DocAddress) -> Option<usize> {
        let number = self.value(chunk, |columns| &columns.section);
        usize::try_from(number).ok()?.checked_sub(1)
    }

    /// What the texts of a chunk are known by.
    pub fn text_keys(&self, chunk: DocAddress) -> impl Iterator<Item = u64> + '_ {
        let columns = self.columns.get(chunk.segment_ord as usize).into_iter();
        columns.flat_map(move |columns| columns.text_keys.values_for_doc(chunk.doc_id))
    }

    /// What the file of a chunk is known by.
    pub fn file(&self, chunk: DocAddress) -> u64 {
        self.value(chunk, |columns| &columns.file)
    }

    /// What the file of a chunk looked like.
    pub fn stamp(&self, chunk: DocAddress) -> u64 {
        self.value(chunk, |columns| &columns.stamp)
    }

    fn value(&self, chunk: DocAddress, column: impl Fn(&Columns) -> &Column) -> u64 {
        let columns = self.columns.get(chunk.segment_ord as usize);
        columns.map_or(0, |columns| column(columns).get_val(chunk.doc_id))
    }

    /// Every chunk, in the order of the index.
    pub fn chunks(&self) -> impl Iterator<Item = DocAddress> + '_ {
        let segments = (0_u32..).zip(self.searcher.segment_readers());
        segments.flat_map(|(ord, segment)| {
            segment.doc_ids_alive().map(move |document| DocAddress::new(ord, document))
        })
    }

    /// The first chunk of every article.
    pub fn articles(&self) -> impl Iterator<Item = DocAddress> + '_ {
        self.chunks().filter(|chunk| self.value(*chunk, |columns| &columns.part) == 0)
    }

    /// Shows every word of a field; those of more segments more than once.
    pub fn each_word(&self, field: Field, mut each: impl FnMut(&str)) -> tantivy::Result<()> {
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut terms = inverted.terms().stream()?;
            while terms.advance() {
                if let Ok(term) = std::str::from_utf8(terms.key()) {
                    each(term);
                }
            }
        }
        Ok(())
    }

    /// The first document that has a term.
    pub fn first(&self, field: Field, term: &Term) -> tantivy::Result<Option<DocAddress>> {
        for (ord, segment) in (0_u32..).zip(self.searcher.segment_readers()) {
            let inverted = segment.inverted_index(field)?;
            let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? else {
                continue;
            };
            let mut document = postings.doc();
            while document != TERMINATED && segment.is_deleted(document) {
                document = postings.advance();
            }
            if document != TERMINATED {
                return Ok(Some(DocAddress::new(ord, document)));
            }
        }
        Ok(None)
    }

    /// Shows every word of a field that has the first letter of `word`; those of more segments more than once.
    pub fn words_beginning(
        &self,
        field: Field,
        word: &str,
        mut each: impl FnMut(&str),
    ) -> tantivy::Result<()> {
        let first: String = word.chars().take(1).collect();
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut terms = inverted.terms().range().ge(&first).into_stream()?;
            while terms.advance() {
                let Ok(term) = std::str::from_utf8(terms.key()) else { continue };
                if !term.starts_with(&first) {
                    break;
                }
                each(term);
            }
        }
        Ok(())
    }

    /// The article that a first chunk holds.
    pub fn entry(&self, article: DocAddress) -> tantivy::Result<Entry> {
        let document: TantivyDocument = self.searcher.doc(article)?;
        let text = document.get_first(self.fields.entry).and_then(|value| value.as_str());
        let damaged = |why: String| TantivyError::InternalError(format!("an article is damaged: {why}"));
        let text = text.ok_or_else(|| damaged("it is missing".to_owned()))?;
        serde_json::from_str(text).map_err(|error| damaged(error.to_string()))
    }
}

/// Whether a document has the term of these postings, which are behind none that was asked for before.
pub(super) fn stands_in(postings: &mut SegmentPostings, document: DocId) -> bool {
    postings.doc() <= document && postings.seek(document) == document
}

/// As the engine has them, but for lengths: those it adds up itself depend on what was there before.
impl Bm25StatisticsProvider for Segments {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let known = self.tokens.iter().find(|(known, _)| *known == field);
        known.map_or_else(|| self.searcher.total_num_tokens(field), |(_, tokens)| Ok(*tokens))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.searcher.total_num_docs()
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.searcher.doc_freq(term)
    }
}
