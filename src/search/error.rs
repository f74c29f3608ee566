//! What can go wrong with a search, and what to do about it.

use std::path::PathBuf;

/// What can go wrong although no question can.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The engine could not take in articles.
    #[error("could not build the search index of {articles} articles; is there enough memory?")]
    Build {
        /// How many articles there were.
        articles: usize,
        /// What the engine says.
        #[source]
        source: Box<tantivy::TantivyError>,
    },
    /// The engine failed while it searched.
    #[error("could not search the index; `dogwatch kb index` builds it again")]
    Search {
        /// What the engine says.
        #[source]
        source: Box<tantivy::TantivyError>,
    },
    /// A file of a collection can't be read.
    #[error("could not read {path}; a collection has corpus.jsonl, queries.jsonl and qrels.tsv", path = path.display())]
    CollectionUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line of it is not as it should be.
    #[error("{path}:{line}: {problem}; a collection is in the format of BEIR", path = path.display())]
    Collection {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of questions can't be read.
    #[error("could not read the questions in {path}; give a file of one JSON object a line", path = path.display())]
    QuestionsUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line of it is not a question about these articles.
    #[error("{path}:{line}: {problem}; correct the line or choose the folder of articles that it is about", path = path.display())]
    Question {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}
