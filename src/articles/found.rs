//! Answers of the index in the words of the domain.

use crate::domain::world::citation::{Cited, Found};
use crate::search::{Answer, Hit};

/// An answer as chats show it.
pub(crate) fn found(answer: &Answer) -> Found {
    let cited = |hit: &Hit| Cited {
        article: hit.article.clone(),
        title: hit.title.clone(),
        heading: hit.heading.clone(),
        quotes: hit.quotes.clone(),
        file: hit.file.clone(),
        lines: hit.lines,
        revision: hit.revision,
        outdated: hit.outdated.is_some(),
        actions: hit.candidates.clone(),
        elsewhere: hit.elsewhere.clone(),
        strange: hit.strange.clone(),
    };
    Found {
        doubtful: answer.answered && !answer.certain,
        mended: answer.mended.iter().map(|it| (it.word.clone(), it.read_as.clone())).collect(),
        hits: answer.hits.iter().map(cited).collect(),
        nearest: answer.nearest.iter().map(|near| (near.article.clone(), near.title.clone())).collect(),
        broken: Vec::new(),
    }
}
