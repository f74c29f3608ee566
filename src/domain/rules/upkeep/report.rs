//! What the report on the knowledge base says, and how much each reason weighs.

use serde::Serialize;

use crate::domain::id::{ActionId, ArticleId};

/// Days for which a review is good.
pub const REVIEW_DAYS: u64 = 365;
/// Points of each time that an article let somebody down. An overdue review has 1 for each year
/// begun, at most [`OVERDUE_POINTS_MAX`], and an article that nothing finds has 1.
pub const LET_DOWN_POINTS: u64 = 3;
/// Points of a review that never was: less than those of whoever let somebody down.
pub const OVERDUE_POINTS_MAX: u64 = 2;
/// Questions that are looked at for gaps, the newest.
pub const QUESTIONS_MAX: usize = 2000;
/// Wordings of one gap, or wrongly answered questions of one article, that are shown.
pub const EXAMPLES_MAX: usize = 3;

/// What to fix, the worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upkeep {
    /// Questions in the record.
    pub asked: usize,
    /// Those of them without an answer, or with a doubtful one that nobody called right.
    pub unanswered: usize,
    /// Those of the unanswered that were answered when they were asked again.
    pub answered_since: usize,
    /// Those of the unanswered that are older than the newest [`QUESTIONS_MAX`] questions, and in no
    /// gap.
    pub too_old: usize,
    /// Answers that somebody called right.
    pub right: usize,
    /// Answers that somebody called wrong.
    pub wrong: usize,
    /// What no article surely answers: the most asked first, of those the one asked last.
    pub gaps: Vec<Gap>,
    /// Articles with a reason to look at them, by score.
    pub articles: Vec<Neglected>,
}

/// Questions of much the same words that nothing answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// How often it was asked.
    pub count: usize,
    /// Its wordings, the newest first, at most [`EXAMPLES_MAX`].
    pub questions: Vec<String>,
}

/// An article with what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neglected {
    /// The article.
    pub article: ArticleId,
    /// Its title.
    pub title: String,
    /// The points of all its reasons.
    pub score: u64,
    /// At least one.
    pub reasons: Vec<Reason>,
}

/// What speaks against an article: mostly `count` cases `of` so many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// People called answers that quote it first wrong.
    Wrong {
        /// Judgements that say wrong.
        count: u64,
        /// All judgements.
        of: u64,
        /// The questions, the newest first, at most [`EXAMPLES_MAX`].
        questions: Vec<String>,
    },
    /// An action of it ran, and its effect was not there.
    VerificationFailed {
        /// The action.
        action: ActionId,
        /// Hosts on which that happened, each run by itself.
        count: u64,
        /// Hosts on which the action ran.
        of: u64,
    },
    /// A step of an action of it ran and failed.
    StepFailed {
        /// The action.
        action: ActionId,
        /// Hosts on which that happened, each run by itself.
        count: u64,
        /// Hosts on which the action ran.
        of: u64,
    },
    /// Nobody has looked at it for long.
    ReviewOverdue {
        /// Days since the review was due.
        count: u64,
        /// Days for which a review is good.
        of: u64,
    },
    /// Nobody has looked at it since it was imported.
    NeverReviewed,
    /// No answer ever cited it.
    NeverFound {
        /// None.
        count: u64,
        /// Answers since its last review, at least as many as there are articles: fewer say nothing.
        of: u64,
    },
}

impl Reason {
    /// What it adds to the score of its article.
    pub fn points(&self) -> u64 {
        match self {
            Self::Wrong { count, .. }
            | Self::VerificationFailed { count, .. }
            | Self::StepFailed { count, .. } => LET_DOWN_POINTS * count,
            Self::ReviewOverdue { count, .. } => count.div_ceil(REVIEW_DAYS).min(OVERDUE_POINTS_MAX),
            Self::NeverReviewed => OVERDUE_POINTS_MAX,
            Self::NeverFound { .. } => 1,
        }
    }
}
