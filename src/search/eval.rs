//! How good the answers are: questions with known answers, and what they got.
//!
//! # Figures
//!
//! All are fractions from 0 to 1; of no questions, 0.
//!
//! - `success@1`: answerable questions whose first hit is an acceptable article.
//! - `hit@3`: answerable questions with an acceptable article among the first three hits.
//! - `mrr@10`: the mean over the answerable questions of 1 / place of the first acceptable article among
//!   the first ten hits.
//! - `false_answers`: unanswerable questions that were answered.
//! - `certain_false_answers`: those whose answer did not say that it may be none.
//! - `false_refusals`: answerable questions that were refused.
//!
//! A refused question has no hits, so it is a miss in the first three.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::SearchError;
use super::snapshot::Search;
use crate::domain::id::ArticleId;

/// Hits that are looked at.
const DEPTH: usize = 10;
/// Bytes of a file of questions.
const QUESTIONS_LEN_MAX: u64 = 64 << 20;
/// What some editors begin a file with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One line of a file of questions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Question {
    /// Names it in a report.
    pub id: String,
    /// As somebody asked it.
    pub text: String,
    /// The acceptable first articles.
    #[serde(default)]
    pub articles: Vec<ArticleId>,
    /// Whether there is an answer in the articles.
    pub answerable: bool,
}

/// The figures, and what went wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// See the module.
    #[serde(rename = "success@1")]
    pub success_at_1: f64,
    /// See the module.
    #[serde(rename = "hit@3")]
    pub hit_at_3: f64,
    /// See the module.
    #[serde(rename = "mrr@10")]
    pub mrr_at_10: f64,
    /// See the module.
    pub false_answers: f64,
    /// See the module.
    pub certain_false_answers: f64,
    /// See the module.
    pub false_refusals: f64,
    /// All of them.
    pub questions: usize,
    /// Questions that were not answered as they should be, in order.
    #[serde(skip)]
    pub misses: Vec<Miss>,
}

/// A question that was not answered as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The question's name and text.
    pub id: String,
    /// As somebody asked it.
    pub text: String,
    /// What is wrong.
    pub kind: MissKind,
    /// What would have been acceptable.
    pub expected: Vec<ArticleId>,
    /// What came first, if anything did: at most three.
    pub got: Vec<ArticleId>,
}

/// How an answer can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissKind {
    /// The first hit is another article.
    WrongFirst,
    /// Refused although there is an answer.
    FalseRefusal,
    /// Answered although there is none.
    FalseAnswer,
}

/// Reads a file of questions, one JSON object a line; empty lines are skipped. There must be one, and one of the
/// articles that they name; the others that are not there are told in the log, and nothing finds them.
pub fn read_questions(path: &Path, search: &Search) -> Result<Vec<Question>, SearchError> {
    let unreadable = |source| SearchError::QuestionsUnreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(QUESTIONS_LEN_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > QUESTIONS_LEN_MAX {
        return Err(unreadable(io::Error::other(format!("it has more than {QUESTIONS_LEN_MAX} bytes"))));
    }
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    let lines = text.split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty());
    let questions: Vec<(usize, Question)> = lines
        .map(|(line, number)| Ok((number, question(path, number, line)?)))
        .collect::<Result<_, SearchError>>()?;
    if questions.is_empty() {
        return Err(unreadable(io::Error::other("there is no question in it")));
    }
    let (mut found, mut lost) = (0, BTreeMap::new());
    for (line, question) in &questions {
        for id in &question.articles {
            if search.has(id)? {
                found += 1;
            } else {
                lost.entry(id).or_insert(*line);
            }
        }
    }
    if let Some((id, line)) = lost.iter().min_by_key(|(_, line)| **line).filter(|_| found == 0) {
        let problem = format!("there is no article `{id}`, nor any other that is named");
        return Err(SearchError::Question { path: path.to_owned(), line: *line, problem });
    }
    for (id, line) in lost {
        tracing::warn!("{}:{line}: there is no article `{id}`: questions can't find it", path.display());
    }
    Ok(questions.into_iter().map(|(_, question)| question).collect())
}

fn question(path: &Path, line: usize, bytes: &[u8]) -> Result<Question, SearchError> {
    let wrong = |problem: String| SearchError::Question { path: PathBuf::from(path), line, problem };
    let text = str::from_utf8(bytes).map_err(|error| wrong(format!("it is no UTF-8: {error}")))?;
    let question: Question = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if question.answerable == question.articles.is_empty() {
        let problem = if question.answerable {
            "answerable, but names no article"
        } else {
            "not answerable, but names an article"
        };
        return Err(wrong(problem.to_owned()));
    }
    Ok(question)
}

/// Asks every question and compares.
pub fn eval(search: &Search, questions: &[Question]) -> Result<Report, SearchError> {
    let (mut first, mut third, mut reciprocal) = (0, 0, 0.0);
    let (mut answerable, mut refused, mut invented, mut certain) = (0, 0, 0, 0);
    let mut misses = Vec::new();
    for question in questions {
        let answer = search.answer(&question.text, DEPTH)?;
        let place = answer.hits.iter().position(|hit| question.articles.contains(&hit.article));
        let kind = match (question.answerable, answer.answered) {
            (true, true) if place == Some(0) => None,
            (true, true) => Some(MissKind::WrongFirst),
            (true, false) => Some(MissKind::FalseRefusal),
            (false, true) => Some(MissKind::FalseAnswer),
            (false, false) => None,
        };
        answerable += usize::from(question.answerable);
        refused += usize::from(kind == Some(MissKind::FalseRefusal));
        invented += usize::from(kind == Some(MissKind::FalseAnswer));
        certain += usize::from(kind == Some(MissKind::FalseAnswer) && answer.certain);
        first += usize::from(place == Some(0));
        third += usize::from(place.is_some_and(|place| place < 3));
        reciprocal += place.map_or(0.0, |place| fraction(1, place + 1));
        if let Some(kind) = kind {
            let got = answer.hits.iter().take(3).map(|hit| hit.article.clone()).collect();
            let (id, text) = (question.id.clone(), question.text.clone());
            misses.push(Miss { id, text, kind, expected: question.articles.clone(), got });
        }
    }
    Ok(Report {
        success_at_1: fraction(first, answerable),
        hit_at_3: fraction(third, answerable),
        mrr_at_10: if answerable == 0 { 0.0 } else { reciprocal * fraction(1, answerable) },
        false_answers: fraction(invented, questions.len() - answerable),
        certain_false_answers: fraction(certain, questions.len() - answerable),
        false_refusals: fraction(refused, answerable),
        questions: questions.len(),
        misses,
    })
}

/// Of nothing 0.
#[expect(clippy::cast_precision_loss, reason = "numbers of questions are far below 2^52")]
pub(super) fn fraction(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
