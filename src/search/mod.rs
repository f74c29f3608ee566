//! The tantivy index over sections: indexing, ranking, passages.
