//! The engine by itself, to compare with: its own tokens over title and text, its own BM25.

use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, TEXT, Value as _};
use tantivy::tokenizer::TokenStream as _;
use tantivy::{Index, IndexReader, TantivyDocument, Term, doc};

use super::error::SearchError;
use crate::domain::id::ArticleId;
use crate::domain::world::article::Article;

/// Bytes that the writer collects before it writes.
const MEMORY: usize = 64 << 20;

/// An index in memory of one text field.
pub(super) struct Bare {
    index: Index,
    reader: IndexReader,
    id: Field,
    text: Field,
}

impl Bare {
    /// An index of the articles.
    pub fn new(articles: &[Article]) -> Result<Self, SearchError> {
        let failed = |source| SearchError::Build { articles: articles.len(), source: Box::new(source) };
        Self::build(articles).map_err(failed)
    }

    fn build(articles: &[Article]) -> tantivy::Result<Self> {
        let mut schema = Schema::builder();
        let (id, text) = (schema.add_text_field("id", STRING | STORED), schema.add_text_field("text", TEXT));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, MEMORY)?;
        for article in articles {
            let blocks = article.sections.iter().flat_map(|section| &section.blocks);
            let words: Vec<&str> = blocks.map(|block| block.text.as_str()).collect();
            let whole = format!("{}\n{}", article.title, words.join("\n"));
            writer.add_document(doc!(id => article.id.as_str(), text => whole))?;
        }
        writer.commit()?;
        let reader = index.reader()?;
        Ok(Self { index, reader, id, text })
    }

    /// The best articles for any of the words.
    pub fn rank(&self, question: &str, limit: usize) -> Result<Vec<ArticleId>, SearchError> {
        self.search(question, limit).map_err(|source| SearchError::Search { source: Box::new(source) })
    }

    fn search(&self, question: &str, limit: usize) -> tantivy::Result<Vec<ArticleId>> {
        let mut analyzer = self.index.tokenizer_for_field(self.text)?;
        let mut tokens = analyzer.token_stream(question);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        while tokens.advance() {
            let term = Term::from_field_text(self.text, &tokens.token().text);
            clauses.push((Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
        }
        let searcher = self.reader.searcher();
        let found =
            searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(limit).order_by_score())?;
        let mut ids = Vec::new();
        for (_, address) in found {
            let document: TantivyDocument = searcher.doc(address)?;
            let id = document.get_first(self.id).and_then(|value| value.as_str().map(str::to_owned));
            ids.extend(id.map(ArticleId));
        }
        Ok(ids)
    }
}
