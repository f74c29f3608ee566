//! What to fix in the knowledge base first: questions that nothing answers, and articles that let
//! people down.
//!
//! Both lists follow from the record, the articles and the time alone, in the same order each time.
//! What happened before an article's last review does not count against it: a review answers it.
//! Nobody who asked, judged or ran anything is named.

pub mod articles;
pub mod gaps;
pub mod report;

use crate::domain::policy::catalogue::Articles;
use crate::domain::record::state::State;
use report::Upkeep;

/// Ranks what to fix, as things stand at `now_ms`.
pub fn upkeep(state: &State, articles: &Articles, now_ms: u64) -> Upkeep {
    let gaps = gaps::gaps(state);
    let answers = state.answers.values();
    let judged = |right: bool| {
        answers.clone().filter(|answer| answer.judged.values().any(|said| *said == right)).count()
    };
    Upkeep {
        asked: state.answers.len(),
        unanswered: answers.clone().filter(|answer| !answer.settles()).count(),
        answered_since: gaps.answered_since,
        too_old: gaps.too_old,
        right: judged(true),
        wrong: judged(false),
        gaps: gaps.open,
        articles: articles::neglected(state, articles, now_ms),
    }
}

#[cfg(test)]
mod tests;
